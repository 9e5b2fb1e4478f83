"""`sql.schema` and `sql.structure`."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay import Status
from assay_sql import schema, structure

DDL = """
CREATE TABLE singer (id INTEGER PRIMARY KEY, name TEXT, age INT);
CREATE TABLE concert (cid INT, sid INT REFERENCES singer (id), year INT);
"""
REFERENCE = "SELECT T1.name FROM singer AS T1 JOIN concert AS T2 ON T1.id = T2.sid WHERE T2.year > 2010"


def fields(completion, reference=REFERENCE, **options):
    verdict = schema(completion, reference, **options)
    assert verdict.status is Status.SCORED, verdict.reason
    return verdict.fields


@pytest.mark.parametrize("known", [None, DDL, {"singer": ["id", "name", "age"], "concert": ["cid", "sid", "year"]}])
def test_aliases_subqueries_and_ctes_stand_for_what_they_read(known):
    for text in (
        REFERENCE,
        "select name from SINGER where id in (select sid from concert where year > 2010)",
        'SELECT s."name" FROM concert c, singer s WHERE s.id = c.sid AND c.year > 2010',
        "WITH c AS (SELECT sid, year FROM concert) SELECT name FROM singer JOIN c ON sid = singer.id WHERE c.year > 2010",
        "SELECT n FROM (SELECT name AS n, id AS i FROM singer) AS d JOIN concert ON i = concert.sid WHERE concert.year > 2010",
    ):
        verdict = schema(text, REFERENCE, schema=known)
        assert verdict.score == 1, (text, verdict.reason)
        assert set(verdict.fields.values()) == {1.0}


def test_what_is_counted():
    found = fields("SELECT name FROM singer", schema=DDL)
    assert found["table_recall"] == 0.5
    assert found["table_precision"] == found["column_precision"] == 1
    assert found["column_recall"] == found["column_jaccard"] == 0.25
    verdict = schema("SELECT name, age FROM singer", REFERENCE, schema=DDL)
    assert verdict.reason == "lacks concert, concert.sid, concert.year, singer.id; adds singer.age"
    assert verdict.score == pytest.approx(2 / 7)


def test_metrics():
    text = "SELECT name, age FROM singer"
    scores = {m: schema(text, REFERENCE, metric=m, schema=DDL).score for m in ("jaccard", "recall", "precision", "f1")}
    assert scores == {
        "jaccard": pytest.approx(2 / 7),
        "recall": pytest.approx(2 / 6),
        "precision": pytest.approx(2 / 3),
        "f1": pytest.approx(4 / 9),
    }


def test_a_star_is_all_columns_where_they_are_known():
    assert fields("SELECT * FROM singer", "SELECT id, name, age FROM singer", schema=DDL)["column_jaccard"] == 1
    assert fields("SELECT count(*) FROM singer", "SELECT count(*) FROM singer")["column_jaccard"] == 1
    assert (
        fields("SELECT s.* FROM singer s, concert", "SELECT * FROM singer, concert", schema=DDL)["column_recall"] == 0.5
    )


def test_double_quotes_may_hold_a_text():
    one, other = 'SELECT name FROM singer WHERE name = "Ann"', "SELECT name FROM singer WHERE name = 'Ann'"
    assert fields(one, other, schema=DDL)["column_jaccard"] == 1
    assert fields(one, other)["column_jaccard"] == 1
    assert fields(one.replace("Ann", "age"), other, schema=DDL)["column_precision"] == 0.5


@pytest.mark.parametrize("reference", ["", "SELEC", "DROP TABLE x", "SELECT 1", "SELECT 1; SELECT 2"])
def test_a_reference_that_reads_nothing(reference):
    assert schema("SELECT name FROM singer", reference).status is Status.BAD_REFERENCE


@pytest.mark.parametrize(
    "known", ["nonsense", "CREATE TABLE", {"a": 3}, '{"a"', "CREATE TABLE a (x INT REFERENCES b (y))"]
)
def test_a_schema_that_cant_be_used(known):
    assert schema(REFERENCE, REFERENCE, schema=known).status is Status.BAD_REFERENCE
    assert structure(REFERENCE, REFERENCE, schema=known).status is Status.BAD_REFERENCE


@pytest.mark.parametrize(
    "text", ["", "no query at all", "DELETE FROM singer", "```sql\n", "SELECT 1; DROP TABLE x", "SELECT (" * 5000]
)
def test_no_query_is_0(text):
    for verdict in (schema(text, REFERENCE), structure(text, REFERENCE)):
        assert (verdict.score, verdict.status) == (0, Status.SCORED)


HOSTILE = {
    "long": "SELECT " + "a, " * 400_000 + "b FROM t",
    "deep": "SELECT " + "(" * 5000 + "1" + ")" * 5000,
    "nested": "SELECT a FROM t WHERE a IN (" * 5000 + "1" + ")" * 5000,
    "not": "SELECT " + "NOT " * 5000 + "1",
    "case": "SELECT " + "CASE WHEN 1 THEN " * 1500 + "1" + " END" * 1500,
    "plus": "SELECT " + "1+" * 16_000 + "1",
    "and": "SELECT a FROM t WHERE " + "a=1 AND " * 4000 + "b=2",
    "union": "SELECT 1" + " UNION SELECT 1" * 2000,
    "columns": "SELECT " + "a," * 16_000 + "a FROM t",
    "open": "SELECT '" * 4000,
    "null": "SELECT \0 FROM t",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_queries_end(text):
    started = time.process_time()
    assert schema(text, REFERENCE).status is Status.SCORED
    assert structure(text, REFERENCE).status is Status.SCORED
    assert time.process_time() - started < 20


def test_structure():
    assert structure(REFERENCE, REFERENCE).score == 1
    assert (
        structure("select   S.name FROM singer S JOIN concert C on C.sid=S.id where 2010 < C.year", REFERENCE).score
        == 1
    )
    near = structure(REFERENCE.replace("2010", "2011"), REFERENCE).score
    far = structure("SELECT count(*) FROM concert GROUP BY year", REFERENCE).score
    assert 0 <= far < 0.5 < near < 1
    assert structure(REFERENCE.replace("2010", "2011"), REFERENCE, values=False).score == 1
    both = (
        "SELECT id FROM singer WHERE name = 'a' OR age > 3 AND id = 1",
        "SELECT id FROM singer WHERE 1 = id AND 3 < age OR name = 'a'",
    )
    assert structure(*both).score == 1
    assert structure("SELECT name FROM singer ORDER BY age DESC", "SELECT name FROM singer ORDER BY age").score < 1
    assert structure("SELECT DISTINCT name FROM singer", "SELECT name FROM singer").score < 1


columns = st.sampled_from(["id", "name", "age", "singer.age"])
atoms = st.builds("{} {} {}".format, columns, st.sampled_from(["=", "<", ">", "<=", ">=", "<>"]), st.integers(0, 9))
wheres = st.recursive(atoms, lambda inner: st.builds("({} {} {})".format, inner, st.sampled_from(["AND", "OR"]), inner))
queries = st.builds("SELECT {} FROM singer WHERE {}".format, columns, wheres)


@settings(max_examples=60, deadline=None)
@given(queries, queries)
def test_structure_and_schema_are_symmetric(one, other):
    assert structure(one, other).score == structure(other, one).score
    assert structure(one, one).score == 1
    assert schema(one, other).score == schema(other, one).score
    forwards, backwards = fields(one, other, schema=DDL), fields(other, one, schema=DDL)
    assert forwards["column_recall"] == backwards["column_precision"]
