"""One-to-one matching of answers and references, optimal and the same whatever their order."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["assign", "matched_prefixes"]

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Places = npt.NDArray[np.intp]


def assign(overlap: Floats, admissible: Bools) -> tuple[Places, Places]:
    """Return the rows and columns of the best one-to-one matching of admissible pairs.

    The best has as many pairs as possible and, among those, the greatest sum of overlaps.

    Args:
        overlap: (n, m) in 0..1.
        admissible: (n, m) which pairs may be matched at all.
    """
    rows, columns = np.nonzero(admissible)
    if rows.size < 2:
        return rows, columns
    # Pairs of which neither has another partner stand; the solver is asked for the rest alone.
    lone = (np.bincount(rows)[rows] == 1) & (np.bincount(columns)[columns] == 1)
    if lone.all():
        return rows, columns
    from scipy.optimize import linear_sum_assignment

    some, others = np.unique(rows[~lone]), np.unique(columns[~lone])
    part = np.ix_(some, others)
    # A pair more outweighs every difference between overlaps.
    weight = np.where(admissible[part], overlap[part] + min(len(some), len(others)) + 1.0, 0.0)
    left, right = linear_sum_assignment(weight, maximize=True)
    left, right = some[left], others[right]
    kept = admissible[left, right]
    return np.concatenate([rows[lone], left[kept]]), np.concatenate([columns[lone], right[kept]])


def matched_prefixes(admissible: Bools) -> list[bool]:
    """Return, for each row in turn, whether one more pair can be matched with it than with the rows before it alone.

    The sum over the first k rows is the size of their largest matching, by augmenting paths (Kuhn 1955).
    """
    if not len(admissible) or (admissible.sum(axis=0) <= 1).all():  # nobody competes for a column
        alone: list[bool] = np.asarray(admissible.any(axis=1)).tolist()
        return alone
    neighbours: list[list[int]] = [[] for _ in range(len(admissible))]
    rows, columns = np.nonzero(admissible)
    for row, column in zip(rows.tolist(), columns.tolist(), strict=True):
        neighbours[row].append(column)
    partner: dict[int, int] = {}
    place: dict[int, int] = {}
    return [_augment(start, neighbours, partner, place) for start in range(len(neighbours))]


def _augment(start: int, neighbours: list[list[int]], partner: dict[int, int], place: dict[int, int]) -> bool:
    """Look, breadth first, for a path from a new row to a free column, and switch the pairs along it.

    Args:
        start: the new row.
        neighbours: each row's admissible columns.
        partner: each matched column's row.
        place: each matched row's column.
    """
    reached: dict[int, int] = {}
    queue = [start]
    for row in queue:
        for column in neighbours[row]:
            if column in reached:
                continue
            reached[column] = row
            if column in partner:
                queue.append(partner[column])
                continue
            free: int | None = column
            while free is not None:
                owner = reached[free]
                before = place.get(owner)
                partner[free], place[owner] = owner, free
                free = before
            return True
    return False
