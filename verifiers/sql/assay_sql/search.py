"""Looks for data on which two queries give different results, and makes what it finds small."""

from __future__ import annotations

import contextlib
import copy
import sqlite3
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial

from assay_sql.catalog import Catalog
from assay_sql.compare import Rules, compare
from assay_sql.constants import constants
from assay_sql.engines.pool import Pool
from assay_sql.engines.sqlite import SQLite, fence
from assay_sql.generation import Instance, generate
from assay_sql.ordering import Expected, Plan, expected, plan
from assay_sql.query import Query, read
from assay_sql.resolution import resolve
from assay_sql.result import Limits, QueryError, Result

__all__ = ["Counterexample", "Found", "Pair", "Trial", "search"]

#: What one query may use up on one of these databases, which have some dozen rows a table.
LIMITS = Limits(seconds=0.5, rows=20_000)

#: Databases that are made for a reference alone, and kept for its other answers.
KEPT = 8

#: Databases that are tried while a counter-example is made smaller.
SHRINKS = 300


class Trial(SQLite):
    """A generated database, in memory, that queries run on as on a file."""

    def __init__(self, database: Instance, *, backwards: bool = False) -> None:
        self.database = database
        self.path = database.name
        #: What references return here, by their text.
        self.known: dict[str, Expected | QueryError] = {}
        # Nobody can write to it, so that both sides may share it. It does not know the trial, with which it goes.
        pool = Pool(partial(_connect, database, backwards), sqlite3.Connection.close, size=1)
        self._pools = {"reference": pool, "prediction": pool}

    def expected(self, query: Query, plan: Plan) -> Expected:
        """Return what a right query returns.

        Raises:
            QueryError: the reference gives no result.
        """
        if query.text not in self.known:
            try:
                plain = self.run(query.text, LIMITS, "reference")
                ranked = None
                if plan.ranked is not None:
                    with contextlib.suppress(QueryError):
                        ranked = self.run(plan.ranked, LIMITS, "reference")
                self.known[query.text] = expected(plan, plain, ranked)
            except QueryError as problem:
                self.known[query.text] = problem
        found = self.known[query.text]
        if isinstance(found, QueryError):
            raise QueryError(found.kind, str(found))
        return found


def _connect(database: Instance, backwards: bool) -> sqlite3.Connection:
    connection = database.connect(backwards=backwards)
    fence(connection)
    return connection


@dataclass(frozen=True, slots=True)
class Counterexample:
    """Data on which a query's result isn't the reference's.

    Attributes:
        database: as small as it could be made.
        difference: how the results differ there, `2 rows instead of 1`.
        given: what the query returned.
        wanted: what the reference returned.
    """

    database: Instance
    difference: str
    given: Result
    wanted: Result

    def __str__(self) -> str:
        """A sentence: the data, and what both say of it."""
        data, said = self.database.text()[:600], _shown(self.given)
        return f"with {data}: the query returns {said}, the reference {_shown(self.wanted)}"


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found.

    Attributes:
        counterexample: `None` where there was none.
        databases: on how many both queries were run and compared.
        telling: on how many of those the reference returned a row.
        failure: how the query fails, which it then does on any data; the message completes 'the query ...'.
        late: the query took up its seconds, on a few rows.
    """

    counterexample: Counterexample | None
    databases: int = 0
    telling: int = 0
    failure: str = ""
    late: bool = False


def search(
    wanted: Query,
    given: Query,
    catalog: Catalog,
    *,
    databases: int,
    seconds: float,
    rules: Rules,
    smallest: bool = True,
) -> Found:
    """Run two queries on generated databases until they differ.

    A database on which the reference itself leaves its result open (what a LIMIT keeps of rows that tie, what stands
    beside an aggregate) decides nothing.

    Args:
        wanted: the reference, in SQLite's dialect.
        given: the other.
        catalog: the schema.
        databases: how many are tried.
        seconds: after which no further one is.
        rules: what counts as the same result.
        smallest: make what is found small.

    Raises:
        QueryError: the reference fails on every database.
        Unusable: SQLite can't hold this schema.
    """
    deadline = time.monotonic() + seconds
    pair = Pair(wanted, given, rules)
    read = resolve(wanted.tree, catalog, "sqlite").tables
    extra = resolve(given.tree, catalog, "sqlite").tables - read
    asked = None
    compared = telling = 0
    failure: QueryError | None = None
    for seed in range(databases):
        if time.monotonic() > deadline:
            break
        if seed < KEPT and not extra:
            trial = _kept(wanted.text, _Known(catalog), seed)
        else:
            asked = asked or constants([wanted.tree, given.tree], catalog)
            trial = Trial(generate(catalog, seed, asked, read | extra))
        try:
            difference = pair.differ(trial)
        except QueryError as problem:
            failure = problem
            continue
        if pair.late > 1:
            return Found(None, compared, telling, late=True)
        compared += 1
        telling += pair.rows > 0
        if difference is not None and pair.failed:
            return Found(None, compared, telling, failure=difference)
        if difference is not None and pair.settled(trial.database):
            database = trial.database
            if smallest:
                database, difference = _smallest(database, pair, difference, deadline)
            return Found(pair.counterexample(database, difference), compared, telling)
    if failure is not None and not compared:
        raise failure
    return Found(None, compared, telling)


class _Known:
    """A catalogue as a key: one object stands for itself, since schemas are kept by their text."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Known) and self.catalog is other.catalog

    def __hash__(self) -> int:
        return id(self.catalog)


