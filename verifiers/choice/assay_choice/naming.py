"""Which options an answer names.

An answer that is nothing but a name is read whole. In prose a letter counts only where something marks it as an
option: brackets, emphasis, or a word such as "answer" or "choose" before it. So the first letter of a word, the
article "A", "hepatitis B" and "C. difficile" name nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from assay.normalize import normalize, unwrap
from assay_choice.options import Options, plain

__all__ = ["Naming", "named_in_prose", "named_only"]

#: Longer answers are not read for names: what names one option says so in fewer characters.
MAX_LENGTH = 20_000

_LEAD = re.compile(
    r"(?:(?:so|thus|therefore|hence|then)\b[,:]?\s*)?(?:(?:the|my)\s+)?(?:(?:final|correct|right|best|predicted)\s+)*"
    r"(?:answer|option|choice|label|class|verdict|category)\b(?:\s+(?:is|are|would be))?\s*[:=]?\s*"
    r"(?:(?:option|choice|letter)\s+)?",
    re.IGNORECASE,
)
_BRACKETS = re.compile(r"[(\[{]\s*([^()\[\]{}]{1,60}?)\s*[)\]}][.:]?")
_TAIL = re.compile(r"\s*[).:\]]\s*\Z")
# A label, a delimiter and the rest: "B. Paris", "(B) Paris", "B - Paris".
_LABELLED = re.compile(r"(\(\s*|\[\s*)?([A-Za-z]|\d{1,2})\s*(\)|\]|[.:](?=\s)|\s-(?=\s)|,)\s*(\S.*)", re.DOTALL)
_SPACED = re.compile(r"([A-Za-z]|\d{1,2})\s+(\S.*)", re.DOTALL)
_BEHIND = re.compile(r"(\S.*?)[\s,]*[(\[]\s*([A-Za-z]|\d{1,2})\s*[)\]]", re.DOTALL)
_AND = re.compile(r"\s*(?:,\s*(?:and|or)\b|[,;/&+]|\band\b|\bor\b|\s)\s*", re.IGNORECASE)
_RUN = re.compile(r"[A-Z]{2,10}")
# Where the options aren't known, only these: `BUY` and `NO` are words.
_RUN_OF_FIRST = re.compile(r"A?B?C?D?E?F?G?H?")

_NOT = (
    r"(?:\b(?:not|isn't|aren't|never|neither|nor|except|excludes?|excluding|eliminates?|rules? out|ruled out|than|"
    r"instead of|unlike)\s+(?:be\s+|is\s+|it's\s+)?(?:the\s+)?(?:(?:answer|option|choice)\s+)?)"
)
_MARKED = re.compile(
    # brackets, emphasis, or the start of a line with a delimiter
    r"(?<![\w)\]])[(\[]\s*(?P<bracketed>[A-Za-z]|\d{1,2})\s*[)\]]"
    r"|\*\*\s*(?P<strong>[A-Z]|\d{1,2})\s*[.):]?\s*(?:\*\*|\s)"
    r"|^[ \t]*(?P<line>[A-Z]|\d{1,2})[ \t]?(?:[):]|\.(?!\s*[a-z]))"
    # a cue; then the letter must be followed by what can't continue a noun
    r"|(?:\A\s*|\b(?:answer|option|choice|letter|select|choose|chose|chosen|pick|picked|go with|is|are|be)\b|[:=])\s*"
    r"(?:is\s+|:\s*)?(?:(?:the\s+)?(?:option|choice|letter|answer)\s+)?[\"'*$]{0,3}(?P<cued>[A-Z]|\d{1,2})"
    r"(?![\w'\u2019-])(?=[\"'*$]{0,3}\s*(?:$|[,;:)!?\n]|\.(?!\s*[a-z\d])|[\u2014\u2013-]\s|"
    r"(?:because|since|as|and|or|for|which|with|is|but|due)\b))",
    re.MULTILINE,
)
_LISTED = re.compile(r"(?<![^\s,;(])([A-Z])[.)]\s")
_MORE = re.compile(
    r"[\"'*$)\]]{0,3}\s*(?:,|/|&|\band\b|\bor\b|,\s*(?:and|or)\b)\s*[\"'*$(\[]{0,3}([A-Z]|\d{1,2})(?![\w'\u2019])(?!\s+[a-z]{3,})"
)
_WRONG = re.compile(
    r"[\"'*)\]]{0,3}\s*(?:is|are|was)\s+(?:not|n't|incorrect|wrong|false|eliminated|excluded|ruled out)\b"
)
_BEFORE = re.compile(_NOT + r"[\"'*$(\[]{0,3}\Z", re.IGNORECASE)
_NEGATIONS = frozenset(["not", "isnt", "arent", "no", "non", "neither", "nor", "never", "than", "unlike", "except"])

#: Texts for "none of the above" that mean it only where they are all that is said.
_ONLY_WHOLE = frozenset(["none", "neither"])


@dataclass(frozen=True, slots=True)
class Naming:
    """What an answer names.

    Attributes:
        labels: the options named; none, one or several.
        extra: there is more in the answer than the name.
        reason: why nothing was named, where nothing was.
    """

    labels: frozenset[str] = frozenset()
    extra: bool = False
    reason: str = ""


def named_only(answer: str, options: Options) -> Naming:
    """Read an answer that should be an option's name and nothing else: its label, its text, or both."""
    if len(answer) > MAX_LENGTH:
        return Naming(reason=f"the answer has {len(answer):,} characters")
    text = _lines(unwrap(answer))
    whole = _whole(text, options)
    if whole.labels:
        return whole
    lead = _LEAD.match(text)
    if lead is not None and lead.end() < len(text):
        rest = _whole(unwrap(text[lead.end() :]), options)
        if rest.labels:
            return rest
    return Naming(reason=f"{text[:60]!r} names no option")


