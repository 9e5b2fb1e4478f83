"""Files as people have them."""

from __future__ import annotations

import csv
import gzip
import json
from concurrent.futures import ThreadPoolExecutor

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from assay import DataError
from assay._data.rows import read_rows

ROWS = [{"a": 1, "b": "x"}, {"a": 2, "b": "ü"}]


@pytest.mark.parametrize("suffix", ["jsonl", "json", "csv", "tsv", "parquet", "jsonl.gz", "csv.gz"])
def test_every_kind(tmp_path, suffix):
    path = tmp_path / f"data.{suffix}"
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in ROWS)
    separated = "a,b\n1,x\n2,ü\n"
    content = {
        "jsonl": lines,
        "json": json.dumps({"data": ROWS}),
        "csv": separated,
        "tsv": separated.replace(",", "\t"),
    }
    if suffix == "parquet":
        pq.write_table(pa.Table.from_pylist(ROWS), path)
    elif suffix.endswith(".gz"):
        path.write_bytes(gzip.compress(content[suffix[:-3]].encode()))
    else:
        path.write_text(content[suffix], encoding="utf-8")
    rows = read_rows(path)
    assert [{k: str(v) for k, v in row.items()} for row in rows] == [{"a": "1", "b": "x"}, {"a": "2", "b": "ü"}]
    assert rows.columns == ["a", "b"]
    assert rows.malformed == []


def test_malformed_lines_are_named_and_the_rest_is_read(tmp_path):
    path = tmp_path / "data.jsonl"
    path.write_bytes(
        b'\xef\xbb\xbf{"a": 1}\r\n\r\nnot json\n[1]\n{"a": "\xff"}\n{"a": 2' + b"}\n" + b'{"a": 3\n' + b"[" * 100_000
    )
    rows = read_rows(path)
    assert [row["a"] for row in rows] == [1, 2]
    assert [one.line for one in rows.malformed] == [3, 4, 5, 7, 8]
    assert "not JSON" in str(rows.malformed[0])
    assert "list" in str(rows.malformed[1])
    assert "UTF-8" in str(rows.malformed[2])


def test_malformed_csv(tmp_path):
    path = tmp_path / "data.csv"
    path.write_text("a,b\n1,2\n1\n1,2,3\n3,4\n")
    rows = read_rows(path)
    assert [row["a"] for row in rows] == ["1", "3"]
    assert len(rows.malformed) == 2


def test_a_folder_is_read_in_order(tmp_path):
    for name in ("b.jsonl", "a.jsonl"):
        (tmp_path / name).write_text(json.dumps({"file": name}) + "\n")
    (tmp_path / "notes.txt").write_text("x")
    assert [row["file"] for row in read_rows(tmp_path)] == ["a.jsonl", "b.jsonl"]
    assert len(read_rows(tmp_path, limit=1)) == 1


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("gone.jsonl", None, "there is no file"),
        ("data.xyz", b"x", "no known kind"),
        ("data", b"x", "no known kind"),
        ("data.jsonl", b"", "is empty"),
        ("data.jsonl", b"\n\n", "is empty"),
        ("data.jsonl", b"x\ny\n", "no row that can be read"),
        ("data.json", b"3", "not a list"),
        ("data.json", b"{", "not JSON"),
        ("data.csv", b"a,b\n", "is empty"),
        ("data.parquet", b"x", "Parquet"),
        ("data.jsonl.gz", b"x", "can't be read"),
    ],
)
def test_refuses_with_a_sentence(tmp_path, name, content, message):
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(DataError, match=message):
        read_rows(path)


def test_an_empty_folder(tmp_path):
    with pytest.raises(DataError, match="holds no file"):
        read_rows(tmp_path)


@pytest.fixture
def limit():
    """A limit of the csv module's that is the process's own."""
    before = csv.field_size_limit(1000)
    yield 1000
    csv.field_size_limit(before)


def test_a_long_field_is_read_and_the_limit_of_the_process_stands(tmp_path, limit):
    path = tmp_path / "data.csv"
    path.write_text("a,b\n" + "x" * 10**6 + ",1\n" + "y" * 10**6 + ",2\n")
    assert [len(row["a"]) for row in read_rows(path)] == [10**6, 10**6]
    assert csv.field_size_limit() == limit
    path.write_text('a\n"' + "\0" * 10**6)
    read_rows(path)
    assert csv.field_size_limit() == limit


def test_long_fields_are_read_side_by_side(tmp_path, limit):
    path = tmp_path / "data.csv"
    path.write_text("a,b\n" + f"{'x' * 200_000},1\n" * 20)
    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(lambda _: read_rows(path), range(8)))
    assert [(len(rows), rows.malformed) for rows in found] == [(20, [])] * 8
    assert csv.field_size_limit() == limit
