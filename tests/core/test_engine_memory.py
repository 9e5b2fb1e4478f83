"""Which calls are the same, and for how long their verdicts are remembered."""

from __future__ import annotations

import threading

import pytest

from assay import Verdict, verifier
from assay.engine import Call, LocalEngine


@pytest.fixture
def asked():
    return []


@pytest.fixture
def judge(asked):
    """A verifier that notes what it is asked, and a function that has it asked in one batch."""

    @verifier(bounded=True)
    def noting(completion, reference=None, *, level: int = 1, words: list[str] | None = None):
        asked.append(completion)
        return Verdict(0.5, f"{len(asked)}")

    def run(engine, *inputs, **options):
        calls = [Call(noting, one if isinstance(one, dict) else {"completion": one}, options) for one in inputs]
        return [answer[0] for answer in engine.run(calls)]

    return run


def test_the_latest_calls_are_remembered(judge, asked):
    engine = LocalEngine(remember=2)
    judge(engine, "a", "b")
    judge(engine, "a")  # is later now than b
    judge(engine, "c")
    assert asked == ["a", "b", "c"]
    judge(engine, "a", "c")
    assert asked == ["a", "b", "c"]
    judge(engine, "b")
    assert asked == ["a", "b", "c", "b"]


def test_nothing_is_remembered_by_an_engine_that_is_told_so(judge, asked):
    engine = LocalEngine(remember=0)
    judge(engine, "a", "a")
    judge(engine, "a")
    assert asked == ["a", "a"]
    assert (engine.statistics.repeated, engine.statistics.remembered) == (1, 0)


def test_what_was_done_is_counted(judge):
    engine = LocalEngine()
    judge(engine, "a", "b", "a", "a")
    judge(engine, "a", "a", "c")
    statistics = engine.statistics
    assert (statistics.calls, statistics.evaluated, statistics.repeated, statistics.remembered) == (7, 3, 3, 1)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"completion": "a" * 300}, {"completion": "a" * 301}),
        ({"completion": "a", "reference": "b"}, {"completion": "b", "reference": "a"}),
        ({"completion": "a", "reference": "b"}, {"reference": "a", "completion": "b"}),
        ({"completion": "a", "reference": None}, {"completion": "a"}),
        ({"completion": [1]}, {"completion": [1.0]}),
        ({"completion": b"a"}, {"completion": "a"}),
        ({"completion": "\ud800"}, {"completion": "\udfff"}),
        ({"completion": "\ud800" * 300}, {"completion": "\udfff" * 300}),
        ({"completion": 0.0}, {"completion": False}),
    ],
)
def test_other_inputs_are_another_call(judge, asked, one, other):
    judge(LocalEngine(), one, other)
    assert len(asked) == 2


@pytest.mark.parametrize("value", ["a", "a" * 300, "\ud800" * 300, 1.5, True, None, b"a", [1, {"b": (2, None)}]])
def test_equal_inputs_are_one_call(judge, asked, value):
    judge(LocalEngine(), {"completion": value}, {"completion": value})
    assert len(asked) == 1


def test_other_options_are_another_call(judge, asked):
    engine = LocalEngine()
    judge(engine, "a", level=1)
    judge(engine, "a", level=2)
    judge(engine, "a", words=["1"])
    judge(engine, "a", level=1)
    assert len(asked) == 3


def test_the_same_name_of_another_function_is_another_call(asked):
    def make(reason):
        @verifier(bounded=True)
        def same(completion):
            return Verdict(1.0, reason)

        return same

    calls = [Call(make(reason), {"completion": "a"}, {}) for reason in ("first", "second")]
    assert [answer[0].reason for answer in LocalEngine().run(calls)] == ["first", "second"]


def test_what_can_not_be_compared_is_asked_each_time(judge, asked):
    lock = threading.Lock()
    judge(LocalEngine(), {"completion": lock}, {"completion": lock})
    judge(LocalEngine(), "a", "a", words=lock)
    assert asked == [lock, lock, "a", "a"]


def test_something_large_is_not_remembered():
    made = []

    @verifier(bounded=True)
    def painting(completion):
        made.append(completion)
        return Verdict(1.0, artefact=b"picture")

    engine = LocalEngine()
    for _ in range(2):
        assert engine.run([Call(painting, {"completion": "x"}, {})] * 2)[1][0].artefact == b"picture"
    assert made == ["x", "x"]
