"""The verifiers that run a query: `sql.execution` compares its result, `sql.valid` asks whether there is one."""

from __future__ import annotations

from typing import Any, Literal

from assay import Verdict, verifier
from assay_sql.compare import Rules, compare
from assay_sql.judging import Settled, decoys, exemplar, judged, open_databases, predicted, references, where
from assay_sql.query import WHERE
from assay_sql.result import Limits
from assay_sql.running import Settings

__all__ = ["execution", "valid"]


# Not pure: what a database holds may change, and its content is no input. What was returned is kept by that content.
@verifier(boolean=True, pure=False, timeout=600.0, exemplar=exemplar, decoys=decoys)
def execution(
    completion: str,
    reference: Any,
    database: Any,
    *,
    extract: str = WHERE,
    dialect: str = "",
    root: str = "",
    server: str = "",
    columns: Literal["position", "any", "name"] = "position",
    order: bool = True,
    tolerance: float = 1e-9,
    ignore_case: bool = False,
    empty: bool = False,
    seconds: float = 5.0,
    rows: int = 100_000,
    cache: str = "",
) -> Verdict:
    """The query returns what the reference returns, on each of the row's databases.

    Both are run read-only. Rows are a bag, in order only where the reference has an ORDER BY at its top; rows that tie
    in its keys are in any order, and of those that tie where a LIMIT cuts any will do. NULL equals NULL. Floats are
    equal within a tolerance, text to the letter, a date equals its midnight.

    Options:
        extract: where the completion's query stands, in the forms of `assay.extract`.
        dialect: what both queries are written in, if it isn't the engine's own language.
        root: the folder that the databases' paths start from and may not leave.
        server: the URL of the server that has the databases, such as `postgresql://reader@host`.
        columns: compared by `position`, in `any` order, or by `name`.
        order: whether the order of rows counts where the reference orders them.
        tolerance: relative difference of floats that is forgiven.
        ignore_case: compare text without case.
        empty: a reference that returns no row is meant to.
        seconds: that each query may take on each database.
        rows: that a result may have.
        cache: a folder that keeps references' results between processes.

    The database is a path to a SQLite or DuckDB file, or to a folder of these, or a list; with a server, a name.
    """
    settings = Settings(dialect, Limits(seconds, rows), cache)
    try:
        sources = open_databases(database, root, server, settings)
        wanted = references(reference, sources, settings, empty)
        text = predicted(completion, extract)
        rules = Rules(columns, order, tolerance, ignore_case)
        for source, right in zip(sources, wanted, strict=True):
            difference = compare(judged(source, sources, text, settings), right, rules)
            if difference is not None:
                reason = where(source, sources) + difference.reason
                return Verdict(0.0, reason, details={"kind": difference.kind, "database": source.path})
    except Settled as settled:
        return settled.verdict
    many = f" on {len(sources)} databases" if len(sources) > 1 else ""
    return Verdict(1.0, f"the same result{many}", details={"kind": "right"})


@verifier(boolean=True, pure=False, timeout=600.0)
def valid(
    completion: str,
    database: Any,
    *,
    extract: str = WHERE,
    dialect: str = "",
    root: str = "",
    server: str = "",
    seconds: float = 5.0,
    rows: int = 100_000,
) -> Verdict:
    """The completion has one query that only reads, and it runs on each of the row's databases.

    A result that passes the limit of rows is cut there, and counts as one.

    Options:
        extract: where the completion's query stands, in the forms of `assay.extract`.
        dialect: what it is written in, if it isn't the engine's own language.
        root: the folder that the databases' paths start from and may not leave.
        server: the URL of the server that has the databases, such as `postgresql://reader@host`.
        seconds: that it may take on each database.
        rows: that are read of its result.
    """
    settings = Settings(dialect, Limits(seconds, rows))
    try:
        sources = open_databases(database, root, server, settings)
        text = predicted(completion, extract)
        for source in sources:
            try:
                judged(source, sources, text, settings)
            except Settled as settled:
                if settled.verdict.details.get("kind") != "large":
                    raise
    except Settled as settled:
        return settled.verdict
    return Verdict(1.0, "it runs", details={"kind": "right"})
