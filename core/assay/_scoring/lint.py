"""Finds references that can't be used, before a run finds them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from assay._contract.sample import Sample, read_samples
from assay._contract.verdict import Status
from assay._language import Reward
from assay._language.calls import VerdictStore
from assay._language.expansion import with_recipes
from assay._language.resolver import BoundCall, resolve
from assay._plugins.registry import Registry, installed
from assay.engine import Engine, LocalEngine

__all__ = ["Problem", "Report", "lint"]


@dataclass(frozen=True, slots=True)
class Problem:
    """A reference that doesn't equal itself, or (`weak`) a row that pays answers that are wrong for certain."""

    row: int
    status: str
    reason: str
    reference: Any


@dataclass(slots=True)
class Report:
    """What was found for one verifier call.

    Attributes:
        verifier: the call, as the reward has it.
        rows: how many references were judged.
        decoys: how many wrong answers were judged.
        skipped: why none was, if none was.
        problems: those that can't be used.
    """

    verifier: str
    rows: int = 0
    decoys: int = 0
    skipped: str = ""
    problems: list[Problem] = field(default_factory=list)


def lint(
    rows: Sequence[Mapping[str, Any]],
    reward: Reward | str | Mapping[str, Any],
    columns: Mapping[str, str] | None = None,
    *,
    registry: Registry | None = None,
    engine: Engine | None = None,
) -> list[Report]:
    """Judge each reference against a perfect answer made from it, and against wrong ones.

    Args:
        rows: the data set; needs no completions.
        reward: whose verifiers are asked, each that takes a `reference` and declares an `exemplar` or `decoys`.
        columns: where inputs are found, as for `assay.score`.
        registry: where verifiers are found; the installed plugins by default.
        engine: who evaluates them; this machine by default.

    Raises:
        RewardError: the reward can't be read, or can't be evaluated for these rows.
    """
    samples = read_samples([{"completion": "", **row} for row in rows], columns)
    known = dict.fromkeys(column for sample in samples for column in sample.row)
    registry = registry or installed()
    program = resolve(with_recipes(Reward(reward), registry), registry, known, [s.row for s in samples[:2000]])
    owned = engine or LocalEngine()
    calls = {call.label: call for call in program.calls.values() if "reference" in call.inputs}
    try:
        return [_judge(call, samples, VerdictStore(program, samples, owned), owned) for call in calls.values()]
    finally:
        if engine is None:
            owned.close()


def _judge(call: BoundCall, samples: Sequence[Sample], judge: VerdictStore, engine: Engine) -> Report:
    report = Report(call.label)
    exemplar = call.verifier.exemplar
    if exemplar is None:
        report.skipped = f"{call.verifier.name} declares no exemplar, so its references can't be tried"
        return report
    if call.verifier.scope == "group":
        report.skipped = f"{call.verifier.name} judges groups"
        return report
    for position, verdict, reference in judge.exemplars(call, exemplar):
        report.rows += 1
        if verdict.status is not Status.SCORED:
            report.problems.append(Problem(position, verdict.status.value, verdict.reason, reference))
        elif verdict.score is not None and verdict.score < call.verifier.range[1]:
            reason = f"a perfect answer scores {verdict.score:g}: {verdict.reason}"
            report.problems.append(Problem(position, "unequal", reason, reference))
    if call.verifier.decoys is not None:
        _try_decoys(call, judge, report)
    return report


def _try_decoys(call: BoundCall, judge: VerdictStore, report: Report) -> None:
    """Add a problem for each row, usable otherwise, that gives a wrong answer full marks."""
    assert call.verifier.decoys is not None
    unusable = {problem.row for problem in report.problems}
    for position, judged, reference in judge.decoys(call, call.verifier.decoys):
        report.decoys += len(judged)
        paid = [
            text for text, verdict in judged if verdict.score is not None and verdict.score >= call.verifier.range[1]
        ]
        if paid and position not in unusable:
            reason = f"{len(paid)} of {len(judged)} wrong answers score full marks, for example {paid[0]!r:.200}"
            report.problems.append(Problem(position, "weak", reason, reference))
