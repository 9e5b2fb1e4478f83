"""Named lines: their order, their names, and how they come out of YAML and Python."""

from __future__ import annotations

import pytest
import yaml

from assay import RewardError
from assay._language import Reward, v


def test_lines_stand_in_any_order():
    reward = Reward({"total": "b + a", "a": "2 * b", "b": "tokens"})
    assert reward.order == ("b", "a", "total")
    assert list(reward.text) == ["total", "a", "b"]


def test_a_number_is_a_line():
    assert Reward({"half": 0.5, "total": "half"}).text["half"] == "0.5"
    assert Reward(1).text == {"total": "1"}


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ({"a": "b", "b": "a", "total": "a"}, "circle: a -> b -> a"),
        ({"total": "total"}, "circle: total -> total"),
        ({"a": "1"}, "needs a line 'total'"),
        ({}, "needs a line 'total'"),
        ({"tokens": "1", "total": "1"}, "name of the reward language"),
        ({"min": "1", "total": "1"}, "name of the reward language"),
        ({"row": "1", "total": "1"}, "name of the reward language"),
        ({"group": "1", "total": "1"}, "name of the reward language"),
        ({"2nd": "1", "total": "1"}, "can't be a line's name"),
        ({"if": "1", "total": "1"}, "can't be a line's name"),
        ({"a b": "1", "total": "1"}, "can't be a line's name"),
        ({3: "1", "total": "1"}, "can't be a line's name"),
        ({"a": None, "total": "1"}, "empty"),
        ({"a": ["math.answer"], "total": "1"}, "holds a list"),
        ({"math": "math.answer", "total": "math"}, "name of the plugin"),
        ({"format": "tokens", "total": "format.tags(['a']) + format"}, "rename the line"),
        ({f"a{i}": "1" for i in range(600)} | {"total": "1"}, "limit"),
    ],
)
def test_refuses(lines, message):
    with pytest.raises(RewardError, match=message):
        Reward(lines)


def test_a_thousand_lines_deep_is_no_crash():
    lines = {f"a{i}": f"a{i + 1}" for i in range(490)} | {"a490": "tokens", "total": "a0"}
    assert Reward(lines).order[0] == "a490"


def test_yaml_reads_no_as_false_and_the_message_says_so():
    with pytest.raises(RewardError, match=r"YAML reads the names yes, no"):
        Reward(yaml.safe_load("no: math.answer\ntotal: 1"))


def test_yaml_cuts_a_comment_and_the_message_says_so():
    with pytest.raises(RewardError, match="YAML"):
        Reward(yaml.safe_load('total: math.answer(extract="after: #### ")'.replace("after: ", "after ")))


def test_yaml_blocks_are_read():
    assert Reward(yaml.safe_load("total: |\n  math.answer +\n  0.1 * format.boxed\n")) == Reward(
        "math.answer + 0.1 * format.boxed"
    )


def test_spelling_does_not_matter():
    assert Reward("(math.answer) + 1.0*tokens") == Reward("math.answer + (1.0 * tokens)")
    assert hash(Reward("tokens+1")) == hash(Reward("tokens + 1"))
    assert Reward("tokens") != Reward("-tokens")


def test_equal_rewards_are_one_key():
    assert len({Reward("tokens+1"), Reward("tokens + 1"), Reward("tokens + 2")}) == 2
    assert Reward("tokens") != "tokens"
    assert hash(Reward("tokens")) != hash(Reward("step"))


def test_is_shown_as_its_lines():
    reward = Reward({"a": "tokens", "total": "a+1"})
    assert str(reward) == "a: tokens\ntotal: a+1"
    assert repr(reward) == "Reward({'a': 'tokens', 'total': 'a+1'})"


def test_a_reward_is_a_reward():
    reward = Reward({"a": "tokens", "total": "a + 1"})
    assert Reward(reward) == reward


def test_a_line_uses_what_it_needs_and_nothing_else():
    reward = Reward({"a": "b + b", "b": "c", "c": "tokens", "d": "a", "total": "a + c"})
    assert reward.uses("a") == {"a", "b", "c"}
    assert reward.uses("c") == {"c"}
    assert reward.uses("total") == {"total", "a", "b", "c"}


