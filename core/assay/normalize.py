r"""Text as it is compared: what is dropped, folded and kept is said here and nowhere else.

Dropped or folded always, for nobody sees the difference: composed and decomposed characters (NFC), full-width Latin,
typographic quotes and dashes, characters without width, runs of blanks. Never folded: `x²` and `x2`, `½` and `1/2`,
`é` and `e`. Everything else is an option of `normalize`.
"""

from __future__ import annotations

import re
import unicodedata

__all__ = ["normalize", "unwrap"]

_SAME = (
    {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
    | dict.fromkeys([0x00AD, 0x200B, 0x200E, 0x200F, 0x2060, 0xFEFF, *range(0x202A, 0x202F), *range(0x2066, 0x206A)])
    | dict.fromkeys([0x2018, 0x2019, 0x201A, 0x201B, 0x2032], "'")
    | dict.fromkeys([0x201C, 0x201D, 0x201E, 0x201F, 0x2033], '"')
    | dict.fromkeys([0x2010, 0x2011, 0x2012, 0x2013, 0x2014, 0x2015, 0x2212], "-")
    | {0x2026: "..."}
)
_MARK = re.compile(r"[^\w\s]|_")
# Most marks, in runs, so that a text of nothing else is quick: those dropped always, and those before no digit.
_RUN = re.compile(r"[!\"()*;?\[\\\]_{}`]+|[.,:/'-]+(?!\d)")
_THOUSANDS = re.compile(r"(?<![\d.,])\d{1,3}(?:,\d{3})+(?![\d,])")
_ARTICLE = re.compile(r"(?<![\w'-])(?:a|an|the)(?![\w'-])", re.IGNORECASE)
#: Punctuation by Unicode's table that carries meaning: `5%` is not `5`, nor `C#` C.
_KEPT = frozenset("%‰#@&")
_IN_NUMBERS = frozenset(".,:/'-")

_COMMAND = re.compile(
    r"\\(?:text|textbf|textit|textrm|textsf|texttt|mathrm|mathbf|mathsf|mathit|operatorname|boxed|fbox|emph)\s*\{"
)
_PAIRS = (
    ("\\(", "\\)"), ("\\[", "\\]"), ("$$", "$$"), ("$", "$"), ("**", "**"), ("__", "__"), ("*", "*"),
    ("`", "`"), ('"', '"'), ("'", "'"), ("\u201c", "\u201d"), ("\u2018", "\u2019"),
)  # fmt: skip

_DRESSED = frozenset(opening[0] for opening, _ in _PAIRS) | {"\\"}


def normalize(text: str, *, ignore_case: bool = True, punctuation: bool = True, articles: bool = True) -> str:
    """Return the text in the form in which it is compared.

    Args:
        text: anything.
        ignore_case: fold case, by Unicode's own folding.
        punctuation: keep punctuation; without it, what stands inside or before a number (`3.14`, `-5`; not the
            commas of `1,000`) and what carries meaning (`%`, `#`, `@`, `&`) still stays. Symbols such as `+` and `$`
            are no punctuation.
        articles: keep the English articles. What would leave nothing at all is not dropped.

    >>> normalize("The  U.S. economy: -3.5%!", punctuation=False, articles=False)
    'us economy -3.5%'
    """
    if not text.isascii():
        text = unicodedata.normalize("NFC", text.translate(_SAME))
    if ignore_case:
        text = text.casefold()
        if not text.isascii():
            text = unicodedata.normalize("NFC", text)
    kept = text
    if not punctuation:
        text = _THOUSANDS.sub(lambda number: number[0].replace(",", ""), text)
        text = _MARK.sub(_mark, _RUN.sub("", text))
    if not articles:
        without = _ARTICLE.sub(" ", text)
        text = without if without.strip() else text
    return " ".join((text if text.strip() else kept).split())


def _mark(match: re.Match[str]) -> str:
    """Decide on one character that is neither a word's nor a blank."""
    mark, text = match[0], match.string
    if mark in _KEPT or (mark != "`" and not unicodedata.category(mark).startswith("P")):
        return mark
    if mark in _IN_NUMBERS and text[match.end() : match.end() + 1].isdigit():
        before = text[match.start() - 1 : match.start()] if match.start() else ""
        if before.isdigit() or (mark in ".-" and not before.isalpha()):
            return mark
    return ""


def unwrap(text: str) -> str:
    r"""Return the text without what only dresses it: blanks, `$...$`, `\text{...}`, emphasis, quotes, a full stop.

    >>> unwrap(r"**$\text{Paris}$**.")
    'Paris'
    """
    for _ in range(8):
        bare = text.strip()
        if not bare or (bare[0] not in _DRESSED and bare[-1] not in ".。"):
            return bare
        if len(bare) > 1 and bare[-1] in ".。" and bare[-2] != bare[-1]:
            bare = bare[:-1].rstrip()
        command = _COMMAND.match(bare)
        if command and _closes_at_end(bare, command.end()):
            bare = bare[command.end() : -1]
        for opening, closing in _PAIRS:
            inner = bare[len(opening) : -len(closing)]
            if bare.startswith(opening) and bare.endswith(closing) and inner.strip(opening[0] + " "):
                if opening not in inner and closing not in inner:
                    bare = inner
                break
        if bare == text:
            break
        text = bare
    return text


def _closes_at_end(text: str, start: int) -> bool:
    """Whether the brace that is opened before `start` is closed by the text's last character."""
    depth = 1
    for match in re.compile(r"\\.|[{}]", re.DOTALL).finditer(text, start):
        depth += {"{": 1, "}": -1}.get(match[0], 0)
        if depth == 0:
            return match.end() == len(text)
    return False
