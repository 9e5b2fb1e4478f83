"""math.answer beside Math-Verify 0.9.0, on the same pairs, in one process.

Pairs are true by construction: a value is written in two forms that are equal by algebra, or in two whose values
differ. The labels come from how a pair was made, not from either judge.

    pip install -r benchmarks/requirements.txt
    python benchmarks/answers.py
"""

from __future__ import annotations

import ast
import json
import os
import random
import resource
import statistics
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence, Sized
from math import comb, factorial, gcd
from pathlib import Path

Pair = tuple[str, str, bool]
Judge = Callable[[str, str], bool]


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
        yield str(value), f"{value}\\%", False


def decimals(source: random.Random) -> Iterator[Pair]:
    while True:
        top, bottom = source.randint(1, 60), source.choice([3, 7, 9, 11, 13])
        if top % bottom:
            value = top / bottom
            yield f"\\frac{{{top}}}{{{bottom}}}", f"{value:.3f}", True
            yield f"{value + 0.002:.3f}", f"{value:.3f}", False


def mixed_numbers(source: random.Random) -> Iterator[Pair]:
    while True:
        whole, bottom = source.randint(1, 20), source.randint(3, 12)
        top = source.randint(1, bottom - 1)
        improper = f"\\frac{{{whole * bottom + top}}}{{{bottom}}}"
        yield f"{whole}\\frac{{{top}}}{{{bottom}}}", improper, True
        yield f"{whole} {top}/{bottom}", improper, True
        yield f"{whole + 1}\\frac{{{top}}}{{{bottom}}}", improper, False


def unicode_forms(source: random.Random) -> Iterator[Pair]:
    raised = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")
    while True:
        a, n, b = source.randint(2, 9), source.randint(2, 12), source.randint(2, 30)
        yield f"{a}√{b}", f"{a}\\sqrt{{{b}}}", True
        yield f"x{str(n).translate(raised)} − {a}", f"x^{{{n}}}-{a}", True
        yield f"x{str(n).translate(raised)} − {a}", f"x^{{{n}}}+{a}", False
        yield f"{b}×10{str(-n).translate(raised)}", f"{b} \\times 10^{{-{n}}}", True
        yield f"{a}π/{b}", f"\\frac{{{a}\\pi}}{{{b}}}", True
        yield f"{a}√{b}", f"{b}\\sqrt{{{a + b}}}", False


def repeating_decimals(source: random.Random) -> Iterator[Pair]:
    while True:
        digits = source.randint(1, 98)
        block = f"{digits:02d}"
        yield f"0.\\overline{{{block}}}", f"\\frac{{{digits}}}{{99}}", True
        yield f"0.({block})", f"\\frac{{{digits}}}{{99}}", True
        yield f"0.{block}{block}{block}...", f"\\frac{{{digits}}}{{99}}", True
        yield f"0.{block}", f"\\frac{{{digits}}}{{99}}", False


def logarithms(source: random.Random) -> Iterator[Pair]:
    while True:
        base, power = source.randint(2, 9), source.randint(2, 6)
        yield f"\\log_{{{base}}} {base**power}", str(power), True
        yield f"\\log_{{{base}}} {base**power}", str(power + 1), False
        yield f"\\ln {base} + \\ln {power}", f"\\ln {base * power}", True


def trigonometry(source: random.Random) -> Iterator[Pair]:
    exact = {30: "\\frac{1}{2}", 45: "\\frac{\\sqrt{2}}{2}", 60: "\\frac{\\sqrt{3}}{2}", 90: "1"}
    while True:
        turns, (degrees, value) = source.randint(0, 9), source.choice(list(exact.items()))
        yield f"\\sin {degrees + 360 * turns}^\\circ", value, True
        yield f"\\cos {degrees + 360 * turns + 7}^\\circ", value, False
        yield f"{degrees + turns}^\\circ", f"\\frac{{{degrees + turns}\\pi}}{{180}}", True


