"""Worked examples of each published shape, and the laws that hold for all inputs."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import assay
from assay_shapes.curves import linear, ramp
from assay_shapes.lengths import cosine, kimi, overlong

LENGTHS = st.integers(0, 100_000)
FINITE = st.floats(-1e6, 1e6, allow_nan=False)


class TestCosine:
    @pytest.mark.parametrize(
        ("correct", "length", "paid"),
        [(1, 0, 2.0), (1, 500, 1.5), (1, 999.999999, 1.0), (0, 0, -10.0), (0, 500, -5.0), (0, 250, -5 - 10 * 2**0.5 / 4),
         (1, 1000, -10.0), (0, 2000, -10.0)],
    )  # fmt: skip
    def test_the_paper_s_own_constants(self, correct, length, paid):
        assert cosine(correct, length, 1000, over=-10) == pytest.approx(paid)

    def test_scaled_to_half_and_one(self):
        """0.5..1 for right answers and -1..-0.5 for wrong ones, as several trainers ship it."""
        paid = cosine(
            np.array([1.0, 1, 1, 0, 0, 0]),
            np.array([0.0, 50, 100] * 2),
            100,
            right=[1, 0.5],
            wrong=[-1, -0.5],
        )
        assert paid == pytest.approx([1, 0.75, 0.5, -1, -0.75, -0.5])

    @given(st.booleans(), LENGTHS, LENGTHS, st.integers(1, 100_000))
    def test_bounded_and_monotone(self, correct, one, two, limit):
        short, long = sorted((one, two))
        first, second = (cosine(correct, length, limit) for length in (short, long))
        low, high = (1, 2) if correct else (-10, 0)
        assert low - 1e-9 <= first <= high + 1e-9
        assert first >= second - 1e-9 if correct else first <= second + 1e-9

    def test_refuses(self):
        with pytest.raises(ValueError, match="limit above 0"):
            cosine(1, 5, 0)
        with pytest.raises(ValueError, match="two numbers"):
            cosine(1, 5, 10, right=[1, 2, 3])


class TestKimi:
    @pytest.mark.parametrize(
        ("correct", "length", "paid"), [(1, 100, 0.5), (1, 200, 0.0), (1, 300, -0.5), (0, 100, 0), (0, 300, -0.5)]
    )
    def test_worked(self, correct, length, paid):
        assert kimi(correct, length, 100, 300) == pytest.approx(paid)

    def test_equal_lengths_pay_nothing(self):
        assert kimi(
            np.array([1.0, 0.0]), np.array([7.0, 7.0]), np.array([7.0, 7.0]), np.array([7.0, 7.0])
        ).tolist() == [0, 0]

    @given(st.lists(LENGTHS, min_size=1, max_size=20), st.data())
    def test_bounded_monotone_and_never_a_gain_for_wrong_ones(self, lengths, data):
        correct = np.array(data.draw(st.lists(st.booleans(), min_size=len(lengths), max_size=len(lengths))), float)
        each = np.array(lengths, float)
        paid = kimi(correct, each, each.min(), each.max())
        assert (np.abs(paid) <= 0.5).all()
        assert (paid[correct == 0] <= 0).all()
        order = np.argsort(each[correct > 0])
        assert (np.diff(paid[correct > 0][order]) <= 1e-12).all()

    def test_refuses_extremes_of_another_group(self):
        with pytest.raises(ValueError, match="own extremes"):
            kimi(1.0, 400, 100, 300)


class TestOverlong:
    @pytest.mark.parametrize(
        ("length", "paid"), [(0, 0), (16384, 0), (17408, -0.25), (18432, -0.5), (20480, -1), (30000, -1)]
    )
    def test_equation_13(self, length, paid):
        assert overlong(length, 20480, 4096) == pytest.approx(paid)

    @given(LENGTHS, LENGTHS, st.integers(1, 50_000), st.integers(1, 50_000))
    def test_bounded_and_monotone(self, one, two, limit, buffer):
        limit, buffer = max(limit, buffer), min(limit, buffer)
        short, long = sorted((one, two))
        first, second = overlong(short, limit, buffer), overlong(long, limit, buffer)
        assert -1 <= second <= first <= 0

    def test_refuses(self):
        for buffer in (0, 11):
            with pytest.raises(ValueError, match="buffer"):
                overlong(5, 10, buffer)


class TestRamp:
    def test_falling_cosine_of_reason_rft(self):
        errors = np.array([0.0, 0.05, 0.125, 0.2, 1.0])
        assert ramp(errors, 0.20, 0.05, "cosine") == pytest.approx([1, 1, 0.5, 0, 0])
        assert ramp(errors, 0.20, 0.05) == pytest.approx([1, 1, 0.5, 0, 0])
        assert ramp(0.0875, 0.20, 0.05, "cosine") == pytest.approx(0.5 * (np.cos(np.pi / 4) + 1))

    def test_schedule_of_toolrl(self):
        assert ramp(np.array([0.0, 75, 150, 300]), 0, 150).tolist() == [0, 0.5, 1, 1]

    @given(FINITE, FINITE, FINITE, FINITE, st.sampled_from(["linear", "cosine"]))
    def test_bounded_and_monotone(self, one, two, start, end, curve):
        if start == end:
            return
        low, high = sorted((one, two))
        first, second = ramp(low, start, end, curve), ramp(high, start, end, curve)
        assert 0 <= first <= 1
        assert first <= second + 1e-9 if start < end else first >= second - 1e-9

    def test_refuses(self):
        with pytest.raises(ValueError, match="differ"):
            ramp(1, 2, 2)
        with pytest.raises(ValueError, match="curves"):
            ramp(1, 2, 3, "cubic")


class TestLinear:
    def test_coverage_of_splitreason(self):
        shares = np.array([0.0, 0.1, 0.2, 0.6, 1.0])
        assert linear(shares, [0, 0.2, 1], [0, 1, -1]) == pytest.approx([0, 0.5, 1, 0, -1])

    def test_level_outside(self):
        assert linear(np.array([-5.0, 5.0]), [0, 1], [2, 3]).tolist() == [2, 3]

    @given(FINITE, st.lists(st.tuples(st.integers(-100, 100), st.integers(-9, 9)), min_size=2, max_size=6))
    def test_between_its_points(self, value, points):
        points = sorted(dict(points).items())
        if len(points) < 2:
            return
        at, pays = zip(*points, strict=True)
        assert min(pays) - 1e-9 <= linear(value, at, pays) <= max(pays) + 1e-9
        assert linear(np.array(at, float), at, pays) == pytest.approx(pays)

    @pytest.mark.parametrize(("at", "pays"), [([0], [1]), ([0, 1], [1]), ([1, 0], [0, 1]), ([0, 0], [0, 1])])
    def test_refuses(self, at, pays):
        with pytest.raises(ValueError, match="needs"):
            linear(0.5, at, pays)


ROWS = [
    {"completion": "x", "prompt": "p", "right": right, "tokens": tokens, "limit": 1000}
    for right, tokens in ((1, 100), (1, 300), (0, 100), (0, 300))
]


@pytest.mark.parametrize(
    ("reward", "totals"),
    [
        ("shape.kimi(row.right, tokens, group.min(tokens), group.max(tokens))", [0.5, -0.5, 0, -0.5]),
        ("shape.overlong(tokens, limit=300, buffer=200)", [0, -1, 0, -1]),
        ("shape.ramp(tokens, 100, 300)", [0, 1, 0, 1]),
        ("shape.linear(tokens, at=[100, 300], pays=[1, -1])", [1, -1, 1, -1]),
        ("shape.cosine(row.right, tokens, limit=200, right=[1, 0.5], wrong=[-1, -0.5], over=-2)", [0.75, -2, -0.75, -2]),
        ("shape.cosine(row.right, tokens, limit=row.limit) > 0", [1, 1, 0, 0]),
    ],
)  # fmt: skip
def test_in_a_reward(reward, totals):
    scores = assay.score(ROWS, reward)
    assert scores.total == pytest.approx(totals), scores.reasons


def test_a_mistake_is_an_error_with_a_sentence():
    scores = assay.score(ROWS, "shape.overlong(tokens, limit=10, buffer=20)")
    assert scores.status == ["error"] * 4
    assert "no longer than the limit" in scores.reasons[0]


def test_an_abstention_stays_one():
    rows = [row | {"reference": None} for row in ROWS]
    scores = assay.score(rows, "shape.cosine(math.answer, tokens, limit=1000)")
    assert scores.status == ["bad_reference"] * 4
