"""Grounding verifiers for assay: boxes, points, polygons, masks and time spans, in any coordinate convention."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from assay import Verifier, hookimpl
from assay_grounding.counts import count
from assay_grounding.detection import detection
from assay_grounding.drawing import drawings
from assay_grounding.iou import iou
from assay_grounding.masks import mask
from assay_grounding.points import point
from assay_grounding.polygons import polygon
from assay_grounding.selection import select
from assay_grounding.temporal import temporal

__all__ = [
    "assay_drawings",
    "assay_verifiers",
    "count",
    "detection",
    "iou",
    "mask",
    "point",
    "polygon",
    "select",
    "temporal",
]


@hookimpl
def assay_verifiers() -> Sequence[Verifier]:
    """The verifiers of this plugin."""
    return [iou, detection, point, polygon, mask, temporal, count, select]


@hookimpl
def assay_drawings() -> Mapping[str, Callable[..., Any]]:
    """What draws their samples."""
    return drawings()
