"""Scores one batch of generations beside the trainer's own work, each sample once, groups whole."""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from math import nan

from assay._contract.sample import Sample
from assay._contract.scores import Scores
from assay._contract.verdict import NOT_EVALUATED, Status
from assay._data.log import RunLog
from assay._scoring.scorer import Scorer

__all__ = ["BackgroundScorer", "Judged", "Judgement"]


@dataclass(frozen=True, slots=True)
class Judgement:
    """What one sample was given: plain numbers and texts, so that it travels between processes.

    Attributes:
        total: NaN where no reward could be given.
        weight: what scales the sample's loss; 1 without a line `weight`, NaN where that could not be evaluated.
        status: of the total.
        reason: why.
        lines: the value of every named line, NaN where there is none.
        verifiers: the value and the status of every verifier call that was evaluated.
    """

    total: float
    weight: float
    status: str
    reason: str
    lines: dict[str, float]
    verifiers: dict[str, tuple[float, str]]


@dataclass
class Judged:
    """What a batch was given.

    Attributes:
        samples: what each sample was given, in their order.
        waited: seconds that the trainer waited for it.
        hidden: seconds of judging that ran beside the trainer's own work.
        saved: share of the verifier calls that were answered by an equal one of this batch or an earlier.
    """

    samples: list[Judgement]
    waited: float = 0.0
    hidden: float = 0.0
    saved: float | None = None

    @classmethod
    def of(cls, scores: Scores) -> Judged:
        """Take from scores what the trainer needs."""
        weight = [1.0] * len(scores) if scores.weight is None else scores.weight.tolist()
        lines = {name: line.values.tolist() for name, line in scores.lines.items()}
        calls = {label: (line.values.tolist(), line.status) for label, line in scores.verifiers.items()}
        return cls(
            [
                Judgement(
                    total,
                    weight[i],
                    scores.status[i],
                    scores.reasons[i],
                    {name: values[i] for name, values in lines.items()},
                    {
                        label: (values[i], statuses[i])
                        for label, (values, statuses) in calls.items()
                        if statuses[i] != NOT_EVALUATED
                    },
                )
                for i, total in enumerate(scores.total.tolist())
            ]
        )

    @classmethod
    def failed(cls, size: int, problem: BaseException, lines: Sequence[str]) -> Judged:
        """Every sample is an error: the run goes on, and learns nothing from this batch."""
        reason = f"scoring raised {type(problem).__name__}: {problem}"
        return cls([Judgement(nan, 1.0, Status.ERROR.value, reason, dict.fromkeys(lines, nan), {})] * size)


class BackgroundScorer:
    """A scorer in a thread of its own; writes what it scores to `log`, if there is one."""

    def __init__(self, scorer: Scorer) -> None:
        self.scorer = scorer
        self.log: RunLog | None = None
        self._thread = ThreadPoolExecutor(1, "assay-scoring")
        self._future: Future[tuple[Judged, float]] | None = None
        self._size = 0

    def start(self, samples: Sequence[Sample]) -> None:
        """Begin to judge; returns at once."""
        self._size = len(samples)
        self._future = self._thread.submit(self._score, list(samples))

    def finish(self) -> Judged:
        """Wait for the verdicts of the batch that was started. Raises nothing that a verifier could cause."""
        assert self._future is not None, "nothing was started"
        started = time.perf_counter()
        try:
            judged, seconds = self._future.result()
        except Exception as problem:  # an exception on one rank would leave the others waiting for it
            judged, seconds = Judged.failed(self._size, problem, list(self.scorer.reward.text)), 0.0
        self._future = None
        judged.waited = time.perf_counter() - started
        judged.hidden = max(0.0, seconds - judged.waited)
        return judged

    def close(self) -> None:
        """End the thread and the scorer, and close the log."""
        self._thread.shutdown(wait=False, cancel_futures=True)
        self.scorer.close()
        if self.log is not None:
            self.log.close()

    def _score(self, samples: list[Sample]) -> tuple[Judged, float]:
        started = time.perf_counter()
        before = self._counted()
        scores = self.scorer.score(samples)
        if self.log is not None:
            self.log.write(scores)
        judged = Judged.of(scores)
        after = self._counted()
        if before is not None and after is not None and after[0] > before[0]:
            judged.saved = 1 - (after[1] - before[1]) / (after[0] - before[0])
        return judged, time.perf_counter() - started

    def _counted(self) -> tuple[int, int] | None:
        """Return how many calls the engine was asked and how many it evaluated, where it counts them."""
        statistics = getattr(self.scorer.engine, "statistics", None)
        return None if statistics is None else (statistics.calls, statistics.evaluated)
