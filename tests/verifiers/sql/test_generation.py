"""Schemas, and the databases that are made from them."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay_sql.catalog import Catalog, Unusable, quote
from assay_sql.constants import Pattern, constants
from assay_sql.generation import SHAPES, generate
from assay_sql.mutation import mutations
from assay_sql.query import read
from assay_sql.rewriting import rewritings

DDL = """
CREATE TABLE country (code CHAR(2) PRIMARY KEY, name VARCHAR(40) NOT NULL UNIQUE, area REAL CHECK (area > 0));
CREATE TABLE person (
  id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT COLLATE NOCASE, born DATE, boss INT REFERENCES person,
  home CHAR(2) NOT NULL, paid DECIMAL(10, 2), active BOOLEAN DEFAULT TRUE,
  CONSTRAINT lives FOREIGN KEY (home) REFERENCES country (code) ON DELETE CASCADE, UNIQUE (name, born),
  CONSTRAINT fair CHECK (paid >= 0 AND paid < 100000)
);
CREATE TABLE visit (person INT, country CHAR(2), PRIMARY KEY (person, country),
  FOREIGN KEY (person) REFERENCES person (id), FOREIGN KEY (country) REFERENCES country (code));
CREATE TABLE trip (a INT, b TEXT, FOREIGN KEY (a, b) REFERENCES visit (person, country));
CREATE INDEX i ON trip (a);
"""
CATALOG = Catalog.read(DDL)


def sound(database):
    """The engine's own checks hold, and the rows are those that it stores."""
    connection = database.connect()
    connection.execute("PRAGMA foreign_keys = ON")
    assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
    assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    for name, rows in database.rows.items():
        assert connection.execute(f"SELECT * FROM {quote(database.catalog.tables[name].name)}").fetchall() == rows
        for key in (database.catalog.tables[name].primary_key,):
            places = [database.catalog.tables[name].position(column) for column in key]
            assert not any(row[place] is None for row in rows for place in places)
    connection.close()


def test_ddl_is_read():
    person = CATALOG.table("PERSON")
    assert [c.kind for c in person.columns] == ["integer", "text", "date", "integer", "text", "number", "boolean"]
    assert [c.nullable for c in person.columns] == [False, True, True, True, False, True, True]
    assert person.column("name").collation == "NOCASE"
    assert person.keys == [("id",), ("name", "born")]
    assert [(k.columns, k.table, k.referenced) for k in person.foreign_keys] == [
        (("boss",), "person", ("id",)),
        (("home",), "country", ("code",)),
    ]
    assert len(person.checks) == 1


def test_keys_that_are_added_later():
    catalog = Catalog.read(
        "CREATE TABLE a (x integer NOT NULL, y text); CREATE TABLE b (x integer);"
        "ALTER TABLE ONLY a ADD CONSTRAINT p PRIMARY KEY (x); ALTER TABLE ONLY b ADD CONSTRAINT f FOREIGN KEY (x) REFERENCES a(x);",
        "postgres",
    )
    assert catalog.table("a").primary_key == ("x",)
    assert catalog.table("b").foreign_keys[0].table == "a"


@pytest.mark.parametrize("seed", range(2 * len(SHAPES)))
def test_constraints_hold(seed):
    database = generate(CATALOG, seed)
    assert database.size
    sound(database)
    assert database.rows == generate(CATALOG, seed).rows


def test_what_a_database_says_of_itself_is_its_schema(tmp_path):
    generate(CATALOG, 0).write(tmp_path / "x.sqlite")
    connection = sqlite3.connect(tmp_path / "x.sqlite")
    again = Catalog.of_database(connection)
    connection.close()
    for name, table in CATALOG.tables.items():
        assert again.tables[name].foreign_keys == table.foreign_keys or set(again.tables[name].foreign_keys) == set(
            table.foreign_keys
        )
        assert again.tables[name].keys == table.keys
        assert [c.kind for c in again.tables[name].columns] == [c.kind for c in table.columns]
    sound(generate(again, 1))


def test_constants_are_met_missed_by_one_and_null():
    query = read("SELECT name FROM person WHERE paid > 70 AND born = '2001-05-31' OR name LIKE '%ob%'", "sqlite")
    asked = constants([query.tree], CATALOG)
    assert asked.values[("person", "paid")] == [70]
    assert asked.values[("person", "name")] == [Pattern("%ob%")]
    rows = [row for seed in range(8) for row in generate(CATALOG, seed, asked).rows["person"]]
    assert {69, 70, 71, None} <= {row[5] for row in rows}
    assert {"2001-05-30", "2001-05-31", "2001-06-01", None} <= {row[2] for row in rows}
    names = [row[1] for row in rows if row[1]]
    assert any("ob" in name for name in names)
    assert any("ob" not in name and "OB" not in name for name in names)


