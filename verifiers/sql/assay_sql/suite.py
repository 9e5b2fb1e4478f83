"""A few databases that tell wrong queries from right ones: generated, tried on mutations, and chosen."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from assay.extract import wrap
from assay_sql.catalog import Catalog, Unusable
from assay_sql.compare import Rules
from assay_sql.constants import constants
from assay_sql.generation import Instance, generate
from assay_sql.mutation import Mutation, mutations
from assay_sql.query import Query, Refused, UnknownDialect, read
from assay_sql.result import DatabaseError, QueryError
from assay_sql.search import Pair, Trial, search

__all__ = ["Suite", "suite", "wrong_queries"]

#: Databases that are generated for each that is kept.
CANDIDATES = 8

#: Wrong queries that a row of a data set is tried with.
TRIED = 24


@dataclass(slots=True)
class Suite:
    """Databases, and what they are good for.

    Attributes:
        databases: in the order in which they were chosen: the one that tells most first.
        mutations: how many wrong queries were tried on them.
        survivors: those that none of the databases tells from its right query: some mean the same.
        useless: right queries that return no row on any of the databases, or fail.
    """

    databases: list[Instance]
    mutations: int = 0
    survivors: list[Mutation] = field(default_factory=list)
    useless: list[str] = field(default_factory=list)

    def write(self, folder: str | Path) -> list[Path]:
        """Write each database as an SQLite file, `00-boundary.sqlite` and so on; `sql.execution` takes the folder.

        Databases of an earlier suite are removed.
        """
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        for earlier in folder.glob("*.sqlite"):
            if re.fullmatch(r"\d\d-[a-z]+", earlier.stem):
                earlier.unlink()
        paths = []
        for number, database in enumerate(self.databases):
            paths.append(folder / f"{number:02}-{database.name.split()[0]}.sqlite")
            database.write(paths[-1])
        return paths


def suite(references: Sequence[Query], catalog: Catalog, *, databases: int = 6, seed: int = 0) -> Suite:
    """Choose databases that tell right queries from wrong ones.

    For each right query, mutations are made; a database tells one if the results differ, and if the right query's
    own result is not left open there. The one that tells most that no other does is taken, again and again;
    where none adds anything, the one that tells most by itself.

    Args:
        references: right queries, in SQLite's dialect.
        catalog: their schema; all of its tables are filled.
        databases: how many are chosen.
        seed: of the first that is generated.

    Raises:
        Unusable: SQLite can't hold this schema.
    """
    candidates = [
        Trial(generate(catalog, number, constants([one.tree for one in references], catalog)))
        for number in range(seed, seed + max(databases * CANDIDATES // 2, CANDIDATES))
    ]
    wrong: list[Mutation] = []
    told: list[set[int]] = [set() for _ in candidates]
    shown: list[set[int]] = [set() for _ in candidates]
    for number, reference in enumerate(references):
        changed = mutations(reference.tree, catalog)
        for place, trial in enumerate(candidates):
            pair = Pair(reference, reference, Rules())
            try:
                pair.differ(trial)
            except QueryError:
                continue
            if not pair.settled(trial.database):
                continue
            shown[place] |= {number} if pair.rows else set()
            for position, mutation in enumerate(changed, len(wrong)):
                if _differs(pair, mutation, trial):
                    told[place].add(position)
        wrong += changed
    chosen = _cover(told, shown, databases)
    known = set().union(*(told[place] for place in chosen)) if chosen else set()
    seen = set().union(*(shown[place] for place in chosen)) if chosen else set()
    for trial in candidates:
        trial.close()
    return Suite(
        [candidates[place].database for place in chosen],
        len(wrong),
        [one for position, one in enumerate(wrong) if position not in known],
        [one.text for number, one in enumerate(references) if number not in seen],
    )


def wrong_queries(inputs: Mapping[str, Any], options: Mapping[str, Any]) -> list[str]:
    """Return completions that answer a row wrongly, for certain.

    Mutations of the row's reference, of which generated data of the same schema proves that they are wrong. What the
    row's own databases make of them is another matter, and what `assay lint` asks.

    Args:
        inputs: `reference` and `database`, as `sql.execution` has them; only SQLite's files are looked at.
        options: those of `sql.execution`.
    """
    from assay_sql.database import databases

    reference = inputs["reference"]
    if not isinstance(reference, str) or options.get("dialect") not in ("", None, "sqlite"):
        return []
    try:
        sources = databases(inputs["database"], options["root"], options["server"])
        if not sources or sources[0].dialect != "sqlite":
            return []
        found = _wrong(reference, sources[0].path, sources[0].content())
    except (DatabaseError, Refused, Unusable, UnknownDialect, QueryError):
        return []  # `sql.execution` says what is the matter
    return [wrap(one, options["extract"]) for one in found]


@lru_cache(maxsize=4096)
def _wrong(reference: str, path: str, content: str) -> tuple[str, ...]:
    import sqlite3

    connection = sqlite3.connect(Path(path).as_uri() + "?mode=ro&immutable=1", uri=True)
    try:
        catalog = Catalog.of_database(connection)
    finally:
        connection.close()
    wanted = read(reference, "sqlite")
    wrong: list[str] = []
    for mutation in mutations(wanted.tree, catalog, limit=3 * TRIED):
        try:
            given = read(mutation.sql, "sqlite")
        except Refused:
            continue
        found = search(wanted, given, catalog, databases=16, seconds=1.0, rules=Rules(), smallest=False)
        if found.counterexample is not None:
            wrong.append(mutation.sql)
        if len(wrong) == TRIED:
            break
    return tuple(wrong)


def _differs(pair: Pair, mutation: Mutation, trial: Trial) -> bool:
    try:
        return pair.against(read(mutation.sql, "sqlite")).differ(trial) is not None
    except (Refused, QueryError):
        return True  # what doesn't run is told anywhere


def _cover(told: Sequence[set[int]], shown: Sequence[set[int]], most: int) -> list[int]:
    """Return the places of databases that together tell most: at each step the one that adds most."""
    chosen: list[int] = []
    known: set[int] = set()
    seen: set[int] = set()
    while len(chosen) < most:
        gains = [
            (len(one - known) + len(rows - seen), place)
            for place, (one, rows) in enumerate(zip(told, shown, strict=True))
            if place not in chosen
        ]
        if not gains:
            break
        # Where nothing is left to gain, what tells most by itself: wrong queries differ from those that were tried.
        _, place = max(gains, key=lambda each: (each[0], len(told[each[1]]), -each[1]))
        chosen.append(place)
        known |= told[place]
        seen |= shown[place]
    return chosen
