"""Countdown and the game of 24: `puzzle.arithmetic`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from fractions import Fraction
from math import isfinite
from typing import Literal

from assay import Verdict, verifier
from assay.errors import shorten
from assay.extract import check
from assay.extract import extract as find
from assay_puzzle.sums import Illegal, Number, read

__all__ = ["arithmetic", "judge_sum"]

#: Where the expression stands, unless the reward says otherwise.
WHERE = "tag:answer|boxed|last_line"

_FIELDS = ["correct", "partial", "illegal", "wrong_numbers"]


@verifier(boolean=True, bounded=True, fields=_FIELDS)
def arithmetic(
    completion: str,
    *,
    target: int | float = 24,
    numbers: list[int | float],
    use: Literal["all", "some"] = "all",
    extract: str = WHERE,
) -> Verdict:
    """The expression comes to the target, with each of the given numbers used as given.

    Computed in exact fractions by a parser of its own: + - * / and brackets (their LaTeX too), nothing else. No number
    may be joined to another, repeated, or used as a power. `= 24` may follow; what it claims must be true.

    Options:
        target: the value to reach.
        numbers: the numbers to use, each as often as it is listed.
        use: whether `all` must be used or `some` may be left.
        extract: where the expression stands, in the forms of `assay.extract`.

    Fields, each 0 or 1: `correct`; `illegal`, no expression at all, or one that divides by zero; `wrong_numbers`, one
    that isn't given or too often; `partial`, a legal expression that leaves numbers unused where all must be.
    An expression with the right numbers and another value has none of them.
    """
    check(extract)
    if not numbers or not all(isfinite(number) for number in (*numbers, target)):
        return Verdict.bad_reference(f"there is nothing to solve: {target} from {numbers}")
    found = find(completion, extract)
    if found.text is None:
        return _verdict("illegal", f"no expression: {found.reason}")
    return judge_sum(found.text, target, numbers, use == "all")


def judge_sum(text: str, target: float, numbers: Sequence[float], whole: bool) -> Verdict:
    """Judge an expression.

    Args:
        text: the expression alone.
        target: the value to reach.
        numbers: the numbers to use.
        whole: whether all must be used.
    """
    try:
        given = read(text)
    except Illegal as problem:
        return _verdict("illegal", f"no expression: {problem}")
    left = Counter(map(_exact, numbers))
    left.subtract(given.numbers)
    if strange := [number for number, count in left.items() if count < 0]:
        return _verdict("wrong_numbers", f"{_shown(strange[0])} is not among the numbers, or not so often")
    if given.value is None:
        return _verdict("illegal", "it divides by zero")
    if given.claimed is not None and given.claimed != given.value:
        return _verdict("", f"it comes to {_shown(given.value)}, and claims {_shown(given.claimed)}")
    if whole and (unused := [number for number, count in left.items() if count > 0]):
        return _verdict("partial", f"{_shown(unused[0])} is not used")
    if given.value != _exact(target):
        return _verdict("", f"it comes to {_shown(given.value)}, not {target}")
    return _verdict("correct", f"it comes to {target}")


def _exact(number: float) -> Number:
    """Return a number as it is written: 0.1 is a tenth, and not the double next to it."""
    return number if isinstance(number, int) else Fraction(repr(float(number)))


def _verdict(what: str, reason: str) -> Verdict:
    return Verdict(float(what == "correct"), reason, {name: float(name == what) for name in _FIELDS})


def _shown(number: Number) -> str:
    return shorten(str(number), 40)
