"""`sql.equivalent`: never equal where it isn't, never different where it is."""

from __future__ import annotations

import random
import re
import time

import pytest

from assay import Status
from assay_sql import equivalent
from assay_sql.catalog import Catalog
from assay_sql.compare import Rules
from assay_sql.mutation import mutations
from assay_sql.normal import NoForm, normal_form
from assay_sql.query import read
from assay_sql.rewriting import rewritings
from assay_sql.search import search

DDL = """
CREATE TABLE singer (id INTEGER PRIMARY KEY, name TEXT, age INT, paid REAL);
CREATE TABLE concert (cid INTEGER PRIMARY KEY, sid INT REFERENCES singer (id), year INT NOT NULL, place TEXT COLLATE NOCASE, other TEXT);
"""


def judge(one, other, known=DDL, **options):
    return equivalent(one, other, schema=known, **options)


EQUAL = {
    "aliases": ("SELECT s.name FROM singer s", "SELECT name FROM singer"),
    "join order": ("SELECT s.name, c.year FROM concert c JOIN singer s ON s.id = c.sid", "SELECT name, year FROM singer, concert WHERE id = sid"),
    "commuted": ("SELECT id FROM singer WHERE 3 < age AND name = 'a'", "SELECT id FROM singer WHERE 'a' = name AND NOT age <= 3"),
    "cte": ("WITH c AS (SELECT sid FROM concert WHERE year > 3) SELECT * FROM c", "SELECT sid FROM concert WHERE year > 3"),
    "cte twice": (
        "WITH c AS (SELECT sid, year FROM concert WHERE year > 3) SELECT a.year FROM c a JOIN c b ON a.sid = b.sid",
        "SELECT b.year FROM concert a, concert b WHERE a.sid = b.sid AND a.year > 3 AND 3 < b.year",
    ),
    "subquery": ("SELECT n FROM (SELECT name AS n, age FROM singer WHERE age > 3) AS d WHERE d.age < 9", "SELECT name FROM singer WHERE age > 3 AND age < 9"),
    "between": ("SELECT id FROM singer WHERE age BETWEEN 1 AND 3", "SELECT id FROM singer WHERE age >= 1 AND age <= 3"),
    "in": ("SELECT id FROM singer WHERE age IN (1, 2)", "SELECT id FROM singer WHERE age = 2 OR age = 1 OR age = 2"),
    "de morgan": ("SELECT id FROM singer WHERE NOT (age = 1 OR name = 'a')", "SELECT id FROM singer WHERE age <> 1 AND name <> 'a'"),
    "distinct": ("SELECT DISTINCT age, name FROM singer", "SELECT age, name FROM singer GROUP BY name, age"),
    "count": ("SELECT count(1) FROM singer", "SELECT COUNT(*) AS n FROM singer"),
    "the same column": ("SELECT c.sid, count(*) FROM singer s JOIN concert c ON s.id = c.sid GROUP BY c.sid", "SELECT s.id, count(*) FROM singer s JOIN concert c ON s.id = c.sid GROUP BY s.id"),
    "double quotes": ('SELECT id FROM singer WHERE name = "Ann Lee"', "SELECT id FROM singer WHERE name = 'Ann Lee'"),
    "order that doesn't count": ("SELECT name FROM singer ORDER BY age", "SELECT name FROM singer"),
    "order by place": ("SELECT name, age FROM singer ORDER BY 2 DESC, 1", "SELECT name, age AS a FROM singer ORDER BY a DESC, name"),
    "a set in a set": ("SELECT id FROM singer WHERE id IN (SELECT DISTINCT sid FROM concert)", "SELECT id FROM singer WHERE id IN (SELECT sid FROM concert)"),
    "union": ("SELECT age FROM singer UNION SELECT year FROM concert", "SELECT year FROM concert UNION SELECT age FROM singer UNION SELECT year FROM concert"),
    "self join": ("SELECT a.name FROM singer a, singer b, singer c WHERE a.age = b.age AND c.id = 3", "SELECT z.name FROM singer y, singer x, singer z WHERE y.age = z.age AND x.id = 3"),
    "using": ("SELECT a.name FROM singer a JOIN singer b USING (id)", "SELECT a.name FROM singer a JOIN singer b ON a.id = b.id"),
    "casts": ("SELECT CAST(age AS TEXT) FROM singer", "SELECT CAST(s.age AS TEXT) FROM singer s"),
    "windows": ("SELECT row_number() OVER (PARTITION BY name ORDER BY age) FROM singer", "SELECT row_number() OVER (PARTITION BY s.name ORDER BY s.age) FROM singer AS s"),
    "star": ("SELECT * FROM singer", "SELECT id, name, age, paid FROM singer"),
}  # fmt: skip


