"""The options of a question: their labels, and every text that means one of them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any, Literal

from assay.normalize import normalize, unwrap

__all__ = ["Options", "Unusable", "plain", "read_options"]

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

_NONE = re.compile(
    r"(?:it is )?none of (?:above|these|those|them|options|choices|given)(?: (?:above|options|choices|given|answers))*"
)
_ALL = re.compile(
    r"all of (?:above|these|those|them|options|choices|given)(?: (?:above|options|choices|given|answers))*"
)
# One option on its line or in an item: (A) text, A. text, A) text, A: text.
_ITEM = re.compile(r"\s*[(\[]?([A-Za-z]|\d{1,2})\s?[)\].:]\s*(.*)", re.DOTALL)
# The start of one of several options that stand on one line.
_INLINE = re.compile(r"(?:^|(?<=[\s,;]))\(?([A-Za-z])\s?[).:]\s")


class Unusable(Exception):
    """The options or the reference can't be used; the text says why."""


@dataclass(frozen=True, slots=True)
class Options:
    """What may be named.

    Attributes:
        labels: as the data has them; empty where the data doesn't say.
        texts: from a plain text (an option's own, or an alias) to the labels that it means.
        kind: labels that aren't listed: any single `letter`, any `number` of two digits, or none.
        complete: these are all the options that there are.
        ignore_case: labels of either case are the same.
    """

    labels: tuple[str, ...] = ()
    texts: Mapping[str, frozenset[str]] = field(default_factory=dict)
    kind: Literal["letter", "number", ""] = ""
    complete: bool = False
    ignore_case: bool = True

    def label(self, token: str) -> str | None:
        """Return the label that a text is, `None` if it is none."""
        if token in self.labels:
            return token
        if self.ignore_case:
            folded = token.casefold()
            same = [one for one in self.labels if one.casefold() == folded]
            if len(same) == 1:
                return same[0]
        if self.kind == "letter" and len(token) == 1 and token.isascii() and token.isalpha():
            return token.upper() if self.ignore_case else token
        return token if self.kind == "number" and token.isascii() and token.isdigit() and len(token) < 3 else None

    def meant(self, text: str) -> frozenset[str]:
        """Return the labels that a text means by its content: an option's text or an alias."""
        return self.texts.get(plain(text, self.ignore_case), frozenset())

    def with_texts(self, more: Mapping[str, Iterable[str]]) -> Options:
        """Return the options with further texts for labels."""
        texts = dict(self.texts)
        for label, several in more.items():
            for one in several:
                key = plain(one, self.ignore_case)
                texts[key] = texts.get(key, frozenset()) | {label}
        return replace(self, texts=texts)


@lru_cache(maxsize=20_000)
def plain(text: str, ignore_case: bool = True) -> str:
    """Return the form in which two options' texts are compared; the ways to say "none of the above" are one."""
    bare = normalize(unwrap(text), ignore_case=ignore_case, punctuation=False, articles=False)
    folded = bare.casefold()
    if _NONE.fullmatch(folded):
        return "none of above"
    return "all of above" if _ALL.fullmatch(folded) else bare


def read_options(choices: Any, ignore_case: bool = True) -> Options:
    """Read the options of a question.

    Args:
        choices: a list of texts, with labels in them (`"A. Paris"`) or without (then they are A, B, C, ...); a
            mapping from labels to texts; `{"label": [...], "text": [...]}`; a list of `{"label": ..., "text": ...}`;
            a text with an option on each line, or all on one; or how many there are.
        ignore_case: whether labels and texts of either case are the same.

    Raises:
        Unusable: they can't be read, or two have the same label.
    """
    try:
        key = json.dumps(choices, sort_keys=False)
    except (TypeError, ValueError):
        if not hasattr(choices, "tolist"):
            raise Unusable(f"the choices are a {type(choices).__name__}") from None
        return read_options(choices.tolist(), ignore_case)
    return _read(key, ignore_case)


@lru_cache(maxsize=20_000)
def _read(key: str, ignore_case: bool) -> Options:
    pairs = _pairs(json.loads(key))
    labels = tuple(label for label, _ in pairs)
    if len(labels) < 2:
        raise Unusable("there are fewer than two choices")
    if len({label.casefold() for label in labels}) < len(labels):
        raise Unusable("two choices have the same label")
    options = Options(labels, complete=True, ignore_case=ignore_case)
    options = options.with_texts({label: [text] for label, text in pairs if text.strip()})
    none = options.texts.get("none of above")
    return options.with_texts({label: ["none", "neither"] for label in none or ()})


def _pairs(choices: Any) -> list[tuple[str, str]]:
    if isinstance(choices, Mapping):
        labels, texts = choices.get("label", choices.get("labels")), choices.get("text", choices.get("texts"))
        if isinstance(labels, list) and isinstance(texts, list) and len(labels) == len(texts):
            return [(str(label).strip(), str(text)) for label, text in zip(labels, texts, strict=True)]
        # Tables give every row every key: an option that isn't there is None.
        return [(str(label).strip(), str(text)) for label, text in choices.items() if text is not None]
    if isinstance(choices, bool):
        raise Unusable("the choices are a bool")
    if isinstance(choices, int):
        if not 2 <= choices <= len(LETTERS):
            raise Unusable(f"there can't be {choices} choices by letter")
        return [(letter, "") for letter in LETTERS[:choices]]
    items: Sequence[Any] = _lines(choices) if isinstance(choices, str) else choices
    if not isinstance(items, list):
        raise Unusable(f"the choices are a {type(choices).__name__}")
    if all(isinstance(one, Mapping) and "label" in one and "text" in one for one in items):
        return [(str(one["label"]).strip(), str(one["text"])) for one in items]
    texts = [str(one) for one in items]
    read = [_ITEM.fullmatch(one) for one in texts]
    if _in_order([match[1] if match else "" for match in read]):
        return [(match[1], match[2].strip()) for match in read if match]
    if len(texts) <= len(LETTERS):
        return list(zip(LETTERS, texts, strict=False))
    return [(text, text) for text in texts]  # more classes than letters: each is its own label


def _lines(text: str) -> list[str]:
    """Split a text that lists options, one a line or all on one."""
    lines = [line for line in text.splitlines() if line.strip()]
    read = [_ITEM.fullmatch(line) for line in lines]
    if len(lines) > 1 and _in_order([match[1] if match else "" for match in read]):
        return lines
    starts = list(_INLINE.finditer(text))
    if not _in_order([match[1] for match in starts]):
        raise Unusable(f"the choices can't be read: {text[:60]!r}")
    ends = [*(match.start() for match in starts[1:]), len(text)]
    return [text[match.start() : end].strip(" ,;\n") for match, end in zip(starts, ends, strict=True)]


def _in_order(labels: Sequence[str]) -> bool:
    """Whether labels run A, B, C, ... or 1, 2, 3, ... (or from 0)."""
    if len(labels) < 2 or not all(labels):
        return False
    if all(label.isdigit() for label in labels):
        return [int(label) for label in labels] in (list(range(len(labels))), list(range(1, len(labels) + 1)))
    return "".join(labels).upper() == LETTERS[: len(labels)]
