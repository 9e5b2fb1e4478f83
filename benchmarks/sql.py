"""Judges queries beside a plain script that opens SQLite, runs both queries and compares sets; one run, one table.

Also: how long the comparison of a large result takes, and how soon an endless query ends in each engine.

    python benchmarks/sql.py        # ASSAY_TEST_POSTGRES as .ci/services/postgres.sh prints it, for PostgreSQL
"""

from __future__ import annotations

import os
import random
import sqlite3
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil

import assay
from assay.engine import LocalEngine
from assay_sql import execution
from assay_sql.compare import Rules, compare
from assay_sql.database import close
from assay_sql.ordering import unordered
from assay_sql.result import Result

#: Rows of the larger table; references, completions of each, and how many of these differ.
SALES = int(os.environ.get("ROWS", "20000"))
REFERENCES, GROUP, DISTINCT = 40, 16, 6
ENDLESS = "WITH RECURSIVE a(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM a) SELECT count(*) FROM a"


def shop(path: Path) -> None:
    source = random.Random(0)
    with sqlite3.connect(path) as connection:
        connection.executescript(
            "CREATE TABLE shop (id INTEGER PRIMARY KEY, city TEXT, size INTEGER);"
            "CREATE TABLE sale (id INTEGER PRIMARY KEY, shop INTEGER, day TEXT, price REAL, kind TEXT);"
        )
        connection.executemany("INSERT INTO shop VALUES (?, ?, ?)", [(n, f"city {n % 40}", n % 7) for n in range(200)])
        connection.executemany(
            "INSERT INTO sale VALUES (?, ?, ?, ?, ?)",
            [
                (
                    n,
                    source.randrange(200),
                    f"2024-{source.randrange(12) + 1:02}-01",
                    source.randrange(10**5) / 100,
                    "abcde"[n % 5],
                )
                for n in range(SALES)
            ],
        )
    connection.close()


def workload(name: str) -> list[dict[str, Any]]:
    """Groups of completions, as a policy samples them: some right in another form, some wrong, many the same."""
    rows = []
    for n in range(REFERENCES):
        reference = f"SELECT city, count(*), sum(price) FROM sale JOIN shop ON shop.id = sale.shop WHERE size = {n % 7} AND sale.id > {n} GROUP BY city"
        given = [
            reference,
            f"SELECT s.city, COUNT(*), SUM(x.price) FROM shop AS s, sale AS x WHERE s.id = x.shop AND s.size = {n % 7} AND x.id > {n} GROUP BY s.city ORDER BY 1",
            f"SELECT city, count(*), avg(price) FROM sale JOIN shop ON shop.id = sale.shop WHERE size = {n % 7} AND sale.id > {n} GROUP BY city",
            f"SELECT city, count(*) FROM shop WHERE size = {n % 7} GROUP BY city, {n}.5",
            f"SELECT city, count(*), sum(price) FROM sale JOIN shop ON shop.id = sale.shop WHERE sale.id > {n} GROUP BY city",
            f"SELECT cities FROM shop WHERE id = {n}",
        ]
        assert len(given) == DISTINCT
        rows += [{"completion": given[m % DISTINCT], "reference": reference, "database": name} for m in range(GROUP)]
    return rows


def plain(rows: list[dict[str, Any]]) -> list[float]:
    """What is usually written: no limit of time, no cache, duplicates and order lost."""
    scores = []
    for row in rows:
        connection = sqlite3.connect(row["database"])
        try:
            given = connection.execute(row["completion"]).fetchall()
            scores.append(float(set(given) == set(connection.execute(row["reference"]).fetchall())))
        except sqlite3.Error:
            scores.append(0.0)
        finally:
            connection.close()
    return scores


def rates(path: Path) -> None:
    rows = workload(str(path))
    # The comment makes each reference, and each prediction, one that has not been seen.
    parts = ("completion", "reference")
    unseen = [row | {part: row[part].replace(" ", f" /* {n} */ ", 1) for part in parts} for n, row in enumerate(rows)]
    started, before = time.perf_counter(), processor()
    theirs = plain(rows)
    base, base_work = time.perf_counter() - started, processor() - before
    print(f"{len(rows)} judgements, {SALES:,} rows in the larger table{'':<9}by the clock          by processor time")
    print(
        f"  {'plain script, one process':<40}{len(rows) / base:>8.0f}/s{'':>14}{base_work / len(rows) * 1e3:>8.2f} ms each"
    )
    engine = LocalEngine(workers=2)
    with assay.Scorer("sql.execution", engine=engine) as scorer:
        # The workers start, and load what they need.
        scorer.score([row | {"completion": f"SELECT {n}"} for n, row in enumerate(rows[:40])])
        for label, some in (
            ("two workers, nothing seen before", unseen),
            ("two workers, results kept", rows),
            ("the same batch again", rows),
        ):
            started, before = time.perf_counter(), processor()
            scores = scorer.score(some)
            seconds, work = time.perf_counter() - started, processor() - before
            agree = sum(mine == other for mine, other in zip(scores.total.tolist(), theirs, strict=True))
            print(
                f"  {label:<40}{len(rows) / seconds:>8.0f}/s{base / seconds:>8.1f} x    "
                f"{work / len(rows) * 1e3:>8.2f} ms each{base_work / work:>8.1f} x   agrees on {agree}/{len(rows)}"
            )
    engine.close()


