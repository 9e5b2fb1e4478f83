"""What the verifiers that run queries have in common: a row's databases, its reference, and the completion's query."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from assay import Verdict
from assay.extract import wrap
from assay_sql.database import Database, databases
from assay_sql.ordering import Expected
from assay_sql.query import WHERE, Refused, UnknownDialect, find, known_dialect
from assay_sql.result import DatabaseError, Limits, QueryError, Result
from assay_sql.running import Settings, reference_result, run

__all__ = ["Budget", "Settled", "Source", "decoys", "exemplar", "judged", "references", "where"]


@dataclass(frozen=True, slots=True)
class Source:
    """Where a query comes from, and what it is run on.

    Attributes:
        extract: where the completion's query stands, in the forms of `assay.extract`.
        dialect: what queries are written in, if it isn't the engine's own language.
        root: the folder that the databases' paths start from and may not leave.
        server: the URL of the server that has the databases, such as `postgresql://reader@host`.
    """

    extract: str = WHERE
    dialect: str = ""
    root: str = ""
    server: str = ""

    def databases(self, named: Any) -> list[Database]:
        """Return a row's databases.

        Raises:
            Settled: there is none that can be used, or the dialect is unknown.
        """
        try:
            if self.dialect:
                known_dialect(self.dialect)
            return databases(named, self.root, self.server)
        except (DatabaseError, UnknownDialect) as problem:
            raise Settled(Verdict.error(str(problem))) from None

    def predicted(self, completion: str) -> str:
        """Return the text of a completion's query.

        Raises:
            Settled: it has none.
        """
        try:
            return find(completion, self.extract)
        except Refused as problem:
            raise Settled(Verdict(0.0, f"no query: {problem}", details={"kind": "missing"})) from None

    def settings(self, budget: Budget, cache: str = "") -> Settings:
        """Return how queries are run within a budget."""
        return Settings(self.dialect, Limits(budget.seconds, budget.rows), cache)


@dataclass(frozen=True, slots=True)
class Budget:
    """What one query may use up.

    Attributes:
        seconds: that each query may take on each database.
        rows: that a result may have.
    """

    seconds: float = 5.0
    rows: int = 100_000


class Settled(Exception):
    """The verdict is found, and nothing further is to be done."""

    def __init__(self, verdict: Verdict) -> None:
        super().__init__(verdict.reason)
        self.verdict = verdict


def exemplar(reference: Any, options: Mapping[str, Any]) -> str:
    """The reference's own text, where the option `extract` looks for a query."""
    return wrap(str(reference), options["extract"])


def decoys(inputs: Mapping[str, Any], options: Mapping[str, Any]) -> list[str]:
    """Wrong queries, by which `assay lint` finds rows whose databases can't tell them from the reference."""
    from assay_sql.suite import wrong_queries

    return wrong_queries(inputs, options)


def references(reference: Any, sources: list[Database], settings: Settings, empty: bool) -> list[Expected]:
    """Return what a right query returns, for each database.

    Raises:
        Settled: the reference can't be used, or a database can't.
    """
    if not isinstance(reference, str) or not reference.strip():
        raise Settled(Verdict.bad_reference("the reference is no SQL text"))
    found = []
    for source in sources:
        prefix = where(source, sources)
        try:
            found.append(reference_result(source, reference, settings))
        except DatabaseError as problem:
            raise Settled(Verdict.error(str(problem))) from None
        except (Refused, QueryError) as problem:
            raise Settled(Verdict.bad_reference(f"{prefix}the reference {problem}")) from None
    if not empty and not any(one.rows for one in found):
        raise Settled(
            Verdict.bad_reference(
                "the reference returns no row, so that any query without a row would be right; "
                "set empty=True where that is meant"
            )
        )
    return found


def judged(source: Database, sources: list[Database], text: str, settings: Settings) -> Result:
    """Run a completion's query on a database.

    Raises:
        Settled: it gives no result, or the database can't be used.
    """
    prefix = where(source, sources)
    try:
        return run(source, text, settings)
    except DatabaseError as problem:
        raise Settled(Verdict.error(str(problem))) from None
    except Refused as problem:
        raise Settled(Verdict(0.0, f"the query {problem}", details={"kind": "refused"})) from None
    except QueryError as problem:
        reason = f"{prefix}the query {problem}"
        if problem.kind == "timeout":
            raise Settled(Verdict.timeout(reason, kind="timeout")) from None
        raise Settled(Verdict(0.0, reason, details={"kind": problem.kind})) from None


def where(source: Database, sources: list[Database]) -> str:
    """Which of several databases, as the beginning of a sentence."""
    return f"on {os.path.basename(source.path)}: " if len(sources) > 1 else ""  # noqa: PTH119 - a name on a server too
