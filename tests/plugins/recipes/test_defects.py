"""Defects of published verifiers, by the system that has them, and what the recipes pay instead."""

from __future__ import annotations

import math

import pytest

import assay


def total(reward, **row):
    return float(assay.score([row], reward).total[0])


@pytest.mark.parametrize("recipe", ["two_stage_math", "open_rs"])
def test_an_unreadable_gold_pays_nobody(recipe):
    """Two-stage math and Open-RS pay 1 where the gold answer can't be parsed."""
    found = total(f"recipe.{recipe}", completion=r"\boxed{1}</think>", reference=r"\frac{", tokens=10, limit=100)
    assert math.isnan(found)


def test_neither_text_wins_by_containing_the_other():
    """QwenLong-L1's substring match counts in either direction."""
    assert total("text.contains", completion="<answer>a</answer>", reference="a long answer") == 0
    assert (
        total("text.exact", completion="<answer>it is a long answer, or not</answer>", reference="a long answer") == 0
    )


def test_a_verbose_answer_does_not_win_by_recall():
    """AutoCoA pays 1 for 70 % of the gold's words, whatever else is said."""
    said = "<think>x</think> " + "maybe this or that or the other " * 5 + "Marie Curie of Warsaw"
    assert total("recipe.autocoa", completion=said, reference="Marie Curie of Warsaw") == 0


def test_each_sample_has_its_own_kind():
    """Video-R1 reads the kind of problem from the first row of the batch."""
    shared = {"shuffled": False, "tokens": 10, "group": 0}
    rows = [
        {"completion": "<think>a</think><answer>B</answer>", "reference": "B", "kind": "choice", **shared},
        {"completion": "<think>a</think><answer>stop here</answer>", "reference": "stop here", "kind": "ocr", **shared},
        {"completion": "<think>a</think><answer>5</answer>", "reference": "5", "kind": "number", "shuffled": True, "tokens": 10, "group": 0},
    ]  # fmt: skip
    alone = [float(assay.score([row, rows[2]], "recipe.video_r1").total[0]) for row in rows[:2]]
    together = assay.score(rows, "recipe.video_r1").total[:2].tolist()
    assert alone == together


def test_the_gold_is_the_whole_reference():
    """Recon reads the gold answer from the first character of the reference."""
    assert total("recipe.recon", completion=r"x </think> \boxed{1}", reference="10") == -3
    assert total("recipe.recon", completion=r"x </think> \boxed{10}", reference="10") == 5


@pytest.mark.parametrize(("marks", "due"), [((6, 6), -1.5), ((7, 6), 2), ((6, 7), -1.5)])
def test_a_tie_is_no_win(marks, due):
    """JudgeLRM counts a tie as the first answer being better."""
    said = f"<think>a</think><answer>{marks[0]}</answer><answer>{marks[1]}</answer>"
    row = {"completion": said, "first": 8, "second": 5, "tokens": 1, "truncated": False}
    assert assay.score([row], "recipe.judgelrm").lines["relation"].values[0] == due


def test_length_alone_earns_nothing():
    """VisualThinker paid 0.001 for each token."""
    assert total("recipe.visualthinker_r1_zero", completion="so " * 5000, reference="B") == 0


@pytest.mark.parametrize("said", ["Because he runs", "I think A is not it", "<think>B</think>"])
def test_the_first_letter_is_no_option(said):
    """Video-RTS falls back to the first letter of the text."""
    assert total("recipe.video_rts", completion=said, reference="B") == 0
