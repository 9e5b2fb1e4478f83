"""Queries and the verdicts due, for `assay.testing`, on a small database that is there as long as the process is."""

from __future__ import annotations

import contextlib
import sqlite3
import tempfile
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from assay.testing import Example

__all__ = ["examples"]

_RIGHT = "SELECT name FROM pupils WHERE age > 8"
_SAME = "SELECT p.name FROM pupils AS p WHERE NOT p.age <= 8"
_OTHER = "SELECT name FROM pupils WHERE age > 9"
_BROKEN = "SELECT name FROM teachers"


def examples() -> Mapping[str, Sequence[Example]]:
    """Return the examples of every verifier that runs a query."""
    database = str(Path(_folder().name) / "school.sqlite")

    def asked(query: str, reference: str = _RIGHT) -> dict[str, str]:
        return {"completion": f"```sql\n{query}\n```", "reference": reference, "database": database}

    def alone(query: str) -> dict[str, str]:
        return {"completion": f"```sql\n{query}\n```", "database": database}

    bad = Example(asked(_RIGHT, _BROKEN), status="bad_reference")
    return {
        "execution": [Example(asked(_SAME), 1.0), Example(asked(_OTHER), 0.0), Example(asked(_BROKEN), 0.0), bad],
        "cells": [Example(asked(_SAME), 1.0), Example(asked(_OTHER), 2 / 3), Example(asked(_BROKEN), 0.0), bad],
        "valid": [Example(alone(_OTHER), 1.0), Example(alone(_BROKEN), 0.0)],
    }


@cache
def _folder() -> tempfile.TemporaryDirectory[str]:
    folder = tempfile.TemporaryDirectory(prefix="assay-sql-")
    with contextlib.closing(sqlite3.connect(Path(folder.name) / "school.sqlite")) as connection, connection:
        connection.execute("CREATE TABLE pupils (name TEXT, age INTEGER)")
        connection.executemany("INSERT INTO pupils VALUES (?, ?)", [("Ann", 8), ("Bob", 9), ("Eve", 10)])
    return folder
