"""The comparison by itself: its laws, its messages, and the time it takes on what was made to be slow."""

from __future__ import annotations

import random
import time
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay_sql.compare import Rules, compare
from assay_sql.ordering import Expected, unordered
from assay_sql.result import Result, plain

relaxed = settings(deadline=None, max_examples=60)

POSITION, ANY, NAME = Rules(), Rules(columns="any"), Rules(columns="name")

values = st.one_of(
    st.none(), st.booleans(), st.integers(-3, 3), st.sampled_from([0.0, 0.1, 1.0, 1e300, "NaN"]), st.sampled_from(["a", "b", "", "2024-01-05"]),
    st.sampled_from([Decimal("0.1"), Decimal("2.50"), b"a"]),
)  # fmt: skip


@st.composite
def tables(draw, least=0):
    width = draw(st.integers(1, 4))
    return [
        tuple(row)
        for row in draw(st.lists(st.lists(values, min_size=width, max_size=width), min_size=least, max_size=6))
    ] or [(0,) * width]


def result(rows, names=None):
    return Result(tuple(names or [f"c{n}" for n in range(len(rows[0]))]), list(rows))


def bag(rows, names=None):
    return unordered(result(rows, names))


def ordered(rows, blocks=None):
    return Expected(result(rows).names, list(rows), blocks or list(range(len(rows))), ordered=True)


@relaxed
@given(tables(), st.randoms())
def test_a_bag_is_its_permutations(rows, source):
    shuffled = source.sample(rows, len(rows))
    assert compare(result(shuffled), bag(rows), POSITION) is None
    assert compare(result(rows), ordered(rows), POSITION) is None


@relaxed
@given(tables(), st.randoms())
def test_any_columns_are_their_permutations(rows, source):
    order = source.sample(range(len(rows[0])), len(rows[0]))
    swapped = [tuple(row[n] for n in order) for row in source.sample(rows, len(rows))]
    assert compare(result(swapped), bag(rows), ANY) is None
    again = [tuple(row[n] for n in order) for row in rows]
    assert compare(result(again), ordered(rows), ANY) is None


@relaxed
@given(tables(), tables())
def test_it_is_symmetric_and_any_is_no_stricter(left, right):
    for rules in (POSITION, ANY):
        assert (compare(result(left), bag(right), rules) is None) == (compare(result(right), bag(left), rules) is None)
    if compare(result(left), bag(right), POSITION) is None:
        assert compare(result(left), bag(right), ANY) is None


@relaxed
@given(tables(least=1), st.randoms())
def test_a_changed_cell_is_found(rows, source):
    row, column = source.randrange(len(rows)), source.randrange(len(rows[0]))
    changed = list(rows)
    changed[row] = (*rows[row][:column], "changed", *rows[row][column + 1 :])
    found = compare(result(changed), bag(rows), POSITION)
    assert found is not None
    assert f"'changed' instead of {'NULL' if rows[row][column] is None else ''}" in found.reason
    assert compare(result(changed), bag(rows), ANY) is not None
    assert compare(result([*rows, rows[0]]), bag(rows), POSITION).kind == "rows"


@relaxed
@given(st.lists(st.floats(1e-6, 1e6) | st.just(0.0) | st.floats(-1e6, -1e-6), min_size=1, max_size=8), st.randoms())
def test_noise_within_the_tolerance(numbers, source):
    rows = [(n, n * 2.0) for n in numbers]
    noisy = [tuple(v * (1 + source.uniform(-4e-10, 4e-10)) for v in row) for row in rows]
    assert compare(result(source.sample(noisy, len(noisy))), bag(rows), POSITION) is None
    assert compare(result([row[::-1] for row in noisy]), bag(rows), ANY) is None


def test_tolerance_is_no_chain():
    # Each is close to the next and the ends are not.
    chain = [(1.0,), (1.009,), (1.018,), (1.027,)]
    wide = Rules(tolerance=0.01)
    assert compare(result([(1.0,), (1.0,), (1.0,), (1.0,)]), bag(chain), wide) is not None
    assert compare(result([(1.009,), (1.018,), (1.027,), (1.0,)]), bag(chain), wide) is None
    assert compare(result([(1.001,), (1.01,), (1.019,), (1.028,)]), bag(chain), wide) is None
    assert compare(result([(10**12 + 1,), (0.5,)]), bag([(10**12,), (0.5,)]), wide) is not None


def test_numbers():
    same = [
        (1, 1.0),
        (1, Decimal("1.00")),
        (0.1 + 0.2, 0.3),
        (Decimal("3.3333333333333333"), Decimal("3.33333333333333333333")),
        (0.5, Decimal("0.5")),
        (0.1, Decimal("0.1")),
        (1e-17, 0),
        (float("inf"), float("inf")),
    ]
    for left, right in same:
        assert compare(result([(left,)]), bag([(right,)]), POSITION) is None, (left, right)
    different = [
        (1, 2),
        (1, "1"),
        (1, None),
        (0, None),
        ("", None),
        (1e-9, 2e-9),
        (Decimal("1234567890.01"), Decimal("1234567890.02")),
        (10**17, 10**17 + 1),
        (float("inf"), 1e300),
        ("a", "A"),
        ("a", "a "),
        (b"a", "a"),
    ]
    for left, right in different:
        assert compare(result([(left,)]), bag([(right,)]), POSITION) is not None, (left, right)


