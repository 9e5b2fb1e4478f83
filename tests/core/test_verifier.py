"""What `@verifier` takes from a function, and what it makes of what the function returns."""

from __future__ import annotations

import pickle
from typing import Literal

import numpy as np
import pytest

from assay import PluginError, Status, Verdict, verifier
from assay._contract.verifier import Option


@verifier
def plain(completion: str, reference, level=3, *, ignore_case: bool = True, tags: list[str] | None = None) -> float:
    """Say something.

    At length.
    """
    return 0.5


def test_reads_the_signature():
    assert [(i.name, i.required) for i in plain.inputs] == [("completion", True), ("reference", True), ("level", False)]
    assert [(o.name, o.type_name, o.default) for o in plain.options.values()] == [
        ("ignore_case", "bool", True),
        ("tags", "list[str] | None", None),
    ]
    assert (plain.name, plain.summary, plain.kind, plain.scope) == ("plain", "Say something.", "cpu", "sample")
    assert plain("x", "y") == 0.5


def test_knows_async_and_boolean():
    @verifier
    async def remote(completion: str) -> bool:
        return True

    assert remote.is_async
    assert remote.kind == "io"
    assert remote.boolean
    assert not plain.boolean
    assert not plain.is_async


def loose(completion, *args):
    return 1


def wide(completion, **options):
    return 1


def untyped(completion, *, option=1):
    return 1


def nowhere(completion: Nowhere):  # noqa: F821
    return 1


@pytest.mark.parametrize(
    ("function", "arguments", "message"),
    [
        (loose, {}, "hides what it needs"),
        (wide, {}, "hides what it needs"),
        (untyped, {}, "needs a type annotation"),
        (nowhere, {}, "can't be resolved"),
        (lambda completion: 1, {}, "can't be a verifier's name"),
        (plain.function, {"fields": ["score"]}, "'score' is the verdict's own"),
    ],
)
def test_refuses(function, arguments, message):
    with pytest.raises(PluginError, match=message):
        verifier(**arguments)(function)


def returning(value, **arguments):
    @verifier(**arguments)
    def tried(completion):
        if isinstance(value, BaseException):
            raise value
        return value

    return tried.judge({"completion": "x"}, {})


@pytest.mark.parametrize(
    ("value", "status", "score"),
    [
        (1, "scored", 1.0),
        (0.25, "scored", 0.25),
        (True, "scored", 1.0),
        (np.float32(0.5), "scored", 0.5),
        (np.array(1.0), "scored", 1.0),
        (None, "abstained", None),
        (Verdict.timeout("slow"), "timeout", 0.0),
        (Verdict.bad_reference("no"), "bad_reference", None),
        (float("nan"), "error", None),
        (float("inf"), "error", None),
        (1.5, "error", None),
        (-0.1, "error", None),
        ("1", "error", None),
        (b"1", "error", None),
        ([1], "error", None),
        (np.array([1.0, 2.0]), "error", None),
        (ValueError("broken\nTraceback"), "error", None),
        (RecursionError(), "error", None),
        (MemoryError(), "error", None),
    ],
)
def test_what_is_returned_becomes_a_verdict(value, status, score):
    verdict = returning(value)
    assert (verdict.status, verdict.score) == (status, score)
    if status == "error":
        assert "tried" in verdict.reason
        assert "\n" not in verdict.reason


def test_a_declared_range_is_kept():
    assert returning(-3, range=(-5, 5)).score == -3
    assert returning(-6, range=(-5, 5)).status == "error"


def test_fields_are_declared_and_returned():
    whole = Verdict(1.0, fields={"recall": 0.5, "precision": None})
    assert returning(whole, fields=["recall", "precision"]).status == "scored"
    assert "did not return it" in returning(Verdict(1.0), fields=["recall"]).reason
    assert "outside 0..1" in returning(Verdict(1.0, fields={"recall": 2.0}), fields=["recall"]).reason
    assert returning(Verdict(1.0, fields={"recall": 2.0}), fields={"recall": (0, 3)}).status == "scored"
    assert returning(0.5, fields=["recall"]).status == "error"


