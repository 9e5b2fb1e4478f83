"""`grounding.detection`: matching, duplicates, enumeration, average precision."""

from __future__ import annotations

import itertools
import json
import random
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import assay
from assay_grounding.detection import detection
from assay_grounding.matching import assign, matched_prefixes

CATS = [{"bbox_2d": [0, 0, 10, 10], "label": "cat"}, {"bbox_2d": [20, 0, 30, 10], "label": "cat"}]
DOG = {"bbox_2d": [40, 0, 50, 10], "label": "dog"}
ALL = [*CATS, DOG]


def fields(verdict):
    return {name: round(value, 6) for name, value in verdict.fields.items()}


def test_all_found(judge):
    verdict = judge("detection", json.dumps(ALL), ALL)
    assert verdict.score == 1.0
    assert fields(verdict) == {"precision": 1, "recall": 1, "f1": 1, "ap": 1, "iou": 1, "confidence": 0}
    assert judge("detection", json.dumps(ALL[::-1]), ALL).score == 1.0


def test_missing_duplicate_and_guess(judge):
    assert judge("detection", json.dumps(CATS), ALL).score == pytest.approx(0.8)
    twice = judge("detection", json.dumps([*ALL, DOG]), ALL)
    assert fields(twice) | {"ap": 0, "confidence": 0} == {
        "precision": 0.75,
        "recall": 1,
        "f1": round(6 / 7, 6),
        "ap": 0,
        "iou": 0.75,
        "confidence": 0,
    }
    many = [{"bbox_2d": [x, y, x + 10, y + 10], "label": "cat"} for x in range(0, 50, 2) for y in range(0, 20, 2)]
    assert judge("detection", json.dumps(many), ALL).score < 0.02


def test_the_label_counts(judge):
    wrong = [{**one, "label": "dog"} for one in ALL]
    assert judge("detection", json.dumps(wrong), ALL).score == pytest.approx(1 / 3)
    assert judge("detection(by_class=False)", json.dumps(wrong), ALL).score == 1.0
    assert (
        judge("detection", json.dumps([{**one, "label": f" {one['label'].upper()} "} for one in ALL]), ALL).score == 1.0
    )
    assert judge("detection", json.dumps([one["bbox_2d"] for one in ALL]), ALL).score == 0.0
    assert judge("detection", json.dumps(ALL), [one["bbox_2d"] for one in ALL]).score == 1.0


@pytest.mark.parametrize(
    "answer", ["[]", "none", "None.", "<answer>[]</answer>", "```json\n[]\n```", "There are no objects.", "null"]
)
def test_nothing_to_be_found(judge, answer):
    assert judge("detection", answer, []).score == 1.0
    assert judge("detection", answer, ALL).score == 0.0


@pytest.mark.parametrize(
    "answer", ["", "I can't say.", "[1, 2, 3]", json.dumps(ALL), "[nan, nan, nan, nan]", "<think>[]</think>", "[[]"]
)
def test_nothing_to_be_found_is_not_paid_by_accident(judge, answer):
    assert judge("detection", answer, []).score == 0.0


def test_matching_is_optimal(judge):
    """The best box for the first reference is the only one for the second: a greedy matching finds one of two."""
    wanted = [[0, 0, 10, 10], [4, 0, 14, 10]]
    answer = [[2, 0, 12, 10], [0, 0, 9, 10]]
    assert judge("detection(iou=0.5)", json.dumps(answer), wanted).score == 1.0
    assert judge("detection(iou=0.5)", json.dumps(answer[::-1]), wanted[::-1]).score == 1.0


def test_names_in_any_case_and_quotes_as_python_has_them(judge):
    """As Visual-RFT asks its models for them."""
    given = "[{'Position': [0, 0, 10, 10], 'Confidence': 0.75, 'Label': 'cat'}]"
    verdict = judge("detection", f"<answer>{given}</answer>", CATS[:1])
    assert verdict.score == 1.0
    assert verdict.fields["confidence"] == 0.75
    twice = '{"Boxes": [[0, 0, 10, 10]], "boxes": [[0, 0, 10, 10]], "labels": ["cat"]}'
    assert judge("detection", twice, CATS[:1]).score == 1.0
    assert judge("detection", "[{'bbox': [0, 0, 10, 10], 'label': 'the cat's bowl'}]", CATS[:1]).status == "scored"


