"""Keeps what queries returned: in memory, bounded, and references on disk where a folder is given."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import os
import tempfile
import threading
from collections import OrderedDict
from decimal import Decimal
from pathlib import Path
from typing import Any, Generic, TypeVar

from assay_sql.ordering import Expected

__all__ = ["Store", "load", "save"]

Value = TypeVar("Value")

#: Bytes that a folder of references may hold; the oldest go first.
DISK = 2**30
#: References that are larger are not written: reading them again takes as long as the query.
LARGE = 1_000_000


class Store(Generic[Value]):
    """The latest values by key, as many as have so many cells together.

    Args:
        cells: how many are kept. A value that has more than a quarter of these is not kept.
    """

    def __init__(self, cells: int) -> None:
        self.size = cells
        self._held: OrderedDict[Any, tuple[Value, int]] = OrderedDict()
        self._cells = 0
        self._lock = threading.Lock()

    def get(self, key: Any) -> Value | None:
        """Return what is kept under a key."""
        with self._lock:
            found = self._held.get(key)
            if found is None:
                return None
            self._held.move_to_end(key)
            return found[0]

    def put(self, key: Any, value: Value, cells: int) -> None:
        """Keep a value; those that were used least lately make room."""
        cells += 20  # a key, and what holds a value together
        if cells > self.size // 4:
            return
        with self._lock:
            if key in self._held:
                self._cells -= self._held.pop(key)[1]
            self._held[key] = (value, cells)
            self._cells += cells
            while self._cells > self.size:
                self._cells -= self._held.popitem(last=False)[1][1]

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._held.clear()
            self._cells = 0


def load(folder: str, key: Any) -> Expected | None:
    """Return what an earlier process has written under a key, `None` where there is nothing that can be read."""
    path = _path(folder, key)
    try:
        with path.open(encoding="utf-8") as file:
            held = json.load(file)
        os.utime(path)  # the oldest go first: this one was wanted
        rows = [tuple(map(_read, row)) for row in held["rows"]]
        spare = {int(block): [tuple(map(_read, row)) for row in some] for block, some in held["spare"].items()}
        return Expected(tuple(held["names"]), rows, held["blocks"], spare, held["ordered"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def save(folder: str, key: Any, value: Expected) -> None:
    """Write a reference's result; a folder that can't be written to is no reason to fail."""
    if value.cells > LARGE:
        return
    held = {
        "names": value.names,
        "rows": [list(map(_write, row)) for row in value.rows],
        "blocks": value.blocks,
        "spare": {str(block): [list(map(_write, row)) for row in rows] for block, rows in value.spare.items()},
        "ordered": value.ordered,
    }
    path = _path(folder, key)
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        # Whole or not at all, also when two processes write it at once.
        handle, name = tempfile.mkstemp(dir=path.parent)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(held, file, separators=(",", ":"))
        Path(name).replace(path)
        _prune(path.parent)


def _path(folder: str, key: Any) -> Path:
    name = hashlib.blake2b(repr(key).encode("utf-8", "surrogatepass"), digest_size=20).hexdigest()
    return Path(folder) / f"{name}.json"


def _prune(folder: Path) -> None:
    held = []
    for path in folder.glob("*.json"):
        with contextlib.suppress(OSError):
            found = path.stat()
            held.append((found.st_mtime, found.st_size, path))
    total = sum(size for _, size, _ in held)
    for _, size, path in sorted(held):
        if total <= DISK:
            return
        with contextlib.suppress(OSError):
            path.unlink()
            total -= size


def _write(value: Any) -> Any:
    """A value as JSON: what JSON has no form for is an object with its kind."""
    if isinstance(value, bytes):
        return {"bytes": base64.b64encode(value).decode()}
    if isinstance(value, Decimal):
        return {"decimal": str(value)}
    if isinstance(value, tuple):
        return {"tuple": list(map(_write, value))}
    return value


def _read(value: Any) -> Any:
    if isinstance(value, dict):
        ((kind, held),) = value.items()
        if kind == "bytes":
            return base64.b64decode(held)
        return Decimal(held) if kind == "decimal" else tuple(map(_read, held))
    return value
