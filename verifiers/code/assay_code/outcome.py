"""What came of each test, and what that makes as a verdict."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from assay import Verdict

__all__ = ["Outcome", "sampled", "shown", "verdict"]

#: How one test ended; `skipped`: the score was settled before its turn.
Ending = Literal["passed", "failed", "timeout", "skipped"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one test.

    Attributes:
        ending: how it ended.
        reason: why it did not pass.
        share: 0..1, where a checker gives part of the credit.
    """

    ending: Ending
    reason: str = ""
    share: float | None = None

    @property
    def credit(self) -> float:
        """What it counts."""
        return float(self.ending == "passed") if self.share is None else self.share


def verdict(outcomes: Sequence[Outcome], credit: str, sandbox: str, inside: int = 0) -> Verdict:
    """Return the verdict on a program for what came of its tests.

    Args:
        outcomes: one for each test.
        credit: `all` or `fraction`.
        sandbox: where it ran.
        inside: how many tests were compared inside the sandbox.
    """
    total, passed = len(outcomes), sum(one.ending == "passed" for one in outcomes)
    details: dict[str, Any] = {
        "passed": passed,
        "total": total,
        "cases": [one.ending for one in outcomes],
        "sandbox": sandbox,
        "inside": inside,
    }
    wrong = next(((n, one) for n, one in enumerate(outcomes, 1) if one.ending not in ("passed", "skipped")), None)
    if wrong is None:
        where = f", {inside} of them compared inside the sandbox" if inside else ""
        reason = "the case passes" if total == 1 else f"all {total} cases pass"
        return Verdict(sum(one.credit for one in outcomes) / total, reason + where, details=details)
    number, first = wrong
    reason = f"case {number}: {first.reason}"
    details["first_failure"] = reason
    if credit == "all":
        return (
            Verdict.timeout(reason, **details) if first.ending == "timeout" else Verdict(0.0, reason, details=details)
        )
    score = sum(one.credit for one in outcomes) / total
    return Verdict(score, f"{passed} of {total} cases pass; {reason}", details=details)


def shown(value: Any, limit: int = 120) -> str:
    """Return a value as a person may read it."""
    try:
        text = value if isinstance(value, str) and "\n" in value else repr(value)
    except (ValueError, RecursionError):  # an integer of more digits than Python writes
        text = f"a {type(value).__name__}"
    return text if len(text) <= limit else f"{text[: limit - 20]}... ({len(text):,} characters)"


def sampled(count: int, wanted: int | None, seed: str) -> list[int]:
    """Return which of so many tests are tried: all, or a sample that depends on the tests alone.

    Raises:
        ValueError: less than one is wanted.
    """
    if wanted is not None and wanted < 1:
        raise ValueError("the option 'sample' must be at least 1")
    if wanted is None or wanted >= count:
        return list(range(count))
    return sorted(random.Random(seed).sample(range(count), wanted))  # noqa: S311 - no secret
