"""How many wrong queries are told from Spider's references: by set comparison, by one database, by a generated suite.

Each reference of Spider's `gold.txt` is rewritten in ways that keep its result, and changed in ways that don't
(`assay_sql.rewriting`, `assay_sql.mutation`). Databases are generated from `tables.json`. A wrong query counts if any of
many generated databases tells it from the reference; what none does may mean the same and is left out.

* "set, one database" is what BIRD's evaluator does: `set(rows) == set(rows)`, on one database.
* "bag, one database" is assay's comparison, on the same database.
* "suite" is assay's comparison on a suite of six databases, chosen for the reference.
* "twice" are queries with two changes, which the suite has not been chosen by.

The one database is made like a person makes one: every value of its own, no NULL, and rows that the reference finds.

    python benchmarks/spider.py            # every eighth reference, a minute or two
    python benchmarks/spider.py --full
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sqlite3
import sys
import time
from collections import Counter
from pathlib import Path

from assay_sql import equivalent
from assay_sql.catalog import Catalog
from assay_sql.compare import Rules
from assay_sql.constants import constants
from assay_sql.generation import generate
from assay_sql.mutation import Mutation, mutations
from assay_sql.query import Query, Refused, read
from assay_sql.result import QueryError
from assay_sql.rewriting import rewritings
from assay_sql.search import Pair, Trial, search
from assay_sql.suite import suite

#: The shape of the one database: `distinct`.
ONE = 1


def set_comparison(connection: sqlite3.Connection, wanted: str, given: str) -> bool:
    """Whether BIRD's evaluator tells a query from the reference."""
    try:
        return set(connection.execute(wanted).fetchall()) != set(connection.execute(given).fetchall())
    except sqlite3.Error:
        return True


def told(pair: Pair, trial: Trial) -> bool:
    try:
        return pair.differ(trial) is not None
    except QueryError:
        return False


def parsed(text: str) -> Query | None:
    try:
        return read(text, "sqlite")
    except Refused:
        return None


