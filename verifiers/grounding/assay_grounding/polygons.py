"""`grounding.polygon`: the answer's outline encloses what the reference's does."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from assay import Verdict, verifier
from assay.extract import wrap
from assay_grounding.convention import SIZES_MISSING, Convention, as_sizes, implausible
from assay_grounding.credit import Credit
from assay_grounding.reading import Where, read_answer, read_reference
from assay_grounding.regions import MAX_VERTICES, Unusable, overlaps, region_of

__all__ = ["polygon", "region_exemplar"]


def region_exemplar(reference: Any, options: Mapping[str, Any]) -> str:
    """The reference's own outlines, in the scale that the reward asks of an answer."""
    import shapely

    convention = Convention.of(options)
    shapes = read_reference(reference, "polygon")
    sizes = as_sizes(1, *([options.get(name)] for name in ("width", "height", "resized_width", "resized_height")))
    by = convention.factors("", shapes.own, sizes)[0]
    region = region_of(shapes, 1 / np.where(np.isnan(by), 1.0, by), convention.of_references)
    return wrap(shapely.to_wkt(region, rounding_precision=-1), options["extract"]) if region.geom_type in (
        "Polygon", "MultiPolygon",
    ) else wrap(json.dumps(shapes.values), options["extract"])  # fmt: skip


@verifier(scope="batch", bounded=True, exemplar=region_exemplar)
def polygon(
    completion: list[str],
    reference: list[Any],
    width: Any = None,
    height: Any = None,
    resized_width: Any = None,
    resized_height: Any = None,
    *,
    credit: Credit = Credit(),
    convention: Convention = Convention(),
    where: Where = Where(),
) -> list[Verdict]:
    """The answer's outline encloses what the reference's does: the area in both over the area in either.

    An outline is a polygon as `[[x, y], ...]`, `[x1, y1, x2, y2, x3, y3, ...]` or WKT, an upright box of four
    numbers, or a rotated one of five: centre x and y, width, height, degrees from the x axis towards the y axis.
    Several together are one region. One that crosses itself encloses what the even-odd rule says.
    """
    sizes = as_sizes(len(completion), width, height, resized_width, resized_height)
    said: list[Verdict | None] = [None] * len(completion)
    places: list[int] = []
    given: list[Any] = []
    wanted: list[Any] = []
    for i, (text, target) in enumerate(zip(completion, reference, strict=True)):
        shapes = read_reference(target, "polygon")
        by = convention.factors("", shapes.own, sizes[i : i + 1])[0]
        if shapes.problem or not shapes.values or np.isnan(by).any():
            reason = SIZES_MISSING if np.isnan(by).any() else shapes.problem or "it holds no outline"
            said[i] = Verdict.bad_reference(f"the reference can't be used: {reason}")
            continue
        try:
            region = region_of(shapes, np.ones(2), convention.of_references)
        except Unusable as problem:
            said[i] = Verdict.bad_reference(f"the reference can't be used: {problem}")
            continue
        ends = np.array([region.bounds])
        if doubt := implausible(ends[:, :2], ends[:, 2:], convention.stated, sizes[i : i + 1])[0]:
            said[i] = Verdict.bad_reference(doubt)
            continue
        answer = read_answer(text, where, "polygon")
        if answer.problem or not answer.values:
            said[i] = Verdict(0.0, answer.problem or "the answer says that there is nothing")
            continue
        by = convention.factors(answer.own, shapes.own, sizes[i : i + 1])[0]
        try:
            given.append(region_of(answer, by, Convention() if answer.own else convention, MAX_VERTICES))
        except Unusable as problem:
            said[i] = Verdict(0.0, f"the answer can't be used: {problem}")
            continue
        places.append(i)
        wanted.append(region)
    overlap = overlaps(given, wanted)
    scores = credit.worth(overlap)
    for i, value, score in zip(places, overlap.tolist(), scores.tolist(), strict=True):
        said[i] = Verdict(score, f"iou {value:.2f}")
    return [one for one in said if one is not None]
