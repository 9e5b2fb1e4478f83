"""Gives values that are the same one form: numbers within a tolerance, dates, text without case."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import chain
from typing import Any

from assay_sql.result import Row

__all__ = ["Forms", "close", "forms", "same_rows"]

#: Floats up to this size are zero, or what a sum leaves of it.
_ZERO = 1e-12
#: Decimals are exact but for divisions, which engines cut at sixteen digits or more.
_DECIMAL = 1e-15
#: Rows of one group that are matched one by one where sorting doesn't pair them.
_MATCHED = 200
#: Characters of the shortest text that may be a moment in another form.
_SHORTEST = 16

_MOMENT = re.compile(
    r"(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?\s*(Z|[+-]\d\d(?::?\d\d)?)?", re.ASCII
)
_UTC = {"Z", "+00", "+0000", "+00:00", "-00", "-0000", "-00:00"}


def close(left: Any, right: Any, tolerance: float) -> bool:
    """Whether two plain values are the same.

    Numbers are within a tolerance where one of them is a float, and within 1e-15 where one is a decimal; integers are
    equal or not. The tolerance is relative to the larger; floats up to 1e-12 are all zero.
    """
    if left == right:
        return True
    if isinstance(left, tuple) and isinstance(right, tuple):
        return len(left) == len(right) and all(map(close, left, right, [tolerance] * len(left)))
    if not (_is_number(left) and _is_number(right)):
        return False
    if isinstance(left, int) and isinstance(right, int):
        return False
    if not isinstance(left, float) and not isinstance(right, float):
        return bool(abs(Decimal(left) - Decimal(right)) <= Decimal(_DECIMAL) * max(abs(left), abs(right)))
    left, right = float(left), float(right)
    size = max(abs(left), abs(right))
    return bool(size < float("inf") and abs(left - right) <= (2 * _ZERO if size <= _ZERO else tolerance * size))


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float, Decimal))


@dataclass(frozen=True, slots=True)
class Forms:
    """One form for all values of some results that are the same.

    Attributes:
        known: the form of each value that isn't its own.
        nested: there are values inside of values.
        chained: a chain of close numbers leads from one to another that is not close, and both have one form;
            `same_rows` decides there. Where this is false, values of one form are the same.
    """

    known: Mapping[Any, Any]
    nested: bool
    chained: bool

    def of(self, value: Any) -> Any:
        """Return a value's form."""
        return tuple(map(self.of, value)) if isinstance(value, tuple) else self.known.get(value, value)

    def of_rows(self, rows: list[Row]) -> list[Row]:
        """Return rows of forms."""
        if self.nested:
            return [tuple(map(self.of, row)) for row in rows]
        get = self.known.get
        return [tuple(map(get, row, row)) for row in rows]


def forms(rows: Sequence[list[Row]], tolerance: float, ignore_case: bool) -> Forms | None:
    """Return a form for each value of some results, so that those of different forms are different.

    Args:
        rows: all rows of all results that will be compared.
        tolerance: as in `close`.
        ignore_case: upper and lower case are the same.

    Returns:
        `None` where every value is its own form already.
    """
    kinds = set(map(type, _cells(rows)))
    long = str in kinds and (ignore_case or any(len(one) >= _SHORTEST for one in _cells(rows) if type(one) is str))
    if not long and not kinds & {float, Decimal, tuple}:
        return None
    distinct: set[Any] = set()
    for some in rows:
        distinct.update(*some)
    if tuple in kinds:
        distinct = set(_leaves(distinct))
    texts = [one for one in distinct if type(one) is str and (ignore_case or len(one) >= _SHORTEST)]
    known: dict[Any, Any] = {one: form for one in texts if (form := _text(one, ignore_case)) != one}
    chained = False
    if any(type(one) in (float, Decimal) for one in distinct):
        clusters, chained = _clusters([one for one in distinct if _is_number(one)], tolerance)
        known |= clusters
    return Forms(known, tuple in kinds, chained) if known else None


def _cells(rows: Sequence[list[Row]]) -> Iterator[Any]:
    return chain.from_iterable(chain.from_iterable(rows))


