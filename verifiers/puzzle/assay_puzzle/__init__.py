"""Puzzle verifiers for assay: reasoning-gym, countdown and 24, SAT, formulas."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from assay import Verifier, hookimpl
from assay_puzzle.arithmetic import arithmetic
from assay_puzzle.gym import gym
from assay_puzzle.logic import logic
from assay_puzzle.sat import sat

if TYPE_CHECKING:
    from assay.testing import Example

__all__ = ["arithmetic", "assay_examples", "assay_verifiers", "gym", "logic", "sat"]


@hookimpl
def assay_verifiers() -> Sequence[Verifier]:
    """The verifiers of this plugin."""
    return [gym, arithmetic, sat, logic]


@hookimpl
def assay_examples() -> Mapping[str, Sequence[Example]]:
    """Small puzzles with right and wrong answers, for `assay.testing`."""
    from assay_puzzle.examples import EXAMPLES

    return EXAMPLES
