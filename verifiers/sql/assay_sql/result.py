"""What running a query gives: a result in plain values, or why there is none."""

from __future__ import annotations

import datetime
import decimal
import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, Literal

__all__ = ["DatabaseError", "Limits", "QueryError", "Result", "collect", "plain"]

Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Limits:
    """What one query may use up.

    Attributes:
        seconds: of wall-clock time, for running it and for reading its result.
        rows: of its result.
        cells: of its result.
        bytes: of text and binary data in its result.
    """

    seconds: float = 5.0
    rows: int = 100_000
    cells: int = 4_000_000
    bytes: int = 256 * 2**20


class QueryError(Exception):
    """A query that gives no result, for which the query itself is to blame.

    Attributes:
        kind: `invalid` where the engine refuses or fails it, `timeout` where it used up its seconds, `large` where its
            result passes a limit. The message completes 'the query ...'.
    """

    def __init__(self, kind: Literal["invalid", "timeout", "large"], message: str) -> None:
        super().__init__(message)
        self.kind = kind

    @classmethod
    def late(cls, limits: Limits) -> QueryError:
        """The query used up its seconds."""
        return cls("timeout", f"took more than {limits.seconds:g} s")

    @classmethod
    def failed(cls, problem: object) -> QueryError:
        """The engine's own message, on one line."""
        lines = str(problem).strip().splitlines() or [type(problem).__name__]
        return cls("invalid", f"fails: {lines[0][:200]}")


class DatabaseError(Exception):
    """A database that can't be used now: missing, corrupt, locked, down. Says nothing about any query."""


@dataclass(frozen=True, slots=True)
class Result:
    """The rows that a query returned, in its order.

    Attributes:
        names: the columns' names, as the engine gave them.
        rows: a tuple of plain values for each row: `None`, `bool`, `int`, `float`, `Decimal`, `str`, `bytes`,
            and tuples of these for arrays and structs. Dates and times are ISO text, NaN is the text `NaN`.
    """

    names: tuple[str, ...]
    rows: list[Row]

    @property
    def cells(self) -> int:
        """Rows times columns."""
        return len(self.rows) * len(self.names)


def collect(names: Sequence[str], fetch: Callable[[int], list[Row]], limits: Limits) -> Result:
    """Read a result from a cursor, and stop at the limits.

    Args:
        names: the columns' names.
        fetch: returns up to so many further rows; an empty list at the end.
        limits: as `Limits`; the seconds are the caller's to watch.

    Raises:
        QueryError: a limit is passed, or there is no column.
    """
    if not names:
        raise QueryError("invalid", "returns no column")
    rows: list[Row] = []
    size = 0
    room = min(limits.rows, limits.cells // max(len(names), 1))
    while chunk := fetch(min(4096, room + 1 - len(rows))):
        size += sum([len(cell) for cell in chain.from_iterable(chunk) if isinstance(cell, (str, bytes))])
        if size > limits.bytes:
            raise QueryError("large", f"returns more than {limits.bytes:,} bytes")
        rows += chunk
        if len(rows) > limits.rows:
            raise QueryError("large", f"returns more than {limits.rows:,} rows")
        if len(rows) > room:
            raise QueryError("large", f"returns more than {limits.cells:,} cells")
    return Result(tuple(names), plain(rows))


_PLAIN = {type(None), bool, int, str, bytes}


def plain(rows: list[Row]) -> list[Row]:
    """Return rows with every value in its plain form; the same list where all are plain already."""
    kinds = set(map(type, chain.from_iterable(rows)))
    if kinds <= _PLAIN:
        return rows
    odd = kinds - _PLAIN
    if odd == {float} and not any(cell != cell for cell in chain.from_iterable(rows)):
        return rows
    return [tuple([_value(cell) if type(cell) in odd else cell for cell in row]) for row in rows]


def _value(cell: Any) -> Any:
    if isinstance(cell, (float, decimal.Decimal)):
        return cell if cell == cell else "NaN"
    if isinstance(cell, datetime.datetime):
        return _moment(cell)
    if isinstance(cell, (datetime.date, uuid.UUID)):
        return str(cell)
    if isinstance(cell, datetime.time):
        return cell.isoformat()
    if isinstance(cell, datetime.timedelta):
        return ("interval", cell // datetime.timedelta(microseconds=1))
    if isinstance(cell, (bytearray, memoryview)):
        return bytes(cell)
    if isinstance(cell, dict):
        return tuple(sorted(((str(key), _value(value)) for key, value in cell.items()), key=lambda pair: pair[0]))
    if isinstance(cell, (set, frozenset)):
        return tuple(sorted(_values(cell), key=repr))
    if isinstance(cell, (list, tuple)):
        return _values(cell)
    return cell if type(cell) in _PLAIN else str(cell)


def _values(cells: Iterable[Any]) -> Row:
    return tuple(_value(cell) for cell in cells)


def _moment(cell: datetime.datetime) -> str:
    """ISO text: a moment with a zone in UTC, midnight of a day as the day."""
    if cell.tzinfo is not None:
        return cell.astimezone(datetime.UTC).replace(tzinfo=None).isoformat(" ") + "+00:00"
    if cell.time() == datetime.time():
        return cell.date().isoformat()
    return cell.isoformat(" ")
