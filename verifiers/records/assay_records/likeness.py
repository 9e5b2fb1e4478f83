"""How near two values are, and which of one list belongs to which of another."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from assay.normalize import normalize

__all__ = ["Nearness", "assign", "flatten", "same"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Nearness:
    """How far a number may be off, by the name of its field.

    Attributes:
        thresholds: credit falls linearly from 1 at the same value to 0 at this distance.
        tolerances: full credit up to this distance, none beyond.
        ignore_case: letters of either case are the same in texts.
    """

    thresholds: Mapping[str, float | None] | float | None = None
    tolerances: Mapping[str, float | None] | float | None = None
    ignore_case: bool = False

    def of(self, said: Any, gold: Any, name: str = "") -> float:
        """Return how near two JSON values are, 0..1. A text is no number, and a bool neither."""
        if isinstance(said, bool) or isinstance(gold, bool):
            return float(said is gold)
        if isinstance(said, (int, float)) and isinstance(gold, (int, float)):
            return self._numbers(float(said), float(gold), name)
        if isinstance(said, str) and isinstance(gold, str):
            return float(
                said == gold
                or normalize(said, ignore_case=self.ignore_case) == normalize(gold, ignore_case=self.ignore_case)
            )
        if isinstance(said, list) and isinstance(gold, list):
            pairs = [self.of(a, b, name) for a, b in zip(said, gold, strict=False)]
            return sum(pairs) / max(len(said), len(gold)) if said or gold else 1.0
        if isinstance(said, dict) and isinstance(gold, dict):
            keys = said.keys() | gold.keys()
            shared = sum(self.of(said[key], gold[key], key) for key in said.keys() & gold.keys())
            return shared / len(keys) if keys else 1.0
        return float(said is None and gold is None)

    def _numbers(self, said: float, gold: float, name: str) -> float:
        apart = abs(said - gold)
        threshold = _for(self.thresholds, name)
        if threshold is not None:
            return max(0.0, 1 - apart / threshold)
        tolerance = _for(self.tolerances, name)
        return float(apart <= (tolerance or 0.0))


def _for(limits: Mapping[str, float | None] | float | None, name: str) -> float | None:
    """Return the limit for a field by its whole name or its last part."""
    if limits is None or isinstance(limits, (int, float)):
        return limits
    found = limits.get(name)
    return limits.get(name.rpartition(".")[2]) if found is None else found


def same(said: Any, gold: Any) -> bool:
    """Whether two values are equal, case and dress of texts apart."""
    return Nearness(ignore_case=True).of(said, gold) == 1


def flatten(value: dict[str, Any], under: str = "") -> dict[str, Any]:
    """Return a mapping from dotted names to the values that aren't mappings themselves."""
    flat: dict[str, Any] = {}
    for key, one in value.items():
        name = f"{under}.{key}" if under else key
        flat.update(flatten(one, name) if isinstance(one, dict) and one else {name: one})
    return flat


def assign(said: Sequence[T], gold: Sequence[T], weigh: Callable[[T, T], float]) -> list[tuple[int, int, float]]:
    """Pair the members of two lists one to one, so that the pairs' weights add up to the most.

    Returns:
        the pairs' places and weights; those of weight 0 or less are no pairs.
    """
    if not said or not gold:
        return []
    if len(said) == 1 or len(gold) == 1:
        each = [(weigh(a, b), -i, -j) for i, a in enumerate(said) for j, b in enumerate(gold)]
        weight, i, j = max(each)
        return [(-i, -j, weight)] if weight > 0 else []
    import numpy as np
    from scipy.optimize import linear_sum_assignment

    weights = np.array([[max(0.0, weigh(a, b)) for b in gold] for a in said])
    rows, columns = linear_sum_assignment(weights, maximize=True)
    pairs = zip(rows.tolist(), columns.tolist(), strict=True)
    return [(i, j, float(weights[i, j])) for i, j in pairs if weights[i, j] > 0]
