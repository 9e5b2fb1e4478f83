"""A tiny model on disk, a plugin whose verdicts the completions ask for, and trainers made of both."""

from __future__ import annotations

import os

import pytest

os.environ.setdefault("HF_HUB_OFFLINE", "1")
torch = pytest.importorskip("torch", reason="training needs torch: pip install 'assay[train]'")
pytest.importorskip("trl", reason="training needs trl: pip install 'assay[train]'")

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
