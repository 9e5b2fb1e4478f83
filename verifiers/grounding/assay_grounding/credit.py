"""What an overlap is worth: itself, a threshold, or one of the published ramps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

__all__ = ["Credit"]

Floats = npt.NDArray[np.float64]

STEPS = np.arange(50, 100, 5) / 100


@dataclass(frozen=True, slots=True)
class Credit:
    """What a reward pays for an overlap.

    `above` is Visual-RFT's, the thresholds of `steps` are COCO's.

    Attributes:
        credit: what an overlap is worth: `raw` itself; `hit` 1 from `threshold` on; `above` itself from `threshold`
            on; `ramp` from 0 at `low` to 1 at `high`; `steps` the share of 0.50, 0.55 ... 0.95 that it reaches.
        threshold: for `hit` and `above`.
        low: where a ramp begins.
        high: where a ramp ends.

    Raises:
        ValueError: a ramp whose ends are the wrong way round.
    """

    credit: Literal["raw", "hit", "above", "ramp", "steps"] = "raw"
    threshold: float = 0.5
    low: float = 0.0
    high: float = 1.0

    def __post_init__(self) -> None:
        if self.credit == "ramp" and not self.low < self.high:
            raise ValueError(f"a ramp needs low < high, got low={self.low:g} and high={self.high:g}")

    def worth(self, overlap: Floats) -> Floats:
        """Return what overlaps in 0..1 are worth, in 0..1; nothing overlapping is worth nothing."""
        if self.credit == "raw":
            return overlap
        if self.credit == "hit":
            return np.where((overlap >= self.threshold) & (overlap > 0), 1.0, 0.0)
        if self.credit == "above":
            return np.where(overlap >= self.threshold, overlap, 0.0)
        if self.credit == "ramp":
            return np.where(overlap > 0, np.clip((overlap - self.low) / (self.high - self.low), 0.0, 1.0), 0.0)
        return np.asarray((overlap[..., None] >= STEPS).mean(axis=-1))
