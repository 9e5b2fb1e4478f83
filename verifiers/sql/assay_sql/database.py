"""Which database a row means, and the databases that are open."""

from __future__ import annotations

import contextlib
import os
import re
import threading
from collections import OrderedDict
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

from assay.errors import shorten
from assay_sql.engines.file import kind_of, stamp
from assay_sql.result import DatabaseError, Limits, Result

__all__ = ["Database", "close", "databases"]

#: How many databases are kept open in a process.
OPEN = 64

#: What a folder's databases are called.
_SUFFIXES = (".sqlite", ".sqlite3", ".db", ".duckdb")

#: A database's name on a server; nothing in it can be read as a connection's parameter.
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_$-]{0,62}")


class Database(Protocol):
    """A database that queries may be run on, from any thread and from several at once.

    Attributes:
        dialect: sqlglot's name of the engine's language.
        path: its file, or its name on its server.
    """

    dialect: str
    path: str

    def content(self) -> str:
        """Return a text that changes when what the database holds does.

        Raises:
            DatabaseError: it can't be used now.
        """
        ...

    def run(self, sql: str, limits: Limits, role: str) -> Result:
        """Run one query, which must have passed `assay_sql.query.read`, and return its result.

        Args:
            sql: in the engine's language.
            limits: what it may use up.
            role: `reference` or `prediction`: the two never share a connection.

        Raises:
            QueryError: the query is to blame.
            DatabaseError: the database is.
        """
        ...

    def close(self) -> None:
        """Close all connections. They are opened again when they are needed."""
        ...


def databases(named: Any, root: str = "", server: str = "") -> list[Database]:
    """Return the databases that a row names.

    Args:
        named: a path, or a list of paths. A path leads to a file, to a folder, which stands for each database in it, or
            to a file by its name without its suffix (`concert_singer` for `concert_singer.sqlite`, or for the
            folder `concert_singer`). With a server: a name, or a list of names.
        root: the folder that paths start from, and that none may leave; without it relative paths start from the
            working directory and may not leave it, and absolute paths are taken as they stand.
        server: the URL of a database server, `postgresql://reader@host`.

    Raises:
        DatabaseError: there is none, it leads outside, or it is of no known kind. The message says what to do.
    """
    several = list(named) if isinstance(named, (list, tuple)) else [named]
    if not several:
        raise DatabaseError("the row names no database: its list is empty")
    found: list[Database] = []
    for one in several:
        if isinstance(one, os.PathLike):
            one = os.fspath(one)
        if not isinstance(one, str) or not one.strip():
            raise DatabaseError(f"the row names no database: {one!r} is no path")
        if server:
            found.append(_on_server(server, one))
        else:
            found += [_file(path) for path in _paths(one, root)]
    return found


def close() -> None:
    """Close every database that this process holds open."""
    with _lock:
        held = list(_open.values())
        _open.clear()
    for database in held:
        database.close()


_open: OrderedDict[tuple[str, str], Any] = OrderedDict()
_lock = threading.Lock()


def _keep(key: tuple[str, str], database: Database) -> Database:
    with _lock:
        old = [_open.pop(key)] if key in _open else []
        _open[key] = database
        while len(_open) > OPEN:
            old.append(_open.popitem(last=False)[1])
    for one in old:
        one.close()
    return database


def _held(key: tuple[str, str]) -> Any:
    with _lock:
        if key in _open:
            _open.move_to_end(key)
        return _open.get(key)


def _file(path: str) -> Database:
    found = stamp(path)
    held = _held(("file", path))
    if held is not None and held.stamp == found:
        database: Database = held
        return database
    kind = kind_of(found)
    if kind == "sqlite":
        from assay_sql.engines.sqlite import SQLite

        return _keep(("file", path), SQLite(path, found))
    if kind == "duckdb":
        from assay_sql.engines.duckdb import DuckDB

        return _keep(("file", path), DuckDB(path, found))
    raise DatabaseError(f"{path} is no database: it begins like neither a SQLite nor a DuckDB file")


def _on_server(server: str, name: str) -> Database:
    if not _NAME.fullmatch(name):
        raise DatabaseError(f"{name!r} can't be the name of a database on a server")
    held = _held((server, name))
    if held is not None:
        database: Database = held
        return database
    scheme = urlsplit(server).scheme
    if scheme in ("postgresql", "postgres"):
        from assay_sql.engines.postgres import Postgres

        return _keep((server, name), Postgres(server, name))
    raise DatabaseError(f"there is no engine for servers of the kind '{scheme}'; there is one for postgresql://")


def _paths(named: str, root: str) -> Sequence[str]:
    """Return the files that a path stands for.

    Raises:
        DatabaseError: none, or one that leads outside.
    """
    try:
        return _inside(named, root)
    except (OSError, ValueError, RuntimeError) as problem:
        why = getattr(problem, "strerror", None) or problem
        raise DatabaseError(f"{shorten(named, 200)!r} is no path: {why}") from None


def _located(named: str, root: str) -> tuple[Path, Path]:
    """The folder that a path must stay in, and where it leads, links followed."""
    base = Path(root or ".")
    top, path = base.resolve(), (base / named).resolve()
    if (root or not Path(named).is_absolute()) and not path.is_relative_to(top):
        raise DatabaseError(
            f"the database {named!r} leads out of {str(top)!r}; set root= to the folder that holds the databases"
        )
    return top, path


@lru_cache(maxsize=4096)
def _resolved(named: str, root: str, _: str) -> str:
    """The file that a path leads to from the working directory, looked for once.

    Raises:
        FileNotFoundError: it leads to no file.
    """
    path = _located(named, root)[1]
    if not path.is_file():
        raise FileNotFoundError
    return str(path)


def _inside(named: str, root: str) -> Sequence[str]:
    with contextlib.suppress(FileNotFoundError):
        return (_resolved(named, root, os.getcwd()),)  # noqa: PTH109
    top, path = _located(named, root)
    if path.is_dir():
        inside = sorted(str(one.resolve()) for one in path.iterdir() if one.suffix in _SUFFIXES and one.is_file())
        if not inside:
            raise DatabaseError(f"the folder {path} holds no file that ends in {', '.join(_SUFFIXES)}")
        if any(not Path(one).is_relative_to(top) for one in inside) and root:
            raise DatabaseError(f"a database in {path} is a link that leads out of {str(top)!r}")
        return inside
    for suffix in _SUFFIXES:
        if (file := path.with_name(path.name + suffix)).is_file() and file.resolve().is_relative_to(path.parent):
            return [str(file)]
    return [str(path)]
