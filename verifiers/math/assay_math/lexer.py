r"""The tokens of an answer, in three modes: mathematics, words (`\text{...}` and English in the open), and money.

Fonts and their braces are gone here, so that `5 \text{ cm}`, `\mathrm{5 cm}` and `5 cm` are the same tokens, and a
phrase is a pattern over words wherever they are set.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from assay_math.errors import Unreadable
from assay_math.vocabulary import CARDINALS, CURRENCY_CODES, FRACTIONS, MULTIPLIERS, TEXT

__all__ = ["Token", "lex"]


class Token(NamedTuple):
    """A word or sign.

    Attributes:
        kind: `number`, `command`, `word` (letters in mathematics), `text` (letters set as words) or `sign`.
        spaced: whether a space stands before it.
    """

    kind: str
    text: str
    spaced: bool = True


_NUMBER = r"\d+\.\d+|\d+\.(?!\w)|\.\d+|\d+"
_REST = r"(?P<command>\\(?:[a-zA-Z]+|.))|(?P<word>[a-zA-Z]{2,}n't\b|[a-zA-Z]+)|(?P<sign>\*\*|<=|>=|!=|==|[^\s])"
_TOKEN = re.compile(rf"\s*(?:(?P<number>\d{{1,3}}(?:,\d{{3}})+(?!\d)(?:\.\d+)?|{_NUMBER})|{_REST})", re.DOTALL)
# Where a comma is the decimal point, a point separates thousands.
_DECIMAL_COMMA = re.compile(
    rf"\s*(?:(?P<number>\d{{1,3}}(?:\.\d{{3}})+(?!\d)(?:,\d+)?|\d+,\d+|{_NUMBER})|{_REST})", re.DOTALL
)
_EXPONENT = re.compile(r"[eE]([-+]?\d{1,6})(?![\w.])")

_OPENING = {"(", "[", "\\{", "\\lbrace", "\\langle", "\\lbrack"}
_CLOSING = {")", "]", "\\}", "\\rbrace", "\\rangle", "\\rbrack"}
# What takes the group behind it as one thing, so that a font's braces stay.
_TAKING = {"^", "_", "\\frac", "\\sqrt"}
_BOLD = {"\\mathbf", "\\boldsymbol", "\\bm"}
_SPOKEN = {"\\forall": ("for", "all")}


def lex(cleaned: str, *, decimal_comma: bool = False) -> list[Token]:
    """Return the tokens of an answer that `characters.clean` has cleaned.

    Raises:
        Unreadable: a group of words is never closed.
    """
    return _spelled(_paid(_modes(_split(cleaned, decimal_comma))))


def _split(text: str, decimal_comma: bool) -> list[Token]:
    """Return the tokens as they are written: a comma between digits in brackets separates values, not thousands."""
    tokens: list[Token] = []
    position, brackets = 0, 0
    for match in (_DECIMAL_COMMA if decimal_comma else _TOKEN).finditer(text):
        kind = match.lastgroup or "sign"
        start = match.start(kind)
        if start < position:  # inside what an exponent has taken
            continue
        value, position, spaced = match[kind], match.end(), match.start() < start
        if kind == "number" and decimal_comma:
            value = value.replace(".", "").replace(",", ".") if "," in value or value.count(".") > 1 else value
        elif kind == "number" and "," in value and (value[0] == "0" or (brackets and ",0" not in value)):
            first, *others = value.split(",")
            tokens.append(Token("number", first, spaced))
            for other in others:
                tokens += (Token("sign", ",", False), Token("number", other, False))
            continue
        if kind == "number" and (exponent := _EXPONENT.match(text, position)) is not None:
            value, position = value + exponent[0], exponent.end()
        if value in _OPENING:
            brackets += 1
        elif value in _CLOSING:
            brackets -= brackets > 0
        tokens.append(Token(kind, value, spaced))
    return tokens


def _modes(tokens: list[Token]) -> list[Token]:
    """Return the tokens without fonts; words that are set as such are `text`."""
    kept: list[Token] = []
    groups: list[str] = []  # what each open brace is: a `group`, a `font` that goes, or a `font group` that stays
    index, depth = 0, 0
    while index < len(tokens):
        kind, text, spaced = tokens[index]
        index += 1
        following = tokens[index].text if index < len(tokens) else ""
        if text in TEXT:
            if following == "{":
                index += 1
                held = bool(kept) and kept[-1].text in _TAKING
                if text in _BOLD and _closes_letter(tokens, index):
                    kept += (
                        Token("command", "\\vec", spaced),
                        Token("sign", "{", False),
                        tokens[index],
                        Token("sign", "}", False),
                    )
                    index += 2
                    continue
                groups.append("font group" if held else "font")
                depth += 1
                if held:
                    kept.append(Token("sign", "{", spaced))
        elif text == "{":
            groups.append("group")
            kept.append(Token(kind, text, spaced))
        elif text == "}" and groups:
            group = groups.pop()
            depth -= group != "group"
            if group != "font":
                kept.append(Token(kind, text, spaced))
        elif text in _SPOKEN:
            kept += (Token("text", word) for word in _SPOKEN[text])
        else:
            kept.append(Token("text" if depth and kind == "word" else kind, text, spaced))
    if depth:
        raise Unreadable("a group of words is never closed")
    return kept


def _closes_letter(tokens: list[Token], index: int) -> bool:
    return (
        len(tokens) > index + 1
        and len(tokens[index].text) == 1
        and tokens[index].text.isalpha()
        and tokens[index + 1].text == "}"
    )


def _paid(tokens: list[Token]) -> list[Token]:
    """Return the tokens with money before its number, `INR 500`, as a sign of its currency."""
    paid = list(tokens)
    for index, token in enumerate(tokens[:-1]):
        sign = CURRENCY_CODES.get(token.text) if token.kind in ("word", "text") else None
        if sign is None:
            continue
        following = tokens[index + 1]
        if following.kind == "number" and (index == 0 or tokens[index - 1].kind != "number"):
            paid[index] = Token("command", sign, token.spaced)
        elif following.text == "." and index + 2 < len(tokens) and tokens[index + 2].kind == "number":
            paid[index], paid[index + 1] = Token("command", sign, token.spaced), Token("skip", "", False)
    return [token for token in paid if token.kind != "skip"]


def _spelled(tokens: list[Token]) -> list[Token]:
    """Return the tokens with numbers in words, `twenty-one` and `two thirds`, in digits."""
    if not any(token.kind in ("word", "text") and token.text.lower() in CARDINALS for token in tokens):
        return tokens
    written: list[Token] = []
    index = 0
    while index < len(tokens):
        value, end = _number_words(tokens, index)
        if value is None:
            written.append(tokens[index])
            index += 1
            continue
        spaced = tokens[index].spaced
        part = FRACTIONS.get(tokens[end].text.lower()) if end < len(tokens) else None
        if part is None and end + 1 < len(tokens) and tokens[end].text == "-":
            part = FRACTIONS.get(tokens[end + 1].text.lower())
            end += part is not None
        if part is not None:
            end += 1
            written += [Token("command", "\\frac", spaced), *_braced(value), *_braced(part)]
        else:
            written.append(Token("number", str(value), spaced))
        index = end
    return written


def _braced(value: int) -> Iterable[Token]:
    return Token("sign", "{", False), Token("number", str(value), False), Token("sign", "}", False)


def _number_words(tokens: list[Token], start: int) -> tuple[int | None, int]:
    """Return the value of the number in words that begins here, `None` if none does, and where it ends."""
    total, current, index, end = 0, 0, start, start
    last = 0  # the size of the last word: after `twenty` comes one to nine, after `one` nothing but a multiplier
    while index < len(tokens):
        word = tokens[index].text.lower() if tokens[index].kind in ("word", "text") else tokens[index].text
        if word in CARDINALS and (last == 0 or (CARDINALS[word] < 10 <= last < 100 and last % 10 == 0) or last >= 100):
            current += CARDINALS[word]
            last = CARDINALS[word] or 1
        elif word in MULTIPLIERS and end > start:
            if MULTIPLIERS[word] == 100:
                current *= 100
            else:
                total, current = total + current * MULTIPLIERS[word], 0
            last = MULTIPLIERS[word]
        elif (word == "-" and 20 <= last < 100) or (word == "and" and last >= 100):
            index += 1
            continue
        else:
            break
        index += 1
        end = index
    return (total + current, end) if end > start else (None, start)
