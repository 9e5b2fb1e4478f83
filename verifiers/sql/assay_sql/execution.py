"""The verifiers that run a query: `sql.execution` compares its result, `sql.valid` asks whether there is one."""

from __future__ import annotations

from typing import Any

from assay import Verdict, verifier
from assay_sql.compare import Rules, compare
from assay_sql.judging import Budget, Settled, Source, decoys, exemplar, judged, references, where

__all__ = ["execution", "valid"]


# Not pure: what a database holds may change, and its content is no input. What was returned is kept by that content.
@verifier(boolean=True, pure=False, timeout=600.0, exemplar=exemplar, decoys=decoys)
def execution(
    completion: str,
    reference: Any,
    database: Any,
    *,
    source: Source = Source(),
    rules: Rules = Rules(),
    empty: bool = False,
    budget: Budget = Budget(),
    cache: str = "",
) -> Verdict:
    """The query returns what the reference returns, on each of the row's databases.

    Both are run read-only. Rows are a bag, in order only where the reference has an ORDER BY at its top; rows that tie
    in its keys are in any order, and of those that tie where a LIMIT cuts any will do. NULL equals NULL. Floats are
    equal within a tolerance, text to the letter, a date equals its midnight.

    Options:
        empty: a reference that returns no row is meant to.
        cache: a folder that keeps references' results between processes.

    The database is a path to a SQLite or DuckDB file, or to a folder of these, or a list; with a server, a name.
    """
    settings = source.settings(budget, cache)
    try:
        opened = source.databases(database)
        wanted = references(reference, opened, settings, empty)
        text = source.predicted(completion)
        for one, right in zip(opened, wanted, strict=True):
            difference = compare(judged(one, opened, text, settings), right, rules)
            if difference is not None:
                reason = where(one, opened) + difference.reason
                return Verdict(0.0, reason, details={"kind": difference.kind, "database": one.path})
    except Settled as settled:
        return settled.verdict
    many = f" on {len(opened)} databases" if len(opened) > 1 else ""
    return Verdict(1.0, f"the same result{many}", details={"kind": "right"})


@verifier(boolean=True, pure=False, timeout=600.0)
def valid(
    completion: str,
    database: Any,
    *,
    source: Source = Source(),
    budget: Budget = Budget(),
) -> Verdict:
    """The completion has one query that only reads, and it runs on each of the row's databases.

    A result that passes the limit of rows is cut there, and counts as one.

    Options:
        rows: that are read of its result.
    """
    settings = source.settings(budget)
    try:
        opened = source.databases(database)
        text = source.predicted(completion)
        for one in opened:
            try:
                judged(one, opened, text, settings)
            except Settled as settled:
                if settled.verdict.details.get("kind") != "large":
                    raise
    except Settled as settled:
        return settled.verdict
    return Verdict(1.0, "it runs", details={"kind": "right"})
