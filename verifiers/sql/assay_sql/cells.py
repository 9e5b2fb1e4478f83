"""Partial credit by cells: `sql.cells`."""

from __future__ import annotations

from typing import Any

from assay import Verdict, verifier
from assay_sql.judging import Budget, Settled, Source, exemplar, judged, references
from assay_sql.ordering import Expected
from assay_sql.result import Result
from assay_sql.values import forms

__all__ = ["cells"]

_FIELDS = ("precision", "recall", "cardinality")


@verifier(fields=_FIELDS, pure=False, timeout=600.0, exemplar=exemplar)
def cells(
    completion: str,
    reference: Any,
    database: Any,
    *,
    source: Source = Source(),
    tolerance: float = 1e-9,
    ignore_case: bool = False,
    empty: bool = False,
    budget: Budget = Budget(),
    cache: str = "",
) -> Verdict:
    """How much of the reference's result the query's result holds: the mean of three fields.

    The metrics of QATCH (Papicchio, Papotti and Cagliero, NeurIPS 2023), as Think2SQL rewards them: `precision`, the
    share of the result's distinct values that the reference's result holds; `recall`, the share of the reference's
    that the result holds; `cardinality`, the smaller number of rows over the larger. Over several databases, means.
    All are 0 for a query that gives no result. 1 says that the values are the same, not that the results are.

    Options:
        tolerance: relative difference of floats that is forgiven.
        ignore_case: compare text without case.
        empty: a reference that returns no row is meant to.
        cache: a folder that keeps references' results between processes.
    """
    settings = source.settings(budget, cache)
    try:
        opened = source.databases(database)
        wanted = references(reference, opened, settings, empty)
        text = source.predicted(completion)
        found = [
            _overlap(judged(one, opened, text, settings), right, tolerance, ignore_case)
            for one, right in zip(opened, wanted, strict=True)
        ]
    except Settled as settled:
        verdict = settled.verdict
        if verdict.score is None:
            return verdict
        nothing = dict.fromkeys(_FIELDS, 0.0)
        return Verdict(0.0, verdict.reason, fields=nothing, details=verdict.details, status=verdict.status)
    means = [sum(one) / len(found) for one in zip(*found, strict=True)]
    reason = ", ".join(f"{name} {value:.3g}" for name, value in zip(_FIELDS, means, strict=True))
    return Verdict(sum(means) / 3, reason, fields=dict(zip(_FIELDS, means, strict=True)))


def _overlap(given: Result, wanted: Expected, tolerance: float, ignore_case: bool) -> tuple[float, float, float]:
    """Return precision, recall and cardinality of one result."""
    if not given.rows or not wanted.rows:
        same = float(not given.rows and not wanted.rows)
        return same, same, same
    found = forms([given.rows, wanted.rows], tolerance, ignore_case)
    mine: set[Any] = set().union(*given.rows)
    theirs: set[Any] = set().union(*wanted.rows)
    if found is not None:
        mine, theirs = set(map(found.of, mine)), set(map(found.of, theirs))
    both = len(mine & theirs)
    counts = len(given.rows), len(wanted.rows)
    return both / len(mine), both / len(theirs), min(counts) / max(counts)
