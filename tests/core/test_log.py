"""What was judged can be judged again."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from assay import DataError, Scorer
from assay._contract.sample import read_samples
from assay._data.log import RunLog, read_log

ROWS = [
    {
        "prompt": "2+2?",
        "completion": r"\boxed{4}",
        "reference": "4",
        "tokens": 5,
        "step": 1,
        "progress": 0.1,
        "truncated": False,
    },
    {
        "prompt": [{"role": "user", "content": "3+3?"}],
        "completion": "no",
        "reference": "6",
        "tokens": 1,
        "step": 2,
        "progress": 0.2,
        "truncated": True,
    },
    {
        "prompt": "4+4?",
        "completion": r"\boxed{8}",
        "reference": None,
        "tokens": 5,
        "step": 3,
        "progress": 0.3,
        "truncated": False,
    },
]
REWARD = {"right": "math.answer", "total": "right - 0.01 * tokens + progress"}


@pytest.fixture
def log(tmp_path):
    path = tmp_path / "run" / "verdicts.jsonl"
    writer = RunLog(path)
    with Scorer(REWARD) as scorer:
        for sample in read_samples(ROWS):
            writer.write(scorer.score([sample]))
    writer.close()
    return path


def test_everything_is_read_back(log):
    logged = list(read_log(log.parent))
    for one, sample in zip(logged, read_samples(ROWS), strict=True):
        for name in ("completion", "prompt", "tokens", "truncated", "step", "progress"):
            assert getattr(one.sample, name) == getattr(sample, name), name
        assert one.sample.row["reference"] == sample.row["reference"]
    assert [one.status for one in logged] == ["scored", "scored", "bad_reference"]
    assert logged[0].total == pytest.approx(1.05)
    assert logged[2].total is None
    assert set(logged[0].components) == {"right", "total", "math.answer"}
    assert set(logged[0].components["right"]) == {"score", "status", "reason", "seconds"}


def test_a_line_that_was_cut_off_is_dropped_and_the_log_goes_on(log):
    with log.open("a") as file:
        file.write('{"step": 4, "comple')
    writer = RunLog(log, before=3)
    with Scorer(REWARD) as scorer:
        writer.write(scorer.score(read_samples(ROWS[2:])))
    writer.close()
    assert [one.sample.step for one in read_log(log)] == [1, 2, 3]


def test_no_log(tmp_path):
    with pytest.raises(DataError, match="no log"):
        list(read_log(tmp_path))
    (tmp_path / "other.jsonl").write_text('{"a": 1}\n')
    with pytest.raises(DataError, match="no log of a run"):
        list(read_log(tmp_path / "other.jsonl"))


def rescore(run, *arguments):
    command = [sys.executable, "-m", "assay", "rescore", str(run), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


def test_rescore_shows_what_changed(log: Path):
    same = rescore(log, *(f"--reward={name}={text}" for name, text in REWARD.items()), "--fail-on-change")
    assert same.returncode == 0, same.stdout + same.stderr
    assert "right: 0 of 3 changed" in same.stdout
    lines = ["--reward", "right=1 - math.answer", "--reward", "total=right"]
    changed = rescore(log.parent, *lines, "--fail-on-change", "--json")
    assert changed.returncode == 1
    report = json.loads(changed.stdout)
    assert report["components"]["right"]["changed"] == 2
    assert report["components"]["math.answer"]["changed"] == 0
    assert [(f["component"], f["before"], f["after"]) for f in report["flipped"]][:2] == [
        ("right", "1", "0"),
        ("total", "1.05", "0"),
    ]
    assert rescore(log, *lines).returncode == 0
    assert rescore("nowhere", *lines).returncode == 2
