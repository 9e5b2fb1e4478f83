"""The trainer: TRL's GRPO with rewards from the scoring engine. The only room of assay that imports torch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assay._lazy import lazily

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

__getattr__, __dir__ = lazily(__name__, _LAZY, __all__)