def counting(source: random.Random) -> Iterator[Pair]:
    while True:
        n = source.randint(3, 30)
        k = source.randint(1, n - 1)
        yield f"\\binom{{{n}}}{{{k}}}", str(comb(n, k)), True
        yield f"\\binom{{{n}}}{{{k}}}", str(comb(n, k) + 1), False
        yield f"\\frac{{{n}!}}{{{k}!}}", str(factorial(n) // factorial(k)), True
        yield f"{{{n} \\choose {k}}}", f"\\binom{{{n}}}{{{n - k}}}", True


def complex_numbers(source: random.Random) -> Iterator[Pair]:
    while True:
        a, b = source.randint(1, 20), source.randint(1, 20)
        yield f"{a}+{b}i", f"{b}i + {a}", True
        yield f"({a}+{b}i)^2", f"{a * a - b * b}+{2 * a * b}i", True
        yield f"{a}-{b}i", f"{a}+{b}i", False
        yield f"\\sqrt{{-{b * b}}}", f"{b}i", True


def bases(source: random.Random) -> Iterator[Pair]:
    while True:
        value = source.randint(5, 5000)
        digits, rest = "", value
        while rest:
            digits, rest = str(rest % 3) + digits, rest // 3
        yield f"{digits}_3", f"{digits}_{{\\text{{three}}}}", True
        yield f"{value:b}_2", f"{value:b}_{{2}}", True
        yield f"{value:b}_2", f"{value + 1:b}_2", False
        yield f"{value:b}_{{2}}", str(value), True


def piecewise(source: random.Random) -> Iterator[Pair]:
    while True:
        a, b = source.randint(1, 9), source.randint(-9, 9)
        rows = [f"{a}x & x \\ge {b}", f"-x & x < {b}"]
        wrong = [f"{a}x & x > {b}", f"-x & x \\le {b}"]
        one, other, bad = (
            "\\begin{cases} " + " \\\\ ".join(each) + " \\end{cases}" for each in (rows, rows[::-1], wrong)
        )
        yield other, one, True
        yield bad, one, False
        yield one.replace("&", "& \\text{if }"), one, True


def conditions(source: random.Random) -> Iterator[Pair]:
    while True:
        a = source.randint(-30, 30)
        yield f"\\{{x \\mid x > {a}\\}}", f"({a}, \\infty)", True
        yield f"\\{{x \\in \\mathbb{{R}} : x \\ne {a}\\}}", f"(-\\infty,{a})\\cup({a},\\infty)", True
        yield f"\\mathbb{{R}} \\setminus \\{{{a}\\}}", f"x \\neq {a}", True
        yield f"\\{{x \\mid x \\ge {a}\\}}", f"({a}, \\infty)", False
        yield f"x < {a} \\text{{ or }} x > {a + 5}", f"(-\\infty,{a})\\cup({a + 5},\\infty)", True
        yield f"|x| \\le {abs(a) + 1}", f"[-{abs(a) + 1}, {abs(a) + 1}]", True
        yield f"|x| < {abs(a) + 1}", f"[-{abs(a) + 1}, {abs(a) + 1}]", False


def lists(source: random.Random) -> Iterator[Pair]:
    while True:
        a, b, c = source.sample(range(-40, 40), 3)
        yield f"{a}, {b} \\text{{ and }} {c}", f"{c}, {a}, {b}", True
        yield f"x = {a} \\text{{ or }} x = {b}", f"{b}, {a}", True
        yield f"{a}, {b}", f"{a}", False
        yield f"{a} or {b}", f"{a}", False
        yield f"{abs(a)} \\pm {abs(b) + 1}", f"{abs(a) + abs(b) + 1}, {abs(a) - abs(b) - 1}", True


def units(source: random.Random) -> Iterator[Pair]:
    convert = [
        ("km", "m", 1000),
        ("hours", "minutes", 60),
        ("kg", "g", 1000),
        ("feet", "inches", 12),
        ("L", "mL", 1000),
    ]
    while True:
        large, small, factor = source.choice(convert)
        value = source.randint(2, 90)
        yield f"{value} \\text{{ {large}}}", f"{value * factor} \\text{{ {small}}}", True
        yield f"{value} {large}", str(value), True
        yield f"{value} \\text{{ {large}}}", f"{value} \\text{{ {small}}}", False
        yield f"{value}\\text{{ cm}}^2", f"{value} square centimeters", True


def currencies(source: random.Random) -> Iterator[Pair]:
    while True:
        value = source.randint(1000, 99999)
        yield f"\\${value:,}", str(value), True
        yield f"{value} dollars", f"\\${value}", True
        yield f"€{value}", f"\\${value}", False
        yield f"{value} cents", f"\\${value / 100:.2f}", True
        yield f"\\${value // 1000} million", str(value // 1000 * 10**6), True


def ratios(source: random.Random) -> Iterator[Pair]:
    while True:
        a, b, by = source.randint(2, 30), source.randint(2, 30), source.randint(2, 6)
        yield f"{a * by}:{b * by}", f"{a}:{b}", True
        yield f"{a}:{b}", f"\\frac{{{a}}}{{{b}}}", True
        yield f"{a}:{b}", f"{a + b}:{b}", False
        yield f"{a}:{b}:{a + b}", f"{a * by}:{b * by}:{(a + b) * by}", True


def times(source: random.Random) -> Iterator[Pair]:
    while True:
        hour, minute = source.randint(1, 11), source.randint(10, 59)
        yield f"{hour}:{minute} PM", f"{hour}:{minute}\\text{{ p.m.}}", True
        yield f"{hour}:{minute} am", f"{hour}:{minute} pm", False
        yield f"{hour + 12}:{minute}", f"{hour}:{minute} pm", True
        yield f"{hour}:{minute}", f"{hour}:{minute - 1}", False


def dates(source: random.Random) -> Iterator[Pair]:
    months = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ]
    while True:
        year, month, day = source.randint(1500, 2100), source.randint(1, 12), source.randint(1, 27)
        name = months[month - 1]
        yield f"{name} {day}, {year}", f"{day} {name} {year}", True
        yield f"{year}-{month:02d}-{day:02d}", f"{name} {day}, {year}", True
        yield f"{name} {day + 1}, {year}", f"{name} {day}, {year}", False


def choices(source: random.Random) -> Iterator[Pair]:
    while True:
        letter, other = source.sample("ABCDEFGH", 2)
        value = source.randint(1, 99)
        yield f"\\text{{({letter})}}", letter, True
        yield f"({letter}) {value}", letter, True
        yield f"\\textbf{{({other})}}", letter, False
        yield f"({letter}) {value}", str(value), True


def words(source: random.Random) -> Iterator[Pair]:
    known = [
        "Monday",
        "Tuesday",
        "east",
        "west",
        "circle",
        "ellipse",
        "even",
        "odd",
        "increasing",
        "decreasing",
        "rational",
        "irrational",
        "Alice",
        "Robert",
    ]
    while True:
        one, other = source.sample(known, 2)
        yield f"\\text{{{one}}}", one.lower(), True
        yield f"\\text{{{one}}}", f"\\text{{{other}}}", False
        yield f"{one} and {other}", f"{other} and {one}", True
        yes = source.choice(["Yes", "No"])
        yield f"\\text{{{yes}}}", yes.lower(), True
        yield {"Yes": "True", "No": "False"}[yes], yes, True
        yield yes, {"Yes": "No", "No": "Yes"}[yes], False


def families(source: random.Random) -> Iterator[Pair]:
    while True:
        a, b = source.randint(1, 11), source.randint(2, 12)
        yield (
            f"\\frac{{{a}\\pi}}{{{b}}} + 2k\\pi, k \\in \\mathbb{{Z}}",
            f"\\frac{{{a}\\pi}}{{{b}}} + 2\\pi n, n \\in \\mathbb{{Z}}",
            True,
        )
        yield (
            f"\\frac{{{a}\\pi}}{{{b}}} + k\\pi, k \\in \\mathbb{{Z}}",
            f"\\frac{{{a}\\pi}}{{{b}}} + 2\\pi n, n \\in \\mathbb{{Z}}",
            False,
        )
        yield f"x = \\frac{{{a}\\pi}}{{{b}}} + k\\pi", f"\\frac{{{a}\\pi}}{{{b}}} + n\\pi", True


def labels(source: random.Random) -> Iterator[Pair]:
    while True:
        value, other = source.sample(range(1, 500), 2)
        for label in ("x", "m_{\\max}", "f(2)", "P(A)", "\\text{Area}", "AB", "\\angle ABC"):
            yield f"{label} = {value}", str(value), True
            yield f"{label} = {value}", str(other), False
        yield f"{value} + {other} = {value + other}", str(value + other), True


def vectors(source: random.Random) -> Iterator[Pair]:
    while True:
        a, b, c = source.sample(range(1, 20), 3)
        column = f"\\begin{{pmatrix}} {a} \\\\ {b} \\\\ {c} \\end{{pmatrix}}"
        yield f"({a},{b},{c})", column, True
        yield f"\\langle {a}, {b}, {c}\\rangle", f"({a}, {b}, {c})", True
        yield f"{a}\\mathbf{{i}} + {b}\\mathbf{{j}} + {c}\\mathbf{{k}}", column, True
        yield f"({b},{a},{c})", column, False


def congruences(source: random.Random) -> Iterator[Pair]:
    while True:
        m = source.randint(3, 30)
        r = source.randint(0, m - 1)
        yield f"x \\equiv {r} \\pmod{{{m}}}", f"x \\equiv {r + m} \\pmod {{{m}}}", True
        yield f"x \\equiv {r} \\pmod{{{m}}}", f"x \\equiv {r + 1} \\pmod{{{m}}}", False


def damaged(source: random.Random) -> Iterator[Pair]:
    while True:
        a, b = source.sample(range(2, 90), 2)
        yield f"{a}\\text{{ apples}}", f"{a}\text{{ apples}}", True
        yield f"\\frac{{{a}}}{{{b}}}", f"\frac{{{a}}}{{{b}}}", True
        yield f"\\frac{{{b}}}{{{a}}}", f"\frac{{{a}}}{{{b}}}", False


KINDS: dict[str, Callable[[random.Random], Iterator[Pair]]] = {
    "integer": integers, "fraction": fractions, "radical": radicals, "tuple": tuples, "set": sets, "interval": intervals,
    "matrix": matrices, "expression": expressions, "relation": relations, "percent": percents, "decimal": decimals,
    "mixed number": mixed_numbers, "unicode": unicode_forms, "repeating": repeating_decimals, "logarithm": logarithms, "trigonometry": trigonometry,
    "counting": counting, "complex": complex_numbers, "base": bases, "piecewise": piecewise, "condition": conditions, "list": lists, "unit": units,
    "currency": currencies, "ratio": ratios, "time": times, "date": dates, "choice": choices, "words": words, "family": families, "label": labels,
    "vector": vectors, "congruence": congruences, "damaged": damaged,
}  # fmt: skip

#: The kinds of the profile at which the goal of twenty times is set.
MIXED = ("integer", "fraction", "matrix", "radical", "relation", "set", "interval", "tuple")


def drawn(kind: str, each: int, seed: str = "") -> list[Pair]:
    stream = KINDS[kind](random.Random(kind + seed))
    pairs = list(dict.fromkeys(next(stream) for _ in range(each * 3)))[:each]
    if len({label for *_, label in pairs}) < 2:
        raise SystemExit(f"{kind}: all labels are alike")
    return pairs


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

    ours("1 km", "1000 m")  # loads what is loaded once: the units and the high precision
    ours("\\pi", "3.1416")
    theirs("1", "\\sqrt{2}")
    by_kind(ours, theirs, int(os.environ.get("PAIRS", "180")))
    mixed(ours, theirs)
    thoughts(ours_on_text(answer), math_verify)
    imports()
    peer_tests(answer)


def by_kind(ours: Judge, theirs: Judge, each: int) -> None:
    heads = (
        "kind",
        "pairs",
        "agree",
        "M-V",
        "pairs/s",
        "M-V",
        "ratio",
        "p50 ms",
        "p95 ms",
        "p99 ms",
        "max ms",
        "M-V p99",
    )
    print("".join(f"{head:<14}" if not index else f"{head:>9}" for index, head in enumerate(heads)))
    everything: list[list[float]] = [[], []]
    right_at_all = [0, 0]
    for kind in KINDS:
        pairs = drawn(kind, each)
        rights, times = [0, 0], [[], []]  # type: ignore[var-annotated]
        for given, reference, label in pairs:
            for side, judge in enumerate((ours, theirs)):
                started = time.perf_counter()
                said = judge(given, reference)
                times[side].append(time.perf_counter() - started)
                rights[side] += said == label
        row(kind, pairs, rights, times)
        for side in (0, 1):
            everything[side] += times[side]
            right_at_all[side] += rights[side]
    row("all", everything[0], right_at_all, everything)


def row(kind: str, pairs: Sized, rights: Sequence[int], times: Sequence[Sequence[float]]) -> None:
    count, (fast, slow) = len(pairs), times
    p, q = statistics.quantiles(fast, n=100), statistics.quantiles(slow, n=100)
    print(
        f"{kind:<14}{count:>9,}{rights[0] / count:>9.1%}{rights[1] / count:>9.1%}{count / sum(fast):>9,.0f}{count / sum(slow):>9,.0f}{sum(slow) / sum(fast):>8.0f}x"
        f"{p[49] * 1e3:>9.3f}{p[94] * 1e3:>9.3f}{p[98] * 1e3:>9.3f}{max(fast) * 1e3:>9.2f}{q[98] * 1e3:>9.2f}"
    )


def mixed(ours: Judge, theirs: Judge) -> None:
    """Time 500 pairs that neither side has seen, of the kinds that answers have most."""
    pairs = [pair for kind in MIXED for pair in drawn(kind, 63, "mixed")][:500]
    seconds = []
    for judge in (ours, theirs):
        started = time.perf_counter()
        for given, reference, _ in pairs:
            judge(given, reference)
        seconds.append(time.perf_counter() - started)
    print(
        f"\nmixed profile, {len(pairs)} pairs: {len(pairs) / seconds[0]:,.0f}/s against {len(pairs) / seconds[1]:,.0f}/s ({seconds[1] / seconds[0]:.0f}x)"
    )


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
    """Time each import in a fresh process, the fastest of seven, and its memory after a first verdict."""
    first = {
        "assay_math": "from assay_math import answer; answer('\\\\boxed{\\\\frac{1}{2}}', '0.5')",
        "math_verify": "from math_verify import parse, verify; verify(parse('$0.5$'), parse('$\\\\frac{1}{2}$'))",
    }
    for name, verdict in first.items():
        code = (
            f"import time; t = time.perf_counter(); import {name}; print(time.perf_counter() - t)\n{verdict}\n"
            "print(time.perf_counter() - t)\nprint(int(open('/proc/self/status').read().split('VmHWM:')[1].split()[0]) / 1024)"
        )
        runs = [
            [
                float(line)
                for line in subprocess.run(
                    [sys.executable, "-c", code], capture_output=True, text=True, check=True
                ).stdout.split()
            ]
            for _ in range(7)
        ]
        imported, judged, memory = (min(column) for column in zip(*runs, strict=True))
        print(
            f"import {name}: {imported * 1e3:.0f} ms, to the first verdict {judged * 1e3:.0f} ms, peak memory {memory:.0f} MiB"
        )
    print(f"peak memory of this process: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB")


def peer_tests(answer: object) -> None:
    """Judge the literal cases of Math-Verify's own tests, from its source distribution on the package index."""
    with tempfile.TemporaryDirectory() as folder:
        command = [
            sys.executable,
            "-m",
            "pip",
            "download",
            "--quiet",
            "--no-deps",
            "--no-build-isolation",
            "--no-binary",
            ":all:",
        ]
        fetched = subprocess.run(
            [*command, "--dest", folder, "math-verify==0.9.0"], capture_output=True, text=True, check=False
        )
        archives = list(Path(folder).glob("*.tar.gz"))
        if not archives:
            print(
                f"Math-Verify's own tests: skipped, they can't be fetched: {fetched.stderr.strip().splitlines()[-1:]}"
            )
            return
        with tarfile.open(archives[0]) as archive:
            archive.extractall(folder, filter="data")
        cases = [case for path in sorted(Path(folder).glob("*/tests/test_*.py")) for case in literal_cases(path)]
    agreed, others = 0, []
    for gold, said, expected in cases:
        verdict = answer(said, gold, lenient=True)  # type: ignore[operator]
        if (verdict.score == 1) == expected:
            agreed += 1
        else:
            others.append((expected, gold, said, verdict.reason))
    print(f"\nMath-Verify's own tests: {agreed} of {len(cases)} literal cases agree; the others:")
    for expected, gold, said, reason in others:
        print(f"  {'equal' if expected else 'different'} to them: {said!r:.70} for {gold!r:.50}; here: {reason:.60}")


def literal_cases(path: Path) -> Iterator[Pair]:
    """Yield (gold, prediction, expected) of the parametrised tests whose rows are literals."""
    for function in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        for decorator in getattr(function, "decorator_list", []):
            if not (
                isinstance(decorator, ast.Call) and len(decorator.args) == 2 and isinstance(decorator.args[1], ast.List)
            ):
                continue
            try:
                names = ast.literal_eval(decorator.args[0])
                rows = [ast.literal_eval(row) for row in decorator.args[1].elts]
            except ValueError:
                continue
            names = [name.strip() for name in names.split(",")] if isinstance(names, str) else names
            for values in rows:
                case = dict(zip(names, values, strict=False))
                if "gold" in case and "pred" in case:
                    yield case["gold"], case["pred"], bool(case.get("expected", case.get("result", 1)))


if __name__ == "__main__":
    main()
