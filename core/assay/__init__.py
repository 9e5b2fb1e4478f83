"""Rewards and verifiers for reinforcement learning of language models.

A plugin needs `verifier`, `hookimpl` and `Verdict`; a user needs `score`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from assay._contract.sample import Sample
from assay._contract.verdict import Status, Verdict
from assay._contract.verifier import Verifier, verifier
from assay._lazy import lazily
from assay.errors import AssayError, ConfigError, DataError, PluginError, RewardError
from assay.hookspecs import hookimpl

if TYPE_CHECKING:
    from assay._contract.recipe import Recipe, read_recipes
    from assay._contract.scores import Scores
    from assay._language import Reward, v
    from assay._plugins.registry import Registry, installed
    from assay._scoring.scorer import Scorer, score

__all__ = [
    "AssayError",
    "ConfigError",
    "DataError",
    "PluginError",
    "Recipe",
    "Registry",
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
    "Reward": "assay._language",
    "Scorer": "assay._scoring.scorer",
    "Scores": "assay._contract.scores",
    "Recipe": "assay._contract.recipe",
    "Registry": "assay._plugins.registry",
    "installed": "assay._plugins.registry",
    "read_recipes": "assay._contract.recipe",
    "score": "assay._scoring.scorer",
    "v": "assay._language",
}

__getattr__, __dir__ = lazily(__name__, _LAZY, [*__all__, "__version__"])
