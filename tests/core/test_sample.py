"""Prompts and completions as they come: plain or chat, whole rows or dotted paths."""

from __future__ import annotations

import pytest

from assay import DataError, Sample
from assay._contract.sample import follow, read_samples, text_of

CHAT = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "2+2?"}]
ANSWER = [{"role": "assistant", "content": "4"}]


def test_plain_and_chat_say_the_same():
    plain, chat = Sample.read("4", "2+2?"), Sample.read(ANSWER, CHAT)
    assert (plain.completion, plain.prompt) == (chat.completion, chat.prompt) == ("4", "2+2?")
    assert [m["role"] for m in plain.messages] == ["user", "assistant"]
    assert chat.messages == (*CHAT, *ANSWER)


def test_the_completion_is_the_final_turn():
    turns = [
        {"role": "assistant", "content": "let me look", "tool_calls": []},
        {"role": "tool", "content": "3"},
        {"role": "assistant", "content": "It is 3."},
    ]
    assert Sample.read(turns, "?").completion == "It is 3."
    assert len(Sample.read(turns, "?").messages) == 4


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("a", "a"),
        (None, ""),
        ([{"type": "text", "text": "a"}, {"type": "image", "image": object()}, {"type": "text", "text": "b"}], "a\nb"),
        (["a", "b"], "a\nb"),
        ([], ""),
    ],
)
def test_text_of(content, text):
    assert text_of({"role": "user", "content": content}) == text


@pytest.mark.parametrize("wrong", [3, ["text"], [], {"no": "content"} and 3.5, [1]])
def test_refuses_what_is_no_completion(wrong):
    with pytest.raises(DataError):
        Sample.read(wrong)


def test_content_of_another_type_is_refused():
    with pytest.raises(DataError, match="content"):
        Sample.read([{"role": "assistant", "content": 3}])


def test_rows_with_columns_elsewhere():
    rows = [{"a": {"solution": "4", "deep": [{"x": 7}]}, "q": "2+2?"}]
    (sample,) = read_samples(rows, {"completion": "a.solution", "reference": "a.deep.0.x", "prompt": "q"})
    assert (sample.completion, sample.prompt, sample.row["reference"]) == ("4", "2+2?", 7)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("a.b", 1),
        ("a.c", None),
        ("x.y", 5),
        ("list.1", 20),
        ("list.-1", 30),
        ("list.9", None),
        ("list.z", None),
        ("a.b.c", None),
    ],
)
def test_follow(path, value):
    assert follow({"a": {"b": 1}, "x.y": 5, "list": [10, 20, 30]}, path) == value


def test_messages_alone_hold_prompt_and_completion():
    (sample,) = read_samples([{"messages": CHAT + ANSWER}])
    assert (sample.completion, sample.prompt) == ("4", "2+2?")


def test_groups_are_prompts_unless_named():
    rows = [{"prompt": p, "completion": "x"} for p in ("a", "b", "a")]
    groups = [s.group for s in read_samples(rows)]
    assert groups[0] == groups[2] != groups[1]
    chats = [{"prompt": [{"role": "user", "content": p}], "completion": "x"} for p in ("a", "b", "a")]
    groups = [s.group for s in read_samples(chats)]
    assert groups[0] == groups[2] != groups[1]
    assert len({s.group for s in read_samples([{"completion": "x"}] * 3)}) == 3
    assert len({s.group for s in read_samples([{"completion": "x", "group": [1]}] * 3)}) == 1


def test_a_missing_completion_names_the_row_and_the_way_out():
    with pytest.raises(DataError, match=r"row 1: there is no completion; the columns are response.*--map"):
        read_samples([{"completion": "x"}, {"response": "x"}])
    with pytest.raises(DataError, match="row 0 is a str"):
        read_samples(["x"])


def test_known_columns_are_read():
    (sample,) = read_samples(
        [{"completion": "x", "tokens": 3, "truncated": True, "step": 4, "progress": 0.5, "id": "k"}]
    )
    assert (sample.tokens, sample.truncated, sample.step, sample.progress, sample.id) == (3, True, 4, 0.5, "k")


def test_a_completion_that_is_null_makes_a_sample_that_is_missing():
    rows = [{"completion": None, "prompt": "q", "tokens": 2}, {"completion": "x", "prompt": "q"}]
    missing, there = read_samples(rows)
    assert (missing.missing, missing.completion, missing.prompt, missing.tokens) == (True, "", "q", 2)
    assert [message["role"] for message in missing.messages] == ["user"]
    assert not there.missing
    assert missing.group == there.group
    deep = [{"a": {"text": None}}, {"a": None}, {"a": {"text": "x"}}]
    assert [one.missing for one in read_samples(deep, {"completion": "a.text"})] == [True, True, False]


def test_a_row_without_the_column_of_the_completion_is_refused():
    with pytest.raises(DataError, match=r"row 1: there is no completion; the columns are other\."):
        read_samples([{"response": "x"}, {"other": "x"}], {"completion": "response"})


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"completion": "outptu"}, "^there is no column outptu to take 'completion' from; did you mean output\\?$"),
        ({"completion": "output", "reference": "gst"}, "no column gst to take 'reference' from; did you mean gts"),
        ({"completion": "output", "reference": "zzz"}, "the columns are output, gts$"),
        ({"completion": "output.txt"}, "no column output.txt"),
    ],
)
def test_a_column_that_no_row_has_is_refused_by_its_nearest_name(columns, message):
    with pytest.raises(DataError, match=message):
        read_samples([{"output": "4", "gts": "4"}, {"output": "5", "gts": "4"}], columns)


def test_a_column_that_only_some_rows_have_is_none_in_the_others():
    rows = [{"completion": "x", "gold": {"text": "4"}}, {"completion": "y"}]
    assert [sample.row["reference"] for sample in read_samples(rows, {"reference": "gold.text"})] == ["4", None]


def test_a_row_s_own_group_is_never_that_of_a_row_without_one():
    assert len({s.group for s in read_samples([{"completion": "x", "group": 1}, {"completion": "y"}])}) == 2
