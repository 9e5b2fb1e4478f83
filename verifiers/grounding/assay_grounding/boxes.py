"""How well upright boxes overlap: IoU and its generalisations, over arrays of any shape.

Boxes are x1, y1, x2, y2 in continuous coordinates: the area of a box is (x2 - x1) * (y2 - y1), without the `+ 1` of
pixel counting. Sources: IoU is Jaccard's index; GIoU is Rezatofighi et al. 2019, eq. 1; DIoU and CIoU are Zheng et
al. 2020, eqs. 5 to 10.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt

from assay_grounding.convention import LIMIT

__all__ = ["Metric", "aligned", "pairwise", "usable"]

Floats = npt.NDArray[np.float64]
Metric = Literal["iou", "giou", "diou", "ciou"]

#: The greatest float below 1: boxes that differ never score 1, however near they are.
BELOW_ONE = np.nextafter(1.0, 0.0)


@np.errstate(all="ignore")
def usable(boxes: Floats) -> npt.NDArray[np.bool_]:
    """Return which boxes (..., 4) are finite, within `LIMIT`, not inverted and have an area."""
    within = (np.abs(boxes) <= LIMIT).all(axis=-1)  # false for NaN
    sides = boxes[..., 2:] > boxes[..., :2]
    area = (boxes[..., 2] - boxes[..., 0]) * (boxes[..., 3] - boxes[..., 1])
    # Twice what is tiny must still be a number that an IoU can be divided by.
    return np.asarray(within & sides.all(axis=-1) & (area > 1e-300), dtype=bool)


def aligned(a: Floats, b: Floats, metric: Metric = "iou") -> Floats:
    """Return how well each box of `a` (..., 4) overlaps its partner in `b`, in 0..1; 0 where either isn't usable.

    `iou` is in 0..1 as it is; the others are in -1..1 (CIoU a little below), mapped by (value + 1) / 2
    and cut at 0.
    """
    return _measure(np.moveaxis(a, -1, 0), np.moveaxis(b, -1, 0), metric, usable(a) & usable(b))


def pairwise(a: Floats, b: Floats, metric: Metric = "iou") -> Floats:
    """Return how well each box of `a` (..., n, 4) overlaps each of `b` (..., m, 4), as (..., n, m)."""
    both = usable(a)[..., :, None] & usable(b)[..., None, :]
    # One contiguous array per coordinate: on these the arithmetic below runs at the memory's speed.
    left = np.ascontiguousarray(np.moveaxis(a, -1, 0))[..., :, None]
    right = np.ascontiguousarray(np.moveaxis(b, -1, 0))[..., None, :]
    return _measure(left, right, metric, both)


def _measure(a: Floats, b: Floats, metric: Metric, both: npt.NDArray[np.bool_]) -> Floats:
    with np.errstate(all="ignore"):
        width = np.minimum(a[2], b[2])
        width -= np.maximum(a[0], b[0])
        np.maximum(width, 0.0, out=width)
        common = np.minimum(a[3], b[3])
        common -= np.maximum(a[1], b[1])
        np.maximum(common, 0.0, out=common)
        common *= width
        union = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1])
        union -= common
        value = common / union
        if metric != "iou":
            value = (_general(a, b, metric, value, union) + 1) / 2
    value = np.asarray(np.where(both, np.clip(value, 0.0, 1.0), 0.0))
    full = value >= 1.0
    if full.any():
        same = np.broadcast_to((a == b).all(axis=0), value.shape)
        value[full & ~same] = BELOW_ONE
        value[both & same] = 1.0
    return value


def _general(a: Floats, b: Floats, metric: Metric, overlap: Floats, union: Floats) -> Floats:
    """GIoU, DIoU or CIoU, as published, from the IoU."""
    wide = np.maximum(a[2], b[2]) - np.minimum(a[0], b[0])
    high = np.maximum(a[3], b[3]) - np.minimum(a[1], b[1])
    if metric == "giou":
        hull = wide * high
        return np.asarray(overlap - (hull - union) / hull)
    apart = ((a[0] + a[2] - b[0] - b[2]) / 2) ** 2 + ((a[1] + a[3] - b[1] - b[3]) / 2) ** 2
    distance = overlap - apart / (wide**2 + high**2)
    if metric == "diou":
        return np.asarray(distance)
    slant = np.arctan((b[2] - b[0]) / (b[3] - b[1])) - np.arctan((a[2] - a[0]) / (a[3] - a[1]))
    shape = 4 / np.pi**2 * slant**2
    weight = np.divide(shape, 1 - overlap + shape, out=np.zeros_like(shape * overlap), where=(shape > 0))
    return np.asarray(distance - weight * shape)
