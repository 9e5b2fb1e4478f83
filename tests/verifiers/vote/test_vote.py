"""What a group agrees on, and what it can't be made to agree on."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import assay
from assay_vote import consistency, entropy, majority

ANSWERS = st.sampled_from(
    [r"\boxed{1}", r"\boxed{\frac{2}{2}}", r"\boxed{2}", "<answer>2.0</answer>", r"\boxed{x", "none", r"\boxed{3}"]
)


def scores(verifier, completions, **options):
    return [verdict.score for verdict in verifier(completions, **options)]


def boxed(*answers):
    return [f"\\boxed{{{answer}}}" for answer in answers]


class TestMajority:
    def test_clusters_by_the_other_verifier(self):
        group = boxed("1/2", "0.5", r"\frac{2}{4}", "2", "2")
        assert scores(majority, group) == [1, 1, 1, 0, 0]
        assert scores(majority, group, by="text") == [0, 0, 0, 1, 1]
        assert [v.fields["share"] for v in majority(group)] == [0.6] * 5

    def test_a_rounding_is_not_the_same_answer(self):
        verdicts = majority(boxed("1/3", "0.33", "0.33"))
        assert [v.score for v in verdicts] == [0, 1, 1]

    @pytest.mark.parametrize(
        ("group", "reason"),
        [
            (boxed("1", "2"), "given twice"),
            (boxed("1"), "given twice"),
            (["I don't know"] * 4, "given twice"),
            (boxed("1", "1", "2", "2", "3"), "tied"),
            ([*boxed("1", "1"), *["no idea"] * 6], "2 of 8"),
        ],
    )
    def test_nobody_has_won(self, group, reason):
        verdicts = majority(group, min_share=0.5)
        assert {v.status for v in verdicts} == {"abstained"}
        assert reason in verdicts[0].reason

    def test_reasoning_and_two_answers_do_not_vote(self):
        group = [*boxed("7", "7"), *[r"<think>\boxed{8}</think>", r"\boxed{8} \boxed{9}", "8", r"\boxed{8"] * 2]
        assert scores(majority, group) == [1, 1] + [0] * 8

    def test_a_threshold_outside_of_a_share_is_refused(self):
        with pytest.raises(ValueError, match="from 0 to 1"):
            majority(boxed("1"), min_share=3)

    def test_what_can_not_compare_is_named(self):
        for by in ("vote.majority", "format.regex"):
            with pytest.raises(ValueError, match="can't compare"):
                majority(boxed("1", "2"), by=by)
        with pytest.raises(assay.PluginError, match="no verifier 'answr'"):
            majority(boxed("1", "2"), by="math.answr")


def test_consistency_counts_the_others():
    assert scores(consistency, boxed("1", "1", "2", "1")) == [2 / 3, 2 / 3, 0, 2 / 3]
    assert scores(consistency, ["none", "none", *boxed("1")]) == [0, 0, 0]
    assert consistency(boxed("1"))[0].status == "abstained"


def test_entropy():
    assert scores(entropy, boxed("1", "1", "1")) == [0, 0, 0]
    assert scores(entropy, boxed("1", "2", "3")) == pytest.approx([1, 1, 1])
    half = entropy(boxed("1", "1", "2", "2"))[0]
    assert half.details["nats"] == pytest.approx(math.log(2))
    assert half.score == pytest.approx(0.5)
    assert scores(entropy, ["none"] * 4) == pytest.approx([1] * 4)
    assert entropy(boxed("1"))[0].status == "abstained"


@settings(max_examples=60, deadline=None)
@given(st.lists(ANSWERS, min_size=1, max_size=8), st.randoms(use_true_random=False))
@pytest.mark.parametrize("verifier", [majority, consistency, entropy], ids=lambda v: v.leaf)
def test_the_order_of_the_members_means_nothing(verifier, group, source):
    order = list(range(len(group)))
    source.shuffle(order)
    before, after = verifier(group), verifier([group[n] for n in order])
    for place, n in enumerate(order):
        assert (after[place].status, after[place].score) == (before[n].status, before[n].score)


@given(st.lists(ANSWERS, min_size=2, max_size=8))
@settings(max_examples=60, deadline=None)
def test_equal_answers_are_judged_alike(group):
    by_text = dict(zip(group, majority(group), strict=True))
    assert all(v.score == by_text[text].score for text, v in zip(group, majority(group), strict=True))


def test_a_comparer_that_fails_is_an_error_of_the_whole_group(monkeypatch):
    from assay import hookimpl, verifier
    from assay._plugins.registry import Registry

    @verifier
    def down(completion: str, reference: str) -> float:
        """Its service is down."""
        raise ConnectionError("nobody is there")

    class Plugin:
        @hookimpl
        def assay_verifiers(self):
            return [down]

    registry = Registry()
    registry.register(Plugin(), "broken")
    monkeypatch.setattr("assay_vote.clusters.installed", lambda: registry)
    verdicts = majority(boxed("1", "2"), by="broken.down")
    assert [v.status for v in verdicts] == ["error", "error"]
    assert "nobody is there" in verdicts[0].reason


def test_in_a_reward():
    rows = [{"completion": text, "prompt": prompt} for prompt, texts in
            {"a": boxed("1", "1.0", "2"), "b": boxed("1", "2", "3")}.items() for text in texts]  # fmt: skip
    scored = assay.score(rows, 'vote.majority(by="math.answer")')
    assert scored.status == ["scored"] * 3 + ["abstained"] * 3
    assert scored.total[:3].tolist() == [1, 1, 0]
    routed = assay.score(rows, "vote.majority or 0.5 * vote.majority(min_share=0.9).share")
    assert routed.status[:2] == ["scored", "scored"]
