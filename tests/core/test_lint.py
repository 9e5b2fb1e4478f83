"""References that can't be used are found before a run finds them."""

from __future__ import annotations

import json

import pytest

from assay import RewardError, hookimpl, verifier
from assay.lint import lint
from assay.registry import Registry

ROWS = [{"gold": gold} for gold in ("4", "", None, r"\frac{1", "2 dollars", r"\text{even}")]


def test_each_reference_against_itself():
    (report,) = lint(ROWS, "math.answer + format.boxed", {"reference": "gold"})
    assert report.verifier == "math.answer"
    assert report.rows == 6
    assert [(p.row, p.status) for p in report.problems] == [
        (1, "bad_reference"),
        (2, "bad_reference"),
        (3, "bad_reference"),
    ]


@pytest.mark.parametrize("how", ["boxed", "tag:answer", "after:####", "json:a.b", "last_line|boxed"])
def test_the_exemplar_stands_where_the_reward_looks(how):
    (report,) = lint(ROWS[:1] + ROWS[4:], f'math.answer(extract="{how}", reference=row.gold)')
    assert report.problems == []


def test_verifiers_of_anybody():
    @verifier(bounded=True, exemplar=lambda reference, options: reference * options["times"])
    def repeated(completion: str, reference: str, *, times: int = 2) -> float:
        return float(completion == reference * 2)

    @verifier(bounded=True)
    def silent(completion: str, reference: str) -> float:
        return 1.0

    class Plugin:
        @hookimpl
        def assay_verifiers(self):
            return [repeated, silent]

    registry = Registry(discover=False)
    registry.register(Plugin(), "mine")
    rows = [{"reference": "a", "n": 2}, {"reference": "b", "n": 3}, {"reference": 5, "n": 2}, {"reference": {}, "n": 2}]
    good, skipped = lint(rows, "mine.repeated(times=row.n) + mine.silent", registry=registry)
    assert [(p.row, p.status) for p in good.problems] == [(1, "unequal"), (3, "error")]
    assert "no exemplar" in skipped.skipped


def test_a_missing_column_is_refused():
    with pytest.raises(RewardError, match="needs 'reference'"):
        lint(ROWS, "math.answer")


def test_all_of_math(shared):
    rows = [json.loads(line) for line in (shared / "data" / "math" / "test.jsonl").read_text().splitlines()]
    (report,) = lint(rows, "math.answer(reference=row.solution)")
    assert (report.rows, report.problems) == (5000, [])
