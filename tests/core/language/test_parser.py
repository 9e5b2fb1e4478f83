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
        ("1" + "0" * 400, "too large"),
        ("row.x(1)", "total, character 1: a column can't be called"),
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
    ("text", "pointed", "kind", "message"),
    [
        ("", "", "syntax", "the line is empty; give it an expression, such as 'math.answer'"),
        ("   \n ", "", "syntax", "the line is empty; give it an expression, such as 'math.answer'"),
        ("lambda: 1", "lambda: 1", "syntax", "a lambda is not part of the reward language"),
        ("[x for x in y]", "[x for x in y]", "syntax", "a comprehension is not part of the reward language"),
        ("f'{tokens}'", "f'{tokens}'", "syntax", "an f-string is not part of the reward language"),
        (
            "__import__('os')",
            "__import__",
            "name",
            "there is no function '__import__'; there are abs, case, clip, cos, default, exp, log, max, mean, min, ratio, scored, sqrt, sum, tanh",
        ),
        (
            "math.answer.__class__.__mro__",
            "math.answer.__class__.__mro__",
            "syntax",
            "a dot follows row, group, a plugin, a line that holds one verifier, or a verifier",
        ),
        ("math.answer().a()", "math.answer().a", "syntax", "only functions and verifiers (plugin.leaf) can be called"),
        (
            "(1).real",
            "(1).real",
            "syntax",
            "a dot follows row, group, a plugin, a line that holds one verifier, or a verifier",
        ),
        ("row", "row", "name", "'row' needs a column: row.answer"),
        (
            "row()",
            "row",
            "name",
            "there is no function 'row'; there are abs, case, clip, cos, default, exp, log, max, mean, min, ratio, scored, sqrt, sum, tanh",
        ),
        ("group", "group", "name", "'group' needs a statistic: group.mean(...)"),
        ("group.median(tokens)", "group.median(tokens)", "name", "there is no group.median; did you mean group.mean?"),
        ("group.men(tokens)", "group.men(tokens)", "name", "there is no group.men; did you mean group.mean?"),
        ("group.mean()", "group.mean()", "argument", "group.mean takes one value: group.mean(math.answer)"),
        (
            "group.mean(tokens, by=1)",
            "group.mean(tokens, by=1)",
            "argument",
            "group.mean has no argument 'by'; it takes where=",
        ),
        (
            "group.size(tokens)",
            "group.size(tokens)",
            "syntax",
            "group.size takes no value: it is the number of samples of the prompt",
        ),
        ("tokns", "tokns", "name", "there is no name 'tokns'; did you mean 'tokens'?"),
        (
            "answer",
            "answer",
            "name",
            "there is no name 'answer'; a column is row.answer, a verifier is plugin.leaf (see `assay list`), and other names are lines of the reward",
        ),
        ("abs", "abs", "name", "'abs' is a function: abs(...)"),
        ("abs(1, 2)", "abs(1, 2)", "argument", "abs takes one value, got 2 arguments"),
        (
            "sine(1)",
            "sine",
            "name",
            "there is no function 'sine'; there are abs, case, clip, cos, default, exp, log, max, mean, min, ratio, scored, sqrt, sum, tanh",
        ),
        ("min(1)", "min(1)", "argument", "min takes two or more values, got 1 arguments"),
        (
            "mean(1, weight=[1])",
            "weight=[1]",
            "argument",
            "mean has no argument 'weight'; it takes one or more values, and weights=[...]",
        ),
        ("clip(tokens, 2, 1)", "clip(tokens, 2, 1)", "syntax", "clip's lower bound 2 is above its upper bound 1"),
        (
            "case(tokens > 1, 2)",
            "case(tokens > 1, 2)",
            "argument",
            "case takes condition, value, condition, value, ..., otherwise, got 2 arguments",
        ),
        (
            "case(tokens > 1, 2, tokens > 3, 4)",
            "case(tokens > 1, 2, tokens > 3, 4)",
            "syntax",
            "case takes condition, value, condition, value, ..., otherwise; the last value, without a condition, is missing",
        ),
        ("math.answer(*a)", "*a", "syntax", "a starred argument is not part of the reward language"),
        ("math.answer(**a)", "a", "syntax", "a starred argument is not part of the reward language"),
        ("math.answer(a=1, a=2)", "a=2", "syntax", "'a' is given twice"),
        ("tokens % 2", "tokens % 2", "syntax", "this operator is not part of the reward language; it has + - * / **"),
        ("tokens // 2", "tokens // 2", "syntax", "this operator is not part of the reward language; it has + - * / **"),
        ("~tokens", "~tokens", "syntax", "'~' is not part of the reward language; write 'not'"),
        ("tokens is 3", "tokens is 3", "syntax", "'is' asks only for None; compare values with =="),
        (
            "tokens == None",
            "tokens == None",
            "syntax",
            "a comparison with None is never true; write 'is None' or 'is not None'",
        ),
        ("1 in tokens", "tokens", "syntax", "'in' needs a literal list or tuple, or a column of lists"),
        (
            "1 < tokens in [1]",
            "1 < tokens in [1]",
            "syntax",
            "'is' and 'in' can't be part of a chain; put them in brackets",
        ),
        ("1j", "1j", "syntax", "a complex is not part of the reward language"),
        ("b'x'", "b'x'", "syntax", "a bytes is not part of the reward language"),
        ("...", "...", "syntax", "a ellipsis is not part of the reward language"),
        ("{1: 2}", "{1: 2}", "syntax", "a dict is not part of the reward language"),
        ("(x := 1)", "x := 1", "syntax", "an assignment is not part of the reward language"),
        ("row.a.b['c']", "row.a.b['c']", "syntax", 'only row["column"] takes brackets'),
        ("1e999", "1e999", "syntax", "the number is too large"),
        ("9**9**9", "9**9", "syntax", "the exponent 3.8742e+08 is above 100"),
        ("tokens ** 101", "101", "syntax", "the exponent 101 is above 100"),
        ("tokens ** -(10 ** 3)", "-(10 ** 3)", "syntax", "the exponent -1000 is above 100"),
        ("row[3]", "row[3]", "syntax", 'a column is named by a text: row["final answer"]'),
        ("tokens[0]", "tokens[0]", "syntax", 'only row["column"] takes brackets'),
        ("row[tokens]", "row[tokens]", "syntax", 'only row["column"] takes brackets'),
        (
            "a.b.c.d",
            "a.b.c.d",
            "syntax",
            "a dot follows row, group, a plugin, a line that holds one verifier, or a verifier",
        ),
        ("right.a.b", "right.a.b", "syntax", "'a.b' has too many dots; a verifier's score has a single name"),
        (
            "right.x(1)",
            "right.x",
            "name",
            "'right' is a line of this reward, so 'right.x(...)' can't name a plugin's verifier; rename the line",
        ),
        (
            "right(1)",
            "right",
            "name",
            "there is no function 'right'; it is a line of this reward, and a line is used by its bare name",
        ),
        ("abz(1)", "abz", "name", "there is no function 'abz'; did you mean 'abs'?"),
        ("tokens + a.b(1)(2)", "a.b(1)", "syntax", "only functions and verifiers (plugin.leaf) can be called"),
        ("mean()", "mean()", "argument", "mean takes one or more values, and weights=[...], got 0 arguments"),
        ("math.answer(x=tokns)", "tokns", "name", "there is no name 'tokns'; did you mean 'tokens'?"),
        (
            "1 + group.mean(tokens, where=1, by=2, at=3)",
            "group.mean(tokens, where=1, by=2, at=3)",
            "argument",
            "group.mean has no argument 'at'; it takes where=",
        ),
        ("2 * group.mean(1, 2)", "group.mean(1, 2)", "argument", "group.mean takes one value: group.mean(math.answer)"),
        ("group.mean.x", "group.mean.x", "name", "there is no group.mean.x; did you mean group.mean?"),
        (
            "group.x",
            "group.x",
            "name",
            "there is no group.x; there are mean, min, max, std, rank, zscore, any, count, size",
        ),
        (
            "default(1)",
            "default(1)",
            "argument",
            "default takes a value, its replacement where it abstains, and on_error=, got 1 arguments",
        ),
        ("tokens in 'abc'", "'abc'", "syntax", "'in' needs a literal list or tuple, or a column of lists"),
        ("None < 1", "None < 1", "syntax", "a comparison with None is never true; write 'is None' or 'is not None'"),
        ("{1}", "{1}", "syntax", "a set is not part of the reward language"),
        ("2 + {x: 1 for x in y}", "{x: 1 for x in y}", "syntax", "a comprehension is not part of the reward language"),
        ("2 * await x", "await x", "syntax", "await is not part of the reward language"),
        ("yield", "yield", "syntax", "a yield is not part of the reward language"),
        ("tokens ** 1e3", "1e3", "syntax", "the exponent 1000 is above 100"),
        ("row['größe'] + ~tokens", "~tokens", "syntax", "'~' is not part of the reward language; write 'not'"),
        (
            "tokens +\n row()",
            "row",
            "name",
            "there is no function 'row'; there are abs, case, clip, cos, default, exp, log, max, mean, min, ratio, scored, sqrt, sum, tanh",
        ),
        ("1 + row", "row", "name", "'row' needs a column: row.answer"),
    ],
)
def test_a_refusal_points_at_what_is_wrong_and_says_what_to_do(text, pointed, kind, message):
    with pytest.raises(RewardError) as caught:
        Reward({"right": "a.b", "total": text})
    (problem,) = caught.value.problems
    assert (problem.line, problem.text[slice(*problem.at)], problem.kind) == ("total", pointed, kind)
    assert problem.message == message


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("math.answer +", (13, 14)),  # something is missing at the end
        ("math.answer +\n\n", (13, 14)),
        ("1) + (2", (1, 2)),
        ("tokens == 'abc", (10, 11)),
        ("1 +\n\n 2 +* 3", (9, 10)),
        ("1 +\n tokens )", (13, 14)),  # it closes the bracket that was added, and the added one closes nothing
        ("(1 + 2", (0, 1)),
    ],
)
def test_what_python_can_not_read_is_pointed_at_where_python_says(text, at):
    with pytest.raises(RewardError, match="this can't be read as an expression: ") as caught:
        Reward(text)
    (problem,) = caught.value.problems
    assert (problem.at, problem.kind) == (at, "syntax")


