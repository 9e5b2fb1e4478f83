"""What a test can do without: an optional package, a service, a tool.

Where it is not there the test is skipped; under `ASSAY_REQUIRE_SERVICES=1`, as in continuous integration, the test fails.
"""

from __future__ import annotations

import importlib
import os
from types import ModuleType
from typing import NoReturn

import pytest

TRAINING = "training needs it: pip install 'assay[train]'"


def absent(reason: str) -> NoReturn:
    """Skip the test, or the module that is being imported; fail it where everything must be there."""
    if os.environ.get("ASSAY_REQUIRE_SERVICES"):
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason, allow_module_level=True)


def module(name: str, reason: str) -> ModuleType:
    """Return an optional module."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as problem:
        if problem.name != name.partition(".")[0]:
            raise
        absent(f"{name} is not installed; {reason}")
