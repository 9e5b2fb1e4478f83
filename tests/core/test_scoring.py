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
from assay import DataError, RewardError, Scorer, train
from assay._language.resolver import resolve

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


def frames():
    table = {name: [row[name] for row in ROWS] for name in ROWS[0]}
    yield "pandas", lambda library: library.DataFrame(table, index=[7, 8, 9])
    yield "polars", lambda library: library.DataFrame(table)
    yield "pyarrow", lambda library: library.Table.from_pydict(table)
    yield "datasets", lambda library: library.Dataset.from_dict(table)


@pytest.mark.parametrize(("library", "made"), list(frames()), ids=lambda one: one if isinstance(one, str) else "")
def test_frames_are_scored_as_rows_are(library, made):
    frame = made(pytest.importorskip(library))
    plain = assay.score(ROWS, "math.answer", COLUMNS)
    scores = assay.score(frame, "math.answer", COLUMNS)
    assert (scores.status, scores.reasons) == (plain.status, plain.reasons)
    assert [sample.row["gold"] for sample in scores.samples] == ["4", "4", None]


def test_a_missing_cell_of_a_frame_is_none():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(
        {
            "completion": ["a", None, "c"],
            "tokens": [3, None, 5],
            "when": pandas.to_datetime(["2024-01-01", None, None]),
            "boxes": [[1, None], None, []],
        }
    )
    with Scorer("1") as scorer:
        samples = scorer.score(frame).samples
    assert [sample.missing for sample in samples] == [False, True, False]
    assert [sample.tokens for sample in samples] == [3, None, 5]
    assert samples[1].row == {"completion": None, "tokens": None, "when": None, "boxes": None}
    assert samples[0].row["boxes"] == [1, None]


def test_a_scorer_takes_rows_samples_and_columns():
    with Scorer("math.answer") as scorer:
        scores = scorer.score(ROWS, COLUMNS)
        again = scorer.score(scores.samples)
    assert scores.status == again.status == ["scored", "scored", "bad_reference"]
    assert all(one is other for one, other in zip(scores.samples, again.samples, strict=True))


def test_a_reward_is_bound_once_for_batches_that_are_alike(monkeypatch):
    bound = []
    monkeypatch.setattr("assay._scoring.scorer.resolve", lambda *given: bound.append(given) or resolve(*given))
    with Scorer({"right": "math.answer", "total": "right if row.level == 1 else 0"}) as scorer:
        bound.clear()
        row = {"completion": "4", "reference": "4", "level": 1}
        for more in ({}, {}, {"other": "x"}, {"level": 2}):
            scorer.score([row | more])
        assert len(bound) == 1
        with pytest.raises(RewardError, match=r"row\.level is a text"):
            scorer.score([row | {"level": "high"}])
        with pytest.raises(RewardError, match="no column 'level'"):
            scorer.score([{"completion": "4", "reference": "4"}])
        with pytest.raises(RewardError, match="needs 'reference'"):
            scorer.score([{"completion": "4", "level": 1}])
        assert len(bound) == 4
        scorer.score([row | {"level": None}, row])
        assert scorer.score([row]).total.tolist() == [1]
        assert len(bound) == 4
        for n in range(200):
            scorer.score([row | {f"c{n}": n}])
        assert len(bound) == 4


def test_what_is_known_of_a_run_is_looked_at_in_each_batch():
    with Scorer("tokens") as scorer:
        assert scorer.score([{"completion": "x", "tokens": 3}]).total.tolist() == [3]
        with pytest.raises(RewardError, match="isn't known"):
            scorer.score([{"completion": "x"}])


def test_the_public_names_are_listed():
    assert set(assay.__all__) < set(dir(assay))
    assert "score" in dir(assay)
    assert not [name for name in dir(assay) if name.startswith("_") and name != "__version__"]
    assert dir(train) == sorted(train.__all__)
    for name in dir(assay):
        assert getattr(assay, name) is not None


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
