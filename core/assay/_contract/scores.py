"""What scoring a batch gives: totals, statuses, and every verdict behind them."""

from __future__ import annotations

import html
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypedDict, TypeVar

import numpy as np
import numpy.typing as npt

from assay._contract.call import Call
from assay._contract.sample import Sample
from assay._contract.verdict import NOT_EVALUATED, Verdict
from assay.errors import shorten

if TYPE_CHECKING:
    import pandas

__all__ = ["ByCall", "Component", "Line", "SampleScore", "Scores", "nullable"]

Floats = npt.NDArray[np.float64]
T = TypeVar("T")

#: Rows, and characters of a cell, that a notebook shows.
SHOWN_ROWS, SHOWN_CHARACTERS = 20, 160


def nullable(values: Floats | Sequence[float]) -> list[float | None]:
    """Return numbers as JSON has them: `None` for NaN, which stands for "no score"."""
    return [None if value != value else value for value in np.asarray(values, dtype=np.float64).tolist()]


class Component(TypedDict):
    """What a named line or a verifier call gave one sample; seconds are 0 for a line."""

    score: float | None
    status: str
    reason: str
    seconds: float


@dataclass(frozen=True, slots=True)
class SampleScore:
    """One sample and what it was given.

    Attributes:
        sample: what was judged.
        total: the reward, `None` if none could be given.
        status: of the total.
        reason: why.
        components: what each named line and each verifier call gave, by its name.
    """

    sample: Sample
    total: float | None
    status: str
    reason: str
    components: Mapping[str, Component]


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
        evaluated = [one for one in self.status if one != NOT_EVALUATED]
        return evaluated.count(status) / len(evaluated) if evaluated else 0.0

    @property
    def mean(self) -> float:
        """Mean of the values that there are, NaN without any."""
        return _mean(self.values)

    def components(self) -> Iterator[Component]:
        """Yield what each sample was given, in order."""
        columns = (nullable(self.values), self.status, self.reasons, self.seconds.tolist())
        for score, status, reason, seconds in zip(*columns, strict=True):
            yield {"score": score, "status": status, "reason": reason, "seconds": seconds}


class ByCall(dict[str, T]):
    """Something for each verifier call of a reward, by the call's label; any other way of writing the call finds it.

    Args:
        items: by label.
        label: returns the label of a call however it is written, `None` for anything else.
    """

    def __init__(self, items: Mapping[str, T], label: Callable[[str], str | None]) -> None:
        super().__init__(items)
        self._label = label

    def __missing__(self, text: str) -> T:
        label = self._label(text)
        if label is None or label not in self:
            raise KeyError(f"the reward has no verifier call {text!r}; it has {', '.join(self) or 'none'}")
        return self[label]


@dataclass(frozen=True, slots=True, repr=False, eq=False)
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
        call_of: what `asked` asks.
    """

    samples: Sequence[Sample]
    total: Floats
    status: list[str]
    reasons: list[str]
    weight: Floats | None
    lines: dict[str, Line]
    verifiers: ByCall[Line]
    verdicts: ByCall[list[Verdict | None]]
    call_of: Callable[[str, int], Call | None]

    def __len__(self) -> int:
        return len(self.samples)

    def by_sample(self) -> Iterator[SampleScore]:
        """Yield each sample with what it was given, in order.

        Components are the named lines, then the verifier calls.
        """
        calls = {label: line for label, line in self.verifiers.items() if label not in self.lines}
        parts = {**self.lines, **calls}
        columns = [line.components() for line in parts.values()]
        totals = zip(self.samples, nullable(self.total), self.status, self.reasons, strict=True)
        for sample, total, status, reason in totals:
            yield SampleScore(sample, total, status, reason, dict(zip(parts, map(next, columns), strict=True)))

    def table(self) -> list[dict[str, Any]]:
        """Return a row per sample and component: sample, component, score, status, reason, seconds.

        Components are the named lines, then the verifier calls. A missing score is `None`.
        """
        return [
            {"sample": _name(one.sample, position), "component": name, **component}
            for position, one in enumerate(self.by_sample())
            for name, component in one.components.items()
        ]

    def to_pandas(self) -> pandas.DataFrame:
        """Return a frame with a row per sample: sample, group, prompt, completion, total, status, reason, each line.

        `pandas.DataFrame(scores.table())` has a row per sample and component. A line that is named like one of the
        first columns is called `lines/NAME`.

        Raises:
            ImportError: pandas isn't installed.
        """
        try:
            import pandas
        except ImportError:
            raise ImportError("to_pandas needs pandas: pip install pandas") from None
        columns: dict[str, Any] = {
            "sample": [_name(sample, position) for position, sample in enumerate(self.samples)],
            "group": [sample.group for sample in self.samples],
            "prompt": [sample.prompt for sample in self.samples],
            "completion": [None if sample.missing else sample.completion for sample in self.samples],
            "total": self.total,
            "status": self.status,
            "reason": self.reasons,
        }
        for name, line in self.lines.items():
            if name != "total":
                columns[f"lines/{name}" if name in columns else name] = line.values
        return pandas.DataFrame(columns)

    def asked(self, verifier: str, position: int) -> Call | None:
        """Return the call by which a verifier, by its text in the reward, judged a sample; `None` where it did not."""
        return self.call_of(verifier, position)

    def __repr__(self) -> str:
        counts = ", ".join(f"{self.status.count(one)} {one}" for one in dict.fromkeys(self.status))
        means = ", ".join(f"{name} {line.mean:.4g}" for name, line in self.lines.items() if name != "total")
        said = [counts or "none", f"mean total {_mean(self.total):.4g}", *([f"mean {means}"] if means else [])]
        return f"<Scores of {len(self)} samples: {'; '.join(said)}>"

    def _repr_html_(self) -> str:
        """The first samples as a table, for notebooks; what a model wrote is escaped."""
        lines = [name for name in self.lines if name != "total"]
        rows = []
        for position, one in zip(range(SHOWN_ROWS), self.by_sample(), strict=False):
            scores = [one.total, *(one.components[name]["score"] for name in lines)]
            numbers = ["" if score is None else f"{score:.4g}" for score in scores]
            name = str(_name(one.sample, position))
            rows.append(_row("td", [name, one.sample.completion, *numbers, one.status, one.reason]))
        head = _row("th", ["sample", "completion", "total", *lines, "status", "reason"])
        more = f"<p>... and {len(self) - SHOWN_ROWS} more samples</p>" if len(self) > SHOWN_ROWS else ""
        table = f"<thead>{head}</thead><tbody>{''.join(rows)}</tbody>"
        # The classes keep a notebook from reading dollar signs as mathematics.
        table = f'<table class="tex2jax_ignore mathjax_ignore">{table}</table>'
        return f"<p>{html.escape(repr(self))}</p>{table}{more}"


def _name(sample: Sample, position: int) -> Hashable:
    return sample.id if sample.id is not None else position


def _mean(values: Floats) -> float:
    known = values[~np.isnan(values)]
    return float(known.mean()) if known.size else float("nan")


def _row(cell: str, texts: Iterable[str]) -> str:
    cells = (f"<{cell}>{html.escape(shorten(' '.join(text.split()), SHOWN_CHARACTERS))}</{cell}>" for text in texts)
    return f"<tr>{''.join(cells)}</tr>"
