r"""Judges completions: finds the answer, reads it and the reference, compares, and says why."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Literal

from assay import Verdict
from assay.extract import check, final_part
from assay.extract import extract as find
from assay_math.compare import compare
from assay_math.equality import Rules
from assay_math.forms import bare
from assay_math.reader import Unreadable, read
from assay_math.text import MAX_LENGTH, clean, squeeze, undoubled
from assay_math.tree import Node, Words
from assay_math.value import NoValue, exact, precise

__all__ = ["Ramp", "Rules", "judge", "measure", "references"]

#: Longest worked solution that is searched for its answer.
MAX_SOLUTION = 100_000
#: What a reason shows: characters of a value and of what tells them apart, and accepted answers.
MAX_SHOWN, MAX_WHY, MAX_NAMED = 60, 160, 3
#: What tells two values apart, and is said by showing them.
_SAYS_NO_MORE = frozenset(
    {"different numbers", "different values", "different relations", "other words", "another day"}
)

# How data sets end a worked solution whose last line is the answer.
_SOLUTION = re.compile(r"(?:^|\n)[ \t]*(?:####|(?:A|Answer|Final answer)[ \t]*:)[ \t]*([^\n]+)\s*$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Ramp:
    """What an error costs.

    Attributes:
        rel, abs: errors that still score 1.
        full, zero: relative errors between which a ramp falls from 1 to 0.
    """

    rel: float
    abs: float
    full: float
    zero: float
    kind: Literal["none", "linear", "cosine", "relative"]


def judge(completion: str, reference: Any, extract: str, lenient: bool, rules: Rules) -> Verdict:
    """Return whether a completion's answer equals the reference."""
    wanted = references(reference)
    if isinstance(wanted, Verdict):
        return wanted
    found = _find(completion, extract, lenient)
    if isinstance(found, Verdict):
        return found
    given, tree = found
    last = None
    for text, node in wanted:
        if squeeze(clean(given)) == squeeze(clean(text)):
            return Verdict(1.0, "the same text", details={"answer": given[:200], "stage": "text"})
        if tree is None:
            continue
        last = compare(tree, node, rules)
        if last.equal:
            return Verdict(1.0, last.reason, details={"answer": given[:200], "stage": last.stage})
    if last is None:
        return Verdict(
            0.0, f"the answer can't be read: {given[:80]!r}", details={"answer": given[:200], "stage": "reading"}
        )
    reason = _unequal(given, [text for text, _ in wanted], last.reason)
    return Verdict(0.0, reason, details={"answer": given[:200], "stage": last.stage})


def _unequal(given: str, wanted: Sequence[str], why: str) -> str:
    """Return a sentence with both sides as they were read, of bounded length: `(1,2) is not [1,2]: () is not []`."""
    if len(wanted) > 1:
        named = ", ".join(map(_shown, wanted[:MAX_NAMED])) + (", ..." if len(wanted) > MAX_NAMED else "")
        return f"{_shown(given)} is none of {named}"
    said = f"{_shown(given)} is not {_shown(wanted[0])}"
    return said if why in _SAYS_NO_MORE else f"{said}: {why[:MAX_WHY]}"


def _shown(text: str) -> str:
    text = " ".join(text.strip()[: 2 * MAX_SHOWN].split())
    if not text.isprintable():  # what a model wrote is read in a terminal, too
        text = "".join(one if one.isprintable() else "?" for one in text)
    return text if len(text) <= MAX_SHOWN else f"{text[: MAX_SHOWN - 3]}..."


def measure(completion: str, reference: Any, extract: str, lenient: bool, ramp: Ramp) -> Verdict:
    """Return how near a completion's number is to the reference."""
    wanted = references(reference)
    if isinstance(wanted, Verdict):
        return wanted
    target = _number(wanted[0][1])
    if target is None:
        return Verdict.bad_reference(f"the reference is not a number: {wanted[0][0][:80]!r}")
    found = _find(completion, extract, lenient)
    if isinstance(found, Verdict):
        return found
    value = None if found[1] is None else _number(found[1])
    if value is None:
        return Verdict(0.0, f"the answer is not a number: {found[0][:80]!r}")
    apart = math.fabs(value - target)
    error = apart / math.fabs(target) if target else apart
    reason = f"{value:g} for {target:g}: a relative error of {error:.3g}"
    if apart <= ramp.abs or error <= ramp.rel or value == target:
        return Verdict(1.0, reason)
    if ramp.kind == "none":
        return Verdict(0.0, reason)
    if ramp.kind == "relative":
        return Verdict(max(0.0, 1 - error), reason)
    width = ramp.zero - ramp.full
    share = min(max((error - ramp.full) / width, 0.0), 1.0) if width > 0 else float(error > ramp.full)
    return Verdict(1 - share if ramp.kind == "linear" else 0.5 * (1 + math.cos(math.pi * share)), reason)


