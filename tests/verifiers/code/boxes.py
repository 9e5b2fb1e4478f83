"""Which sandboxes work on this machine."""

from __future__ import annotations

import shutil

from optional import absent

from assay import PluginError, installed


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


def needs(*tools):
    """Skip a test whose compilers or interpreters are not on this machine; where services are required, fail it."""
    for tool in tools:
        if shutil.which(tool) is None:
            absent(f"{tool} is not installed; .ci/services/languages.sh installs it")
