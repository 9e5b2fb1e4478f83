r"""Judges completions: finds the answer, reads it and the reference, compares, and says why."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from assay import Verdict
from assay.extract import extract
from assay_math.characters import MAX_LENGTH, clean, squeeze, undoubled
from assay_math.comparison import compare
from assay_math.equality import Comparison, Rules
from assay_math.errors import Unreadable
from assay_math.evaluation import NoValue, exact, precise
from assay_math.finding import boxes, find, side_by_side
from assay_math.grammar import read
from assay_math.kinds import Kind, classify
from assay_math.phrases import MEANINGS
from assay_math.rewriting import bare
from assay_math.tree import Node, Words

__all__ = ["Ramp", "Rules", "judge", "measure", "references"]

#: Longest worked solution that is searched for its answer.
MAX_SOLUTION = 100_000
#: Words that are answers by nature.
SAID = frozenset(MEANINGS.values())
#: What a reason shows: characters of a value and of what tells them apart, and accepted answers.
MAX_SHOWN, MAX_WHY, MAX_NAMED = 60, 160, 3
#: What tells two values apart, and is said by showing them.
_SAYS_NO_MORE = frozenset(
    {"different numbers", "different values", "different relations", "other words", "another day"}
)

_THOUSANDS = re.compile(r"\d{1,3}(?:,\d{3})+")
_SEVERAL = frozenset({Kind.TUPLE, Kind.SET, Kind.LIST, Kind.REGION, Kind.ASSIGNMENT})
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


def judge(completion: str, reference: Any, where: str, lenient: bool, rules: Rules) -> Verdict:
    """Return whether a completion's answer equals the reference."""
    wanted = references(reference, rules.decimal_comma)
    if isinstance(wanted, Verdict):
        return wanted
    found = find(completion, where, lenient=lenient, same=lambda one, other: _same(one, other, rules))
    if found.text is None:
        return _verdict(0.0, f"no answer: {found.reason}", "", understood=True)
    given = found.text
    if len(given) > MAX_LENGTH:
        return _verdict(0.0, f"the answer has {len(given):,} characters", given)
    tree = _tree(given, rules.decimal_comma)
    last = None
    for text, node in wanted:
        if squeeze(clean(given)) == squeeze(clean(text)):
            return _verdict(1.0, "the same text", given, stage="text", kind=classify(node), understood=True)
        if tree is None:
            continue
        last = compare(tree, node, rules)
        for one, other in () if last.equal else _value_by_value(given, tree, text, node):
            last = compare(one, other, rules)
        if last.equal:
            return _verdict(1.0, last.reason, given, stage=last.stage, kind=classify(node), understood=True)
    if last is None or tree is None:
        return _verdict(0.0, f"the answer can't be read: {given[:80]!r}", given, stage="reading")
    return _verdict(
        0.0,
        _unequal(given, [text for text, _ in wanted], last),
        given,
        stage=last.stage,
        kind=classify(wanted[-1][1]),
        understood=all(_is_mathematics(node) for node in (tree, *(node for _, node in wanted))),
        undecided=last.undecided,
    )


def _value_by_value(given: str, tree: Node, text: str, node: Node) -> Iterator[tuple[Node, Node]]:
    """Yield the two sides with `10,100` as two values, where the other side has several: the comma says either."""
    if _THOUSANDS.fullmatch(given.strip(" $")) and classify(node) in _SEVERAL:
        yield _read(given.replace(",", ", "), decimal_comma=False), node
    elif _THOUSANDS.fullmatch(text.strip(" $")) and classify(tree) in _SEVERAL:
        yield tree, _read(text.replace(",", ", "), decimal_comma=False)


def _unequal(given: str, wanted: Sequence[str], last: Comparison) -> str:
    """Return a sentence with both sides as they were read, of bounded length: `(1,2) is not [1,2]: () is not []`."""
    if len(wanted) > 1:
        named = ", ".join(map(_shown, wanted[:MAX_NAMED])) + (", ..." if len(wanted) > MAX_NAMED else "")
        return f"{_shown(given)} is none of {named}"
    if last.undecided:
        return f"undecided: {_shown(given)} for {_shown(wanted[0])}: {last.reason[:MAX_WHY]}"
    said = f"{_shown(given)} is not {_shown(wanted[0])}"
    return said if last.reason in _SAYS_NO_MORE else f"{said}: {last.reason[:MAX_WHY]}"