@pytest.mark.parametrize(("one", "other"), EQUAL.values(), ids=EQUAL.keys())
def test_proven(one, other):
    verdict = judge(one, other)
    assert (verdict.score, verdict.details["kind"]) == (1, "proven"), verdict.reason
    assert "order" in one.lower() or judge(other, one).score == 1


DIFFERENT = {
    "null and not in": ("SELECT id FROM singer WHERE id NOT IN (SELECT sid FROM concert)", "SELECT id FROM singer WHERE NOT EXISTS (SELECT 1 FROM concert WHERE sid = id)"),
    "null in a count": ("SELECT count(age) FROM singer", "SELECT count(*) FROM singer"),
    "null and its opposite": ("SELECT id FROM singer WHERE age = 3 OR age <> 3", "SELECT id FROM singer"),
    "null and itself": ("SELECT id FROM singer WHERE age = age", "SELECT id FROM singer"),
    "null in a sum": ("SELECT sum(age) FROM singer WHERE age > 3", "SELECT total(age) FROM singer WHERE age > 3"),
    "boundary": ("SELECT id FROM singer WHERE age >= 70", "SELECT id FROM singer WHERE age > 70"),
    "constant": ("SELECT id FROM singer WHERE name = 'Bob'", "SELECT id FROM singer WHERE name = 'bob'"),
    "like": ("SELECT id FROM singer WHERE name LIKE 'Bo%'", "SELECT id FROM singer WHERE name LIKE '%Bo%'"),
    "left join": ("SELECT s.id FROM singer s LEFT JOIN concert ON s.id = sid", "SELECT s.id FROM singer s JOIN concert ON s.id = sid"),
    "condition of a left join": ("SELECT s.id FROM singer s LEFT JOIN concert ON s.id = sid AND year > 3", "SELECT s.id FROM singer s LEFT JOIN concert ON s.id = sid WHERE year > 3"),
    "duplicates": ("SELECT s.name FROM singer s JOIN concert ON s.id = sid", "SELECT name FROM singer WHERE id IN (SELECT sid FROM concert)"),
    "distinct": ("SELECT DISTINCT name FROM singer", "SELECT name FROM singer"),
    "distinct of a subquery's aggregate": ("SELECT DISTINCT (SELECT max(age) FROM singer) FROM concert", "SELECT (SELECT max(age) FROM singer) FROM concert"),
    "union all": ("SELECT age FROM singer UNION ALL SELECT age FROM singer", "SELECT age FROM singer UNION SELECT age FROM singer"),
    "except": ("SELECT age FROM singer EXCEPT SELECT year FROM concert", "SELECT year FROM concert EXCEPT SELECT age FROM singer"),
    "integer division": ("SELECT age / 2 FROM singer", "SELECT age / 2.0 FROM singer"),
    "average": ("SELECT avg(age) FROM singer", "SELECT sum(age) / count(age) FROM singer"),
    "average of what is distinct": ("SELECT avg(DISTINCT age) FROM singer", "SELECT avg(age) FROM singer"),
    "order": ("SELECT name FROM singer ORDER BY age DESC", "SELECT name FROM singer ORDER BY age"),
    "no order": ("SELECT name FROM singer", "SELECT name FROM singer ORDER BY age"),
    "where the nulls are": ("SELECT name FROM singer ORDER BY age NULLS LAST", "SELECT name FROM singer ORDER BY age"),
    "limit": ("SELECT name FROM singer ORDER BY age LIMIT 3", "SELECT name FROM singer ORDER BY age LIMIT 4"),
    "offset": ("SELECT name FROM singer ORDER BY age LIMIT 3", "SELECT name FROM singer ORDER BY age LIMIT 3 OFFSET 1"),
    "ties": ("SELECT name FROM singer ORDER BY age LIMIT 1", "SELECT name FROM singer WHERE age = (SELECT min(age) FROM singer)"),
    "where or having": ("SELECT name FROM singer WHERE age > 3 GROUP BY name HAVING count(*) > 1", "SELECT name FROM singer GROUP BY name HAVING count(*) > 1 AND max(age) > 3"),
    "columns": ("SELECT name, age FROM singer", "SELECT age, name FROM singer"),
    "collation": ("SELECT c.place FROM concert c JOIN concert d ON c.place = d.place AND c.cid < d.cid", "SELECT d.place FROM concert c JOIN concert d ON c.place = d.place AND c.cid < d.cid"),
    "texts that look like a form": ("SELECT id FROM singer WHERE name = '<s0.0.id>' AND id = age", "SELECT id FROM singer WHERE name = '<s0.0.age>' AND id = age"),
    "names that look like a form": ('SELECT "a" FROM (SELECT age AS "a", id AS "a, b" FROM singer)', 'SELECT "a, b" FROM (SELECT age AS "a", id AS "a, b" FROM singer)'),
    "mixed set operations": ("SELECT 1 UNION SELECT 2 INTERSECT SELECT 2", "SELECT 1 UNION SELECT * FROM (SELECT 2 INTERSECT SELECT 2)"),
    "no such column": ("SELECT nope FROM singer", "SELECT id FROM singer"),
    "a group's aggregate": ("SELECT name, max(age) FROM singer GROUP BY name", "SELECT name, min(age) FROM singer GROUP BY name"),
    "numbers as texts": ("SELECT id FROM singer WHERE name = '1'", "SELECT id FROM singer WHERE name = '1.0'"),
}  # fmt: skip


