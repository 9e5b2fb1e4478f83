"""Sandboxes beside a plain subprocess: what an execution costs, alone and with many at once, and what stays behind.

python benchmarks/sandbox.py                  # a minute or two
python benchmarks/sandbox.py --leaks 10000    # also many executions in a row, watching for leaks; some minutes a sandbox
"""

from __future__ import annotations

import argparse
import contextlib
import gzip
import json
import os
import statistics
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path

import psutil

from assay import installed
from assay.sandbox import Limits, Program

TRIVIAL = "print(1)"
DATA = Path(os.environ.get("ASSAY_SHARED", Path(__file__).resolve().parents[2] / "shared"), "data/humaneval")
ROUNDS = 12


def humaneval() -> str | None:
    """The first HumanEval task, its canonical solution and its tests, as one script."""
    path = DATA / "HumanEval.jsonl.gz"
    if not path.exists():
        return None
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        task = json.loads(next(lines))
    return f"{task['prompt']}{task['canonical_solution']}\n{task['test']}\ncheck({task['entry_point']})\n"


def plain(source: str) -> None:
    subprocess.run([sys.executable, "-I", "-c", source], capture_output=True, check=True)


def milliseconds(act, count: int) -> float:
    started = time.perf_counter()
    for _ in range(count):
        act()
    return 1000 * (time.perf_counter() - started) / count


def cost(names: list[str]) -> None:
    """In turns, so that a noisy machine is noisy for all; medians of the rounds."""
    sources = {"trivial": TRIVIAL} | ({"HumanEval/0": task} if (task := humaneval()) else {})
    print("| program | where | ms | of plain | executions/s and core | start-up ms |")
    print("| --- | --- | --- | --- | --- | --- |")
    sandboxes, starts = {}, {}
    for name in names:
        started = time.perf_counter()
        sandboxes[name] = installed().sandboxes()[name](workers=1)
        sandboxes[name].run(Program(source="pass"))
        starts[name] = 1000 * (time.perf_counter() - started)
    for label, source in sources.items():
        program = Program(source=source)
        assert all(one.run(program).status == "ok" for one in sandboxes.values())
        rounds: dict[str, list[float]] = {name: [] for name in ["plain", *names]}
        for _ in range(ROUNDS):
            rounds["plain"].append(milliseconds(lambda: plain(source), 15))  # noqa: B023
            for name, one in sandboxes.items():
                rounds[name].append(milliseconds(lambda: one.run(program), 40))  # noqa: B023
        for name, figures in rounds.items():
            middle = statistics.median(figures)
            ratio = statistics.median(f / p for f, p in zip(figures, rounds["plain"], strict=True))
            print(
                f"| {label} | {name} | {middle:.2f} | {ratio:.2f} | {1000 / middle:,.0f} | {starts.get(name, 0):,.0f} |"
            )
    for one in sandboxes.values():
        one.close()


def together(names: list[str]) -> None:
    """64 executions of 0.3 s of work each are asked for at once; each may take 1 s of its own time."""
    busy = Program(
        source="import time\nend = time.process_time() + .3\nwhile time.process_time() < end: pass\nprint('done')"
    )
    print()
    for name in names:
        with installed().sandboxes()[name]() as sandbox:
            found: list[str] = []
            threads = [
                threading.Thread(target=lambda: found.append(sandbox.run(busy, Limits(wall=1)).status))  # noqa: B023
                for _ in range(64)
            ]
            started = time.perf_counter()
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            print(
                f"{name}: 64 at once on {os.cpu_count()} cores in {time.perf_counter() - started:.1f} s: {dict(Counter(found))}"
            )


def leaks(names: list[str], count: int) -> None:
    """Many executions in a row, one in ten of which misbehaves."""
    ill = [
        "while True: pass",
        "x = 'x' * 10**10",
        "import os; os.fork() or os.execvp('sleep', ['sleep', '600'])",
        "print('x' * 10**8)",
    ]
    me = psutil.Process()
    print()
    for name in names:
        with installed().sandboxes()[name]() as sandbox:
            for _ in range(200):
                sandbox.run(Program(source=TRIVIAL))
            before, early = state(me), me.memory_info().rss
            started, wrong = time.perf_counter(), 0
            for n in range(count):
                if n % 10 == 9:
                    sandbox.run(Program(source=ill[n // 10 % len(ill)]), Limits(wall=0.05, memory=64 << 20))
                else:
                    wrong += sandbox.run(Program(source=f"print({n})", files={"f": b"x"})).stdout != f"{n}\n"
            seconds, after = time.perf_counter() - started, state(me)
            print(f"{name}: {count:,} executions in {seconds:.0f} s, {wrong} wrong, {before} -> {after}, "
                  f"memory {early / 2**20:.1f} -> {me.memory_info().rss / 2**20:.1f} MiB", flush=True)  # fmt: skip
        print(f"{name}: closed, {state(me)}")


def state(me: psutil.Process) -> str:
    """What could leak: descriptors, threads, processes of ours, temporary files, mounts, containers, control groups."""
    temporary = len(list(Path("/tmp").glob("assay-*")))
    mounts = len(Path("/proc/mounts").read_text().splitlines())
    groups = sum(len(list(Path(root).glob("assay-*"))) for root, *_ in os.walk("/sys/fs/cgroup"))
    containers = 0
    try:
        from assay_docker.engine import Engine

        with contextlib.closing(Engine.from_env()) as client:
            containers = len(client.containers.list(all=True, filters={"label": "assay.sandbox"}, ignore_removed=True))
    except Exception:
        containers = -1
    return (f"{me.num_fds()} descriptors, {len(me.children(recursive=True))} processes, {temporary} folders, "
            f"{mounts} mounts, {groups} groups, {containers} containers")  # fmt: skip


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", help="sandboxes; all that work, otherwise")
    parser.add_argument("--leaks", type=int, default=0, metavar="COUNT", help="also run so many in a row")
    asked = parser.parse_args()
    offered = installed().sandboxes()
    works = []
    for name in asked.names or ["process", "bubblewrap", "docker"]:
        with offered[name]() as one:
            problem = one.problem()
        if problem:
            print(f"{name}: left out, {problem}")
        else:
            works.append(name)
    cost(works)
    together(works)
    if asked.leaks:
        leaks(works, asked.leaks)
