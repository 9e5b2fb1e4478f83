"""What the same result is, on SQLite, DuckDB and PostgreSQL; and what a query may not do to be paid."""

from __future__ import annotations

import threading
import time

import pytest

import assay
from assay._contract.verdict import Status
from assay_sql.result import Limits, QueryError

ENDLESS = "WITH RECURSIVE a(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM a) SELECT count(*) FROM a"


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ("SELECT name FROM singer", "SELECT name FROM singer"),
        ("SELECT name FROM singer ORDER BY age", "SELECT name FROM singer"),
        ("SELECT count(*) AS n FROM singer", "SELECT COUNT(id) FROM singer"),
        (
            "SELECT s.name FROM singer s JOIN concert c ON c.singer = s.id",
            "SELECT name FROM concert, singer WHERE singer.id = concert.singer",
        ),
        ("SELECT NULL", "SELECT country FROM singer WHERE id = 4"),
        ("SELECT sum(score) / count(score) FROM singer", "SELECT avg(score) FROM singer"),
        ("SELECT 0.1 + 0.2", "SELECT 0.3"),
        ("SELECT CAST(age AS DOUBLE PRECISION) FROM singer", "SELECT age FROM singer"),
        (
            "SELECT name FROM singer WHERE age = 30 ORDER BY id DESC",
            "SELECT name FROM singer WHERE age = 30 ORDER BY age",
        ),
        ("SELECT name FROM singer WHERE id = 5", "SELECT name FROM singer ORDER BY age LIMIT 1"),
        (
            "SELECT name FROM singer WHERE id IN (2, 5, 3) ORDER BY age, name",
            "SELECT name FROM singer ORDER BY age LIMIT 3",
        ),
        ("SELECT age FROM singer WHERE id = 6", "SELECT DISTINCT age FROM singer ORDER BY age DESC LIMIT 1"),
        (
            "SELECT country FROM singer WHERE id = 5",
            "SELECT country FROM singer GROUP BY country ORDER BY count(*) DESC LIMIT 1",
        ),
        (
            "SELECT country FROM singer WHERE id = 3",
            "SELECT country FROM singer GROUP BY country ORDER BY count(*) DESC LIMIT 1",
        ),
        ("SELECT name FROM singer WHERE id = 4", "SELECT name FROM singer LIMIT 1"),
        ("SELECT name FROM singer WHERE id IN (1, 2)", "SELECT name FROM singer ORDER BY id LIMIT 2"),
        ("SELECT name FROM singer WHERE id = 3", "SELECT name FROM singer ORDER BY id LIMIT 1 OFFSET 2"),
    ],
)
def test_same(place, given, wanted):
    verdict = place.execution(given, wanted)
    assert verdict.score == 1, verdict.reason


@pytest.mark.parametrize(
    ("given", "wanted", "reason"),
    [
        ("SELECT DISTINCT name FROM singer", "SELECT name FROM singer", "5 rows instead of 6"),
        ("SELECT name FROM singer", "SELECT DISTINCT name FROM singer", "6 rows instead of 5"),
        (
            "SELECT name FROM singer ORDER BY id DESC",
            "SELECT name FROM singer ORDER BY id",
            "not their order: row 2 is",
        ),
        (
            "SELECT name FROM singer WHERE id < 3 ORDER BY age DESC",
            "SELECT name FROM singer WHERE id < 3 ORDER BY age",
            "not their order",
        ),
        ("SELECT name, age FROM singer", "SELECT name FROM singer", "2 columns instead of 1"),
        ("SELECT age, name FROM singer", "SELECT name, age FROM singer", "instead of"),
        ("SELECT name FROM singer WHERE id = 6", "SELECT name FROM singer ORDER BY age LIMIT 1", "'Ann' instead of"),
        (
            "SELECT id, CASE WHEN id = 3 THEN 31 ELSE age END AS x FROM singer ORDER BY id",
            "SELECT id, age FROM singer ORDER BY id",
            "row 3: 31 instead of 30 in column age",
        ),
        ("SELECT 'ann'", "SELECT 'Ann'", "'ann' instead of 'Ann'"),
        ("SELECT 0", "SELECT NULL", "0 instead of NULL"),
        ("SELECT 1000000001", "SELECT 1000000000", "1000000001 instead of 1000000000"),
        ("SELECT name FROM singer WHERE age > 100", "SELECT name FROM singer", "0 rows instead of 6"),
        (
            "SELECT score FROM singer WHERE id = 1",
            "SELECT score * 1.0001 FROM singer WHERE id = 1",
            "1.5 instead of 1.50015",
        ),
        ("SELECT nam FROM singer", "SELECT name FROM singer", "the query fails"),
        ("SELECT name FROM singers", "SELECT name FROM singer", "the query fails"),
        ("No idea.", "SELECT name FROM singer", "the query begins with 'No'"),
        ("", "SELECT name FROM singer", "no query"),
    ],
)
def test_different(place, given, wanted, reason):
    verdict = place.execution(given, wanted)
    assert verdict.status is Status.SCORED
    assert verdict.score == 0
    assert reason in verdict.reason
    assert verdict.details["kind"]


