"""What is asked of an engine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from assay._contract.verdict import Verdict
from assay._contract.verifier import Verifier

__all__ = ["Call", "Engine"]


@dataclass(frozen=True, slots=True)
class Call:
    """One verifier with everything bound.

    Attributes:
        inputs: by parameter name; under `scope="group"` each is a list over the group's members.
        options: every option by name, validated, defaults filled in.
        size: the number of verdicts expected: 1, or the group's members.
    """

    verifier: Verifier
    inputs: Mapping[str, Any]
    options: Mapping[str, Any]
    size: int = 1


class Engine(Protocol):
    """Anything that answers calls: the local one, or a plugin's on many machines."""

    def run(self, calls: Sequence[Call]) -> list[tuple[Verdict, ...]]:
        """Answer each call with `call.size` verdicts, in the order of the calls. Raises nothing but KeyboardInterrupt.

        Safe to call from any thread, and from several at once.
        """
        ...

    def close(self) -> None:
        """Release workers and connections. The engine can't be used afterwards; closing twice is harmless."""
        ...
