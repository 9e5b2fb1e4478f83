"""Pairs that a person judges at a glance, of every kind of answer: `equal.txt` and `different.txt`, one pair a line."""

from __future__ import annotations

from pathlib import Path

import pytest

from assay_math import answer

HERE = Path(__file__).parent

#: Pairs whose second side alone is a decimal, which an exact answer is rounded to.
ROUNDED = {r"\frac{1}{3}", "1/3", r"\pi", r"\sqrt{2}", "e"}


def pairs(name):
    return [tuple(line.split(" ;; ")) for line in (HERE / name).read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize(("given", "reference"), pairs("equal.txt"))
def test_equal(given, reference):
    verdict = answer(f"\\boxed{{{given}}}", reference)
    assert (verdict.score, verdict.status) == (1, "scored"), verdict.reason
    assert verdict.details["stage"]


@pytest.mark.parametrize(("given", "reference"), pairs("different.txt"))
def test_different(given, reference):
    for one, other in ((given, reference), (reference, given)):
        if one in ROUNDED and other.replace(".", "").isdigit():
            continue
        verdict = answer(f"\\boxed{{{one}}}", other)
        assert (verdict.score, verdict.status) == (0, "scored"), verdict.reason
