"""The trainer: TRL's GRPO with rewards from the scoring engine. The only room of assay that imports torch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from assay.train.config import LossSettings, RunConfig
    from assay.train.trainer import GRPOTrainer

__all__ = ["GRPOTrainer", "LossSettings", "RunConfig"]

_LAZY = {
    "GRPOTrainer": "assay.train.trainer",
    "LossSettings": "assay.train.config",
    "RunConfig": "assay.train.config",
}


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module 'assay.train' has no attribute '{name}'")
    from importlib import import_module

    return getattr(import_module(_LAZY[name]), name)
