"""`grounding.detection`: the answer's boxes are the reference's, each once."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import chain
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from assay import Verdict, verifier
from assay_grounding.boxes import pairwise, usable
from assay_grounding.convention import SIZES_MISSING, Convention, as_sizes
from assay_grounding.iou import box_exemplar, problems_of
from assay_grounding.matching import assign, matched_prefixes
from assay_grounding.reading import Where, read_answer, read_reference
from assay_grounding.shapes import Shapes

__all__ = ["detection"]

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

#: Pairs of boxes whose overlaps are computed at once: as many as fit into a core's cache.
CHUNK = 1 << 15


@verifier(
    scope="batch",
    bounded=True,
    fields=["precision", "recall", "f1", "ap", "iou", "confidence"],
    exemplar=box_exemplar,
)
def detection(
    completion: list[str],
    reference: list[Any],
    width: Any = None,
    height: Any = None,
    resized_width: Any = None,
    resized_height: Any = None,
    *,
    iou: float = 0.5,
    metric: Literal["f1", "precision", "recall", "ap", "iou"] = "f1",
    by_class: bool = True,
    convention: Convention = Convention(),
    where: Where = Where(),
) -> list[Verdict]:
    """The answer's boxes are the reference's, each once and by its class.

    Boxes are matched one to one: as many pairs as possible, and among these the greatest overlap. What is not matched
    (a duplicate, a guess, a box that isn't one) counts against precision. Where the reference is empty, an answer that
    says so (`[]`, "none") scores 1.

    Options:
        iou: the overlap that a match needs.
        metric: which of the fields is the score.
        by_class: whether labels must agree, case apart, where the reference has labels.

    Fields: `precision`, `recall`, `f1`; `ap`, the area under the precision-recall curve over the answer's own
    confidences, of all classes together; `iou`, the mean overlap of the answer's boxes, 0 for those that match
    nothing; `confidence`, the mean of c over those that match and 1 - c over those that don't, 0 where none is
    stated. The last two are Visual-RFT's (Liu et al. 2025, eqs. 3 to 5).
    """
    sizes = as_sizes(len(completion), width, height, resized_width, resized_height)
    missing = set(np.flatnonzero(np.isnan(convention.factors("", "", sizes)).any(axis=1)).tolist())
    said: list[Verdict | None] = [None] * len(completion)
    read: dict[int, Shapes] = {}  # members of a group share one reference
    wanted: list[Shapes] = []
    for i, one in enumerate(reference):
        shapes = read.get(id(one))
        if shapes is None:
            shapes = read[id(one)] = read_reference(one, "box")
        wanted.append(shapes)
        if shapes.problem or i in missing:
            reason = f"the reference can't be read: {shapes.problem}" if shapes.problem else SIZES_MISSING
            said[i] = Verdict.bad_reference(reason)
    targets, owners = _flat(wanted)
    own = np.array([bool(one.own) for one in wanted])[owners]
    targets = np.where(own[:, None], targets, convention.references(targets, ""))
    for i, problem in zip(owners.tolist(), problems_of(targets, convention.stated, sizes[owners]), strict=True):
        if problem and said[i] is None:
            said[i] = Verdict.bad_reference(problem)

    given: list[Shapes] = []
    for i, text in enumerate(completion):
        answer = Shapes() if said[i] is not None else read_answer(text, where, "box")
        given.append(answer)
        if said[i] is None and answer.problem:
            said[i] = _verdict(metric, answer.problem)
        elif said[i] is None and not (answer.values and wanted[i].values):
            right = float(not answer.values and not wanted[i].values)
            said[i] = _verdict(metric, f"{len(answer)} boxes for {len(wanted[i])}", *[right] * 6)
    flat, theirs = _flat(given)
    boxes = convention.answers(flat, "", "", sizes[theirs])
    ends, starts = np.cumsum([len(one) for one in given]), np.cumsum([len(one) for one in wanted])
    cases: list[_Case] = []
    for i, (answer, shapes) in enumerate(zip(given, wanted, strict=True)):
        if said[i] is None:
            mine = slice(ends[i] - len(answer), ends[i])
            if answer.own or shapes.own:
                boxes[mine] = convention.answers(flat[mine], answer.own, shapes.own, sizes[[i] * len(answer)])
            cases.append(_Case(i, answer, shapes, boxes[mine], targets[starts[i] - len(shapes) : starts[i]]))
    codes = _Codes()
    for chunk in _chunks(cases):
        overlap = _overlaps(chunk)
        admissible = (overlap >= iou) & (overlap > 0)
        if by_class:
            admissible &= _agreement(chunk, codes, overlap.shape)
        for k, case in enumerate(chunk):
            part = (k, slice(len(case.given)), slice(len(case.boxes)))
            said[case.place] = _judge(case, overlap[part], admissible[part], metric)
    return [one for one in said if one is not None]


def _flat(each: list[Shapes]) -> tuple[Floats, npt.NDArray[np.intp]]:
    """Return all boxes as written (n, 4), and the place of the sample that each belongs to."""
    counts = [len(one) for one in each]
    try:
        numbers = chain.from_iterable(chain.from_iterable(one.values for one in each))
        boxes = np.fromiter(numbers, np.float64, 4 * sum(counts))
    except OverflowError:  # an integer that no float can hold
        boxes = np.array([float(f"{v}") for one in each for box in one.values for v in box])
    return boxes.reshape(-1, 4), np.repeat(np.arange(len(each)), counts)


class _Case:
    """One image: what was answered, what is wanted, and both as boxes (n, 4) and (m, 4)."""

    __slots__ = ("answer", "boxes", "given", "place", "wanted")

    def __init__(self, place: int, answer: Shapes, wanted: Shapes, given: Floats, boxes: Floats) -> None:
        self.place, self.answer, self.wanted, self.given, self.boxes = place, answer, wanted, given, boxes


class _Codes(dict[str, int]):
    """Numbers labels, equal ones alike whatever their case and spacing."""

    def __missing__(self, label: str) -> int:
        plain = " ".join(label.split()).casefold()
        number = self[label] = len(self) if plain == label else self[plain]
        return number


def _chunks(cases: list[_Case]) -> Iterator[list[_Case]]:
    """Images of similar size together, so that little is wasted on filling them up to the largest."""
    chunk: list[_Case] = []
    n = m = 0
    for case in sorted(cases, key=lambda one: (len(one.given), len(one.boxes))):
        n, m = max(n, len(case.given)), max(m, len(case.boxes))
        if chunk and (len(chunk) + 1) * n * m > CHUNK:
            yield chunk
            chunk, n, m = [], len(case.given), len(case.boxes)
        chunk.append(case)
    if chunk:
        yield chunk


def _overlaps(chunk: list[_Case]) -> Floats:
    """Return the images' overlaps (images, n, m), all computed at once; NaN boxes fill the gaps and overlap nothing."""
    given = np.full((len(chunk), max(len(one.given) for one in chunk), 4), np.nan)
    boxes = np.full((len(chunk), max(len(one.boxes) for one in chunk), 4), np.nan)
    for k, one in enumerate(chunk):
        given[k, : len(one.given)] = one.given
        boxes[k, : len(one.boxes)] = one.boxes
    return pairwise(given, boxes)


def _agreement(chunk: list[_Case], codes: _Codes, shape: tuple[int, ...]) -> Bools:
    """Return which labels agree (images, n, m); a box of the reference without a label takes any."""
    left = np.full(shape[:2], -2)
    right = np.full((shape[0], shape[2]), -1)
    for k, one in enumerate(chunk):
        right[k, : len(one.boxes)] = [-1 if label is None else codes[label] for label in one.wanted.labels]
        left[k, : len(one.given)] = [-2 if label is None else codes[label] for label in one.answer.labels]
    return np.asarray((left[:, :, None] == right[:, None, :]) | (right == -1)[:, None, :], dtype=bool)


def _judge(case: _Case, overlap: Floats, admissible: Bools, metric: str) -> Verdict:
    rows, columns = assign(overlap, admissible)
    n, m, right = *overlap.shape, len(rows)
    precision, recall = right / n, right / m
    # Without confidences there is one operating point, and under it a rectangle.
    average, sure = precision * recall, 0.0
    confidences = case.answer.confidences
    if any(one is not None for one in confidences):
        sure = _sureness(confidences, set(rows.tolist()))
        average = _average_precision(confidences, admissible)
    reason = f"{right} of {m} found by {n} boxes"
    if not right and (broken := int(n - usable(case.given).sum())):
        reason += f", of which {broken} are inverted, empty or not finite"
    mean = min(float(overlap[rows, columns].sum()) / n, 1.0)
    return _verdict(metric, reason, precision, recall, 2 * right / (n + m), average, mean, sure)


def _verdict(
    metric: str,
    reason: str,
    precision: float = 0.0,
    recall: float = 0.0,
    f1: float = 0.0,
    ap: float = 0.0,
    iou: float = 0.0,
    confidence: float = 0.0,
) -> Verdict:
    fields = {"precision": precision, "recall": recall, "f1": f1, "ap": ap, "iou": iou, "confidence": confidence}
    return Verdict(fields[metric], reason, fields=fields)


def _sureness(confidences: list[float | None], right: set[int]) -> float:
    """The mean of c over boxes that match, of 1 - c over those that don't, of 0 over those that state none."""
    sure = [one if i in right else 1 - one for i, one in enumerate(confidences) if one is not None]
    return min(math.fsum(sure) / len(confidences), 1.0)


def _average_precision(confidences: list[float | None], admissible: Bools) -> float:
    """Return the area under the precision-recall curve, precision made to fall (VOC 2010's all-point rule).

    The points are the answer's distinct confidences; at each, the boxes at least as sure are matched as well as can
    be, so that the order in which equal ones stand doesn't matter.
    """
    sure = np.array([one or 0.0 for one in confidences])
    order = np.argsort(-sure, kind="stable")
    right = np.cumsum(matched_prefixes(admissible[order]))
    last = np.append(sure[order][1:] != sure[order][:-1], True)  # of each confidence
    found, seen = right[last], np.flatnonzero(last) + 1
    precision = np.maximum.accumulate((found / seen)[::-1])[::-1]
    area: float = np.sum(precision * np.diff(found, prepend=0)).item()
    return min(area / len(admissible.T), 1.0)
