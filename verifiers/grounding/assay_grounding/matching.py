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
    if rows.size < 2 or (_distinct(rows) and _distinct(columns)):
        return rows, columns
    from scipy.optimize import linear_sum_assignment

    # Whoever has no admissible partner needs none of the solver's time.
    some, others = np.unique(rows), np.unique(columns)
    part = np.ix_(some, others)
    # A pair more outweighs every difference between overlaps.
    weight = np.where(admissible[part], overlap[part] + min(len(some), len(others)) + 1.0, 0.0)
    left, right = linear_sum_assignment(weight, maximize=True)
    left, right = some[left], others[right]
    kept = admissible[left, right]
    return left[kept], right[kept]


def _distinct(places: Places) -> bool:
    return np.unique(places).size == places.size


def matched_prefixes(admissible: Bools) -> list[bool]:
    """Return, for each row in turn, whether one more pair can be matched with it than with the rows before it alone.

    The sum over the first k rows is the size of their largest matching, by augmenting paths (Kuhn 1955).
    """
    partner: dict[int, int] = {}
    neighbours = [np.flatnonzero(row).tolist() for row in admissible]
    return [_augment(start, neighbours, partner) for start in range(len(neighbours))]


def _augment(start: int, neighbours: list[list[int]], partner: dict[int, int]) -> bool:
    """Look, breadth first, for a path from a new row to a free column, and switch the pairs along it."""
    reached: dict[int, int] = {}
    queue = [start]
    for row in queue:
        for column in neighbours[row]:
            if column in reached:
                continue
            reached[column] = row
            if column not in partner:
                came_by: dict[int, int] = {other: own for own, other in partner.items()}
                place: int | None = column
                while place is not None:
                    row = reached[place]
                    partner[place], place = row, came_by.get(row)
                return True
            queue.append(partner[column])
    return False