def test_moments():
    same = [
        ("2024-01-05", "2024-01-05 00:00:00"),
        ("2024-01-05T10:00:00", "2024-01-05 10:00"),
        ("2024-01-05 10:00:00.500", "2024-01-05 10:00:00.5"),
        ("2024-01-05 10:00:00Z", "2024-01-05 10:00:00+00:00"),
    ]
    for left, right in same:
        assert compare(result([(left,)]), bag([(right,)]), POSITION) is None, (left, right)
    for left, right in [
        ("2024-01-05", "2024-01-06"),
        ("2024-01-05 00:00:01", "2024-01-05"),
        ("2024-1-5", "2024-01-05"),
    ]:
        assert compare(result([(left,)]), bag([(right,)]), POSITION) is not None


def test_ties_are_free():
    rows = [(1, "a"), (1, "b"), (2, "c"), (2, "d")]
    wanted = ordered(rows, [0, 0, 1, 1])
    assert compare(result([rows[1], rows[0], rows[3], rows[2]]), wanted, POSITION) is None
    found = compare(result([rows[2], rows[0], rows[1], rows[3]]), wanted, POSITION)
    assert (found.kind, "row 1 is (2, 'c')" in found.reason) == ("order", True)
    assert compare(result([rows[2], rows[0], rows[1], rows[3]]), wanted, Rules(order=False)) is None
    cut = Expected(("n", "t"), rows[:3], [0, 0, 1], {1: [rows[3]]}, ordered=True)
    assert compare(result([rows[0], rows[1], rows[3]]), cut, POSITION) is None
    assert compare(result([rows[0], rows[1], rows[0]]), cut, POSITION) is not None
    assert compare(result([row[::-1] for row in (rows[1], rows[0], rows[3])]), cut, ANY) is None
    noisy = Expected(("n",), [(0.3,)], [0], {0: [(0.6,)]}, ordered=True)
    assert compare(result([(0.1 + 0.2,)]), noisy, POSITION) is None
    assert compare(result([(0.2 + 0.4,)]), noisy, POSITION) is None
    assert compare(result([(0.4,)]), noisy, POSITION) is not None


def test_names():
    wanted = bag([(1, "a")], ["id", "Name"])
    assert compare(result([("a", 1)], ["NAME", "id"]), wanted, NAME) is None
    assert (
        compare(result([("b", 1)], ["name", "id"]), wanted, NAME).reason == "row 1: 'b' instead of 'a' in column Name"
    )
    assert "named" in compare(result([(1, "a")], ["id", "nam"]), wanted, NAME).reason


def test_reasons_name_the_nearest_row():
    rows = [(n, n * n, str(n)) for n in range(5)]
    changed = [(n, n * n + (n == 2), str(n)) for n in range(5)]
    assert (
        compare(result(changed[::-1]), bag(rows, ["id", "total", "text"]), POSITION).reason
        == "row 3: 5 instead of 4 in column total"
    )


def test_plain_values():
    import datetime
    import uuid

    day = datetime.date(2024, 1, 5)
    rows = [
        (
            day,
            datetime.datetime(2024, 1, 5),
            datetime.time(1, 2),
            datetime.timedelta(days=1),
            float("nan"),
            [1, [2.5]],
            {"a": day},
            memoryview(b"x"),
            uuid.UUID(int=1),
        )
    ]
    assert plain(rows) == [
        (
            "2024-01-05",
            "2024-01-05",
            "01:02:00",
            ("interval", 86_400_000_000),
            "NaN",
            (1, (2.5,)),
            (("a", "2024-01-05"),),
            b"x",
            str(uuid.UUID(int=1)),
        )
    ]
    assert plain([(float("nan"), 1)]) == plain([(Decimal("NaN"), 1)])


def hard(kind, width, source):
    """Results whose columns only their rows tell apart."""
    if kind == "identical":
        column = [source.randrange(9) for _ in range(50)]
        return [(value,) * width for value in column]
    if kind == "latin":
        return [tuple((n + shift) % width for n in range(width)) for shift in range(width)]
    if kind == "identity":
        return [tuple(int(n == m) for n in range(width)) for m in range(width)]
    if kind == "balanced":  # each column has as many ones; the rows are all that differ
        columns = [source.sample([0, 1] * 20, 40) for _ in range(width)]
        return list(zip(*columns, strict=True))
    if kind == "paley":  # a symmetric design: every column and every pair of columns looks the same
        squares = {n * n % 31 for n in range(1, 31)}
        return [tuple(int((a - b) % 31 in squares) for a in range(31)) for b in range(31)]
    raise AssertionError(kind)


@pytest.mark.parametrize("kind", ["identical", "latin", "identity", "balanced", "paley"])
def test_columns_never_take_factorial_time(kind):
    source = random.Random(kind)
    rows = hard(kind, 30, source)
    width = len(rows[0])
    order = source.sample(range(width), width)
    shuffled = [tuple(row[n] for n in order) for row in source.sample(rows, len(rows))]
    started = time.thread_time()
    assert compare(result(shuffled), bag(rows), ANY) is None
    wrong = [*shuffled[:-1], (9, *shuffled[-1][1:])]
    assert compare(result(wrong), bag(rows), ANY) is not None
    assert time.thread_time() - started < 5


@pytest.mark.slow
@pytest.mark.parametrize("rules", [POSITION, ANY])
def test_three_million_cells(rules):
    source = random.Random(0)
    rows = [
        tuple(source.randrange(10**6) if n % 3 else str(source.randrange(10**4)) for n in range(30))
        for _ in range(100_000)
    ]
    shuffled = source.sample(rows, len(rows))
    if rules is ANY:
        order = source.sample(range(30), 30)
        shuffled = [tuple(row[n] for n in order) for row in shuffled]
    wanted = bag(rows)
    started = time.thread_time()
    assert compare(result(shuffled), wanted, rules) is None
    assert time.thread_time() - started < 10  # the benchmark measures; this finds what isn't n log n
