"""Quotations that stand in their source: `text.quote`."""

from __future__ import annotations

import re
from typing import Any

from assay import Verdict, verifier
from assay.extract import occurrences
from assay.normalize import normalize
from assay_text.references import accepted
from assay_text.words import words

__all__ = ["quote"]

_QUOTED = re.compile(r'"([^"\n]{1,5000})"')


@verifier(bounded=True)
def quote(completion: str, source: Any, *, min_words: int = 3, extract: str | None = None) -> Verdict:
    """The share of the text's quotations, in double quotes, that stand in the source word by word.

    A quotation that is repeated counts once. Without any the score is 0.

    Options:
        min_words: shorter quotations are names and emphasis, and not counted.
        extract: look in these parts alone, in the forms of `assay.extract`; the whole completion, reasoning
            included, by default.
    """
    sources = accepted(source)
    if isinstance(sources, Verdict):
        return sources
    text = completion if extract is None else "\n".join(occurrences(completion, extract))
    said = dict.fromkeys(
        tuple(spoken) for one in _QUOTED.findall(_lines(text)) if len(spoken := _plain(one)) >= min_words
    )
    if not said:
        return Verdict(0.0, f"there is no quotation of {min_words} words or more")
    held = [" " + " ".join(_plain(one)) + " " for one in sources]
    missing = [one for one in said if not any(f" {' '.join(one)} " in text for text in held)]
    reason = f"not in the source: {' '.join(missing[0])[:60]!r}" if missing else "every quotation stands in the source"
    return Verdict(1 - len(missing) / len(said), reason, details={"quotations": len(said)})


def _lines(text: str) -> str:
    """Return the text with typographic quotes made plain, line by line, so that no quotation runs across lines."""
    return "\n".join(normalize(line) for line in text.splitlines())


def _plain(text: str) -> list[str]:
    return words(normalize(text, punctuation=False))
