"""Values over a batch: statuses beside them, and reasons that go where their samples go."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay._language.values import ABSTAINED, BAD_REFERENCE, CODES, ERROR, NAMES, SCORED, SKIPPED, TIMEOUT, Column

SIZE = 6
POSITIONS = st.permutations(range(SIZE)).flatmap(
    lambda order: st.integers(0, SIZE).map(lambda n: np.array(order[:n], int))
)


@st.composite
def columns(draw, size=SIZE):
    status = draw(
        st.lists(st.sampled_from([SCORED, TIMEOUT, ABSTAINED, BAD_REFERENCE, ERROR]), min_size=size, max_size=size)
    )
    column = Column(np.arange(size) / 2 - 1, np.array(status, np.uint8))
    told = draw(st.sets(st.integers(0, size - 1))) if size else set()
    column.reasons.update({n: f"{draw(st.sampled_from('ab'))}{n}" for n in told})
    return column


def test_a_new_column_has_evaluated_nothing():
    column = Column.empty(3)
    assert np.isnan(column.values).all()
    assert column.status.tolist() == [SKIPPED] * 3
    assert (column.status.dtype, column.reasons) == (np.uint8, {})
    assert [NAMES[code] for code in column.status] == ["not evaluated"] * 3
    assert not column.judged.any()


def test_a_constant_is_scored_everywhere():
    column = Column.constant(2, 3)
    assert column.values.tolist() == [2.0] * 3
    assert column.values.dtype == np.float64
    assert column.status.tolist() == [SCORED] * 3
    assert column.status.dtype == np.uint8
    assert column.true.all()


def test_statuses_are_numbered_from_best_to_worst():
    assert [CODES[NAMES[code]] for code in range(5)] == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(("value", "status", "true"), [
    (1.0, SCORED, True), (0.5, TIMEOUT, True), (0.0, SCORED, False), (-1.0, SCORED, False), (1.0, ABSTAINED, False),
    (np.nan, ERROR, False), (np.nan, SCORED, False),
])  # fmt: skip
def test_what_is_above_nothing_is_true(value, status, true):
    column = Column(np.array([value]), np.array([status], np.uint8))
    assert column.true.tolist() == [true]
    assert column.true.dtype == np.bool_
    assert column.judged.tolist() == [status in (SCORED, TIMEOUT)]


@given(columns(), POSITIONS)
def test_reasons_go_where_their_samples_go(column, positions):
    taken = column.take(positions)
    for new, old in enumerate(positions.tolist()):
        assert (taken.values[new], taken.status[new], taken.reasons.get(new)) == (
            column.values[old],
            column.status[old],
            column.reasons.get(old),
        )
    assert len(taken.status) == len(positions)
    assert set(taken.reasons) <= set(range(len(positions)))


@given(columns(), columns(), POSITIONS)
def test_what_is_put_is_found_there_and_the_rest_stays(column, other, positions):
    before = column.take(np.arange(SIZE))
    part = other.take(np.arange(len(positions)))
    column.put(positions, part)
    for place in range(SIZE):
        source, at = (part, positions.tolist().index(place)) if place in positions else (before, place)
        assert (column.values[place], column.status[place], column.reasons.get(place)) == (
            source.values[at],
            source.status[at],
            source.reasons.get(at),
        )


def test_a_text_may_be_put_among_numbers():
    column = Column.empty(2)
    column.put(np.array([1]), Column(np.array(["sql"], object), np.zeros(1, np.uint8)))
    assert column.values.tolist()[1] == "sql"
    column.put(np.array([0]), Column.constant(3.0, 1))
    assert column.values.tolist() == [3.0, "sql"]


@given(columns(), columns())
def test_the_worst_of_two_is_either_way_round_with_the_reason_of_the_worse(one, other):
    status, reasons = one.worst(other)
    turned, _ = other.worst(one)
    assert status.tolist() == turned.tolist() == [max(a, b) for a, b in zip(one.status, other.status, strict=True)]
    for place in range(SIZE):
        told = [
            c.reasons.get(place) for c in (one, other) if c.status[place] == status[place] and status[place] > SCORED
        ]
        if any(told):
            assert reasons[place] in told
        if one.status[place] == other.status[place] == SCORED:
            assert place not in reasons  # why something was scored is no reason for what is made of it


def test_where_the_worse_is_silent_the_other_speaks():
    silent = Column(np.zeros(2), np.array([ERROR, ERROR], np.uint8))
    says = Column(np.zeros(2), np.array([ABSTAINED, SCORED], np.uint8), {0: "no picture", 1: "right"})
    assert silent.worst(says)[1] == says.worst(silent)[1] == {0: "no picture"}


def test_of_two_that_are_as_bad_the_first_speaks():
    first = Column(np.zeros(1), np.array([ERROR], np.uint8), {0: "first"})
    second = Column(np.zeros(1), np.array([ERROR], np.uint8), {0: "second"})
    assert first.worst(second)[1] == {0: "first"}


@pytest.mark.parametrize("values", [np.ones(3), np.array(["a", "b", "c"], object)])
def test_what_fails_has_no_value_but_a_reason(values):
    column = Column(values.copy(), np.zeros(3, np.uint8))
    column.fail(np.array([False, True, False]), ERROR, "broke")
    assert column.status.tolist() == [SCORED, ERROR, SCORED]
    assert column.reasons == {1: "broke"}
    assert column.values[0] == values[0]
    assert column.values[1] is None if values.dtype == object else np.isnan(column.values[1])
