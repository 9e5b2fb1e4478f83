"""Errors as a person reads them: where the mistake is, how many there are, what was meant."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.errors import Problem, nearest, refuse, shorten


def problem(text, at, line="total"):
    return Problem("name", line, text, at, "what to do")


@pytest.mark.parametrize(
    ("text", "at", "shown"),
    [
        ("1 + tokns", (4, 9), "total, character 5: what to do\n    1 + tokns\n        ^^^^^"),
        ("tokns", (0, 5), "total, character 1: what to do\n    tokns\n    ^^^^^"),
        ("1 +\n tokns", (5, 10), "total, character 2 of line 2: what to do\n     tokns\n     ^^^^^"),
        ("(1 +\n2)", (0, 7), "total, character 1 of line 1: what to do\n    (1 +\n    ^^^^"),
        ("", (0, 0), "total, character 1: what to do\n    \n    ^"),
        ("(1", (2, 3), "total, character 3: what to do\n    (1\n      ^"),
    ],
)
def test_a_problem_points_at_its_characters(text, at, shown):
    assert str(problem(text, at)) == shown


@given(st.integers(0, 200), st.integers(1, 40), st.integers(0, 200), st.booleans())
def test_the_carets_stand_below_what_they_mean_however_long_the_line(before, width, after, second):
    """Only so much of a line is shown; what is left out is marked."""
    earlier = "first +\n" if second else ""
    text = earlier + "a" * before + "x" * width + "b" * after
    start = len(earlier) + before
    _, excerpt, pointer = str(problem(text, (start, start + width))).split("\n")
    assert excerpt[pointer.index("^") : pointer.rindex("^") + 1] == "x" * width
    assert set(pointer) <= {" ", "^"}
    assert len(excerpt) <= 4 + 110 + 2 * len("...")


def test_of_a_long_line_the_neighbourhood_is_shown():
    _, excerpt, pointer = str(problem("a" * 100 + "tokns" + "b" * 100, (100, 105))).split("\n")
    assert excerpt == "    ..." + "a" * 60 + "tokns" + "b" * 45 + "..."
    assert pointer == " " * (4 + 3 + 60) + "^" * 5
    _, excerpt, pointer = str(problem("x" * 300, (0, 300))).split("\n")
    assert excerpt == "    " + "x" * 110 + "..."
    assert pointer == "    " + "^" * 110


@pytest.mark.parametrize(("many", "last"), [(1, "^"), (8, "^"), (9, "... and 1 more"), (20, "... and 12 more")])
def test_of_many_problems_eight_are_shown_and_all_are_carried(many, last):
    problems = [problem("tokns", (0, 5), f"line{n}") for n in range(many)]
    error = refuse(problems)
    assert error.problems == tuple(problems)
    assert [f"line{n}, character 1" in str(error) for n in range(many)] == [n < 8 for n in range(many)]
    assert str(error).splitlines()[-1].endswith(last)
    assert len(str(error).splitlines()) == 3 * min(many, 8) + (many > 8)


@pytest.mark.parametrize(
    ("name", "known", "meant"),
    [
        ("tokns", ["steps", "tokens"], "tokens"),
        ("tokens", iter(["token", "tokens"]), "tokens"),
        ("zebra", ["steps", "tokens"], None),
        ("anwser", ["answers", "answer"], "answer"),
        ("x", [], None),
    ],
)
def test_a_misspelt_name_means_the_nearest(name, known, meant):
    assert nearest(name, known) == meant


@pytest.mark.parametrize(("text", "shown"), [("12345678", "12345678"), ("123456789", "12345..."), ("", "")])
def test_what_is_too_long_is_cut_and_says_so(text, shown):
    assert shorten(text, 8) == shown
