"""PostgreSQL: a server, asked in read-only transactions by a role without privileges."""

from __future__ import annotations

import contextlib
import os
import select
import socket
import threading
import time
from collections.abc import Iterator
from itertools import islice
from typing import Any

from assay_sql.engines.pool import Pool
from assay_sql.result import DatabaseError, Limits, QueryError, Result, collect

__all__ = ["Postgres"]

#: Seconds that the server may be silent beyond a query's own, before the connection is given up.
_GRACE = 5.0
_CONNECT_SECONDS = 10
#: Rows that the server sends at a time.
_CHUNK = 1000

# SQLSTATE classes (PostgreSQL's manual, appendix A) that say something of the query: data exceptions, syntax and access
# rules, cardinality, features that don't exist, program limits.
_QUERY_CLASSES = ("0A", "20", "21", "22", "23", "25", "26", "2F", "34", "38", "39", "3B", "3D", "3F", "42", "44", "54")

_PRIVILEGES = """
    select rolsuper or rolcreaterole or rolcreatedb or rolreplication
        or pg_has_role(oid, 'pg_read_server_files', 'member')
        or pg_has_role(oid, 'pg_write_server_files', 'member')
        or pg_has_role(oid, 'pg_execute_server_program', 'member')
        or pg_has_role(oid, 'pg_signal_backend', 'member')
    from pg_roles where rolname = session_user
"""


class _Ended(Exception):
    """The server has ended a connection before anything was asked on it."""


