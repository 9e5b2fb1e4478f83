"""Record verifiers for assay: structured answers with partial credit."""

from __future__ import annotations

from collections.abc import Sequence

from assay import Verifier, hookimpl
from assay_records.numbers import numbers
from assay_records.parameters import params
from assay_records.sequences import sequence
from assay_records.sets import items
from assay_records.tuples import tuples

__all__ = ["assay_verifiers", "items", "numbers", "params", "sequence", "tuples"]


@hookimpl
def assay_verifiers() -> Sequence[Verifier]:
    """The verifiers of this plugin."""
    return [tuples, params, items, sequence, numbers]