@pytest.mark.parametrize(("one", "other"), DIFFERENT.values(), ids=DIFFERENT.keys())
def test_told_apart(one, other):
    verdict = judge(one, other)
    assert verdict.score == 0, verdict
    assert verdict.details["kind"] == ("invalid" if "nope" in one else "counterexample")


NEVER_EQUAL = {
    "except all": ("SELECT DISTINCT age FROM singer EXCEPT ALL SELECT 1", "SELECT age FROM singer EXCEPT ALL SELECT 1"),
    "a table named as a cte": ("WITH c AS (SELECT * FROM (WITH c AS (SELECT 1 AS x) SELECT x FROM c) AS d) SELECT * FROM c", "SELECT 2 AS x"),
    "the order of a collation": ("SELECT id FROM singer WHERE name > 'a' AND name > 'B'", "SELECT id FROM singer WHERE name > 'a'"),
    "arithmetic on texts": ("SELECT id FROM singer WHERE name + 1 = 3", "SELECT id FROM singer WHERE name = 2"),
    "texts beside numbers": ("SELECT id FROM singer WHERE name > 2 AND name > 10", "SELECT id FROM singer WHERE name > 10"),
    "chance": ("SELECT id FROM singer WHERE random() > 0", "SELECT id FROM singer WHERE 0 < random()"),
    "any": ("SELECT id FROM singer WHERE NOT age = ANY (SELECT 1)", "SELECT id FROM singer WHERE age <> ANY (SELECT 1)"),
    "quoted case": ('SELECT "A" FROM t', "SELECT a FROM t"),
}  # fmt: skip


@pytest.mark.parametrize(("one", "other"), NEVER_EQUAL.values(), ids=NEVER_EQUAL.keys())
def test_never_proven(one, other):
    for dialect, known in (("postgres", None), ("postgres", DDL), ("duckdb", DDL), ("mysql", DDL), ("sqlite", DDL)):
        assert judge(one, other, known, dialect=dialect, databases=0).score != 1


def test_texts_that_are_equal_need_not_be_the_same():
    """Which of `a` and `A` is kept, or shown, is open where a dialect or a type takes them for equal."""
    join = "SELECT {}.name FROM singer s JOIN band r ON s.name = r.name"
    distinct = ("SELECT DISTINCT name FROM singer", "SELECT name FROM singer GROUP BY name")
    for kind, dialect, proven in (
        ("TEXT", "postgres", 1),
        ("CHAR(5)", "postgres", None),
        ("CITEXT", "postgres", None),
        ("TEXT", "mysql", None),
    ):
        known = f"CREATE TABLE singer (name {kind}); CREATE TABLE band (name {kind})"
        assert judge(join.format("r"), join.format("s"), known, dialect=dialect).score == proven
    assert judge(*distinct, dialect="postgres").score == 1
    assert judge(*distinct, dialect="mysql").score is None


