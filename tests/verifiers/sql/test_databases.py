"""Databases that are missing, broken, locked or gone; several at once; and what is kept of them."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import shutil
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

import assay
from assay._contract.verdict import Status
from assay_sql import cells, execution, valid
from assay_sql.catalog import Catalog
from assay_sql.database import OPEN, close, databases
from assay_sql.generation import generate
from assay_sql.result import DatabaseError, Limits, QueryError
from assay_sql.running import clear
from assay_sql.search import Trial

from .conftest import administrator, on, psql, reader

ONE = "SELECT count(*) FROM singer"


def test_several_databases(workshop):
    first = workshop.make("sqlite").name
    second = workshop.make(
        "sqlite",
        "CREATE TABLE singer (id INTEGER, name TEXT, age INTEGER); INSERT INTO singer VALUES (1, 'Zoe', 8), (2, 'Ann', 61)",
    ).name
    wanted = "SELECT name FROM singer WHERE age > 50"
    assert execution("SELECT name FROM singer WHERE age >= 55", wanted, first).score == 1
    verdict = execution("SELECT name FROM singer WHERE age > 60", wanted, [second, first])
    assert (verdict.score, verdict.details["database"]) == (0, first)
    assert verdict.reason == f"on {Path(first).name}: 0 rows instead of 1"
    assert (
        execution("SELECT name FROM singer WHERE age >= 55", wanted, [first, second]).reason
        == "the same result on 2 databases"
    )
    # Empty on one of several is no harm.
    assert execution(wanted, "SELECT name FROM singer WHERE age < 10", [first, second]).score == 0
    assert (
        execution(
            "SELECT name FROM singer WHERE age < 9", "SELECT name FROM singer WHERE age < 10", [first, second]
        ).score
        == 1
    )
    assert execution("SELECT country FROM singer", wanted, [first, second]).reason.startswith(
        f"on {Path(first).name}: "
    )
    assert valid("SELECT country FROM singer", [first, second]).score == 0
    both = cells("SELECT name FROM singer WHERE age > 60", wanted, [first, second])
    assert both.fields["recall"] == 0.5


def test_paths(workshop, tmp_path, monkeypatch):
    made = Path(workshop.make("sqlite").name)
    root = tmp_path / "databases"
    (root / "music").mkdir(parents=True)
    for name in ("music/a.sqlite", "music/b.db", "alone.sqlite", "odd ?mode=rwc&x=#%41.sqlite"):
        shutil.copy(made, root / name)
    for named in (
        "music",
        "music/a.sqlite",
        "music/a",
        "alone",
        "odd ?mode=rwc&x=#%41.sqlite",
        ["alone", "music"],
        str(root / "alone.sqlite"),
    ):
        verdict = execution(ONE, ONE, named, root=str(root))
        assert verdict.score == 1, verdict.reason
    assert len(databases(["alone", "music"], root=str(root))) == 3
    assert execution(ONE, ONE, root / "alone.sqlite").score == 1
    (root / "link.sqlite").symlink_to(made)
    for named in ("../databases/../../x.sqlite", str(made), "link.sqlite", "/etc/passwd"):
        verdict = execution(ONE, ONE, named, root=str(root))
        assert (verdict.status, "leads out of" in verdict.reason) == (Status.ERROR, True), verdict.reason
    monkeypatch.chdir(root / "music")
    assert "root=" in execution(ONE, ONE, "../alone.sqlite").reason
    assert execution(ONE, ONE, "a.sqlite").score == 1


def test_no_database(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    (tmp_path / "text.sqlite").write_text("this is no database, and long enough to have a header " * 9)
    os.mkfifo(tmp_path / "pipe.sqlite")
    for named in (
        "none.sqlite",
        "empty",
        "text.sqlite",
        "pipe.sqlite",
        ":memory:",
        "file:x?mode=memory",
        "",
        None,
        3,
        [],
        [None],
        "a\0b",
        "x" * 5000,
        "~root",
    ):
        for verdict in (
            execution("SELECT 1", "SELECT 1", named),
            valid("SELECT 1", named),
            cells("SELECT 1", "SELECT 1", named),
        ):
            assert verdict.status is Status.ERROR, (named, verdict)
            assert verdict.reason
    assert sorted(path.name for path in tmp_path.iterdir()) == ["empty", "pipe.sqlite", "text.sqlite"]
    for named in ("db name", "a;b", "x host=evil", "postgresql://evil/x", "../x"):
        assert (
            "can't be the name"
            in execution("SELECT 1", "SELECT 1", named, server="postgresql://reader@localhost").reason
        )
    assert "no engine for servers" in execution("SELECT 1", "SELECT 1", "x", server="oracle://h").reason


@pytest.mark.parametrize("engine", ["sqlite", "duckdb"])
def test_a_corrupt_file(workshop, tmp_path, engine):
    made = Path(workshop.make(engine).name)
    whole = made.read_bytes()
    spoilt = {"head": whole[:120] + b"\xff" * (len(whole) - 120)}
    if engine == "sqlite":  # half of a DuckDB file may be all that a query reads
        spoilt["half"] = whole[: len(whole) // 2]
    for name, content in spoilt.items():
        path = tmp_path / f"{name}.{engine}"
        path.write_bytes(content)
        for query in ("SELECT name FROM singer", "SELECT * FROM concert ORDER BY id"):
            assert execution(query, query, path).status in (Status.ERROR, Status.BAD_REFERENCE)
            assert valid(query, path).score != 1
    assert execution(ONE, ONE, made).score == 1


def test_text_that_is_not_unicode(tmp_path):
    path = tmp_path / "bytes.sqlite"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE t (a TEXT)")
        connection.execute("INSERT INTO t VALUES (CAST(x'ff61' AS TEXT)), ('b')")
    connection.close()
    assert execution("SELECT a FROM t", "SELECT a FROM t", path).score == 1
    assert execution("SELECT 'x' FROM t", "SELECT a FROM t", path).score == 0


def hold(path, ready, done):
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("BEGIN EXCLUSIVE")
    ready.set()
    done.wait()
    connection.close()


def hold_open(path, ready, done):
    import duckdb

    connection = duckdb.connect(path)
    ready.set()
    done.wait()
    connection.close()


@pytest.mark.parametrize("engine", ["sqlite", "duckdb"])
def test_locked_by_another_process(workshop, engine):
    made = workshop.make(engine)
    context = multiprocessing.get_context("spawn")
    ready, done = context.Event(), context.Event()
    other = context.Process(target=hold if engine == "sqlite" else hold_open, args=(made.name, ready, done))
    other.start()
    try:
        assert ready.wait(60)
        verdict = made.execution(ONE, ONE)
        assert other.is_alive()  # and holds it still: nobody has waited for it
        # SQLite's immutable reading needs no lock; DuckDB's lock is for one process that writes.
        assert verdict.status is (Status.SCORED if engine == "sqlite" else Status.ERROR)
        assert engine == "sqlite" or "can't be opened" in verdict.reason
    finally:
        done.set()
        other.join()
    assert made.execution(ONE, ONE).score == 1


def test_a_transaction_that_is_not_finished(tmp_path):
    path = tmp_path / "live.sqlite"
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("CREATE TABLE t (a)")
    connection.execute("INSERT INTO t VALUES (1)")
    verdict = execution("SELECT a FROM t", "SELECT a FROM t", path)
    assert (verdict.status, "wal_checkpoint" in verdict.reason) == (Status.ERROR, True)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert execution("SELECT a FROM t", "SELECT a FROM t", path).score == 1
    connection.close()


@pytest.mark.parametrize("engine", ["sqlite", "duckdb", "postgres"])
def test_content_that_changes(workshop, tmp_path, engine):
    made = workshop.make(engine)
    wanted = "SELECT max(age) FROM singer"
    assert made.execution("SELECT 55", wanted).score == 1
    if engine == "sqlite":
        with sqlite3.connect(made.name) as connection:
            connection.execute("UPDATE singer SET age = 56 WHERE id = 6")
        connection.close()
    elif engine == "duckdb":
        import duckdb

        close()
        connection = duckdb.connect(made.name)
        connection.execute("UPDATE singer SET age = 56 WHERE id = 6")
        connection.close()
    else:
        psql(on(administrator(), made.name), "UPDATE singer SET age = 56 WHERE id = 6")
    assert made.execution("SELECT 55", wanted).score == 0
    assert made.execution("SELECT 56", wanted).score == 1
    workshop.files.pop(Path(made.name), None)
    workshop.tables.pop(made.name, None)


@pytest.mark.parametrize("engine", ["sqlite", "duckdb", "postgres"])
def test_a_reference_runs_once(places, engine, monkeypatch):
    place = places(engine)
    clear()
    database = place.database
    ran = []
    kind = type(database)
    run = kind.run
    monkeypatch.setattr(
        kind, "run", lambda self, sql, limits, role: (ran.append(role), run(self, sql, limits, role))[1]
    )
    for n in range(5):
        assert place.execution(f"SELECT name FROM singer WHERE id > -{n}", "SELECT name FROM singer").score == 1
        assert place.cells(f"SELECT name FROM singer WHERE id > -{n}", "SELECT name FROM singer").score == 1
    assert (ran.count("reference"), ran.count("prediction")) == (1, 5)


def test_references_on_disk(workshop, tmp_path):
    made = workshop.make("sqlite")
    folder = tmp_path / "kept"
    wanted = "SELECT name, score, x'00ff', NULL FROM singer ORDER BY age LIMIT 3"
    assert made.execution(wanted, wanted, cache=str(folder)).score == 1
    (file,) = folder.iterdir()
    clear()
    before = file.stat().st_mtime_ns
    assert made.execution(wanted, wanted, cache=str(folder)).score == 1
    assert (
        made.execution(
            "SELECT name, score, x'00ff', NULL FROM singer WHERE id IN (2, 5, 3) ORDER BY age",
            wanted,
            cache=str(folder),
        ).score
        == 1
    )
    assert [file] == list(folder.iterdir())
    assert file.stat().st_mtime_ns >= before
    clear()
    file.write_text("{broken")
    assert made.execution(wanted, wanted, cache=str(folder)).score == 1
    clear()
    assert made.execution(wanted, wanted, cache="/proc/nowhere").score == 1


def test_the_clock_is_not_kept(sqlite):
    wanted = "SELECT strftime('%f', 'now') || random()"
    assert sqlite.execution(wanted, wanted).score == 0
    assert sqlite.execution("SELECT date('now')", "SELECT date('now')").score == 1


def test_threads(place):
    right = []

    def judge(n):
        for m in range(10):
            given, wanted = (f"SELECT name FROM singer WHERE id > {k % 3}" for k in (m, m + n))
            right.append(place.execution(given, wanted).score == float(n % 3 == 0))

    threads = [threading.Thread(target=judge, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert right == [True] * 60


def test_many_databases(workshop, tmp_path):
    made = Path(workshop.make("sqlite").name)
    for n in range(OPEN + 10):
        shutil.copy(made, tmp_path / f"{n:03}.sqlite")
    before = len(list(Path("/proc/self/fd").iterdir())) if Path("/proc/self/fd").exists() else 0
    assert execution(ONE, ONE, str(tmp_path)).reason == f"the same result on {OPEN + 10} databases"
    if before:
        assert len(list(Path("/proc/self/fd").iterdir())) <= before + 2 * OPEN + 20


@pytest.mark.parametrize(
    "query",
    [
        "SELECT " + "a" * 2**20,
        "SELECT '" + "x" * 2**20 + "'",
        "(" * 2**20,
        ";" * 2**20,
        "/*" * 2**19,
        "\0" * 100,
        "\ud800",
        "SELECT '\ud800'",
        "SELECT * FROM " + ", ".join(["singer"] * 60),
    ],
)
def test_hostile_queries(place, query):
    started = time.process_time()
    verdict = place.execution(query, "SELECT 1", seconds=1)
    assert verdict.score == 0, verdict
    assert time.process_time() - started < 5
    assert place.execution("SELECT 1", query, seconds=1).status is Status.BAD_REFERENCE


@pytest.mark.parametrize(
    "bomb",
    [
        "SELECT length(printf('%.*c', 2000000000, 'x'))",
        "SELECT hex(zeroblob(1000000000))",
        "SELECT replace(hex(zeroblob(8000000)), '00', hex(zeroblob(8000000)))",
        "SELECT a.name LIKE '%a%a%a%a%a%' FROM singer a, singer b, singer c, singer d, singer e, singer f, singer g, singer h",
    ],
)
def test_bombs(sqlite, bomb):
    started = time.process_time()
    verdict = sqlite.execution(bomb, "SELECT 1", seconds=1)
    assert verdict.score == 0
    assert time.process_time() - started < 3


# PostgreSQL alone.


@pytest.fixture
def own_server(tmp_path_factory, root):
    """A server of this test's own, which it may stop."""
    administrator()
    folder = Path("/tmp") / f"assay-{os.getpid()}-{time.time_ns() % 10**6}"
    environment = os.environ | {"ASSAY_POSTGRES": str(folder)}

    def start():
        printed = subprocess.run(
            ["bash", str(root / ".ci/services/postgres.sh")],
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=True,
        )
        return printed.stdout.strip().removeprefix("ASSAY_TEST_POSTGRES=")

    def stop():
        pid = int((folder / "data" / "postmaster.pid").read_text().split()[0])
        os.kill(pid, 3)  # at once, as a crash
        for _ in range(200):
            if not (folder / "data" / "postmaster.pid").exists():
                return
            time.sleep(0.05)

    yield start, stop
    if (folder / "data" / "postmaster.pid").exists():
        stop()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.slow