class Tally:
    """What was counted, over all references."""

    def __init__(self) -> None:
        self.references: Counter[str] = Counter()
        self.same: Counter[str] = Counter()
        self.rewritten: Counter[str] = Counter()
        self.wrong: dict[str, Counter[str]] = {}
        self.verdicts: Counter[str] = Counter()

    def judge(self, reference: Query, catalog: Catalog, entry: dict, source: random.Random) -> None:
        """Count what rewritings and mutations of one reference come to."""
        made = suite([reference], catalog)
        trials = [Trial(database) for database in made.databases]
        asked = constants([reference.tree], catalog)
        one = Trial(generate(catalog, ONE, asked))
        plain = one.database.connect()
        pair = Pair(reference, reference, Rules())
        self.references["equal to itself"] += not any(told(pair, trial) for trial in trials)
        others = rewritings(reference.tree, catalog)
        self.references["with four rewritings or more"] += len(others) >= 4
        equal = 0
        for rewriting in others:
            right = not any(told(pair.against(read(rewriting.sql, "sqlite")), trial) for trial in trials)
            self.rewritten[rewriting.kind] += 1
            self.same[rewriting.kind] += right
            equal += right
        self.references["equal to all of them"] += equal == len(others)
        for rewriting in source.sample(others, min(3, len(others))):
            self.equivalent("rewriting", rewriting.sql, reference, entry)
        first = mutations(reference.tree, catalog)
        known = {mutation.sql for mutation in first}
        second = []
        for mutation in source.sample(first, min(6, len(first))):
            query = parsed(mutation.sql)
            if query is not None:
                again = [m for m in mutations(query.tree, catalog) if m.sql not in known and m.sql != reference.text]
                second += [Mutation("twice", m.sql) for m in source.sample(again, min(2, len(again)))]
        differing = 0
        for mutation in [*first, *second]:
            query = parsed(mutation.sql)
            if query is None:
                continue
            by_suite = any(told(pair.against(query), trial) for trial in trials)
            if not by_suite:
                found = search(reference, query, catalog, databases=60, seconds=5, rules=Rules(), smallest=False)
                if found.counterexample is None and not found.failure:
                    continue
            differing += mutation.kind != "twice"
            line = self.wrong.setdefault(mutation.kind, Counter())
            line["all"] += 1
            line["set"] += set_comparison(plain, reference.text, query.text)
            line["bag"] += told(pair.against(query), one)
            line["suite"] += by_suite
        self.references["with four wrong queries or more"] += differing >= 4
        for mutation in source.sample(first, min(3, len(first))):
            self.equivalent("mutation", mutation.sql, reference, entry)
        plain.close()

    def equivalent(self, kind: str, text: str, reference: Query, entry: dict) -> None:
        """Count what `sql.equivalent` says."""
        verdict = equivalent(text, reference.text, schema=entry, extract="whole")
        self.verdicts[f"{kind}: {verdict.details.get('kind', verdict.status)}"] += 1

    def show(self, count: int, seconds: float) -> None:
        """Print the tables."""
        print(f"{count} references in {seconds:.0f} s")
        for line, number in self.references.items():
            print(f"  {line}: {number}")
        print(f"\n{'rewriting':<20}{'made':>8}{'equal':>8}")
        for kind, number in self.rewritten.items():
            print(f"{kind:<20}{number:>8}{self.same[kind]:>8}")
        print(f"{'all':<20}{self.rewritten.total():>8}{self.same.total():>8}")
        print(f"\n{'wrong query':<20}{'made':>8}{'set, one':>10}{'bag, one':>10}{'suite':>10}")
        total: Counter[str] = Counter()
        for kind, line in sorted(self.wrong.items(), key=lambda each: (each[0] == "twice", -each[1]["all"])):
            if kind == "twice":
                self.line("all", total)
            else:
                total += line
            self.line(kind, line)
        print("\nsql.equivalent")
        for kind, number in sorted(self.verdicts.items()):
            print(f"  {kind}: {number}")

    @staticmethod
    def line(kind: str, line: Counter[str]) -> None:
        """Print one line of the table of wrong queries."""
        every = line["all"]
        shares = "".join(f"{line[how] / every:>10.1%}" for how in ("set", "bag", "suite"))
        print(f"{kind:<20}{every:>8}{shares}")


def schemas(entries: dict[str, dict]) -> None:
    """Generate every shape for every schema, and let SQLite check the keys."""
    started, made, rows = time.perf_counter(), 0, 0
    for entry in entries.values():
        catalog = Catalog.read(entry)
        for seed in range(8):
            database = generate(catalog, seed)
            connection = database.connect()
            connection.execute("PRAGMA foreign_keys = ON")
            if connection.execute("PRAGMA foreign_key_check").fetchall():
                sys.exit(f"{entry['db_id']}, seed {seed}: a foreign key is broken")
            connection.close()
            made, rows = made + 1, rows + database.size
    print(
        f"{len(entries)} schemas, {made} databases, {rows:,} rows in {time.perf_counter() - started:.1f} s: all keys hold"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--full", action="store_true", help="every reference")
    arguments = parser.parse_args()
    shared = Path(os.environ.get("ASSAY_SHARED", Path(__file__).resolve().parents[2] / "shared"))
    folder = shared / "data" / "spider"
    if not folder.is_dir():
        sys.exit(f"there is no {folder}: put Spider's tables.json and gold.txt there, or set ASSAY_SHARED")
    entries = {entry["db_id"]: entry for entry in json.loads((folder / "tables.json").read_text(encoding="utf-8"))}
    schemas(entries)
    lines = [
        line.split("\t") for line in (folder / "gold.txt").read_text(encoding="utf-8").splitlines() if line.strip()
    ]
    tally, count, refused = Tally(), 0, 0
    started = time.perf_counter()
    for text, name in lines if arguments.full else lines[::8]:
        query = parsed(text)
        if query is None:
            refused += 1  # `! =`, which SQLite doesn't execute either
            continue
        tally.judge(query, Catalog.read(entries[name]), entries[name], random.Random(text))
        count += 1
    print(f"{refused} references are no SQL that SQLite reads")
    tally.show(count, time.perf_counter() - started)


if __name__ == "__main__":
    main()
