"""JSON that is JSON, and what only looks like it."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.strict_json import loads, loads_all

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**9), 10**9)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(VALUES)
def test_there_and_back(value):
    assert loads(json.dumps(value)) == value


@given(st.lists(VALUES, min_size=1, max_size=3))
def test_several(values):
    assert loads_all("\n;".join(map(json.dumps, values))) == values


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "NaN",
        "-Infinity",
        '{"a": 1, "a": 2}',
        "1e999",
        "9" * 400,
        "[" * 10**5,
        "[" * 51 + "]" * 51,
        '{"a":' * 51 + "1" + "}" * 51,
        '[{"a":' * 26 + "1" + "}]" * 26,
        "9" * 301,
        "{'a': 1}",
        "[1,]",
        "1 x",
        "True",
    ],
)
def test_refused(text):
    with pytest.raises(ValueError):
        loads(text)
    with pytest.raises(ValueError):
        loads_all(text)


@pytest.mark.parametrize(
    "text", ["[" * 50 + "]" * 50, '{"a":' * 49 + "1" + "}" * 49, '[{"a":' * 24 + "1" + "}]" * 24, "9" * 300]
)
def test_just_deep_and_just_long_enough(text):
    assert loads(text) == json.loads(text)
    assert loads_all(text) == [json.loads(text)]


@pytest.mark.parametrize(
    ("text", "values"),
    [(" 1 2", [1, 2]), ("[1][2]", [[1], [2]]), ("1,\n;2;", [1, 2]), ("\n{}\n", [{}]), ("true null", [True, None])],
)
def test_what_may_stand_between_values(text, values):
    assert loads_all(text) == values


@pytest.mark.parametrize("text", ["1 x", "1: 2", ", 1", "", "  ", "; ;"])
def test_what_may_not(text):
    with pytest.raises(ValueError):
        loads_all(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"a": 1, "a": 2}', "a key stands twice"),
        ("-Infinity", "-Infinity is not JSON"),
        ("1e999", "a number is out of range"),
        ("9" * 301, "a number is out of range"),
        ("[" * 51 + "]" * 51, "it is nested too deeply"),
        ("[" * 10**5, "it is nested too deeply"),
    ],
)
def test_why_is_said(text, message):
    with pytest.raises(ValueError, match=message):
        loads(text)
    with pytest.raises(ValueError, match=message):
        loads_all(text)
