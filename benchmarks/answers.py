"""math.answer beside Math-Verify 0.9.0, on the same pairs, in one process.

Pairs are true by construction: a value is written in two forms that are equal by algebra, or in two whose values
differ. The labels come from how a pair was made, not from either judge.

    pip install -r benchmarks/requirements.txt
    python benchmarks/answers.py
"""

from __future__ import annotations

import json
import os
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from math import gcd
from pathlib import Path

Pair = tuple[str, str, bool]


def integers(source: random.Random) -> Iterator[Pair]:
    while True:
        value = source.randint(-(10**7), 10**7)
        yield f"{value:,}", str(value), True
        yield str(value + source.choice([-1, 1, 10])), str(value), False


def fractions(source: random.Random) -> Iterator[Pair]:
    while True:
        top, bottom, by = source.randint(1, 99), source.randint(2, 99), source.randint(2, 9)
        yield f"\\frac{{{top * by}}}{{{bottom * by}}}", f"\\dfrac{{{top}}}{{{bottom}}}", True
        yield f"\\frac{{{top * by + 1}}}{{{bottom * by}}}", f"\\frac{{{top}}}{{{bottom}}}", False
        whole = source.randint(1, 9)
        if top < bottom:
            yield f"{whole}\\frac{{{top}}}{{{bottom}}}", f"\\frac{{{whole * bottom + top}}}{{{bottom}}}", True


def radicals(source: random.Random) -> Iterator[Pair]:
    free = [2, 3, 5, 6, 7, 10, 11, 13]
    while True:
        times, inside = source.randint(2, 9), source.choice(free)
        yield f"\\sqrt{{{times * times * inside}}}", f"{times}\\sqrt{{{inside}}}", True
        yield f"{times}\\sqrt{{{inside}}}", f"{times}\\sqrt{{{source.choice([f for f in free if f != inside])}}}", False
        yield f"{times}", f"{times}\\sqrt{{{inside}}}", False


def tuples(source: random.Random) -> Iterator[Pair]:
    while True:
        a, b = source.sample(range(-20, 20), 2)
        yield f"({a}, {b})", f"\\left({a},\\,{b}\\right)", True
        yield f"({b}, {a})", f"({a}, {b})", False


def sets(source: random.Random) -> Iterator[Pair]:
    while True:
        values = source.sample(range(-20, 20), 3)
        other = values[1:] + values[:1]
        text = ", ".join(map(str, values))
        yield f"\\{{{', '.join(map(str, other))}\\}}", f"\\{{{text}\\}}", True
        yield f"({text})", f"\\{{{text}\\}}", False
        yield f"\\{{{', '.join(map(str, values[:2]))}\\}}", f"\\{{{text}\\}}", False


def intervals(source: random.Random) -> Iterator[Pair]:
    while True:
        low, high = sorted(source.sample(range(-20, 20), 2))
        yield f"{low} < x \\le {high}", f"({low}, {high}]", True
        yield f"({low}, {high})", f"({low}, {high}]", False
        yield f"x > {low}", f"({low}, \\infty)", True


def matrices(source: random.Random) -> Iterator[Pair]:
    while True:
        a, b, c, d = (source.randint(-9, 9) for _ in range(4))
        yield (
            f"\\begin{{bmatrix}} {a} & {b} \\\\ {c} & {d} \\end{{bmatrix}}",
            f"\\begin{{pmatrix}}{a}&{b}\\\\{c}&{d}\\end{{pmatrix}}",
            True,
        )
        yield (
            f"\\begin{{pmatrix}} {a} & {b} \\\\ {c} & {d + 1} \\end{{pmatrix}}",
            f"\\begin{{pmatrix}}{a}&{b}\\\\{c}&{d}\\end{{pmatrix}}",
            False,
        )


def expressions(source: random.Random) -> Iterator[Pair]:
    while True:
        a, b = source.randint(1, 9), source.randint(1, 9)
        yield f"(x+{a})(x-{b})", f"x^2 + {a - b}x - {a * b}".replace("+ -", "- "), True
        yield f"(x+{a})(x-{b})", f"x^2 + {a - b}x - {a * b + 1}".replace("+ -", "- "), False


def relations(source: random.Random) -> Iterator[Pair]:
    while True:
        a, b, by = source.randint(1, 9), source.randint(1, 9), source.randint(2, 5)
        yield f"{by * a}x + {by * b} = 0", f"{a}x + {b} = 0", True
        yield f"{a}x + {b + 1} = 0", f"{a}x + {b} = 0", False
        yield f"x = {b}", str(b), True


def percents(source: random.Random) -> Iterator[Pair]:
    while True:
        value = source.randint(1, 99)
        yield f"{value}\\%", f"\\frac{{{value // gcd(value, 100)}}}{{{100 // gcd(value, 100)}}}", True
        yield f"{value}\\%", str(value), False