def test_each_dialect_has_its_own_precedence():
    one, other = DIFFERENT["mixed set operations"]
    assert judge(one, other, dialect="postgres").score == 1
    assert judge("(SELECT name FROM singer)", "SELECT name FROM singer", dialect="postgres").score == 1


def test_a_counter_example_is_small_and_a_sentence():
    verdict = judge("SELECT name FROM singer WHERE age >= 70", "SELECT name FROM singer WHERE age > 70")
    found = verdict.details["counterexample"]
    assert re.fullmatch(
        r"with singer: \(\d+, \S+, 70, \S+\): the query returns \(\S+\), the reference no row", found
    ), found
    assert "generated" in verdict.reason


def test_statuses():
    right = "SELECT name FROM singer"
    assert judge("drop table singer", right).details["kind"] == "refused"
    assert judge("", right).details["kind"] == "missing"
    for reference in ("", "DELETE FROM singer", "SELECT nope FROM singer", "SELECT 1 FROM"):
        assert judge(right, reference).status is Status.BAD_REFERENCE, reference
    for known in ("nonsense", "CREATE TABLE a (x INT REFERENCES b)", {"singer": 3}):
        assert judge(right, right, known).status is Status.BAD_REFERENCE
    assert judge(right, right, dialect="sqlight").status is Status.BAD_REFERENCE
    one, other = "SELECT id FROM singer WHERE age > 3", "SELECT id FROM singer WHERE age > 2 + 0.5 AND age <> 3"
    assert judge(one, other).status is Status.ABSTAINED
    assert judge(one, other).details["kind"] == "undecided"
    assert judge(one, other, undecided=0.5).score == 0.5
    assert judge(one, other, databases=0).details["databases"] == 0
    assert judge(right, "SELECT name AS n FROM singer", columns="name").score != 1
    assert judge("SELECT age, name FROM singer", "SELECT name, age FROM singer", columns="any").score != 0
    assert judge("SELECT name FROM singer ORDER BY age", "SELECT name FROM singer ORDER BY id", order=False).score == 1


def test_without_a_schema_little_is_known():
    assert judge("SELECT a FROM t WHERE b > 3", "SELECT x.a FROM t AS x WHERE NOT x.b <= 3", None).score == 1
    for one, other in (
        ('SELECT a FROM t WHERE a = "b"', "SELECT a FROM t WHERE a = 'b'"),
        ('SELECT a FROM t WHERE a = "B"', 'SELECT a FROM t WHERE a = "b"'),
        ("SELECT * FROM t JOIN u ON t.a = u.a", "SELECT * FROM u JOIN t ON t.a = u.a"),
        ("SELECT a FROM t, u", "SELECT t.a FROM t, u"),
    ):
        assert judge(one, other, None).status is Status.ABSTAINED


RIGHT = "SELECT s.name FROM singer s JOIN concert c ON s.id = c.sid WHERE c.year > 2010"
HOSTILE = {
    "infinite": "WITH RECURSIVE c (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT count(*) FROM c",
    "long": "SELECT " + "a, " * 400_000 + "b FROM singer",
    "deep": "SELECT " + "(" * 5000 + "1" + ")" * 5000,
    "plus": "SELECT " + "1+" * 16_000 + "1",
    "and": "SELECT name FROM singer WHERE " + "age=1 AND " * 3000 + "id=2",
    "or in and": "SELECT name FROM singer WHERE " + " AND ".join(f"(age={i} OR id={i})" for i in range(200)),
    "self joins": "SELECT s0.name FROM " + ", ".join(f"singer s{i}" for i in range(9)),
    "many tables": "SELECT s0.name FROM " + ", ".join(f"singer s{i}" for i in range(200)),
    "doubling": "WITH c0 AS (SELECT * FROM singer)" + "".join(f", c{i} AS (SELECT a.* FROM c{i - 1} a JOIN c{i - 1} b ON a.id = b.id)" for i in range(1, 12)) + " SELECT name FROM c11",
    "blob": "SELECT zeroblob(1000000000) FROM singer",
}  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_queries_end(text):
    started = time.process_time()
    assert judge(text, RIGHT, seconds=2.0).score in (0, None)
    assert time.process_time() - started < 30


