"""Values and statuses at the edges that the properties don't reach."""

from __future__ import annotations

import math

import pytest

from assay import RewardError
from assay.engine import LocalEngine


def outcome(scores, position=0):
    total = scores.total[position]
    return scores.status[position], None if math.isnan(total) else float(total)


@pytest.mark.parametrize(
    ("reward", "row", "expected"),
    [
        ("say.same", {"reference": None}, ("bad_reference", None)),
        ("say.looks(image=row.picture)", {"picture": None}, ("abstained", None)),
        ("say.looks(image=say.painted)", {"completion": "x"}, ("scored", 1.0)),
        ("say.looks(image=say.painted, like='Y')", {"completion": "x"}, ("scored", 0.0)),
        ("say.looks(image=say.painted)", {"completion": "fails"}, ("error", None)),
        ("say.looks(image=say.painted)", {"completion": "blank"}, ("abstained", None)),
        ("say.looks(image=completion)", {"completion": "X"}, ("scored", 1.0)),
        ("say.looks(image='X')", {}, ("scored", 1.0)),
        ("say.same(reference='text 0')", {}, ("scored", 1.0)),
        ("say.same(reference=row.meta.gold)", {"meta": {"gold": "text 0"}}, ("scored", 1.0)),
        ("say.a(level=row.x)", {"x": None}, ("scored", 1.0)),
        ("say.double(say.a)", {}, ("scored", 2.0)),
        ("say.double(say.a, by=row.x)", {"x": 5}, ("scored", 5.0)),
        ("say.double(say.a)", {"a": "abstain"}, ("abstained", None)),
        ("say.breaks(say.a)", {}, ("error", None)),
        ("row.x / 0", {}, ("error", None)),
        ("0 / 0", {}, ("error", None)),
        ("exp(row.x)", {"x": 1000}, ("error", None)),
        ("log(0)", {}, ("error", None)),
        ("log(-1)", {}, ("error", None)),
        ("sqrt(-1)", {}, ("error", None)),
        ("(-8) ** (1 / 3)", {}, ("error", None)),
        ("0 ** -1", {}, ("error", None)),
        ("2 ** row.x", {"x": 5000}, ("error", None)),
        ("clip(row.x, 3, row.x - 5)", {"x": 1}, ("error", None)),
        ("row.x", {"x": float("nan")}, ("error", None)),
        ("row.x", {"x": float("inf")}, ("error", None)),
        ("row.x", {"x": 10**400}, ("error", None)),
        ("row.x", {"x": True}, ("scored", 1.0)),
        ("row.x + 1", {"x": None}, ("abstained", None)),
        ("1 if row.x else 0", {"x": False}, ("scored", 0.0)),
        ("row.x is None", {"x": None}, ("scored", 1.0)),
        ("row.x is not None", {"x": None}, ("scored", 0.0)),
        ("row.x is None", {"x": "text"}, ("scored", 0.0)),
        ("say.a is None", {"a": "abstain"}, ("scored", 1.0)),
        ("say.a is None", {"a": "error"}, ("error", None)),
        ("say.a is None", {"a": "bad"}, ("bad_reference", None)),
        ("'b' in row.tags", {"tags": ["a", "b"]}, ("scored", 1.0)),
        ("'c' not in row.tags", {"tags": ["a", "b"]}, ("scored", 1.0)),
        ("'b' in row.tags", {"tags": None}, ("abstained", None)),
        ("row.x in (1, 2)", {"x": 2}, ("scored", 1.0)),
        ("row.x in row.tags", {"x": 1, "tags": ["1"]}, ("scored", 0.0)),
        ("row.pair == [1, 2]", {"pair": [1, 2]}, ("scored", 1.0)),
        ("row.x == row.y", {"x": "a", "y": "a"}, ("scored", 1.0)),
        ("row.x == row.y != 'b'", {"x": "a", "y": "a"}, ("scored", 1.0)),
        ("1 < row.x < 3", {"x": 2}, ("scored", 1.0)),
        ("1 < row.x < 3", {"x": 3}, ("scored", 0.0)),
        ("None", {}, ("abstained", None)),
        ("None if tokens == 0 else 1", {}, ("abstained", None)),
        ("say.c.twice", {"c": "timeout"}, ("timeout", 0.0)),
        ("say.a", {"a": "timeout"}, ("timeout", 0.0)),
        ("say.a or say.b", {"a": "timeout", "b": 0.5}, ("scored", 0.5)),
        ("1 if say.yes else 2", {"a": "timeout"}, ("timeout", 2.0)),
        ("default(say.a, 0.5)", {"a": "bad"}, ("bad_reference", None)),
        ("default(say.a, 0.5, on_error=0.25)", {"a": "error"}, ("scored", 0.25)),
        ("mean(say.a, say.b, weights=[.9, .1])", {"a": "abstain", "b": 0.5}, ("scored", 0.5)),
        ("mean(say.a, say.b)", {"a": "bad", "b": 0.5}, ("bad_reference", None)),
        ("mean(say.a, say.b)", {"a": "abstain", "b": "abstain"}, ("abstained", None)),
        ("characters", {"completion": "日本"}, ("scored", 2.0)),
        ("completion == 'x'", {"completion": "x"}, ("scored", 1.0)),
        ("group.zscore(say.a)", {"a": 0.3}, ("scored", 0.0)),
        ("group.rank(say.a)", {"a": 0.3}, ("scored", 0.5)),
        ("group.std(say.a)", {"a": 0.3}, ("scored", 0.0)),
        ("group.mean(say.a)", {"a": "error"}, ("abstained", None)),
        ("group.rank(say.a)", {"a": "error"}, ("error", None)),
        ("case(say.a > 2, 1, say.a > 0, 2, 3)", {"a": 1}, ("scored", 2.0)),
        ("ratio(1, row.x, 7)", {"x": 0}, ("scored", 7.0)),
        ("ratio(1, row.x, 7)", {"x": 1e-320}, ("error", None)),
        ("step + progress", {"step": 3, "progress": 0.5}, ("scored", 3.5)),
        ("1 if truncated else 0", {"truncated": True}, ("scored", 1.0)),
        ("pi", {}, ("scored", math.pi)),
        ("True", {}, ("scored", 1.0)),
    ],
)
def test_one_sample(judge, reward, row, expected):
    status, value = outcome(judge(reward, row))
    assert (status, value) == (expected[0], expected[1] if expected[1] is None else pytest.approx(expected[1]))


