"""What scoring returns: sample by sample, as a frame, as text, and by any way of writing a call."""

from __future__ import annotations

import math

import numpy as np
import pytest

import assay
from assay._contract.scores import nullable

ROWS = [
    {"prompt": "2+2?", "completion": r"<think>a</think><answer>\boxed{4}</answer>", "reference": "4", "id": "first"},
    {"prompt": "2+2?", "completion": "5", "reference": "4", "id": "second"},
    {"prompt": "3+3?", "completion": r"\boxed{6}", "reference": None, "id": "third"},
]
REWARD = {"right": "math.answer", "shape": 'format.tags(["think","answer"])', "total": "right + 0.1 * shape"}


@pytest.fixture
def scores():
    return assay.score(ROWS, REWARD)


def test_sample_by_sample(scores):
    judged = list(scores.by_sample())
    assert [one.sample.id for one in judged] == ["first", "second", "third"]
    assert [one.total for one in judged] == [1.1, 0, None]
    assert [one.status for one in judged] == scores.status
    assert [one.reason for one in judged] == scores.reasons
    assert list(judged[0].components) == [*scores.lines, *scores.verifiers]
    assert judged[0].components["right"]["score"] == 1
    assert judged[2].components["math.answer"]["status"] == "bad_reference"
    assert judged[2].components["math.answer"]["score"] is None
    assert judged[2].components["math.answer"]["reason"] == scores.verifiers["math.answer"].reasons[2]
    assert judged[1].components["math.answer"]["seconds"] == scores.verifiers["math.answer"].seconds[1]


def test_the_table_is_the_samples_one_after_another(scores):
    expected = [
        {"sample": one.sample.id, "component": name, **component}
        for one in scores.by_sample()
        for name, component in one.components.items()
    ]
    assert scores.table() == expected
    assert len(expected) == 3 * 5


def test_no_score_is_none():
    assert nullable(np.array([0.5, math.nan, -math.inf])) == [0.5, None, -math.inf]


@pytest.mark.parametrize(
    "text",
    [
        "format.tags(tags=['think', 'answer'])",
        'format.tags(["think","answer"])',
        "format.tags( tags = ('think', 'answer') )",
        "shape",
    ],
)
def test_a_call_is_found_by_any_way_of_writing_it(scores, text):
    assert scores.verifiers[text] is scores.verifiers["format.tags(tags=['think', 'answer'])"]
    assert scores.verdicts[text] is scores.verdicts["format.tags(tags=['think', 'answer'])"]
    assert scores.asked(text, 0).options["tags"] == ["think", "answer"]


def test_defaults_spelled_out_are_the_same_call(scores):
    assert scores.verifiers["math.answer(tolerance=None)"] is scores.verifiers["math.answer()"]


@pytest.mark.parametrize(
    "text", ["format.tags(['think'])", "math.answr", "1 + 1", "right + shape", "(", "nobody.a", ""]
)
def test_another_call_is_a_key_error_that_lists_those_that_there_are(scores, text):
    with pytest.raises(KeyError, match=r"it has math\.answer, format\.tags") as problem:
        scores.verifiers[text]
    assert repr(text) in problem.value.args[0]
    assert scores.asked(text, 0) is None


def test_text_says_what_was_given(scores):
    assert repr(scores) == (
        "<Scores of 3 samples: 2 scored, 1 bad_reference; mean total 0.55; mean right 0.5, shape 0.3333>"
    )
    assert repr(assay.score([], "1")) == "<Scores of 0 samples: none; mean total nan>"


def test_a_frame_has_a_row_per_sample(scores):
    pandas = pytest.importorskip("pandas")
    frame = scores.to_pandas()
    first = ["sample", "group", "prompt", "completion", "total", "status", "reason"]
    assert list(frame.columns) == [*first, "right", "shape"]
    assert frame["sample"].tolist() == ["first", "second", "third"]
    assert frame["total"].tolist()[:2] == [1.1, 0]
    assert pandas.isna(frame["total"][2])
    assert frame["status"].tolist() == scores.status
    assert frame["reason"].tolist() == scores.reasons
    assert frame["right"].tolist()[:2] == [1, 0]
    assert [len(members) for _, members in frame.groupby("group")] == [2, 1]
    assert len(pandas.DataFrame(scores.table())) == 3 * 5


def test_a_line_named_like_a_column_of_the_frame_is_told_apart():
    pytest.importorskip("pandas")
    frame = assay.score(ROWS[:1], {"reason": "0.5", "total": "reason"}).to_pandas()
    assert frame["lines/reason"].tolist() == [0.5]
    assert isinstance(frame["reason"][0], str)


def test_a_notebook_shows_what_a_model_wrote_escaped_and_short():
    hostile = "<script>alert(1)</script><img src=x onerror=alert(1)>" + "$x$ " * 10**5
    page = assay.score([{"completion": hostile, "id": "<b>&"}] * 50, "format.boxed")._repr_html_()
    assert "<script>" not in page
    assert "<img" not in page
    assert "&lt;script&gt;" in page
    assert "&lt;b&gt;&amp;" in page
    assert 'class="tex2jax_ignore mathjax_ignore"' in page
    assert "... and 30 more samples" in page
    assert len(page) < 20_000


def test_a_reason_is_escaped_too():
    rows = [{"completion": "x", "reference": "y"}]
    page = assay.score(rows, r"""math.answer(extract="regex:(?P<answer><b>)")""")._repr_html_()
    assert "<b>" not in page


def test_a_sample_without_a_completion_abstains_alone():
    rows = [
        {"prompt": "q", "completion": r"\boxed{4}", "reference": "4", "tokens": 3},
        {"prompt": "q", "completion": None, "reference": "4", "tokens": 9},
        {"prompt": "q", "completion": r"\boxed{5}", "reference": "4", "tokens": 5},
    ]
    scores = assay.score(rows, {"right": "math.answer", "usual": "group.mean(tokens)", "total": "right + 0 * usual"})
    assert scores.status == ["scored", "abstained", "scored"]
    assert scores.reasons[1] == "the row has no completion"
    assert nullable(scores.total) == [1, None, 0]
    assert scores.verifiers["math.answer"].status == ["scored", "not evaluated", "scored"]
    assert scores.verdicts["math.answer"][1] is None
    assert scores.asked("math.answer", 1) is None
    assert scores.asked("math.answer", 2).inputs["completion"] == r"\boxed{5}"
    assert scores.lines["usual"].values[[0, 2]].tolist() == [4, 4]  # its group is the two that were answered
    assert scores.lines["total"].rate("abstained") == pytest.approx(1 / 3)


def test_a_sample_without_a_completion_has_no_weight():
    rows = [{"completion": None}, {"completion": "x"}]
    scores = assay.score(rows, {"weight": "2", "total": "default(format.boxed, 1)"})
    assert nullable(scores.weight) == [None, 2]
    assert scores.status == ["abstained", "scored"]
    assert assay.score(rows[:1], "1").status == ["abstained"]
