"""The reward language: read (`Reward`), bound to verifiers and columns (`bind`), evaluated over batches."""

from __future__ import annotations

from assay.language.expression import Expression, v
from assay.language.problem import Problem
from assay.language.reward import Reward

__all__ = ["Expression", "Problem", "Reward", "v"]
