"""Plain data as JSON that keeps exact types, and the pipe that carries it.

Runs on both sides of the sandbox's wall, so it imports nothing that is slow to import.
"""

from __future__ import annotations

import os
import select
import time
from collections.abc import Callable
from typing import Any

__all__ = [
    "MAX_DEPTH",
    "MAX_MESSAGE",
    "Channel",
    "Closed",
    "NotPlain",
    "TimedOut",
    "decode",
    "dumps",
    "encode",
    "loads",
]

#: Levels of nesting in a value.
MAX_DEPTH = 100
#: Bytes of a message.
MAX_MESSAGE = 8 << 20
#: Items that are taken from an iterator.
MAX_ITEMS = 100_000

_EXACT = 2**53


class NotPlain(Exception):
    """A value that is not plain data; it stays where it is."""


class Closed(Exception):
    """The other side has ended, or says what is no message."""


class TimedOut(BaseException):
    """The other side did not answer in time. No test may catch it by `except Exception`."""


class _Decoding:
    """What CPython's scanner wants to know of its decoder; `json` itself takes 7 ms to import."""

    strict = False
    object_hook = None
    object_pairs_hook = None
    parse_float = float
    parse_int = int
    parse_constant = float
    memo: dict[str, str] = {}  # noqa: RUF012 - the scanner's own


def _codec() -> tuple[Callable[[Any], str], Callable[[str], Any]]:
    try:
        import _json  # type: ignore[import-not-found,unused-ignore]

        context: Any = _Decoding()
        no_default: Any = None
        scan = _json.make_scanner(context)
        write = _json.make_encoder(None, no_default, _json.encode_basestring_ascii, None, ":", ",", False, False, True)
        if "".join(write([1.5, "a", None], 0)) != '[1.5,"a",null]' or scan('[1.5,"a",null]', 0)[0] != [1.5, "a", None]:
            raise ImportError

        def read(text: str) -> Any:
            try:
                value, end = scan(text, 0)
            except StopIteration:
                raise ValueError("it is not JSON") from None
            if end != len(text):
                raise ValueError("something stands after the JSON")
            return value

        return lambda value: "".join(write(value, 0)), read
    except (ImportError, AttributeError, TypeError, ValueError):
        import json

        return lambda value: json.dumps(value, separators=(",", ":")), json.loads


dumps, loads = _codec()


def encode(value: Any, other: Callable[[Any], Any], depth: int = 0) -> Any:
    """Return plain data as what JSON can hold.

    Args:
        value: anything.
        other: encodes what is not plain; may raise `NotPlain`.
        depth: levels around it.

    Raises:
        NotPlain: it is nested too deeply, or `other` refuses.
    """
    kind = type(value)
    if value is None or kind is bool or kind is str:
        return value
    if kind is int:
        return value if -_EXACT < value < _EXACT else ["i", hex(value)]
    if kind is float:
        return value if value - value == 0 else ["f", repr(value)]
    if depth > MAX_DEPTH:
        raise NotPlain(f"it is nested more than {MAX_DEPTH} deep")
    tag = _ITERABLE.get(kind)
    if tag is not None:
        return [tag, *[encode(one, other, depth + 1) for one in value]]
    if kind is dict:
        return ["d", *[[encode(k, other, depth + 1), encode(v, other, depth + 1)] for k, v in value.items()]]
    if kind in (bytes, bytearray):
        return ["b" if kind is bytes else "y", value.decode("latin-1")]
    if kind is complex:
        return ["c", encode(value.real, other), encode(value.imag, other)]
    if kind is range:
        return ["r", value.start, value.stop, value.step]
    module, name = kind.__module__, kind.__qualname__
    if (module, name) in _TEXTS:
        return ["x", f"{module}.{name}", _TEXTS[module, name](value)]
    return other(value)


#: Kinds that are plain enough, and how each is written as text.
_TEXTS: dict[tuple[str, str], Callable[[Any], str]] = {
    ("decimal", "Decimal"): str,
    ("fractions", "Fraction"): str,
    ("datetime", "date"): lambda value: value.isoformat(),
    ("datetime", "time"): lambda value: value.isoformat(),
    ("datetime", "datetime"): lambda value: value.isoformat(),
    ("datetime", "timedelta"): lambda value: f"{value.days},{value.seconds},{value.microseconds}",
}
_ITERABLE: dict[type, str] = {list: "l", tuple: "t", set: "s", frozenset: "z"}


