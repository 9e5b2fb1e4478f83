"""Takes from an evaluation what its user is given."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from assay._contract.call import Call
from assay._contract.sample import Sample
from assay._contract.scores import ByCall, Line, Scores
from assay._contract.verdict import NOT_EVALUATED, Verdict
from assay._language import Reward
from assay._language.evaluation import Evaluation, to_float
from assay._language.parser import parse
from assay._language.resolver import BoundReward, resolve
from assay._language.values import ABSTAINED, NAMES, SKIPPED, TIMEOUT, Column, Index
from assay._plugins.registry import Registry
from assay.errors import RewardError

__all__ = ["collect"]

#: Why a sample without a completion has no reward.
NOTHING_TO_JUDGE = "the row has no completion"


def collect(samples: Sequence[Sample], evaluation: Evaluation, registry: Registry) -> Scores:
    """Return the scores of a batch.

    Args:
        samples: the whole batch.
        evaluation: of its samples that have a completion, in the same order; it has run.
        registry: where the reward's verifiers were found, to find a call by another way of writing it.
    """
    size, program, store = len(samples), evaluation.program, evaluation.verdicts
    places = np.asarray([i for i, sample in enumerate(samples) if not sample.missing], dtype=np.intp)
    columns = {name: _spread(evaluation.lines[name], places, size) for name in program.reward.text}
    for name in ("total", "weight"):
        if name in columns:
            columns[name].fail(columns[name].status == SKIPPED, ABSTAINED, NOTHING_TO_JUDGE)
    total, weight = columns["total"], None
    if "weight" in columns:
        status, reasons = total.worst(columns["weight"])
        total = Column(np.where(status <= TIMEOUT, total.values, np.nan), status, reasons)
        weight = np.where(status <= TIMEOUT, columns["weight"].values, np.nan)
    verdicts: dict[str, list[Verdict | None]] = {}
    for label, given in store.given.items():
        verdicts[label] = [None] * size
        for place, verdict in zip(places.tolist(), given, strict=True):
            verdicts[label][place] = verdict
    verifiers = {label: _judgements(given) for label, given in verdicts.items()}
    judged = {place: position for position, place in enumerate(places.tolist())}

    def label_of(text: str) -> str | None:
        return _label(program, registry, text)

    def call_of(verifier: str, place: int) -> Call | None:
        label = verifier if verifier in verdicts else label_of(verifier)
        return None if label is None or place not in judged else store.asked(label, judged[place])

    return Scores(
        samples=samples,
        total=np.asarray(total.values, dtype=np.float64),
        status=[NAMES[code] for code in total.status.tolist()],
        reasons=[total.reasons.get(i) or _said(verifiers.values(), i) for i in range(size)],
        weight=weight,
        lines={name: _line(column) for name, column in columns.items()},
        verifiers=ByCall(verifiers, label_of),
        verdicts=ByCall(verdicts, label_of),
        call_of=call_of,
    )


def _label(program: BoundReward, registry: Registry, text: str) -> str | None:
    """Return the label of a call that is written in another way, or is named by the line that holds it."""
    reward, name = program.reward, "asked"
    while name in reward.lines:
        name += "_"
    try:
        node = parse(name, text, reward.text)
        asked = resolve(Reward.of({**reward.lines, name: node}, {**reward.text, name: text}), registry)
    except RewardError:
        return None
    call = asked.call(node)
    return None if call is None else call.label


def _spread(column: Column, places: Index, size: int) -> Column:
    """The column over the whole batch; nothing is evaluated where a completion is missing."""
    if places.size == size:
        return column
    whole = Column.empty(size)
    whole.put(places, column)
    return whole


def _line(column: Column) -> Line:
    size = column.status.size
    numbers = np.full(size, np.nan)
    if column.values.dtype == object:  # a line that holds a text, for use in comparisons
        for position, value in enumerate(column.values.tolist()):
            numbers[position] = np.nan if (number := to_float(value)) is None else number
    else:
        numbers = column.values.copy()
    numbers[(column.status > TIMEOUT) | ~np.isfinite(numbers)] = np.nan
    return Line(
        numbers,
        [NAMES[code] for code in column.status.tolist()],
        [column.reasons.get(i, "") for i in range(size)],
        np.zeros(size),
    )


def _judgements(verdicts: Sequence[Verdict | None]) -> Line:
    return Line(
        np.asarray([np.nan if one is None or one.score is None else one.score for one in verdicts], dtype=np.float64),
        [NOT_EVALUATED if one is None else one.status.value for one in verdicts],
        ["" if one is None else one.reason for one in verdicts],
        np.asarray([0.0 if one is None else one.seconds for one in verdicts], dtype=np.float64),
    )


def _said(verifiers: Iterable[Line], place: int) -> str:
    said = dict.fromkeys(line.reasons[place] for line in verifiers)
    return "; ".join(reason for reason in said if reason)
