"""References that can't be used are found before a run finds them."""

from __future__ import annotations

import json

import pytest

from assay import RewardError, hookimpl, verifier
from assay._plugins.registry import Registry
from assay._scoring.lint import lint

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


def test_rows_that_pay_wrong_answers():
    @verifier(
        bounded=True,
        exemplar=lambda reference, options: reference,
        decoys=lambda inputs, options: [inputs["reference"] + "!" * n for n in range(1, options["tried"] + 1)],
    )
    def prefix(completion: str, reference: str, length: int = 99, *, tried: int = 2) -> float:
        return float(completion[:length] == reference[:length])

    @verifier(bounded=True, exemplar=lambda reference, options: reference, decoys=lambda inputs, options: [])
    def careless(completion: str, reference: str) -> float:
        return 1.0

    class Plugin:
        @hookimpl
        def assay_verifiers(self):
            return [prefix, careless]

    registry = Registry(discover=False)
    registry.register(Plugin(), "mine")
    rows = [{"reference": "ab", "length": 2}, {"reference": "ab", "length": 9}, {"reference": None, "length": 2}]
    report, other = lint(rows, "mine.prefix(tried=3) + mine.careless", registry=registry)
    assert [(p.row, p.status) for p in report.problems] == [(2, "bad_reference"), (0, "weak")]
    assert report.decoys == 6
    assert report.problems[1].reason == "3 of 3 wrong answers score full marks, for example 'ab!'"
    assert (other.decoys, [p.status for p in other.problems]) == (0, ["bad_reference"])
