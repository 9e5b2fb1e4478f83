"""`grounding.select`: the answer picks the right ones among candidates, or says that none is."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np

from assay import Verdict, verifier
from assay.extract import wrap
from assay_grounding.reading import Where, read_text, says_none
from assay_grounding.records import collect
from assay_grounding.shapes import MAX_SHAPES, Shapes

__all__ = ["select"]

_NAME = re.compile(r"(?:[A-Za-z]{1,20}[ _#-])?(?P<letter>[A-Za-z])|[A-Za-z]{0,20}[ _#-]?(?P<number>\d{1,9})")
#: A choice: the corners of a box, or a number or letter.
_Choice = tuple[float, ...] | str


def _exemplar(reference: Any, options: Mapping[str, Any]) -> str:
    choices = [list(one) if isinstance(one, tuple) else one for one in _choices(reference)]
    return wrap(json.dumps(choices), options["extract"])


@verifier(scope="batch", bounded=True, fields=["precision", "recall", "f1"], exemplar=_exemplar)
def select(
    completion: list[str],
    reference: list[Any],
    candidates: Any = None,
    *,
    metric: Literal["f1", "precision", "recall", "exact"] = "f1",
    duplicates: float | None = None,
    tolerance: float = 0.0,
    where: Where = Where(),
) -> list[Verdict]:
    """The answer picks the right ones among candidates; where none is right, it says so.

    Choices are boxes, or numbers or letters that name candidates (`2`, `"B"`, `person 3`). A box counts as the
    candidate that it equals. Where the reference is empty, `[]` or "none" scores 1 and any pick 0.

    Options:
        metric: `f1`, `precision`, `recall`, or `exact`: 1 for all of the right ones and nothing else.
        duplicates: what an answer that picks something twice scores at most; by default each repetition counts as a
            wrong pick.
        tolerance: how far each coordinate of a box may be from its candidate's.

    The column `candidates`, the boxes that may be picked from, lets a reference of boxes be picked by number, from 1
    on, and one of numbers by box.
    """
    columns = candidates if isinstance(candidates, list) else [None] * len(completion)
    return [
        _judge(text, wanted, among, metric, duplicates, tolerance, where)
        for text, wanted, among in zip(completion, reference, columns, strict=True)
    ]


def _judge(
    completion: str,
    reference: Any,
    candidates: Any,
    metric: str,
    duplicates: float | None,
    tolerance: float,
    where: Where,
) -> Verdict:
    try:
        among = None if candidates is None else [one for one in _choices(candidates) if isinstance(one, tuple)]
        wanted = [_settle(one, among) for one in _choices(reference)]
    except ValueError as problem:
        return Verdict.bad_reference(f"the reference can't be used: {problem}")
    if len(set(wanted)) < len(wanted):
        return Verdict.bad_reference("the reference names a candidate twice")
    if among and (strange := [one for one in wanted if isinstance(one, tuple) and one not in among]):
        return Verdict.bad_reference(f"the reference is none of the candidates: {strange[0]}")
    found = where.find(completion)
    if found.text is None:
        return _verdict(0, 0, len(wanted), metric, f"no answer: {found.reason}")
    try:
        given = _said(found.text)
    except ValueError as problem:
        return _verdict(0, 0, len(wanted), metric, str(problem))
    if not given and not wanted:
        fields = dict.fromkeys(("precision", "recall", "f1"), 1.0)
        return Verdict(1.0, "rightly none", fields=fields)
    picked = [_nearest(_settle(one, among), among or wanted, tolerance) for one in given]
    distinct = set(picked)
    right = len(distinct.intersection(wanted))
    reason = f"{right} of {len(wanted)} picked, by {len(given)} picks"
    verdict = _verdict(right, len(picked), len(wanted), metric, reason)
    if duplicates is not None and len(distinct) < len(picked) and (verdict.score or 0.0) > duplicates:
        return Verdict(duplicates, f"{reason}, one of them twice", fields=verdict.fields)
    return verdict


def _verdict(right: int, given: int, wanted: int, metric: str, reason: str) -> Verdict:
    precision = right / given if given else 0.0
    recall = right / wanted if wanted else 0.0
    fields = {"precision": precision, "recall": recall, "f1": 2 * right / (given + wanted) if right else 0.0}
    score = float(0 < right == given == wanted) if metric == "exact" else fields[metric]
    return Verdict(score, reason, fields=fields)


def _choices(value: Any) -> list[_Choice]:
    """Return what a reference or a list of candidates names.

    Raises:
        ValueError: something in it is neither a box nor a name.
    """
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, str):
        return _said(value)
    if isinstance(value, bool) or value is None:
        raise ValueError(f"it is {value}")
    if isinstance(value, (int, float)):
        return [_name(value)]
    shapes = Shapes()
    collect(value, "box", shapes)
    if shapes.values:
        boxes = [tuple(map(float, box)) for box in shapes.values]
        if not np.isfinite(boxes).all():
            raise ValueError("a box is not finite")
        return list(boxes)
    if not isinstance(value, Sequence):
        raise ValueError(f"it is a {type(value).__name__}")
    return [_name(one) for one in value]


def _name(value: Any) -> _Choice:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise ValueError(f"{value!r:.60} is neither a box nor a candidate's name")
    if isinstance(value, float):
        if not value.is_integer():
            raise ValueError(f"{value} is no candidate's name")
        value = int(value)
    match = _NAME.fullmatch(str(value).strip(" .()[]'\""))
    text = (match["letter"] or match["number"]) if match else " ".join(str(value).split())
    return str(int(text)) if text.isdecimal() and len(text) < 10 else text.casefold()


def _said(text: str) -> list[_Choice]:
    """Return what an answer picks.

    Raises:
        ValueError: nothing that can be read.
    """
    if len(text) > 1_000_000:
        raise ValueError(f"the answer has {len(text):,} characters")
    if says_none(text):
        return []
    shapes = read_text(text, "box")
    if shapes.none:
        return []
    if shapes.values:
        if len(shapes) > MAX_SHAPES:
            raise ValueError(f"the answer picks more than {MAX_SHAPES:,}")
        return [tuple(map(float, box)) for box in shapes.values]
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = [one for one in re.split(r"\s*+(?:[,;\n]|\band\b)\s*+", text.strip(" .[]()")) if one]
    names = value if isinstance(value, list) else [value]
    if len(names) > MAX_SHAPES:
        raise ValueError(f"the answer picks more than {MAX_SHAPES:,}")
    return [_name(one) for one in names]


def _settle(choice: _Choice, among: list[Any] | None) -> _Choice:
    """Return the box that a number names, where there are candidates; anything else as it is."""
    if among and isinstance(choice, str) and choice.isdecimal() and 1 <= int(choice) <= len(among):
        found: _Choice = among[int(choice) - 1]
        return found
    return choice


def _nearest(choice: _Choice, among: Sequence[_Choice], tolerance: float) -> _Choice:
    """Return the candidate that a box equals, give or take the tolerance; the box itself where there is none."""
    if not isinstance(choice, tuple) or choice in among:
        return choice
    boxes = [one for one in among if isinstance(one, tuple)]
    if tolerance <= 0 or not boxes or not np.isfinite(choice).all():
        return choice
    apart = np.abs(np.array(boxes) - np.array(choice)).max(axis=1)
    return boxes[int(apart.argmin())] if apart.min() <= tolerance else choice
