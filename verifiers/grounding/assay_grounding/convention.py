"""The conventions in which coordinates are written: the order of a box's numbers, and what they count."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

__all__ = [
    "LIMIT",
    "SIZES_MISSING",
    "Convention",
    "Format",
    "Scale",
    "Sizes",
    "as_sizes",
    "corners",
    "extents",
    "implausible",
]

Floats = npt.NDArray[np.float64]

#: How the four numbers of a box are meant.
Format = Literal["xyxy", "xywh", "cxcywh"]
#: What coordinates count: pixels of the image, shares of it, thousandths, or pixels of the image as the model saw it.
Scale = Literal["pixels", "0..1", "0..1000", "resized"]

#: Coordinates beyond this are no place in any image; products of two of them are still far from overflowing.
LIMIT = 1e9
#: Share of the image by which a reference may stick out of it; annotations are drawn by hand.
SLACK = 0.05

SIZES_MISSING = (
    "answer and reference are in different scales, and the image's size isn't known: give the columns width and height "
    "(for 'resized', resized_width and resized_height too)"
)

#: (samples, 4): width, height, resized width and resized height of each sample's image, NaN where not known.
Sizes = Floats
#: A scale that a notation implies by itself, empty for none.
Own = Literal["", "0..1"]


@np.errstate(all="ignore")
def corners(boxes: Floats, form: Format) -> Floats:
    """Return boxes (n, 4) as x1, y1, x2, y2. A negative width or height gives an inverted box."""
    if form == "xyxy":
        return boxes
    first, size = boxes[:, :2], boxes[:, 2:]
    if form == "cxcywh":
        first = first - size / 2
    return np.concatenate([first, first + size], axis=1)


def as_sizes(samples: int, *columns: list[Any] | None) -> Sizes:
    """Return the images' sizes from four lists, NaN for what is missing or is no positive number."""
    sizes = np.full((samples, len(columns)), np.nan)
    for place, column in enumerate(columns):
        if column is not None and any(value is not None for value in column):
            sizes[:, place] = [_size(value) for value in column]
    return sizes


def _size(value: Any) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return np.nan
    return number if 0 < number <= LIMIT else np.nan


def extents(scale: Scale, sizes: Sizes) -> Floats:
    """Return the coordinates (n, 2) of the image's far corner under a scale, NaN where its size isn't known."""
    if scale == "pixels":
        return sizes[:, :2]
    if scale == "resized":
        return sizes[:, 2:]
    return np.full((len(sizes), 2), 1.0 if scale == "0..1" else 1000.0)


@dataclass(frozen=True, slots=True)
class Convention:
    """What a reward states of answers and references; `None` for what is the same on both sides.

    Attributes:
        format: the four numbers of an answer's upright box: `xyxy`, `xywh` or `cxcywh`.
        scale: what the answer's numbers count: `pixels`, `0..1`, `0..1000`, or `resized` pixels; by default what the
            reference's do, whatever that is.
        reference_format: the reference's, where it is another.
        reference_scale: the reference's, where it is another.
    """

    format: Format = "xyxy"
    scale: Scale | None = None
    reference_format: Format | None = None
    reference_scale: Scale | None = None

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> Convention:
        """Return the convention that a call's options state."""
        return cls(*(options[name] for name in ("format", "scale", "reference_format", "reference_scale")))

    @property
    def stated(self) -> Scale | None:
        """What is stated of the reference's coordinates, in one way or the other."""
        return self.reference_scale or self.scale

    @property
    def of_references(self) -> Convention:
        """The convention by which a reference's own shapes are read, as if it were an answer in its own scale."""
        return Convention(self.reference_format or self.format)

    @np.errstate(all="ignore")
    def answers(self, values: Floats, own: Own, target: Own, sizes: Sizes) -> Floats:
        """Return answers' boxes (n, 4), as written, as corners in the references' coordinates.

        Args:
            values: the boxes.
            own: the scale that the answers' notation implies; such boxes are corners already.
            target: the scale that the references' notation implies.
            sizes: of each box's image, or of the one image of all.

        Returns:
            NaN where a size that is needed isn't known.
        """
        boxes = values if own else corners(values, self.format)
        by = self.factors(own, target, sizes)
        return boxes if (by == 1).all() else boxes * np.concatenate([by, by], axis=1)

    def references(self, values: Floats, own: Own) -> Floats:
        """Return references' boxes (n, 4), as written, as corners."""
        return values if own else corners(values, self.reference_format or self.format)

    def factors(self, own: Own, target: Own, sizes: Sizes) -> Floats:
        """Return what an answer's x and y (n, 2) are multiplied by to be in the reference's coordinates."""
        answer: Scale | None = own or self.scale
        wanted: Scale | None = target or self.stated
        if own and wanted is None:  # nothing is stated of the references; data sets count in pixels
            known = extents("pixels", sizes)
            return np.where(np.isnan(known), 1.0, known)
        if answer is None or wanted is None or answer == wanted:
            return np.ones((len(sizes), 2))
        return extents(wanted, sizes) / extents(answer, sizes)


@np.errstate(all="ignore")
def implausible(low: Floats, high: Floats, scale: Scale | None, sizes: Sizes) -> list[str]:
    """Say, of references, why what is stated of them can't be true; an empty text where it can.

    Args:
        low: (n, 2) the least x and y of each.
        high: (n, 2) the greatest.
        scale: what is stated, `None` for nothing.
        sizes: of the images.
    """
    said = [""] * len(low)
    if scale is None:
        return said
    ends = extents(scale, sizes)
    outside = ((low < -SLACK * ends) | (high > (1 + SLACK) * ends)).any(axis=1)
    tiny = (low >= 0).all(axis=1) & (high <= 1).all(axis=1) & (scale != "0..1")
    for i in np.flatnonzero(np.logical_or(outside, tiny)).tolist():
        reach = f"it reaches from ({low[i, 0]:g}, {low[i, 1]:g}) to ({high[i, 0]:g}, {high[i, 1]:g})"
        if scale != "0..1" and (low[i] >= 0).all() and (high[i] <= 1).all():
            said[i] = f"the reference can't be in {scale}: {reach}, as coordinates in 0..1 do"
        else:
            end = f"the image ends at ({ends[i, 0]:g}, {ends[i, 1]:g})"
            said[i] = f"the reference can't be in {scale}: {reach}, and {end}"
    return said
