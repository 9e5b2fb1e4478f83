"""Puzzles, votes and shapes: 10,000 completions each, beside the published scorers' loops where they can be installed.

python benchmarks/puzzles.py            # some minutes; ROWS=2000 for a quicker look
python benchmarks/puzzles.py sat logic  # these parts alone: gym arithmetic sat logic vote overlong
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import reasoning_gym
from reasoning_gym.factory import DATASETS

import assay
from assay.engine import LocalEngine
from assay_puzzle.entries import oracle, read_entry

ROWS = int(os.environ.get("ROWS", "10000"))
Row = dict[str, object]


def main() -> None:
    warnings.simplefilter("ignore")
    print("| reward | completions | per second | published scorer | its loop, per second | ratio |\n| --- | --- | --- | --- | --- | --- |")  # fmt: skip
    parts = {"gym": gym, "arithmetic": arithmetic, "sat": sat, "logic": logic, "vote": vote, "overlong": overlong}
    for reward, rows, name, peer in (row for part in sys.argv[1:] or parts for row in parts[part]()):
        ours = per_second(reward, rows)
        theirs = None if peer is None else len(rows) / seconds(peer)
        beside = "| |" if theirs is None else f"{theirs:,.0f} | {ours / theirs:.1f} x |"
        print(f"| `{reward}` | {len(rows):,} | {ours:,.0f} | {name or 'none to install'} | {beside}", flush=True)
    shapes()


def per_second(reward: str, rows: list[Row]) -> float:
    """Score all rows on two workers that have started and imported, nothing remembered."""
    engine = LocalEngine(workers=2, remember=0)
    try:
        assay.score(rows[:: max(1, len(rows) // 512)] * 2, reward, engine=engine)
        started = time.perf_counter()
        scores = assay.score(rows, reward, engine=engine)
        taken = time.perf_counter() - started
    finally:
        engine.close()
    assert "error" not in scores.status, next(r for s, r in zip(scores.status, scores.reasons, strict=True) if s == "error")  # fmt: skip
    return len(rows) / taken


def seconds(peer: Callable[[], object]) -> float:
    started = time.perf_counter()
    peer()
    return time.perf_counter() - started


def gym() -> Iterator[tuple[str, list[Row], str, Callable[[], object]]]:
    """Every task in turn, half right and half wrong; then countdown alone, the slowest to score as published."""
    tasks = [task for task in sorted(DATASETS) if task not in ("composite", "boxnet", "rush_hour")]
    for chosen in (tasks, ["countdown"]):
        each = -(-ROWS // len(chosen))
        groups = min(2 if len(chosen) > 1 else 200, max(1, each // 8))  # prompts; some generators are slow
        rows, calls = [], []
        for task in chosen:
            generated = reasoning_gym.create_dataset(task, size=groups, seed=0)
            for n in range(groups):
                entry = generated[n]
                right = oracle(read_entry(entry, None, task)) or "x + C"
                text = json.dumps({"answer": entry["answer"], "metadata": entry["metadata"]}, default=str)
                for k in range(-(-each // groups)):
                    answer = right if k % 2 else f"{right} {k}"
                    completion = f"<think>{'Let me see. ' * 20}</think><answer>{answer}</answer>{' ' * k}"
                    rows.append({"completion": completion, "reference": text, "task": task})
                    calls.append((generated, answer, entry))
        rows, calls = rows[:ROWS], calls[:ROWS]
        name = f"reasoning-gym, {len(chosen)} tasks" if len(chosen) > 1 else "reasoning-gym, countdown"
        yield "puzzle.gym(task=row.task)", rows, name, lambda calls=calls: published(calls)


def published(calls: list[tuple[Any, str, Any]]) -> None:
    for generated, answer, entry in calls:
        with contextlib.suppress(ValueError):  # some scorers raise at what they can't read
            generated.score_answer(answer, entry)


def arithmetic() -> Iterator[tuple[str, list[Row], str, Callable[[], object]]]:
    generated = reasoning_gym.create_dataset("countdown", size=200, seed=1)
    entries = list(generated)
    rows, calls = [], []
    for n in range(ROWS):
        entry = entries[n % 200]
        answer = entry["answer"] if n % 2 else f"{entry['answer']} + {n}"
        rows.append({"completion": f"<answer>{answer}</answer>{n}", "numbers": entry["metadata"]["numbers"], "target": entry["metadata"]["target"]})  # fmt: skip
        calls.append((answer, entry))
    reward = "puzzle.arithmetic(target=row.target, numbers=row.numbers)"
    yield reward, rows, "reasoning-gym, countdown", lambda: [generated.score_answer(a, e) for a, e in calls]


def sat() -> Iterator[tuple[str, list[Row], str, Callable[[], object] | None]]:
    """Random formulas of 10 variables and 50 clauses, unsatisfiable ones for all but `sp`; certificates and near misses."""
    from assay_puzzle.cnf import satisfiable

    source = random.Random(0)
    formulas: dict[bool, list[list[list[int]]]] = {True: [], False: []}
    while min(map(len, formulas.values())) < 100:
        clauses = [[v if source.random() < 0.5 else -v for v in source.sample(range(1, 11), 3)] for _ in range(50)]
        formulas[satisfiable(clauses)].append(clauses)
    try:
        from satquest import CNF, create_problem

        name = "SATQuest 0.2.0"
    except ImportError:
        name = "SATQuest: pip install --no-deps satquest==0.2.0"
    for kind, published in (("sp", "SATSP"), ("maxsat", "MaxSAT"), ("mus", "MUS")):
        texts = [json.dumps(clauses) for clauses in formulas[kind == "sp"][:100]]
        rows: list[Row] = []
        for n in range(ROWS):
            clauses = formulas[kind == "sp"][n % 100]
            bits = "".join(source.choice("01") for _ in range(len(clauses) if kind == "mus" else 10))
            if kind == "mus" and n % 2:
                bits = minimal(clauses)
            rows.append({"completion": f"<answer>{bits}</answer>{n}", "cnf": texts[n % 100], "bits": bits})
        peer = None
        if not name.endswith("satquest==0.2.0"):
            peer = lambda rows=rows, published=published: [  # noqa: E731
                create_problem(published, CNF(clauses=json.loads(row["cnf"]))).check(row["bits"]) for row in rows
            ]
        yield f'puzzle.sat(kind="{kind}")', rows, name, peer


def minimal(clauses: list[list[int]], known: dict[str, str] = {}) -> str:  # noqa: B006 - remembers on purpose
    from assay_puzzle.cnf import satisfiable

    key = str(clauses)
    if key not in known:
        kept = list(range(len(clauses)))
        for n in range(len(clauses)):
            rest = [k for k in kept if k != n]
            if not satisfiable([clauses[k] for k in rest]):
                kept = rest
        known[key] = "".join("1" if n in kept else "0" for n in range(len(clauses)))
    return known[key]


def logic() -> Iterator[tuple[str, list[Row], str, Callable[[], object]]]:
    """Formulas of eight atoms against their contrapositive, or the converse."""
    from sympy import Equivalent, Implies, Not, Or, satisfiable, symbols

    source = random.Random(0)
    names = [f"p{n}" for n in range(8)]
    rows, calls = [], []
    for n in range(ROWS):
        a, b = ([source.choice(["", "~"]) + name for name in source.sample(names, 4)] for _ in range(2))
        left, right = " | ".join(a), " | ".join(b)
        given = f"~({right}) -> ~({left})" if n % 2 else f"({right}) -> ({left})"
        rows.append({"completion": f"<answer>{given}</answer>{n}", "reference": f"({left}) -> ({right})"})
        calls.append((a, b, n % 2))
    atoms = dict(zip(names, symbols(names), strict=True))

    def loop() -> None:
        """Sympy's own solver; the formulas are built, not parsed, which is in its favour."""
        for a, b, same in calls:
            one, two = (Or(*(Not(atoms[x[1:]]) if x[0] == "~" else atoms[x] for x in side)) for side in (a, b))
            other = Implies(Not(two), Not(one)) if same else Implies(two, one)
            satisfiable(Not(Equivalent(Implies(one, two), other)))

    yield "puzzle.logic", rows, "sympy's satisfiable", loop


