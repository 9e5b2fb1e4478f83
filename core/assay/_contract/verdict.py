"""What a verifier says of one sample: a score, or one of the four reasons why there is none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any

__all__ = ["NOT_EVALUATED", "Status", "Verdict"]

#: What stands in a status's place where laziness left a sample out: no judgement was asked for.
NOT_EVALUATED = "not evaluated"


class Status(StrEnum):
    """How a judgement ended. The order of the members is from best to worst; `worst` relies on it."""

    SCORED = "scored"
    """Judged; 0 is a judgement."""
    TIMEOUT = "timeout"
    """The *completion* exhausted its budget; it scores 0."""
    ABSTAINED = "abstained"
    """The verifier does not apply to this sample."""
    BAD_REFERENCE = "bad_reference"
    """The reference itself can't be used; never rewarded."""
    ERROR = "error"
    """The *verifier or its service* failed; the sample teaches nothing."""

    @property
    def has_score(self) -> bool:
        """Whether a number goes with this status: a timeout is a scored 0."""
        return self in (Status.SCORED, Status.TIMEOUT)


@dataclass(frozen=True, slots=True, init=False)
class Verdict:
    """One judgement.

    `score` is a float exactly when `status` is `scored` (or `timeout`, where it is 0), and `None` otherwise.
    `fields` are the further named scores that the verifier declared, `details` a small mapping of plain data for
    reports, `artefact` anything that another verifier may take as an input (a rendered image, a program's output).
    `seconds` is filled in by the engine.
    """

    score: float | None
    reason: str
    fields: Mapping[str, float | None]
    details: Mapping[str, Any]
    artefact: Any
    status: Status
    seconds: float

    def __init__(
        self,
        score: float | None,
        reason: str = "",
        fields: Mapping[str, float | None] | None = None,
        details: Mapping[str, Any] | None = None,
        artefact: Any = None,
        status: Status = Status.SCORED,
        seconds: float = 0.0,
    ) -> None:
        """Hold score and status together.

        Raises:
            ValueError: the status is unknown, or a score is missing where there must be one or present where
                there can't be.
        """
        if status is not Status.SCORED or type(score) is not float:
            status = Status(status)
            if status is Status.TIMEOUT:
                score = 0.0
            elif status is Status.SCORED:
                if score is None:
                    raise ValueError("a verdict with the status 'scored' needs a score; use Verdict.abstain(reason)")
                score = float(score)
            elif score is not None:
                raise ValueError(f"a verdict with the status '{status}' has no score, got {score!r}")
        # Each of a million samples has one, and the slots' own setters take half the time of `object.__setattr__`.
        _set_score(self, score)
        _set_reason(self, reason)
        _set_fields(self, {} if fields is None else fields)
        _set_details(self, {} if details is None else details)
        _set_artefact(self, artefact)
        _set_status(self, status)
        _set_seconds(self, seconds)

    def timed(self, seconds: float) -> Verdict:
        """Return the same judgement with the seconds that it took."""
        return Verdict(self.score, self.reason, self.fields, self.details, self.artefact, self.status, seconds)

    @classmethod
    def abstain(cls, reason: str, **details: Any) -> Verdict:
        """The verifier does not apply to this sample."""
        return cls(None, reason, details=details, status=Status.ABSTAINED)

    @classmethod
    def bad_reference(cls, reason: str, **details: Any) -> Verdict:
        """The reference can't be used, whatever the completion says."""
        return cls(None, reason, details=details, status=Status.BAD_REFERENCE)

    @classmethod
    def timeout(cls, reason: str, **details: Any) -> Verdict:
        """The completion used up its budget: a scored 0."""
        return cls(0.0, reason, details=details, status=Status.TIMEOUT)

    @classmethod
    def error(cls, reason: str, **details: Any) -> Verdict:
        """The verifier or a service that it needs failed; says nothing about the completion."""
        return cls(None, reason, details=details, status=Status.ERROR)


_set_score, _set_reason, _set_fields, _set_details, _set_artefact, _set_status, _set_seconds = (
    vars(Verdict)[one.name].__set__ for one in fields(Verdict)
)
