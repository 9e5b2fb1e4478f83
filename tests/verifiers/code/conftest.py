"""The sandboxes at hand."""

from __future__ import annotations

import pytest
from boxes import USABLE
from optional import absent

from assay import installed


@pytest.fixture(scope="session", autouse=True)
def _closed():
    """Close the sandboxes before the session counts what was left open."""
    yield
    for name in USABLE:
        installed().sandbox(name).close()


@pytest.fixture(scope="session", params=USABLE)
def each_box(request):
    """Each sandbox that works here."""
    return request.param


@pytest.fixture(scope="session")
def box():
    """The strongest sandbox for untrusted code that works here."""
    strong = [name for name in USABLE if name != "process"]
    if not strong:
        absent("no sandbox for untrusted code works on this machine; `assay sandbox check` says why")
    return "bubblewrap" if "bubblewrap" in strong else strong[0]
