"""Scores samples by a reward: `assay.score` for one batch, `Scorer` for a run."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any

from assay._contract.sample import Rows, Sample, known_fields, read_samples
from assay._contract.scores import Scores
from assay._language import Reward
from assay._language.evaluation import Evaluation
from assay._language.expansion import with_recipes
from assay._language.resolver import BoundReward, kind_of_column, resolve
from assay._plugins.registry import Registry, installed
from assay._scoring.results import collect
from assay.engine import Engine, LocalEngine

if TYPE_CHECKING:
    from assay._language import Expression

__all__ = ["Scorer", "score"]

#: Bindings of a reward that a scorer keeps: one for each way in which batches differ.
KEPT = 64


class Scorer:
    """A reward bound to an engine, for scoring one batch after another; a context manager that closes what it owns.

    Safe to use from several threads at once.

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
        self._paths = resolve(self.reward, self.registry).paths
        self._bound: dict[Hashable, BoundReward] = {}
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

    def score(self, rows: Rows, columns: Mapping[str, str] | None = None) -> Scores:
        """Score a batch. Rows of one group must be in the same batch.

        Args:
            rows: as for `assay.score`; samples, too.
            columns: where an input is found when its column has another name, as for `assay.score`.

        Raises:
            RewardError: the rows lack a column that the reward needs, or hold another type in it.
            DataError: a row can't be read.
        """
        samples = read_samples(rows, columns)
        program = self._bind(samples)
        evaluation = Evaluation(program, [sample for sample in samples if not sample.missing], self.engine)
        evaluation.run()
        scores = collect(samples, evaluation, self.registry)
        self.registry.scored(scores)
        return scores

    def _bind(self, samples: Sequence[Sample]) -> BoundReward:
        """Bind the reward to a batch: once for batches that are alike in all that binding looks at."""
        rows = [sample.row for sample in samples]
        columns = dict.fromkeys(column for row in rows for column in row)
        known = known_fields(samples)
        kinds = [kind_of_column(rows, columns, path) for path in self._paths]
        alike = (not samples, *known, *kinds)
        program = self._bound.get(alike)
        if program is None:
            program = resolve(self.reward, self.registry, columns if samples else None, rows, known)
            if len(self._bound) >= KEPT:
                self._bound.clear()
            self._bound[alike] = program
        return program

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
    rows: Rows,
    reward: Reward | str | Expression | Mapping[str, Any],
    columns: Mapping[str, str] | None = None,
    *,
    engine: Engine | None = None,
    registry: Registry | None = None,
) -> Scores:
    r"""Score rows of data by a reward.

    Args:
        rows: mappings from column to value, or a frame (of pandas or polars, a table of Arrow, a `datasets.Dataset`).
            A completion (and a prompt) is a text or a list of chat messages; a row whose completion is `None` abstains.
        reward: a text, named lines, or an expression built in Python.
        columns: where an input is found when its column has another name, as dotted paths:
            `{"completion": "response", "reference": "gold"}`.
        engine: who evaluates the verifiers; this machine by default.
        registry: where verifiers are found; the installed plugins by default.

    Raises:
        RewardError: the reward can't be read, or can't be evaluated for these rows.
        DataError: a row has no completion, or no row has a column that `columns` names.

    >>> rows = [{"response": r"It is \boxed{4}.", "gold": "4"}]
    >>> score(rows, "math.answer", {"completion": "response", "reference": "gold"}).total
    array([1.])
    """
    with Scorer(reward, engine=engine, registry=registry) as scorer:
        return scorer.score(rows, columns)
