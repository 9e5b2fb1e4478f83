"""`grounding.point`: the answer points into the reference, or near it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from assay import Verdict, verifier
from assay.extract import wrap
from assay_grounding.convention import (
    LIMIT,
    SIZES_MISSING,
    Convention,
    Own,
    Sizes,
    as_sizes,
    implausible,
)
from assay_grounding.masks import BadMask, bitmap
from assay_grounding.reading import Where, read_answer, read_reference
from assay_grounding.regions import Unusable, region_of
from assay_grounding.shapes import Shapes

__all__ = ["point"]

Floats = npt.NDArray[np.float64]


def _exemplar(reference: Any, options: Mapping[str, Any]) -> str:
    """A point inside each area of the reference, or each of its points, in the scale that the reward asks for."""
    convention = Convention.of(options)
    sizes = as_sizes(1, *([options.get(name)] for name in ("width", "height", "resized_width", "resized_height")))
    targets, own = _targets(reference, convention)
    by = convention.factors("", own, sizes)[0]
    points = [_inside(target) / np.where(np.isnan(by), 1.0, by) for target in targets]
    return wrap(json.dumps([{"point_2d": one.tolist()} for one in points]), options["extract"])


@verifier(scope="batch", bounded=True, exemplar=_exemplar)
def point(
    completion: list[str],
    reference: list[Any],
    width: Any = None,
    height: Any = None,
    resized_width: Any = None,
    resized_height: Any = None,
    *,
    radius: float | None = None,
    credit: Literal["hit", "linear", "gaussian"] = "hit",
    convention: Convention = Convention(),
    where: Where = Where(),
) -> list[Verdict]:
    """The answer points into the reference's box, polygon or mask, or near its point.

    Where the reference is one area or point, the score is the mean over the answer's points. Where it is several,
    points are matched to them one to one, and what is too many or missing counts as 0.

    Options:
        radius: how near is near, in the reference's units; without it a point must be inside, or equal.
        credit: what a point at distance d is worth: `hit` 1 up to the radius; `linear` 1 - d / radius; `gaussian`
            exp(-d^2 / (2 radius^2)).
        format: the four numbers of a box in the reference, where `reference_format` isn't given.
        reference_format: the four numbers of a box in the reference: `xyxy`, `xywh` or `cxcywh`.
        reference_scale: what the reference's numbers count, where it is something else.

    A reference is `[x, y]`, a box of four numbers, a polygon (three pairs or more), COCO's RLE, or a list of these;
    three or more points are written as records, `{"point_2d": [x, y]}`.
    """
    if radius is not None and not radius > 0:
        raise ValueError(f"radius must be positive, got {radius:g}")
    sizes = as_sizes(len(completion), width, height, resized_width, resized_height)
    said: list[Verdict | None] = [None] * len(completion)
    cases: list[tuple[int, Floats, list[Any]]] = []
    for i, (text, wanted) in enumerate(zip(completion, reference, strict=True)):
        try:
            targets, own = _targets(wanted, convention)
        except (Unusable, BadMask) as problem:
            said[i] = Verdict.bad_reference(f"the reference can't be used: {problem}")
            continue
        if doubt := _doubt(targets, convention, own, sizes[i : i + 1]):
            said[i] = Verdict.bad_reference(doubt)
            continue
        answer = read_answer(text, where, "point")
        if answer.problem or not answer.values:
            said[i] = Verdict(0.0, answer.problem or "the answer says that there is nothing")
            continue
        by = convention.factors(answer.own, own, sizes[i : i + 1])
        with np.errstate(all="ignore"):
            cases.append((i, np.array(answer.values, dtype=np.float64) * by, targets))
    for (i, points, targets), apart in zip(cases, _distances(cases), strict=True):
        said[i] = _judge(points, targets, apart, radius, credit)
    return [one for one in said if one is not None]


def _targets(reference: Any, convention: Convention) -> tuple[list[Any], Own]:
    """Return each area or point of a reference as a geometry or a bitmap, and the scale that its notation implies.

    Raises:
        Unusable, BadMask: it is none.
    """
    import shapely

    shapes = read_reference(reference, "mask")
    if shapes.values:
        plain = Convention(convention.reference_format or convention.format)
        areas = [
            bitmap(value) if isinstance(value, Mapping) else region_of(_alone(value), np.ones(2), plain)
            for value in shapes.values
        ]
        if any(isinstance(area, np.ndarray) and not area.any() for area in areas):
            raise Unusable("its mask is empty")
        return areas, shapes.own
    shapes = read_reference(reference, "point")
    points = np.array(shapes.values, dtype=np.float64).reshape(-1, 2)
    if not len(points) or not (np.abs(points) <= LIMIT).all():
        raise Unusable("it holds neither an area nor a finite point")
    return list(shapely.points(points)), shapes.own


def _alone(value: Any) -> Shapes:
    return Shapes([value], [None], [None], [None])


def _inside(target: Any) -> Floats:
    if isinstance(target, np.ndarray):
        rows, columns = np.nonzero(target)
        middle = len(rows) // 2
        return np.array([columns[middle] + 0.5, rows[middle] + 0.5])
    place = target.representative_point()
    return np.array([place.x, place.y])


def _doubt(targets: list[Any], convention: Convention, own: Own, sizes: Sizes) -> str:
    if np.isnan(convention.factors("", own, sizes)).any():
        return SIZES_MISSING
    if own:
        return ""
    ends = np.array([one.bounds for one in targets if not isinstance(one, np.ndarray)]).reshape(-1, 4)
    areas = ends[(ends[:, 2:] > ends[:, :2]).all(axis=1)]  # a single point may well lie in the first pixel
    doubts = implausible(areas[:, :2], areas[:, 2:], convention.stated, np.repeat(sizes, len(areas), axis=0))
    return next(filter(None, doubts), "")


@np.errstate(all="ignore")
def _distances(cases: list[tuple[int, Floats, list[Any]]]) -> list[Floats]:
    """Return how far each point of each case is from each of its targets (n, m), all at once; 0 inside."""
    import shapely

    areas: list[Any] = []
    places: list[Floats] = []
    for _, points, targets in cases:
        for target in targets:
            if not isinstance(target, np.ndarray):
                areas += [target] * len(points)
                places.append(points)
    flat = np.concatenate(places) if places else np.zeros((0, 2))
    finite = (np.abs(flat) <= LIMIT).all(axis=1)
    apart = np.full(len(flat), np.inf)
    apart[finite] = shapely.distance(np.array(areas, dtype=object)[finite], shapely.points(flat[finite]))
    found = []
    start = 0
    for _, points, targets in cases:
        matrix = np.empty((len(points), len(targets)))
        for column, target in enumerate(targets):
            if isinstance(target, np.ndarray):
                matrix[:, column] = np.where(_on(target, points), 0.0, np.inf)
            else:
                matrix[:, column] = apart[start : start + len(points)]
                start += len(points)
        found.append(matrix)
    return found


@np.errstate(all="ignore")
def _on(pixels: npt.NDArray[np.bool_], points: Floats) -> npt.NDArray[np.bool_]:
    """Whether points lie on a set pixel; the pixel (0, 0) reaches from 0 to 1."""
    inside = (points >= 0).all(axis=1) & (points[:, 0] < pixels.shape[1]) & (points[:, 1] < pixels.shape[0])
    on = np.zeros(len(points), bool)
    cells = points[inside].astype(np.intp)
    on[inside] = pixels[cells[:, 1], cells[:, 0]]
    return on


def _judge(points: Floats, targets: list[Any], apart: Floats, radius: float | None, credit: str) -> Verdict:
    scores = _worth(apart, radius, credit)
    n, m = scores.shape
    if m == 1:
        near = f"{int((apart == 0).sum())} of {n} points inside" if n > 1 else f"{apart[0, 0]:.4g} away"
        near = "inside" if n == 1 and apart[0, 0] == 0 else near
        return Verdict(min(float(scores.mean()), 1.0), near)
    from scipy.optimize import linear_sum_assignment

    rows, columns = linear_sum_assignment(scores, maximize=True)
    value = min(float(scores[rows, columns].sum()) / max(n, m), 1.0)
    return Verdict(value, f"{int((scores[rows, columns] > 0).sum())} of {m} found by {n} points")


@np.errstate(all="ignore")
def _worth(apart: Floats, radius: float | None, credit: str) -> Floats:
    if radius is None:
        return np.where(apart == 0, 1.0, 0.0)
    if credit == "hit":
        return np.where(apart <= radius, 1.0, 0.0)
    if credit == "linear":
        return np.clip(1 - apart / radius, 0.0, 1.0)
    return np.asarray(np.exp(-((apart / radius) ** 2) / 2))
