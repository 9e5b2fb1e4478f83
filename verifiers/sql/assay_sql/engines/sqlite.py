"""SQLite: a file, opened read-only and immutable, behind an authorizer."""

from __future__ import annotations

import os
import sqlite3
import time
from pathlib import Path

from assay_sql.engines.file import Stamp, digest, is_stamped
from assay_sql.engines.pool import Pool
from assay_sql.functions import is_allowed
from assay_sql.result import DatabaseError, Limits, QueryError, Result, collect

__all__ = ["SQLite", "fence"]

#: Instructions of SQLite's virtual machine between two looks at the clock: some 50 microseconds.
_STEPS = 5_000
#: The largest row, text or blob. One instruction searches a text for another, and the clock waits for it.
_VALUE = 2**20

_READING = {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_RECURSIVE}
# Operators are functions to the authorizer.
_OPERATORS = {"->", "->>", "match", "regexp"}

# The file's fault or the machine's, not the query's.
_BROKEN = {
    sqlite3.SQLITE_BUSY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_FULL, sqlite3.SQLITE_INTERNAL,
    sqlite3.SQLITE_IOERR, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_PERM, sqlite3.SQLITE_PROTOCOL,
}  # fmt: skip


class SQLite:
    """A SQLite file.

    Reads without locks (`immutable`), so that no other process is waited for; a file with an unfinished transaction
    beside it is refused instead.
    """

    dialect = "sqlite"

    def __init__(self, path: str, found: Stamp) -> None:
        self.path = path
        self.stamp = found
        self._pools = {role: Pool(self._connect, sqlite3.Connection.close) for role in ("reference", "prediction")}

    def content(self) -> str:
        """Return what identifies the content; see `Database.content`."""
        for suffix in ("-wal", "-journal"):
            if _size(self.path + suffix):
                raise DatabaseError(
                    f"{self.path} has unfinished work beside it (its {suffix} file): another process is writing, or "
                    "one has died; open it once with sqlite3 and run PRAGMA wal_checkpoint(TRUNCATE)"
                )
        if not is_stamped(self.path, self.stamp):
            raise DatabaseError(f"{self.path} was changed while it was used")
        return digest(self.path, self.stamp)

    def run(self, sql: str, limits: Limits, role: str) -> Result:
        """Run a query; see `Database.run`."""
        try:
            return self._run(sql, limits, role, str)
        except UnicodeDecodeError:  # the column holds bytes that are no UTF-8; slower, so only then
            return self._run(sql, limits, role, lambda raw: raw.decode("utf-8", "surrogateescape"))

    def close(self) -> None:
        """Close the connections."""
        for pool in self._pools.values():
            pool.close()

    def _run(self, sql: str, limits: Limits, role: str, text: object) -> Result:
        with self._pools[role].borrow() as connection:
            connection.text_factory = text
            deadline = time.monotonic() + limits.seconds
            connection.set_progress_handler(lambda: time.monotonic() > deadline, _STEPS)
            try:
                cursor = connection.execute(sql)
                try:
                    return collect([column[0] for column in cursor.description or ()], cursor.fetchmany, limits)
                finally:
                    cursor.close()
            except sqlite3.Error as problem:
                raise self._judged(problem, limits) from None
            except MemoryError:
                raise QueryError("large", "needs more memory than there is") from None

    def _judged(self, problem: sqlite3.Error, limits: Limits) -> Exception:
        """Tell the query's faults from the database's."""
        code = getattr(problem, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
        if code == sqlite3.SQLITE_INTERRUPT:
            return QueryError.late(limits)
        if code in _BROKEN:
            return DatabaseError(f"{self.path} can't be read: {problem}")
        if str(problem).startswith("Could not decode to UTF-8"):
            return UnicodeDecodeError("utf-8", b"", 0, 0, "as the database has it")
        if code == sqlite3.SQLITE_AUTH:
            return QueryError("invalid", f"may only read: {problem}")
        if code in (sqlite3.SQLITE_TOOBIG, sqlite3.SQLITE_NOMEM):
            return QueryError("large", f"makes or reads a value of more than {_VALUE:,} bytes")
        return QueryError.failed(problem)

    def _connect(self) -> sqlite3.Connection:
        try:
            # The path as a URI has its own ?, # and % quoted, so that it can't carry parameters.
            connection = sqlite3.connect(
                Path(self.path).as_uri() + "?mode=ro&immutable=1",
                uri=True,
                check_same_thread=False,
                isolation_level=None,
            )
        except sqlite3.Error as problem:
            raise DatabaseError(f"{self.path} can't be opened: {problem}") from None
        fence(connection)
        return connection


def fence(connection: sqlite3.Connection) -> None:
    """Let a connection do nothing but read, from now on."""
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _VALUE)
    connection.setlimit(sqlite3.SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 1_000)
    connection.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
    connection.set_authorizer(_authorize)


def _size(path: str) -> int:
    try:
        return os.stat(path).st_size  # noqa: PTH116
    except OSError:
        return 0


def _authorize(action: int, first: str | None, second: str | None, *_: str | None) -> int:
    """Allow reading and computing; the engine asks about everything that a statement does when it prepares it."""
    if action in _READING:
        return sqlite3.SQLITE_OK
    # How SQLite declares a table-valued function such as json_each to itself. An UPDATE of this table it refuses.
    if action == sqlite3.SQLITE_UPDATE and first == "sqlite_master":
        return sqlite3.SQLITE_OK
    if action == sqlite3.SQLITE_FUNCTION and second is not None and (is_allowed(second) or second in _OPERATORS):
        return sqlite3.SQLITE_OK
    return sqlite3.SQLITE_DENY