def random_condition(source, columns, depth=0):
    one, other = source.choice(columns), source.choice(columns)
    kind = source.randrange(9 if depth < 3 else 6)
    if kind == 0:
        return f"{one} {source.choice(['=', '<', '>', '<=', '<>'])} {source.randint(0, 3)}"
    if kind == 1:
        return f"{one} {source.choice(['=', '<', '<>'])} {other}"
    if kind == 2:
        return f"{one} IS {source.choice(['', 'NOT '])}NULL"
    if kind == 3:
        return f"{one} {source.choice(['', 'NOT '])}IN ({source.randint(0, 3)}, {source.randint(0, 3)})"
    if kind == 4:
        return f"{one} {source.choice(['', 'NOT '])}BETWEEN {source.randint(0, 2)} AND {source.randint(1, 4)}"
    if kind == 5:
        return f"{one} {source.choice(['', 'NOT '])}IN (SELECT {source.choice(['year', 'sid'])} FROM concert AS x WHERE x.cid > 2)"
    if kind == 6:
        return f"NOT ({random_condition(source, columns, depth + 1)})"
    word = source.choice(["AND", "OR"])
    return f"({random_condition(source, columns, depth + 1)} {word} {random_condition(source, columns, depth + 1)})"


def random_query(source):
    tables, columns = source.choice(
        [
            ("singer", ["singer.age", "singer.id", "singer.name"]),
            ("singer s JOIN concert c ON s.id = c.sid", ["s.age", "s.id", "c.year", "c.sid", "s.name"]),
            ("singer s LEFT JOIN concert c ON s.id = c.sid", ["s.age", "s.id", "c.year", "c.sid"]),
            ("singer s, singer r", ["s.age", "r.age", "s.id"]),
            (
                "(SELECT id, age FROM singer WHERE age > 1) AS v JOIN concert c ON v.id = c.sid",
                ["v.age", "v.id", "c.year"],
            ),
        ]
    )
    chosen = ", ".join(source.choice(columns) for _ in range(source.randint(1, 2)))
    where = f"{tables} WHERE {random_condition(source, columns)}"
    kind = source.randrange(5)
    if kind == 0:
        return f"SELECT {chosen}, {source.choice(['count(*)', f'max({columns[0]})'])} FROM {where} GROUP BY {chosen}"
    if kind == 1:
        return f"SELECT DISTINCT {chosen} FROM {where}"
    if kind == 2:
        return f"SELECT {chosen} FROM {where} ORDER BY {chosen.split(', ')[0]} LIMIT {source.randint(1, 3)}"
    if kind == 3:
        return f"SELECT {columns[0]} FROM {where} {source.choice(['UNION', 'UNION ALL', 'EXCEPT', 'INTERSECT'])} SELECT age FROM singer"
    return f"SELECT {chosen} FROM {where}"


def check_no_wrong_proof(seeds):
    """Whatever has one normal form has one result: rewritings and mutations of random queries, and mutations of rewritings."""
    catalog = Catalog.read(DDL)
    proofs = rewritten = 0
    for seed in seeds:
        source = random.Random(seed)
        query = read(random_query(source), "sqlite")
        ordered = bool(query.tree.args.get("order"))
        form = normal_form(query.tree, catalog, "sqlite", ordered=ordered)
        others = [one.sql for one in rewritings(query.tree, catalog)]
        wrong = [one.sql for one in mutations(query.tree, catalog)]
        for text in [*others, *source.sample(wrong, min(len(wrong), 12))]:
            tree = read(text, "sqlite")
            try:
                same = normal_form(tree.tree, catalog, "sqlite", ordered=ordered) == form
            except NoForm:
                same = False
            if same:
                proofs += 1
                rewritten += text in others
                found = search(query, tree, catalog, databases=8, seconds=5, rules=Rules())
                assert found.counterexample is None, (query.text, text, str(found.counterexample))
                assert not found.failure, (query.text, text, found.failure)
    return proofs, rewritten


def test_no_wrong_proof():
    proofs, rewritten = check_no_wrong_proof(range(30))
    assert rewritten > 150
    assert proofs >= rewritten


@pytest.mark.slow
def test_no_wrong_proof_at_length():
    check_no_wrong_proof(range(1000, 1060))
