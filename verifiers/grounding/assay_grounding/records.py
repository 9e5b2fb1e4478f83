"""Reads shapes out of plain data: what JSON, a data set's cell or an array holds."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from assay_grounding.shapes import MAX_SHAPES, Kind, Shapes
from assay_grounding.times import seconds, spans_in

__all__ = ["collect"]

#: Deeper nesting than this is not looked into.
MAX_DEPTH = 8

_BOX = ("bbox_2d", "bbox", "box", "box_2d", "bounding_box", "boxes", "bboxes", "bounding_boxes", "position")
_MASK = ("segmentation", "mask", "rle", "masks")
_POLYGON = ("polygon", "polygons", "segmentation", "poly", "rotated_box", "rbox", "points", *_BOX)
_KEYS: Mapping[Kind, tuple[str, ...]] = {
    "box": _BOX,
    "point": ("point_2d", "point", "points", "coordinate", "coordinates", "click"),
    "polygon": _POLYGON,
    "mask": (*_MASK, *_POLYGON),
    "span": ("span", "spans", "segment", "segments", "interval", "window", "windows", "time", "times", "timestamps"),
}
_LABEL = ("label", "class", "category", "name", "category_name")
_CONFIDENCE = ("confidence", "score", "conf")
_IMAGE = ("image", "image_index", "image_id", "img")
_SAID = {*_LABEL, *_CONFIDENCE, *_IMAGE, "labels", "scores", "confidences", "id", "description"}


def collect(value: Any, kind: Kind, found: Shapes) -> None:
    """Add every shape of a kind that plain data holds, in order; stops after `MAX_SHAPES`."""
    if kind == "box" and type(value) is list and _records(value, found):
        return
    _walk(value, kind, found, 0, {})


def _records(value: list[Any], found: Shapes) -> bool:
    """Read the commonest form at the speed of list comprehensions: a list of records with a `bbox_2d` or `bbox`."""
    first = value[0] if value else None
    if type(first) is not dict or len(value) > MAX_SHAPES:
        return False
    key = next((key for key in ("bbox_2d", "bbox", "box") if key in first), None)
    try:
        boxes = [record[key] for record in value]
        if {(type(box), len(box)) for box in boxes} != {(list, 4)} or not {type(v) for box in boxes for v in box} <= {
            int,
            float,
        }:
            return False
        said = {name for record in value for name in record} - {key}
        if not said <= {"label", "confidence", "score"} or {"confidence", "score"} <= said:
            return False
        labels = [record.get("label") for record in value]
        if not {type(label) for label in labels} <= {str, type(None)}:
            return False
        score = "score" if "score" in said else "confidence"
        confidences = [_confidence(record.get(score)) for record in value] if score in said else [None] * len(value)
    except (KeyError, TypeError, AttributeError):
        return False
    found.values += boxes
    found.labels += labels
    found.confidences += confidences
    found.images += [None] * len(boxes)
    return True


def _walk(value: Any, kind: Kind, found: Shapes, depth: int, said: Mapping[str, Any]) -> None:
    if depth > MAX_DEPTH or len(found) > MAX_SHAPES:
        return
    if isinstance(value, Mapping):
        _mapping(value, kind, found, depth, said)
    elif isinstance(value, str):
        if kind == "span":
            for span in spans_in(value):
                found.add(span, **said)
    elif isinstance(value, Sequence) or hasattr(value, "tolist"):
        items = value if isinstance(value, Sequence) else value.tolist()
        if not isinstance(items, Sequence):
            return
        leaf = _leaf(items, kind)
        if leaf is not None:
            found.add(leaf, **said)
        elif not _numbers(items):
            for item in items:
                _walk(item, kind, found, depth + 1, said)


def _mapping(value: Mapping[str, Any], kind: Kind, found: Shapes, depth: int, outer: Mapping[str, Any]) -> None:
    value = _lowered(value)
    said = dict(outer) | _said(value)
    if kind == "mask" and "counts" in value and "size" in value:
        found.add(value, **said)
        return
    for names, wanted in ((("x1", "y1", "x2", "y2"), ("box", "polygon", "mask")), (("x", "y"), ("point",)),
                          (("start", "end"), ("span",))):  # fmt: skip
        if kind in wanted and all(name in value for name in names):
            leaf = _leaf([value[name] for name in names], kind)
            if leaf is not None:
                found.add(leaf, **said)
                return
    for key in _KEYS[kind]:
        if value.get(key) is not None:
            _column(value, value[key], kind, found, depth, said)
            return
    for key, inner in value.items():
        if key not in _SAID and not isinstance(inner, (int, float)):
            _walk(inner, kind, found, depth + 1, said)


def _lowered(value: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a record with its names in lower case; Visual-RFT's models write `Position` and `Confidence`."""
    if all(isinstance(name, str) and name.islower() for name in value):
        return value
    lowered = {str(name).lower(): held for name, held in value.items()}
    return lowered | {name: held for name, held in value.items() if name in lowered}


