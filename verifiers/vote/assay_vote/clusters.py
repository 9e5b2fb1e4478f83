"""Puts the answers of a group into clusters of equal ones, by another verifier's judgement."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

from assay import Status, Verifier, installed
from assay.extract import check, extract

__all__ = ["CannotCompare", "Clusters", "cluster"]

#: Where an answer is looked for, unless the reward says otherwise. Nothing but a marked answer votes.
WHERE = "boxed|tag:answer|after:####|after:the final answer is|after:the answer is|after:final answer:|after:answer:"

#: Distinct answers in a group that are compared with each other; a group with more has no majority worth finding.
MAX_DISTINCT = 256


class CannotCompare(Exception):
    """The comparing verifier failed; nothing can be said of any member."""


Clusters = list[int | None]


def cluster(completions: Sequence[str], by: str, where: str) -> Clusters:
    """Return a number for each completion, the same for equal answers, `None` where there is no answer.

    Two answers are equal where `by` says so with either as the reference: an answer that is only a rounding of
    another is not the same answer. Clusters are the connected parts of that relation, so that they don't hang on the
    order of the members.

    Args:
        completions: the members' texts.
        by: a verifier as `plugin.leaf` that takes a completion and a reference, or `text` for equal texts.
        where: where the answers stand, in the forms of `assay.extract`.

    Raises:
        ValueError: `where` is no place to look, or `by` no verifier that can compare.
        CannotCompare: the verifier failed.
    """
    check(where)
    verifier = None if by == "text" else _comparer(by)
    answers = [extract(completion, where).text for completion in completions]
    distinct: dict[str, str] = {}
    for answer in answers:
        if answer is not None:
            distinct.setdefault(_squeeze(answer), answer)
    leader = {key: key for key in distinct}
    if verifier is not None and 1 < len(distinct) <= MAX_DISTINCT:
        options = _options(verifier)
        for one, two in combinations(distinct, 2):
            if _find(leader, one) != _find(leader, two) and _equal(verifier, options, distinct[one], distinct[two]):
                leader[_find(leader, two)] = _find(leader, one)
    numbers: dict[str, int] = {}
    found: Clusters = []
    for answer in answers:
        root = None if answer is None else _find(leader, _squeeze(answer))
        found.append(None if root is None else numbers.setdefault(root, len(numbers)))
    return found


def _comparer(name: str) -> Verifier:
    verifier = installed().verifier(name)
    takes = [one.name for one in verifier.inputs if one.required]
    if verifier.scope == "group" or verifier.is_async or sorted(takes) != ["completion", "reference"]:
        raise ValueError(
            f"by='{name}' can't compare two answers: it must be a sample verifier, no coroutine, that takes a "
            "completion and a reference and nothing else"
        )
    return verifier


def _options(verifier: Verifier) -> dict[str, Any]:
    """The defaults, and the whole text as the answer: it has been found already."""
    lacking = [one.name for one in verifier.options.values() if one.required]
    if lacking:
        raise ValueError(f"by='{verifier.name}' can't compare two answers: it needs the option '{lacking[0]}'")
    given = {name: one.default for name, one in verifier.options.items()}
    return given | {"extract": "whole"} if "extract" in given else given


def _equal(verifier: Verifier, options: Mapping[str, Any], one: str, two: str) -> bool:
    for completion, reference in ((one, two), (two, one)):
        verdict = verifier.judge({"completion": completion, "reference": reference}, options)
        if verdict.status is Status.ERROR:
            raise CannotCompare(f"{verifier.name} failed to compare: {verdict.reason}")
        if verdict.status is not Status.SCORED or verdict.score != verifier.range[1]:
            return False
    return True


def _find(leader: dict[str, str], key: str) -> str:
    while leader[key] != key:
        leader[key] = leader[leader[key]]
        key = leader[key]
    return key


def _squeeze(text: str) -> str:
    return " ".join(text.split())
