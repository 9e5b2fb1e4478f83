"""Each sandbox in turn."""

from __future__ import annotations

import pytest
from places import NAMES, usable


@pytest.fixture(scope="package", params=NAMES)
def sandbox(request):
    """Each sandbox, with one worker: what one program leaves behind, the next would find."""
    with usable(request.param, workers=1) as one:
        yield one


@pytest.fixture
def keeps(sandbox):
    """Skip a test of a promise that a sandbox says it can't keep."""

    def check(promise):
        if promise in sandbox.gaps():
            pytest.skip(f"{sandbox.name} does not promise this: {sandbox.gaps()[promise]}")

    return check