@pytest.mark.parametrize("text", ["'abc", "(1 + 2", "1)", "[1, 2", "a.b(extract='after: "])
def test_what_yaml_may_have_cut_is_said(text):
    with pytest.raises(RewardError, match=r"\. In a YAML file, ' #' starts a comment .*after '\|'\n"):
        Reward(text)


@pytest.mark.parametrize("text", ["1 +* 2", "1 2"])
def test_what_yaml_has_not_cut_has_no_such_hint(text):
    with pytest.raises(RewardError) as caught:
        Reward(text)
    assert "YAML" not in str(caught.value)


@pytest.mark.parametrize("sign", ["+", "-"])
def test_the_sign_that_is_not_clear_is_named(sign):
    with pytest.raises(RewardError, match=rf"whether the '\{sign}' belongs to this branch or to the whole 'if'"):
        Reward(f"1 if tokens else 2 {sign} 3")


def test_a_long_branch_is_shown_in_short():
    long = " + ".join(["tokens"] * 20)
    with pytest.raises(RewardError) as caught:
        Reward(f"1 if a.b else {long}")
    said = caught.value.problems[0].message
    assert said.endswith(": " + f"1 if a.b else {long}"[:77] + "...")
    whole = "1 if a.b else 2 + " + "1" * 62
    with pytest.raises(RewardError) as caught:
        Reward(whole)
    assert caught.value.problems[0].message.endswith(": " + whole)
    with pytest.raises(RewardError) as caught:
        Reward("1 if a.b else\n  2 +\n 3")
    assert caught.value.problems[0].message.endswith(": 1 if a.b else 2 + 3")


