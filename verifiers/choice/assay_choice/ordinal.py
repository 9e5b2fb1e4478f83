"""`choice.ordinal`: a mark on a scale."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from assay import Verdict, verifier
from assay.extract import check, wrap
from assay.extract import extract as find
from assay.normalize import normalize, unwrap
from assay_choice.label import WHERE

__all__ = ["ordinal"]


def _exemplar(reference: Any, options: Mapping[str, Any]) -> str:
    return wrap(str(reference), options["extract"])


@verifier(bounded=True, exemplar=_exemplar)
def ordinal(
    completion: str,
    reference: Any,
    *,
    lo: int,
    hi: int,
    exact: float = 1.0,
    same_sign: float = 0.5,
    extract: str = WHERE,
) -> Verdict:
    """The answer is a whole number on a scale: full credit for the reference, part of it for its sign.

    Think-RM (arXiv:2505.16265) marks a pair of answers from -3 to 3 so. 0 has no sign.

    Options:
        lo: the scale's lower end.
        hi: its upper end; an answer beyond either is none.
        exact: the score of the reference itself.
        same_sign: the score of another number of its sign.
        extract: where the answer stands, in the forms of `assay.extract`.
    """
    check(extract)
    if lo >= hi:
        raise ValueError(f"a scale from {lo} to {hi} has no marks")
    target = _whole(reference)
    if target is None or not lo <= target <= hi:
        return Verdict.bad_reference(f"the reference {str(reference)[:40]!r} is not a whole number from {lo} to {hi}")
    found = find(completion, extract)
    if found.text is None:
        return Verdict(0.0, f"no answer: {found.reason}")
    mark = _whole(found.text)
    if mark is None or not lo <= mark <= hi:
        return Verdict(0.0, f"{found.text[:40]!r} is not a whole number from {lo} to {hi}")
    if mark == target:
        return Verdict(exact, f"{mark}")
    agree = mark * target > 0
    return Verdict(same_sign if agree else 0.0, f"{mark} for {target}: {'the same sign' if agree else 'another sign'}")


def _whole(value: Any) -> int | None:
    """Return a whole number, `None` if the value is none. Digits alone: no `1e3`, no `2.0`, no words."""
    if isinstance(value, bool) or value is None:
        return None
    text = (
        normalize(unwrap(value)) if isinstance(value, str) else f"{value:g}" if isinstance(value, float) else str(value)
    )
    digits = text.lstrip("+-")
    if not (digits.isascii() and digits.isdigit()) or len(digits) > 9 or len(text) - len(digits) > 1:
        return None
    return int(text)
