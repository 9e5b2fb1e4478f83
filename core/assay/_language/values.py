"""Values over a batch of samples, with their statuses beside them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from assay._contract.verdict import NOT_EVALUATED, Status

__all__ = [
    "ABSTAINED",
    "BAD_REFERENCE",
    "CODES",
    "ERROR",
    "NAMES",
    "PENDING",
    "SCORED",
    "SKIPPED",
    "TIMEOUT",
    "Column",
    "Index",
]

Index = npt.NDArray[np.intp]
Codes = npt.NDArray[np.uint8]

# A status as a number, from best to worst, so that the worst of several is their maximum.
SCORED, TIMEOUT, ABSTAINED, BAD_REFERENCE, ERROR = range(5)
CODES = {
    Status.SCORED: SCORED,
    Status.TIMEOUT: TIMEOUT,
    Status.ABSTAINED: ABSTAINED,
    Status.BAD_REFERENCE: BAD_REFERENCE,
    Status.ERROR: ERROR,
}
#: No status yet: a verdict is awaited. It is worse than any status, so that what depends on it waits as well.
PENDING = 254
#: No status: laziness left the sample out here.
SKIPPED = 255
NAMES: Mapping[int, str] = {code: status.value for status, code in CODES.items()} | {SKIPPED: NOT_EVALUATED}


@dataclass(slots=True)
class Column:
    """The values of one expression over some samples.

    Attributes:
        values: float64, NaN where the status has no score; or objects where the expression is a text or a list.
        status: a code per sample.
        reasons: why, by position, where there is something to say.
    """

    values: npt.NDArray[Any]
    status: Codes
    reasons: dict[int, str] = field(default_factory=dict)

    @classmethod
    def empty(cls, size: int) -> Column:
        """A column in which nothing has been evaluated yet."""
        return cls(np.full(size, np.nan), np.full(size, SKIPPED, np.uint8))

    @classmethod
    def constant(cls, value: float, size: int) -> Column:
        """The same number everywhere."""
        return cls(np.full(size, value, np.float64), np.zeros(size, np.uint8))

    @property
    def judged(self) -> npt.NDArray[np.bool_]:
        """Where there is a score: a timeout is a scored 0."""
        return self.status <= TIMEOUT

    @property
    def true(self) -> npt.NDArray[np.bool_]:
        """Where the value is above 0, which is what counts as true everywhere in the language."""
        with np.errstate(invalid="ignore"):
            return np.asarray(self.judged & (self.values > 0), dtype=np.bool_)

    def take(self, positions: Index) -> Column:
        """The column of some of the samples."""
        reasons = self.reasons
        if reasons:
            reasons = {new: reasons[old] for new, old in enumerate(positions.tolist()) if old in reasons}
        return Column(self.values[positions], self.status[positions], reasons)

    def put(self, positions: Index, other: Column) -> None:
        """Overwrite the samples at `positions` with those of another column, in order."""
        if other.values.dtype == object and self.values.dtype != object:
            self.values = self.values.astype(object)
        self.values[positions] = other.values
        self.status[positions] = other.status
        where = positions.tolist()
        for position in where:
            self.reasons.pop(position, None)
        for position, reason in other.reasons.items():
            self.reasons[where[position]] = reason

    def worst(self, other: Column) -> tuple[Codes, dict[int, str]]:
        """The worse status of two columns for each sample, with the reason that goes with it."""
        status = np.maximum(self.status, other.status)
        if not (self.reasons or other.reasons):
            return status, {}
        reasons = {}
        for position in self.reasons.keys() | other.reasons.keys():
            first, second = (self, other) if self.status[position] >= other.status[position] else (other, self)
            reason = first.reasons.get(position) if first.status[position] > SCORED else None
            reason = reason or (second.reasons.get(position) if second.status[position] > SCORED else None)
            if reason:
                reasons[position] = reason
        return status, reasons

    def fail(self, where: npt.NDArray[np.bool_], code: int, reason: str) -> None:
        """Give some of the samples a status without a score."""
        for position in np.flatnonzero(where).tolist():
            self.values[position] = None if self.values.dtype == object else np.nan
            self.status[position] = code
            self.reasons[position] = reason