def test_average_precision(judge):
    def said(*confidences):
        boxes = [ALL[0], {"bbox_2d": [70, 70, 80, 80], "label": "cat"}, ALL[1], ALL[2]]
        return json.dumps([{**one, "confidence": c} for one, c in zip(boxes, confidences, strict=True)])

    call = 'detection(metric="ap")'
    assert judge(call, said(0.9, 0.1, 0.8, 0.7), ALL).score == 1.0
    assert judge(call, said(0.9, 0.8, 0.7, 0.6), ALL).score == pytest.approx((1 + 0.75 + 0.75) / 3)
    assert judge(call, said(0.5, 0.9, 0.5, 0.5), ALL).score == pytest.approx(0.75)
    assert judge(call, said(0.5, 0.5, 0.5, 0.5), ALL).score == pytest.approx(0.75)
    assert judge(call, json.dumps(ALL), ALL).score == 1.0
    sure = judge("detection", said(0.9, 0.2, 0.8, 1.0), ALL)
    assert sure.fields["confidence"] == pytest.approx((0.9 + 0.8 + 0.8 + 1) / 4)


@pytest.mark.parametrize("confidence", ["NaN", "Infinity", "-5", '"high"', "null", "1e400", "[1]"])
def test_confidences_that_are_none(judge, confidence):
    text = f'[{{"bbox_2d": [0, 0, 10, 10], "label": "cat", "confidence": {confidence}}}]'
    verdict = judge("detection", text, ALL)
    assert verdict.status == "scored"
    assert all(0 <= value <= 1 for value in verdict.fields.values())


def test_ten_thousand_boxes(judge):
    """Are judged, quickly, and earn next to nothing."""
    source = np.random.default_rng(0)
    corner = source.uniform(0, 600, (10_000, 2))
    boxes = np.concatenate([corner, corner + source.uniform(5, 200, (10_000, 2))], axis=1).round(1).tolist()
    wanted = [{"bbox_2d": one, "label": "x"} for one in boxes[:50]]
    answer = json.dumps([{"bbox_2d": one, "label": "x", "confidence": 0.5} for one in boxes])
    started = time.process_time()
    verdict = judge("detection", answer, wanted)
    assert time.process_time() - started < 10
    assert verdict.score == pytest.approx(2 * 50 / 10_050)
    more = judge("detection", json.dumps([[0, 0, 1 + i, 1 + i] for i in range(10_001)]), wanted)
    assert (more.score, "more than 10,000" in more.reason) == (0.0, True)


def test_columns_of_boxes_labels_and_scores(judge):
    record = {
        "boxes": [one["bbox_2d"] for one in ALL],
        "labels": [one["label"] for one in ALL],
        "scores": [0.9, 0.8, 0.7],
    }
    assert judge("detection", json.dumps(record), record).score == 1.0
    assert judge('detection(metric="ap")', json.dumps(record), ALL).score == 1.0


def test_tokens_with_labels(judge):
    text = "<ref>cat</ref><box>(0,0),(10,10)</box><ref>cat</ref><box>(20,0),(30,10)</box><ref>dog</ref><box>(40,0),(50,10)</box>"
    assert judge("detection", text, ALL).score == 1.0
    assert (
        judge(
            "detection", text.replace("<ref>", "<|object_ref_start|>").replace("</ref>", "<|object_ref_end|>"), ALL
        ).score
        == 1.0
    )


@pytest.mark.parametrize("reference", ["x", 5, [[1, 2, 3]], [[9, 9, 1, 1]], [{"bbox_2d": [0, 0, float("nan"), 1]}]])
def test_references_that_cant_be_used(judge, reference):
    assert judge("detection", json.dumps(ALL), reference).status == "bad_reference"


