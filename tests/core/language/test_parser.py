"""Reading one line: what is accepted, and where each refusal points."""

from __future__ import annotations

import math
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay import RewardError
from assay._language import Reward, nodes
from assay._language.parser import parse


@pytest.mark.parametrize(
    "text",
    [
        "math.answer",
        "math.answer()",
        "math.answer(tolerance=1e-4)",
        'format.tags(["think", "answer"])',
        "sql.cells.recall",
        "sql.cells(x=1).recall",
        "math.answer(reference=row.solution, budget=row.meta.budget)",
        'judge.image(image=code.render(engine="matplotlib"), reference=row["the image"])',
        "-tokens ** 2 + pi / 3 - characters * .5",
        "1 if truncated else 2 if step > 3 else (progress + 1)",
        "case(tokens > 5, 1, tokens > 3, 0.5, 0)",
        "math.answer or judge.equivalent or 0",
        "math.answer and not format.boxed",
        "group.zscore(tokens, where=math.answer)",
        "group.size + group.size()",
        "mean(a.b, c.d, weights=[.9, .1]) + sum(1, 2)",
        "default(a.b, 0, on_error=-1) + scored(a.b)",
        'row.task in ("sql", "math") and row.task not in row.tasks',
        "row.level is None or row.level is not None",
        "0 < tokens <= 20 != 3",
        "None if truncated else math.answer",
        "ratio(tokens, row.budget, 1)",
        "a.b +\n  c.d",
        "[1, 2] == row.pair",
    ],
)
def test_reads_and_writes_back(text):
    node = parse("total", text)
    assert parse("total", nodes.unparse(node)) == node


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "empty"),
        ("   \n ", "empty"),
        ("math.answer +", "can't be read"),
        ("1) + (2", "unmatched"),
        ("'abc", "YAML"),
        ("(1 + 2", "never closed"),
        ("x\0y", "null"),
        ("lambda: 1", "lambda"),
        ("[x for x in y]", "comprehension"),
        ("f'{tokens}'", "f-string"),
        ("__import__('os')", "no function '__import__'"),
        ("math.answer.__class__.__mro__", "a dot follows"),
        ("math.answer().a()", "only functions"),
        ("(1).real", "a dot follows"),
        ("row", "needs a column"),
        ("row()", "no function"),
        ("group", "needs a statistic"),
        ("group.median(tokens)", "there is no group.median"),
        ("group.men(tokens)", "did you mean group.mean"),
        ("group.mean()", "one value"),
        ("group.mean(tokens, by=1)", "where="),
        ("group.size(tokens)", "no value"),
        ("tokns", "did you mean 'tokens'"),
        ("answer", "row.answer"),
        ("abs", "is a function"),
        ("abs(1, 2)", "one value"),
        ("sine(1)", "no function 'sine'"),
        ("min(1)", "two or more"),
        ("mean(1, weight=[1])", "weights"),
        ("clip(tokens, 2, 1)", "above its upper bound"),
        ("case(tokens > 1, 2)", "case takes"),
        ("case(tokens > 1, 2, tokens > 3, 4)", "missing"),
        ("math.answer(*a)", "starred"),
        ("math.answer(**a)", "starred"),
        ("math.answer(a=1, a=2)", "given twice"),
        ("tokens % 2", "operator"),
        ("tokens // 2", "operator"),
        ("~tokens", "not"),
        ("tokens is 3", "only for None"),
        ("tokens == None", "is None"),
        ("1 in tokens", "literal list"),
        ("1 < tokens in [1]", "chain"),
        ("1j", "complex"),
        ("b'x'", "bytes"),
        ("...", "ellipsis"),
        ("{1: 2}", "dict"),
        ("(x := 1)", "assignment"),
        ("row.a.b['c']", "brackets"),
        ("1e999", "too large"),
        ("9**9**9", "exponent"),
        ("tokens ** 101", "exponent"),
        ("tokens ** -(10 ** 3)", "exponent"),
        ("1" * 5000, "can't be read|too large"),
        ("a" * 20_001, "limit"),
        ("(" * 300 + "1" + ")" * 300, "nested"),
        ("-" * 5000 + "1", "nested|can't be read"),
        ("+".join(["tokens"] * 400), "nested"),
        ("not " * 300 + "1", "nested|can't be read"),
    ],
)
def test_refuses_with_a_sentence(text, message):
    started = time.thread_time()
    with pytest.raises(RewardError, match=message) as caught:
        Reward(text)
    assert time.thread_time() - started < 1
    assert caught.value.problems
    assert "Traceback" not in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "1 if tokens else 2 + 3",
        "1 + 2 if tokens else 3",
        "math.answer - 1 if truncated else 0",
        "0 if truncated else math.answer + 1 if tokens > 3 else 2",
        "tokens * 1 if tokens else 2 - 3",
    ],
)
def test_rule_3_an_unparenthesised_ternary_inside_a_sum_is_refused(text):
    with pytest.raises(RewardError, match="brackets"):
        Reward(text)


@pytest.mark.parametrize(
    "text",
    [
        "(1 if tokens else 2) + 3",
        "1 if tokens else (2 + 3)",
        "(1 + 2) if tokens else 3",
        "max(0, (1 + tokens if tokens else 2) - 3)",
        "0.1 * tokens if tokens else -2",
        "1 if tokens + 1 > 2 else 3",
    ],
)
def test_rule_3_accepts_what_says_what_it_seems(text):
    Reward(text)


def test_points_at_the_character():
    with pytest.raises(RewardError) as caught:
        Reward({"total": "0.9 * math.answer + 0.1 * tokns"})
    (problem,) = caught.value.problems
    assert problem.text[slice(*problem.at)] == "tokns"
    assert str(caught.value).splitlines()[-1].index("^") == 4 + problem.at[0]


def test_points_at_the_character_past_other_alphabets_and_lines():
    with pytest.raises(RewardError) as caught:
        Reward('(row["größe"] == "日本") +\n tokns')
    (problem,) = caught.value.problems
    assert problem.text[slice(*problem.at)] == "tokns"
    assert "line 2" in str(problem)


def test_every_mistake_is_reported_at_once():
    with pytest.raises(RewardError) as caught:
        Reward({"one": "tokns", "two": "(", "row": "1", "total": "1"})
    assert [p.line for p in caught.value.problems] == ["row", "one", "two"]


@given(st.text(max_size=200))
@settings(max_examples=500, deadline=None)
def test_any_text_is_read_or_refused(text):
    try:
        Reward(text)
    except RewardError as problem:
        assert str(problem)


@given(
    st.lists(
        st.sampled_from(
            [
                "math.answer",
                "tokens",
                "row.x",
                "(",
                ")",
                "+",
                "-",
                "*",
                "**",
                "if",
                "else",
                "and",
                "or",
                "not",
                "in",
                "is",
                "None",
                "<",
                ",",
                "group.mean",
                "[",
                "]",
                "=",
                "1",
                "'a'",
                "\n",
                "#",
            ]
        ),
        max_size=25,
    )
)
@settings(max_examples=500, deadline=None)
def test_any_tokens_are_read_or_refused(words):
    text = " ".join(words)
    try:
        reward = Reward(text)
    except RewardError as problem:
        assert str(problem)
    else:
        node = reward.lines["total"]
        assert parse("total", nodes.unparse(node)) == node


def test_pi():
    assert parse("total", "pi") == nodes.Number(math.pi)
