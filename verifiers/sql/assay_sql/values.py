"""Gives values that are the same one form: numbers within a tolerance, dates, text without case."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from typing import Any

from assay_sql.result import Row

__all__ = ["close", "forms", "same_rows"]

#: What counts as nothing beside a tolerance: 0 against what a sum of floats leaves of it.
_ABSOLUTE = 1e-12
#: Decimals are exact but for divisions, which engines cut at sixteen digits or more.
_DECIMAL = 1e-15
#: Rows of one group that are matched one by one where sorting doesn't pair them.
_MATCHED = 200

_MOMENT = re.compile(
    r"(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?\s*(Z|[+-]\d\d(?::?\d\d)?)?", re.ASCII
)
_UTC = {"Z", "+00", "+0000", "+00:00", "-00", "-0000", "-00:00"}


def close(left: Any, right: Any, tolerance: float) -> bool:
    """Whether two plain values are the same.

    Numbers are within a tolerance where one of them is a float, and within 1e-15 where one is a decimal; integers are
    equal or not. The tolerance is relative to the larger, and never less than 1e-12 of anything.
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
    return bool(size < float("inf") and abs(left - right) <= max(tolerance * size, _ABSOLUTE))


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float, Decimal))


def forms(rows: Iterable[Iterable[Row]], tolerance: float, ignore_case: bool) -> Callable[[Any], Any] | None:
    """Return a function that gives each value of some results one form for all that are the same.

    Values of different forms are different. Those of one form are the same, except where a chain of close numbers
    leads from one to another that is not close: `same_rows` decides there.

    Args:
        rows: all rows of all results that will be compared.
        tolerance: as in `close`.
        ignore_case: upper and lower case are the same.

    Returns:
        `None` where every value is its own form already.
    """
    numbers: set[Any] = set()
    texts: dict[str, str] = {}
    odd = False
    for value in _leaves(rows):
        if isinstance(value, str):
            form = _text(value, ignore_case)
            if form != value:
                texts[value] = form
        elif _is_number(value):
            numbers.add(value)
            odd = odd or not isinstance(value, int)
    known: dict[Any, Any] = {**texts, **(_clusters(numbers, tolerance) if odd else {})}
    if not known:
        return None

    def form_of(value: Any) -> Any:
        return tuple(map(form_of, value)) if isinstance(value, tuple) else known.get(value, value)

    return form_of


def _leaves(rows: Iterable[Iterable[Row]]) -> Iterator[Any]:
    distinct: set[Any] = set()
    for some in rows:
        distinct.update(*some)
    stack = list(distinct)
    while stack:
        value = stack.pop()
        if isinstance(value, tuple):
            stack.extend(value)
        else:
            yield value


def _text(text: str, ignore_case: bool) -> str:
    """A moment's one form: a space between date and time, no zeros after the seconds, midnight as the day."""
    if 16 <= len(text) <= 40 and text[4] == "-" and (found := _MOMENT.fullmatch(text.strip())):
        day, minutes, seconds, fraction, zone = found.groups()
        fraction = (fraction or "").rstrip("0")
        zone = "+00:00" if zone in _UTC else zone or ""
        if minutes == "00:00" and (seconds or "00") == "00" and not fraction and not zone:
            return str(day)
        return f"{day} {minutes}:{seconds or '00'}{'.' + fraction if fraction else ''}{zone}"
    return text.casefold() if ignore_case else text


def _clusters(numbers: set[Any], tolerance: float) -> dict[Any, Any]:
    """The first number of each chain of close ones, for every other of that chain."""
    import numpy as np

    values = [number for number in numbers if abs(number) < 1e308]
    if len(values) < 2:
        return {}
    floats = np.array([float(value) for value in values])
    order = np.argsort(floats, kind="stable")
    sorted_ = floats[order]
    size = np.maximum(np.abs(sorted_[1:]), np.abs(sorted_[:-1]))
    linked = np.diff(sorted_) <= np.maximum(max(tolerance, _DECIMAL) * size, _ABSOLUTE)
    known: dict[Any, Any] = {}
    first, last = None, -1
    for position in np.flatnonzero(linked).tolist():
        if position != last:
            first = values[order[position]]
        last = position + 1
        known[values[order[last]]] = first
    return known


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
