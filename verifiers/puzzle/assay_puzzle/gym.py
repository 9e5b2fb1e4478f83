"""The tasks of reasoning-gym: `puzzle.gym`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Literal

from assay import Verdict, verifier
from assay.extract import check, wrap
from assay.extract import extract as find
from assay_puzzle import calculus
from assay_puzzle.entries import BadEntry, Entry, dataset, oracle, probe, read_entry
from assay_puzzle.judgements import JUDGEMENTS, same_text
from assay_puzzle.sokoban import Played, Unplayable, play

__all__ = ["gym"]

#: Where the answer stands, unless the reward says otherwise.
WHERE = "tag:answer|boxed|whole"

#: Answers may be this long, or four times as long as the entry's own.
MAX_LENGTH = 20_000

_CELL = re.compile(r"[^\s,\[\]]+")
#: Numbers that take for ever to write out, and counts of moves that take for ever to make.
_HUGE = re.compile(r"[eE][-+]?[0-9]{4,}")
_MANY = re.compile(r"[A-Za-z'][-+]?[0-9]{3,}")

Credit = Literal["rule", "exact", "cell", "published"]


def _exemplar(reference: Any, options: Mapping[str, Any]) -> str:
    answer = oracle(read_entry(reference, None, options["task"])) if not isinstance(reference, str) else reference
    if answer is None:
        raise ValueError("this task keeps no solution in its rows")
    return wrap(answer, options["extract"])


# Not bounded: the scorers are reasoning-gym's, and some take time for some answers.
@verifier(
    timeout=30.0,
    fields={"solved": (0.0, 1.0), "on_target": (0.0, float("inf")), "moves": (0.0, float("inf"))},
    exemplar=_exemplar,
)
def gym(
    completion: str,
    reference: Any,
    metadata: Any = None,
    *,
    task: str | None = None,
    credit: Credit = "rule",
    extract: str = WHERE,
) -> Verdict:
    """The answer solves a puzzle of reasoning-gym, in any way that its rules allow.

    Stojanovski et al., "Reasoning Gym: Reasoning Environments for Reinforcement Learning with Verifiable Rewards"
    (2025). The task's own scorer decides, but for those that run the answer as code or pay for wrong ones: these are
    judged here (docs/puzzle.md lists them).

    Options:
        task: the task's name, for rows whose metadata has no `source_dataset`.
        credit: `rule` pays 1 for a solution and 0 otherwise; `exact` for the entry's own answer alone; `cell` the
            share of its cells or words; `published` what the task's scorer pays, with its consolation for wrong
            answers.
        extract: where the answer stands, in the forms of `assay.extract`.

    The reference is an entry of reasoning-gym (a mapping, or its JSON), or its answer with the column `metadata`
    beside it. Fields: `solved`, and for `sokoban` the boxes `on_target` and the `moves` made.
    """
    check(extract)
    try:
        entry = read_entry(reference, metadata, task)
        if problem := _problem(entry):
            raise BadEntry(problem)
    except BadEntry as problem:
        return Verdict.bad_reference(f"the puzzle can't be used: {problem}")
    if credit in ("exact", "cell") and entry.answer is None:
        return Verdict.abstain(f"'{entry.task}' has no one answer to compare with")
    found = find(completion, extract)
    text = "" if found.text is None and entry.answer == "" and not found.found else found.text
    if text is None:
        return _verdict(0.0, False, f"no answer: {found.reason}")
    if len(text) > max(MAX_LENGTH, 4 * len(entry.answer or "")):
        return _verdict(0.0, False, f"the answer has {len(text):,} characters")
    if entry.task == "sokoban":
        return _sokoban(text, entry, credit)
    solved, published, reason = _judged(text, entry)
    return _verdict(_score(text, entry, credit, solved, published), solved, reason)


def _judged(answer: str, entry: Entry) -> tuple[bool, float, str]:
    """Return whether the answer solves the puzzle, what the published scorer pays, and why."""
    if _HUGE.search(answer) and not _HUGE.search(entry.answer or ""):
        return False, 0.0, "it holds a number that is too large to write out"
    if entry.task in ("rubiks_cube", "rush_hour") and _MANY.search(answer):
        return False, 0.0, "it repeats a move a hundred times or more"
    judgement = JUDGEMENTS.get(entry.task)
    try:
        solved, published = judgement(answer, entry) if judgement else (same_text(answer, entry), None)
    except Exception as problem:  # the entry's own answer has been judged without one
        return False, 0.0, f"the answer can't be read: {str(problem)[:120] or type(problem).__name__}"
    if published is None:
        try:
            published = float(dataset(entry.task).score_answer(answer, entry.raw()))
        except Exception as problem:
            return solved, float(solved), f"its scorer can't read the answer: {type(problem).__name__}"
        if judgement is None:
            solved = solved or published >= 1
    if solved:
        return True, 1.0, "solved"
    # What is wrong never pays in full, whatever a scorer says.
    return False, published if 0 <= published < 1 else 0.0, "not solved"


def _score(answer: str, entry: Entry, credit: Credit, solved: bool, published: float) -> float:
    if credit == "published":
        return published
    if credit == "exact":
        return float(same_text(answer, entry))
    if credit == "cell":
        given, wanted = _CELL.findall(answer), _CELL.findall(entry.answer or "")
        if len(given) != len(wanted):
            return float(solved)
        return sum(a == b for a, b in zip(given, wanted, strict=True)) / len(wanted) if wanted else float(solved)
    return float(solved)


def _sokoban(answer: str, entry: Entry, credit: Credit) -> Verdict:
    try:
        played = play(entry.metadata["gamestr"], answer)
    except Unplayable as problem:
        return _verdict(0.0, False, f"not played: {problem}")
    score = _score(answer, entry, credit, played.solved, float(played.solved))
    boxes = played.on_target + played.off_target
    return _verdict(score, played.solved, f"{played.on_target} of {boxes} boxes on target", played)


def _verdict(score: float, solved: bool, reason: str, played: Played | None = None) -> Verdict:
    on_target = None if played is None else float(played.on_target)
    moves = None if played is None else float(played.moves)
    return Verdict(score, reason, {"solved": float(solved), "on_target": on_target, "moves": moves})


def _problem(entry: Entry) -> str:
    """Return why an entry can't be used: its own solution must solve it."""
    return _remembered(_Keyed(entry))