@pytest.mark.parametrize(("text", "accepted"), [
    ("tokens ** 100", True), ("tokens ** -100", True), ("tokens ** 101", False), ("tokens ** -101", False),
    ("clip(tokens, 1, 1)", True), ("clip(tokens, 1, 0.5)", False), ("clip(tokens, step, 0)", True),
    ("tokens" + " " * (20_000 - 6), True), ("tokens" + " " * (20_001 - 6), False),
    ("-(" * 74 + "tokens" + ")" * 74, True), ("-(" * 151 + "tokens" + ")" * 151, False),
    ("(\ntokens\n)", True), ("(1)\n+ (2)", True), ("(1)\n) + (2", False), ("max([1][0], 2)", False),
])  # fmt: skip
def test_the_bounds(text, accepted):
    try:
        parse("total", text)
    except RewardError:
        assert not accepted
    else:
        assert accepted


@pytest.mark.parametrize(
    "text",
    [
        "1 if tokens else 2 + 3",
        "1 + 2 if tokens else 3",
        "math.answer - 1 if truncated else 0",
        "0 if truncated else math.answer + 1 if tokens > 3 else 2",
        "tokens * 1 if tokens else 2 - 3",
        "(1 + 2) if tokens else 3 + 4",
        "max(1 + 2 if tokens else 3, 4)",
        "max(4, 1 + 2 if tokens else 3)",
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
        "( 1 + 2 ) if tokens else ( 3 - 4 )",
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
@settings(max_examples=5 * settings.default.max_examples, deadline=None)
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
@settings(max_examples=5 * settings.default.max_examples, deadline=None)
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
