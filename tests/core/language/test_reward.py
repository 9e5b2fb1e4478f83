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


class TestExpression:
    def test_builds_the_same_tree(self):
        built = 0.9 * v("math.answer", reference=v("row.answer")) + 0.1 * v("format.tags", ["think", "answer"])
        assert Reward(built) == Reward(
            '0.9 * math.answer(reference=row.answer) + 0.1 * format.tags(["think", "answer"])'
        )

    @pytest.mark.parametrize(
        ("built", "text"),
        [
            (v("a.b") & ~v("c.d"), "a.b and not c.d"),
            (v("a.b") | 0, "a.b or 0"),
            (0 | v("a.b"), "0 or a.b"),
            (1 & v("a.b"), "1 and a.b"),
            (v("a.b").recall, "a.b.recall"),
            (v("a.b", 3).recall, "a.b(3).recall"),
            (v("group.mean", v("tokens"), where=v("a.b")), "group.mean(tokens, where=a.b)"),
            ((v("a.b") + 1).where(v("tokens") < 3, 0), "(a.b + 1) if tokens < 3 else 0"),
            (v("a.b").where(~v("truncated")), "a.b if not truncated else None"),
            (1 - v("a.b") / 2 ** v("tokens"), "1 - a.b / 2 ** tokens"),
            (2 / v("a.b") ** 2 - 1, "2 / a.b ** 2 - 1"),
            (-v("a.b") * 2, "(-a.b) * 2"),
            (v("row.x") == "y", "row.x == 'y'"),
            (v("row.x") != "y", "row.x != 'y'"),
            (
                (v("tokens") >= 1) & (v("tokens") <= 2) & (v("tokens") > 0),
                "(tokens >= 1 and tokens <= 2) and tokens > 0",
            ),
            (v("tokens") - 1, "tokens - 1"),
            (3 - v("tokens"), "3 - tokens"),
        ],
    )
    def test_operators(self, built, text):
        assert Reward(built) == Reward(text)

    def test_has_no_truth_value(self):
        with pytest.raises(TypeError, match=r"& \| ~"):
            bool(v("a.b"))

    def test_refuses_what_has_no_literal(self):
        with pytest.raises(TypeError, match="dict"):
            v("a.b", {"x": 1})
        with pytest.raises(TypeError, match="object"):
            v("a.b") + object()

    def test_named_lines(self):
        reward = Reward({"right": v("a.b"), "total": v("right") * 2})
        assert reward == Reward({"right": "a.b", "total": "right * 2"})