@pytest.mark.parametrize(
    ("reward", "named"),
    [
        ("1 + row.x / (say.a - 1)", "row.x / (say.a - 1)"),
        ("2 * log(say.a - 1)", "log(say.a - 1)"),
        ("2 * ratio(1e300, row.x * 1e-300, 7)", "1e+300 / (row.x * 1e-300)"),
        ("(say.a - 3) ** 0.5 + 1", "(say.a - 3) ** 0.5"),
    ],
)
def test_rule_5_an_error_names_its_sub_expression(judge, reward, named):
    scores = judge(reward, {})
    assert scores.status == ["error"]
    assert named in scores.reasons[0]


def test_a_mixed_column_is_an_error_only_where_it_does_not_fit(judge):
    scores = judge("row.x + 1", {"x": 1}, {"x": "1"})
    assert scores.status == ["scored", "error"]
    assert "row.x is a str" in scores.reasons[1]
    assert judge("1 if row.x == 'a' else 0", {"x": "a"}, {"x": 2}).status == ["scored", "error"]


def test_a_row_option_of_the_wrong_type_fails_only_its_sample(judge):
    scores = judge("say.a(level=row.level)", {"level": 2}, {"level": "x"}, {"level": None})
    assert scores.status == ["scored", "error", "scored"]
    assert "'level' from row.level must be int" in scores.reasons[1]


def test_weight_is_kept_apart_and_its_status_counts(judge):
    scores = judge({"total": "say.a", "weight": "say.b"}, {"b": 0.5}, {"b": "error"})
    assert scores.total.tolist()[0] == 1
    assert scores.weight.tolist()[0] == 0.5
    assert scores.status == ["scored", "error"]
    assert math.isnan(scores.total[1])
    assert judge("say.a", {}).weight is None


@pytest.mark.parametrize("said", ["abstain", "bad", "error"])
def test_where_total_or_weight_is_not_scored_neither_is_a_number(judge, said):
    scores = judge({"total": "say.a", "weight": "say.b"}, {"a": said}, {"b": said}, {"b": 0.25})
    assert scores.status == [scores.lines["total"].status[0], scores.lines["weight"].status[1], "scored"]
    assert [math.isnan(weight) for weight in scores.weight] == [True, True, False]
    assert [math.isnan(total) for total in scores.total] == [True, True, False]


@pytest.mark.parametrize("value", [0.1, 0.3, 1 / 3, 1e-9])
def test_members_that_all_score_the_same_have_no_advantage(judge, value):
    """The mean of three times 0.1 is not 0.1."""
    rows = [{"a": value}] * 3
    assert judge("group.zscore(say.a)", *rows).total.tolist() == [0, 0, 0]
    assert judge("group.std(say.a)", *rows).total.tolist() == [0, 0, 0]


def test_a_group_verifier_sees_whole_groups(judge):
    rows = [{"completion": c, "group": g} for c, g in [("x", 0), ("y", 1), ("x", 0), ("z", 0)]]
    assert judge("say.most", *rows).total.tolist() == [1, 1, 1, 0]


def test_group_where(judge):
    rows = [{"a": 1, "tokens": 10}, {"a": 0, "tokens": 99}, {"a": 1, "tokens": 30}, {"a": "error", "tokens": 5}]
    scores = judge("group.mean(tokens, where=say.yes)", *rows)
    assert scores.total.tolist() == [20, 20, 20, 20]
    assert judge("group.rank(tokens, where=say.yes)", *rows).total.tolist() == [0, 1, 1, 0]
    assert judge("group.count(say.a)", *rows).total.tolist() == [2, 2, 2, 2]
    assert judge("group.size", *rows).total.tolist() == [4, 4, 4, 4]
    assert judge("group.mean(tokens, where=say.a < 0)", *rows).status == ["abstained"] * 4


