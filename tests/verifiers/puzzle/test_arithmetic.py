"""Countdown and 24: exact, each number once, and nothing but arithmetic."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

import assay
from assay_puzzle import arithmetic
from assay_puzzle.sums import Illegal, read


def judged(text, numbers=(1, 3, 4, 6), target=24, **options):
    return arithmetic(f"<answer>{text}</answer>", numbers=list(numbers), target=target, **options)


RIGHT = [
    "6/(1-3/4)", "6 / (1 - 3 / 4) = 24", "24 = 6/(1-3/4)", "6÷(1−3÷4)", r"\frac{6}{1-\frac{3}{4}}", r"6 \div (1 - 3 \div 4)",
    r"$6/\left(1-3/4\right)$", "[6/(1-3/4)]", "6/(1-3/4).", "-6/(3/4-1)", "((6))/(1-(3/4))", r"\(6/(1-3/4)\)",
]  # fmt: skip


@pytest.mark.parametrize("text", RIGHT)
def test_right(text):
    verdict = judged(text)
    assert (verdict.score, verdict.fields["correct"]) == (1, 1), verdict.reason


@pytest.mark.parametrize(
    ("text", "numbers", "target", "field", "reason"),
    [
        ("6*4", (1, 3, 4, 6), 24, "partial", "1 is not used"),
        ("6*4*1*1*3", (1, 3, 4, 6), 24, "wrong_numbers", "1 is not among"),
        ("8*3", (1, 3, 4, 6), 24, "wrong_numbers", "8 is not among"),
        ("24", (1, 3, 4, 6), 24, "wrong_numbers", "24 is not among"),
        ("1+3+4+6", (1, 3, 4, 6), 24, "", "it comes to 14"),
        ("1+3+4+6 = 24", (1, 3, 4, 6), 24, "", "claims 24"),
        ("6/(1-3/4) = 25", (1, 3, 4, 6), 24, "", "claims 25"),
        ("13+6+4", (1, 3, 4, 6), 23, "wrong_numbers", "13 is not"),
        ("1 3 + 4 + 6", (1, 3, 4, 6), 23, "illegal", "operator is missing"),
        ("4/(3-3)", (3, 3, 4), 24, "illegal", "divides by zero"),
        ("4**2", (2, 4), 16, "illegal", "number is missing"),
        ("4^2", (2, 4), 16, "illegal", "it holds"),
        ("4!", (4,), 24, "illegal", "it holds"),
        ("2(3+4)", (2, 3, 4), 14, "illegal", "operator is missing"),
        ("(1+2", (1, 2), 3, "illegal", "')' is missing"),
        ("1+", (1,), 1, "illegal", "at the end"),
        ("", (1,), 1, "illegal", "no expression"),
        ("2+2 = 1+3", (2, 2), 4, "illegal", "plain number"),
        ("2 = 2 = 2", (2,), 2, "illegal", "several equals"),
        ("1/3*3 + 0", (1, 3, 3), 1, "wrong_numbers", "0 is not among"),
        ("__import__('os').system('true')", (1,), 1, "illegal", "it holds"),
        ("max(1, 24)", (1, 24), 24, "illegal", "it holds"),
        ("1e1", (1, 1), 10, "illegal", "it holds"),
        ("1_0 + 14", (10, 14), 24, "illegal", "it holds"),
        ("٤*٦", (4, 6), 24, "illegal", "it holds"),
        ("(" * 100 + "4" + ")" * 100, (4,), 4, "illegal", "too deeply"),
        ("1+" * 2000 + "1", (1,), 1, "illegal", "characters"),
    ],
)  # fmt: skip
def test_wrong(text, numbers, target, field, reason):
    verdict = judged(text, numbers, target)
    assert verdict.score == 0
    assert reason in verdict.reason
    assert [name for name, value in verdict.fields.items() if value] == ([field] if field else [])


def test_decimals_are_exact():
    """A tenth is a tenth, and not the double next to it."""
    assert judged("0.1 + 0.2", (0.1, 0.2), 0.3).score == 1
    assert judged("0.5 * 48", (0.5, 48)).score == 1


def test_some_numbers_may_be_left_where_the_game_says_so():
    assert judged("6*4", use="some").score == 1
    assert judged("6*4*6", use="some").fields["wrong_numbers"] == 1


def test_defects_of_published_scorers():
    """Truncation (24.5 as 24), foreign numbers in range, floats that are nearly right, several answers."""
    assert judged("(9 + 8) * 3 / 2 - 1", (9, 8, 3, 2), 24).score == 0
    assert judged("4 * 6 * 10 / 10", (1, 2, 3, 4)).score == 0
    assert judged("1 / 3 + 24 - 333333 / 1000000", (1, 3, 24, 333333, 1000000)).score == 0
    assert arithmetic("<answer>6*4</answer><answer>3*8</answer>", numbers=[3, 8]).score == 0
    assert arithmetic("<think><answer>3*8</answer></think>", numbers=[3, 8]).score == 0


def test_nothing_to_solve_is_the_data_s_fault():
    assert judged("1", ()).status == "bad_reference"
    assert judged("1", (float("nan"),)).status == "bad_reference"
    assert judged("1", (1,), float("inf")).status == "bad_reference"


def test_general_points_as_drafted():
    reward = {
        "g": "puzzle.arithmetic(target=row.target, numbers=row.cards)",
        "total": "5 if g.correct else -3 if g.illegal else -2 if g.wrong_numbers else 1 if g.partial else -1",
    }
    texts = ["6/(1-3/4)", "6+", "24", "6*4", "1+3+4+6"]
    rows = [{"completion": f"<answer>{text}</answer>", "target": 24, "cards": [1, 3, 4, 6]} for text in texts]
    assert assay.score(rows, reward).total.tolist() == [5, -3, -2, 1, -1]


EXPRESSIONS = st.recursive(
    st.integers(0, 30).map(str),
    lambda inner: st.tuples(inner, st.sampled_from("+-*/"), inner).map(lambda t: f"({t[0]} {t[1]} {t[2]})"),
    max_leaves=8,
)


@given(EXPRESSIONS)
def test_agrees_with_python_on_fractions(text):
    import re

    counted = [int(number) for number in re.findall("[0-9]+", text)]
    try:
        value = eval(re.sub("([0-9]+)", r"Fraction(\1)", text))  # our own text
    except ZeroDivisionError:
        value = None
    assert read(text).value == value
    assert read(text).numbers == tuple(map(Fraction, counted))
    if value is not None:
        assert judged(text, counted, 10**9).score == (value == 10**9)
        assert judged(f"{text} + {10**9}", [*counted, 10**9], 10**9).score == (value == 0)


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text):
    try:
        read(text)
    except Illegal as problem:
        assert str(problem)
