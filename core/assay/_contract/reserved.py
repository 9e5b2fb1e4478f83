"""The names that the reward language keeps for itself: no line, plugin or verifier may take one."""

from __future__ import annotations

from assay._contract.sample import KNOWN

__all__ = ["RESERVED"]

_FUNCTIONS = "abs exp log sqrt cos tanh min max clip ratio case sum mean default scored"

RESERVED = frozenset({*KNOWN, *_FUNCTIONS.split(), "pi", "characters", "step", "progress", "group", "recipe"})
