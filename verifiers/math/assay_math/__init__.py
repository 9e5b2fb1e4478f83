"""Answer checking for assay: exact, symmetric, bounded."""

from __future__ import annotations

from collections.abc import Sequence

from assay import Verifier, hookimpl
from assay_math.answer import answer, numeric

__all__ = ["answer", "assay_verifiers", "numeric"]


@hookimpl
def assay_verifiers() -> Sequence[Verifier]:
    """The verifiers of this plugin."""
    return [answer, numeric]
