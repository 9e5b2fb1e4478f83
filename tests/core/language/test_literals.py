"""Literals are Python's values, and arithmetic on literal numbers is done when the text is read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay._language.literals import constant, literal
from assay._language.parser import parse


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("3", 3),
        ("-3", -3),
        ("1.5", 1.5),
        ("True", True),
        ("'a'", "a"),
        ("None", None),
        ("[1, 'a', [None]]", [1, "a", [None]]),
        ("(1, 2)", [1, 2]),
        ("2 * 3 + 1", 7),
        ("2 - 3", -1),
        ("-(2 + 3)", -5),
        ("2 * 1.5", 3.0),
        ("1 / 2", 0.5),
        ("4 / 2", 2.0),
        ("2 ** 3", 8.0),
        ("1.0 + 1", 2.0),
    ],
)
def test_a_literal_has_pythons_value_and_type(text, value):
    found = literal(parse("total", text))
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    "text", ["tokens", "1 + tokens", "-tokens", "row.x", "math.answer", "1 / 0", "not 1", "[tokens]"]
)
def test_anything_else_is_none(text):
    with pytest.raises(ValueError, match="takes a literal or a column of the row"):
        literal(parse("total", text))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("3", 3.0),
        ("-(1 + 2)", -3.0),
        ("9 ** 2 / 3", 27.0),
        ("5 - 3 * 4", -7.0),
        ("1 / 0", None),
        ("10.0 ** 100 * 10.0 ** 100 * 10.0 ** 100 * 10.0 ** 100", None),
        ("99.0 ** 100 ** 1 * 99.0 ** 100", None),
        ("(-8) ** 0.5", None),  # a complex number in Python
        ("1 + tokens", None),
        ("tokens + 1", None),
        ("-tokens", None),
        ("'a'", None),
        ("None", None),
    ],
)
def test_a_constant_is_a_finite_number(text, value):
    found = constant(parse("total", text))
    assert found == value
    assert type(found) is type(value)


@given(st.integers(-99, 99), st.sampled_from("+-*"), st.integers(-99, 99))
def test_whole_numbers_stay_whole(left, operator, right):
    value = literal(parse("total", f"({left}) {operator} ({right})"))
    assert value == {"+": left + right, "-": left - right, "*": left * right}[operator]
    assert type(value) is int
