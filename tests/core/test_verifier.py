"""What `@verifier` takes from a function, and what it makes of what the function returns."""

from __future__ import annotations

import pickle
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import pytest

from assay import PluginError, Status, Verdict, verifier
from assay._contract.verifier import Option
from assay.engine import Call, LocalEngine


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


def within(low, high, **declared):
    return {"range": (low, high), **declared}


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
        (plain.function, {"scope": "grup"}, "no scope 'grup'; did you mean 'group'"),
        (plain.function, {"kind": "cpuu"}, "no kind 'cpuu'; did you mean 'cpu'"),
        (plain.function, {"kind": "quantum"}, "it is one of cpu, io, gpu"),
        (plain.function, {"timeout": 0}, "the timeout is 0; it must be a positive number of seconds"),
        (plain.function, {"timeout": -1}, "the timeout is -1"),
        (plain.function, {"timeout": float("nan")}, "the timeout is nan"),
        (plain.function, {"timeout": float("inf")}, "the timeout is inf"),
        (plain.function, {"timeout": "x"}, "the timeout is 'x'"),
        (plain.function, {"timeout": True}, "the timeout is True"),
        (plain.function, within(1, 0), "the range of score is 1..0, which holds no two scores"),
        (plain.function, within(0, 0), "holds no two scores"),
        (plain.function, within(float("nan"), 1), "holds no two scores"),
        (plain.function, {"range": 1}, "it must be two numbers"),
        (plain.function, {"range": (0, 1, 2)}, "it must be two numbers"),
        (plain.function, {"range": ("a", "b")}, "it must be two numbers"),
        (plain.function, {"fields": {"recall": (1, 0)}}, "the range of recall is 1..0"),
        (plain.function, {"fields": ["re call"]}, "'re call' can't be a field's name"),
        (plain.function, within(0, 0.5, boolean=True), "a boolean verifier scores 0 or 1, and its range is 0..0.5"),
        (plain.function, within(0.5, 2, boolean=True), "a boolean verifier scores 0 or 1"),
        (plain.function, {"boolean": {"credit": "all"}}, "boolean= speaks of 'credit', and there is no such option"),
        (plain.function, {"name": "mean"}, "'mean' is a name of the reward language"),
        (plain.function, {"name": "if"}, "'if' can't be a verifier's name"),
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


def test_a_boolean_verifier_keeps_to_0_and_1():
    assert returning(1, boolean=True).score == 1
    assert returning(Verdict.timeout("slow"), boolean=True).status == "timeout"
    assert returning(Verdict.abstain("no"), boolean=True).status == "abstained"
    assert returning(0.5, boolean=True).reason == "tried declares itself boolean and returned 0.5"
    assert returning(float("nan"), boolean=True).status == "error"
    assert returning(2, boolean=True, range=(0, 2)).status == "error"

    @verifier
    def annotated(completion) -> bool:
        return 0.5

    assert annotated.judge({"completion": "x"}, {}).reason == "annotated declares itself boolean and returned 0.5"


def test_a_verifier_may_be_boolean_under_some_options():
    @verifier(boolean={"credit": "all"})
    def tried(completion, *, credit: str = "all"):
        return 0.5

    assert tried.judge({"completion": "x"}, {"credit": "fraction"}).score == 0.5
    assert "declares itself boolean" in tried.judge({"completion": "x"}, {"credit": "all"}).reason
    assert [tried.is_boolean(o) for o in ({"credit": "all"}, {"credit": "fraction"}, {})] == [True, False, False]


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

    @verifier(scope="group")
    def endless(completion):
        while True:
            yield 1.0

    assert "more than 2 verdicts" in endless.judge_group({"completion": ["a", "b"]}, {}, 2)[0].reason


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


def test_an_adapter_is_built_once_and_stays_behind():
    option = Option("option", list[str])
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(option.validate, [["a"]] * 100)) == [["a"]] * 100
    adapter = option._adapter
    assert option.validate(["b"]) == ["b"]
    assert option._adapter is adapter
    there = pickle.loads(pickle.dumps(option))
    assert there == option
    assert "_adapter" not in vars(there)
    assert there.validate(["c"]) == ["c"]


# --- groups of options ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Box:
    """How boxes are written.

    Attributes:
        format: the four numbers
            of a box.
        scale: what they count.
    """

    format: Literal["xyxy", "xywh"] = "xyxy"
    scale: float | None = None


@dataclass(frozen=True, kw_only=True)
class Ramp:
    """A ramp."""

    end: float
    marks: list[str] = field(default_factory=lambda: ["a"])
    start: float = 0.0
    length: float = field(init=False, default=0.0)

    def __post_init__(self):
        if self.start >= self.end:
            raise ValueError("a ramp must rise")


@dataclass(frozen=True)
class Rotated(Box):
    """How rotated boxes are written.

    Attributes:
        degrees: of the angle.
    """

    degrees: bool = True


@dataclass(frozen=True)
class Credit:
    credit: str = "raw"
    box: str = "no box"


@dataclass
class Loose:
    format: str = "xyxy"


@dataclass(frozen=True)
class Unresolved:
    format: Nowhere = None  # noqa: F821


WHOLE = {"metric": "giou", "format": "xywh", "scale": 3.0, "end": 1.0, "marks": ["b"], "start": 0.5, "last": 4}


