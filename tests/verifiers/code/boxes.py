"""Which sandboxes work on this machine."""

from __future__ import annotations

from assay import PluginError
from assay.registry import installed


def usable():
    """Return the names of those that do, the strongest first."""
    found = []
    for name in installed().sandboxes():
        try:
            found.append((-installed().sandbox(name).strength, name))
        except PluginError:
            continue
    return [name for _, name in sorted(found)]


USABLE = usable()