def processor() -> float:
    """Seconds of processor time that this process and its workers have used."""
    here = psutil.Process()
    times = [one.cpu_times() for one in (here, *here.children(recursive=True))]
    return sum(one.user + one.system for one in times)


def comparison() -> None:
    source = random.Random(1)
    rows = [
        tuple(
            source.randrange(10**6)
            if n % 3
            else str(source.randrange(10**4))
            if n % 2
            else source.randrange(10**8) / 100
            for n in range(30)
        )
        for _ in range(100_000)
    ]
    order = source.sample(range(30), 30)
    names = tuple(f"c{n}" for n in range(30))
    wanted = unordered(Result(names, rows))

    def fresh(some: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
        """Rows as a cursor gives them: values of their own, one after another in memory."""
        return [tuple(str(v) if isinstance(v, str) else v + type(v)(0) for v in row) for row in some]

    shuffled = fresh(source.sample(rows, len(rows)))
    cases: list[tuple[str, list[tuple[Any, ...]], Rules]] = [
        ("the same order", fresh(rows), Rules()),
        ("rows shuffled", shuffled, Rules()),
        ("one cell changed", [*shuffled[:-1], (*shuffled[-1][:-1], -1)], Rules()),
        (
            "rows and columns shuffled, columns='any'",
            fresh([tuple(row[n] for n in order) for row in shuffled]),
            Rules(columns="any"),
        ),
    ]
    print("\n30 columns x 100,000 rows")
    for label, given, rules in cases:
        clock, work = [], []
        for _ in range(3):
            started, before = time.perf_counter(), time.process_time()
            found = compare(Result(names, given), wanted, rules)
            clock.append(time.perf_counter() - started)
            work.append(time.process_time() - before)
        said = "the same" if found is None else found.reason
        print(f"  {label:<40}{min(clock):>8.2f} s{'':>14}{min(work):>8.2f} s   {said}")


def endless(path: Path, seconds: float = 2.0) -> None:
    places: list[tuple[str, str, str]] = [("SQLite", str(path), "")]
    try:
        import duckdb

        other = str(path.with_suffix(".duckdb"))
        duckdb.connect(other).close()
        places.append(("DuckDB", other, ""))
    except ImportError:
        print("DuckDB: skipped, it is not installed")
    if admin := os.environ.get("ASSAY_TEST_POSTGRES"):
        places.append(("PostgreSQL", "postgres", reader(admin)))
    else:
        print("PostgreSQL: skipped, ASSAY_TEST_POSTGRES is not set")
    print(f"\nan endless recursive query, limit {seconds:g} s, not the main thread")
    for label, name, server in places:
        execution("SELECT 1", "SELECT 1", name, server=server)
        took: list[float] = []

        def judge(name: str = name, server: str = server, took: list[float] = took) -> None:
            started = time.perf_counter()
            verdict = execution(ENDLESS, "SELECT 1", name, server=server, seconds=seconds)
            took.append(time.perf_counter() - started)
            assert verdict.status.value == "timeout", verdict

        thread = threading.Thread(target=judge)
        thread.start()
        thread.join()
        print(f"  {label:<40}{took[0]:>8.2f} s   {took[0] / seconds - 1:+.1%}")
    close()


def reader(admin: str) -> str:
    """The server's URL as a role that may only read."""
    import psycopg

    with psycopg.connect(admin, autocommit=True) as connection:
        if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = 'assay_reader'").fetchone():
            connection.execute("CREATE ROLE assay_reader LOGIN; GRANT pg_read_all_data TO assay_reader")
    return admin.replace("assay@", "assay_reader@")


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "shop.sqlite"
        shop(path)
        steps: list[Callable[[], None]] = [lambda: rates(path), comparison, lambda: endless(path)]
        for step in steps:
            step()


if __name__ == "__main__":
    main()