def decode(node: Any, other: Callable[[list[Any]], Any], depth: int = 0) -> Any:
    """Return the value that `encode` wrote.

    Raises:
        ValueError: nothing is written so.
    """
    if not isinstance(node, list):
        if isinstance(node, dict):
            raise ValueError("an object is no value")
        return node
    if depth > MAX_DEPTH + 2 or not node:
        raise ValueError("no value is written so")
    tag, rest = node[0], node[1:]
    try:
        if tag in ("l", "t", "s", "z", "n"):
            items = [decode(one, other, depth + 1) for one in rest]
            if tag in ("s", "z"):
                _refuse_collisions(items)
            return _SEQUENCES[tag](items)
        if tag == "d":
            _refuse_collisions([decode(k, other, depth + 1) for k, _ in rest])
            return {decode(k, other, depth + 1): decode(v, other, depth + 1) for k, v in rest}
        if tag == "i":
            return int(rest[0], 16)
        if tag == "f":
            return float(rest[0])
        if tag in ("b", "y"):
            data = rest[0].encode("latin-1")
            return data if tag == "b" else bytearray(data)
        if tag == "c":
            return complex(decode(rest[0], other), decode(rest[1], other))
        if tag == "r":
            return range(*rest)
        if tag == "x":
            return _from_text(*rest)
    except (TypeError, IndexError, AttributeError, ArithmeticError) as problem:
        raise ValueError(f"no value is written so: {problem}") from None
    return other(node)


_SEQUENCES: dict[str, Callable[[list[Any]], Any]] = {"l": list, "t": tuple, "s": set, "z": frozenset, "n": iter}


def _refuse_collisions(keys: list[Any]) -> None:
    """Refuse keys that were made to have one hash: a set of them takes time beyond all measure."""
    if len(keys) > 1000:
        hashes = sorted(map(hash, keys))
        if any(one == other for one, other in zip(hashes, hashes[100:], strict=False)):
            raise ValueError("its keys have the same hash")


def _from_text(kind: str, text: str) -> Any:
    if len(text) > 10_000:
        raise ValueError("it is too long")
    if kind == "decimal.Decimal":
        from decimal import Decimal

        return Decimal(text)
    if kind == "fractions.Fraction":
        from fractions import Fraction

        top, _, bottom = text.partition("/")
        return Fraction(int(top), int(bottom or 1))
    import datetime

    if kind == "datetime.timedelta":
        return datetime.timedelta(*map(int, text.split(",")))
    made: dict[str, Any] = {
        "datetime.date": datetime.date,
        "datetime.time": datetime.time,
        "datetime.datetime": datetime.datetime,
    }
    return made[kind].fromisoformat(text) if kind in made else _refuse(kind)


def _refuse(kind: str) -> Any:
    raise ValueError(f"{kind} is no kind of value")


class Channel:
    """Messages over two descriptors: a length of eight hexadecimal digits, then JSON."""

    def __init__(self, source: int, sink: int) -> None:
        self.source, self.sink = source, sink
        self._buffer = bytearray()

    def send(self, message: Any) -> int:
        """Send a message and return its size.

        Raises:
            Closed: nobody reads.
        """
        data = dumps(message).encode()
        view = memoryview(b"%08x" % len(data) + data)
        try:
            while view:
                view = view[os.write(self.sink, view) :]
        except OSError:
            raise Closed("the program has ended") from None
        return len(data)

    def receive(self, deadline: float | None = None, late: Callable[[], float | None] = lambda: None) -> str:
        """Return the next message's text.

        Args:
            deadline: on the monotonic clock.
            late: asked when the deadline has passed: a later one, or none.

        Raises:
            Closed: the other side has ended, or sends no message.
            TimedOut: none has come.
        """
        self._fill(8, deadline, late)
        try:
            size = int(self._buffer[:8], 16)
        except ValueError:
            raise Closed("the program wrote to the tests' own channel") from None
        if not 0 <= size <= MAX_MESSAGE:
            raise Closed(f"it returned more than {MAX_MESSAGE:,} bytes")
        self._fill(8 + size, deadline, late)
        text = self._buffer[8 : 8 + size].decode("ascii", "replace")
        del self._buffer[: 8 + size]
        return text

    def _fill(self, size: int, deadline: float | None, late: Callable[[], float | None]) -> None:
        """Read until so many bytes are there."""
        while len(self._buffer) < size:
            while deadline is not None:
                # An answer that is there is in time, however late this process comes to look for it.
                left = max(deadline - time.monotonic(), 0)
                if select.select([self.source], [], [], left)[0]:
                    break
                if deadline <= time.monotonic():
                    later = late()
                    if later is None and not select.select([self.source], [], [], 0)[0]:
                        raise TimedOut
                    deadline = later or deadline
            part = os.read(self.source, 1 << 16)
            if not part:
                raise Closed("the program ended before its tests did")
            self._buffer += part
