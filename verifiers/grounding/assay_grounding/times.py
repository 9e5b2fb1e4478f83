"""Reads times and spans of time: `12.5-14.0`, `00:12 to 00:15`, `1:02:03.5`."""

from __future__ import annotations

import re

__all__ = ["seconds", "spans_in"]

_CLOCK = r"[-\u2212]?\d++(?::\d++){0,2}(?:\.\d*+)?"
_UNIT = r"\s*+(?:seconds|second|secs|sec|s)?+"
_TIME = re.compile(rf"\s*+({_CLOCK}){_UNIT}\s*+")
_SPAN = re.compile(
    rf"(?<![\w.:])({_CLOCK}){_UNIT}[\"']?\s*+(?:-|\u2013|\u2014|~|\u2192|->|,|to\b|until\b|and\b)\s*+[\"']?({_CLOCK}){_UNIT}(?![\w:])",
    re.IGNORECASE,
)


def seconds(text: str) -> float | None:
    """Return a time in seconds, `None` if the text is none.

    >>> seconds("1:02.5")
    62.5
    """
    match = _TIME.fullmatch(text.lower())
    return _read(match[1]) if match else None


def spans_in(text: str) -> list[list[float]]:
    """Return every span that a text holds, each as its start and end in seconds.

    >>> spans_in("from 00:12 to 00:15, then 20.5-21")
    [[12.0, 15.0], [20.5, 21.0]]
    """
    return [[_read(match[1]), _read(match[2])] for match in _SPAN.finditer(text)]


def _read(clock: str) -> float:
    sign = -1.0 if clock[0] in "-\u2212" else 1.0
    total = 0.0
    for part in clock.lstrip("-\u2212").split(":"):
        total = total * 60 + float(part)
    return sign * total
