r"""Words around mathematics, rewritten as mathematics: `x is at most 3`, `The maximum is 5`, `5 out of 6`."""

from __future__ import annotations

import re

__all__ = ["compared", "restated", "unnamed"]

# `k is at most 2`, in words that stand for a relation
_COMPARED = [
    (re.compile(rf"(?:\\text\s*\{{\s*)?\bis {words}(?:\s*\}})?(?=\s*[-\d\\a-z(])"), sign)
    for words, sign in (
        (r"(?:at most|no more than|not more than|less than or equal to)", r" \\le "),
        (r"(?:at least|no less than|not less than|greater than or equal to)", r" \\ge "),
        (r"(?:greater|more|larger|bigger) than(?! or)", " > "),
        (r"(?:less|smaller|fewer) than(?! or)", " < "),
    )
]
# What an index counts from: `a_n = 2n, n \ge 1`
_COUNTED = re.compile(
    r"(?:\s*,\s*|\s*\\text\s*\{\s*,?\s*(?:for|where)(?: all| any| every)?\s*\}\s*|\s+(?:for|where)\s+)"
    r"(?P<index>[nmk])\s*(?:\\geq?|\\geqslant|>=?)(?![a-z])\s*[01]$"
)
_EVERYWHERE = re.compile(
    r"\s*,?\s*\\text\s*\{\s*for (?:all|every|any)(?: real)?\s*\}\s*[a-z]\s*\\in\s*\\mathbb\s*\{?R\}?$"
)
_SHARE = re.compile(r"(\d+)\s*(?:out of|in|\\text\s*\{\s*(?:out of|in)\s*\})\s*(\d+)")
_REMARK = re.compile(
    r"\s*\(\s*(?:\\text\s*\{\s*)?(?:units?|approx(?:imately|\.)?|exact(?:ly)?|square units)\s*\}?\s*\)$"
)
_ONLY = re.compile(r"(?<=\w) only(?=\s*\}?$)")
# `3 to 4`, of a ratio
_TO = re.compile(r"(\d+)\s*(?:to|\\text\s*\{\s*to\s*\})\s*(\d+)")
# What is left of a sentence that names a value: `The maximum is 5`.
_NAMED = re.compile(
    r"^(?:\\text(?:bf|it|rm)?\s*\{\s*)?(?:the|its) (?:(?!not\b|least\b|most\b|less\b|more\b|than\b|no\b)[a-z]+ ){1,6}?"
    r"(?:is|are|equals)(?: equal to)?\s*:?\s*(\}?)\s*(?=[-+\d\\$(.])",
    re.IGNORECASE,
)
_EXCEPT = re.compile(
    r"(?:\\text\s*\{\s*)?(?:all|any|every)? ?(?:the )?real(?:s| numbers?)(?: x)?,? "
    r"(?:except|excluding|other than|but not|but)(?: for)?\s*\}?\s*"
    r"((?:x\s*=\s*)?[^}a-zA-Z]+(?:(?:and|or|\\text\s*\{\s*(?:and|or)\s*\})[^}a-zA-Z]+)*)\}?",
    re.IGNORECASE,
)


def compared(text: str) -> str:
    r"""Return a text with relations in words, `k is at most 2`, as relations."""
    for pattern, sign in _COMPARED:
        text = pattern.sub(sign, text)
    return text


def unnamed(text: str) -> str:
    """Return the value of a sentence that names it; another text as it is."""
    match = _NAMED.match(text)
    if match is None:
        return text
    opened = "{" in match[0]
    if opened != bool(match[1]) and not text.endswith("}"):
        return text
    return text[match.end() :].removesuffix("}" if opened and not match[1] else "")


def restated(text: str) -> str:
    """Return an answer without remarks behind it; shares, ratios and exceptions in words as mathematics."""
    text = _ONLY.sub("", _REMARK.sub("", text))
    if "=" in text:
        text = _EVERYWHERE.sub("", text)
    if (match := _COUNTED.search(text)) is not None and _holds(text[: match.start()], match["index"]):
        text = text[: match.start()]
    if (match := _SHARE.fullmatch(text)) is not None:
        text = rf"\frac{{{match[1]}}}{{{match[2]}}}"
    if (match := _TO.fullmatch(text)) is not None:
        text = f"{match[1]}:{match[2]}"
    if (match := _EXCEPT.fullmatch(text)) is not None:
        values = re.sub(r"\\text\s*\{\s*(?:and|or)\s*\}|\b(?:and|or)\b", ",", re.sub(r"x\s*=", "", match[1]))
        text = rf"\mathbb{{R}} \setminus \{{{values}\}}"
    return text


def _holds(text: str, index: str) -> bool:
    """Whether a text is an expression in an index, and no bound of it."""
    return re.search(rf"(?<![a-zA-Z\\]){index}(?![a-zA-Z])", text) is not None and not re.search(r"[<>]|\\[lg]e", text)
