"""`assay.score` as a user calls it."""

from __future__ import annotations

import json
import math
import subprocess
import sys
import threading

import numpy as np
import pytest

import assay
from assay import DataError, RewardError

ROWS = [
    {"prompt": "2+2?", "response": r"It is \boxed{4}.", "gold": "4"},
    {"prompt": "2+2?", "response": r"It is \boxed{5}.", "gold": "4"},
    {"prompt": "3+3?", "response": r"No idea.", "gold": None},
]
COLUMNS = {"completion": "response", "reference": "gold"}


def test_one_call():
    scores = assay.score(ROWS, reward="math.answer", columns=COLUMNS)
    assert scores.total.dtype == np.float64
    assert scores.total[:2].tolist() == [1, 0]
    assert math.isnan(scores.total[2])
    assert scores.status == ["scored", "scored", "bad_reference"]
    assert len(scores.reasons) == len(scores) == 3


def test_named_lines_and_a_table():
    reward = {"correct": "math.answer", "shape": "format.boxed", "total": "correct + 0.1 * shape"}
    scores = assay.score(ROWS, reward, COLUMNS)
    assert list(scores.lines) == ["correct", "shape", "total"]
    assert scores.total[:2].tolist() == pytest.approx([1.1, 0.1])
    table = scores.table()
    assert len(table) == 3 * 5
    assert set(table[0]) == {"sample", "component", "score", "status", "reason", "seconds"}
    json.dumps(table)
    assert {row["component"] for row in table} == {"correct", "shape", "total", "math.answer", "format.boxed"}


def test_chat_and_plain_are_scored_alike():
    chat = [
        {"prompt": [{"role": "user", "content": r["prompt"]}], "completion": [{"role": "assistant", "content": r["response"]}], "reference": r["gold"]}
        for r in ROWS
    ]  # fmt: skip
    plain = assay.score(ROWS, "math.answer", COLUMNS)
    assert assay.score(chat, "math.answer").status == plain.status


def test_rows_may_be_any_iterable():
    assert assay.score(iter(ROWS), "format.boxed", COLUMNS).total.tolist() == [1, 1, 0]
    assert assay.score((r for r in ROWS), "format.boxed", COLUMNS).total.tolist() == [1, 1, 0]


def test_a_completion_of_a_megabyte():
    rows = [
        {"completion": "x " * 500_000 + r"\boxed{4}", "reference": "4"},
        {"completion": "{" * 10**6, "reference": "4"},
    ]
    assert assay.score(rows, "math.answer + format.boxed").total.tolist() == [2, 0]


def test_a_box_that_never_closes_scores_zero():
    scores = assay.score([{"completion": r"so \boxed{4", "reference": "4"}], "math.answer")
    assert (scores.status, scores.total.tolist()) == (["scored"], [0])


def test_says_what_is_missing():
    with pytest.raises(DataError, match="there is no completion"):
        assay.score(ROWS, "math.answer")
    with pytest.raises(RewardError, match=r"needs 'reference'.*math.answer\(reference=row"):
        assay.score(ROWS, "math.answer", {"completion": "response"})


def test_from_another_thread():
    found = []
    thread = threading.Thread(target=lambda: found.append(assay.score(ROWS, "math.answer", COLUMNS).status))
    thread.start()
    thread.join()
    assert found == [["scored", "scored", "bad_reference"]]


def imported(statement):
    code = f"import sys; {statement}; print(' '.join(m for m in ('torch', 'sympy', 'pandas', 'numpy', 'pydantic', 'rich', 'trl', 'pyarrow') if m in sys.modules))"
    return subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.split()


def test_importing_assay_is_light():
    assert imported("import assay; from assay import verifier, hookimpl, Verdict") == []
    assert not {"torch", "sympy", "pandas", "trl"} & set(imported("import assay; assay.score"))


@pytest.mark.timing
def test_importing_assay_takes_less_than_100_ms():
    code = "import time; t = time.perf_counter(); import assay; print(time.perf_counter() - t)"
    fastest = min(
        float(subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout)
        for _ in range(5)
    )
    assert fastest < 0.1
