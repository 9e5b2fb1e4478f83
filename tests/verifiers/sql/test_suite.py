"""Test suites of databases, the rows that `assay lint` finds, and Spider's own references."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys

import pytest

from assay._scoring.lint import lint
from assay_sql import execution
from assay_sql.catalog import Catalog
from assay_sql.compare import Rules
from assay_sql.mutation import mutations
from assay_sql.query import Refused, read
from assay_sql.rewriting import rewritings
from assay_sql.search import Pair, Trial
from assay_sql.suite import suite, wrong_queries

DDL = """
CREATE TABLE singer (id INTEGER PRIMARY KEY, name TEXT, age INT CHECK (age > 0));
CREATE TABLE concert (cid INTEGER PRIMARY KEY, sid INT REFERENCES singer (id), year INT);
"""
RIGHT = "SELECT name FROM singer WHERE age > 20 ORDER BY age LIMIT 2"


def assay(*arguments, **options):
    return subprocess.run(
        [sys.executable, "-m", "assay", *map(str, arguments)], capture_output=True, text=True, timeout=120, **options
    )


def test_a_suite_tells_wrong_queries_and_execution_takes_it(tmp_path):
    reference = read(RIGHT, "sqlite")
    catalog = Catalog.read(DDL)
    made = suite([reference], catalog, databases=4)
    assert len(made.databases) == 4
    assert (made.useless, made.survivors) == ([], [])
    assert made.mutations >= 10
    paths = made.write(tmp_path / "suite")
    assert sorted(paths) == sorted((tmp_path / "suite").iterdir())
    for mutation in mutations(reference.tree, catalog):
        assert execution(mutation.sql, RIGHT, str(tmp_path / "suite")).score == 0, mutation
    for rewriting in rewritings(reference.tree, catalog):
        verdict = execution(rewriting.sql, RIGHT, str(tmp_path / "suite"))
        assert verdict.score == 1, (rewriting, verdict.reason)
    made.databases.pop()
    assert len(made.write(tmp_path / "suite")) == len(list((tmp_path / "suite").iterdir())) == 3


def test_survivors_and_useless_references_are_named():
    made = suite(
        [read("SELECT DISTINCT id FROM singer", "sqlite"), read("SELECT id FROM singer WHERE age < 0", "sqlite")],
        Catalog.read(DDL),
    )
    assert any(one.kind == "distinct" for one in made.survivors)
    assert made.useless == ["SELECT id FROM singer WHERE age < 0"]


def test_the_command(tmp_path):
    (tmp_path / "schema.sql").write_text(DDL)
    run = assay("sql", "suite", tmp_path / "schema.sql", "--out", tmp_path / "out", "--query", RIGHT, "--databases", 3)
    assert run.returncode == 0, run.stderr
    assert "wrong queries are told from right ones" in run.stdout
    assert len(list((tmp_path / "out").glob("*.sqlite"))) == 3
    (tmp_path / "tables.json").write_text(json.dumps([{"db_id": "a", "x": ["y"]}, {"db_id": "b"}]))
    for arguments, said in (
        ((tmp_path / "tables.json",), "say which by --db-id"),
        ((tmp_path / "schema.sql", "--query", "DROP TABLE singer"), "only one that reads"),
        ((tmp_path / "schema.sql", "--dialect", "sqlight"), "did you mean 'sqlite'"),
    ):
        run = assay("sql", "suite", *arguments, "--out", tmp_path / "out")
        assert (run.returncode, run.stdout) == (2, "")
        assert said in run.stderr


def test_lint_finds_rows_whose_database_is_weak(tmp_path):
    def database(name, rows):
        connection = sqlite3.connect(tmp_path / name)
        connection.executescript(DDL)
        connection.executemany("INSERT INTO singer VALUES (?, ?, ?)", rows)
        connection.commit()
        connection.close()
        return str(tmp_path / name)

    weak = database("weak.sqlite", [(1, "Ann", 30), (2, "Bob", 40)])
    text = "SELECT name FROM singer WHERE age > 20"
    strong = tmp_path / "strong"
    suite([read(text, "sqlite")], Catalog.read(DDL)).write(strong)
    rows = [
        {"gold": text, "db": weak},
        {"gold": text, "db": str(strong)},
        {"gold": "SELEC", "db": weak},
        {"gold": text, "db": str(tmp_path / "missing.sqlite")},
    ]
    (report,) = lint(rows, "sql.execution(reference=row.gold, database=row.db)")
    assert [(p.row, p.status) for p in report.problems] == [(2, "bad_reference"), (3, "error"), (0, "weak")]
    assert report.decoys >= 10
    assert "wrong answers score full marks, for example" in report.problems[-1].reason
    for wrong in wrong_queries(
        {"reference": text, "database": weak}, {"dialect": "", "root": "", "server": "", "extract": "whole"}
    ):
        assert execution(wrong, text, str(strong), extract="whole").score == 0, wrong


def spider(shared):
    schemas = {entry["db_id"]: entry for entry in json.loads((shared / "data" / "spider" / "tables.json").read_text())}
    lines = (shared / "data" / "spider" / "gold.txt").read_text().splitlines()
    return schemas, [line.split("\t") for line in lines if line.strip()]


def check_reference(text, catalog):
    """One reference on a suite of its own: equals itself and its rewritings, differs from its mutations."""
    reference = read(text, "sqlite")
    made = suite([reference], catalog, databases=3)
    trials = [Trial(database) for database in made.databases]
    pair = Pair(reference, reference, Rules())
    assert all(pair.differ(trial) is None for trial in trials), text
    others = rewritings(reference.tree, catalog)
    assert len(others) >= 4, text
    for one in others:
        other = pair.against(read(one.sql, "sqlite"))
        differences = [other.differ(trial) for trial in trials]
        assert differences == [None] * len(trials), (one.kind, text, one.sql, differences)
    return made


def check_spider(shared, step):
    schemas, rows = spider(shared)
    told = few = 0
    for text, name in rows[::step]:
        catalog = Catalog.read(schemas[name])
        try:
            read(text, "sqlite")
        except Refused:
            continue  # `! =`, which SQLite refuses as well
        made = check_reference(text, catalog)
        told += made.mutations - len(made.survivors)
        if made.mutations - len(made.survivors) < 4:
            few += 1
            assert "BETWEEN 160000 AND 90000" in text, text  # which no row fulfils
    return told, few


def test_references_of_spider(shared):
    told, _ = check_spider(shared, 25)
    assert told > 100


@pytest.mark.slow
def test_all_references_of_spider(shared):
    told, few = check_spider(shared, 6)
    assert told > 500
    assert few <= 1


def test_every_schema_of_spider(shared):
    schemas, _ = spider(shared)
    assert len(schemas) == 166
    from assay_sql.generation import generate

    for name, entry in list(schemas.items())[::3]:
        database = generate(Catalog.read(entry), 0)
        connection = database.connect()
        connection.execute("PRAGMA foreign_keys = ON")
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == [], name
        connection.close()