def decimals(source: random.Random) -> Iterator[Pair]:
    while True:
        top, bottom = source.randint(1, 60), source.choice([3, 7, 9, 11, 13])
        if top % bottom:
            value = top / bottom
            yield f"\\frac{{{top}}}{{{bottom}}}", f"{value:.3f}", True
            yield f"{value + 0.002:.3f}", f"{value:.3f}", False


KINDS: dict[str, Callable[[random.Random], Iterator[Pair]]] = {
    "integer": integers, "fraction": fractions, "radical": radicals, "tuple": tuples, "set": sets, "interval": intervals,
    "matrix": matrices, "expression": expressions, "relation": relations, "percent": percents, "decimal": decimals,
}  # fmt: skip


def main() -> None:
    try:
        import math_verify
    except ImportError:
        sys.exit("Math-Verify is missing: pip install -r benchmarks/requirements.txt")
    from assay_math import answer

    def ours(given: str, reference: str) -> bool:
        return answer(f"\\boxed{{{given}}}", reference).score == 1

    def theirs(given: str, reference: str) -> bool:
        gold, said = math_verify.parse(f"${reference}$"), math_verify.parse(f"$\\boxed{{{given}}}$")
        return bool(math_verify.verify(gold, said))

    each = int(os.environ.get("PAIRS", "500"))
    print(
        f"{'kind':<12}{'pairs':>7}{'agree':>8}{'M-V':>8}{'pairs/s':>10}{'M-V':>8}{'ratio':>8}{'p50 ms':>9}{'p99 ms':>9}{'max ms':>9}{'M-V p99':>9}"
    )
    totals = [0.0, 0.0]
    count = 0
    everything = []
    for kind, make in KINDS.items():
        source = random.Random(kind)
        stream = make(source)
        pairs = list(dict.fromkeys(next(stream) for _ in range(each * 3)))[:each]
        if len({label for *_, label in pairs}) < 2:
            raise SystemExit(f"{kind}: all labels are alike")
        rows = []
        for judge in (ours, theirs):
            right, times = 0, []
            for given, reference, label in pairs:
                started = time.perf_counter()
                said = judge(given, reference)
                times.append(time.perf_counter() - started)
                right += said == label
            rows.append((right / len(pairs), times))
        (agree, fast), (other, slow) = rows
        totals[0] += sum(fast)
        totals[1] += sum(slow)
        count += len(pairs)
        everything += fast
        p = [statistics.quantiles(times, n=100) for times in (fast, slow)]
        print(
            f"{kind:<12}{len(pairs):>7}{agree:>8.1%}{other:>8.1%}{len(pairs) / sum(fast):>10.0f}{len(pairs) / sum(slow):>8.0f}{sum(slow) / sum(fast):>7.0f}x"
            f"{p[0][49] * 1e3:>9.3f}{p[0][98] * 1e3:>9.3f}{max(fast) * 1e3:>9.2f}{p[1][98] * 1e3:>9.2f}"
        )
    print(
        f"{'all':<12}{count:>7}{'':>16}{count / totals[0]:>10.0f}{count / totals[1]:>8.0f}{totals[1] / totals[0]:>7.0f}x{'':>9}{statistics.quantiles(everything, n=100)[98] * 1e3:>9.3f}"
    )
    thoughts(ours_on_text(answer), math_verify)
    imports()


def ours_on_text(answer: object) -> Callable[[str, str], bool]:
    return lambda text, gold: answer(text, gold, extract="after:A:").score == 1  # type: ignore[operator]


def thoughts(judge: Callable[[str, str], bool], peer: object) -> None:
    """Time both on real chains of thought, where the data is at hand."""
    shared = Path(os.environ.get("ASSAY_SHARED", Path(__file__).resolve().parents[2] / "shared"))
    path = shared / "data" / "gsm8k" / "model_solutions.jsonl"
    if not path.exists():
        print(f"chains of thought: skipped, there is no {path}")
        return
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()][:400]
    cases = [
        (row[key]["solution"], row["ground_truth"], row[key]["is_correct"])
        for row in rows
        for key in ("175b_finetuning", "175b_verification")
    ]
    started = time.perf_counter()
    agree = sum(judge(text, gold) == label for text, gold, label in cases)
    ours = time.perf_counter() - started
    started = time.perf_counter()
    other = sum(bool(peer.verify(peer.parse(gold), peer.parse(text))) == label for text, gold, label in cases)  # type: ignore[attr-defined]
    theirs = time.perf_counter() - started
    print(
        f"\n{len(cases)} GSM8K solutions: {len(cases) / ours:.0f}/s against {len(cases) / theirs:.0f}/s ({theirs / ours:.1f}x); "
        f"agreement with the labels {agree / len(cases):.1%} against {other / len(cases):.1%}"
    )


def imports() -> None:
    """Time each import in a fresh process, the fastest of five."""
    for name in ("assay_math", "math_verify"):
        code = f"import time; t = time.perf_counter(); import {name}; print(time.perf_counter() - t)"
        seconds = min(
            float(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout)
            for _ in range(5)
        )
        print(f"import {name}: {seconds * 1e3:.0f} ms")


if __name__ == "__main__":
    main()
