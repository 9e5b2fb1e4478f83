"""`grounding.iou`: the answer's box overlaps the reference's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any

import numpy as np
import numpy.typing as npt

from assay import Verdict, verifier
from assay.extract import wrap
from assay_grounding.boxes import Metric, aligned, pairwise, usable
from assay_grounding.convention import SIZES_MISSING, Convention, Own, Scale, Sizes, as_sizes, implausible
from assay_grounding.credit import Credit
from assay_grounding.quick import one_box
from assay_grounding.reading import WHERE, Where, read_answer, read_reference
from assay_grounding.shapes import Shapes

__all__ = ["box_exemplar", "floats", "iou", "problems_of", "reference_boxes"]

Floats = npt.NDArray[np.float64]

_SAID = [f"{k / 100:.2f}" for k in range(101)]


def box_exemplar(reference: Any, options: Mapping[str, Any]) -> str:
    """The reference's own boxes, in the convention that the reward asks of an answer."""
    shapes = read_reference(reference, "box")
    sizes = as_sizes(1, *([options.get(name)] for name in ("width", "height", "resized_width", "resized_height")))
    stated = Convention.of(options)
    boxes = stated.references(floats(shapes.values), shapes.own)
    by = stated.factors("", shapes.own, sizes)
    boxes = boxes / np.tile(np.where(np.isnan(by), 1.0, by), 2)
    if options["format"] != "xyxy":
        size = boxes[:, 2:] - boxes[:, :2]
        first = boxes[:, :2] + (size / 2 if options["format"] == "cxcywh" else 0)
        boxes = np.concatenate([first, size], axis=1)
    import json

    image = options.get("image")
    records = []
    for box, label in zip(boxes.tolist(), shapes.labels, strict=True):
        record: dict[str, Any] = {"bbox_2d": box}
        if label is not None:
            record["label"] = label
        if image is not None:
            record["image"] = image
        records.append(record)
    return wrap(json.dumps(records), options["extract"])


@verifier(scope="batch", bounded=True, exemplar=box_exemplar)
def iou(
    completion: list[str],
    reference: list[Any],
    width: Any = None,
    height: Any = None,
    resized_width: Any = None,
    resized_height: Any = None,
    *,
    metric: Metric = "iou",
    credit: Credit = Credit(),
    convention: Convention = Convention(),
    image: int | None = None,
    where: Where = Where(),
) -> list[Verdict]:
    """The answer's box overlaps the reference's.

    One box is asked for where the reference is one: several different ones score 0. Where the reference has several,
    answers and references are matched one to one, and what is too many or missing counts as 0.

    Options:
        metric: `iou`, or `giou`, `diou`, `ciou`, mapped from -1..1 to 0..1.
        image: the number of the image that the box must be said to lie in, among several.

    Where scales differ the columns `width` and `height` (of the image, in pixels), and for `resized` the columns
    `resized_width` and `resized_height` (of the image that the model saw), are needed.
    """
    size = len(completion)
    sizes = as_sizes(len(completion), width, height, resized_width, resized_height)
    said: list[Verdict | None] = [None] * size
    wanted = np.full((size, 4), np.nan)
    given = np.full((size, 4), np.nan)
    several: dict[int, Floats] = {}
    targets: dict[int, Own] = {}

    single, known = _plain(reference)
    wanted[single] = convention.references(known, "")
    for i in sorted(set(range(size)).difference(single)):
        shapes = read_reference(reference[i], "box")
        boxes = reference_boxes(shapes, convention)
        targets[i] = shapes.own
        if isinstance(boxes, Verdict):
            said[i] = boxes
        elif len(boxes) == 1:
            wanted[i] = boxes[0]
        elif problem := next(filter(None, problems_of(boxes, convention.stated, sizes[[i] * len(boxes)])), ""):
            said[i] = Verdict.bad_reference(problem)
        else:
            several[i] = boxes
    for i in np.flatnonzero(np.isnan(convention.factors("", "", sizes)).any(axis=1)).tolist():
        said[i] = said[i] or Verdict.bad_reference(SIZES_MISSING)
    alone = [i for i in range(size) if said[i] is None and i not in several]
    for i, problem in zip(alone, problems_of(wanted[alone], convention.stated, sizes[alone]), strict=True):
        if problem:
            said[i] = Verdict.bad_reference(problem)

    quick, found = one_box(completion) if where.extract == WHERE and image is None else ([], given[:0])
    given[quick] = convention.answers(found, "", "", sizes[quick])
    for i in sorted(set(range(size)).difference(quick) | several.keys() | {i for i, own in targets.items() if own}):
        if said[i] is not None:
            continue
        answer = _answer(completion[i], where, image, several=i in several)
        if isinstance(answer, Verdict):
            said[i] = answer
            continue
        boxes = convention.answers(floats(answer.values), answer.own, targets.get(i, ""), sizes[i : i + 1])
        if i in several:
            said[i] = _matched(boxes, several[i], metric, credit.worth)
        else:
            given[i] = boxes[-1]

    todo = [i for i in range(size) if said[i] is None]
    overlap = aligned(given[todo], wanted[todo], metric)
    fine = usable(given[todo])
    scores = np.where(fine, credit.worth(overlap), 0.0).tolist()
    for i, score, value, ok in zip(todo, scores, overlap.tolist(), fine.tolist(), strict=True):
        plain = ok and value > 0.01
        said[i] = Verdict(
            score, f"{metric} {_SAID[int(value * 100)]}" if plain else _why(given[i], wanted[i], metric, value, ok)
        )
    return [one for one in said if one is not None]