def _leaves(values: Iterable[Any]) -> Iterator[Any]:
    stack = list(values)
    while stack:
        value = stack.pop()
        if isinstance(value, tuple):
            stack.extend(value)
        else:
            yield value


def _text(text: str, ignore_case: bool) -> str:
    """A moment's one form: a space between date and time, no zeros after the seconds, midnight as the day."""
    if _SHORTEST <= len(text) <= 40 and text[4] == "-" and (found := _MOMENT.fullmatch(text.strip())):
        day, minutes, seconds, fraction, zone = found.groups()
        fraction = (fraction or "").rstrip("0")
        zone = "+00:00" if zone in _UTC else zone or ""
        if minutes == "00:00" and (seconds or "00") == "00" and not fraction and not zone:
            return str(day)
        return f"{day} {minutes}:{seconds or '00'}{'.' + fraction if fraction else ''}{zone}"
    return text.casefold() if ignore_case else text


def _clusters(numbers: Sequence[Any], tolerance: float) -> tuple[dict[Any, Any], bool]:
    """The first number of each chain of close ones, for every other of that chain; and whether one is no cluster."""
    import numpy as np

    values = [number for number in numbers if abs(number) < 1e308]
    if len(values) < 2:
        return {}, False
    floats = np.fromiter(map(float, values), np.float64, len(values))
    exact = np.fromiter((type(value) is not float for value in values), bool, len(values))
    order = np.argsort(floats, kind="stable")
    floats, exact = floats[order], exact[order]
    linked = np.empty(len(values), bool)  # to the one before
    linked[0] = False
    linked[1:] = np.diff(floats) <= _room(floats[1:], floats[:-1], tolerance)
    positions = np.arange(len(values))
    firsts = np.maximum.accumulate(np.where(linked, 0, positions))
    linked_at, first_at = positions[linked], firsts[linked]
    # A chain that is longer than the tolerance is none; nor may be one of integers or decimals, which are exact.
    far = floats[linked_at] - floats[first_at] > _room(floats[linked_at], floats[first_at], tolerance)
    chained = bool((far | exact[linked_at]).any())
    known = {values[n]: values[m] for n, m in zip(order[linked_at].tolist(), order[first_at].tolist(), strict=True)}
    return known, chained


def _room(left: Any, right: Any, tolerance: float) -> Any:
    """How far numbers may be apart; float64 arrays."""
    import numpy as np

    size = np.maximum(np.abs(left), np.abs(right))
    return np.where(size <= _ZERO, 2 * _ZERO, max(tolerance, _DECIMAL) * size)


def same_rows(left: list[Row], right: list[Row], tolerance: float) -> bool:
    """Whether rows whose forms are equal can be paired so that each value is close to its partner.

    Args:
        left: rows.
        right: as many, with the same forms.
        tolerance: as in `close`.
    """
    if len(left) == 1:
        return _close_rows(left[0], right[0], tolerance)
    pairs = zip(sorted(left, key=_order), sorted(right, key=_order), strict=True)
    if all(_close_rows(mine, theirs, tolerance) for mine, theirs in pairs):
        return True
    return len(left) <= _MATCHED and _matched(left, right, tolerance)


def _close_rows(left: Row, right: Row, tolerance: float) -> bool:
    return left == right or all(close(a, b, tolerance) for a, b in zip(left, right, strict=True))


def _order(row: Row) -> tuple[Any, ...]:
    return tuple(float(value) if _is_number(value) else 0.0 for value in row)


def _matched(left: list[Row], right: list[Row], tolerance: float) -> bool:
    """Look for a perfect matching by augmenting paths."""
    near = [[n for n, other in enumerate(right) if _close_rows(row, other, tolerance)] for row in left]
    partner: dict[int, int] = {}

    def place(row: int, tried: set[int]) -> bool:
        for other in near[row]:
            if other not in tried:
                tried.add(other)
                if other not in partner or place(partner[other], tried):
                    partner[other] = row
                    return True
        return False

    return all(place(row, set()) for row in range(len(left)))