def vote() -> Iterator[tuple[str, list[Row], str, None]]:
    """Groups of 16 with five distinct answers in several forms."""
    source = random.Random(0)
    rows: list[Row] = []
    for n in range(ROWS):
        value = source.randint(1, 5) + 10 * (n // 16)
        form = source.choice(["{0}", r"\frac{{{1}}}{{2}}", "{0}.0"]).format(value, 2 * value)
        rows.append({"prompt": str(n // 16), "completion": f"So \\boxed{{{form}}}. {n}"})
    yield "vote.majority", rows, "", None


def overlong() -> Iterator[tuple[str, list[Row], str, None]]:
    source = random.Random(0)
    rows: list[Row] = [{"completion": "x", "prompt": str(n // 16), "tokens": source.randint(1, 4096)} for n in range(ROWS)]  # fmt: skip
    yield "shape.overlong(tokens, limit=4096, buffer=1024)", rows, "", None


def shapes() -> None:
    """The functions alone, on lengths that are known already."""
    import numpy as np
    from trl.rewards import get_soft_overlong_punishment

    from assay_shapes.lengths import overlong

    source = random.Random(0)
    lengths = [source.randint(1, 4096) for _ in range(ROWS)]
    ids = [[0] * length for length in lengths]
    punish = get_soft_overlong_punishment(max_completion_len=4096, soft_punish_cache=1024)
    array = np.array(lengths, dtype=np.float64)
    assert np.allclose(punish(completion_ids=ids), overlong(array, 4096, 1024))
    theirs = min(seconds(lambda: punish(completion_ids=ids)) for _ in range(20))
    ours = min(seconds(lambda: overlong(array, 4096, 1024)) for _ in range(20))
    print(f"shape.overlong alone, {ROWS:,} lengths: {ours * 1e6:,.0f} us, TRL's soft overlong punishment {theirs * 1e6:,.0f} us, {theirs / ours:.1f} x")  # fmt: skip


if __name__ == "__main__":
    main()
