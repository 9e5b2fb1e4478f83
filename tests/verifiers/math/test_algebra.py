"""References of data sets rewritten by SymPy: what it writes otherwise is equal, and what it changes is different.

SymPy reads our tree, changes it, and writes LaTeX by its own printer; neither side's text is the other's.
"""

from __future__ import annotations

import json
import os

import pytest

from assay.extract import extract
from assay_math import answer, symbolic
from assay_math.errors import Unreadable
from assay_math.grammar import read
from assay_math.kinds import Kind, classify

sympy = pytest.importorskip("sympy", reason="rewriting takes SymPy: pip install 'assay-math[sympy]'")

#: References that are rewritten; 2,000 take three minutes.
REFERENCES = int(os.environ.get("REFERENCES", "250"))


def rewritten(value):
    """Yield a value in other forms, none of which SymPy evaluates."""
    off = {"evaluate": False}
    seven, three = sympy.Integer(7), sympy.Integer(3)
    yield sympy.Add(sympy.Add(value, seven, **off), -seven, **off)
    yield sympy.Mul(sympy.Mul(three, value, **off), sympy.Rational(1, 3), **off)
    yield sympy.Add(sympy.Mul(three, value, **off), sympy.Mul(-2, value, **off), **off)
    if value.is_positive:
        yield sympy.Pow(sympy.Pow(value, 2, **off), sympy.Rational(1, 2), **off)
        yield sympy.exp(sympy.log(value, **off), **off)
    yield sympy.Add(value, sympy.sin(three, **off) ** 2, sympy.cos(three, **off) ** 2, -1, **off)
    if value.free_symbols:
        yield sympy.expand(value)
        yield sympy.factor(value)
        yield sympy.together(value)


def changed(value):
    """Yield other values near it."""
    tenth, near = sympy.Rational(11, 10), sympy.Rational(1, 1000)
    for other in (value + 1, value - near, value + 12, 2 * value, -value, value * tenth, (value + 1) ** 2):
        apart = sympy.simplify(other - value)
        if apart != 0 and apart.is_finite is not False:
            yield other


@pytest.fixture(scope="module")
def values(shared):
    """Distinct references that are single values, of MATH and GSM8K in turn, with their value by SymPy."""
    from assay_math import algebra

    def texts():
        for line in (shared / "data" / "math" / "test.jsonl").read_text(encoding="utf-8").splitlines():
            yield extract(json.loads(line)["solution"], "boxed", lenient=True).text

    found = {}
    for text in texts():
        try:
            tree = read(text)
            if text not in found and "." not in text and classify(tree) is Kind.VALUE:
                value = algebra._built(symbolic.told(tree), {})
                small = all(max(abs(one.p), one.q).bit_length() < 200 for one in value.atoms(sympy.Rational))
                if small and (value.is_number is False or value.is_finite):
                    found[text] = value
        except (Unreadable, symbolic.Untold):
            continue
    step = max(1, len(found) // REFERENCES)
    return list(found.items())[::step][:REFERENCES]


def test_what_sympy_writes_otherwise_is_equal(values):
    assert len(values) >= min(REFERENCES, 250)
    refused = []
    for text, value in values:
        forms = list(dict.fromkeys(sympy.latex(form) for form in rewritten(value)))
        assert len(forms) >= 4
        for form in forms:
            verdict = answer(f"\\boxed{{{form}}}", text)
            if verdict.score != 1:
                refused.append((form, text, verdict.reason))
    assert refused == []


def test_what_sympy_changes_is_different(values):
    paid = []
    for text, value in values:
        others = list(dict.fromkeys(sympy.latex(other) for other in changed(value)))
        assert len(others) >= 3
        for other in others:
            verdict = answer(f"\\boxed{{{other}}}", text)
            if verdict.score != 0:
                paid.append((other, text, verdict.reason))
    assert paid == []
