"""Grounding verifiers for assay: boxes, points, polygons, masks and time spans, in any coordinate convention."""

from __future__ import annotations

from collections.abc import Sequence

from assay import Verifier, hookimpl
from assay_grounding.detection import detection
from assay_grounding.iou import iou

__all__ = ["assay_verifiers", "detection", "iou"]


@hookimpl
def assay_verifiers() -> Sequence[Verifier]:
    """The verifiers of this plugin."""
    return [iou, detection]