def test_a_server_that_goes_away(own_server):
    start, stop = own_server
    admin = start()
    psql(admin, "CREATE TABLE t (a INTEGER); INSERT INTO t VALUES (1)")
    server = reader(admin)
    rows = [
        {"completion": f"SELECT a FROM t WHERE a < {n + 2}", "gold": "SELECT a FROM t", "db": "postgres"}
        for n in range(60)
    ]
    reward = f"sql.execution(reference=row.gold, database=row.db, server={server!r}, seconds=3)"
    with assay.Scorer(reward) as scorer:
        away(scorer, rows, start, stop)
    # In the middle of a query.
    long = "WITH RECURSIVE a(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM a) SELECT count(*) FROM a"
    timer = threading.Timer(0.7, stop)
    timer.start()
    verdict = execution(long, "SELECT a FROM t", "postgres", server=server, seconds=10)
    timer.join()
    assert verdict.status is Status.ERROR, verdict
    start()
    assert execution("SELECT 1", "SELECT a FROM t", "postgres", server=server).score == 1
    close()


def away(scorer, rows, start, stop):
    assert scorer.score(rows).status == ["scored"] * 60
    stop()
    down = scorer.score(rows)
    assert down.status == ["error"] * 60
    assert "can't be used" in down.reasons[0]
    start()
    again = scorer.score(rows)
    assert again.status == ["scored"] * 60
    assert again.total.tolist() == [1.0] * 60


