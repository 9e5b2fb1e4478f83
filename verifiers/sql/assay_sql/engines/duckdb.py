"""DuckDB: a file, opened read-only with no access to anything outside, its configuration locked."""

from __future__ import annotations

import contextlib
import threading
from pathlib import Path
from typing import Any

from assay_sql.engines.file import Stamp, digest, is_stamped, stamp
from assay_sql.result import DatabaseError, Limits, QueryError, Result, collect

__all__ = ["DuckDB"]

#: What an instance may use. A query that needs more fails; nothing is spilled to disk.
_MEMORY = "1GB"

_SETTINGS = {
    "enable_external_access": "false",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "lock_configuration": "true",
    "memory_limit": _MEMORY,
    "temp_directory": "",
    "threads": "1",  # workers are what runs in parallel
}


class DuckDB:
    """A DuckDB file. One instance holds it open; each query has a connection of its own."""

    dialect = "duckdb"

    def __init__(self, path: str, found: Stamp) -> None:
        self.path = path
        self.stamp = found
        self._instance: Any = None
        self._lock = threading.Lock()

    def content(self) -> str:
        """Return what identifies the content; see `Database.content`."""
        if not is_stamped(self.path, self.stamp):
            raise DatabaseError(f"{self.path} was changed while it was used")
        log = self.path + ".wal"
        return digest(self.path, self.stamp) + (digest(log, stamp(log)) if Path(log).exists() else "")

    def run(self, sql: str, limits: Limits, role: str) -> Result:
        """Run a query; see `Database.run`."""
        instance = self._open()
        import duckdb

        connection = instance.cursor()
        late = threading.Event()

        def interrupt() -> None:
            late.set()
            connection.interrupt()

        timer = threading.Timer(limits.seconds, interrupt)
        timer.daemon = True
        timer.start()
        try:
            statements = connection.extract_statements(sql)
            if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
                raise QueryError("invalid", "may only read: it is not one SELECT")
            connection.execute(statements[0])
            return collect([column[0] for column in connection.description or ()], connection.fetchmany, limits)
        except (duckdb.Error, RuntimeError) as problem:
            if late.is_set():
                raise QueryError.late(limits) from None
            raise self._judged(problem) from None
        except MemoryError:
            raise QueryError("large", "needs more memory than there is") from None
        finally:
            timer.cancel()
            with contextlib.suppress(Exception):
                connection.close()

    def close(self) -> None:
        """Close the instance, and let go of the file."""
        with self._lock:
            instance, self._instance = self._instance, None
        if instance is not None:
            instance.close()

    def _judged(self, problem: Exception) -> Exception:
        """Tell the query's faults from the database's."""
        import duckdb

        if isinstance(problem, duckdb.OutOfMemoryException):
            return QueryError("large", f"needs more than {_MEMORY} of memory")
        if isinstance(problem, (duckdb.IOException, duckdb.FatalException, duckdb.InternalException)):
            self.close()
            return DatabaseError(f"{self.path} can't be read: {problem}")
        if isinstance(problem, duckdb.PermissionException):
            return QueryError("invalid", f"may only read: {problem}")
        return QueryError.failed(problem)

    def _open(self) -> Any:
        try:
            import duckdb
        except ImportError:
            raise DatabaseError(f"{self.path} is a DuckDB file: pip install 'assay-sql[duckdb]'") from None
        with self._lock:
            if self._instance is None:
                try:
                    self._instance = duckdb.connect(self.path, read_only=True, config=_SETTINGS)
                except (duckdb.Error, RuntimeError) as problem:
                    raise DatabaseError(f"{self.path} can't be opened: {str(problem).splitlines()[0]}") from None
            return self._instance
