"""Finding a query, and refusing what isn't one that only reads."""

from __future__ import annotations

import time

import pytest

from assay_sql.query import MAX_LENGTH, Refused, UnknownDialect, find, known_dialect, read

DIALECTS = ["sqlite", "duckdb", "postgres"]


@pytest.mark.parametrize(
    ("completion", "query"),
    [
        ("```sql\nSELECT 1\n```", "SELECT 1"),
        ("```SQL\nSELECT 1\n```\nor rather\n```sql\nSELECT 2\n```", "SELECT 2"),
        ("<think>```sql\nSELECT 1\n```</think>```sql\nSELECT 2\n```", "SELECT 2"),
        ("<answer>SELECT 1</answer>", "SELECT 1"),
        ("<answer>\n```sqlite\nSELECT 1;\n```\n</answer>", "SELECT 1;"),
        ("<sql>SELECT 1</sql>", "SELECT 1"),
        ("```\nSELECT 1\n```", "SELECT 1"),
        ("```postgresql\nSELECT 1\n```", "SELECT 1"),
        ("SELECT 1", "SELECT 1"),
    ],
)
def test_find(completion, query):
    assert find(completion) == query


@pytest.mark.parametrize("completion", ["", "<think>SELECT 1</think>", "```sql\nSELECT 1", "<answer>SELECT 1"])
def test_find_nothing(completion):
    with pytest.raises(Refused, match=r"\w"):
        find(completion)


def test_find_checks_where():
    with pytest.raises(ValueError, match="no way to find an answer"):
        find("SELECT 1", "fense:sql")


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize(
    "text",
    [
        "SELECT 1",
        " SELECT 1 ; ",
        "-- first\nSELECT 1 -- last",
        "SELECT 1; -- done",
        "WITH a AS (SELECT 1 AS x) SELECT x FROM a",
        "WITH RECURSIVE a(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM a WHERE n < 9) SELECT * FROM a",
        "SELECT 1 UNION SELECT 2 EXCEPT SELECT 3",
        "(SELECT 1)",
        "VALUES (1), (2)",
        "SELECT ';' AS a, 'DROP TABLE x' AS b",
        "SELECT name, rank() OVER (PARTITION BY a ORDER BY b) FROM t GROUP BY 1 HAVING count(*) > 1",
        "SELECT coalesce(a, 1), strftime('%Y', b), substr(c, 1, 2), group_concat(d) FROM t",
    ],
)
def test_read(text, dialect):
    query = read(text, dialect)
    assert query.dialect == dialect
    assert query.text in text
    assert not query.text.rstrip().endswith(";")


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "is empty"),
        (" ;; ", "is empty"),
        ("-- only this", "nothing but comments"),
        ("/* SELECT 1 */", "nothing but comments"),
        ("SELECT 1; SELECT 2", "several statements"),
        ("SELECT 1; DROP TABLE t", "several statements"),
        ("DROP TABLE t", "begins with 'DROP'"),
        ("DELETE FROM t", "begins with 'DELETE'"),
        ("UPDATE t SET a = 1", "begins with 'UPDATE'"),
        ("INSERT INTO t VALUES (1)", "begins with 'INSERT'"),
        ("CREATE TEMP TABLE t AS SELECT 1", "begins with 'CREATE'"),
        ("CREATE TEMP VIEW t AS SELECT 1", "begins with 'CREATE'"),
        ("ATTACH 'x.db' AS x", "begins with 'ATTACH'"),
        ("PRAGMA writable_schema = 1", "begins with 'PRAGMA'"),
        ("EXPLAIN SELECT 1", "begins with 'EXPLAIN'"),
        ("SET statement_timeout = 0", "begins with 'SET'"),
        ("COPY t TO '/tmp/x'", "begins with 'COPY'"),
        ("VACUUM", "begins with 'VACUUM'"),
        ("The answer is SELECT 1", "begins with 'The'"),
        ("WITH a AS (DELETE FROM t RETURNING *) SELECT * FROM a", "DELETE in its WITH"),
        ("WITH a AS (INSERT INTO t VALUES (1) RETURNING *) SELECT * FROM a", "INSERT in its WITH"),
        ("WITH a AS (SELECT 1) DELETE FROM t", "DELETE statement"),
        ("SELECT * INTO u FROM t", "SELECT INTO"),
        ("SELECT * FROM t FOR UPDATE", "locks rows"),
        ("SELECT load_extension('x')", "load_extension()"),
        ("SELECT pg_sleep(10)", "pg_sleep()"),
        ("SELECT pg_catalog.pg_sleep(10)", "pg_sleep()"),
        ("SELECT set_config('statement_timeout', '0', false)", "set_config()"),
        ("SELECT query_to_xml('SELECT 1', true, true, '')", "query_to_xml()"),
        ("SELECT writefile('x', 'y')", "writefile()"),
        ("SELECT a FROM t WHERE a = (SELECT readfile('/etc/passwd'))", "readfile()"),
        ("SELECT * FROM read_csv('/etc/passwd')", "READ_CSV()"),
        ("SELECT * FROM read_text('/etc/passwd')", "read_text()"),
        ("SELECT * FROM dblink('x', 'y')", "dblink()"),
        ("SELECT * FROM t WHERE a = :a", "parameter"),
        ("SELECT * FROM t WHERE", "can't be parsed"),
        ("SELECT 'a", "can't be parsed"),
        ("SELECT '\0'", "null byte"),
        ("SELECT " + "(" * 100 + "1" + ")" * 100, "nested"),
        ("SELECT " + "CASE WHEN 1 THEN " * 100 + "1" + " END" * 100, "nested"),
    ],
)
def test_refused(text, reason, dialect):
    with pytest.raises(Refused) as caught:
        read(text, dialect)
    assert reason in str(caught.value)


def test_files_are_no_tables():
    for text in ("SELECT * FROM 'data.csv'", "SELECT * FROM '/etc/passwd'", "FROM 's3://a/b'"):
        with pytest.raises(Refused, match="reads a file"):
            read(text, "duckdb")


def test_a_megabyte_is_refused_at_once():
    started = time.thread_time()
    with pytest.raises(Refused, match="1,048,576 characters"):
        read("x" * 2**20, "sqlite")
    assert time.thread_time() - started < 0.1


@pytest.mark.parametrize(
    "text", ["SELECT " + "NOT " * 8000 + "1", "SELECT " + "-" * 3 + "+ -" * 9000 + "1", "SELECT 1" + "+1" * 15000]
)
def test_long_is_read_or_refused(text):
    assert len(text) <= MAX_LENGTH
    try:
        read(text, "sqlite")
    except Refused as refusal:
        assert str(refusal)


def test_dialects():
    assert known_dialect("PostgreSQL") == "postgres"
    with pytest.raises(UnknownDialect, match="did you mean 'sqlite'"):
        known_dialect("sqllite")
    with pytest.raises(UnknownDialect, match="there is no SQL dialect 'klingon'"):
        read("SELECT 1", "klingon")
