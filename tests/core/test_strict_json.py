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


def test_just_deep_enough():
    assert loads("[" * 50 + "]" * 50)