def test_a_group_must_be_answered_whole():
    @verifier(scope="group")
    def short(completion):
        return [1.0]

    assert [v.status for v in short.judge_group({"completion": ["a", "b"]}, {}, 2)] == ["error", "error"]
    assert [v.score for v in short.judge_group({"completion": ["a"]}, {}, 1)] == [1.0]


@pytest.mark.parametrize(
    ("annotation", "good", "bad"),
    [
        (bool, [True], [1, "true", None]),
        (int, [3], [3.0, True, "3"]),
        (float, [3, 0.5], ["3", True]),
        (str, ["a"], [1, None]),
        (list[str], [["a"], []], ["a", ["a", 1]]),
        (float | None, [None, 1], ["x"]),
        (Literal["a", "b"], ["a"], ["c", 1]),
        (dict[str, float], [{"a": 1}], [{"a": "x"}]),
    ],
)
def test_options_are_typed_strictly(annotation, good, bad):
    option = Option("option", annotation)
    for value in good:
        assert option.validate(value) == value
    for value in bad:
        with pytest.raises(ValueError, match="must be"):
            option.validate(value)


class TestVerdict:
    def test_holds_score_and_status_together(self):
        assert Verdict(1).score == 1.0
        assert Verdict(0.5, status=Status.TIMEOUT).score == 0.0
        with pytest.raises(ValueError, match="needs a score"):
            Verdict(None)
        with pytest.raises(ValueError, match="has no score"):
            Verdict(1.0, status=Status.ERROR)
        with pytest.raises(ValueError, match="nonsense"):
            Verdict(1.0, status="nonsense")

    def test_pickles(self):
        verdict = Verdict(1.0, "why", fields={"a": 1.0}, details={"b": [1]}, artefact=b"x")
        assert pickle.loads(pickle.dumps(verdict)) == verdict

    def test_statuses_are_texts(self):
        assert Verdict.abstain("x").status == "abstained"
        assert [s.value for s in Status] == ["scored", "timeout", "abstained", "bad_reference", "error"]
        assert [s.has_score for s in Status] == [True, True, False, False, False]


# --- scope="batch" ----------------------------------------------------------------------------------------------------


@verifier(scope="batch", bounded=True)
def halves(completion: list[str], reference: list[str] = "x", *, by: float = 2.0) -> list:
    """Half of the number that the completion is; a letter makes it raise."""
    return [None if not one else float(one) / by for one in completion]


def test_a_batch_says_of_each_what_is_said_of_it_alone():
    inputs = [{"completion": text} for text in ("1", "", "0.5", "nan", "9")]
    together = halves.judge_batch(inputs, {"by": 2.0})
    assert together == [halves.judge(one, {"by": 2.0}) for one in inputs]
    assert [one.status for one in together] == ["scored", "abstained", "scored", "error", "error"]


def test_a_failure_in_a_batch_stays_its_own():
    found = halves.judge_batch([{"completion": text} for text in ("1", "x", "0.5")], {"by": 2.0})
    assert [(one.status, one.score) for one in found] == [("scored", 0.5), ("error", None), ("scored", 0.25)]
    assert "ValueError" in found[1].reason


def test_a_batch_of_the_wrong_size_is_the_verifiers_fault():
    @verifier(scope="batch")
    def short(completion: list[str]) -> list[float]:
        return [1.0]

    found = short.judge_batch([{"completion": "a"}, {"completion": "b"}], {})
    assert [one.status for one in found] == ["error", "error"]
    assert "1 verdicts for a batch of 2" in found[0].reason


def test_a_sample_verifier_is_asked_one_by_one():
    found = plain.judge_batch([{"completion": "a", "reference": "b"}] * 3, {})
    assert [one.score for one in found] == [0.5] * 3
    assert halves.judge_batch([], {"by": 2.0}) == []


def test_a_batch_is_no_coroutine():
    async def remote(completion: list[str]):
        return [1.0]

    with pytest.raises(PluginError, match="scope='batch'"):
        verifier(scope="batch")(remote)
