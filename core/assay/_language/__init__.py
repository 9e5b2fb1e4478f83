"""The reward language: read (`Reward`), resolved to verifiers and columns (`resolve`), evaluated over batches."""

from __future__ import annotations

from assay._language.expression import Expression, v
from assay._language.reward import Reward

__all__ = ["Expression", "Reward", "v"]