def _plain(references: Sequence[Any]) -> tuple[list[int], Floats]:
    """Return the places of the references that are plainly a list of four numbers, and these (n, 4)."""
    places = [place for place, one in enumerate(references) if type(one) is list and len(one) == 4]
    if not set(map(type, chain.from_iterable([references[place] for place in places]))) <= {int, float}:
        places = [place for place in places if {type(v) for v in references[place]} <= {int, float}]
    try:
        return places, floats([references[place] for place in places])
    except OverflowError:  # an integer that no float can hold
        return [], floats([])


def reference_boxes(shapes: Shapes, convention: Convention) -> Floats | Verdict:
    """Return a reference's boxes (n, 4) as corners, or the verdict where it has none."""
    if shapes.problem:
        return Verdict.bad_reference(f"the reference can't be read: {shapes.problem}")
    if not shapes.values:
        return Verdict.bad_reference("the reference holds no box")
    return convention.references(floats(shapes.values), shapes.own)


def problems_of(boxes: Floats, scale: Scale | None, sizes: Sizes) -> list[str]:
    """Say of each reference box (n, 4), as corners, why it can't be one; an empty text where it can."""
    doubts = implausible(boxes[:, :2], boxes[:, 2:], scale, sizes)
    for i in np.flatnonzero(~usable(boxes)).tolist():
        doubts[i] = _unusable(boxes[i])
    return doubts


def floats(values: Sequence[Sequence[float]]) -> Floats:
    """Return boxes as an array (n, 4)."""
    return np.array(values, dtype=np.float64).reshape(-1, 4)


def _answer(completion: str, where: Where, image: int | None, *, several: bool) -> Shapes | Verdict:
    """Return an answer's boxes, or the verdict where there is none, or there are too many."""
    shapes = read_answer(completion, where, "box")
    if shapes.problem or not shapes.values:
        return Verdict(0.0, shapes.problem or "the answer says that there is nothing")
    if image is not None:
        if wrong := sorted({str(one) for one in shapes.images if one != image}):
            said = "no image" if wrong == ["None"] else f"image {', '.join(wrong)}"
            return Verdict(0.0, f"the answer names {said}, and the box lies in image {image}")
        shapes = shapes.take(list(range(len(shapes))))
    if not several and not where.lenient and len(distinct := dict.fromkeys(map(tuple, shapes.values))) > 1:
        return Verdict(0.0, f"there are {len(distinct)} different boxes, and one is asked for")
    return shapes


def _matched(given: Floats, wanted: Floats, metric: Metric, worth_of: Any) -> Verdict:
    """Judge several boxes: the mean worth over the pairs of the best matching, and over what stands alone."""
    from scipy.optimize import linear_sum_assignment

    scores = worth_of(pairwise(given, wanted, metric))
    rows, columns = linear_sum_assignment(scores, maximize=True)
    total, size = float(scores[rows, columns].sum()), max(len(given), len(wanted))
    return Verdict(min(total / size, 1.0), f"{len(given)} boxes for {len(wanted)}: a mean of {total / size:.2f}")


def _unusable(box: Floats) -> str:
    shown = ", ".join(f"{v:g}" for v in box.tolist())
    if not np.isfinite(box).all():
        return f"the reference's box is not finite: {shown}"
    if (box[2:] < box[:2]).any():
        return f"the reference's box is inverted: {shown}; if it is x, y, width, height, state format='xywh'"
    return f"the reference's box has no area, or lies outside any image: {shown}"


def _why(given: Floats, wanted: Floats, metric: Metric, value: float, ok: bool) -> str:
    """Say why a box scores nothing, or next to it."""
    shown = ", ".join(f"{v:g}" for v in given.tolist())
    if not ok:
        if not np.isfinite(given).all():
            return f"the answer's box is not finite: {shown}"
        inverted = (given[2:] < given[:2]).any()
        return f"the answer's box is inverted: {shown}" if inverted else f"the answer's box has no area: {shown}"
    hint = ""
    if (given <= 1).all() and (wanted[2:] > 2).any():
        hint = "; it looks like 0..1, and the reference doesn't: state scale and reference_scale"
    elif (wanted <= 1).all() and (given[2:] > 2).any():
        hint = "; the reference looks like 0..1, and it doesn't: state scale and reference_scale"
    return f"{metric} {value:.2f}{hint}"
