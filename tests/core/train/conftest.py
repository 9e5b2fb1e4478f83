"""A tiny model on disk, a plugin whose verdicts the completions ask for, and trainers made of both."""

from __future__ import annotations

import os

import pytest
from optional import TRAINING, module

os.environ.setdefault("HF_HUB_OFFLINE", "1")
torch = module("torch", TRAINING)
module("trl", TRAINING)

from tiny import make_tiny  # noqa: E402


@pytest.fixture(scope="session", autouse=True)
def one_thread():
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def tiny(tmp_path_factory):
    """The folder of a model with two layers, random weights and a byte-level tokenizer."""
    folder = tmp_path_factory.mktemp("tiny")
    make_tiny(folder)
    return folder