def _column(
    value: Mapping[str, Any], held: Any, kind: Kind, found: Shapes, depth: int, said: Mapping[str, Any]
) -> None:
    """Read what stands under a geometry's key; `labels` and `scores` beside it may name each of several."""
    before = len(found)
    _walk(held, kind, found, depth + 1, said)
    count = len(found) - before
    labels, scores = value.get("labels"), value.get("scores", value.get("confidences"))
    if isinstance(labels, Sequence) and not isinstance(labels, str) and len(labels) == count:
        found.labels[before:] = [_label(one) for one in labels]
    if isinstance(scores, Sequence) and not isinstance(scores, str) and len(scores) == count:
        found.confidences[before:] = [_confidence(one) for one in scores]


def _said(value: Mapping[str, Any]) -> dict[str, Any]:
    said: dict[str, Any] = {}
    for name, keys, read in (
        ("label", _LABEL, _label), ("confidence", _CONFIDENCE, _confidence), ("image", _IMAGE, _image),
    ):  # fmt: skip
        for key in keys:
            if key in value and (one := read(value[key])) is not None:
                said[name] = one
                break
    return said


def _label(value: Any) -> str | None:
    return str(value) if isinstance(value, (str, int)) and not isinstance(value, bool) else None


def _confidence(value: Any) -> float | None:
    """A confidence in 0..1; what is none, NaN say, is no confidence at all."""
    if type(value) is float and 0.0 <= value <= 1.0:
        return value
    number = _number(value)
    return None if number is None or math.isnan(number) else min(max(number, 0.0), 1.0)


def _image(value: Any) -> int | None:
    number = _number(value)
    if number is None and isinstance(value, str):
        digits = value.strip().lower().removeprefix("image").strip(" -_#")
        number = float(digits) if digits.isdecimal() and len(digits) < 10 else None
    return int(number) if number is not None and math.isfinite(number) and number == int(number) else None


def _number(value: Any) -> float | None:
    """A number as a float; one that no float can hold is infinite."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def _numbers(items: Sequence[Any]) -> list[float] | None:
    numbers = [_number(item.item() if hasattr(item, "item") else item) for item in items]
    return None if not numbers or any(one is None for one in numbers) else numbers  # type: ignore[return-value]


def _leaf(items: Sequence[Any], kind: Kind) -> Any:
    """Return the one shape that a list is, `None` if it is none."""
    if kind == "span":
        if len(items) != 2 or any(isinstance(one, (list, tuple, Mapping)) for one in items):
            return None
        times = [seconds(one) if isinstance(one, str) else _number(one) for one in items]
        return None if None in times else times
    numbers = _numbers(items)
    if numbers is not None:
        if kind == "box":
            return numbers if len(numbers) == 4 else None
        if kind == "point":
            return numbers if len(numbers) == 2 else None
        if len(numbers) in (4, 5):
            return numbers
        return [numbers] if len(numbers) >= 6 and len(numbers) % 2 == 0 else None
    pairs = [_numbers(one) if isinstance(one, (list, tuple)) and len(one) == 2 else None for one in items]
    if not pairs or any(one is None for one in pairs):
        return None
    if kind == "box" and len(pairs) == 2:
        return [v for pair in pairs for v in pair or ()]
    if kind in ("polygon", "mask") and len(pairs) >= 3:
        return [[v for pair in pairs for v in pair or ()]]
    return None
