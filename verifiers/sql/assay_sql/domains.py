"""Values that a column may hold, chosen so that a query's constants are met, missed by one, and passed."""

from __future__ import annotations

import datetime
import random
import re
from collections.abc import Iterable
from typing import Any

from assay_sql.catalog import Kind
from assay_sql.constants import Pattern

__all__ = ["common", "fresh", "matching", "near"]

_DATE = re.compile(r"(\d{4})-(\d\d)-(\d\d)(.*)", re.DOTALL)
_NUMBER = re.compile(r"-?\d{1,15}(\.\d{1,9})?")
_SYLLABLES = ("ba", "co", "di", "fe", "gu", "ka", "lo", "mi", "ne", "pa", "ri", "so", "tu", "va", "we", "za")
_FIRST_DAY = datetime.date(2000, 1, 1)


def common(kind: Kind) -> list[Any]:
    """Return values that columns of a kind mostly hold, few, so that they meet each other."""
    if kind in ("integer", "number"):
        return [1, 2, 3, 0, 5]
    if kind == "real":
        return [1.0, 2.5, 3.0, 0.5]
    if kind == "boolean":
        return [0, 1]
    if kind == "date":
        return ["2001-01-01", "2010-06-15", "2019-12-31"]
    if kind == "time":
        return ["00:00:00", "08:30:00", "23:59:59"]
    if kind == "timestamp":
        return ["2001-01-01 00:00:00", "2010-06-15 12:30:00", "2019-12-31 23:59:59"]
    if kind == "blob":
        return [b"", b"a", b"b"]
    return ["Alpha", "beta", "Gamma"]


def fresh(kind: Kind, source: random.Random) -> Any:
    """Return a value of a kind that is rarely met twice."""
    if kind in ("integer", "number"):
        return source.choice((source.randint(1, 99), source.randint(100, 9999), source.randint(-50, 0)))
    if kind == "real":
        return round(source.uniform(-20, 500), 2)
    if kind == "boolean":
        return source.randint(0, 1)
    day = (_FIRST_DAY + datetime.timedelta(days=source.randint(0, 9000))).isoformat()
    clock = f"{source.randint(0, 23):02}:{source.randint(0, 59):02}:{source.randint(0, 59):02}"
    if kind == "date":
        return day
    if kind == "time":
        return clock
    if kind == "timestamp":
        return f"{day} {clock}"
    word = "".join(source.choice(_SYLLABLES) for _ in range(source.randint(2, 4)))
    if kind == "blob":
        return word.encode()
    return word.capitalize() if source.random() < 0.7 else word


def matching(values: Iterable[Any], kind: Kind) -> list[Any]:
    """Return, for each constant that a column is compared with, the value of the column that equals it."""
    return list(dict.fromkeys(fitting for value in values for fitting in _fit(_exactly(value), kind)))


def near(values: Iterable[Any], kind: Kind) -> list[Any]:
    """Return values just beside constants: one less, one more, another case, a pattern that is nearly matched."""
    return list(dict.fromkeys(fitting for value in values for fitting in _fit(_beside(value), kind)))


def _exactly(value: Any) -> list[Any]:
    if isinstance(value, Pattern):
        plain = value.text.replace("_", "x")
        return [plain.replace("%", ""), plain.replace("%", "qa")]
    return [value]


def _beside(value: Any) -> list[Any]:
    if isinstance(value, Pattern):
        core = value.text.replace("_", "x").replace("%", "")
        return [core[1:], "z" + core, core + "z", core.swapcase()]
    if isinstance(value, int):
        return [value - 1, value + 1]
    if isinstance(value, float):
        return [value - 1, value + 1, value - 0.01, value + 0.01]
    if isinstance(value, bytes):
        return [value + b"a"]
    text = str(value)
    date = _DATE.fullmatch(text)
    if date:
        try:
            day = datetime.date(int(date[1]), int(date[2]), int(date[3]))
            one = datetime.timedelta(days=1)
            return [(day - one).isoformat() + date[4], (day + one).isoformat() + date[4]]
        except (ValueError, OverflowError):
            return [text + "a"]
    if _NUMBER.fullmatch(text):
        number = float(text) if "." in text else int(text)
        return [str(number - 1), str(number + 1)]
    return [text + "a", text[:-1], text.swapcase()]


def _fit(values: Iterable[Any], kind: Kind) -> list[Any]:
    """Return the values as a column of a kind would hold them; those that it can't hold are left out."""
    fitting: list[Any] = []
    for value in values:
        if kind in ("integer", "number", "real"):
            text = str(value)
            if _NUMBER.fullmatch(text):
                number = float(text)
                whole = number.is_integer()
                if kind == "real":
                    fitting.append(number)
                elif whole or kind == "number":
                    fitting.append(int(number) if whole else number)
                else:  # between two integers: both
                    fitting += [int(number // 1), int(number // 1) + 1]
            elif isinstance(value, float):
                fitting.append(value)
        elif kind == "boolean":
            truths = {"1": 1, "0": 0, "true": 1, "false": 0}
            fitting += [truths[str(value).lower()]] if str(value).lower() in truths else []
        elif kind == "blob":
            fitting.append(value if isinstance(value, bytes) else str(value).encode())
        elif kind in ("date", "timestamp"):
            text = str(value)
            if re.fullmatch(r"\d{4}", text):  # a year
                fitting += [f"{text}-01-01", f"{text}-12-31"]
            elif re.fullmatch(r"\d{4}-\d\d", text):
                fitting.append(f"{text}-15")
            elif _DATE.fullmatch(text):
                fitting.append(text)
        else:
            fitting.append(value if isinstance(value, str) else str(value))
    return fitting
