"""The sandboxes at hand."""

from __future__ import annotations

import os

import pytest

from assay import PluginError
from assay.registry import installed


def usable():
    """The names of the sandboxes that work here, the strongest first."""
    found = []
    for name in installed().sandboxes():
        try:
            box = installed().sandbox(name)
        except PluginError:
            continue
        found.append((-(box.strength or 0), name))
    return [name for _, name in sorted(found)]


USABLE = usable()


@pytest.fixture(scope="session", params=USABLE)
def each_box(request):
    """Each sandbox that works here."""
    return request.param


@pytest.fixture(scope="session")
def box():
    """The strongest sandbox that works here."""
    if not USABLE:
        assert not os.environ.get("ASSAY_REQUIRE_SERVICES"), "no sandbox works here"
        pytest.skip("no sandbox works on this machine; `assay list` says why")
    return USABLE[0]
