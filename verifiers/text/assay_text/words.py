"""Words, in any script, and runs of them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

__all__ = ["UNSPACED", "ngrams", "pieces", "words"]

#: Scripts that put no blank between words: each character counts as a word, as is usual for overlap measures.
UNSPACED = r"\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}"


@lru_cache(maxsize=2)
def _word(punctuation: bool) -> Any:
    import regex

    letter = rf"[^\W{UNSPACED}]"
    return regex.compile(
        rf"[{UNSPACED}]\p{{M}}*"  # an unspaced character
        r"|(?<!\w)[-+]?\d+(?:[.,:/]\d+)*"  # a number with its sign and inner punctuation
        rf"|{letter}(?:{letter}|\p{{M}}|'(?=\p{{L}}))*"
        + (r"|[^\s\w]" if punctuation else r"|[^\s\w\p{P}`]|[%\u2030#@&]")
    )


# The same for ASCII, where the classes are small: several times as fast.
_ASCII = {
    punctuation: re.compile(
        r"(?<!\w)[-+]?\d+(?:[.,:/]\d+)*|\w(?:\w|'(?=[A-Za-z]))*|" + (r"[^\s\w]" if punctuation else r"[$+<=>^|~%#@&]"),
        re.ASCII,
    )
    for punctuation in (True, False)
}


@lru_cache(maxsize=1)
def _piece() -> Any:
    import regex

    return regex.compile(rf"[{UNSPACED}]\p{{M}}*|[^\s{UNSPACED}]+")


def words(text: str, *, punctuation: bool = True) -> list[str]:
    """Return the words, numbers and symbols of a normalized text, and its punctuation, if it counts.

    A text of punctuation alone is that punctuation.

    >>> words("he doesn't pay $3.50 (东京)", punctuation=False)
    ['he', "doesn't", 'pay', '$', '3.50', '东', '京']
    """
    pattern: Any = _ASCII.__getitem__ if text.isascii() else _word
    found: list[str] = pattern(punctuation).findall(text) or pattern(True).findall(text)
    return found


def pieces(text: str) -> list[str]:
    """Return what stands between blanks, in lower case, as published repetition penalties count words.

    >>> pieces("Wait, wait. 东京")
    ['wait,', 'wait.', '东', '京']
    """
    lower = text.lower()
    found: list[str] = lower.split() if lower.isascii() else _piece().findall(lower)
    return found


def ngrams(items: Sequence[str], n: int) -> list[tuple[str, ...]]:
    """Return every run of `n` items; none where there are fewer."""
    return list(zip(*(items[start:] for start in range(n)), strict=False))
