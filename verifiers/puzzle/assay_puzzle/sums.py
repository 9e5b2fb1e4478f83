"""Reads and computes what may be built from given numbers: + - * / and brackets, in exact fractions.

A parser of our own, and a small one: what a model writes is never handed to Python or to an algebra system.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

__all__ = ["MAX_LENGTH", "Illegal", "Sum", "read"]

#: Longer texts are no answer to such a puzzle.
MAX_LENGTH = 2_000
#: Brackets deeper than this are refused.
MAX_DEPTH = 60

_TOKEN = re.compile(r"\s*(?:([0-9]+(?:\.[0-9]+)?)|(\\frac|\\dfrac|\\tfrac)|([-+*/()={}]))")
_FORMS = {
    "\u00d7": "*", "\u22c5": "*", "\u00b7": "*", "\u00f7": "/", "\u2215": "/", "\u2212": "-", "\u2013": "-",
    "\\times": "*", "\\cdot": "*", "\\ast": "*", "\\div": "/", "\\left": "", "\\right": "", "\\,": " ", "\\;": " ",
    "\\!": "", "\\(": " ", "\\)": " ", "\\[": " ", "\\]": " ", "$": " ", "[": "(", "]": ")",
}  # fmt: skip
_FORM = re.compile("|".join(re.escape(form) for form in sorted(_FORMS, key=len, reverse=True)))


Number = int | Fraction


class Illegal(ValueError):
    """The text is no such expression. The message is a phrase that says why."""


@dataclass(frozen=True, slots=True)
class Sum:
    """An expression.

    Attributes:
        numbers: every number in it, as written, in order; whole ones as ints, which compute faster.
        value: what it comes to, `None` where it divides by zero.
        claimed: the number on the other side of an equals sign, if there is one.
    """

    numbers: tuple[Number, ...]
    value: Number | None
    claimed: Number | None = None


def read(text: str) -> Sum:
    r"""Read an expression, or an equation whose one side is a plain number.

    Raises:
        Illegal: it is neither, holds anything but numbers, + - * / and brackets, or is too long or too deep.

    >>> read(r"(1 + 3) \times 6 = 24").value
    24
    """
    if len(text) > MAX_LENGTH:
        raise Illegal(f"it has {len(text):,} characters")
    tokens = list(_tokens(_FORM.sub(lambda match: _FORMS[match[0]], text)))
    sides: list[list[str]] = [[]]
    for token in tokens:
        if token == "=":
            sides.append([])
        else:
            sides[-1].append(token)
    if len(sides) > 2:
        raise Illegal("there are several equals signs")
    if len(sides) == 2:
        plain = [_plain(side) for side in sides]
        if plain[1] is None and plain[0] is None:
            raise Illegal("neither side of the equation is a plain number")
        side, claimed = (sides[0], plain[1]) if plain[1] is not None else (sides[1], plain[0])
    else:
        side, claimed = sides[0], None
    reader = _Reader(side)
    value = reader.whole()
    return Sum(tuple(reader.numbers), value, claimed)


def _tokens(text: str) -> Iterator[str]:
    place = 0
    text = text.rstrip().removesuffix(".")
    while place < len(text):
        match = _TOKEN.match(text, place)
        if match is None:
            if not text[place:].strip():
                return
            raise Illegal(f"it holds {text[place:].strip()[:20]!r}")
        yield "\\frac" if match[2] else match[1] or match[3]
        place = match.end()


def _plain(side: list[str]) -> Number | None:
    """Return the number that a side is, `None` where it is an expression."""
    sign, rest = (-1, side[1:]) if side[:1] == ["-"] else (1, side)
    return sign * _number(rest[0]) if len(rest) == 1 and rest[0][0].isdigit() else None


class _Reader:
    """Recursive descent over one side's tokens."""

    def __init__(self, tokens: list[str]) -> None:
        self.tokens, self.place = tokens, 0
        self.numbers: list[Number] = []

    def whole(self) -> Number | None:
        value = self.sum(0)
        if self.place < len(self.tokens):
            raise Illegal(f"an operator is missing before {self.tokens[self.place]!r}")
        return value

    def next(self) -> str:
        return self.tokens[self.place] if self.place < len(self.tokens) else ""

    def take(self, token: str) -> None:
        if self.next() != token:
            raise Illegal(f"{token!r} is missing" + (f" before {self.next()!r}" if self.next() else " at the end"))
        self.place += 1

    def sum(self, depth: int) -> Number | None:
        value = self.product(depth)
        while (operator := self.next()) in ("+", "-") and operator:
            self.place += 1
            other = self.product(depth)
            if value is not None and other is not None:
                value = value + other if operator == "+" else value - other
            else:
                value = None
        return value

    def product(self, depth: int) -> Number | None:
        value = self.signed(depth)
        while (operator := self.next()) in ("*", "/") and operator:
            self.place += 1
            other = self.signed(depth)
            value = _divided(value, other) if operator == "/" else _times(value, other)
        return value

    def signed(self, depth: int) -> Number | None:
        negative = False
        while self.next() in ("-", "+"):
            negative ^= self.next() == "-"
            self.place += 1
        value = self.atom(depth)
        return -value if negative and value is not None else value

    def atom(self, depth: int) -> Number | None:
        if depth > MAX_DEPTH:
            raise Illegal("its brackets are nested too deeply")
        token = self.next()
        self.place += 1
        if token == "\\frac":
            over, under = self.braced(depth), self.braced(depth)
            return _divided(over, under)
        if token in ("(", "{"):
            value = self.sum(depth + 1)
            self.take(")" if token == "(" else "}")
            return value
        if not token or not token[0].isdigit():
            raise Illegal(f"a number is missing before {token!r}" if token else "a number is missing at the end")
        self.numbers.append(_number(token))
        return self.numbers[-1]

    def braced(self, depth: int) -> Number | None:
        self.take("{")
        value = self.sum(depth + 1)
        self.take("}")
        return value


def _number(token: str) -> Number:
    return Fraction(token) if "." in token else int(token)


def _times(one: Number | None, two: Number | None) -> Number | None:
    return None if one is None or two is None else one * two


def _divided(one: Number | None, two: Number | None) -> Number | None:
    return None if one is None or two is None or two == 0 else Fraction(one) / two