@pytest.mark.parametrize("wait", [0, 5000])
def test_connections_that_the_server_ends(places, wait):
    """Whether the server's farewell has come when the next query goes out, or is on its way."""
    place = places("postgres")
    assert place.execution("SELECT 6", ONE).score == 1
    for number in range(8):
        psql(
            administrator(),
            f"SELECT pg_terminate_backend(pid, {wait}) FROM pg_stat_activity "
            f"WHERE usename = 'assay_reader' AND datname = '{place.name}'",
        )
        assert place.execution(f"SELECT 6.{'0' * (number + 1)}", ONE).score == 1


def test_a_table_that_is_locked(places):
    import psycopg

    place = places("postgres")
    with psycopg.connect(on(administrator(), place.name)) as connection:
        connection.execute("LOCK TABLE singer IN ACCESS EXCLUSIVE MODE")
        verdict = place.execution("SELECT name FROM singer WHERE id = 77", "SELECT 1", seconds=0.5)
        assert verdict.status is Status.ERROR, verdict
        connection.rollback()


def test_a_role_that_may_write_is_refused(places):
    place = places("postgres")
    verdict = execution("SELECT 1", "SELECT 1", place.name, server=administrator())
    assert (verdict.status, "CREATE ROLE reader" in verdict.reason) == (Status.ERROR, True)


