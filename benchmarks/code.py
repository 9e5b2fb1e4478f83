"""code.tests on HumanEval, beside two graders of the plain kind, on the same programs in one process run.

The plain graders are written here from how open reward functions do it: a program, its tests and the call of `check` are
put together as one source, which is

- "subprocess": written to a file and run by `python file`; exit code 0 is a pass;
- "fork": run by `exec` in a process forked from this one, with an alarm; reaching the end is a pass.

Both let the program see what is expected, and neither isolates it from the machine; the last table says what that costs.

    python benchmarks/code.py            # ROUNDS=3 PROGRAMS=50 THREADS=2; all are 164
"""

from __future__ import annotations

import gzip
import json
import multiprocessing
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from assay import PluginError, installed
from assay_code import tests

Task = dict[str, str]
SECONDS = 10.0
CHEATS = {
    "exits before the tests": "import os\nos._exit(0)",
    "returns what equals everything": "class E:\n    def __eq__(self, other): return True\n    __lt__ = __le__ = __gt__ = __ge__ = __eq__\n"
    "    __sub__ = __rsub__ = __abs__ = lambda self, *other: self\ndef {name}(*args): return E()",
    "redefines AssertionError's raising": "import builtins\nbuiltins.AssertionError = type('Never', (SystemExit,), {{'__init__': lambda self, *a: SystemExit.__init__(self, 0)}})\n"
    "def {name}(*args): return None",
    "replaces the check": "import sys\ndef {name}(*args): return None\ndef tracer(frame, event, arg):\n    if frame.f_code.co_name == 'check': import os; os._exit(0)\nsys.settrace(tracer)",
}


def whole(task: Task, program: str) -> str:
    return f"{task['prompt']}{program}\n{task['test']}\ncheck({task['entry_point']})\n"


def by_subprocess(task: Task, program: str) -> bool:
    with tempfile.NamedTemporaryFile("w", suffix=".py") as file:
        file.write(whole(task, program))
        file.flush()
        try:
            run = subprocess.run([sys.executable, file.name], capture_output=True, timeout=SECONDS)
        except subprocess.TimeoutExpired:
            return False
        return run.returncode == 0


def by_fork(task: Task, program: str) -> bool:
    context = multiprocessing.get_context("fork")
    process = context.Process(target=_forked, args=(whole(task, program),))
    process.start()
    process.join(SECONDS)
    if process.is_alive():
        process.kill()
    process.join()
    return process.exitcode == 0


def _forked(source: str) -> None:
    signal.alarm(int(SECONDS))
    sys.stdout = sys.stderr = open(os.devnull, "w")  # noqa: PTH123, SIM115
    try:
        exec(source, {"__name__": "__main__"})
    except BaseException:
        os._exit(1)
    os._exit(0)  # a child that was forked from a thread can't end in the ordinary way


def by_assay(box: str) -> Callable[[Task, str], bool]:
    def judge(task: Task, program: str) -> bool:
        verdict = tests(
            program, task["test"], entry_point=task["entry_point"], prefix=task["prompt"], sandbox=box, seconds=SECONDS
        )
        assert verdict.status in ("scored", "timeout"), verdict
        return verdict.score == 1

    return judge


def main() -> None:
    shared = Path(os.environ.get("ASSAY_SHARED", Path(__file__).resolve().parents[2] / "shared"))
    path = shared / "data" / "humaneval" / "HumanEval.jsonl.gz"
    if not path.exists():
        sys.exit(f"HumanEval is not at {path}; set ASSAY_SHARED to the folder that holds data/humaneval")
    with gzip.open(path, "rt", encoding="utf-8") as file:
        tasks = [json.loads(line) for line in file][: int(os.environ.get("PROGRAMS", "50"))]
    judges = {"subprocess": by_subprocess, "fork": by_fork}
    for box in ("bubblewrap", "docker", "process"):
        try:
            installed().sandbox(box)
        except PluginError as problem:
            print(f"{box}: left out: {problem}")
            continue
        judges[f"code.tests, {box}"] = by_assay(box)

    rounds = int(os.environ.get("ROUNDS", "3"))
    best: dict[tuple[str, int], float] = {}
    wrong: dict[str, int] = {}
    threads_used = (1, int(os.environ.get("THREADS", "2")))
    for turn in range(rounds + 1):  # the first warms up; the others take turns, so that all see the same machine
        for name, judge in judges.items():
            for threads in threads_used:
                with ThreadPoolExecutor(threads) as pool:
                    started = time.perf_counter()
                    right = list(pool.map(lambda task, judge=judge: judge(task, task["canonical_solution"]), tasks))
                    seconds = time.perf_counter() - started
                wrong[name] = right.count(False)
                if turn:
                    best[name, threads] = min(best.get((name, threads), seconds), seconds)
    print(f"{len(tasks)} tasks of HumanEval, their own solutions; judgements per second, the best of {rounds} rounds\n")
    print(
        f"{'grader':<24}"
        + "".join(f"{f'{threads} thread(s)':>14}{'x':>7}" for threads in threads_used)
        + f"{'misjudged':>11}"
    )
    for name in judges:
        row = ""
        for threads in threads_used:
            row += f"{len(tasks) / best[name, threads]:>14.1f}{best['subprocess', threads] / best[name, threads]:>7.2f}"
        print(f"{name:<24}{row}{wrong[name]:>11}")

    print("\nPaid of 20 tasks, to programs that don't do them:\n")
    print(f"{'cheat':<36}" + "".join(f"{name:>24}" for name in judges))
    for cheat, program in CHEATS.items():
        row = "".join(
            f"{sum(judge(task, chr(10) + '    pass' + chr(10) + program.format(name=task['entry_point'])) for task in tasks[:20]):>24}"
            for judge in judges.values()
        )
        print(f"{cheat:<36}{row}")


if __name__ == "__main__":
    main()
