"""Layouts, and what models do to be paid for them."""

from __future__ import annotations

import json as _json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import assay
from assay_format import answer, boxed, json, regex, tag_count, tags

GOOD = "<think>a</think>\n<answer>b</answer>"
NAMES = ["think", "answer"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "nowhere"),
        ("<think>a</think>", "<answer> stands nowhere"),
        (GOOD + "<answer>c</answer>", "twice"),
        (GOOD + GOOD, "twice"),
        ("<answer>b</answer><think>a</think>", "order"),
        ("<think>a<answer>b</answer></think>", "order"),
        ("<think>a<answer></think>b</answer>", "order"),
        ("so " + GOOD, "outside"),
        (GOOD + " done", "outside"),
        ("<think>a</think> x <answer>b</answer>", "outside"),
        ("<think></think><answer>b</answer>", "<think> is empty"),
        ("<think> \n</think><answer>b</answer>", "<think> is empty"),
        ("<Think>a</Think><answer>b</answer>", "<think> stands nowhere"),
        ('<think x="1">a</think><answer>b</answer>', "<think> stands nowhere"),
        ("<think>a<answer>b</answer>", "</think> stands nowhere"),
        ("<think>" * 9 + "a</think><answer>b</answer>", "9 times"),
    ],
)
def test_tags_refuses(text, reason):
    verdict = tags(text, tags=NAMES)
    assert verdict.score == 0
    assert reason in verdict.reason


def test_tags_accepts():
    assert tags(GOOD, tags=NAMES).score == 1
    assert tags(f"\n {GOOD} \n", tags=NAMES).score == 1
    assert tags("x " + GOOD, tags=NAMES, outside=True).score == 1
    assert tags("<think></think><answer>b</answer>", tags=NAMES, empty=True).score == 1
    assert tags("<a>1</a><b>2</b><b>3</b>", tags=["a", "b", "b"]).score == 1
    assert tags("<a>1</a><b>2</b>", tags=["a", "b", "b"]).score == 0
    assert tags("<think>if a < b > c and </p></think><answer>b</answer>", tags=NAMES).score == 1


def test_tags_graded():
    graded = [
        tags(text, tags=NAMES, credit="fraction").score
        for text in ("", "<think>a</think>", "<answer>b</answer><think>a</think>", "x" + GOOD, GOOD)
    ]
    assert graded == [0, 0.25, 0.5, 0.75, 1]
    assert tags(GOOD, tags=NAMES, credit="span").score == 1
    assert tags("xx<a>yy</a>", tags=["a"], credit="span").score == pytest.approx(9 / 11)
    assert tags("", tags=["a"], credit="span").score == 0


def test_tag_count():
    assert [
        tag_count(t, tags=NAMES).score for t in ("", "<think>", "<think></think><answer>", GOOD, GOOD + "<think>")
    ] == [0, 0.25, 0.75, 1, 0.75]


def test_regex():
    assert regex("abc", pattern="^a").score == 1
    assert regex("x\nabc", pattern="^a").score == 0
    assert regex("abc", pattern="b", match="full").score == 0
    assert regex("ABC", pattern="b", ignore_case=True).score == 1
    assert regex("abc", pattern=["a", "z"]).score == 0
    assert regex("abc", pattern=["a", "z"], credit="fraction").score == 0.5
    started = time.thread_time()
    assert regex("a" * 10_000 + "!", pattern="(a+)+$").status == "timeout"
    assert time.thread_time() - started < 4
    with pytest.raises(ValueError, match="not a regular expression"):
        regex("a", pattern="(")


SCHEMA = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}


@pytest.mark.parametrize(
    ("text", "options", "score"),
    [
        ('{"n": 1}', {}, 1),
        ('```json\n{"n": 1}\n```', {}, 1),
        ('Here: {"n": 1}', {}, 0),
        ('<think>{"n": 2}</think>{"n": 1}', {}, 1),
        ("[1, 2]", {}, 1),
        ('{"n": 1', {}, 0),
        ('{"n": NaN}', {}, 0),
        ('{"n": Infinity}', {}, 0),
        ('{"n": 1, "n": 2}', {}, 0),
        ("[" * 100_000, {}, 0),
        ("[" * 150 + "]" * 150, {}, 0),
        ("", {}, 0),
        ('{"n": 1}', {"schema": SCHEMA}, 1),
        ('{"n": 1}', {"schema": _json.dumps(SCHEMA)}, 1),
        ('{"n": "1"}', {"schema": SCHEMA}, 0),
        ('{"m": 1}', {"schema": SCHEMA}, 0),
        ('{"m": 1}', {"keys": ["n", "m"]}, 0),
        ('{"m": 1}', {"keys": ["n", "m"], "credit": "fraction"}, 2 / 3),
        ('{"n": "1"}', {"schema": SCHEMA, "credit": "fraction"}, 0.5),
        ("[1]", {"keys": ["n"]}, 0),
    ],
)
def test_json(text, options, score):
    assert json(text, **options).score == pytest.approx(score)


def test_json_fetches_nothing_and_refuses_what_is_no_schema():
    verdict = json.judge({"completion": "{}"}, {"schema": {"$ref": "http://127.0.0.1:9/x.json"}})
    assert verdict.status == "error"
    with pytest.raises(ValueError, match="not a JSON Schema"):
        json("{}", schema={"type": "nothing"})


def test_boxed_and_answer():
    assert [
        boxed(t).score for t in (r"\boxed{1}", r"\boxed{1}\boxed{2}", r"\boxed{1", "1", r"<think>\boxed{1}</think>")
    ] == [1, 0, 0, 0, 0]
    assert [boxed(t, credit="fraction").score for t in (r"\boxed{1}", r"\boxed{1}\boxed{2}", r"\boxed{1", "1")] == [
        1,
        0.5,
        0.5,
        0,
    ]
    assert answer("<answer>1</answer>").score == 1
    assert answer("1", extract="last_number").score == 1
    assert answer("one").score == 0


def test_in_a_reward():
    rows = [{"completion": GOOD, "schema": SCHEMA}, {"completion": '{"n": 1}', "schema": SCHEMA}]
    assert assay.score(rows, 'format.tags(["think", "answer"])').total.tolist() == [1, 0]
    assert assay.score(rows, "format.json(schema=row.schema)").total.tolist() == [0, 1]
    assert assay.score(rows, 'format.tags(["think", "answer"], credit="fraction")').total.tolist() == [1, 0]


@pytest.mark.parametrize("piece", ["<think>", "</think>", "<", "<think>a</think>", "\\boxed{", "{", "```\n", "\0"])
def test_a_megabyte_of_anything(piece):
    text = piece * (10**6 // len(piece))
    started = time.thread_time()
    for one in (tags, tag_count):
        one(text, tags=NAMES)
    tags(text, tags=NAMES, credit="fraction")
    tags(text, tags=NAMES, credit="span")
    boxed(text)
    answer(text)
    json(text)
    assert time.thread_time() - started < 8


@given(
    st.lists(st.sampled_from(["<think>", "</think>", "<answer>", "</answer>", "x", " ", "\n"]), max_size=12).map(
        "".join
    )
)
@settings(max_examples=400, deadline=None)
def test_grades_agree_with_the_whole(text):
    whole = tags(text, tags=NAMES).score
    for credit in ("fraction", "span"):
        graded = tags(text, tags=NAMES, credit=credit).score
        assert 0 <= graded <= 1
        assert (graded == 1) or not whole
    assert (tags(text, tags=NAMES, credit="fraction").score == 1) == (whole == 1)
    if whole:
        assert tag_count(text, tags=NAMES).score == 1
