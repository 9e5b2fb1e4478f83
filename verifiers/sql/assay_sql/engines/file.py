"""Database files: whether one may be opened, and what it holds."""

from __future__ import annotations

import hashlib
import os
import stat
from functools import lru_cache
from pathlib import Path

from assay_sql.result import DatabaseError

__all__ = ["Stamp", "digest", "is_stamped", "kind_of", "stamp"]

#: What changes when a file's content does: device, inode, size, time of change, the first bytes (SQLite counts its
#: transactions there).
Stamp = tuple[int, int, int, int, bytes]

_HEAD = 100


def stamp(path: str) -> Stamp:
    """Return what tells a file's content from its earlier contents without reading all of it.

    Raises:
        DatabaseError: there is no such file, it is no regular one, or it may not be read.
    """
    try:
        # Not opened before it is known to be a file: a pipe would block for ever.
        found = os.stat(path)  # noqa: PTH116
        if not stat.S_ISREG(found.st_mode):
            raise DatabaseError(f"{path} is no file")
        with open(path, "rb", buffering=0) as file:  # noqa: PTH123
            head = file.read(_HEAD)
    except (OSError, ValueError) as problem:
        missing = isinstance(problem, FileNotFoundError)
        why = "there is no database" if missing else f"{getattr(problem, 'strerror', None) or problem}: the database"
        raise DatabaseError(f"{why} {path}") from None
    return (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, head)


def is_stamped(path: str, by: Stamp) -> bool:
    """Whether a file is, by its size and times, the one that a stamp was taken of."""
    try:
        found = os.stat(path)  # noqa: PTH116
    except OSError:
        return False
    return (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns) == by[:4]


def kind_of(stamp: Stamp) -> str | None:
    """Return the engine that a file belongs to by its first bytes, `None` where it is of no engine."""
    head = stamp[-1]
    if head.startswith(b"SQLite format 3\0") or not stamp[2]:
        return "sqlite"  # an empty file is SQLite's empty database
    return "duckdb" if head[8:12] == b"DUCK" else None


@lru_cache(maxsize=1024)
def digest(path: str, of: Stamp) -> str:
    """Return a digest of a file's content; it is read once for each stamp."""
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=16)).hexdigest()
