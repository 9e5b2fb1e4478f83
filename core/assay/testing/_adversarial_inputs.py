"""What a model may write, and what a data set may hold, when neither does what is expected."""

from __future__ import annotations

from typing import Any

__all__ = ["PAYLOADS", "REFERENCES"]

_LONG = 100_000

#: Completions, and answers inside completions. Each was chosen for a reader that it breaks.
PAYLOADS: dict[str, str] = {
    "empty": "",
    "blank": " \n\t\u00a0",
    "null bytes": "\x00" * 10 + "1\x00",
    "a lone surrogate": "\ud800 1",
    "bidirectional marks": "\u202e1 = 2\u202c",
    "line separators": "1\u20282\u20293\x854\x0b5\r6",
    "digits of other scripts": "\u0661\u0662 \uff11\uff12 \u00b2\u00b3 \u2167 \u00bd",
    "combining marks": "e" + "\u0301" * 5_000,
    "a megabyte": "word " * 200_000,
    "one word": "x" * _LONG,
    "digits": "9" * _LONG,
    "open braces": "{" * _LONG,
    "open brackets": "[" * _LONG,
    "open parentheses": "(" * _LONG + "1" + ")" * _LONG,
    "backslashes": "\\" * _LONG,
    "quotes": "\"'" * _LONG,
    "open boxes": "\\boxed{" * 20_000,
    "open tags": "<think><answer>" * 20_000,
    "closing tags": "</think></answer>" * 20_000,
    "open fences": "```json\n" * 20_000,
    "minus signs": "-" * _LONG + "1",
    "negations": "~!not " * 10_000 + "x",
    "commas": "1," * _LONG,
    "not a number": "nan",
    "infinity": "-inf",
    "a large exponent": "1e999999",
    "a power tower": "10^{10^{10^{10}}} 9**9**9**9",
    "a factorial": "(10^9)!",
    "a division by zero": "1/0",
    "python": "__import__('os').system('exit 1') or (lambda: 0)()",
    "a class walk": "().__class__.__base__.__subclasses__()",
    "a format string": "%s%n {0.__class__} ${x} {{}}",
    "markup": '<!DOCTYPE a [<!ENTITY b "cc">]><a>&b;</a>',
    "deep json": '{"a":' * 5_000 + "1" + "}" * 5_000,
    "json constants": '{"a": NaN, "a": Infinity, "b": 1e999}',
    "sql": "'; DROP TABLE t; --",
    "backtracking": "a" * 5_000 + "!",
}

#: References that no data set should hold. `None` is refused before a verifier sees it.
REFERENCES: dict[str, Any] = {
    "an empty text": "",
    "blanks": " \n",
    "an empty list": [],
    "an empty mapping": {},
    "not a number": float("nan"),
    "infinity": float("inf"),
    "a bool": True,
    "a negative number": -1,
    "a huge integer": 10**400,
    "a null byte": "\x00",
    "a lone surrogate": "\ud800",
    "a long text": "word " * 20_000,
    "open braces": "{" * 20_000,
    "a list of lists": [[[[[]]]], None, 1, "a"],
    "a mapping of odd values": {"": None, "a": [float("nan")], "b": {"c": {}}},
    "bytes": b"\xff\x00",
}
