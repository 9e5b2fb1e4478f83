"""Reads formulas of propositional and first-order logic, in the usual notations, into a small tree."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

__all__ = ["MAX_LENGTH", "Formula", "Unreadable", "read_formula"]

#: Longer texts are not read.
MAX_LENGTH = 5_000
#: Brackets, negations and quantifiers deeper than this are refused.
MAX_DEPTH = 80


class Unreadable(ValueError):
    """The text is no formula; the message is a phrase that says why."""


@dataclass(frozen=True, slots=True)
class Formula:
    """A node.

    Attributes:
        kind: `atom`, `true`, `not`, `and`, `or`, `implies`, `iff`, `xor`, `all` or `some`.
        name: an atom's text, as in `P(x,f(a))`, or the quantified variable.
        parts: what it is made of.
    """

    kind: str
    name: str = ""
    parts: tuple[Formula, ...] = ()


_WORDS = {
    "not": "not", "and": "and", "or": "or", "implies": "implies", "iff": "iff", "xor": "xor", "forall": "all",
    "exists": "some", "true": "true", "false": "false", "\\neg": "not", "\\lnot": "not", "\\land": "and",
    "\\wedge": "and", "\\lor": "or", "\\vee": "or", "\\to": "implies", "\\rightarrow": "implies",
    "\\Rightarrow": "implies", "\\implies": "implies", "\\supset": "implies", "\\leftrightarrow": "iff",
    "\\Leftrightarrow": "iff", "\\iff": "iff", "\\equiv": "iff", "\\oplus": "xor", "\\veebar": "xor",
    "\\forall": "all", "\\exists": "some", "\\top": "true", "\\bot": "false",
}  # fmt: skip
_SIGNS = {
    "<->": "iff", "<=>": "iff", "->": "implies", "=>": "implies", "&&": "and", "||": "or", "/\\": "and", "\\/": "or",
    "~": "not", "!": "not", "\u00ac": "not", "&": "and", "\u2227": "and", "|": "or", "\u2228": "or", "^": "xor",
    "\u2295": "xor", "\u22bb": "xor", "\u2192": "implies", "\u21d2": "implies", "\u2283": "implies",
    "\u2194": "iff", "\u21d4": "iff", "\u2261": "iff", "\u2200": "all", "\u2203": "some", "\u22a4": "true",
    "\u22a5": "false", "(": "(", ")": ")", "[": "(", "]": ")", ",": ",", ".": ".", ":": ".", "=": "=",
    "\u2260": "differs", "!=": "differs",
}  # fmt: skip
_TOKEN = re.compile(
    r"\s*(?:([A-Za-z][A-Za-z0-9_']*|[0-9]+)|(\\[A-Za-z]+)|("
    + "|".join(re.escape(sign) for sign in sorted(_SIGNS, key=len, reverse=True))
    + r"))"
)
_NOISE = re.compile(r"\\(?:(?:left|right|quad)(?![A-Za-z])|[,;!()\[\]])|\$")

#: From the loosest to the tightest; `implies` associates to the right, the others either way.
_LEVELS = ("iff", "implies", "or", "xor", "and")
_TRUE = Formula("true")


@lru_cache(maxsize=4096)
def read_formula(text: str) -> Formula:
    r"""Read a formula.

    Connectives bind, from the loosest: iff, implies (to the right), or, xor, and, not. A quantifier reaches as far as
    it can where a dot or a bracket follows its variable, and over the next unit otherwise.

    Raises:
        Unreadable: it is no formula, or too long or too deep.

    >>> read_formula(r"\neg (p \land q)").kind
    'not'
    """
    if len(text) > MAX_LENGTH:
        raise Unreadable(f"it has {len(text):,} characters")
    return _Reader(_tokens(_NOISE.sub(" ", text).rstrip().removesuffix("."))).whole()


def _tokens(text: str) -> list[tuple[str, str]]:
    """Return kind and text of each token; a name's kind is `name`."""
    tokens = []
    place = 0
    while place < len(text):
        match = _TOKEN.match(text, place)
        if match is None:
            if not text[place:].strip():
                break
            raise Unreadable(f"it holds {text[place:].strip()[:20]!r}")
        word, command, sign = match.groups()
        if sign:
            tokens.append((_SIGNS[sign], sign))
        elif command:
            if command not in _WORDS:
                raise Unreadable(f"it holds {command!r}")
            tokens.append((_WORDS[command], command))
        else:
            known = _WORDS.get(word.lower()) if len(word) > 1 else None
            tokens.append((known or "name", word))
        place = match.end()
    return tokens


class _Reader:
    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self.tokens, self.place, self.depth = tokens, 0, 0

    def whole(self) -> Formula:
        formula = self.level(0)
        if self.place < len(self.tokens):
            raise Unreadable(f"a connective is missing before {self.tokens[self.place][1]!r}")
        return formula

    @property
    def kind(self) -> str:
        return self.tokens[self.place][0] if self.place < len(self.tokens) else ""

    def take(self, kind: str) -> str:
        if self.kind != kind:
            where = f"before {self.tokens[self.place][1]!r}" if self.kind else "at the end"
            raise Unreadable(f"{'a name' if kind == 'name' else repr(kind)} is missing {where}")
        self.place += 1
        return self.tokens[self.place - 1][1]

    def level(self, number: int) -> Formula:
        if number == len(_LEVELS):
            return self.unit()
        connective = _LEVELS[number]
        parts = [self.level(number + 1)]
        while self.kind == connective:
            self.place += 1
            parts.append(self.level(number + 1))
        if connective == "implies":
            formula = parts.pop()
            while parts:
                formula = Formula("implies", parts=(parts.pop(), formula))
            return formula
        if connective in ("and", "or") and len(parts) > 1:
            return Formula(connective, parts=tuple(parts))
        formula = parts[0]
        for part in parts[1:]:
            formula = Formula(connective, parts=(formula, part))
        return formula

    def unit(self) -> Formula:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise Unreadable("it is nested too deeply")
        try:
            return self._unit()
        finally:
            self.depth -= 1

    def _unit(self) -> Formula:
        kind = self.kind
        if kind == "not":
            self.place += 1
            return Formula("not", parts=(self.unit(),))
        if kind in ("all", "some"):
            self.place += 1
            names = [self.take("name")]
            while self.kind == ",":
                self.place += 1
                names.append(self.take("name"))
            if self.kind == ".":
                self.place += 1
                body = self.level(0)
            else:
                body = self.unit()
            for name in reversed(names):
                body = Formula(kind, name, (body,))
            return body
        if kind == "(":
            self.place += 1
            formula = self.level(0)
            self.take(")")
            return formula
        if kind in ("true", "false"):
            self.place += 1
            return _TRUE if kind == "true" else Formula("not", parts=(_TRUE,))
        atom = self.term(0)
        if self.kind in ("=", "differs"):
            differs = self.kind == "differs"
            self.place += 1
            sides = sorted((atom, self.term(0)))  # equality knows no order
            equal = Formula("atom", "=".join(sides))
            return Formula("not", parts=(equal,)) if differs else equal
        return Formula("atom", atom)

    def term(self, depth: int) -> str:
        if depth > MAX_DEPTH:
            raise Unreadable("its terms are nested too deeply")
        name = self.take("name")
        if self.kind != "(" or self.tokens[self.place][1] != "(":
            return name
        self.place += 1
        arguments = [self.term(depth + 1)]
        while self.kind == ",":
            self.place += 1
            arguments.append(self.term(depth + 1))
        self.take(")")
        return f"{name}({','.join(arguments)})"
