"""What an overlap is worth: itself, a threshold, or one of the published ramps."""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt

__all__ = ["Credit", "worth"]

Floats = npt.NDArray[np.float64]
#: `raw`: the overlap. `hit`: 1 from `threshold` on, else 0. `above`: the overlap from `threshold` on, else 0
#: (Visual-RFT). `ramp`: from 0 at `low` to 1 at `high`. `steps`: the share of the thresholds 0.50, 0.55, ... 0.95
#: that are reached (COCO's).
Credit = Literal["raw", "hit", "above", "ramp", "steps"]

STEPS = np.arange(50, 100, 5) / 100


def worth(overlap: Floats, credit: Credit, threshold: float, low: float, high: float) -> Floats:
    """Return what overlaps in 0..1 are worth, in 0..1; nothing overlapping is worth nothing.

    Raises:
        ValueError: a ramp whose ends are the wrong way round.
    """
    if credit == "raw":
        return overlap
    if credit == "hit":
        return np.where((overlap >= threshold) & (overlap > 0), 1.0, 0.0)
    if credit == "above":
        return np.where(overlap >= threshold, overlap, 0.0)
    if credit == "ramp":
        if not low < high:
            raise ValueError(f"a ramp needs low < high, got low={low:g} and high={high:g}")
        return np.where(overlap > 0, np.clip((overlap - low) / (high - low), 0.0, 1.0), 0.0)
    return np.asarray((overlap[..., None] >= STEPS).mean(axis=-1))