@pytest.mark.parametrize(
    ("lines", "kind", "line", "pointed", "message"),
    [
        ({"total": "1", "a": "b + 1", "b": "2 * a"}, "name", "b", "a", "these lines need each other in a circle: a -> b -> a"),
        ({"total": "1 + total"}, "name", "total", "total", "these lines need each other in a circle: total -> total"),
        ({"total": "a", "a": "b", "b": "c", "c": "b"}, "name", "c", "b", "these lines need each other in a circle: b -> c -> b"),
        ({"a": "1", "b": "2"}, "total", "total", "", "the reward needs a line 'total'; it has a, b"),
        ({}, "total", "total", "", "the reward needs a line 'total'; it has none"),
        ({"a": None, "total": "1"}, "syntax", "a", "", "the line is empty; give it an expression, such as 'math.answer'"),
        ({"a": ["x"], "total": "1"}, "syntax", "a", "", "the line holds a list, not an expression; write it as a text"),
        ({"min": "12", "total": "1"}, "name", "min", "1", "'min' is a name of the reward language; rename the line"),
        ({"2nd": "12", "total": "1"}, "name", "2nd", "1", "'2nd' can't be a line's name; use letters, digits and _, starting with a letter"),
        (
            {"total": "math", "math": "1 + math.answer"},
            "name", "math", "math.answer",
            "the line has the name of the plugin that it uses, so 'math.answer' would mean itself; rename the line",
        ),
    ],
)  # fmt: skip
def test_a_mistake_between_lines_is_pointed_at(lines, kind, line, pointed, message):
    with pytest.raises(RewardError) as caught:
        Reward(lines)
    (problem,) = caught.value.problems
    assert (problem.kind, problem.line, problem.text[slice(*problem.at)]) == (kind, line, pointed)
    assert problem.message == message


def test_five_hundred_lines_are_a_reward_and_one_more_a_program():
    lines = {f"a{i}": "1" for i in range(499)} | {"total": "1"}
    assert len(Reward(lines).order) == 500
    with pytest.raises(RewardError, match="the reward has 501 lines; the limit is 500"):
        Reward(lines | {"more": "1"})


class TestExpression:
    def test_builds_the_same_tree(self):
        built = 0.9 * v("math.answer", reference=v("row.answer")) + 0.1 * v("format.tags", ["think", "answer"])
        assert Reward(built) == Reward(
            '0.9 * math.answer(reference=row.answer) + 0.1 * format.tags(["think", "answer"])'
        )

    @pytest.mark.parametrize(
        ("build", "text"),
        [
            (lambda a, t: a & ~v("c.d"), "a.b and not c.d"),
            (lambda a, t: a | 0, "a.b or 0"),
            (lambda a, t: 0 | a, "0 or a.b"),
            (lambda a, t: 1 & a, "1 and a.b"),
            (lambda a, t: a.recall, "a.b.recall"),
            (lambda a, t: v("a.b", 3).recall, "a.b(3).recall"),
            (lambda a, t: v("a.b", [1, ("x", None)], like=True), "a.b([1, ['x', None]], like=True)"),
            (lambda a, t: v("group.mean", t, where=a), "group.mean(tokens, where=a.b)"),
            (lambda a, t: (a + 1).where(t < 3, 0), "(a.b + 1) if tokens < 3 else 0"),
            (lambda a, t: a.where(~v("truncated")), "a.b if not truncated else None"),
            (lambda a, t: 1 - a / 2**t, "1 - a.b / 2 ** tokens"),
            (lambda a, t: 2 / a**2 - 1, "2 / a.b ** 2 - 1"),
            (lambda a, t: -a * 2, "(-a.b) * 2"),
            (lambda a, t: v("row.x") == "y", "row.x == 'y'"),
            (lambda a, t: (t >= 1) & (t <= 2) & (t > 0), "(tokens >= 1 and tokens <= 2) and tokens > 0"),
        ],
    )
    def test_operators(self, build, text):
        assert Reward(build(v("a.b"), v("tokens"))) == Reward(text)

    @pytest.mark.parametrize("sign", ["+", "-", "*", "/", "**", "<", "<=", ">", ">=", "==", "!="])
    def test_an_operator_of_python_is_the_languages(self, sign):
        terms = {"a": v("a.b"), "c": v("c.d")}
        assert Reward(eval(f"a {sign} c", terms)) == Reward(f"a.b {sign} c.d")
        assert Reward(eval(f"a {sign} 2", terms)) == Reward(f"a.b {sign} 2")

    @pytest.mark.parametrize("sign", ["+", "-", "*", "/", "**"])
    def test_arithmetic_may_begin_with_a_number(self, sign):
        assert Reward(eval(f"2 {sign} a", {"a": v("a.b")})) == Reward(f"2 {sign} a.b")

    def test_is_shown_as_its_line(self):
        assert str(v("a.b") + 1) == "(a.b + 1)"
        assert repr(v("a.b")) == "Expression('a.b')"

    def test_what_python_asks_of_any_object_is_no_field(self):
        assert not hasattr(v("a.b"), "_repr_html_")
        assert not hasattr(v("a.b"), "__array__")

    def test_has_no_truth_value(self):
        with pytest.raises(TypeError, match=r"& \| ~"):
            bool(v("a.b"))

    def test_refuses_what_has_no_literal(self):
        with pytest.raises(TypeError, match=r"a dict can't stand in a reward expression: \{'x': 1\}"):
            v("a.b", {"x": 1})
        with pytest.raises(TypeError, match="a object"):
            v("a.b") + object()

    def test_named_lines(self):
        reward = Reward({"right": v("a.b"), "total": v("right") * 2})
        assert reward == Reward({"right": "a.b", "total": "right * 2"})
