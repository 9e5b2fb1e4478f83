"""Statistics over the scored samples of one prompt. The order of the samples never matters, to the last bit."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

__all__ = ["BROADCAST", "RELATIVE"]


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values)


def _std(values: Sequence[float]) -> float:
    """Population standard deviation; exactly 0 where all values are equal, whatever their mean rounds to."""
    if min(values) == max(values):
        return 0.0
    mean = _mean(values)
    return math.sqrt(math.fsum((value - mean) ** 2 for value in values) / len(values))


def _zscore(value: float, among: Sequence[float], inside: bool) -> float:
    """Distance from the mean in standard deviations; 0 where these are 0."""
    std = _std(among)
    return (value - _mean(among)) / std if std > 0 else 0.0


def _rank(value: float, among: Sequence[float], inside: bool) -> float:
    """Share of the others that a value is above, ties counting half: 0 for the lowest, 1 for the highest.

    Where its sample is one of those compared, `among` holds the value itself; alone it has the rank 0.5.
    """
    below = sum(other < value for other in among)
    equal = sum(other == value for other in among) - inside
    others = len(among) - inside
    return (below + 0.5 * equal) / others if others else 0.5


#: One number for the whole group.
BROADCAST: dict[str, Callable[[Sequence[float]], float]] = {
    "mean": _mean,
    "min": min,
    "max": max,
    "std": _std,
    "any": lambda values: float(any(value > 0 for value in values)),
    "count": lambda values: float(sum(value > 0 for value in values)),
}

#: One number for each member: of its value, those that it is compared with, and whether it is one of them.
RELATIVE: dict[str, Callable[[float, Sequence[float], bool], float]] = {"rank": _rank, "zscore": _zscore}
