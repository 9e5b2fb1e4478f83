"""Text-to-SQL for assay: queries judged by running them, read-only, on real databases."""

from __future__ import annotations

from collections.abc import Sequence

from assay import Verifier, hookimpl

__all__ = ["assay_verifiers"]


@hookimpl
def assay_verifiers() -> Sequence[Verifier]:
    """The verifiers of this plugin."""
    return []
