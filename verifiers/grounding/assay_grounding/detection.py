"""`grounding.detection`: the answer's boxes are the reference's, each once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from assay import Verdict, verifier
from assay_grounding.boxes import pairwise, usable
from assay_grounding.convention import SIZES_MISSING, Convention, Format, Scale, as_sizes
from assay_grounding.iou import box_exemplar, floats, problems_of
from assay_grounding.matching import assign, matched_prefixes
from assay_grounding.reading import WHERE, read_answer, read_reference
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
    format: Format = "xyxy",
    scale: Scale | None = None,
    reference_format: Format | None = None,
    reference_scale: Scale | None = None,
    extract: str = WHERE,
    lenient: bool = False,
) -> list[Verdict]:
    """The answer's boxes are the reference's, each once and by its class.

    Boxes are matched one to one: as many pairs as possible, and among these the greatest overlap. What is not matched
    (a duplicate, a guess, a box that isn't one) counts against precision. Where the reference is empty, an answer that
    says so (`[]`, "none") scores 1.

    Options:
        iou: the overlap that a match needs.
        metric: which of the fields is the score.
        by_class: whether labels must agree, case apart, where the reference has labels.
        format: the answer's four numbers: `xyxy`, `xywh` or `cxcywh`.
        scale: what the answer's numbers count; see `grounding.iou`.
        reference_format: the reference's, where it is another.
        reference_scale: the reference's, where it is another.
        extract: where the completion's answer stands, in the forms of `assay.extract`.
        lenient: let the last of several different answers win.

    Fields: `precision`, `recall`, `f1`; `ap`, the area under the precision-recall curve over the answer's own
    confidences, of all classes together; `iou`, the mean overlap of the answer's boxes, 0 for those that match
    nothing; `confidence`, the mean of c over those that match and 1 - c over those that don't, 0 where none is
    stated. The last two are Visual-RFT's (Liu et al. 2025, eqs. 3 to 5).
    """
    convention = Convention(format, scale, reference_format, reference_scale)
    sizes = as_sizes(len(completion), width, height, resized_width, resized_height)
    missing = set(np.flatnonzero(np.isnan(convention.factors("", "", sizes)).any(axis=1)).tolist())
    said: list[Verdict | None] = [None] * len(completion)
    cases: list[_Case] = []
    read: dict[int, Shapes] = {}  # members of a group share one reference
    for i, text in enumerate(completion):
        wanted = read.get(id(reference[i]))
        if wanted is None:
            wanted = read[id(reference[i])] = read_reference(reference[i], "box")
        if wanted.problem or i in missing:
            reason = f"the reference can't be read: {wanted.problem}" if wanted.problem else SIZES_MISSING
            said[i] = Verdict.bad_reference(reason)
            continue
        boxes = convention.references(floats(wanted.values), wanted.own)
        if problem := next(filter(None, problems_of(boxes, convention.stated, sizes[[i] * len(boxes)])), ""):
            said[i] = Verdict.bad_reference(problem)
            continue
        answer = read_answer(text, extract, "box", lenient)
        if answer.problem:
            said[i] = _verdict(metric, answer.problem)
        elif not answer.values or not wanted.values:
            right = not answer.values and not wanted.values
            reason = f"{len(answer.values)} boxes for {len(wanted.values)}"
            said[i] = _verdict(metric, reason, *[float(right)] * 6)
        else:
            given = convention.answers(floats(answer.values), answer.own, wanted.own, sizes[i : i + 1])
            cases.append(_Case(i, answer, wanted, given, boxes))
    for chunk in _chunks(cases):
        overlaps = _overlaps(chunk)
        for case, overlap in zip(chunk, overlaps, strict=True):
            said[case.place] = _judge(case, overlap, iou, by_class, metric)
    return [one for one in said if one is not None]


class _Case:
    """One image: what was answered, what is wanted, and both as boxes (n, 4) and (m, 4)."""

    __slots__ = ("answer", "boxes", "given", "place", "wanted")

    def __init__(self, place: int, answer: Shapes, wanted: Shapes, given: Floats, boxes: Floats) -> None:
        self.place, self.answer, self.wanted, self.given, self.boxes = place, answer, wanted, given, boxes


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


def _overlaps(chunk: list[_Case]) -> list[Floats]:
    """Return each image's overlaps (n, m), all computed at once; NaN boxes fill the gaps and overlap nothing."""
    if len(chunk) == 1:
        return [pairwise(chunk[0].given, chunk[0].boxes)]
    given = np.full((len(chunk), max(len(one.given) for one in chunk), 4), np.nan)
    boxes = np.full((len(chunk), max(len(one.boxes) for one in chunk), 4), np.nan)
    for k, one in enumerate(chunk):
        given[k, : len(one.given)] = one.given
        boxes[k, : len(one.boxes)] = one.boxes
    overlap = pairwise(given, boxes)
    return [overlap[k, : len(one.given), : len(one.boxes)] for k, one in enumerate(chunk)]


def _judge(case: _Case, overlap: Floats, least: float, by_class: bool, metric: str) -> Verdict:
    admissible = (overlap >= least) & (overlap > 0)
    if by_class and any(label is not None for label in case.wanted.labels):
        admissible &= _same(case.answer.labels, case.wanted.labels)
    rows, columns = assign(overlap, admissible)
    n, m, right = *overlap.shape, len(rows)
    precision, recall = right / n, right / m
    stated = any(one is not None for one in case.answer.confidences)
    # Without confidences there is one operating point, and under it a rectangle.
    average = _average_precision(case.answer.confidences, admissible) if stated else precision * recall
    sure = _sureness(case.answer.confidences, rows, n) if stated else 0.0
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


def _same(given: list[str | None], wanted: list[str | None]) -> Bools:
    """Return which labels agree (n, m); a box of the reference without a label takes any."""
    numbers: dict[str | None, int] = {None: -1}
    for label in (*wanted, *given):
        if label not in numbers:
            plain = " ".join(label.split()).casefold() if label is not None else ""
            numbers[label] = numbers.setdefault(f"\0{plain}", len(numbers))
    left, right = np.array([numbers[one] for one in given]), np.array([numbers[one] for one in wanted])
    return np.asarray((left[:, None] == right) | (right == -1), dtype=bool)


def _sureness(confidences: list[float | None], rows: npt.NDArray[np.intp], n: int) -> float:
    """The mean of c over boxes that match, of 1 - c over those that don't, of 0 over those that state none."""
    sure = np.array([np.nan if one is None else one for one in confidences])
    right = np.zeros(n, bool)
    right[rows] = True
    return min(float(np.nansum(np.where(right, sure, 1 - sure))) / n, 1.0)


def _average_precision(confidences: list[float | None], admissible: Bools) -> float:
    """Return the area under the precision-recall curve, precision made to fall (VOC 2010's all-point rule).

    The points are the answer's distinct confidences; at each, the boxes at least as sure are matched as well as can
    be, so that the order in which equal ones stand doesn't matter.
    """
    sure = np.array([0.0 if one is None else one for one in confidences])
    order = np.argsort(-sure, kind="stable")
    right = np.cumsum(matched_prefixes(admissible[order]))
    ends = np.flatnonzero(np.append(np.diff(sure[order]) != 0, True))
    recall = right[ends] / admissible.shape[1]
    precision = np.maximum.accumulate((right[ends] / (ends + 1))[::-1])[::-1]
    return float(np.clip(np.sum(np.diff(recall, prepend=0.0) * precision), 0.0, 1.0))
