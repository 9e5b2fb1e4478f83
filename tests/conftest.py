"""What every test may use."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from hypothesis import Phase, settings

ROOT = Path(__file__).resolve().parents[1]

#: `make mutate` tries each property thousands of times over: few examples, always the same ones, and none is shrunk.
settings.register_profile(
    "mutation",
    max_examples=15,
    derandomize=True,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    report_multiple_bugs=False,
)
if "MUTANT_UNDER_TEST" in os.environ:
    sys.setrecursionlimit(3 * sys.getrecursionlimit())  # two more frames stand between any two functions


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real data beside the repository; a test that needs it skips where it is absent."""
    folder = Path(os.environ.get("ASSAY_SHARED", ROOT.parent / "shared"))
    if not folder.is_dir():
        pytest.skip(f"the shared data is not at {folder}; set ASSAY_SHARED to where it is")
    return folder


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository."""
    return ROOT
