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