@verifier
def grouped(
    completion: str, reference: str = "r", *, metric: str = "iou", box: Box = Box(scale=2.0), ramp: Ramp, last: int = 3
) -> Verdict:
    """Say what came.

    Options:
        metric: of the score.
        scale: in this verifier, something else.
    """
    return Verdict(1.0, details={"box": box, "ramp": ramp, "metric": metric, "last": last, "reference": reference})


class TestGroups:
    def test_their_fields_are_options_in_order(self):
        assert list(grouped.options) == ["metric", "format", "scale", "end", "marks", "start", "last"]
        assert [o.name for o in grouped.options.values() if o.required] == ["end"]
        assert grouped.options["scale"].default == 2.0
        assert grouped.options["marks"].default == ["a"]
        assert grouped.options["format"].type_name == "Literal['xyxy', 'xywh']"
        with pytest.raises(ValueError, match="must be float"):
            grouped.options["end"].validate("1")

    def test_each_has_its_own_doc(self):
        docs = {name: one.doc for name, one in grouped.options.items()}
        assert docs == {
            "metric": "of the score.", "format": "the four numbers of a box.", "scale": "in this verifier, something else.",
            "end": "", "marks": "", "start": "", "last": "",
        }  # fmt: skip

    def test_the_function_gets_them_whole(self):
        details = grouped.judge({"completion": "x"}, WHOLE).details
        assert details["box"] == Box("xywh", 3.0)
        assert details["ramp"] == Ramp(end=1.0, marks=["b"], start=0.5)
        assert (details["metric"], details["last"], details["reference"]) == ("giou", 4, "r")

    def test_what_the_class_refuses_is_an_error(self):
        verdict = grouped.judge({"completion": "x"}, WHOLE | {"end": 0.1})
        assert verdict.reason == "grouped raised ValueError: a ramp must rise"

    def test_python_may_give_them_one_by_one_or_whole(self):
        for given in ({"end": 1.0, "format": "xywh"}, {"ramp": Ramp(end=1.0), "box": Box("xywh", 2.0)}):
            details = grouped("x", **given).details
            assert (details["box"], details["ramp"]) == (Box("xywh", 2.0), Ramp(end=1.0))
        with pytest.raises(TypeError, match="end"):
            grouped("x")
        with pytest.raises(TypeError, match="format"):
            grouped("x", ramp=Ramp(end=1.0), box=Box(), format="xyxy")

    def test_a_group_and_one_of_its_options_may_share_a_name(self):
        @verifier
        def tried(completion, *, box: Box, credit: Credit):
            return Verdict(1.0, f"{credit.credit} {credit.box} {box.format}")

        assert tried("x", credit="hit", format="xywh").reason == "hit no box xywh"
        given = {"credit": "hit", "box": "a box", "format": "xywh", "scale": None}
        assert tried.judge({"completion": "x"}, given).reason == "hit a box xywh"

    def test_an_inherited_group_keeps_its_docs(self):
        @verifier
        def tried(completion, *, box: Rotated = Rotated()):
            return 1.0

        docs = {name: one.doc for name, one in tried.options.items()}
        assert docs == {"format": "the four numbers of a box.", "scale": "what they count.", "degrees": "of the angle."}

    def test_batches_groups_and_coroutines_get_them_too(self):
        @verifier(scope="batch")
        def batch(completion: list[str], *, box: Box = Box()):
            return [Verdict(1.0, box.format)] * len(completion)

        @verifier(scope="group")
        def members(completion: list[str], *, box: Box = Box()):
            return [Verdict(1.0, box.format)] * len(completion)

        @verifier
        async def remote(completion: str, *, box: Box = Box()):
            return Verdict(1.0, box.format)

        given = {"format": "xywh", "scale": None}
        assert {v.reason for v in batch.judge_batch([{"completion": "x"}] * 2, given)} == {"xywh"}
        assert {v.reason for v in members.judge_group({"completion": ["x", "y"]}, given, 2)} == {"xywh"}
        engine = LocalEngine(workers=1)
        try:
            assert engine.run([Call(remote, {"completion": "x"}, given)])[0][0].reason == "xywh"
            assert engine.run([Call(grouped, {"completion": "x"}, WHOLE)])[0][0].score == 1.0
        finally:
            engine.close()

    def test_are_refused_where_they_are_declared(self):
        def loose(completion, *, box: Loose): ...
        def unresolved(completion, *, box: Unresolved): ...
        def misgiven(completion, *, box: Box = None): ...
        def twice(completion, *, box: Box, rotated: Rotated): ...
        def own(completion, *, format: str, box: Box): ...
        def later(completion, *, box: Box, format: str): ...
        def input(completion, scale, *, box: Box): ...

        for function, message in (
            (loose, "the options in Loose must be a frozen dataclass"),
            (unresolved, "the annotations of Unresolved can't be resolved"),
            (misgiven, "the default of 'box' must be a Box, not None"),
            (twice, "'format' of Rotated is an option of Box already"),
            (own, "'format' of Box is an option already"),
            (later, "'format' of Box is an option already"),
            (input, "'scale' of Box is an input already"),
        ):
            with pytest.raises(PluginError, match=f"verifier {function.__name__}: {message}"):
                verifier(function)


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
