"""Databases of the three engines with the same content, checked after the whole suite to be what they were."""

from __future__ import annotations

import contextlib
import hashlib
import os
import sqlite3
import uuid
from pathlib import Path
from typing import Any

import pytest
from optional import absent, module

from assay_sql import cells, execution, valid
from assay_sql.database import Database, databases

SCRIPT = """
CREATE TABLE singer (id INTEGER PRIMARY KEY, name VARCHAR(40), country VARCHAR(40), age INTEGER, score DOUBLE PRECISION);
INSERT INTO singer VALUES (1, 'Ann', 'France', 30, 1.5), (2, 'Bob', 'Chile', 20, 2.25), (3, 'Cy', 'France', 30, 0.1),
    (4, 'Dee', NULL, 41, NULL), (5, 'Eve', 'Chile', 20, 7.0), (6, 'Ann', 'Peru', 55, 1.5);
CREATE TABLE concert (id INTEGER PRIMARY KEY, singer INTEGER, hall VARCHAR(40), day DATE, price DECIMAL(10, 2));
INSERT INTO concert VALUES (1, 1, 'Big', '2024-01-05', 10.50), (2, 1, 'Small', '2024-02-01', 8.00),
    (3, 2, 'Big', '2023-12-31', 10.50), (4, 5, 'Big', '2024-01-05', 99.99), (5, 6, NULL, NULL, NULL);
CREATE TABLE nobody (id INTEGER PRIMARY KEY, name VARCHAR(40));
"""


class Place:
    """A database, and the verifiers on it."""

    def __init__(self, name: str, server: str = "") -> None:
        self.name, self.server = name, server

    def options(self, options: dict[str, Any]) -> dict[str, Any]:
        return options | ({"server": self.server} if self.server else {})

    def execution(self, completion: str, reference: Any, **options: Any) -> Any:
        return execution(completion, reference, self.name, **self.options(options))

    def cells(self, completion: str, reference: Any, **options: Any) -> Any:
        return cells(completion, reference, self.name, **self.options(options))

    def valid(self, completion: str, **options: Any) -> Any:
        return valid(completion, self.name, **self.options(options))

    @property
    def database(self) -> Database:
        return databases(self.name, server=self.server)[0]


class Workshop:
    """Makes databases, and knows what each held."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.files: dict[Path, str] = {}
        self.tables: dict[str, str] = {}
        self._server = ""

    def make(self, engine: str, script: str = SCRIPT) -> Place:
        if engine == "postgres":
            return self._postgres(script)
        path = self.folder / f"{uuid.uuid4().hex[:8]}.{engine}"
        if engine == "sqlite":
            with sqlite3.connect(path) as connection:
                connection.executescript(script)
            connection.close()
        else:
            duckdb = driver("duckdb")
            connection = duckdb.connect(str(path))
            connection.execute(script)
            connection.close()
        self.files[path] = digest(path)
        return Place(str(path))

    def _postgres(self, script: str) -> Place:
        admin = administrator()
        name = f"assay_{uuid.uuid4().hex[:12]}"
        psql(admin, f"CREATE DATABASE {name}")
        psql(on(admin, name), script)
        self._server = admin
        self.tables[name] = contents(on(admin, name))
        return Place(name, reader(admin))

    def close(self) -> None:
        from assay_sql.database import close

        close()
        for name, before in self.tables.items():
            assert contents(on(self._server, name)) == before, f"the database {name} was changed"
            psql(self._server, f"DROP DATABASE {name} WITH (FORCE)")
        for path, before in self.files.items():
            assert digest(path) == before, f"{path} was changed"


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def administrator() -> str:
    """The URL of an administrator of the server for tests, which `.ci/services/postgres.sh` starts."""
    url = os.environ.get("ASSAY_TEST_POSTGRES", "")
    if not url:
        absent("there is no PostgreSQL: .ci/services/postgres.sh starts one and prints ASSAY_TEST_POSTGRES")
    driver("psycopg")
    return url


def driver(name: str) -> Any:
    """The module of an engine's driver."""
    return module(name, "its engine needs it: pip install 'assay-sql[duckdb,postgres]'")


def on(url: str, name: str) -> str:
    from psycopg.conninfo import make_conninfo

    return str(make_conninfo(url, dbname=name))


def psql(url: str, script: str) -> Any:
    import psycopg

    with psycopg.connect(url, autocommit=True) as connection:
        return connection.execute(script)


def reader(admin: str) -> str:
    """The server's URL as a role that may only read."""
    import psycopg

    first = (psycopg.errors.DuplicateObject, psycopg.errors.UniqueViolation, psycopg.errors.InternalError)
    with contextlib.suppress(*first):  # another process of this run was
        psql(admin, "CREATE ROLE assay_reader LOGIN; GRANT pg_read_all_data TO assay_reader")
    return admin.replace("assay@", "assay_reader@")


def contents(url: str) -> str:
    import psycopg

    with psycopg.connect(url, autocommit=True) as connection:
        names = connection.execute(
            "select table_schema, table_name from information_schema.tables "
            "where table_schema not in ('pg_catalog', 'information_schema') order by 1, 2"
        ).fetchall()
        rows = [connection.execute(f'select * from "{a}"."{b}" order by 1').fetchall() for a, b in names]
    return repr((names, rows))


@pytest.fixture(scope="session")
def workshop(tmp_path_factory):
    made = Workshop(tmp_path_factory.mktemp("databases"))
    yield made
    made.close()


@pytest.fixture(scope="session")
def places(workshop):
    """A place by engine, made when it is first asked for."""
    made: dict[str, Place] = {}

    def place(engine: str) -> Place:
        if engine not in made:
            made[engine] = workshop.make(engine)
        return made[engine]

    return place


@pytest.fixture(params=["sqlite", "duckdb", "postgres"])
def place(request, places):
    return places(request.param)


@pytest.fixture
def sqlite(places):
    return places("sqlite")