# What published evaluators pay for.


@pytest.mark.parametrize(
    "attack",
    [
        "CREATE TEMP TABLE singer AS SELECT 1 AS id, 'x' AS name; SELECT name FROM singer",
        "CREATE TEMP TABLE singer AS SELECT 1 AS id, 'x' AS name",
        "CREATE TEMP VIEW singer AS SELECT 'x' AS name",
        "DELETE FROM singer",
        "DELETE FROM singer; SELECT name FROM singer",
        "DROP TABLE singer",
        "UPDATE singer SET name = 'x'",
        "INSERT INTO singer (id) VALUES (99)",
        "ALTER TABLE singer RENAME TO other",
        "ATTACH 'attached.db' AS other",
        "VACUUM INTO 'copy.db'",
        "PRAGMA journal_mode = DELETE",
        "COPY singer TO 'copied.csv'",
        "EXPORT DATABASE 'exported'",
        "INSTALL httpfs",
        "SET enable_external_access = true",
        "SELECT * INTO stolen FROM singer",
        "WITH gone AS (DELETE FROM singer RETURNING *) SELECT name FROM gone",
    ],
)
def test_writing_pays_nothing(place, attack, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    before = place.database.content()
    for _ in range(2):
        assert place.execution(attack, "SELECT name FROM singer").score == 0
        assert place.valid(attack).score == 0
    assert place.execution("SELECT name FROM singer", "SELECT name FROM singer").score == 1
    assert place.database.content() == before
    # The engine refuses as well, without the parser before it.
    for role in ("reference", "prediction"):
        with pytest.raises(QueryError):
            place.database.run(attack, Limits(), role)
    assert place.execution("SELECT count(*) FROM singer", "SELECT 6").score == 1
    assert place.database.content() == before
    assert list(tmp_path.iterdir()) == []


def test_a_temporary_table_shadows_nothing(place):
    with pytest.raises(QueryError):
        place.database.run("CREATE TEMP TABLE singer (name VARCHAR(9))", Limits(), "prediction")
    for role in ("prediction", "reference"):
        assert len(place.database.run("SELECT * FROM singer", Limits(), role).rows) == 6


def test_an_empty_reference_is_none(place):
    for given in ("SELECT name FROM singer WHERE 1 = 0", "SELECT name FROM singer"):
        verdict = place.execution(given, "SELECT name FROM nobody")
        assert verdict.status is Status.BAD_REFERENCE
        assert "no row" in verdict.reason
    assert place.execution("SELECT name FROM singer WHERE 1 = 0", "SELECT name FROM nobody", empty=True).score == 1
    assert place.execution("SELECT name FROM singer", "SELECT name FROM nobody", empty=True).score == 0


def test_an_endless_query_ends(place):
    """In whatever thread it is asked."""
    verdicts = []
    thread = threading.Thread(target=lambda: verdicts.append(place.execution(ENDLESS, "SELECT 1", seconds=1.0)))
    thread.start()
    thread.join()
    assert verdicts[0].status is Status.TIMEOUT
    assert verdicts[0].score == 0
    assert place.execution("SELECT name FROM singer", "SELECT name FROM singer").score == 1


@pytest.mark.timing
def test_an_endless_query_has_its_time_and_no_more(place):
    place.execution("SELECT 1", "SELECT 1")  # what is loaded once
    started = time.perf_counter()
    place.execution(ENDLESS, "SELECT 1", seconds=1.0)
    assert 0.95 <= time.perf_counter() - started <= 1.15


def test_an_endless_reference_is_bad(place):
    verdict = place.execution("SELECT 1", ENDLESS, seconds=0.2)
    assert verdict.status is Status.BAD_REFERENCE
    assert "the reference took more than 0.2 s" in verdict.reason


def test_results_are_limited(place):
    many = "WITH RECURSIVE a(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM a WHERE n < 5000) SELECT n FROM a"
    assert "more than 100 rows" in place.execution(many, "SELECT 1", rows=100).reason
    assert place.valid(many, rows=100).score == 1
    assert place.execution(many, "SELECT 1", rows=100).status is Status.SCORED
    assert place.execution("SELECT 1", many, rows=100).status is Status.BAD_REFERENCE
    with pytest.raises(QueryError, match="cells"):
        place.database.run(many, Limits(cells=1000), "prediction")
    with pytest.raises(QueryError, match="bytes"):
        place.database.run("SELECT name FROM singer", Limits(bytes=10), "prediction")


def test_columns(place):
    wanted = "SELECT name, age, id FROM singer"
    assert place.execution("SELECT id, name, age FROM singer", wanted).score == 0
    assert place.execution("SELECT id, name, age FROM singer", wanted, columns="any").score == 1
    assert place.execution("SELECT id, name, age FROM singer", wanted, columns="name").score == 1
    assert place.execution("SELECT id, name, age AS years FROM singer", wanted, columns="name").score == 0
    assert place.execution("SELECT id, age, age FROM singer", wanted, columns="any").score == 0
    # Tied rows at a LIMIT, with the columns swapped.
    cut = "SELECT name, age FROM singer ORDER BY age LIMIT 1"
    assert place.execution("SELECT age, name FROM singer WHERE id = 5", cut, columns="any").score == 1
    assert place.execution("SELECT age, name FROM singer WHERE id = 1", cut, columns="any").score == 0


def test_order(place):
    backwards, wanted = "SELECT name FROM singer ORDER BY id DESC", "SELECT name FROM singer ORDER BY id"
    assert place.execution(backwards, wanted).details["kind"] == "order"
    assert place.execution(backwards, wanted, order=False).score == 1


def test_text(place):
    assert place.execution("SELECT upper(name) FROM singer", "SELECT name FROM singer").score == 0
    assert place.execution("SELECT upper(name) FROM singer", "SELECT name FROM singer", ignore_case=True).score == 1


def test_tolerance(place):
    assert place.execution("SELECT score * 1.001 FROM singer", "SELECT score FROM singer").score == 0
    assert place.execution("SELECT score * 1.001 FROM singer", "SELECT score FROM singer", tolerance=0.01).score == 1
    assert place.execution("SELECT age + 1 FROM singer", "SELECT age FROM singer", tolerance=0.1).score == 0


def test_dates_and_decimals(place):
    assert (
        place.execution("SELECT CAST('2024-01-05' AS VARCHAR(10))", "SELECT day FROM concert WHERE id = 1").score == 1
    )
    assert place.execution("SELECT '2024-01-05 00:00:00'", "SELECT day FROM concert WHERE id = 1").score == 1
    assert place.execution("SELECT '2024-01-05T00:00'", "SELECT day FROM concert WHERE id = 1").score == 1
    assert place.execution("SELECT '2024-01-06'", "SELECT day FROM concert WHERE id = 1").score == 0
    assert place.execution("SELECT 10.5", "SELECT price FROM concert WHERE id = 1").score == 1
    assert place.execution("SELECT 21.0 / 2", "SELECT price FROM concert WHERE id = 1").score == 1
    assert place.execution("SELECT 99.98", "SELECT price FROM concert WHERE id = 4").score == 0


@pytest.mark.parametrize(
    "reference", ["", None, 3, [], "DROP TABLE singer", "SELECT", "SELECT x FROM y", "SELECT 1; SELECT 2", "-- none"]
)
def test_bad_references(place, reference):
    verdict = place.execution("SELECT 1", reference)
    assert verdict.status is Status.BAD_REFERENCE
    assert verdict.reason


def test_cells(place):
    assert place.cells("SELECT name FROM singer", "SELECT name FROM singer").score == 1
    some = place.cells("SELECT name, 0 FROM singer WHERE id <= 3", "SELECT name FROM singer")
    assert some.fields == {"precision": 3 / 4, "recall": 3 / 5, "cardinality": 1 / 2}
    assert some.score == pytest.approx((3 / 4 + 3 / 5 + 1 / 2) / 3)
    for nothing in ("SELECT nam FROM singer", "", "DROP TABLE singer", "SELECT name FROM nobody"):
        verdict = place.cells(nothing, "SELECT name FROM singer")
        assert (verdict.score, set(verdict.fields.values())) == (0, {0.0})
    late = place.cells(ENDLESS, "SELECT 1", seconds=0.1)
    assert (late.status, late.score) == (Status.TIMEOUT, 0)
    assert place.cells("SELECT 1.0000000000001", "SELECT CAST(1 AS DOUBLE PRECISION)").score == 1
    assert place.cells("SELECT 1", "SELECT name FROM nobody").status is Status.BAD_REFERENCE


def test_valid(place):
    assert place.valid("```sql\nSELECT name FROM singer\n```").score == 1
    assert place.valid("SELECT name FROM nobody").score == 1
    for wrong in ("SELECT nam FROM singer", "SELEC 1", "", "SELECT 1; SELECT 2", "DELETE FROM singer"):
        assert place.valid(wrong).score == 0
    assert place.valid(ENDLESS, seconds=0.1).status is Status.TIMEOUT


def test_a_dialect_is_translated(place):
    given = "SELECT `name` FROM `singer` WHERE IFNULL(country, 'x') = 'x'"
    verdict = place.execution(given, given, dialect="mysql")
    assert verdict.score == 1, verdict.reason
    assert place.execution("SELECT 1", "SELECT 1", dialect="klingon").status is Status.ERROR
    assert "klingon" in place.execution("SELECT 1", "SELECT 1", dialect="klingon").reason


def test_in_a_reward(place):
    rows = [
        {"completion": f"```sql\n{query}\n```", "gold": "SELECT name FROM singer ORDER BY id", "db": place.name}
        for query in ("SELECT name FROM singer ORDER BY id", "SELECT name FROM singer", "SELECT x", "DROP TABLE singer")
    ]
    option = f", server={place.server!r}" if place.server else ""
    only = option.lstrip(", ")
    scores = assay.score(
        rows,
        {
            "run": f"sql.execution(reference=row.gold, database=row.db{option})",
            "cells": f"sql.cells(reference=row.gold, database=row.db{option})",
            "total": f"max((cells.precision + cells.recall + cells.cardinality) / 3, 0.1) if sql.valid(database=row.db{', ' + only if only else ''}) else 0",
        },
    )
    assert scores.status == ["scored"] * 4
    assert scores.total.tolist() == [1, 1, 0, 0]


@pytest.mark.parametrize(
    ("reward", "totals"),
    [
        ("sql.cells", [1, 2 / 3, 0, 0]),
        (
            '(0.95 * max(sql.cells, 0.1) + 0.05 * format.tags(["think", "answer"]) if progress < 0.3 else max(sql.cells, 0.1)) if sql.valid else 0',
            [1, 0.95 * 2 / 3 + 0.05, 0, 0],
        ),
        ('1 if sql.execution else 0.1 * (sql.valid and format.tags(["think", "answer"]))', [1, 0.1, 0, 0]),
        (
            '(1 if format.tags(["think", "answer"]) else -1) + (2 if sql.valid else -2) + (3 if sql.execution else -3)',
            [6, 0, -4, -4],
        ),
        ('(1 if sql.execution else 0.1) if format.tags(["think", "answer"]) else 0', [1, 0.1, 0.1, 0.1]),
    ],
)
def test_published_rewards(sqlite, reward, totals):
    queries = ("SELECT name FROM singer", "SELECT name FROM singer WHERE id <= 3", "SELECT x", "DROP TABLE singer")
    rows = [
        {
            "completion": f"<think>So.</think><answer>\n```sql\n{query}\n```\n</answer>",
            "reference": "SELECT name FROM singer",
            "database": sqlite.name,
            "progress": 0.1,
        }
        for query in queries
    ]
    scores = assay.score(rows, reward)
    assert scores.status == ["scored"] * 4
    expected = [
        sqlite.cells(queries[1], "SELECT name FROM singer").score if total == 2 / 3 else total for total in totals
    ]
    if "0.95" in reward:
        expected[1] = 0.95 * sqlite.cells(queries[1], "SELECT name FROM singer").score + 0.05
    assert scores.total.tolist() == pytest.approx(expected)


def test_chance_orders_nothing(place):
    assert place.execution("SELECT name FROM singer", "SELECT name FROM singer ORDER BY random()").score == 1
    assert (
        place.execution(
            "SELECT name FROM singer WHERE id IN (2, 4)", "SELECT name FROM singer ORDER BY random() LIMIT 2"
        ).score
        == 1
    )
    assert (
        place.execution(
            "SELECT 'x' FROM singer WHERE id IN (2, 4)", "SELECT name FROM singer ORDER BY random() LIMIT 2"
        ).score
        == 0
    )


def test_table_valued_functions(sqlite):
    assert sqlite.execution("SELECT value FROM json_each('[1, 2]')", "SELECT 1 UNION SELECT 2").score == 1
    for write in ("UPDATE sqlite_master SET name = 'x'", "DELETE FROM sqlite_master", "PRAGMA writable_schema = 1"):
        with pytest.raises(QueryError):
            sqlite.database.run(write, Limits(), "prediction")


@pytest.mark.parametrize(
    "query",
    [
        "SELECT 'NaN'::numeric", "SELECT 'infinity'::timestamp", "SELECT '4713-01-01 BC'::date", "SELECT int4range(1, 3)",
        "SELECT '10.0.0.1'::inet", "SELECT interval '1 month'", "SELECT row(1, 2)", "SELECT '{\"a\": [1.5]}'::jsonb",
        "SELECT ARRAY[1, NULL]", "SELECT now()::date", "SELECT timestamptz '2024-01-01 00:00:00+02'", "SELECT 'a%'::char(5)",
        "SELECT name FROM singer ORDER BY age FETCH FIRST 1 ROWS WITH TIES", "SELECT DISTINCT ON (age) age FROM singer ORDER BY age, id",
    ],
)  # fmt: skip
def test_values_of_postgres(places, query):
    verdict = places("postgres").execution(query, query)
    assert verdict.score == 1, verdict.reason


@pytest.mark.parametrize(
    "query",
    [
        "SELECT TIMESTAMPTZ '2020-01-01 00:00:00+02'", "SELECT INTERVAL 1 DAY", "SELECT MAP {'a': 1}", "SELECT [1, 2.5]",
        "SELECT {'a': DATE '2020-01-01'}", "SELECT 170141183460469231731687303715884105727", "SELECT 'nan'::FLOAT",
        "SELECT 'infinity'::DATE", "FROM singer SELECT name", "SELECT name FROM singer QUALIFY row_number() OVER (ORDER BY id) = 1",
    ],
)  # fmt: skip
def test_values_of_duckdb(places, query):
    verdict = places("duckdb").execution(query, query)
    assert verdict.score == 1, verdict.reason
