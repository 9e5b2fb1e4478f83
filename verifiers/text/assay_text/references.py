"""What a reference says, and where the completion's answer stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from assay import Verdict
from assay.extract import check, extract, wrap
from assay.normalize import normalize, unwrap

__all__ = ["MAX_LENGTH", "WHERE", "Answer", "Words", "accepted", "exemplar", "found"]

#: Where an answer is looked for, unless the reward says otherwise.
WHERE = (
    "tag:answer|boxed|after:####|after:the final answer is|after:the answer is|after:final answer:|after:answer:|whole"
)

#: Longer answers are not compared: no reference is near them.
MAX_LENGTH = 100_000


@dataclass(frozen=True, slots=True)
class Answer:
    """Where an answer stands, and what of it counts.

    Attributes:
        extract: where the answer stands, in the forms of `assay.extract`.
        ignore_case: letters of either case are the same.
        punctuation: punctuation counts as words.
    """

    extract: str = WHERE
    ignore_case: bool = True
    punctuation: bool = False


@dataclass(frozen=True, slots=True)
class Words(Answer):
    """Where an answer stands, and which of its words count.

    Attributes:
        articles: `a`, `an` and `the` count.
    """

    articles: bool = False

    def of(self, text: str) -> str:
        """Return what of a text counts."""
        return normalize(
            unwrap(text), ignore_case=self.ignore_case, punctuation=self.punctuation, articles=self.articles
        )


def accepted(reference: Any) -> tuple[str, ...] | Verdict:
    """Return every accepted text, or the verdict where the reference can't be used.

    A reference is a text, a number, a bool or a list of these; a text may be wrapped in `<answer>` as some data sets
    have it.
    """
    if hasattr(reference, "tolist"):  # an array or a scalar of numpy
        reference = reference.tolist()
    several = list(reference) if isinstance(reference, (list, tuple)) else [reference]
    if not several:
        return Verdict.bad_reference("the reference is an empty list")
    texts = []
    for one in several:
        text = _plain(one)
        if text is None:
            return Verdict.bad_reference(f"the reference is a {type(one).__name__}, not a text")
        if "<answer>" in text:
            inside = extract(text, "tag:answer", lenient=True)
            text = text if inside.text is None else inside.text
        if not normalize(unwrap(text)):
            return Verdict.bad_reference("the reference is empty")
        texts.append(text)
    return tuple(texts)


def _plain(value: Any) -> str | None:
    if isinstance(value, str):
        return value
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return str(int(value))
    return str(value) if isinstance(value, (int, float)) and value == value else None


def found(completion: str, where: str) -> str | Verdict:
    """Return the completion's answer, or the verdict where there is none."""
    check(where)
    answer = extract(completion, where)
    if answer.text is None:
        return Verdict(0.0, f"no answer: {answer.reason}")
    if len(answer.text) > MAX_LENGTH:
        return Verdict(0.0, f"the answer has {len(answer.text):,} characters")
    return answer.text


def exemplar(reference: Any, options: Mapping[str, Any]) -> str:
    """The reference's own text, where the option `extract` looks for an answer."""
    texts = accepted(reference)
    return wrap("" if isinstance(texts, Verdict) else texts[0], options["extract"])
