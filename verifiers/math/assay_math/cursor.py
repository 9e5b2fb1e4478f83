"""A cursor over the tokens of an answer, and what follows a number."""

from __future__ import annotations

from collections.abc import Iterable

from assay_math import units
from assay_math.errors import Unreadable
from assay_math.lexer import Token
from assay_math.vocabulary import FUNCTIONS, MONEY, NO_PRODUCT, RELATIONS

__all__ = ["MAX_DEPTH", "MAX_DIGITS", "Cursor"]

#: Deepest nesting of an answer.
MAX_DEPTH = 60
#: Longest number of an answer, in digits.
MAX_DIGITS = 5000
#: Longest unit, in words.
MAX_UNIT = 12

# What ends a unit.
_AFTER_UNIT = {",", ";", "\\cup", ")", "]", "\\}", "+", "}", ":", "|", "\\\\", "&", "%", "?"}
#: Words that no unit begins with: they join values, or say what comes.
_JOINING = {"and", "or", "if", "to", "base", "for", "when", "where", "otherwise", "else", "with"}
_LETTERS = "xyzabnkij"  # variables rather than units, also where they are set as words


class Cursor:
    """A place among tokens, which are read once and in order."""

    def __init__(self, tokens: Iterable[Token]) -> None:
        self.tokens = list(tokens)
        self.position = 0
        self.depth = 0

    def peek(self, ahead: int = 0) -> str:
        """Return the text of the next token, or of one further ahead; nothing at the end."""
        position = self.position + ahead
        return self.tokens[position].text if position < len(self.tokens) else ""

    def kind(self, ahead: int = 0) -> str:
        """Return the kind of the next token; nothing at the end."""
        position = self.position + ahead
        return self.tokens[position].kind if position < len(self.tokens) else ""

    def last(self) -> Token:
        """Return the token that was taken last."""
        return self.tokens[self.position - 1] if self.position else Token("", "")

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
        return self.position < len(self.tokens) and self.tokens[self.position].spaced

    def joins(self) -> bool:
        """Whether an 'and' or 'or' comes."""
        here = self.position
        joined = self.join()
        self.position = here
        return bool(joined)

    def join(self) -> str:
        """Take an 'and' or 'or', if one comes, and return it."""
        words = {"\\lor": "or", "\\land": "and", "\\vee": "or", "\\wedge": "and", "and": "and", "or": "or"}
        return words[self.take()] if self.peek() in words else ""

    def digits(self) -> str:
        """Take digits, in braces or not."""
        braced = self.accept("{")
        digits = self.take()
        if not digits.isdigit() or (braced and self.take() != "}"):
            raise Unreadable("only digits repeat")
        return digits

    def at_degrees(self, ahead: int = 0) -> bool:
        """Whether a raised degree sign comes."""
        after = (self.peek(ahead + 1), self.peek(ahead + 2))
        return self.peek(ahead) == "^" and (after[0] == "\\circ" or after == ("{", "\\circ"))

    def begins_unit(self) -> bool:
        """Whether what comes is a unit, or the name of what was counted."""
        kind, token = self.kind(), self.peek()
        if self.at_degrees() or token in ("\\circ", "\\cent") or token in MONEY:
            return True
        if token == "\\frac" and self.peek(1) == "{" and self.kind(2) == "text":
            return True
        if token == "min" and self.spaced() and self.peek(1) not in ("(", "{", "\\{", "_"):
            return self.last().kind == "number"
        if kind not in ("word", "text") or token.lower() in _JOINING or token in FUNCTIONS or token == "pi":
            return False
        if kind == "text":
            return len(token) > 1 or token not in _LETTERS
        # A word of several letters after a number is what was counted; of few, a unit if it is known as one.
        after_number = self.last().kind == "number"
        if len(token) > 3 or token in NO_PRODUCT:
            return True
        if not (after_number and self.spaced() and units.known(token)):
            return False
        return len(token) > 1 or (token in "LNJWVg" and self.peek(1) in ("", "/"))

    def unit(self) -> str:
        """Take the rest of the item as a unit's words; a number after a unit of measure begins the next quantity.

        Raises:
            Unreadable: they are no unit, nor anything that is counted: they may change the number.
        """
        parts: list[str] = []
        depth = 0
        while self.position < len(self.tokens):
            kind, token = self.kind(), self.peek()
            if depth == 0 and self._ends_unit(kind, token, parts):
                break
            self.take()
            if token in ("{", "("):
                depth += 1
            elif token in ("}", ")"):
                depth -= 1
                if parts and token == "}" and self.peek() == "{":  # \\frac{km}{h}
                    parts.append("/")
            elif token not in (".", "\\frac"):
                parts.append(token)
        if depth > 0:
            raise Unreadable("a unit is never closed")
        unit = " ".join(parts)
        if len(parts) > MAX_UNIT or not units.understood(unit):
            raise Unreadable(f"'{unit}' is no unit, and nothing that is counted")
        return unit

    def _ends_unit(self, kind: str, token: str, parts: list[str]) -> bool:
        if token in _AFTER_UNIT or token in RELATIONS or self.joins():
            return True
        if kind == "text" and token in ("if", "for", "when", "where", "otherwise") and parts:
            return True
        if kind == "number" and parts and parts[-1] not in ("^", "-", "/", "per", "every", "each"):
            if units.known(parts[-1]) or parts[-1] == "\\circ":
                return True
            if parts[-1].isalpha() and (len(parts) > 1 or self.spaced()):
                raise Unreadable("a unit is followed by a number")
        # 360^\circ k
        return parts[-1:] == ["\\circ"] and kind == "word" and len(token) == 1 and token not in "CFK"