class Postgres:
    """A database on a server.

    Args:
        server: the server's URL, with the role that asks; the database that it may name is replaced.
        name: the database.
    """

    dialect = "postgres"

    def __init__(self, server: str, name: str) -> None:
        self.server = server
        self.path = name
        self._pools = {
            role: Pool(self._connect, lambda held: held.close(), _alive) for role in ("reference", "prediction")
        }

    def content(self) -> str:
        """Return what identifies the content: the transactions that have written so far, whatever they wrote."""
        psycopg = _psycopg()
        try:
            try:
                return self._content()
            except psycopg.OperationalError:  # as in `run`
                self._pools["reference"].empty()
                return self._content()
        except psycopg.Error as problem:
            raise self._gone(problem) from None

    def run(self, sql: str, limits: Limits, role: str) -> Result:
        """Run a query; see `Database.run`."""
        try:
            try:
                return self._lent(sql, limits, role)
            except _Ended:  # the server was about to end connections that had waited; nothing has run yet
                self._pools[role].empty()
                return self._lent(sql, limits, role)
        except (_psycopg().Error, _Ended) as problem:
            raise self._gone(problem) from None

    def close(self) -> None:
        """Close the connections."""
        for pool in self._pools.values():
            pool.close()

    def _content(self) -> str:
        with self._pools["reference"].borrow() as connection:
            row = connection.execute(
                "select oid, pg_postmaster_start_time(), pg_current_snapshot() "
                "from pg_database where datname = current_database()"
            ).fetchone()
        return "/".join(map(str, row))

    def _lent(self, sql: str, limits: Limits, role: str) -> Result:
        psycopg = _psycopg()
        milliseconds = max(1, round(limits.seconds * 1000))
        with self._pools[role].borrow() as connection, _attended(connection, limits):
            try:
                connection.execute(
                    "begin isolation level repeatable read, read only; "
                    f"set local statement_timeout = {milliseconds}; set local lock_timeout = {milliseconds // 2 + 1}"
                )
            except psycopg.OperationalError as problem:
                raise _Ended(str(problem)) from None
            try:
                return self._run(connection, sql, limits)
            finally:
                # What a session can keep beyond a transaction: locks, settings, temporary tables, listeners.
                connection.execute("rollback")
                connection.execute("discard all")

    def _run(self, connection: Any, sql: str, limits: Limits) -> Result:
        psycopg = _psycopg()
        started = time.monotonic()
        try:
            # Streamed by the extended protocol: the server itself takes one statement, and nothing but what is
            # read is ever sent.
            with connection.cursor() as cursor, contextlib.closing(cursor.stream(sql, size=_CHUNK)) as rows:
                held = list(islice(rows, 1))
                names = [column.name for column in cursor.description] if held else _described(connection, sql)

                def fetch(count: int) -> list[tuple[Any, ...]]:
                    found = held + list(islice(rows, count - len(held)))
                    held.clear()
                    return found

                return collect(names, fetch, limits)
        except psycopg.Error as problem:
            raise self._judged(problem, limits, time.monotonic() - started) from None

    def _judged(self, problem: Any, limits: Limits, seconds: float) -> Exception:
        """Tell the query's faults from the server's."""
        psycopg = _psycopg()
        state = problem.sqlstate or ""
        if state == "57014" and seconds >= limits.seconds * 0.99:  # else an administrator has canceled it
            return QueryError.late(limits)
        if state in ("25006", "42501"):
            return QueryError("invalid", f"may only read: {_line(problem)}")
        if state == "53400":
            return QueryError("large", f"passes a limit of the server: {_line(problem)}")
        if state.startswith(_QUERY_CLASSES) or (
            not state and isinstance(problem, (psycopg.DataError, psycopg.ProgrammingError))
        ):
            return QueryError.failed(_line(problem))
        return self._gone(problem)

    def _gone(self, problem: Exception) -> DatabaseError:
        return DatabaseError(f"the PostgreSQL database {self.path} can't be used: {_line(problem)}")

    def _connect(self) -> Any:
        psycopg = _psycopg()
        from psycopg.conninfo import conninfo_to_dict, make_conninfo
        from psycopg.types.string import TextLoader

        try:
            given = conninfo_to_dict(self.server).get("options") or ""
            connection = psycopg.connect(
                make_conninfo(
                    self.server,
                    dbname=self.path,
                    connect_timeout=_CONNECT_SECONDS,
                    options=f"{given} -c datestyle=ISO -c timezone=UTC".strip(),
                ),
                autocommit=True,
                prepare_threshold=None,
                application_name="assay",
            )
            for kind in ("date", "timestamp", "timestamptz"):  # some have no counterpart in Python: infinity, or BC
                connection.adapters.register_loader(kind, TextLoader)
            row = connection.execute(_PRIVILEGES).fetchone()
        except psycopg.Error as problem:
            raise self._gone(problem) from None
        if row is None or row[0]:
            name = connection.info.user
            connection.close()
            raise DatabaseError(
                f"the role {name} may do more than read; a model's query must not run as it. Make one that can't: "
                "CREATE ROLE reader LOGIN; GRANT pg_read_all_data TO reader"
            )
        return connection


def _psycopg() -> Any:
    try:
        import psycopg
    except ImportError:
        raise DatabaseError("PostgreSQL needs its driver: pip install 'assay-sql[postgres]'") from None
    return psycopg


def _described(connection: Any, sql: str) -> list[str]:
    """The names of a query's columns; where no row comes, the server must be asked."""
    connection.pgconn.prepare(b"", sql.encode())
    found = connection.pgconn.describe_prepared(b"")
    return [(found.fname(n) or b"").decode() for n in range(found.nfields)]


def _alive(connection: Any) -> bool:
    """Whether nothing has come from the server unasked: its farewell, or the end of the connection."""
    if connection.closed or connection.broken:
        return False
    waiting, _, _ = select.select([connection.fileno()], [], [], 0)
    return not waiting


@contextlib.contextmanager
def _attended(connection: Any, limits: Limits) -> Iterator[None]:
    """Break the connection if the server says nothing long after it should have canceled the query."""

    def break_off() -> None:
        with contextlib.suppress(OSError), socket.socket(fileno=os.dup(connection.fileno())) as line:
            line.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(limits.seconds + _GRACE, break_off)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _line(problem: Exception) -> str:
    return (str(problem).strip().splitlines() or [type(problem).__name__])[0][:200]