def test_fields_in_a_reward(engine):
    rows = [{"completion": json.dumps(ALL), "reference": ALL}, {"completion": "no", "reference": ALL}]
    lines = {"found": "grounding.detection(iou=0.5)", "total": "found.iou + found.recall + 0 * found.confidence"}
    assert assay.score(rows, lines, engine=engine).total.tolist() == [2.0, 0.0]


box = st.tuples(st.integers(0, 20), st.integers(0, 20), st.integers(1, 15), st.integers(1, 15)).map(
    lambda b: [b[0], b[1], b[0] + b[2], b[1] + b[3]]
)
labelled = st.tuples(box, st.sampled_from("ab"), st.sampled_from([0.1, 0.5, 0.9])).map(
    lambda t: {"bbox_2d": t[0], "label": t[1], "confidence": t[2]}
)


@given(st.lists(labelled, max_size=6), st.lists(labelled, max_size=6), st.randoms(use_true_random=False))
@settings(max_examples=150, deadline=None)
def test_order_does_not_matter_and_scores_are_bounded(answer, wanted, source):
    shuffled, other = list(answer), list(wanted)
    source.shuffle(shuffled)
    source.shuffle(other)
    first, second = detection([json.dumps(answer), json.dumps(shuffled)], [wanted, other])
    for name in ("precision", "recall", "f1", "ap", "iou"):
        assert 0 <= first.fields[name] <= 1
        assert first.fields[name] == pytest.approx(second.fields[name], abs=1e-12), name


@given(st.lists(labelled, min_size=1, max_size=6), st.lists(labelled, min_size=1, max_size=5))
@settings(max_examples=100, deadline=None)
def test_repeating_an_answer_never_helps(answer, wanted):
    once, twice = detection([json.dumps(answer), json.dumps(answer * 2)], [wanted, wanted])
    assert twice.fields["precision"] <= 1
    if once.fields["recall"] == twice.fields["recall"]:
        assert twice.score <= once.score
        assert twice.fields["ap"] <= once.fields["ap"] + 1e-12


@pytest.mark.parametrize("seed", range(60))
def test_assignment_against_all_permutations(seed):
    source = np.random.default_rng(seed)
    n, m = source.integers(1, 6, 2)
    overlap = source.uniform(0, 1, (n, m)).round(1)
    admissible = overlap >= source.choice([0.3, 0.6, 0.9])
    rows, columns = assign(overlap, admissible)
    assert len(set(rows.tolist())) == len(rows) == len(set(columns.tolist()))
    assert admissible[rows, columns].all()
    best = (0, 0.0)
    long, short = max(n, m), min(n, m)
    table, allowed = (overlap, admissible) if n >= m else (overlap.T, admissible.T)
    for order in itertools.permutations(range(long), int(short)):
        pairs = [(row, column) for column, row in enumerate(order) if allowed[row, column]]
        best = max(best, (len(pairs), float(sum(table[pair] for pair in pairs))))
    assert len(rows) == best[0]
    assert overlap[rows, columns].sum() == pytest.approx(best[1])


def test_prefixes_are_largest_matchings():
    source = random.Random(0)
    for _ in range(200):
        n, m = source.randint(1, 7), source.randint(1, 6)
        admissible = np.array([[source.random() < 0.35 for _ in range(m)] for _ in range(n)])
        sizes = np.cumsum(matched_prefixes(admissible))
        for k in range(1, n + 1):
            assert sizes[k - 1] == len(assign(admissible[:k].astype(float), admissible[:k])[0])


def test_a_batch_says_what_is_said_of_each_alone():
    source = random.Random(1)

    def some(size):
        return [
            {
                "bbox_2d": [
                    x := source.randint(0, 30),
                    y := source.randint(0, 30),
                    x + source.randint(0, 20),
                    y + source.randint(1, 20),
                ],
                "label": source.choice("ab"),
            }
            for _ in range(size)
        ]

    answers = [json.dumps(some(source.randint(0, 12))) for _ in range(200)]
    wanted = [[one for one in some(source.randint(0, 8)) if one["bbox_2d"][2] > one["bbox_2d"][0]] for _ in range(200)]
    together = detection(answers, wanted)
    assert together == [detection([a], [w])[0] for a, w in zip(answers, wanted, strict=True)]
