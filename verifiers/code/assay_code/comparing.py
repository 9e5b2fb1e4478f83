"""Compares what a program printed with what it had to print."""

from __future__ import annotations

import math
from itertools import zip_longest

from assay_code.outcome import shown

__all__ = ["COMPARISONS", "differs"]

#: Ways to compare.
COMPARISONS = ("exact", "tokens", "float")


def differs(printed: str, expected: str, compare: str, tolerance: float) -> str | None:
    """Return how two outputs differ, as the end of a sentence; `None` if they don't.

    Args:
        printed: by the program.
        expected: of it.
        compare: `exact`: line by line, blanks at the ends of lines and blank lines at the end apart; `tokens`: word by
            word; `float`: word by word, numbers up to the tolerance.
        tolerance: absolute, or relative to the expected number; the larger counts.
    """
    if compare == "exact":
        ours, theirs = _lines(printed), _lines(expected)
        what = "line"
    else:
        ours, theirs = printed.split(), expected.split()
        what = "word"
    for number, (one, other) in enumerate(zip_longest(ours, theirs), 1):
        if one == other or (
            compare == "float" and one is not None and other is not None and _near(one, other, tolerance)
        ):
            continue
        if one is None:
            return f"expected {shown(other)} as {what} {number}, got nothing more"
        if other is None:
            return f"expected nothing after {what} {number - 1}, got {shown(one)}"
        return f"expected {shown(other)} as {what} {number}, got {shown(one)}"
    return None


def _lines(text: str) -> list[str]:
    lines = [line.rstrip() for line in text.split("\n")]
    while lines and not lines[-1]:
        lines.pop()
    return lines


def _near(one: str, other: str, tolerance: float) -> bool:
    try:
        ours, theirs = float(one), float(other)
    except ValueError:
        return False
    if "_" in one or not math.isfinite(ours) or not math.isfinite(theirs):
        return False
    return abs(ours - theirs) <= tolerance * max(1.0, abs(theirs))
