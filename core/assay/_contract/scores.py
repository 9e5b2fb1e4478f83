"""What scoring a batch gives: totals, statuses, and every verdict behind them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from assay._contract.sample import Sample
from assay._contract.verdict import Verdict
from assay._language.evaluation import Evaluation, to_float
from assay._language.values import NAMES, SKIPPED, TIMEOUT, Column
from assay.engine import Call

__all__ = ["Line", "Scores"]

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Line:
    """A named line or a verifier call over the whole batch.

    Attributes:
        values: (samples,) float64, NaN where there is no score.
        status: one per sample: a `Status`, or `not evaluated` where laziness left the sample out.
        reasons: one per sample, empty where there is nothing to say.
        seconds: (samples,) float64, what the verifier took; 0 for a named line.
    """

    values: Floats
    status: list[str]
    reasons: list[str]
    seconds: Floats

    def rate(self, status: str) -> float:
        """Share of the evaluated samples that have a status; 0 where none was evaluated."""
        evaluated = [one for one in self.status if one != NAMES[SKIPPED]]
        return evaluated.count(status) / len(evaluated) if evaluated else 0.0

    @property
    def mean(self) -> float:
        """Mean of the values that there are, NaN without any."""
        known = self.values[~np.isnan(self.values)]
        return float(known.mean()) if known.size else float("nan")


class Scores:
    """The result of scoring a batch, in the order of its samples.

    Attributes:
        samples: what was scored.
        total: (samples,) float64, NaN where no reward could be given.
        status: the status of each total.
        reasons: why, where a total isn't plainly scored; what its verifiers said, where it is.
        weight: (samples,) float64, the reserved line `weight`; `None` if the reward has none.
        lines: every named line, `total` included.
        verifiers: every verifier call, by its text in the reward.
        verdicts: the verdicts behind `verifiers`, `None` where laziness left the sample out.
    """

    def __init__(self, samples: Sequence[Sample], evaluation: Evaluation) -> None:
        columns = evaluation.lines
        self.samples = samples
        self._judge = evaluation.verdicts
        self.lines: dict[str, Line] = {name: _line(columns[name]) for name in evaluation.program.reward.text}
        self.verdicts: Mapping[str, list[Verdict | None]] = evaluation.verdicts.given
        self.verifiers: dict[str, Line] = {label: _judgements(v) for label, v in evaluation.verdicts.given.items()}
        total = columns["total"]
        if "weight" in columns:
            weight = columns["weight"]
            status, reasons = total.worst(weight)
            total = Column(np.where(status <= TIMEOUT, total.values, np.nan), status, reasons)
            self.weight: Floats | None = np.where(status <= TIMEOUT, weight.values, np.nan)
        else:
            self.weight = None
        self.total: Floats = np.asarray(total.values, dtype=np.float64)
        self.status: list[str] = [NAMES[code] for code in total.status.tolist()]
        self.reasons: list[str] = [total.reasons.get(i) or self._said(i) for i in range(len(samples))]

    def __len__(self) -> int:
        return len(self.samples)

    def __repr__(self) -> str:
        counts = ", ".join(f"{self.status.count(one)} {one}" for one in dict.fromkeys(self.status))
        return f"<Scores of {len(self)} samples: {counts or 'none'}>"

    def table(self) -> list[dict[str, Any]]:
        """Return a row per sample and component: sample, component, score, status, reason, seconds.

        Components are the named lines, then the verifier calls. A missing score is `None`.
        """
        rows = []
        components = [*self.lines.items(), *((k, one) for k, one in self.verifiers.items() if k not in self.lines)]
        for position, sample in enumerate(self.samples):
            for name, line in components:
                score = float(line.values[position])
                rows.append(
                    {
                        "sample": sample.id if sample.id is not None else position,
                        "component": name,
                        "score": None if np.isnan(score) else score,
                        "status": line.status[position],
                        "reason": line.reasons[position],
                        "seconds": float(line.seconds[position]),
                    }
                )
        return rows

    def asked(self, verifier: str, position: int) -> Call | None:
        """Return the call by which a verifier, by its text in the reward, judged a sample; `None` where it did not."""
        return self._judge.asked(verifier, position)

    def _said(self, position: int) -> str:
        said = dict.fromkeys(line.reasons[position] for line in self.verifiers.values())
        return "; ".join(reason for reason in said if reason)


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
        [NAMES[SKIPPED] if one is None else one.status.value for one in verdicts],
        ["" if one is None else one.reason for one in verdicts],
        np.asarray([0.0 if one is None else one.seconds for one in verdicts], dtype=np.float64),
    )
