"""Text-to-SQL for assay: queries judged by running them, read-only, on real databases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from assay import Verifier, hookimpl
from assay_sql.cells import cells
from assay_sql.equivalence import equivalent
from assay_sql.execution import execution, valid
from assay_sql.schema import schema
from assay_sql.structure import structure

if TYPE_CHECKING:
    from assay.testing import Example

__all__ = ["assay_examples", "assay_verifiers", "cells", "equivalent", "execution", "schema", "structure", "valid"]


@hookimpl
def assay_verifiers() -> Sequence[Verifier]:
    """The verifiers of this plugin."""
    return [execution, cells, valid, schema, structure, equivalent]


@hookimpl
def assay_examples() -> Mapping[str, Sequence[Example]]:
    """Queries and the verdicts due, for `assay.testing`."""
    from assay_sql.examples import examples

    return examples()