def _shown(text: str) -> str:
    text = " ".join(text.strip()[: 2 * MAX_SHOWN].split())
    if not text.isprintable():  # what a model wrote is read in a terminal, too
        text = "".join(one if one.isprintable() else "?" for one in text)
    return text if len(text) <= MAX_SHOWN else f"{text[: MAX_SHOWN - 3]}..."


def _verdict(
    score: float,
    reason: str,
    given: str,
    *,
    stage: str = "",
    kind: str = "",
    understood: bool = False,
    undecided: bool = False,
) -> Verdict:
    details = {"answer": given[:200], "stage": stage, "kind": kind}
    fields = {"understood": float(understood), "undecided": float(undecided)}
    return Verdict(score, reason, fields=fields, details={name: value for name, value in details.items() if value})


def _is_mathematics(node: Node) -> bool:
    """Whether nothing in an answer is words that say more than yes, no or a letter."""
    return not isinstance(node, Words) or node.text in SAID or len(node.text) == 1


def _tree(text: str, decimal_comma: bool) -> Node | None:
    try:
        return _read(text, decimal_comma)
    except Unreadable:
        return None


def _same(one: str, other: str, rules: Rules) -> bool:
    """Whether two answers of one completion are one."""
    if squeeze(clean(one)) == squeeze(clean(other)):
        return True
    if max(len(one), len(other)) > MAX_LENGTH:
        return False
    left, right = _tree(one, rules.decimal_comma), _tree(other, rules.decimal_comma)
    if left is None or right is None:
        return False
    return compare(left, right, rules).equal or compare(right, left, rules).equal


def measure(completion: str, reference: Any, where: str, lenient: bool, ramp: Ramp) -> Verdict:
    """Return how near a completion's number is to the reference."""
    wanted = references(reference)
    if isinstance(wanted, Verdict):
        return wanted
    target = _number(wanted[0][1])
    if target is None:
        return Verdict.bad_reference(f"the reference is not a number: {wanted[0][0][:80]!r}")
    found = find(completion, where, lenient=lenient, same=lambda one, other: _same(one, other, Rules()))
    if found.text is None:
        return Verdict(0.0, f"no answer: {found.reason}")
    tree = _tree(found.text, decimal_comma=False)
    value = None if tree is None else _number(tree)
    if value is None:
        return Verdict(0.0, f"the answer is not a number: {found.text[:80]!r}")
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


def references(reference: Any, decimal_comma: bool = False) -> tuple[tuple[str, Node], ...] | Verdict:
    """Return every accepted answer as text and tree, or the verdict where one can't be used."""
    several = reference if isinstance(reference, (list, tuple)) else [reference]
    if not several:
        return Verdict.bad_reference("the reference is an empty list")
    try:
        return tuple(_reference(_plain(one), decimal_comma) for one in several)
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


@lru_cache(maxsize=20_000)
def _reference(text: str, decimal_comma: bool) -> tuple[str, Node]:
    if len(text) > MAX_SOLUTION:
        raise Unreadable(f"it has {len(text):,} characters; the limit is {MAX_SOLUTION:,}")
    if "boxed" in text or "fbox" in text:
        text = undoubled(text)
    if "\\boxed" in text or "\\fbox" in text:
        boxed = extract(text, "boxed", lenient=True)
        if boxed.text is None:
            raise Unreadable(boxed.reason)
        text = side_by_side(text, boxes(text)) or boxed.text
    elif (solution := _SOLUTION.search(text)) is not None:
        text = solution[1]
    if _unbalanced(text):
        raise Unreadable("its braces don't match")
    text = _on_one_line(text)
    return text, _read(text, decimal_comma)


def _on_one_line(text: str) -> str:
    """Return an answer of several lines as a list, where each line is whole in itself."""
    lines = [line.strip() for line in text.splitlines() if line.strip(" \t$\\[]")]
    if len(lines) < 2 or "\\begin" in text or any(_unbalanced(line) or line.count("$") % 2 for line in lines):
        return text
    if any(line[-1] in "=+-,;:<>(" or line.endswith("\\\\") for line in lines[:-1]):
        return text
    return ", ".join(lines)


@lru_cache(maxsize=20_000)
def _read(text: str, decimal_comma: bool) -> Node:
    return read(text, decimal_comma=decimal_comma)


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
