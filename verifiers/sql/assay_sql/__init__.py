"""Text-to-SQL for assay: queries judged by running them, read-only, on real databases."""

from __future__ import annotations

from collections.abc import Sequence

from assay import Verifier, hookimpl
from assay_sql.cells import cells
from assay_sql.equivalence import equivalent
from assay_sql.execution import execution, valid
from assay_sql.schema import schema
from assay_sql.structure import structure

__all__ = ["assay_verifiers", "cells", "equivalent", "execution", "schema", "structure", "valid"]


@hookimpl
def assay_verifiers() -> Sequence[Verifier]:
    """The verifiers of this plugin."""
    return [execution, cells, valid, schema, structure, equivalent]