def _whole(text: str, options: Options) -> Naming:
    bracketed = _BRACKETS.fullmatch(text)
    token = bracketed[1] if bracketed else _TAIL.sub("", text)
    token = unwrap(token)
    label = options.label(token)
    if label is not None:
        return Naming(frozenset([label]))
    meant = options.meant(text)
    if meant:
        return Naming(meant)
    several = _listed(text, options)
    if several:
        return Naming(several)
    for pattern, at, rest_at in ((_BEHIND, 2, 1), (_SPACED, 1, 2)):
        match = pattern.fullmatch(text)
        label = options.label(match[at]) if match else None
        if match and label is not None and label in options.meant(match[rest_at]):
            return Naming(frozenset([label]))
    match = _LABELLED.fullmatch(text)
    label = options.label(match[2]) if match else None
    if match is None or label is None or (match[3] == "," and not match[1]):
        return Naming()
    meant = options.meant(match[4])
    if label in meant:
        return Naming(frozenset([label]))
    if meant:  # the label of one and the text of another
        return Naming(meant | {label})
    # "C. difficile" is a name, and "(B) or (C)" names two.
    if match[3] == "." and not match[1] and match[4][0].islower() and options.kind:
        return Naming()
    others = named_in_prose(text, options).labels
    return Naming(others | {label}, extra=True)


def _listed(text: str, options: Options) -> frozenset[str]:
    """Read `A, C`, `A and C`, `(A)(C)` or `AC`; a label that is repeated makes it no list."""
    spread = re.sub(r"[()\[\]]", " ", text).strip() if len(text) < 200 else text
    tokens = [one for one in _AND.split(spread) if one] if len(text) < 200 else []
    if len(tokens) < 2 and _RUN.fullmatch(text) and (not options.kind or _RUN_OF_FIRST.fullmatch(text)):
        tokens = list(text)
    labels = [options.label(one) for one in tokens]
    if len(labels) < 2 or None in labels or len(set(labels)) < len(labels):
        return frozenset()
    return frozenset(label for label in labels if label is not None)


def named_in_prose(answer: str, options: Options) -> Naming:
    """Find the options that a text names. What it says not to be the answer isn't named."""
    if len(answer) > MAX_LENGTH:
        return Naming(reason=f"the answer has {len(answer):,} characters")
    answer = _lines(answer)
    labels: set[str] = set()
    for match in _MARKED.finditer(answer):
        kind = match.lastgroup or "cued"
        label = options.label(match[kind])
        if label is None or _denied(answer, match.start(kind), match.end(kind)):
            continue
        labels.add(label)
        end = match.end(kind)
        while (more := _MORE.match(answer, end)) is not None:
            another = options.label(more[1])
            if another is not None and not _denied(answer, more.start(1), more.end(1)):
                labels.add(another)
            end = more.end(1)
    # A list of options, "B. Paris C. Rome", names them all; the initials of "B. John F. Kennedy" are no list.
    items = [match[1] for match in _LISTED.finditer(answer)]
    for one, following in pairwise(items):
        if (
            ord(following) - ord(one) == 1
            and (pair := {options.label(one), options.label(following)})
            and None not in pair
        ):
            labels |= {label for label in pair if label is not None}
    if not labels and options.complete:  # otherwise nobody knows what else is named
        labels = _texts_in(plain_words(answer, options.ignore_case), options)
    if not labels:
        return Naming(reason=f"{answer[:60]!r} names no option")
    return Naming(frozenset(labels), extra=True)


def _lines(text: str) -> str:
    return "\n".join(normalize(line, ignore_case=False) for line in text.splitlines())


def _denied(text: str, start: int, end: int) -> bool:
    return bool(_BEFORE.search(text[max(0, start - 60) : start]) or _WRONG.match(text, end))


def plain_words(text: str, ignore_case: bool) -> str:
    """Return the text as options' texts are compared, with a blank at either end."""
    return f" {plain(text, ignore_case)} "


def _texts_in(words: str, options: Options) -> set[str]:
    """Find options' texts and aliases, the longest first, so that a part of one isn't taken for another."""
    found: set[str] = set()
    for text, labels in _by_length(tuple(options.texts.items())):
        if text in _ONLY_WHOLE:
            continue
        needle = f" {text} "
        start = words.find(needle)
        while start >= 0:
            before = words[max(0, start - 30) : start].split()[-3:]
            if not _NEGATIONS.intersection(before):
                found |= labels
            # A mark in its place, so that neighbours don't join.
            words = words[:start] + " \0 " + words[start + len(needle) :]
            start = words.find(needle, start)
    return found


@lru_cache(maxsize=4096)
def _by_length(texts: tuple[tuple[str, frozenset[str]], ...]) -> tuple[tuple[str, frozenset[str]], ...]:
    return tuple(sorted(texts, key=lambda pair: -len(pair[0])))
