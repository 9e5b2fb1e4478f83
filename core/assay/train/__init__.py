"""The trainer: TRL's GRPO with rewards from the scoring engine. The only room of assay that imports torch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from assay.train._config import LossSettings, RunConfig, read_run
    from assay.train._run import check_run, summary, train
    from assay.train._trainer import GRPOTrainer

__all__ = ["GRPOTrainer", "LossSettings", "RunConfig", "check_run", "read_run", "summary", "train"]

_LAZY = {
    "GRPOTrainer": "assay.train._trainer",
    "LossSettings": "assay.train._config",
    "RunConfig": "assay.train._config",
    "check_run": "assay.train._run",
    "read_run": "assay.train._config",
    "summary": "assay.train._run",
    "train": "assay.train._run",
}


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module 'assay.train' has no attribute '{name}'")
    from importlib import import_module

    return getattr(import_module(_LAZY[name]), name)


def __dir__() -> list[str]:
    return __all__
