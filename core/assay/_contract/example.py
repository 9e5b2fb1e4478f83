"""One call of a verifier, and what it answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Example"]


@dataclass(frozen=True, slots=True)
class Example:
    """A valid sample for a verifier and the verdict that is due.

    Under `scope="group"` each input is a list over the members, and so is `score`; `None` in it is a member without
    a score.

    Attributes:
        inputs: the verifier's inputs by name, `completion` among them.
        score: the score that is due; `None` where the status has none, or where any score will do.
        options: the options that are set; the others keep their defaults.
        status: the status that is due; for a group, of every member whose score isn't `None`.
        needs: what must be there besides the package, as in `"a database at ASSAY_POSTGRES"`. An example that needs
            something and ends in an error is skipped, unless the environment sets `ASSAY_REQUIRE_SERVICES=1`.
    """

    inputs: Mapping[str, Any]
    score: float | Sequence[float | None] | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    status: str = "scored"
    needs: str = ""
