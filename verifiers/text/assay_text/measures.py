"""What can be counted in a text: `text.count`, `text.share`, `text.length`."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any, Literal

from assay import Verdict, verifier
from assay.extract import check, occurrences
from assay_text.words import pieces

__all__ = ["count", "length", "share"]

#: Seconds that a pattern may take on one text.
SECONDS = 1.0


@verifier(range=(0.0, math.inf), bounded=True)
def count(
    completion: str,
    *,
    pattern: str,
    extract: str | None = None,
    share: bool = False,
    ignore_case: bool = True,
) -> Verdict:
    """How often a regular expression matches, without overlap. No upper bound: cap it where it is paid for.

    A pattern that backtracks without end is stopped after a second, with the status `timeout`.

    Options:
        pattern: in the syntax of the `regex` package, a superset of Python's; `^` and `$` are a line's ends.
        extract: count in these parts alone, in the forms of `assay.extract`; the whole completion, reasoning
            included, by default.
        share: matches for each word of the text, at most 1, instead of their number.
        ignore_case: letters of either case match.
    """
    compiled = _compile(pattern, ignore_case)
    text = _text(completion, extract)
    try:
        number = sum(1 for match in compiled.finditer(text, timeout=SECONDS) if match.end() > match.start())
    except TimeoutError:
        return Verdict.timeout(f"{pattern[:60]!r} took more than {SECONDS:g} s on this text")
    if share:
        number_of_words = len(pieces(text))
        return Verdict(min(1.0, number / number_of_words) if number_of_words else 0.0, f"{number} matches")
    return Verdict(float(number), f"{number} matches")


@verifier(bounded=True)
def share(completion: str, *, extract: str, of: str | None = None) -> Verdict:
    """The share of the text's characters, blanks apart, that stand in some parts of it. All parts count together.

    Options:
        extract: the parts, in the forms of `assay.extract`, as in `tag:slow` or `fence:sql`.
        of: the share of what; of the whole completion by default.
    """
    part = sum(_size(one) for one in occurrences(completion, extract))
    whole = _size(completion) if of is None else sum(_size(one) for one in occurrences(completion, of))
    if of is not None:
        check(of)
    return Verdict(min(1.0, part / whole) if whole else 0.0, f"{part:,} of {whole:,} characters")


@verifier(range=(0.0, math.inf), bounded=True)
def length(
    completion: str,
    tokens: int | None = None,
    *,
    unit: Literal["chars", "words", "tokens"] = "words",
    extract: str | None = None,
) -> Verdict:
    """The length of the completion, or of parts of it. No upper bound: cap it where it is paid for.

    Options:
        unit: `chars`, `words` (what stands between blanks; each character of a script without them), or the
            sample's `tokens`, which are known of the whole completion alone.
        extract: measure these parts together, in the forms of `assay.extract`; the whole completion, reasoning
            included, by default.
    """
    if unit == "tokens":
        if extract is not None:
            raise ValueError("tokens are known of the whole completion alone; use unit='words' with extract")
        return Verdict(float(tokens), f"{tokens:,} tokens") if tokens is not None else Verdict.abstain("no token count")
    text = _text(completion, extract)
    size = len(text) if unit == "chars" else len(pieces(text))
    return Verdict(float(size), f"{size:,} {unit}")


def _text(completion: str, where: str | None) -> str:
    return completion if where is None else "\n".join(occurrences(completion, where))


def _size(text: str) -> int:
    return sum(map(len, text.split()))


@lru_cache(maxsize=512)
def _compile(pattern: str, ignore_case: bool) -> Any:
    import regex

    try:
        return regex.compile(pattern, regex.DOTALL | regex.MULTILINE | (regex.IGNORECASE if ignore_case else 0))
    except regex.error as problem:
        raise ValueError(f"{pattern[:60]!r} is not a regular expression: {problem}") from None
