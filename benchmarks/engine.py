"""The scoring engine under faults, over a long haul, and against a plain loop.

python benchmarks/engine.py            # a minute or three; SOAK=200000 for the whole soak
"""

from __future__ import annotations

import json
import os
import random
import threading
import time
from collections import Counter

import psutil
from hazards import busy, hazardous, trivial, trivial_bounded

from assay import Verifier
from assay.engine import Call, LocalEngine

WANTED = {"loop": "timeout", "allocate": "error", "exit": "error", "raise": "error", "fine": "scored"}


def calls(verifier: Verifier, texts: list[str]) -> list[Call]:
    return [Call(verifier, {"completion": text}, {}) for text in texts]


def rss() -> float:
    return psutil.Process().memory_info().rss / 2**20


def faults() -> None:
    """2,000 samples of which 5 % loop for ever, 2 % allocate without end, 1 % call os._exit; not the main thread."""
    source = random.Random(0)
    kinds = ["loop"] * 100 + ["allocate"] * 40 + ["exit"] * 20 + ["fine"] * 1840
    source.shuffle(kinds)
    texts = [f"{kind} {n}" for n, kind in enumerate(kinds)]
    engine = LocalEngine(workers=2, memory=700 * 2**20)
    before, found = rss(), []
    started = time.perf_counter()
    thread = threading.Thread(target=lambda: found.extend(engine.run(calls(hazardous, texts))))
    thread.start()
    thread.join()
    seconds = time.perf_counter() - started
    wrong = [text for text, kind, (verdict,) in zip(texts, kinds, found, strict=True) if verdict.status != WANTED[kind]]
    healthy = sum(
        v.score == n % 100 / 100 for n, (kind, (v,)) in enumerate(zip(kinds, found, strict=True)) if kind == "fine"
    )
    engine.close()
    time.sleep(0.5)
    left = [p for p in psutil.Process().children(recursive=True) if p.is_running()]
    print(f"faults: {len(found)} verdicts in {seconds:.0f} s ({dict(Counter(v.status.value for (v,) in found))}), {len(wrong)} with another status than due, "
          f"{healthy} of 1840 healthy ones right, {len(left)} processes left, parent {before:.0f} -> {rss():.0f} MiB")  # fmt: skip


def soak() -> None:
    """Many verdicts with faults injected at 1 %: none lost, none twice, memory flat."""
    total = int(os.environ.get("SOAK", "50000"))
    source = random.Random(1)
    engine = LocalEngine(workers=2, memory=700 * 2**20, remember=10_000)
    early = 0.0
    lost = wrong = 0
    started = time.perf_counter()
    for begin in range(0, total, 5000):
        kinds = source.choices(["exit", "raise", "fine"], weights=[0.4, 0.6, 99], k=5000)
        texts = [f"{kind} {begin + n}" for n, kind in enumerate(kinds)]
        found = engine.run(calls(hazardous, texts))
        lost += 5000 - len(found)
        for n, (kind, (verdict,)) in enumerate(zip(kinds, found, strict=True)):
            due = (begin + n) % 100 / 100 if kind == "fine" else None
            wrong += verdict.status != WANTED[kind] or verdict.score != due
        if begin == 5000:
            early = rss()
    engine.close()
    print(
        f"soak: {total:,} verdicts in {time.perf_counter() - started:.0f} s, {lost} lost, {wrong} wrong, parent {early:.0f} -> {rss():.0f} MiB ({rss() / early - 1:+.1%})"
    )


def throughput() -> None:
    texts = [f"fine {n}" for n in range(20_000)]
    started = time.perf_counter()
    for text in texts:
        trivial_bounded(text)
    plain = time.perf_counter() - started
    for verifier in (trivial_bounded, trivial):
        engine = LocalEngine(workers=2, remember=0)
        engine.run(calls(verifier, ["warm 1"]))
        some = calls(verifier, texts)
        started = time.perf_counter()
        engine.run(some)
        seconds = time.perf_counter() - started
        engine.close()
        where = "in process" if verifier.bounded else "in workers"
        print(
            f"a trivial verifier {where}: {seconds / len(texts) * 1e6:.1f} us a call, a bare loop {plain / len(texts) * 1e6:.2f} us"
        )
    times = []
    for workers in (1, 2):
        engine = LocalEngine(workers=workers, remember=0)
        engine.run(calls(busy, [f"warm {n}" for n in range(20)]))
        started = time.perf_counter()
        engine.run(calls(busy, [f"fine {n}" for n in range(600)]))
        times.append(time.perf_counter() - started)
        engine.close()
    print(
        f"5 ms of work, 600 times: {times[0]:.2f} s on one worker, {times[1]:.2f} s on two ({times[0] / times[1]:.2f} x)"
    )


def once() -> None:
    engine = LocalEngine(workers=2)
    group = calls(trivial, [f"fine {n % 5}" for n in range(16)])
    engine.run(group)
    first = engine.statistics.evaluated
    engine.run(group)
    print(
        f"a group of 16 with 5 distinct answers: {first} evaluations; the same again: {engine.statistics.evaluated - first}"
    )
    engine.close()


def on_ray() -> None:
    """The same rows locally and on Ray: the verdict tables must be the same, the seconds apart."""
    try:
        import ray

        from assay_ray.engine import RayEngine
    except ImportError:
        print("Ray: skipped, assay-ray is not installed")
        return
    import assay

    rows = [{"completion": f"\\boxed{{{n % 7}}}", "reference": "3", "prompt": str(n // 8)} for n in range(2000)]
    reward = {"right": "math.answer", "total": "right - 0.1 * group.mean(right)"}
    tables = []
    os.environ.setdefault("RAY_AUTH_MODE", "disabled")
    for engine in (LocalEngine(), RayEngine()):
        started = time.perf_counter()
        table = assay.score(rows, reward, engine=engine).table()
        seconds = time.perf_counter() - started
        tables.append((json.dumps([{k: v for k, v in row.items() if k != "seconds"} for row in table]), seconds))
        engine.close()
    same = tables[0][0] == tables[1][0]
    print(
        f"2,000 rows locally in {tables[0][1]:.2f} s and on Ray {ray.__version__} in {tables[1][1]:.2f} s, tables byte-identical: {same}"
    )


if __name__ == "__main__":
    once()
    throughput()
    faults()
    soak()
    on_ray()
