"""Lines of JSON, whole or cut off, by whoever wrote them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from assay import Scorer
from assay._data import jsonl
from assay._data.log import RunLog, read_log
from assay._report import read_metrics

TORN = '{"step": 2}\n{"step": 3, "re'


def test_each_line_is_read_by_itself():
    lines = [
        b'\xef\xbb\xbf{"a": 1}\r\n',
        b" \n",
        b"[1]\n",
        b'{"a": "\xff"}\n',
        b"[" * 100_000 + b"\n",
        b'{"a": 2}\n',
        b'{"a": 3',
    ]
    found = list(jsonl.parsed(lines))
    assert [number for number, _, _ in found] == [1, 3, 4, 5, 6, 7]
    assert [entry for _, _, entry in found if isinstance(entry, dict)] == [{"a": 1}, {"a": 2}]
    assert [raw for _, raw, _ in found] == [line for line in lines if line.strip()]
    said = [entry for _, _, entry in found if isinstance(entry, str)]
    for reason, words in zip(said, ("a list", "UTF-8", "not JSON", "character 8"), strict=True):
        assert words in reason


def test_what_is_kept_stands_as_it_was_written(tmp_path):
    path = tmp_path / "log.jsonl"
    path.write_bytes(b'{"step":  1, "text": "\xe2\x80\xa8"}\r\n{"step": 2}\nnonsense\n{"step": 3}\n{"step": 4')
    jsonl.keep(path, lambda entry: entry["step"] != 2)
    assert path.read_bytes() == b'{"step":  1, "text": "\xe2\x80\xa8"}\n{"step": 3}\n'
    assert [one.name for one in tmp_path.iterdir()] == ["log.jsonl"]


@pytest.mark.parametrize("text", ["plain", "\u2028\u0085\x0b", "a\nb", "half \ud800 of a pair"])
def test_any_text_is_written_on_one_line_and_read_back(tmp_path, text):
    line = jsonl.written({"text": text, "else": Path("x")})
    assert line.count("\n") == 1
    (tmp_path / "x.jsonl").write_bytes(line.encode())
    assert list(jsonl.entries(tmp_path / "x.jsonl")) == [(1, {"text": text, "else": "x"})]


def test_a_run_s_log_holds_any_text(tmp_path):
    texts = ["\u2028", "\ud800", "\u0085"]
    chat = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "q"}]
    writer = RunLog(tmp_path / "verdicts.jsonl")
    with Scorer("format.boxed") as scorer:
        writer.write(scorer.score([*({"completion": text} for text in texts), {"completion": None, "prompt": chat}]))
    writer.close()
    logged = list(read_log(tmp_path))
    assert [one.sample.completion for one in logged] == [*texts, ""]
    assert [one.sample.missing for one in logged] == [False, False, False, True]
    assert (logged[3].sample.prompt, logged[3].reason) == ("q", "the row has no completion")
    assert list(logged[3].sample.messages) == chat


def test_metrics_of_a_run_that_was_stopped(tmp_path):
    (tmp_path / "metrics.jsonl").write_text('{"step": 1, "said": "\u2028"}\n' + TORN, encoding="utf-8")
    assert [step["step"] for step in read_metrics(tmp_path)] == [1, 2]


def score(path, out):
    command = [
        sys.executable,
        "-m",
        "assay",
        "score",
        str(path),
        "--reward",
        "format.boxed",
        "--out",
        str(out),
        "--json",
    ]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize("cut", [5, -5], ids=["in the header", "in the last verdict"])
def test_an_output_that_was_cut_off_goes_on(tmp_path, cut):
    data, out = tmp_path / "data.jsonl", tmp_path / "out.jsonl"
    rows = [{"completion": f"\\boxed{{{n}\u2028}}", "id": f"\u2028{n}"} for n in range(5)]
    data.write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert score(data, out).returncode == 0
    whole = [entry for _, entry in jsonl.entries(out)]
    out.write_bytes(out.read_bytes()[:cut])
    again = score(data, out)
    assert again.returncode == 0, again.stderr
    assert json.loads(again.stdout)["samples"] == 5
    found = [entry for _, entry in jsonl.entries(out)]
    assert [one.get("row") for one in found] == [None, 0, 1, 2, 3, 4]
    assert found[0] == whole[0]


def test_a_file_of_another_kind_is_not_written_over(tmp_path):
    data, out = tmp_path / "data.jsonl", tmp_path / "notes.txt"
    data.write_text('{"completion": "x"}\n')
    out.write_text("my notes\n")
    refused = score(data, out)
    assert refused.returncode == 2
    assert "give another --out" in refused.stderr
    assert out.read_text() == "my notes\n"
