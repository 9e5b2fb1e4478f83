"""The laws of group statistics: the order never matters, and equal values differ by nothing, to the last bit."""

from __future__ import annotations

import math

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from assay._language.groups import BROADCAST, RELATIVE

NUMBERS = st.floats(-1e6, 1e6)
MANY = st.lists(NUMBERS, min_size=1, max_size=12)
#: Eighths: sums, shifts and doublings of these are exact.
EIGHTHS = st.integers(-800, 800).map(lambda n: n / 8)
EXACT = st.lists(EIGHTHS, min_size=1, max_size=12)


@pytest.mark.parametrize(
    ("statistic", "values", "expected"),
    [
        ("mean", [1, 2, 6], 3),
        ("mean", [-1], -1),
        ("min", [3, -1, 2], -1),
        ("max", [3, -1, 2], 3),
        ("std", [2, 4, 4, 4, 5, 5, 7, 9], 2),  # the population's
        ("std", [1, 3], 1),
        ("std", [5], 0),
        ("any", [0, -1], 0),
        ("any", [0, 0.001], 1),
        ("count", [1, 0.5, 0, -2], 2),
        ("count", [0], 0),
    ],
)
def test_a_number_for_the_group(statistic, values, expected):
    assert BROADCAST[statistic](values) == expected


@pytest.mark.parametrize(
    ("statistic", "value", "among", "expected"),
    [
        ("zscore", 3, [1, 3], 1),
        ("zscore", 2, [2, 4, 4, 4, 5, 5, 7, 9], -1.5),
        ("zscore", 4, [4], 0),
        ("rank", 1, [1, 2, 3], 0),
        ("rank", 2, [1, 2, 3], 0.5),
        ("rank", 3, [1, 2, 3], 1),
        ("rank", 2, [1, 2, 2, 3], 0.5),
        ("rank", 2, [2, 2, 3], 0.25),
        ("rank", 4, [4], 0.5),
        ("rank", 4, [4, 4], 0.5),
    ],
)
def test_a_number_for_each_member(statistic, value, among, expected):
    assert RELATIVE[statistic](value, among, True) == expected


@pytest.mark.parametrize(
    ("statistic", "value", "among", "expected"),
    [("rank", 2, [1, 3, 4, 5], 0.25), ("rank", 2, [2, 3], 0.25), ("rank", 4, [4], 0.5), ("zscore", 5, [1, 3], 3)],
)
def test_a_member_outside_is_compared_with_all_of_those_inside(statistic, value, among, expected):
    assert RELATIVE[statistic](value, among, False) == expected


@given(NUMBERS, st.integers(1, 9))
@example(0.1, 3)  # whose mean is not 0.1
def test_equal_values_deviate_by_nothing(value, size):
    values = [value] * size
    assert BROADCAST["std"](values) == 0
    assert RELATIVE["zscore"](value, values, True) == 0
    assert RELATIVE["rank"](value, values, True) == 0.5


@pytest.mark.parametrize("statistic", BROADCAST)
@given(values=MANY, random=st.randoms())
def test_the_order_of_a_group_is_no_matter(statistic, values, random):
    shuffled = random.sample(values, len(values))
    assert BROADCAST[statistic](shuffled) == BROADCAST[statistic](values)


@pytest.mark.parametrize("statistic", RELATIVE)
@given(values=MANY, random=st.randoms())
def test_the_order_of_the_others_is_no_matter(statistic, values, random):
    shuffled = random.sample(values, len(values))
    assert RELATIVE[statistic](values[0], shuffled, True) == RELATIVE[statistic](values[0], values, True)


@given(EXACT, EIGHTHS)
def test_a_shift_of_all_moves_the_place_and_keeps_the_spread(values, shift):
    moved = [value + shift for value in values]
    for place in ("mean", "min", "max"):
        assert BROADCAST[place](moved) == pytest.approx(BROADCAST[place](values) + shift)
    assert BROADCAST["std"](moved) == pytest.approx(BROADCAST["std"](values))
    assert RELATIVE["zscore"](moved[0], moved, True) == pytest.approx(RELATIVE["zscore"](values[0], values, True))
    assert RELATIVE["rank"](moved[0], moved, True) == RELATIVE["rank"](values[0], values, True)


@given(EXACT, st.sampled_from([0.5, 2.0, 8.0]))
def test_a_change_of_units_scales_place_and_spread_alike(values, factor):
    scaled = [value * factor for value in values]
    for statistic in ("mean", "min", "max", "std"):
        assert BROADCAST[statistic](scaled) == pytest.approx(BROADCAST[statistic](values) * factor)
    for statistic in ("any", "count"):
        assert BROADCAST[statistic](scaled) == BROADCAST[statistic](values)
    for statistic in RELATIVE:
        assert RELATIVE[statistic](scaled[0], scaled, True) == pytest.approx(
            RELATIVE[statistic](values[0], values, True)
        )


@given(MANY)
def test_the_mean_lies_between_the_extremes(values):
    assert BROADCAST["min"](values) <= BROADCAST["mean"](values) <= BROADCAST["max"](values) or math.isclose(
        BROADCAST["min"](values), BROADCAST["max"](values)
    )


@given(EXACT)
def test_the_scores_of_a_group_balance(values):
    """Standard scores sum to nothing, and ranks to a half each."""
    assert math.fsum(RELATIVE["zscore"](value, values, True) for value in values) == pytest.approx(0, abs=1e-9)
    assert math.fsum(RELATIVE["rank"](value, values, True) for value in values) == pytest.approx(len(values) / 2)


@given(EXACT)
def test_what_is_above_when_read_upwards_is_below_when_read_downwards(values):
    mirrored = [-value for value in values]
    assert RELATIVE["rank"](-values[0], mirrored, True) == pytest.approx(1 - RELATIVE["rank"](values[0], values, True))
    assert RELATIVE["zscore"](-values[0], mirrored, True) == pytest.approx(-RELATIVE["zscore"](values[0], values, True))
