"""The words and signs of an answer, and a cursor over them."""

from __future__ import annotations

import re

from assay_math import units
from assay_math.vocabulary import FUNCTIONS, MONEY, NO_PRODUCT, RELATIONS, TEXT

__all__ = ["MAX_DEPTH", "MAX_DIGITS", "Tokens", "Unreadable"]

#: Deepest nesting of an answer.
MAX_DEPTH = 60
#: Longest number of an answer, in digits.
MAX_DIGITS = 5000


class Unreadable(ValueError):
    """A text that is not mathematics; the message says why."""


_TOKEN = re.compile(
    r"\s*(?:(?P<number>\d{1,3}(?:,\d{3})+(?!\d)(?:\.\d+)?|\d+\.\d+|\d+\.(?!\w)|\.\d+|\d+)"
    r"|(?P<command>\\(?:[a-zA-Z]+|.))|(?P<word>[a-zA-Z]+)|(?P<sign>\*\*|<=|>=|!=|==|[^\s]))",
    re.DOTALL,
)
# What ends a unit.
_AFTER_UNIT = {",", ";", "\\cup", ")", "]", "\\}", "+", "}", ":", "|", "\\\\", "&", "%", "?"}
_EXPONENT = re.compile(r"[eE]([-+]?\d{1,6})(?![\w.])")


class Tokens:
    """A cursor over the tokens of an answer: kind, text, and whether a space came before."""

    def __init__(self, text: str) -> None:
        self.tokens: list[tuple[str, str, bool]] = []  # kind, text, whether a space came before
        position = 0
        for match in _TOKEN.finditer(text):
            kind = match.lastgroup or "sign"
            start = match.start(kind)
            if start < position:  # inside what an exponent has taken
                continue
            value, position = match[kind], match.end()
            if kind == "number" and (exponent := _EXPONENT.match(text, position)) is not None:
                value, position = value + exponent[0], exponent.end()
            self.tokens.append((kind, value, match.start() < start))
        self.position = 0
        self.depth = 0

    def peek(self, ahead: int = 0) -> str:
        """Return the text of the next token, or of one further ahead; nothing at the end."""
        position = self.position + ahead
        return self.tokens[position][1] if position < len(self.tokens) else ""

    def kind(self, ahead: int = 0) -> str:
        """Return the kind of the next token: number, command, word or sign."""
        position = self.position + ahead
        return self.tokens[position][0] if position < len(self.tokens) else ""

    def take(self) -> str:
        """Return the next token and go on."""
        token = self.peek()
        self.position += 1
        return token

    def expect(self, token: str) -> None:
        """Take a token that must come.

        Raises:
            Unreadable: another comes.
        """
        if self.take() != token:
            raise Unreadable(f"'{token}' is missing")

    def accept(self, *tokens: str) -> bool:
        """Take the next token if it is one of these."""
        if self.peek() in tokens:
            self.position += 1
            return True
        return False

    def spaced(self) -> bool:
        """Whether a space stands before the next token."""
        return self.position < len(self.tokens) and self.tokens[self.position][2]

    def joins(self) -> bool:
        """Whether an 'and' or 'or' comes."""
        here = self.position
        joined = self.join()
        self.position = here
        return bool(joined)

    def join(self) -> str:
        """Take an 'and' or 'or', if one comes, and return it."""
        words = {"\\lor": "or", "\\land": "and", "\\vee": "or", "\\wedge": "and", "and": "and", "or": "or", "&": ""}
        if words.get(self.peek()):
            return words[self.take()]
        if self.peek() in TEXT and self.peek(1) == "{" and self.peek(2) in ("and", "or") and self.peek(3) == "}":
            self.position += 4
            return self.peek(-2)
        return ""

    def digits(self) -> str:
        """Take digits, in braces or not."""
        braced = self.accept("{")
        digits = self.take()
        if not digits.isdigit() or (braced and self.take() != "}"):
            raise Unreadable("only digits repeat")
        return digits

    def begins_unit(self) -> bool:
        """Whether what comes is a unit, or the name of what was counted."""
        token = self.peek()
        if token == "^" and (self.peek(1) == "\\circ" or (self.peek(1) == "{" and self.peek(2) == "\\circ")):
            return True
        if token in ("\\circ", "\\cent") or token in MONEY:
            return True
        if token == "\\frac" and self.peek(1) == "{" and self.peek(2) in TEXT:
            return True
        if token in TEXT and self.peek(1) == "{":
            return self.peek(2) not in ("and", "or", "if", "to") and not (
                self.kind(2) == "word"
                and len(self.peek(2)) == 1
                and self.peek(2) in "xyzabnkij"
                and self.peek(3) == "}"
            )
        if token == "min" and self.spaced() and self.peek(1) not in ("(", "{", "\\{", "_"):
            return self.position > 0 and self.tokens[self.position - 1][0] == "number"
        if self.kind() != "word" or token in ("and", "or", "if", "to", "base") or token in FUNCTIONS or token == "pi":
            return False
        # A word of several letters after a number is what was counted; of few, a unit if it is known as one.
        after_number = self.position > 0 and self.tokens[self.position - 1][0] == "number"
        if len(token) > 3 or token in NO_PRODUCT:
            return True
        if not (after_number and self.spaced() and units.known(token)):
            return False
        return len(token) > 1 or (token in "LNJWVg" and self.peek(1) in ("", "/"))

    def unit(self) -> str:
        """Take the rest of the item as a unit's words; a number after a unit of measure begins the next quantity."""
        parts: list[str] = []
        depth = 0
        while self.position < len(self.tokens):
            token = self.peek()
            if depth == 0 and (token in _AFTER_UNIT or token in RELATIONS or self.joins()):
                break
            if self.kind() == "number" and parts and parts[-1] not in ("^", "-", "/", "per", "every", "each"):
                if depth == 0 and units.known(parts[-1]):
                    break
                if depth == 0 and parts[-1].isalpha() and len(parts) > 1:
                    raise Unreadable("a unit is followed by a number")
            if (
                depth == 0
                and parts[-1:] == ["\\circ"]
                and self.kind() == "word"
                and len(token) == 1
                and token not in "CFK"
            ):
                break  # 360^\circ k
            self.take()
            if token in ("{", "("):
                depth += 1
            elif token in ("}", ")"):
                depth -= 1
                if parts and token == "}" and self.peek() == "{":  # \\frac{km}{h}
                    parts.append("/")
            elif token not in TEXT and token not in (".", "\\frac"):
                parts.append(token)
        if depth > 0:
            raise Unreadable("a unit is never closed")
        if len(parts) > 12:
            raise Unreadable("it goes on in words")
        return " ".join(parts)