def _find(completion: str, where: str, lenient: bool) -> tuple[str, Node | None] | Verdict:
    """Return the completion's answer as text and tree, or the verdict where there is none."""
    check(where)
    found = find(completion, where, lenient=lenient)
    if "boxed" in where and completion.count("\\boxed") > 1 and (several := _side_by_side(final_part(completion))):
        found = replace(found, text=several)
    if found.text is None:
        return Verdict(0.0, f"no answer: {found.reason}")
    text = found.text
    if len(text) > MAX_LENGTH:
        return Verdict(0.0, f"the answer has {len(text):,} characters")
    try:
        return text, _read(text)
    except Unreadable:
        return text, None


def references(reference: Any) -> tuple[tuple[str, Node], ...] | Verdict:
    """Return every accepted answer as text and tree, or the verdict where one can't be used."""
    several = reference if isinstance(reference, (list, tuple)) else [reference]
    if not several:
        return Verdict.bad_reference("the reference is an empty list")
    try:
        return tuple(_reference(_plain(one)) for one in several)
    except Unreadable as problem:
        return Verdict.bad_reference(f"the reference can't be read: {problem}")


def _plain(reference: Any) -> str:
    if isinstance(reference, bool) or reference is None:
        return str(reference) if reference is not None else ""
    if isinstance(reference, float):
        if reference != reference or reference in (float("inf"), float("-inf")):
            raise Unreadable(f"it is {reference}")
        return str(int(reference)) if reference.is_integer() and -(2**53) < reference < 2**53 else repr(reference)
    if isinstance(reference, (str, int)):
        return str(reference)
    if hasattr(reference, "item"):
        return _plain(reference.item())
    raise Unreadable(f"it is a {type(reference).__name__}, not a text or a number")


# Boxes with nothing but `and`, `or` and punctuation between them are one answer of several parts.
_BOX = r"\\(?:boxed|fbox)\s*(\{(?:[^{}]|\{(?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*\})*\})"
_BETWEEN = r"(?:[\s,;$.]|\\[,;()\[\] ]|\\q?quad|\\text\s*\{\s*(?:and|or)\s*\}|and|or)*"
_BOXES = re.compile(rf"{_BOX}(?:{_BETWEEN}{_BOX})+")


def _side_by_side(text: str) -> str | None:
    """Return the contents of boxes that stand side by side at the end as a list, `None` if they don't."""
    found = None
    for match in _BOXES.finditer(text, max(0, len(text) - MAX_LENGTH)):
        found = match
    if found is None or "\\boxed" in text[found.end() :]:
        return None
    contents = [one[1][1:-1].strip() for one in re.finditer(_BOX, found[0])]
    return None if len(set(contents)) < 2 else ", ".join(contents)


@lru_cache(maxsize=20_000)
def _reference(text: str) -> tuple[str, Node]:
    if len(text) > MAX_SOLUTION:
        raise Unreadable(f"it has {len(text):,} characters; the limit is {MAX_SOLUTION:,}")
    text = undoubled(text)
    if "\\boxed" in text or "\\fbox" in text:
        boxed = find(text, "boxed", lenient=True)
        if boxed.text is None:
            raise Unreadable(boxed.reason)
        text = _side_by_side(text) or boxed.text
    elif (solution := _SOLUTION.search(text)) is not None:
        text = solution[1]
    if _unbalanced(text):
        raise Unreadable("its braces don't match")
    return text, _read(text)


# The one piece of mathematics in a sentence that says no more: `Therefore $x > 5$ is the solution.`
_DELIMITED = re.compile(r"\$\$([^$]+)\$\$|\$([^$]+)\$|\\\[(.+?)\\\]|\\\((.+?)\\\)", re.DOTALL)
_DOUBT = re.compile(
    r"\b(?:not|or|if|maybe|perhaps|possibly|except|either|neither|least|most|more|less|than|about)\b|n't|\?|\d"
)


@lru_cache(maxsize=20_000)
def _read(text: str) -> Node:
    node = read(text)
    if isinstance(node, Words) and len(pieces := _DELIMITED.findall(text)) == 1:
        around = _DELIMITED.sub("", text)
        if around.strip(" .:") and _DOUBT.search(around) is None:
            return read(next(filter(None, pieces[0])))
    return node


def _unbalanced(text: str) -> bool:
    depth = 0
    for match in re.finditer(r"\\.|[{}]", text):
        depth += {"{": 1, "}": -1}.get(match[0], 0)
        if depth < 0:
            return True
    return depth != 0


def _number(node: Node) -> float | None:
    if isinstance(node, Words):
        return None
    try:
        node = bare(node)
        value = exact(node)
        number = precise(node, {}) if value is None else value
        return float(number)
    except (NoValue, TypeError, OverflowError):
        return None