@pytest.mark.parametrize(
    "query",
    [
        "SELECT set_config('statement_timeout', '0', false)",
        "SELECT pg_advisory_lock(1)",
        "SELECT pg_read_file('/etc/passwd')",
        "SELECT lo_create(0)",
        "COMMIT; SELECT 1",
        "SELECT 1; SELECT 2",
        "SELECT nextval('x')",
        "LISTEN x",
    ],
)
def test_sessions_keep_nothing(places, query):
    database = places("postgres").database
    with contextlib.suppress(QueryError):  # the parser refuses each; what the server lets through leaves no trace
        database.run(query, Limits(seconds=1), "prediction")
    with pytest.raises(QueryError, match="took more"):
        database.run("SELECT pg_sleep(5)", Limits(seconds=0.2), "prediction")
    assert database.run("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'", Limits(), "prediction").rows == [
        (0,)
    ]


def test_without_its_driver_an_engine_says_what_to_install(workshop, monkeypatch):
    made = workshop.make("duckdb").name
    close()
    monkeypatch.setitem(sys.modules, "duckdb", None)
    assert "pip install 'assay-sql[duckdb]'" in execution("SELECT 1", "SELECT 1", made).reason
    monkeypatch.setitem(sys.modules, "psycopg", None)
    assert (
        "pip install 'assay-sql[postgres]'" in execution("SELECT 1", "SELECT 1", "x", server="postgresql://r@h").reason
    )


def test_errors_are_sentences(tmp_path):
    with pytest.raises(DatabaseError, match="there is no database"):
        databases(str(tmp_path / "x.sqlite"))


def test_a_database_in_memory_is_closed_when_it_is_dropped():
    trial = Trial(generate(Catalog.read("CREATE TABLE t (a INT)"), 0))
    with trial._pools["reference"].borrow() as connection:
        pass
    assert connection.execute("SELECT count(*) FROM t").fetchone()
    del trial
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        connection.execute("SELECT 1")