class _Keyed:
    """An entry by its text, for a cache."""

    def __init__(self, entry: Entry) -> None:
        self.entry = entry

    def __hash__(self) -> int:
        return hash(self.entry.key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Keyed) and other.entry.key == self.entry.key


@lru_cache(maxsize=4096)
def _remembered(keyed: _Keyed) -> str:
    entry = keyed.entry
    solution = oracle(entry)
    if solution is None:
        return _unproven(entry)
    if entry.task == "sokoban":
        try:
            return "" if play(entry.metadata["gamestr"], solution).solved else "its own answer doesn't solve it"
        except (Unplayable, KeyError, AttributeError) as problem:
            return f"its board can't be read: {problem}"
    solved, published, reason = _judged(solution, entry)
    # The conclusion that a row of propositional logic holds may be trivial, or none: it tells only that it can be read.
    right = solved or (entry.task == "propositional_logic" and published > 0)
    return "" if right else f"its own answer doesn't solve it: {reason}"


def _unproven(entry: Entry) -> str:
    """Return why an entry without a solution can't be used."""
    try:
        if entry.task == "intermediate_integration":
            calculus.read_expression(str(entry.metadata["integrand"]), [str(entry.metadata["variable"])])
        elif entry.task in ("boxnet", "rush_hour"):
            probe(entry)
    except Exception as problem:
        return f"it can't be read: {str(problem)[:120] or type(problem).__name__}"
    return ""
