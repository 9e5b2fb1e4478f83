"""`grounding.count`: the answer counts as many as there are."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal

from assay import Verdict, verifier
from assay.extract import wrap
from assay_grounding.reading import WHERE, Where, read_reference, read_text, says_none

__all__ = ["count"]

#: More than this is counted by nobody.
MAX_COUNT = 10**9
_WHOLE = re.compile(r"(?<![\w.,\-\u2212])\d{1,3}(?:,\d{3})+(?![\w]|[.,]\d)|(?<![\w.,])[-\u2212]?\d+(?![\w]|[.,]\d)")
_WORDS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]


def _exemplar(reference: Any, options: Mapping[str, Any]) -> str:
    return wrap(str(_wanted(reference)), options["extract"])


@verifier(scope="batch", bounded=True, exemplar=_exemplar)
def count(
    completion: list[str],
    reference: list[Any],
    *,
    credit: Literal["exact", "relative"] = "exact",
    where: Where = Where("boxed|" + WHERE),
) -> list[Verdict]:
    """The answer counts as many as there are: it states one number, or lists that many boxes or points.

    Options:
        credit: `exact` 1 for the right number; `relative` 1 - |answer - reference| / max(reference, 1), at least 0.
        lenient: let the last of several numbers win.

    The reference is a number, or the list of what is to be counted.
    """
    return [_judge(text, wanted, credit, where) for text, wanted in zip(completion, reference, strict=True)]


def _judge(completion: str, reference: Any, credit: str, where: Where) -> Verdict:
    wanted = _wanted(reference)
    if isinstance(wanted, str):
        return Verdict.bad_reference(f"the reference can't be used: {wanted}")
    found = where.find(completion)
    if found.text is None:
        return Verdict(0.0, f"no answer: {found.reason}")
    given = _given(found.text, where.lenient)
    if isinstance(given, str):
        return Verdict(0.0, given)
    reason = f"{given:,} for {wanted:,}"
    if credit == "exact":
        return Verdict(float(given == wanted), reason)
    return Verdict(max(0.0, 1 - abs(given - wanted) / max(wanted, 1)), reason)


def _wanted(reference: Any) -> int | str:
    """Return the number that is right, or a text that says why there is none."""
    if isinstance(reference, bool) or reference is None:
        return f"it is {reference}"
    if hasattr(reference, "item") and getattr(reference, "ndim", 1) == 0:
        reference = reference.item()
    if isinstance(reference, (int, float)):
        return int(reference) if 0 <= reference <= MAX_COUNT and reference == int(reference) else f"it is {reference}"
    if isinstance(reference, str):
        given = _given(reference, lenient=False)
        return given if isinstance(given, str) or given >= 0 else f"it is {given}"
    if isinstance(reference, (list, tuple)) and not any(isinstance(one, (int, float)) for one in reference):
        return len(reference)
    shapes = read_reference(reference, "box")
    return len(shapes) if shapes.values or shapes.none else shapes.problem


def _given(text: str, lenient: bool) -> int | str:
    """Return the number that a text states, or a text that says why there is none."""
    plain = text.strip(" .\n").casefold()
    if plain in _WORDS:
        return _WORDS.index(plain)
    if says_none(plain):
        return 0
    if (listed := _listed(text)) is not None:
        return listed
    numbers = [one.replace(",", "").replace("\u2212", "-") for one in _WHOLE.findall(text)]
    distinct = list(dict.fromkeys(numbers))
    if not distinct:
        return "the answer states no number"
    if len(distinct) > 1 and not lenient:
        return f"there are {len(distinct)} different numbers in the answer"
    return int(numbers[-1]) if len(numbers[-1]) <= 10 else f"the answer is {numbers[-1][:20]}"


def _listed(text: str) -> int | None:
    """Return how many boxes or points a text lists, `None` where it lists none; two bare numbers are no point."""
    if len(text) > 2_000_000 or not any(bracket in text for bracket in "[({<"):
        return None
    boxes = read_text(text, "box")
    if boxes.values:
        return len(boxes)
    points = read_text(text, "point")
    return len(points) if len(points) > 1 or (points.values and ("{" in text or "<" in text)) else None
