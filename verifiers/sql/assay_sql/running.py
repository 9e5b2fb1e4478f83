"""Runs references and predictions on a row's databases, and remembers what they returned."""

from __future__ import annotations

from dataclasses import dataclass, field

from assay_sql.database import Database
from assay_sql.ordering import Expected, expected, plan
from assay_sql.query import Query, read
from assay_sql.result import Limits, QueryError, Result
from assay_sql.store import Store, load, save

__all__ = ["Settings", "clear", "reference_result", "run", "spoken"]

#: Cells that are kept in memory of references, and of predictions: other verifiers ask about these next.
REFERENCES = 4_000_000
PREDICTIONS = 1_000_000

_references: Store[Expected | QueryError] = Store(REFERENCES)
_predictions: Store[Result | QueryError] = Store(PREDICTIONS)


@dataclass(frozen=True, slots=True)
class Settings:
    """How queries are run.

    Attributes:
        dialect: what they are written in; the engine's own where it is empty.
        limits: what each may use up.
        cache: a folder that keeps references' results between processes; none where it is empty.
    """

    dialect: str = ""
    limits: Limits = field(default_factory=Limits)
    cache: str = ""


def run(database: Database, text: str, settings: Settings) -> Result:
    """Run a prediction.

    Raises:
        Refused: it is not one query that only reads.
        QueryError: it gives no result.
        DatabaseError: the database can't be used.
    """
    query = read(text, settings.dialect or database.dialect)
    steady = not query.volatile
    key = (database.dialect, database.content(), query.dialect, query.text, settings.limits)
    found = _predictions.get(key) if steady else None
    if found is None:
        try:
            found = database.run(spoken(query, database.dialect), settings.limits, "prediction")
        except QueryError as problem:
            found = problem
        if steady:
            _predictions.put(key, found, found.cells if isinstance(found, Result) else 1)
    if isinstance(found, QueryError):
        raise QueryError(found.kind, str(found))
    return found


def reference_result(database: Database, text: str, settings: Settings) -> Expected:
    """Return what a right query returns: run once, and kept by the database's content.

    Raises:
        Refused: the reference is not one query that only reads.
        QueryError: it gives no result.
        DatabaseError: the database can't be used.
    """
    query = read(text, settings.dialect or database.dialect)
    steady = not query.volatile
    key = (database.dialect, database.content(), query.dialect, query.text, settings.limits)
    found = _references.get(key) if steady else None
    if found is None and steady and settings.cache:
        found = load(settings.cache, key)
        if found is not None:
            _references.put(key, found, found.cells)
    if found is None:
        try:
            found = _expect(database, query, settings.limits)
        except QueryError as problem:
            found = problem
        if database.content() != key[1]:
            steady = False  # what was read is neither the old content nor, surely, the new
        if steady:
            _references.put(key, found, found.cells if isinstance(found, Expected) else 1)
            if settings.cache and isinstance(found, Expected):
                save(settings.cache, key, found)
    if isinstance(found, QueryError):
        raise QueryError(found.kind, str(found))
    return found


def clear() -> None:
    """Forget what queries returned."""
    _references.clear()
    _predictions.clear()


def spoken(query: Query, dialect: str) -> str:
    """Return a query in an engine's language: as it was written, where that is its own."""
    if query.dialect == dialect:
        return query.text
    from sqlglot import ErrorLevel

    return str(query.tree.sql(dialect=dialect, unsupported_level=ErrorLevel.IGNORE))


def _expect(database: Database, query: Query, limits: Limits) -> Expected:
    plain = database.run(spoken(query, database.dialect), limits, "reference")
    native = query if query.dialect == database.dialect else read(spoken(query, database.dialect), database.dialect)
    order = plan(native, limits.rows)
    ranked = None
    if order.ranked is not None:
        try:
            ranked = database.run(order.ranked, limits, "reference")
        except QueryError:
            ranked = None  # the engine has no ranks for this query; what ties is then read from its result
    return expected(order, plain, ranked)
