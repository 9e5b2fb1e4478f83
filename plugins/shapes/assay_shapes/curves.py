"""Curves through points: `shape.ramp` between two, `shape.linear` through several."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt

__all__ = ["linear", "ramp"]

Floats = npt.NDArray[np.float64]


def ramp(
    value: Floats, start: Floats | float, end: Floats | float, curve: Literal["linear", "cosine"] = "linear"
) -> Floats:
    r"""0 up to `start`, 1 from `end` on, and between them a line or half a cosine; falling where `end` is the lower.

    With $z$ the share of the way, `linear` is $z$ and `cosine` $\frac{1}{2} (1 - \cos(\pi z))$. Tan et al.,
    "Reason-RFT: Reinforcement Fine-Tuning for Visual Reasoning" (2025), grades a number by its relative error with the
    falling cosine from 5 % to 20 %: `shape.ramp(error, 0.20, 0.05, curve="cosine")`. Qian et al., "ToolRL: Reward is
    All Tool Learning Needs" (2025), scale a reward over the first steps of a run: `shape.ramp(step, 0, 150)`.

    Args:
        value: what is graded.
        start: where 0 ends.
        end: where 1 begins.
        curve: `linear` or `cosine`.

    Raises:
        ValueError: `start` equals `end`, or the curve is unknown.
    """
    start, end = np.asarray(start, dtype=np.float64), np.asarray(end, dtype=np.float64)
    if np.any(start == end):
        raise ValueError("shape.ramp needs a start and an end that differ; for a step write value >= end")
    if curve not in ("linear", "cosine"):
        raise ValueError(f"shape.ramp has the curves 'linear' and 'cosine', not {curve!r}")
    share = np.clip((np.asarray(value, dtype=np.float64) - start) / (end - start), 0.0, 1.0)
    return share if curve == "linear" else 0.5 * (1.0 - np.cos(np.pi * share))


def linear(value: Floats, at: Sequence[float], pays: Sequence[float]) -> Floats:
    r"""Straight lines through points, level outside of them.

    Between neighbours, $y_i + (x - x_i) \frac{y_{i+1} - y_i}{x_{i+1} - x_i}$. Akhauri et al., "SplitReason: Learning
    To Offload Reasoning" (2025), pay the share of a text that is offloaded so, rising from 0 to 1 at the target and
    falling to -1 where all is: `shape.linear(share, at=[0, 0.2, 1], pays=[0, 1, -1])`.

    Args:
        value: what is graded.
        at: the points' places, rising.
        pays: what is paid there.

    Raises:
        ValueError: there are fewer than two points, the lists differ in length, or the places don't rise.
    """
    places, paid = np.asarray(at, dtype=np.float64), np.asarray(pays, dtype=np.float64)
    if places.ndim != 1 or places.shape != paid.shape or places.size < 2:
        raise ValueError("shape.linear needs two points or more: at=[...] and pays=[...] of one length")
    if np.any(np.diff(places) <= 0):
        raise ValueError("shape.linear needs rising places in at=[...]")
    return np.asarray(np.interp(np.asarray(value, dtype=np.float64), places, paid), dtype=np.float64)