def test_predicates_are_satisfied_through_joins_groups_and_limits():
    for text in (
        "SELECT p.name FROM person p JOIN country c ON p.home = c.code WHERE c.name = 'Chad' AND p.paid < 5",
        "SELECT home FROM person GROUP BY home HAVING count(*) > 9",
        "SELECT name FROM person ORDER BY paid LIMIT 1 OFFSET 20",
        "SELECT name FROM person WHERE id IN (SELECT person FROM visit WHERE country = 'TD')",
        "SELECT n FROM (SELECT name AS n, paid AS p FROM person) WHERE p = 123.5",
        "SELECT a.name FROM person a JOIN person b ON a.boss = b.id WHERE b.name = 'Ann' AND a.active = 0",
    ):
        query = read(text, "sqlite")
        asked = constants([query.tree], CATALOG)
        found = []
        for seed in range(16):
            with closing(generate(CATALOG, seed, asked).connect()) as connection:
                found += connection.execute(text).fetchall()
        assert found, text


@pytest.mark.parametrize(
    "source",
    [
        "", "nonsense", "CREATE TABLE", "SELECT 1", 3, {}, {"a": 3}, {"a": {}}, {"a": ["x", "X"]}, "CREATE TABLE a (x INT REFERENCES b)",
        "CREATE TABLE a (x INT, PRIMARY KEY (y))", {"column_names_original": 3}, {"column_names_original": [[0, "x"]], "table_names_original": []},
        "CREATE TABLE a (x INT); CREATE TABLE A (x INT)", "(" * 100_000, "x" * 3_000_000,
    ],
)  # fmt: skip
def test_schemas_that_cant_be_used(source):
    with pytest.raises(Unusable):
        Catalog.read(source)


def test_a_check_that_sqlite_cant_hold():
    with pytest.raises(Unusable, match="SQLite can't hold the table a"):
        generate(Catalog.read("CREATE TABLE a (x INT CHECK (nope(x) > 3))"))


def test_tables_that_refer_to_each_other():
    catalog = Catalog.read(
        "CREATE TABLE a (x INT PRIMARY KEY, y INT REFERENCES b (x)); CREATE TABLE b (x INT PRIMARY KEY, y INT NOT NULL REFERENCES a (x))"
    )
    for seed in range(8):
        sound(generate(catalog, seed))


names = st.lists(st.sampled_from(["a", "b c", "select", 'q"u', "ü", "x1"]), min_size=1, max_size=4, unique=True)
types = st.sampled_from(
    ["INT", "INTEGER", "TEXT", "REAL", "NUMERIC(4,2)", "BOOLEAN", "DATE", "TIMESTAMP", "BLOB", "ENUM('a','b')", ""]
)


@st.composite
def schemas(draw):
    tables = []
    for name in draw(names):
        columns = []
        for column in draw(names):
            constraint = draw(st.sampled_from(["", "NOT NULL", "UNIQUE", "PRIMARY KEY", "NOT NULL UNIQUE"]))
            if "PRIMARY" in constraint and any("PRIMARY" in other for other in columns):
                constraint = ""
            quoted = column.replace('"', '""')
            columns.append(f'"{quoted}" {draw(types)} {constraint}')
        quoted = name.replace('"', '""')
        tables.append(f'CREATE TABLE "{quoted}" ({", ".join(columns)})')
    return ";\n".join(tables)


@settings(max_examples=60, deadline=None)
@given(schemas(), st.integers(0, 10**6))
def test_any_schema(text, seed):
    sound(generate(Catalog.read(text), seed))


def test_mutations_and_rewritings_are_what_they_say():
    query = read(
        "SELECT DISTINCT home, max(paid) FROM person WHERE paid >= 3 AND name LIKE 'a%' GROUP BY home ORDER BY 2 DESC LIMIT 3",
        "sqlite",
    )
    changed = mutations(query.tree, CATALOG)
    kinds = {one.kind for one in changed}
    assert {
        "comparison",
        "constant",
        "pattern",
        "connector",
        "aggregate",
        "order",
        "limit",
        "distinct",
        "column",
        "projection",
    } <= kinds
    assert len({one.sql for one in changed}) == len(changed)
    assert len(mutations(query.tree, CATALOG, limit=5)) == 5
    assert {one.kind for one in rewritings(query.tree, CATALOG)} >= {
        "aliases",
        "formatting",
        "cte",
        "nested",
        "commuted",
    }
    for one in (*changed, *rewritings(query.tree, CATALOG)):
        read(one.sql, "sqlite")
