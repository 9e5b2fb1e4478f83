"""Reads rows of data from files: JSONL, JSON, CSV and Parquet, plain or gzipped, one file or a folder of them."""

from __future__ import annotations

import csv
import gzip
import io
import json
import sys
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, cast

from assay._data import jsonl
from assay.errors import DataError

__all__ = ["Malformed", "Rows", "read_rows"]

SUFFIXES = (".jsonl", ".ndjson", ".json", ".csv", ".tsv", ".parquet")

#: Characters that a field of a CSV file may have.
MAX_FIELD = 2**31 - 1
#: Held while a row is read: the csv module knows one limit for the whole process.
_FIELD_LIMIT = threading.Lock()


@dataclass(frozen=True, slots=True)
class Malformed:
    """A line that could not be read: its file, its number from 1, and why."""

    path: str
    line: int
    reason: str

    def __str__(self) -> str:
        return f"{self.path}, line {self.line}: {self.reason}"


class Rows(list[dict[str, Any]]):
    """The rows of a data set, and the lines that could not be read.

    Attributes:
        malformed: what was left out.
    """

    def __init__(self, rows: Iterable[dict[str, Any]] = (), malformed: Iterable[Malformed] = ()) -> None:
        super().__init__(rows)
        self.malformed = list(malformed)

    @property
    def columns(self) -> list[str]:
        """The names of all columns, in order of appearance."""
        return list(dict.fromkeys(str(column) for row in self for column in row))


def read_rows(path: str | Path, limit: int | None = None) -> Rows:
    """Read every row of a file, of all files of a folder, or of standard input (`-`, as JSONL).

    A line that can't be read is named in `Rows.malformed`, and the rest is read.

    Args:
        path: a `.jsonl`, `.json`, `.csv`, `.tsv` or `.parquet` file, gzipped or not, or a folder of these.
        limit: stop after so many rows.

    Raises:
        DataError: there is nothing of this name, it is of no known kind, or it holds no row at all.
    """
    malformed: list[Malformed] = []
    rows: list[dict[str, Any]] = []
    for row in _read(path, malformed):
        rows.append(row)
        if limit is not None and len(rows) >= limit:
            break
    if not rows and not malformed:
        raise DataError(f"{path} is empty: it has no rows")
    if not rows:
        raise DataError(f"{path} has no row that can be read; the first problem: {malformed[0]}")
    return Rows(rows, malformed)


def _read(path: str | Path, malformed: list[Malformed]) -> Iterator[dict[str, Any]]:
    if str(path) == "-":
        yield from _jsonl(sys.stdin.buffer, "standard input", malformed)
        return
    path = Path(path)
    if path.is_dir():
        files = sorted(file for file in path.rglob("*") if file.is_file() and _suffix(file) in SUFFIXES)
        if not files:
            raise DataError(f"{path} holds no file that ends in {', '.join(SUFFIXES)}")
        for file in files:
            yield from _read(file, malformed)
        return
    if not path.exists():
        raise DataError(f"there is no file {path}")
    suffix = _suffix(path)
    if suffix == ".parquet":
        yield from _parquet(path)
        return
    if suffix not in SUFFIXES:
        raise DataError(f"{path} is of no known kind; files end in {', '.join(SUFFIXES)}, and may be gzipped")
    try:
        with ExitStack() as stack:
            stream: IO[bytes] = stack.enter_context(path.open("rb"))
            if path.suffix == ".gz":
                stream = cast("IO[bytes]", stack.enter_context(gzip.open(stream, "rb")))
            if suffix in (".jsonl", ".ndjson"):
                yield from _jsonl(stream, path.name, malformed)
            elif suffix == ".json":
                yield from _json(stream, path.name, malformed)
            else:
                yield from _csv(stream, path.name, "\t" if suffix == ".tsv" else ",", malformed)
    except (OSError, EOFError) as problem:
        raise DataError(f"{path} can't be read: {problem}") from None


def _suffix(path: Path) -> str:
    name = path.name.lower().removesuffix(".gz")
    return name[name.rfind(".") :] if "." in name else ""


def _jsonl(file: IO[bytes], name: str, malformed: list[Malformed]) -> Iterator[dict[str, Any]]:
    for number, _, row in jsonl.parsed(file):
        if isinstance(row, dict):
            yield row
        else:
            malformed.append(Malformed(name, number, row))


def _json(file: IO[bytes], name: str, malformed: list[Malformed]) -> Iterator[dict[str, Any]]:
    try:
        document = json.loads(file.read().decode("utf-8-sig"))
    except (ValueError, RecursionError) as problem:
        raise DataError(f"{name} is not JSON: {problem}") from None
    if isinstance(document, dict):
        lists = [value for value in document.values() if isinstance(value, list)]
        document = lists[0] if len(lists) == 1 else [document]
    if not isinstance(document, list):
        raise DataError(f"{name} holds a {type(document).__name__}, not a list of objects")
    for number, row in enumerate(document, 1):
        if isinstance(row, dict):
            yield row
        else:
            malformed.append(Malformed(name, number, f"entry {number} is a {type(row).__name__}, not an object"))


def _csv(file: IO[bytes], name: str, delimiter: str, malformed: list[Malformed]) -> Iterator[dict[str, Any]]:
    with io.TextIOWrapper(file, encoding="utf-8-sig", errors="replace", newline="") as text:
        reader = csv.DictReader(text, delimiter=delimiter)
        try:
            while (row := _next_row(reader)) is not None:
                if None in row:
                    malformed.append(Malformed(name, reader.line_num, "it has more fields than the header"))
                elif any(value is None for value in row.values()):
                    malformed.append(Malformed(name, reader.line_num, "it has fewer fields than the header"))
                else:
                    yield row
        except csv.Error as problem:
            malformed.append(Malformed(name, reader.line_num, str(problem)))


def _next_row(reader: csv.DictReader[str]) -> dict[str | Any, Any] | None:
    """Read a row with fields of any length; the process's own limit stands again when this returns."""
    with _FIELD_LIMIT:
        before = csv.field_size_limit(MAX_FIELD)
        try:
            return next(reader, None)
        finally:
            csv.field_size_limit(before)


def _parquet(path: Path) -> Iterator[dict[str, Any]]:
    import pyarrow
    import pyarrow.parquet

    try:
        with pyarrow.parquet.ParquetFile(path) as file:
            for batch in file.iter_batches():
                rows: list[Mapping[str, Any]] = batch.to_pylist()
                yield from (dict(row) for row in rows)
    except (pyarrow.ArrowException, OSError) as problem:
        raise DataError(f"{path} can't be read as Parquet: {problem}") from None
