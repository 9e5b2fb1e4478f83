"""Tool-call verifiers for assay: single turns against gold calls, and whole conversations."""

from __future__ import annotations

from collections.abc import Sequence

from assay import Verifier, hookimpl
from assay_tools.call import call
from assay_tools.transcript import transcript

__all__ = ["assay_verifiers", "call", "transcript"]


@hookimpl
def assay_verifiers() -> Sequence[Verifier]:
    """The verifiers of this plugin."""
    return [call, transcript]
