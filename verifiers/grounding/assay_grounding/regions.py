"""Regions of the plane: polygons, upright and rotated boxes, as geometries of shapely."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from assay_grounding.boxes import BELOW_ONE
from assay_grounding.convention import LIMIT, Convention, corners
from assay_grounding.shapes import Shapes

__all__ = ["MAX_VERTICES", "Unusable", "corners_of", "overlaps", "region_of"]

Floats = npt.NDArray[np.float64]

#: Vertices that an answer may have in all: two outlines can cross in as many places as the product of theirs.
MAX_VERTICES = 1000
#: Vertices up to which an outline that crosses itself is untangled, which takes time with their third power.
MAX_TANGLED = 50


class Unusable(Exception):
    """Shapes that bound no region; says why."""


@np.errstate(all="ignore")
def corners_of(value: Sequence[Any]) -> list[Floats]:
    """Return the rings (n, 2) of a shape that isn't an upright box: a rotated box, or a polygon with its holes.

    A rotated box is centre x, centre y, width, height and degrees by which it is turned from the x axis towards the y
    axis, which is clockwise where y points down.
    """
    if len(value) == 5 and not isinstance(value[0], (list, tuple)):
        x, y, width, height, angle = value
        turn = np.deg2rad(angle)
        along = np.array([np.cos(turn), np.sin(turn)]) * width / 2
        across = np.array([-np.sin(turn), np.cos(turn)]) * height / 2
        if not (width > 0 and height > 0):
            raise Unusable("a rotated box has a side that is not positive")
        middle = np.array([x, y])
        return [np.stack([middle - along - across, middle + along - across, middle + along + across,
                          middle - along + across])]  # fmt: skip
    return [np.array(ring, dtype=np.float64).reshape(-1, 2) for ring in value]


@np.errstate(all="ignore")
def region_of(shapes: Shapes, by: Floats, convention: Convention, limit: int | None = None) -> Any:
    """Return the union of all shapes as one geometry.

    Args:
        shapes: polygons as `reading` gives them.
        by: (2,) what x and y are multiplied by.
        convention: whose `format` upright boxes have.
        limit: of vertices, for answers.

    Raises:
        Unusable: a shape isn't finite, has too few corners, crosses itself too often or has no area.
    """
    import shapely

    parts = []
    vertices = 0
    for value in shapes.values:
        if len(value) == 4 and not isinstance(value[0], (list, tuple)):
            x1, y1, x2, y2 = corners(np.array([value]), convention.format)[0] * np.tile(by, 2)
            if not (x2 > x1 and y2 > y1):
                raise Unusable(f"a box is inverted or empty: {x1:g}, {y1:g}, {x2:g}, {y2:g}")
            rings = [np.array([[x1, y1], [x2, y1], [x2, y2], [x1, y2]])]
        else:
            rings = [ring * by for ring in corners_of(value)]
        vertices += sum(map(len, rings))
        if limit is not None and vertices > limit:
            raise Unusable(f"the answer has more than {limit:,} corners")
        if not all((np.abs(ring) <= LIMIT).all() for ring in rings):
            raise Unusable("a corner is not finite, or far outside any image")
        if any(len(ring) < 3 for ring in rings):
            raise Unusable("an outline has fewer than three corners")
        part = shapely.Polygon(rings[0], rings[1:])
        if not part.is_valid:
            if limit is not None and sum(map(len, rings)) > MAX_TANGLED:
                raise Unusable("an outline with very many corners crosses itself")
            part = shapely.make_valid(part)
        parts.append(part)
    region = parts[0] if len(parts) == 1 else shapely.union_all(parts)
    if not region.area > 0:
        raise Unusable("it has no area")
    return region


def overlaps(a: Sequence[Any], b: Sequence[Any]) -> Floats:
    """Return the area in both over the area in either, for each pair of regions, all at once.

    It is 1 for equal regions alone, however near others are.
    """
    import shapely

    left, right = np.array(a, dtype=object), np.array(b, dtype=object)
    common = shapely.area(shapely.intersection(left, right))
    value = np.clip(common / (shapely.area(left) + shapely.area(right) - common), 0.0, 1.0)
    near = np.flatnonzero(value > 1 - 1e-9)
    if near.size:
        value[near] = np.where(shapely.equals(left[near], right[near]), 1.0, np.minimum(value[near], BELOW_ONE))
    return np.asarray(value, dtype=np.float64)
