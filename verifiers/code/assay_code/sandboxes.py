"""Finds the sandbox and its bounds by a verifier's options."""

from __future__ import annotations

from assay import PluginError
from assay.sandbox import Sandbox
from assay_code.trying import Bounds

__all__ = ["MAX_BUDGET", "Missing", "bounds_of", "find_sandbox"]

#: Seconds that all cases of one program may take, at most; an engine's deadline for a call lies beyond it.
MAX_BUDGET = 300.0


class Missing(Exception):
    """No sandbox can be used here."""


def find_sandbox(name: str | None) -> Sandbox:
    """Return this process's sandbox of a name.

    Raises:
        Missing: there is none that works; the message says what to do.
    """
    from assay import installed  # costs a third of the plugin's whole import

    try:
        return installed().sandbox(name)
    except PluginError as problem:
        raise Missing(str(problem)) from None


def bounds_of(seconds: float, budget: float, memory: int) -> Bounds:
    """Return the bounds that options ask for.

    Raises:
        ValueError: an option is out of its range.
    """
    if not 0 < seconds <= budget <= MAX_BUDGET:
        raise ValueError(f"the options must have 0 < seconds <= budget <= {MAX_BUDGET:g}")
    if memory < 16:
        raise ValueError("the option 'memory' is in MiB, and no program runs in less than 16")
    return Bounds(seconds, budget, memory << 20)
