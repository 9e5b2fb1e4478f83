"""A verdict has a score exactly where its status says so."""

from __future__ import annotations

import math
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay import Status, Verdict

SCORES = st.none() | st.floats(allow_nan=False) | st.integers(-(10**9), 10**9) | st.booleans()


@given(SCORES, st.sampled_from(Status), st.booleans())
def test_score_and_status_agree_or_are_refused(score, status, by_name):
    try:
        verdict = Verdict(score, status=status.value if by_name else status)
    except ValueError:
        assert (score is None) == (status is Status.SCORED)
        return
    assert verdict.status is status
    assert status.has_score == (type(verdict.score) is float)
    if status is Status.SCORED:
        assert verdict.score == float(score)
    if status is Status.TIMEOUT:
        assert verdict.score == 0


@pytest.mark.parametrize(
    ("score", "status", "message"),
    [
        (None, "scored", r"'scored' needs a score; use Verdict.abstain\(reason\)"),
        (1.0, "abstained", "abstained"),
        (1.0, "error", "error"),
        (1.0, "fine", "fine"),
        ("high", "scored", "high"),
        (math.nan, "abstained", "nan"),
    ],
)
def test_a_refusal_says_what_is_wrong(score, status, message):
    with pytest.raises(ValueError, match=message):
        Verdict(score, status=status)


@pytest.mark.parametrize(
    ("make", "status", "score"),
    [
        (Verdict.abstain, Status.ABSTAINED, None),
        (Verdict.bad_reference, Status.BAD_REFERENCE, None),
        (Verdict.timeout, Status.TIMEOUT, 0.0),
        (Verdict.error, Status.ERROR, None),
    ],
)
def test_each_status_has_its_maker(make, status, score):
    verdict = make("the reason", rows=3)
    assert (verdict.status, verdict.score, verdict.reason) == (status, score, "the reason")
    assert verdict.details == {"rows": 3}
    assert (verdict.fields, verdict.artefact, verdict.seconds) == ({}, None, 0.0)


def test_a_score_alone_is_a_verdict():
    verdict = Verdict(0.5)
    assert (verdict.reason, verdict.fields, verdict.details, verdict.artefact) == ("", {}, {}, None)
    assert (verdict.status, verdict.seconds) == (Status.SCORED, 0.0)


def test_timing_a_verdict_changes_nothing_else():
    verdict = Verdict(0.5, "why", {"recall": 0.25}, {"rows": 3}, b"image")
    timed = verdict.timed(1.5)
    assert timed == Verdict(0.5, "why", {"recall": 0.25}, {"rows": 3}, b"image", seconds=1.5)
    assert verdict.seconds == 0
    assert Verdict.error("down").timed(2).status is Status.ERROR


def test_a_verdict_travels():
    verdict = Verdict(0.5, "why", {"recall": 0.25}, {"rows": 3}, b"image", seconds=1.5)
    assert pickle.loads(pickle.dumps(verdict)) == verdict


def test_statuses_stand_from_best_to_worst():
    assert list(Status) == ["scored", "timeout", "abstained", "bad_reference", "error"]
    assert [status.has_score for status in Status] == [True, True, False, False, False]
