"""JSON as the standard has it, from a model's hand: bounded, and nothing is repaired or guessed."""

from __future__ import annotations

import json
import math
import re
from typing import Any

__all__ = ["loads", "loads_all"]

#: Deeper values are refused: they are written to exhaust who walks them.
MAX_DEPTH = 50

_BETWEEN = re.compile(r"[\s,;]*")


def loads(text: str) -> Any:
    """Read one JSON value.

    Raises:
        ValueError: it is none. Duplicate keys, `NaN`, numbers beyond a float's range and deep nesting are refused.

    >>> loads('{"a": [1, 2]}')
    {'a': [1, 2]}
    """
    try:
        return _shallow(_DECODER.decode(text))
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def loads_all(text: str) -> list[Any]:
    """Read several JSON values that stand behind each other, with blanks, commas, semicolons or nothing between them.

    Raises:
        ValueError: the text holds anything else, or nothing.

    >>> loads_all('{"a": 1} {"b": 2}; 3')
    [{'a': 1}, {'b': 2}, 3]
    """
    values = []
    position = len(text) - len(text.lstrip())
    while position < len(text):
        try:
            value, position = _DECODER.raw_decode(text, position)
        except RecursionError:
            raise ValueError("it is nested too deeply") from None
        values.append(_shallow(value))
        between = _BETWEEN.match(text, position)
        position = between.end() if between else position
    if not values:
        raise ValueError("there is nothing")
    return values


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) < len(pairs):
        raise ValueError("a key stands twice")
    return value


def _constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _float(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        raise ValueError("a number is out of range")
    return value


def _int(digits: str) -> int:
    if len(digits) > 300:
        raise ValueError("a number is out of range")
    return int(digits)


_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_constant, parse_float=_float, parse_int=_int)


def _shallow(value: Any) -> Any:
    level, depth = [value], 0
    while level:
        level = [
            one
            for held in level
            if isinstance(held, (dict, list))
            for one in (held.values() if isinstance(held, dict) else held)
        ]
        depth += 1
        if depth > MAX_DEPTH:
            raise ValueError("it is nested too deeply")
    return value
