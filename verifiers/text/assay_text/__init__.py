"""Text verifiers for assay: equality, overlap, and what can be counted in a text."""

from __future__ import annotations

from collections.abc import Sequence

from assay import Verifier, hookimpl
from assay_text.equality import contains, exact
from assay_text.languages import language
from assay_text.measures import count, length, share
from assay_text.overlaps import f1, overlap
from assay_text.quotes import quote
from assay_text.repetitions import repetition

__all__ = [
    "assay_verifiers",
    "contains",
    "count",
    "exact",
    "f1",
    "language",
    "length",
    "overlap",
    "quote",
    "repetition",
    "share",
]


@hookimpl
def assay_verifiers() -> Sequence[Verifier]:
    """The verifiers of this plugin."""
    return [exact, contains, f1, overlap, count, share, length, repetition, language, quote]
