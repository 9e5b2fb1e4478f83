"""What may follow a number: units that convert into each other, money, and names of things counted."""

from __future__ import annotations

import re
from fractions import Fraction

__all__ = ["agree", "normal"]

# Dimension and size in a base unit. Exact by definition (SI brochure; international yard and pound).
_INCH = Fraction(254, 10000)
_POUND = Fraction(45359237, 10**8)
_UNITS: dict[str, tuple[str, Fraction]] = {}


def _define(dimension: str, size: Fraction | int, *names: str) -> None:
    for name in names:
        _UNITS[name] = (dimension, Fraction(size))


for _prefix, _short, _factor in [
    ("", "", Fraction(1)), ("kilo", "k", Fraction(1000)), ("centi", "c", Fraction(1, 100)),
    ("milli", "m", Fraction(1, 1000)), ("micro", "\\mu", Fraction(1, 10**6)), ("nano", "n", Fraction(1, 10**9)), ("deci", "d", Fraction(1, 10)),
]:  # fmt: skip
    _define("length", _factor, f"{_short}m", f"{_prefix}meter", f"{_prefix}metre")
    _define("mass", _factor / 1000, f"{_short}g", f"{_prefix}gram")
    _define("volume", _factor / 1000, f"{_short}l", f"{_short}L", f"{_prefix}liter", f"{_prefix}litre")
    _define("time", _factor, f"{_short}s", f"{_prefix}second")
    for _unit, _name in [
        ("W", "watt"),
        ("J", "joule"),
        ("N", "newton"),
        ("V", "volt"),
        ("A", "ampere"),
        ("Hz", "hertz"),
        ("Pa", "pascal"),
    ]:
        _define(_name, _factor, f"{_short}{_unit}", f"{_prefix}{_name}")
_define("length", _INCH, "in", "inch")
_define("length", 12 * _INCH, "ft", "foot", "feet")
_define("length", 36 * _INCH, "yd", "yard")
_define("length", 63360 * _INCH, "mi", "mile")
_define("mass", _POUND, "lb", "pound")
_define("mass", _POUND / 16, "oz", "ounce")
_define("mass", 1000, "tonne")
_define("time", 1, "sec")
_define("time", 60, "min", "minute")
_define("time", 3600, "h", "hr", "hour")
_define("time", 86400, "day")
_define("time", 604800, "week")
_define("money", 1, "\\dollar", "dollar", "usd", "buck")
_define("money", Fraction(1, 100), "cent", "penny", "pennies", "\\cent", "¢")
_define("euro", 1, "\\euro", "euro")
_define("sterling", 1, "\\pounds", "gbp")
_define("angle", 1, "\\circ", "degree", "deg")

_WORD = re.compile(r"\\?[a-zA-Z\u00a2]+|[\^/]|-?\d+")
_FILLER = {"of", "the", "a", "an", "in", "total", "more", "each", "about", "approximately", "different", "possible"}


def normal(unit: str) -> tuple[str, ...]:
    """Return a unit's words in a form for comparison: singular, 'per' for '/', powers written out."""
    words: list[str] = []
    for word in _WORD.findall(unit):
        if word in ("^",) or word.lower() in _FILLER:
            continue
        word = "per" if word == "/" else word
        if word in ("square", "sq") or word in ("cubic", "cu"):
            words.append({"s": "2", "c": "3"}[word[0]])
            continue
        if words and words[-1] in ("2", "3") and not word.isdigit():  # "square metre" is "metre 2"
            words[-1:] = [_singular(word), words[-1]]
            continue
        words.append(_singular(word))
    return tuple(words)


def _singular(word: str) -> str:
    if word in _UNITS:
        return word
    low = word.lower()
    for one in (low, low.removesuffix("s"), low.removesuffix("es")):
        if one in _UNITS:
            return one
    return low.removesuffix("s") if len(low) > 3 else low


def agree(left: str, right: str) -> Fraction | None:
    """Return how many of the right unit make one of the left, `None` if the units don't agree.

    Two names of things counted agree when one says no more than the other: `dollars` and `dollars per day`.
    """
    a, b = normal(left), normal(right)
    if a == b or not a or not b:
        return Fraction(1)
    first, second = _UNITS.get(a[0]), _UNITS.get(b[0])
    if first and second:
        if a[1:] != b[1:] or first[0] != second[0]:
            # "m^2" and "m" differ; "dollars" and "dollars per day" don't.
            shorter = min(a, b, key=len)
            same = a[: len(shorter)] == b[: len(shorter)] and max(a, b, key=len)[len(shorter)] == "per"
            return Fraction(1) if same else None
        power = int(a[1]) if len(a) > 1 and a[1].isdigit() else 1
        return (first[1] / second[1]) ** power
    if first or second:
        return None
    return Fraction(1) if set(a) <= set(b) or set(b) <= set(a) else None


def known(unit: str) -> bool:
    """Whether a text is a unit rather than a word."""
    words = normal(unit)
    return bool(words) and words[0] in _UNITS
