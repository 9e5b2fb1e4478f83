"""Rewards and verifiers for reinforcement learning of language models.

A plugin needs `verifier`, `hookimpl` and `Verdict`; a user needs `score`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from assay.errors import AssayError, ConfigError, DataError, PluginError, RewardError
from assay.hookspecs import hookimpl
from assay.sample import Sample
from assay.verdict import Status, Verdict
from assay.verifier import Verifier, verifier

if TYPE_CHECKING:
    from assay.language import Reward, v
    from assay.recipe import Recipe, read_recipes
    from assay.registry import installed
    from assay.scores import Scores
    from assay.scoring import Scorer, score

__all__ = [
    "AssayError",
    "ConfigError",
    "DataError",
    "PluginError",
    "Recipe",
    "Reward",
    "RewardError",
    "Sample",
    "Scorer",
    "Scores",
    "Status",
    "Verdict",
    "Verifier",
    "hookimpl",
    "installed",
    "read_recipes",
    "score",
    "v",
    "verifier",
]

__version__ = "0.1.0"

# What needs numpy is loaded on first use: a plugin's `from assay import verifier` must stay cheap.
_LAZY = {
    "Reward": "assay.language",
    "Scorer": "assay.scoring",
    "Scores": "assay.scores",
    "Recipe": "assay.recipe",
    "installed": "assay.registry",
    "read_recipes": "assay.recipe",
    "score": "assay.scoring",
    "v": "assay.language",
}


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module 'assay' has no attribute '{name}'")
    from importlib import import_module

    value = getattr(import_module(_LAZY[name]), name)
    globals()[name] = value
    return value
