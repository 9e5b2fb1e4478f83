"""Equality with a reference, `text.exact`, and holding one, `text.contains`."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Literal

from assay import Verdict, verifier
from assay.extract import wrap
from assay.normalize import normalize, unwrap
from assay_text.references import Words, accepted, exemplar, found
from assay_text.words import UNSPACED

__all__ = ["contains", "exact"]


@verifier(boolean=True, bounded=True, exemplar=exemplar)
def exact(
    completion: str,
    reference: Any,
    *,
    answer: Words = Words(punctuation=True, articles=True),
) -> Verdict:
    """The answer and the reference are the same text, or the answer and one of several references are.

    Composed and decomposed characters, full-width Latin, typographic quotes and dashes and runs of blanks are the same
    always; what only dresses an answer (`$...$`, `**...**`, quotes, a final full stop) does not count.

    Options:
        punctuation: punctuation counts, other than inside numbers, where it always does.
    """
    wanted = accepted(reference)
    if isinstance(wanted, Verdict):
        return wanted
    given = found(completion, answer.extract)
    if isinstance(given, Verdict):
        return given
    said = answer.of(given)
    details = {"answer": given[:200]}
    if any(said == _known(one, answer) for one in wanted):
        return Verdict(1.0, "the same text", details=details)
    return Verdict(0.0, f"{said[:60]!r} is not {normalize(wanted[0])[:60]!r}", details=details)


@lru_cache(maxsize=20_000)
def _known(text: str, answer: Words) -> str:
    return answer.of(text)


def _all_of(reference: Any, options: Mapping[str, Any]) -> str:
    keywords = options["keywords"]
    if keywords is None:
        return exemplar(reference, options)
    return wrap(" ".join([keywords] if isinstance(keywords, str) else keywords), options["extract"])


@verifier(boolean={"credit": "all"}, bounded=True, exemplar=_all_of)
def contains(
    completion: str,
    reference: Any = None,
    *,
    keywords: str | list[str] | None = None,
    extract: str = "tag:answer|boxed|whole",
    credit: Literal["all", "fraction"] = "all",
    min_ratio: float = 0.0,
    ignore_case: bool = True,
) -> Verdict:
    """The answer contains the reference, or each of several keywords, as whole words.

    Never the reverse: an answer that is a part of the reference contains nothing. A verbose answer wins here; ask
    `text.exact` where that isn't meant, or set `min_ratio`.

    Options:
        keywords: what must be there instead of the reference.
        extract: where to look, in the forms of `assay.extract`.
        credit: `all` keywords must be there, or the `fraction` that is is the score.
        min_ratio: the share of the answer's characters that must belong to what is looked for.
        ignore_case: letters of either case are the same.
    """
    several = [keywords] if isinstance(keywords, str) else keywords
    wanted = accepted(reference if several is None else several)
    if isinstance(wanted, Verdict):
        return wanted if several is None else Verdict.bad_reference(f"keywords: {wanted.reason}")
    given = found(completion, extract)
    if isinstance(given, Verdict):
        return given
    text = normalize(unwrap(given), ignore_case=ignore_case)
    looked_for = [normalize(unwrap(one), ignore_case=ignore_case) for one in wanted]
    there = [one for one in looked_for if _holds(text, one)]
    # Several references are accepted answers: the longest that is there counts. Several keywords are all wanted.
    if several is None:
        share, held = float(bool(there)), len(max(there, key=len, default=""))
    else:
        share, held = len(there) / len(looked_for), sum(map(len, dict.fromkeys(there)))
    if there and held < min_ratio * len(text):
        return Verdict(0.0, f"what was found is {held / len(text):.0%} of the answer")
    missing = next((one for one in looked_for if one not in there), "") if several is not None or not there else ""
    reason = f"{missing[:60]!r} is not there" if missing else "contained"
    return Verdict(share if credit == "fraction" else float(share == 1), reason, details={"answer": given[:200]})


def _holds(text: str, wanted: str) -> bool:
    """Whether `wanted` stands in the text and is no part of a longer word or number."""
    return wanted in text and _edged(wanted).search(text) is not None


@lru_cache(maxsize=4096)
def _edged(wanted: str) -> Any:
    import regex

    letter = rf"[^\W{UNSPACED}]"  # a script without blanks between words has no edges of words to ask for
    left = rf"(?<!{letter})" if regex.match(letter, wanted[0]) else ""
    right = rf"(?!{letter})" if regex.match(letter, wanted[-1]) else ""
    if wanted[0].isdigit():
        left += r"(?<!\d[.,])(?<!(?<!\w)-)"
    if wanted[-1].isdigit():
        right += r"(?![.,]\d)(?!%)"
    return regex.compile(left + regex.escape(wanted) + right)
