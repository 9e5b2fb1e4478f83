"""Scores samples by a reward: `assay.score` for one batch, `Scorer` for a run."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any

from assay._contract.sample import Sample, read_samples
from assay._contract.scores import Scores
from assay._language import Reward
from assay._language.evaluation import Evaluation
from assay._language.expansion import with_recipes
from assay._language.resolver import resolve
from assay._plugins.registry import Registry, installed
from assay.engine import Engine, LocalEngine

if TYPE_CHECKING:
    from assay._language import Expression

__all__ = ["Scorer", "score"]


class Scorer:
    """A reward bound to an engine, for scoring one batch after another.

    Args:
        reward: a text, named lines, an expression built in Python, or a `Reward`.
        registry: where verifiers are found; this process's installed plugins by default.
        engine: who evaluates them; by default a `LocalEngine` that this scorer closes.

    Raises:
        RewardError: the reward can't be read, or names something that isn't installed.
    """

    def __init__(
        self,
        reward: Reward | str | Expression | Mapping[str, Any],
        *,
        registry: Registry | None = None,
        engine: Engine | None = None,
    ) -> None:
        self.registry = registry or installed()
        self.reward = with_recipes(Reward(reward), self.registry)
        resolve(self.reward, self.registry)
        self._owns_engine = engine is None
        self.engine: Engine = engine or LocalEngine()

    def check(
        self,
        columns: Iterable[str],
        rows: Sequence[Mapping[str, Any]] = (),
        known: Collection[str] | None = None,
    ) -> None:
        """Refuse a reward that can't be evaluated for a data set, before anything costly is done.

        Args:
            columns: the data set's columns.
            rows: some of its rows, to check the types of columns by.
            known: which of `tokens`, `truncated`, `step` and `progress` will be known; all by default, as in training.

        Raises:
            RewardError: a column is missing or holds another type than the reward needs.
        """
        resolve(self.reward, self.registry, columns, rows, known)

    def score(self, samples: Sequence[Sample]) -> Scores:
        """Score a batch. Samples of one group must be in the same batch.

        Raises:
            RewardError: the samples lack a column that the reward needs, or hold another type in it.
        """
        rows = [sample.row for sample in samples]
        columns = dict.fromkeys(column for row in rows for column in row)
        known = [
            name
            for name in ("tokens", "truncated", "step", "progress")
            if not samples or any(getattr(sample, name) is not None for sample in samples)
        ]
        program = resolve(self.reward, self.registry, columns if samples else None, rows, known)
        evaluation = Evaluation(program, samples, self.engine)
        evaluation.run()
        scores = Scores(samples, evaluation)
        self.registry.scored(scores)
        return scores

    def close(self) -> None:
        """Release the engine's workers, if the engine is the scorer's own."""
        if self._owns_engine:
            self.engine.close()

    def __enter__(self) -> Scorer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def score(
    rows: Iterable[Mapping[str, Any]],
    reward: Reward | str | Expression | Mapping[str, Any],
    columns: Mapping[str, str] | None = None,
    *,
    engine: Engine | None = None,
    registry: Registry | None = None,
) -> Scores:
    r"""Score rows of data by a reward.

    Args:
        rows: mappings from column to value. A completion (and a prompt) is a text or a list of chat messages.
        reward: a text, named lines, or an expression built in Python.
        columns: where an input is found when its column has another name, as dotted paths:
            `{"completion": "response", "reference": "gold"}`.
        engine: who evaluates the verifiers; this machine by default.
        registry: where verifiers are found; the installed plugins by default.

    Raises:
        RewardError: the reward can't be read, or can't be evaluated for these rows.
        DataError: a row has no completion.

    >>> rows = [{"response": r"It is \boxed{4}.", "gold": "4"}]
    >>> score(rows, "math.answer", {"completion": "response", "reference": "gold"}).total
    array([1.])
    """
    with Scorer(reward, engine=engine, registry=registry) as scorer:
        return scorer.score(read_samples(rows, columns))
