"""How far a turn's calls agree with the gold calls."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from assay import strict_json
from assay_tools.wire import Call, Untyped

__all__ = ["Comparison", "compare", "equal"]


@dataclass(frozen=True, slots=True)
class Comparison:
    """What was found.

    Attributes:
        names: the tools in common over all, as multisets (Jaccard).
        pairs: each call with the gold call that it was paired with, one to one, both of one tool.
        said: all calls.
        gold: all gold calls.
    """

    names: float
    pairs: Sequence[tuple[Call, Call]]
    said: Sequence[Call]
    gold: Sequence[Call]

    @property
    def right(self) -> int:
        """How many calls are wholly right."""
        return sum(
            said.arguments.keys() == gold.arguments.keys() and _values(said, gold) == len(gold.arguments)
            for said, gold in self.pairs
        )

    @property
    def exact(self) -> bool:
        """Whether the same calls are made, in any order, as often."""
        return len(self.said) == len(self.gold) == self.right

    @property
    def keys(self) -> bool:
        """Whether the right tools are called, each with the right parameters, whatever their values."""
        return self.names == 1 and all(said.arguments.keys() == gold.arguments.keys() for said, gold in self.pairs)

    @property
    def values(self) -> float:
        """The share of the gold calls' values that are right; 1 where there are none and the tools are right."""
        total = sum(len(gold.arguments) for gold in self.gold)
        if not total:
            return self.names
        return sum(_values(said, gold) for said, gold in self.pairs) / total

    def fine(self) -> float:
        """ToolRL's score over its maximum (Qian et al. 2025, arXiv:2504.13958)."""
        earned = self.names + sum(_agreement(said, gold) for said, gold in self.pairs)
        return earned / (1 + sum(1 + len(gold.arguments) for gold in self.gold))

    def whole(self) -> float:
        """ToolRL's score with whole calls, right or wrong: its intermediate reward."""
        return (self.names + self.right) / (1 + len(self.gold))


def compare(said: Sequence[Call], gold: Sequence[Call]) -> Comparison:
    """Pair calls with gold calls of the same tool, so that they agree the most."""
    ours, theirs = Counter(call.name for call in said), Counter(call.name for call in gold)
    common, union = (ours & theirs).total(), (ours | theirs).total()
    pairs: list[tuple[Call, Call]] = []
    for name in ours & theirs:
        pairs += _paired([one for one in said if one.name == name], [one for one in gold if one.name == name])
    return Comparison(common / union if union else 1.0, pairs, said, gold)


def equal(said: Any, gold: Any) -> bool:
    """Whether two values are the same JSON: `1` is `1.0`, and neither is `true` or `"1"`.

    A value from XML is taken for what the gold value's type makes of it.
    """
    if isinstance(said, Untyped):
        return _untyped(said, gold)
    if isinstance(gold, Untyped):
        return _untyped(gold, said)
    if isinstance(said, bool) or isinstance(gold, bool):
        return said is gold
    if isinstance(said, Mapping) and isinstance(gold, Mapping):
        return said.keys() == gold.keys() and all(equal(said[key], gold[key]) for key in gold)
    if isinstance(said, (list, tuple)) and isinstance(gold, (list, tuple)):
        return len(said) == len(gold) and all(map(equal, said, gold))
    return bool(said == gold)


def _untyped(said: Untyped, gold: Any) -> bool:
    if isinstance(gold, str):
        return said.strip() == gold.strip()
    try:
        return equal(strict_json.loads(said.strip().lower() if isinstance(gold, bool) else said), gold)
    except ValueError:
        return False


def _values(said: Call, gold: Call) -> int:
    return sum(key in said.arguments and equal(said.arguments[key], one) for key, one in gold.arguments.items())


def _agreement(said: Call, gold: Call) -> float:
    """Jaccard of the parameters' names, and the number of equal values."""
    union = said.arguments.keys() | gold.arguments.keys()
    common = said.arguments.keys() & gold.arguments.keys()
    return (len(common) / len(union) if union else 1.0) + _values(said, gold)


def _paired(said: list[Call], gold: list[Call]) -> list[tuple[Call, Call]]:
    if len(said) == len(gold) == 1:
        return [(said[0], gold[0])]
    if len(said) == 1 or len(gold) == 1:
        return [max(((a, b) for a in said for b in gold), key=lambda pair: _agreement(*pair))]
    import numpy as np
    from scipy.optimize import linear_sum_assignment

    rows, columns = linear_sum_assignment(np.array([[_agreement(a, b) for b in gold] for a in said]), maximize=True)
    return [(said[i], gold[j]) for i, j in zip(rows.tolist(), columns.tolist(), strict=True)]
