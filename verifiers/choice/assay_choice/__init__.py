"""Choice verifiers for assay: which of several options an answer names."""

from __future__ import annotations

from collections.abc import Sequence

from assay import Verifier, hookimpl
from assay_choice.label import label
from assay_choice.ordinal import ordinal

__all__ = ["assay_verifiers", "label", "ordinal"]


@hookimpl
def assay_verifiers() -> Sequence[Verifier]:
    """The verifiers of this plugin."""
    return [label, ordinal]
