"""`grounding.mask`: the answer's mask covers what the reference's does. Runs are COCO's, read by pycocotools."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from assay import Verdict, verifier
from assay.extract import wrap
from assay_grounding.convention import SIZES_MISSING, Convention, as_sizes, corners
from assay_grounding.credit import Credit
from assay_grounding.reading import Where, read_answer, read_reference
from assay_grounding.regions import Unusable, corners_of
from assay_grounding.shapes import Shapes

__all__ = ["BadMask", "bitmap", "mask"]

Bools = npt.NDArray[np.bool_]

#: Pixels that a mask may have; its runs are counted in 32 bits.
MAX_PIXELS = 2**28
#: Shapes that one answer's mask may be put together from.
MAX_PARTS = 200
#: Steps along outlines that are drawn into a mask.
MAX_STEPS = 5_000_000


class BadMask(Exception):
    """A mask that can't be read, or is none; says why."""


def bitmap(value: Mapping[str, Any]) -> Bools:
    """Return COCO's RLE as pixels (height, width).

    Raises:
        BadMask: its counts don't fit its size.
    """
    from pycocotools import mask as coco

    return np.asarray(coco.decode(_runs(value)), dtype=bool)


def _exemplar(reference: Any, options: Mapping[str, Any]) -> str:
    """The reference's own mask."""
    sizes = as_sizes(1, [options.get("width")], [options.get("height")])[0]
    shapes = read_reference(reference, "mask")
    runs = _mask(shapes, np.ones(2), Convention.of(options).of_references, _grid(shapes, sizes))
    text = {"size": list(map(int, runs["size"])), "counts": runs["counts"].decode("ascii")}
    return wrap(json.dumps(text), options["extract"])