@lru_cache(maxsize=256)
def _kept(text: str, known: _Known, seed: int) -> Trial:
    tree = read(text, "sqlite").tree
    asked = constants([tree], known.catalog)
    return Trial(generate(known.catalog, seed, asked, resolve(tree, known.catalog, "sqlite").tables))


class Pair:
    """A reference and another query, run on one database after another.

    Attributes:
        rows: how many rows the reference returned last.
        late: how often the query took up its seconds.
        failed: the query can't be run.
    """

    def __init__(self, wanted: Query, given: Query, rules: Rules) -> None:
        self.wanted, self.given, self.rules = wanted, given, rules
        self.plan = plan(wanted, LIMITS.rows)
        self.rows = 0
        self.late = 0
        self.failed = False

    def against(self, given: Query) -> Pair:
        """Return the same reference with another query."""
        other = copy.copy(self)
        other.given, other.rows, other.late, other.failed = given, 0, 0, False
        return other

    def differ(self, trial: Trial) -> str | None:
        """Return how the results differ, `None` where they don't or where that can't be told.

        Raises:
            QueryError: the reference gives no result.
        """
        right = trial.expected(self.wanted, self.plan)
        self.rows = len(right.rows)
        try:
            result = trial.run(self.given.text, LIMITS, "prediction")
        except QueryError as problem:
            self.late += problem.kind == "timeout"
            self.failed = problem.kind == "invalid"
            return str(problem) if self.failed else None
        difference = compare(result, right, self.rules)
        return None if difference is None else difference.reason

    def settled(self, database: Instance) -> bool:
        """Whether the reference gives the same result, whatever order the rows are stored in."""
        forwards, backwards = Trial(database), Trial(database, backwards=True)
        try:
            right = forwards.expected(self.wanted, self.plan)
            again = backwards.run(self.wanted.text, LIMITS, "reference")
            return compare(again, right, self.rules) is None
        except QueryError:
            return False
        finally:
            forwards.close()
            backwards.close()

    def counterexample(self, database: Instance, difference: str) -> Counterexample:
        """Return what both queries say of a database."""
        trial = Trial(database)
        try:
            wanted = trial.run(self.wanted.text, LIMITS, "reference")
            given = trial.run(self.given.text, LIMITS, "prediction")
            return Counterexample(database, difference, given, wanted)
        finally:
            trial.close()


def _smallest(database: Instance, pair: Pair, difference: str, deadline: float) -> tuple[Instance, str]:
    """Remove rows as long as the results differ: halves first, then fewer."""

    def still(smaller: Instance) -> str | None:
        trial = Trial(smaller)
        try:
            found = pair.differ(trial)
        except QueryError:
            return None
        finally:
            trial.close()
        return found if found is not None and not pair.failed and pair.settled(smaller) else None

    return _shrunk(database, difference, still, deadline)


def _shrunk(
    database: Instance, difference: str, still: Callable[[Instance], str | None], deadline: float
) -> tuple[Instance, str]:
    tried, shrinking = 0, True
    while shrinking:
        shrinking = False
        for name in list(database.rows):
            step = max(len(database.rows[name]), 1)
            while step:
                start = 0
                while start < len(database.rows[name]):
                    smaller = database.without(name, range(start, start + step))
                    if tried >= SHRINKS or time.monotonic() > deadline:
                        return database, difference
                    found = None
                    if smaller is not None:
                        tried += 1
                        found = still(smaller)
                    if smaller is not None and found is not None:
                        database, difference, shrinking = smaller, found, True
                    else:
                        start += step
                step //= 2
    return database, difference


def _shown(result: Result) -> str:
    if not result.rows:
        return "no row"
    rows = ", ".join("(" + ", ".join(_cell(cell) for cell in row[:8]) + ")" for row in result.rows[:4])
    return rows + (f" and {len(result.rows) - 4} more rows" if len(result.rows) > 4 else "")


def _cell(cell: object) -> str:
    return "NULL" if cell is None else repr(cell)[:60]