def test_ten_thousand_samples_take_no_time(judge):
    rows = [{"group": i // 8, "a": i % 3} for i in range(10_000)]
    scores = judge("say.a - 0.1 * group.zscore(tokens)", *rows)
    assert set(scores.status) == {"scored"}


def test_no_samples(registry):
    from assay import score

    scores = score([], "say.a + row.x", registry=registry)
    assert len(scores) == 0
    assert scores.total.shape == (0,)
    assert scores.table() == []


def test_a_line_may_hold_a_text(judge):
    scores = judge({"kind": "row.task", "total": "1 if kind == 'sql' else 0"}, {"task": "sql"}, {"task": "math"})
    assert scores.total.tolist() == [1, 0]


def test_a_plugin_that_observes_sees_the_scores_and_can_not_stop_them(registry, plugin):
    from assay import hookimpl, score

    class Observer:
        __name__ = "observer"
        seen = None

        @hookimpl
        def assay_scored(self, scores):
            Observer.seen = scores
            raise ValueError("no")

    registry.register(Observer(), "watch")
    with pytest.warns(UserWarning, match="watch"):
        scores = score([{"completion": "x", "id": 1, "a": 1}], "say.a", registry=registry)
    assert Observer.seen is scores


def test_unknown_columns_of_all_lines_are_refused_even_if_unused(judge):
    with pytest.raises(RewardError, match="gone"):
        judge({"unused": "row.gone", "total": "1"}, {})


class Counting:
    """An engine that remembers the batches it was asked."""

    def __init__(self):
        self.engine, self.batches = LocalEngine(workers=1), []

    def run(self, calls):
        self.batches.append([call.verifier.leaf for call in calls])
        return self.engine.run(calls)

    def close(self):
        self.engine.close()


@pytest.mark.parametrize(
    ("reward", "row", "batches"),
    [
        ("say.a + say.b", {}, [["a", "b"]]),
        ({"one": "say.a", "two": "say.b", "total": "one * two", "seen": "say.c"}, {}, [["a", "b", "c"]]),
        ("say.a - group.mean(say.b)", {}, [["a", "b"]]),
        ("say.a if say.b > 0 else say.c", {}, [["b"], ["a"]]),
        ("say.a or say.b or say.c", {"a": 0, "b": 0}, [["a"], ["b"], ["c"]]),
        ("(say.a and say.b) + (say.c and say.same(reference='x'))", {}, [["a", "c"], ["b", "same"]]),
        ("say.looks(image=say.painted) + say.a", {}, [["painted", "a"], ["looks"]]),
        ("row.x + 1", {}, []),
    ],
)
def test_what_every_sample_needs_is_asked_at_once_and_a_branch_in_one_further_batch(judge, reward, row, batches):
    engine = Counting()
    judge(reward, row, engine=engine)
    engine.close()
    assert [sorted(batch) for batch in engine.batches] == [sorted(batch) for batch in batches]


def test_lines_that_build_on_each_other_are_evaluated_once_while_they_wait(judge, plugin):
    """Each line uses the one before it twice: without a memory of what is awaited, this would take 2 ** 60 steps."""
    lines = {"l0": "say.a"} | {f"l{n}": f"0.5 * l{n - 1} + 0.5 * l{n - 1}" for n in range(1, 60)}
    assert judge(lines | {"total": "l59"}, {}).total.tolist() == [1.0]
    assert plugin.asked["a"] == [0]


def test_a_function_that_fails_leaves_what_is_awaited_to_the_next_round(judge):
    reward = {"total": "say.breaks(say.a) if say.b > 5 else say.b", "other": "say.breaks(say.c)"}
    assert judge(reward, {"b": 1}).status == ["scored"]
    assert judge(reward, {"b": 6}).status == ["error"]


def test_options_of_equal_cells_are_one_mapping(registry):
    """So that what identifies a call is made once for all of them."""
    seen = []

    class Seeing(LocalEngine):
        def run(self, calls):
            seen.extend(calls)
            return super().run(calls)

    from assay import score

    rows = [
        {"completion": "x", "reference": "x", "words": words, "case": case}
        for words, case in [(["a"], True), (["a"], True), (["b"], True), (None, True), (["a"], False)]
    ]
    engine = Seeing()
    score(rows, "say.same(ignore_case=row.case, words=row.words)", registry=registry, engine=engine)
    engine.close()
    assert [call.options["words"] for call in seen] == [["a"], ["a"], ["b"], None, ["a"]]
    assert len({id(call.options) for call in seen}) == 4


def test_cells_that_are_equal_and_of_different_types_are_told_apart(judge):
    scores = judge("say.a(level=row.level)", {"level": 1}, {"level": True}, {"level": 1.0}, {"level": 1})
    assert scores.status == ["scored", "error", "error", "scored"]
