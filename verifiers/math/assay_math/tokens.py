"""The words and signs of an answer, and a cursor over them."""

from __future__ import annotations

import re

from assay_math import units
from assay_math.vocabulary import CLOSING, FUNCTIONS, NO_PRODUCT, TEXT

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

    def joins(self) -> bool:
        """Whether an 'and' or 'or' comes."""
        here = self.position
        joined = self.join()
        self.position = here
        return joined

    def join(self) -> bool:
        """Take an 'and' or 'or', if one comes."""
        if self.peek() in ("and", "or", "\\lor", "\\land", "\\vee", "\\wedge"):
            self.position += 1
            return True
        if self.peek() in TEXT and self.peek(1) == "{" and self.peek(2) in ("and", "or") and self.peek(3) == "}":
            self.position += 4
            return True
        return False

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
        if token in ("\\circ", "\\euro", "\\pounds", "\\cent", "\\dollar"):
            return True
        if token in TEXT and self.peek(1) == "{":
            return self.peek(2) not in ("and", "or") and not (
                self.kind(2) == "word" and len(self.peek(2)) == 1 and self.peek(2) in "xyzabnk"
            )
        if self.kind() != "word" or token in ("and", "or") or token in FUNCTIONS or token == "pi":
            return False
        # A word of several letters after a number is what was counted; of few, a unit if it is known as one.
        after_number = self.position > 0 and self.tokens[self.position - 1][0] == "number"
        if len(token) > 3 or token in NO_PRODUCT:
            return True
        return after_number and self.tokens[self.position][2] and units.known(token) and len(token) > 1

    def unit(self) -> str:
        """Take the rest of the item as a unit's words."""
        parts: list[str] = []
        while (
            self.position < len(self.tokens)
            and self.peek() not in (",", ";", "\\cup", ")", "]", "\\}", "=", "+", "}")
            and not self.joins()
        ):
            token = self.take()
            if token in TEXT or token in ("{", "("):
                if token not in TEXT:
                    closing = CLOSING[token]
                    while self.peek() not in (closing, ""):
                        parts.append(self.take())
                    self.take()
                continue
            if token == "-" and self.kind() == "number" and not (parts and parts[-1] == "^"):
                raise Unreadable("a unit is followed by a number")
            parts.append(token)
        if len(parts) > 12:
            raise Unreadable("it goes on in words")
        return " ".join(part for part in parts if part not in (".",))
