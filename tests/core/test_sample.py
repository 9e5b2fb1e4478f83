"""Prompts and completions as they come: plain or chat, whole rows or dotted paths."""

from __future__ import annotations

import datetime

import pytest

from assay import DataError, Sample
from assay._contract.sample import RUN_FIELDS, follow, known_fields, read_samples, text_of

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
        (["a", {"type": "text", "text": "b"}, 3, {"type": "text", "text": None}, None], "a\nb"),
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


def test_one_message_need_not_stand_in_a_list():
    sample = Sample.read(ANSWER[0], CHAT[1])
    assert (sample.completion, sample.prompt) == ("4", "2+2?")
    assert sample.messages == (CHAT[1], ANSWER[0])


def test_the_last_turn_is_the_completion_where_no_assistant_speaks():
    assert Sample.read([{"role": "tool", "content": "3"}, {"content": "4"}]).completion == "4"
    assert Sample.read([{"role": "assistant", "content": "3"}, {"role": "tool", "content": "4"}]).completion == "3"


def test_a_sample_without_a_prompt():
    sample = Sample.read("4")
    assert (sample.prompt, sample.messages) == ("", ({"role": "assistant", "content": "4"},))
    assert (sample.row, sample.group, sample.id, sample.tokens, sample.truncated) == ({}, None, None, None, None)


def test_the_row_keeps_its_columns_and_gets_the_inputs():
    (sample,) = read_samples(
        [{"response": "4", "gold": "5", "level": 2}], {"completion": "response", "reference": "gold"}
    )
    assert sample.row == {"response": "4", "gold": "5", "level": 2, "completion": "4", "reference": "5"}


def test_messages_are_read_where_there_is_no_completion():
    (sample,) = read_samples([{"messages": CHAT + ANSWER, "completion": None}])
    assert sample.messages == (*CHAT, *ANSWER)
    (sample,) = read_samples([{"messages": CHAT, "completion": "5", "prompt": "?"}])
    assert (sample.completion, sample.prompt) == ("5", "?")
    (sample,) = read_samples([{"messages": "4"}])
    assert (sample.completion, sample.messages) == ("4", ({"role": "user", "content": "4"},))


def test_a_chat_is_one_group_however_its_keys_are_ordered():
    chats = [[{"role": "user", "content": "a"}], [{"content": "a", "role": "user"}], [{"role": "user", "content": "b"}]]
    groups = [sample.group for sample in read_samples([{"prompt": chat, "completion": "x"} for chat in chats])]
    assert groups[0] == groups[1] != groups[2]


def test_what_json_does_not_know_may_stand_in_a_prompt_or_name_a_group():
    day = datetime.date(2026, 1, 1)
    rows = [
        {"prompt": [{"role": "user", "content": "a", "sent": day}], "completion": "x"},
        {"completion": "x", "group": [day]},
    ]
    first, second = read_samples(rows)
    assert "2026-01-01" in str(first.group)
    assert "2026-01-01" in str(second.group)


def test_a_prompt_is_no_other_samples_position():
    """A row without a prompt is a group of its own, also beside a prompt that reads like its number."""
    groups = [sample.group for sample in read_samples([{"completion": "x"}, {"completion": "x", "prompt": "0"}])]
    assert groups[0] != groups[1]


@pytest.mark.parametrize(("named", "known"), [("k", "k"), (7, 7), (None, 0), (1.5, 0), ([1], 0)])
def test_a_sample_is_known_by_its_id_or_its_place(named, known):
    (sample,) = read_samples([{"completion": "x", "id": named}])
    assert sample.id == known


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({}, r"row 0: there is no completion; the columns are \(none\)\. Say which one holds it, as in columns="),
        ({"a": 1, 2: 3}, "the columns are a, 2"),
        ({"completion": 3}, "row 0: expected a text or a list of chat messages, got int"),
        ({"completion": []}, "row 0: the completion has no message; it must be a text or a list"),
        ({"completion": [{"content": {}}]}, "row 0: a message's content must be a text or a list of parts, not dict"),
    ],
)
def test_a_row_that_is_no_sample_says_why(row, message):
    with pytest.raises(DataError, match=message):
        read_samples([row])


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("a.0", "x"),
        ("a.2", None),
        ("a.-2", "x"),
        ("a.-3", None),
        ("a.--1", None),
        ("a.²", None),
        ("t.0", None),
        ("n.a", None),
        ("", None),
        ("b", None),
    ],
)
def test_follow_to_an_end_or_nowhere(path, value):
    assert follow({"a": ["x", "y"], "t": "text", "n": None}, path) == value


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


def test_what_any_sample_tells_of_the_run_is_known():
    samples = read_samples([{"completion": "x", "tokens": 0}, {"completion": "y", "step": 3}])
    assert set(known_fields(samples)) == {"tokens", "step"}
    assert known_fields(read_samples([{"completion": "x"}])) == []
    assert known_fields([]) == list(RUN_FIELDS)
