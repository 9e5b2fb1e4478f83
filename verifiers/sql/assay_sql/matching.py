"""Finds which column of one result is which of another, in time that grows with the cells and not with n!.

Columns get colors, alike where nothing tells them apart: at first by the values that each holds, then by the rows
that these stand in, and rows by their values and their columns' colors, until nothing changes (color refinement, as
Weisfeiler and Leman's for graphs). Columns that are still alike are the same column twice, or swapped by a symmetry of
the whole result: then one is fixed, and the rest follows. What is found is checked by the caller on the values
themselves.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from typing import Any

__all__ = ["alignments"]

#: Refinements in a search; a result that needs more was made to be hard.
BUDGET = 120

Rows = Sequence[tuple[Any, ...]]


def alignments(left: Rows, right: Rows, blocks: Sequence[int]) -> Iterator[tuple[int, ...]]:
    """Yield ways to order the columns of `right` like those of `left`, the likely first.

    Args:
        left: rows of hashable values, at least one.
        right: as many rows, as wide.
        blocks: for each row the block that it stands in; rows stay in theirs.

    Yields:
        for each column of `left` the position of its equal in `right`. Nothing where there can be none.
    """
    width, keys = len(left[0]), _mix_numbers(blocks)
    found = False
    for order in _Search(_hashed(left), _hashed(right), keys).run([0] * width, [0] * width):
        found = True
        yield order
    if found:
        # What had equal colors was not equal: values that differ can have one hash, as -1 and -2, or 0 and ''.
        numbers: dict[Any, int] = {}
        for rows in (left, right):
            for value in set(chain.from_iterable(rows)):
                numbers.setdefault(value, len(numbers))
        exact = _Search(_numbered(left, numbers), _numbered(right, numbers), keys)
        yield from exact.run([0] * width, [0] * width)


class _Search:
    def __init__(self, left: Any, right: Any, blocks: Any) -> None:
        self.sides = (left, right)
        self.blocks = blocks
        self.budget = BUDGET

    def run(self, left: list[int], right: list[int]) -> Iterator[tuple[int, ...]]:
        """Refine the colors of both sides together; fix a column where they leave a choice."""
        if self.budget <= 0:
            return
        self.budget -= 1
        refined = self._refine(left, right)
        if refined is None:
            return
        left, right = refined
        classes: dict[int, tuple[list[int], list[int]]] = {}
        for side, colors in enumerate((left, right)):
            for position, color in enumerate(colors):
                classes.setdefault(color, ([], []))[side].append(position)
        open_ones = [pair for pair in classes.values() if len(pair[0]) > 1 and not self._same(*pair)]
        if not open_ones:
            found = [0] * len(left)
            for mine, theirs in classes.values():
                for position, other in zip(mine, theirs, strict=True):
                    found[position] = other
            yield tuple(found)
            return
        mine, theirs = min(open_ones, key=lambda pair: len(pair[0]))
        fixed = 1 + max(*left, *right)
        for other in theirs:
            yield from self.run(_with(left, mine[0], fixed), _with(right, other, fixed))

    def _same(self, mine: list[int], theirs: list[int]) -> bool:
        """Whether the columns of a class are one and the same on each side, so that any order of them will do."""
        import numpy as np

        return all(
            np.array_equal(side[class_[0]], side[position])
            for side, class_ in zip(self.sides, (mine, theirs), strict=True)
            for position in class_[1:]
        )

    def _refine(self, left: list[int], right: list[int]) -> tuple[list[int], list[int]] | None:
        """Return the stable colors, numbered alike on both sides; `None` where the sides differ."""
        count = 0
        while True:
            found = [self._colors(side, colors) for side, colors in zip(self.sides, (left, right), strict=True)]
            if sorted(found[0]) != sorted(found[1]):
                return None
            numbers = {color: number for number, color in enumerate(sorted(set(found[0])))}
            left, right = ([numbers[color] for color in side] for side in found)
            if len(numbers) == count or len(numbers) == len(left):
                return left, right
            count = len(numbers)

    def _colors(self, columns: Any, colors: list[int]) -> list[tuple[int, int]]:
        import numpy as np

        keys = _mix_numbers(colors)
        rows = self.blocks.copy()
        for column, key in zip(columns, keys, strict=True):
            rows += _mix(column + key)
        rows = _mix(rows)
        # The color so far stays a part of the new one: colors are only ever told further apart.
        return [
            (color, int(_mix(column ^ rows).sum(dtype=np.uint64)))
            for color, column in zip(colors, columns, strict=True)
        ]


def _with(colors: list[int], position: int, color: int) -> list[int]:
    return [*colors[:position], color, *colors[position + 1 :]]


def _hashed(rows: Rows) -> Any:
    """The values' hashes; uint64 (columns, rows)."""
    return _columns(map(hash, chain.from_iterable(rows)), rows)


def _numbered(rows: Rows, numbers: Mapping[Any, int]) -> Any:
    """The values' numbers, which no two that differ share; uint64 (columns, rows)."""
    return _columns(map(numbers.__getitem__, chain.from_iterable(rows)), rows)


def _columns(values: Iterator[int], rows: Rows) -> Any:
    import numpy as np

    width = len(rows[0])
    flat = np.fromiter(values, np.int64, len(rows) * width)
    return _mix(np.ascontiguousarray(flat.reshape(-1, width).T).view(np.uint64))


def _mix_numbers(numbers: Sequence[int]) -> Any:
    import numpy as np

    return _mix(np.asarray(numbers, dtype=np.uint64) + np.uint64(0x9E3779B97F4A7C15))


def _mix(values: Any) -> Any:
    """Spread the bits of 64-bit numbers (the finalizer of SplitMix64: Steele, Lea and Flood, 2014)."""
    import numpy as np

    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))