@verifier(scope="batch", bounded=True, exemplar=_exemplar)
def mask(
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
    """The answer's mask covers what the reference's does: the pixels in both over the pixels in either.

    A mask is COCO's RLE, `{"size": [height, width], "counts": ...}`, compressed or as a list, or polygons and boxes,
    which are drawn on the reference's pixels (or on the columns `width` and `height`). Several together are one mask.
    """
    from pycocotools import mask as coco

    if convention.scale:  # a mask's own pixels are what a reference counts, unless it says otherwise
        convention = replace(convention, reference_scale=convention.reference_scale or "pixels")
    sizes = as_sizes(len(completion), width, height, resized_width, resized_height)
    said: list[Verdict] = []
    drawn: dict[int, Any] = {}  # members of a group share one reference
    for i, (text, target) in enumerate(zip(completion, reference, strict=True)):
        try:
            wanted = drawn.get(id(target))
            if wanted is None:
                shapes = read_reference(target, "mask")
                if shapes.problem or not shapes.values:
                    raise BadMask(shapes.problem or "it holds no mask")
                grid = _grid(shapes, sizes[i])
                wanted = _mask(shapes, np.ones(2), convention.of_references, grid)
                if not coco.area(wanted):
                    raise BadMask("its mask is empty")
                drawn[id(target)] = wanted
        except (BadMask, Unusable) as problem:
            said.append(Verdict.bad_reference(f"the reference can't be used: {problem}"))
            continue
        answer = read_answer(text, where, "mask")
        if answer.problem or not answer.values:
            said.append(Verdict(0.0, answer.problem or "the answer says that there is nothing"))
            continue
        high_, wide = map(int, wanted["size"])
        known = np.where(np.isnan(sizes[i : i + 1]), [[wide, high_, np.nan, np.nan]], sizes[i : i + 1])
        by = convention.factors(answer.own, "", known)[0]
        if np.isnan(by).any():
            said.append(Verdict.bad_reference(SIZES_MISSING))
            continue
        try:
            given = _mask(answer, by, Convention() if answer.own else convention, (high_, wide))
        except (BadMask, Unusable) as problem:
            said.append(Verdict(0.0, f"the answer can't be used: {problem}"))
            continue
        value = float(coco.iou([given], [wanted], [0])[0, 0])
        score = float(credit.worth(np.array([value]))[0])
        said.append(Verdict(score, f"iou {value:.2f}"))
    return said


def _grid(shapes: Shapes, sizes: npt.NDArray[np.float64]) -> tuple[int, int]:
    """Return the height and width of the pixels that a reference's mask lies on."""
    for value in shapes.values:
        if isinstance(value, Mapping):
            return _size(value)
    if np.isnan(sizes[:2]).any():
        raise BadMask("it is an outline, and the columns width and height, of the pixels to draw it on, are missing")
    return int(sizes[1]), int(sizes[0])


def _mask(shapes: Shapes, by: npt.NDArray[np.float64], convention: Convention, grid: tuple[int, int]) -> dict[str, Any]:
    """Return the union of all shapes as compressed runs on a grid of (height, width).

    Raises:
        BadMask, Unusable: a shape can't be read, or would lie on another grid.
    """
    from pycocotools import mask as coco

    if len(shapes.values) > MAX_PARTS:
        raise BadMask(f"it has {len(shapes.values):,} parts; the limit is {MAX_PARTS}")
    if grid[0] * grid[1] > MAX_PIXELS:
        raise BadMask(f"it has {grid[0]} x {grid[1]} pixels")
    parts = []
    for value in shapes.values:
        if isinstance(value, Mapping):
            if _size(value) != grid:
                own = _size(value)
                raise BadMask(f"its mask has {own[0]} x {own[1]} pixels, and {grid[0]} x {grid[1]} are asked for")
            parts.append(_runs(value))
        else:
            parts.append(_drawn(value, by, convention, grid))
    merged: dict[str, Any] = parts[0] if len(parts) == 1 else coco.merge(parts)
    return merged


@np.errstate(all="ignore")
def _drawn(
    value: Sequence[Any], by: npt.NDArray[np.float64], convention: Convention, grid: tuple[int, int]
) -> dict[str, Any]:
    from pycocotools import mask as coco

    if len(value) == 4 and not isinstance(value[0], (list, tuple)):
        x1, y1, x2, y2 = corners(np.array([value]), convention.format)[0] * np.tile(by, 2)
        if not (x2 > x1 and y2 > y1):
            raise Unusable(f"a box is inverted or empty: {x1:g}, {y1:g}, {x2:g}, {y2:g}")
        rings = [np.array([[x1, y1], [x2, y1], [x2, y2], [x1, y2]])]
    else:
        rings = [ring * by for ring in corners_of(value)]
    reach = np.array([grid[1], grid[0]])
    for ring in rings:
        if len(ring) < 3 or not ((ring >= -reach) & (ring <= 2 * reach)).all():
            raise Unusable("an outline is not finite, or lies far outside the image")
    if sum(map(len, rings)) * sum(grid) > MAX_STEPS:
        raise Unusable("an outline has too many corners for an image of this size")
    shell, *holes = coco.frPyObjects([ring.reshape(-1).tolist() for ring in rings], *grid)
    return dict(coco.merge([shell, _complement(coco.merge(holes))], intersect=True) if holes else shell)


def _complement(runs: Mapping[str, Any]) -> dict[str, Any]:
    """Return the pixels that a mask doesn't cover. The first run is of pixels outside, and may be 0."""
    from pycocotools import mask as coco

    counts = _unpacked(runs["counts"]).tolist()
    counts = counts[1:] if counts[0] == 0 else [0, *counts]
    packed: dict[str, Any] = coco.frPyObjects({"size": list(runs["size"]), "counts": counts}, *runs["size"])
    return packed


def _size(value: Mapping[str, Any]) -> tuple[int, int]:
    size = value["size"]
    if not isinstance(size, (list, tuple)) or len(size) != 2 or not {type(one) for one in size} <= {int}:
        raise BadMask("its size is not two whole numbers")
    if min(size) < 1 or size[0] * size[1] > MAX_PIXELS:
        raise BadMask(f"its size is {size[0]} x {size[1]}")
    return size[0], size[1]


def _runs(value: Mapping[str, Any]) -> dict[str, Any]:
    """Return COCO's RLE, compressed.

    Its counts are checked before the library sees them: it trusts them, and reads past their end where they are
    broken.

    Raises:
        BadMask: they can't be read, or don't fill the size.
    """
    from pycocotools import mask as coco

    high, wide = _size(value)
    counts = value["counts"]
    if isinstance(counts, str):
        counts = counts.encode("ascii", "replace")
    if isinstance(counts, (bytes, bytearray)):
        runs = _unpacked(bytes(counts))
    elif isinstance(counts, (list, tuple)) and {type(one) for one in counts} <= {int}:
        if any(not 0 <= one <= MAX_PIXELS for one in counts):
            raise BadMask("a count of its runs is negative or too large")
        runs = np.array(counts, dtype=np.int64)
    else:
        raise BadMask("its counts are neither a text nor a list of whole numbers")
    if not runs.size or (runs < 0).any() or int(runs.sum()) != high * wide:
        raise BadMask("its counts don't add up to its size")
    packed: dict[str, Any] = coco.frPyObjects({"size": [high, wide], "counts": runs.tolist()}, high, wide)
    return packed


def _unpacked(counts: bytes) -> npt.NDArray[np.int64]:
    """Return the runs of a compressed text: numbers of 5 bits a character, from 48 on, low bits first; from the
    fourth on each is the difference to the last but one (the format of COCO's API, `rleToString`).
    """
    codes = np.frombuffer(counts, np.uint8).astype(np.int64) - 48
    if not codes.size or codes.min() < 0 or codes.max() > 63 or codes[-1] & 32:
        raise BadMask("its counts are no text of COCO's")
    ends = np.flatnonzero((codes & 32) == 0)
    starts = np.append(0, ends[:-1] + 1)
    if (ends - starts).max() > 6:
        raise BadMask("a count of its runs is too large")
    place = np.arange(codes.size) - np.repeat(starts, ends - starts + 1)
    values = np.add.reduceat((codes & 31) << (5 * place), starts)
    negative = (codes[ends] & 16) != 0
    values[negative] -= np.int64(1) << (5 * (place[ends[negative]] + 1))
    values[1::2] = np.cumsum(values[1::2])
    values[2::2] = np.cumsum(values[2::2])
    return np.asarray(values, dtype=np.int64)
