"""`grounding.iou`: defects of published rewards, conventions, laws."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

import assay
from assay._scoring.lint import lint
from assay_grounding.boxes import aligned, pairwise
from assay_grounding.iou import iou
from assay_grounding.quick import one_box
from assay_grounding.reading import Where, read_answer

METRICS = ["iou", "giou", "diou", "ciou"]

# --- defects of published rewards -------------------------------------------------------------------------------------


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize(
    "answer",
    [
        "nan,nan,nan,nan", "[nan, nan, nan, nan]", "[NaN, NaN, NaN, NaN]", "[inf, inf, inf, inf]", "[-inf, -inf, inf, inf]",
        "[0, 0, Infinity, Infinity]", "[1e400, 0, 1, 1]", "[-1e308, -1e308, 1e308, 1e308]", "[20, 20, 10, 10]",
        "[20, 10, 10, 20]", "[10, 10, 10, 20]", "[10, 10, 10, 10]", "[0, 0, 0, 0]",
    ],
)  # fmt: skip
def test_what_is_no_box_is_worth_nothing(judge, metric, answer):
    """NeMo-RL's GIoU pays 250 for `nan,nan,nan,nan`, and infinity for an inverted box."""
    verdict = judge(f'iou(metric="{metric}")', answer, [10, 10, 20, 20])
    assert (verdict.status, verdict.score) == ("scored", 0.0)
    assert verdict.reason


@pytest.mark.parametrize("metric", METRICS)
def test_identical_boxes_in_shares(judge, metric):
    """VLM-R1 scores identical boxes in 0..1 coordinates 0.0."""
    answer = "<answer>[0.1, 0.25, 0.5, 0.75]</answer>"
    assert judge(f'iou(metric="{metric}")', answer, [0.1, 0.25, 0.5, 0.75]).score == 1.0
    assert judge(f'iou(metric="{metric}", scale="0..1")', answer, [0.1, 0.25, 0.5, 0.75]).score == 1.0


@pytest.mark.parametrize(
    "completion",
    [
        "<think>Perhaps [10, 10, 20, 20].</think><answer>[50, 50, 60, 60]</answer>",
        "<think>Perhaps [10, 10, 20, 20].</think>[50, 50, 60, 60]",
        "<think>It is [10, 10, 20, 20].</think>",
        "<think>It is [10, 10, 20, 20]. <answer>[10, 10, 20, 20]</answer>",
        "It is [10, 10, 20, 20], I think.</think> [50, 50, 60, 60]",
    ],
)
def test_nothing_is_taken_from_the_reasoning(judge, completion):
    """rLLM takes the first box in the text, also one inside the reasoning."""
    assert judge("iou", completion, [10, 10, 20, 20]).score == 0.0


@pytest.mark.parametrize("minus", ["-", "\u2212"])
def test_a_minus_sign_counts(judge, minus):
    """rLLM drops a minus sign."""
    assert judge("iou", f"[{minus}10, {minus}10, 20, 20]", [10, 10, 20, 20]).score == pytest.approx(1 / 9)
    assert judge("iou", f"[{minus}10, {minus}10, 20, 20]", [-10, -10, 20, 20]).score == 1.0


def test_mixed_scales(judge):
    """The usual complaint: always near 0, because pixels, 0..1 and 0..1000 are mixed up."""
    sizes = {"width": 640, "height": 480}
    wanted = [64, 96, 320, 240]
    told = 'iou(scale="{}", reference_scale="pixels")'
    assert judge(told.format("0..1"), "[0.1, 0.2, 0.5, 0.5]", wanted, **sizes).score == pytest.approx(1)
    assert judge(told.format("0..1000"), "[100, 200, 500, 500]", wanted, **sizes).score == pytest.approx(1)
    resized = {"resized_width": 320, "resized_height": 240}
    assert judge(told.format("resized"), "[32, 48, 160, 120]", wanted, **sizes, **resized).score == pytest.approx(1)
    untold = judge("iou", "[0.1, 0.2, 0.5, 0.5]", wanted)
    assert untold.score == 0.0
    assert "looks like 0..1" in untold.reason
    missing = judge(told.format("0..1000"), "[100, 200, 500, 500]", wanted)
    assert missing.status == "bad_reference"
    assert "width and height" in missing.reason


def test_scale_by_row_and_size_by_another_name(engine):
    rows = [
        {
            "completion": "[0.1, 0.2, 0.5, 0.5]",
            "reference": [64, 96, 320, 240],
            "s": "0..1",
            "size": {"w": 640, "h": 480},
        },
        {
            "completion": "[100, 200, 500, 500]",
            "reference": [64, 96, 320, 240],
            "s": "0..1000",
            "size": {"w": 640, "h": 480},
        },
        {"completion": "[64, 96, 320, 240]", "reference": [64, 96, 320, 240], "s": "pixels", "size": None},
    ]
    reward = 'grounding.iou(scale=row.s, reference_scale="pixels", width=row.size.w, height=row.size.h)'
    assert assay.score(rows, reward, engine=engine).total == pytest.approx([1, 1, 1])


def test_several_boxes_are_read(judge):
    """Another complaint: only one box is read."""
    two = [[10, 10, 20, 20], [50, 50, 60, 60]]
    assert judge("iou", "[[50, 50, 60, 60], [10, 10, 20, 20]]", two).score == 1.0
    assert judge("iou", "[10, 10, 20, 20]", two).score == 0.5
    assert judge("iou", "[[50, 50, 60, 60], [10, 10, 20, 20], [1, 1, 2, 2]]", two).score == pytest.approx(2 / 3)
    assert judge("iou", "[[10, 10, 20, 20], [10, 10, 20, 20]]", two).score == 0.5


def test_guessing_several_is_no_answer(judge):
    guess = "[10, 10, 20, 20] or [50, 50, 60, 60]"
    assert judge("iou", guess, [10, 10, 20, 20]).score == 0.0
    assert judge("iou(lenient=True)", guess, [50, 50, 60, 60]).score == 1.0
    assert judge("iou", "[10, 10, 20, 20], that is, [10, 10, 20, 20]", [10, 10, 20, 20]).score == 1.0
    everything = json.dumps([[i, j, i + 10, j + 10] for i in range(100) for j in range(100)])
    assert judge("iou", everything, [10, 10, 20, 20]).score == 0.0


# --- notations --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "answer",
    [
        "[10, 20, 30, 40]", "(10, 20, 30, 40)", "(10,20),(30,40)", "<box>(10,20),(30,40)</box>", "10 20 30 40", "10, 20, 30, 40.",
        "<|box_start|>(10,20),(30,40)<|box_end|>", "<ref>dog</ref><box>(10,20),(30,40)</box>", "The dog is at [10, 20, 30, 40].",
        '{"bbox_2d": [10, 20, 30, 40], "label": "dog"}', '```json\n[{"bbox_2d": [10, 20, 30, 40]}]\n```', '{"answer": {"box": [10, 20, 30, 40]}}',
        '{"x1": 10, "y1": 20, "x2": 30, "y2": 40}', "[[10, 20], [30, 40]]", "\\boxed{[10, 20, 30, 40]}", "<answer> [10.0,20.0,30.0,40.0] </answer>",
        '<think>x</think>\n<answer>```json\n[{"bbox_2d": [10, 20, 30, 40], "label": "a, b"}]\n```</answer>', "[1e1, 2e1, 3e1, 4e1]", "[ 10 20 30 40 ]",
        '[{"bbox_2d": [10, 20, 30, 40], "label": "cut of', '{"objects": [{"bbox": [10, 20, 30, 40]}]}', "[+10, +20, +30, +40]",
    ],
)  # fmt: skip
def test_notations(judge, answer):
    assert judge("iou", answer, [10, 20, 30, 40]).score == 1.0
    assert judge("iou", answer, json.dumps([10, 20, 30, 40])).score == 1.0
    assert judge("iou", answer, {"bbox": [10, 20, 30, 40]}).score == 1.0
    assert judge("iou", answer, [[10, 20, 30, 40]]).score == 1.0
    assert judge("iou", answer, "<answer>[10, 20, 30, 40]</answer>").score == 1.0


def test_location_tokens(judge):
    sizes = {"width": 1024, "height": 512}
    assert judge("iou", "<loc0256><loc0128><loc0512><loc0384> dog", [128, 128, 384, 256], **sizes).score == 1.0
    assert judge(
        "iou", "dog<loc_100><loc_200><loc_300><loc_400>", [102.912, 102.656, 307.712, 205.056], **sizes
    ).score == pytest.approx(1)
    assert judge(
        'iou(reference_scale="0..1000")', "<loc0256><loc0128><loc0512><loc0384>", [125, 250, 375, 500]
    ).score == pytest.approx(1)


def test_formats(judge):
    assert judge('iou(format="xywh", reference_format="xyxy")', "[10, 20, 30, 40]", [10, 20, 40, 60]).score == 1.0
    assert judge('iou(format="xywh")', "[10, 20, 30, 40]", [10, 20, 30, 40]).score == 1.0
    assert judge('iou(format="cxcywh", reference_format="xywh")', "[25, 40, 30, 40]", [10, 20, 30, 40]).score == 1.0
    assert judge('iou(format="xywh")', "[10, 20, -30, 40]", [10, 20, 30, 40]).score == 0.0
    assert judge('iou(reference_format="xywh")', "[10, 20, 30, 40]", [40, 40, 3, 4]).score == 0.0


def test_numpy_and_tuples(judge):
    assert judge("iou", "[10, 20, 30, 40]", np.array([10, 20, 30, 40])).score == 1.0
    assert judge("iou", "[10, 20, 30, 40]", (10, 20, 30, 40)).score == 1.0
    assert judge("iou", "[10, 20, 30, 40]", np.array([[10, 20, 30, 40]], dtype=np.float32)).score == 1.0


def test_the_image_must_be_right(judge):
    call = "iou(image=row.at)"
    right = '{"image": 2, "bbox_2d": [10, 20, 30, 40]}'
    assert judge(call, right, [10, 20, 30, 40], at=2).score == 1.0
    assert judge(call, right.replace("2, ", '"Image-2", ', 1), [10, 20, 30, 40], at=2).score == 1.0
    assert judge(call, right, [10, 20, 30, 40], at=1).score == 0.0
    silent = judge(call, "[10, 20, 30, 40]", [10, 20, 30, 40], at=1)
    assert (silent.score, "names no image" in silent.reason) == (0.0, True)
    assert judge(call, "[10, 20, 30, 40]", [10, 20, 30, 40], at=None).score == 1.0


def test_credit(judge):
    half = "[0, 0, 10, 5]", [0, 0, 10, 10]
    assert judge("iou", *half).score == 0.5
    assert judge('iou(credit="hit")', *half).score == 1.0
    assert judge('iou(credit="hit", threshold=0.6)', *half).score == 0.0
    assert judge('iou(credit="above", threshold=0.4)', *half).score == 0.5
    assert judge('iou(credit="above", threshold=0.6)', *half).score == 0.0
    assert judge('iou(credit="ramp", low=0.25, high=0.75)', *half).score == 0.5
    assert judge('iou(credit="steps")', *half).score == pytest.approx(0.1)
    assert judge('iou(credit="hit", threshold=0)', "[50, 50, 60, 60]", [0, 0, 10, 10]).score == 0.0
    assert judge('iou(credit="ramp", low=1, high=0)', *half).status == "error"


# --- references -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "reference", "reason"),
    [
        ("iou", [20, 20, 10, 10], "inverted"), ("iou", [300, 200, 50, 80], "xywh"), ("iou", [10, 10, 10, 20], "no area"),
        ("iou", [math.nan] * 4, "finite"), ("iou", "", "read"), ("iou", [], "no box"), ("iou", [1, 2, 3], "read"), ("iou", {}, "no box"),
        ("iou", [[0, 0, 5, 5], [9, 9, 1, 1]], "inverted"), ("iou", 5, "read"), ("iou", b"[1, 2, 3, 4]", "bytes"), ("iou", [10**400, 0, 1, 1], "finite"),
        ('iou(scale="0..1")', [10, 20, 300, 400], "can't be in 0..1"), ('iou(scale="pixels")', [0.1, 0.2, 0.5, 0.6], "can't be in pixels"),
        ('iou(scale="0..1000")', [100, 200, 1500, 1800], "can't be in 0..1000"), ('iou(scale="0..1000")', [0.1, 0.2, 0.5, 0.6], "as coordinates in 0..1 do"),
        ('iou(scale="0..1", reference_scale="0..1000")', [100, 200, 1500, 1800], "can't be in 0..1000"),
    ],
)  # fmt: skip
def test_references_that_cant_be_used(judge, call, reference, reason):
    for answer in ("[10, 20, 30, 40]", "", "nonsense"):
        verdict = judge(call, answer, reference)
        assert verdict.status == "bad_reference", verdict
        assert reason in verdict.reason


def test_pixels_outside_the_image(judge):
    stated = 'iou(scale="pixels")'
    assert judge(stated, "[10, 20, 800, 400]", [10, 20, 800, 400], width=640, height=480).status == "bad_reference"
    assert judge(stated, "[10, 20, 645, 400]", [10, 20, 645, 400], width=640, height=480).score == 1.0
    assert judge("iou", "[10, 20, 800, 400]", [10, 20, 800, 400], width=640, height=480).score == 1.0


def test_lint_warns_of_a_convention_that_cant_be_true(engine):
    rows = [{"reference": [100 + i, 100, 300 + i, 200], "width": 640, "height": 480} for i in range(5)] + [
        {"reference": [0.1, 0.2, 0.3, 0.4], "width": 640, "height": 480}
    ]
    (fine,) = lint(rows[:5], 'grounding.iou(scale="0..1000", reference_scale="pixels")', engine=engine)
    assert fine.problems == []
    (mixed,) = lint(rows, 'grounding.iou(scale="0..1000", reference_scale="pixels")', engine=engine)
    assert [(p.row, p.status) for p in mixed.problems] == [(5, "bad_reference")]
    assert "can't be in pixels" in mixed.problems[0].reason
    (wrong,) = lint(rows, 'grounding.iou(scale="0..1")', engine=engine)
    assert [p.row for p in wrong.problems] == [0, 1, 2, 3, 4]
    (swapped,) = lint(rows[:5], 'grounding.iou(format="xywh", scale="pixels")', engine=engine)
    assert swapped.problems == []
    (order,) = lint([{"reference": [300, 200, 50, 80]}], "grounding.iou", engine=engine)
    assert "format='xywh'" in order.problems[0].reason


@pytest.mark.parametrize("form", ["xyxy", "xywh", "cxcywh"])
@pytest.mark.parametrize("scale", ["pixels", "0..1", "0..1000", "resized"])
def test_lint_finds_good_references_good(engine, form, scale):
    rows = [
        {
            "reference": [[16, 32, 320, 256], [8, 8, 128, 64]][: i + 1],
            "width": 640,
            "height": 512,
            "resized_width": 320,
            "resized_height": 256,
        }
        for i in range(2)
    ]
    for leaf in ("iou", "detection"):
        reward = f'grounding.{leaf}(format="{form}", reference_format="xyxy", scale="{scale}", reference_scale="pixels", extract="tag:answer")'
        (report,) = lint(rows, reward, engine=engine)
        assert [p for p in report.problems if "0.999" not in p.reason and "scores 1:" not in p.reason] == []


# --- laws -------------------------------------------------------------------------------------------------------------

coordinate = st.floats(-1e4, 1e4, allow_nan=False).map(lambda v: round(v, 3))
side = st.floats(0.001, 1e4).map(lambda v: max(round(v, 3), 0.001))
box = st.tuples(coordinate, coordinate, side, side).map(lambda b: [b[0], b[1], b[0] + b[2], b[1] + b[3]])


def measure(a, b, metric="iou"):
    return float(aligned(np.array([a], float), np.array([b], float), metric)[0])


@pytest.mark.parametrize("metric", METRICS)
@given(a=box, b=box)
@settings(max_examples=150, deadline=None)
def test_symmetric_bounded_and_one_for_equals_alone(metric, a, b):
    value = measure(a, b, metric)
    assert 0 <= value <= 1
    assert value == pytest.approx(measure(b, a, metric), abs=1e-12)
    assert measure(a, a, metric) == 1.0
    assert (value == 1.0) == (a == b)
    assert pairwise(np.array([a, b]), np.array([a, b]), metric)[0, 1] == value


@pytest.mark.parametrize("metric", METRICS)
@given(a=box, b=box, x=st.integers(-1000, 1000), y=st.integers(-1000, 1000), by=st.sampled_from([0.25, 0.5, 2, 8]))
@settings(max_examples=100, deadline=None)
def test_translation_and_scale_change_nothing(metric, a, b, x, y, by):
    first, second = np.array(a), np.array(b)
    move = np.array([x, y, x, y])
    value = measure(first, second, metric)
    tolerance = 1e-9 * max(
        1e4 / (second[2] - second[0]),
        1e4 / (second[3] - second[1]),
        1e4 / (first[2] - first[0]),
        1e4 / (first[3] - first[1]),
    )
    assert measure(first * by, second * by, metric) == pytest.approx(value, abs=1e-12)
    assert measure(first + move, second + move, metric) == pytest.approx(value, abs=tolerance)


@given(b=box, share=st.floats(0.05, 0.9), more=st.floats(0.01, 0.1))
@settings(max_examples=100, deadline=None)
def test_more_overlap_is_worth_more(b, share, more):
    """Of boxes inside the reference the larger, and of shifted copies the nearer, is worth more."""
    x1, y1, x2, y2 = b
    inside = [[x1, y1, x1 + (x2 - x1) * part, y2] for part in (share, share + more)]
    assume(inside[0][2] > x1 and inside[0] != inside[1])
    assert measure(inside[0], b) < measure(inside[1], b) <= 1
    shifted = [[x1 + (x2 - x1) * part, y1, x2 + (x2 - x1) * part, y2] for part in (share, share + more)]
    assert measure(shifted[0], b) > measure(shifted[1], b) or measure(shifted[0], b) == 0


@given(boxes=st.lists(box, min_size=2, max_size=5), order=st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_the_order_of_boxes_does_not_matter(boxes, order):
    said = list(boxes)
    order.shuffle(said)
    wanted = list(boxes[:-1]) if len(boxes) > 2 else boxes
    one = iou([json.dumps(boxes)], [wanted])[0]
    other = iou([json.dumps(said)], [wanted[::-1]])[0]
    assert one.score == pytest.approx(other.score, abs=1e-12)


def test_a_batch_says_what_is_said_of_each_alone():
    source = np.random.default_rng(0)
    completions, references, widths = [], [], []
    texts = [
        "[{}, {}, {}, {}]",
        "<answer>[[{}, {}, {}, {}]]</answer>",
        '{{"bbox_2d": [{}, {}, {}, {}]}}',
        "<box>({},{}),({},{})</box>",
        "no",
        "[{}, {}, {}, {}] [1, 2, 3, 4]",
    ]
    for k in range(600):
        a, b = (np.round(np.concatenate([p, p + source.uniform(-3, 30, 2)]), 2) for p in source.uniform(0, 30, (2, 2)))
        completions.append(texts[k % len(texts)].format(*a))
        references.append(
            [b.tolist(), [b.tolist(), a.tolist()], json.dumps(b.tolist()), None, "x"][k % 5] if k % 7 else b.tolist()
        )
        widths.append([640, None, "x"][k % 3])
    options = {"metric": "giou", "scale": "0..1000", "reference_scale": "pixels"}
    heights = [480] * len(widths)
    together = iou(completions, references, widths, heights, **options)
    apart = [
        iou([c], [r], [w], [h], **options)[0]
        for c, r, w, h in zip(completions, references, widths, heights, strict=True)
    ]
    assert together == apart


@given(st.text(max_size=120))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_the_quick_reader_reads_what_the_careful_one_reads(text):
    hold_together(text)


pieces = st.sampled_from(['<think>', '</think>', '<answer>', '</answer>', '[', ']', '{', '}', '"bbox_2d": ', '[1, 2, 3, 4]', '[5,6,7,8]', '-1.5', ',', ' ', '```json\n', '```', '"label": "x"', ', "label": "[9,9,10,10]"', '(', ')', 'a', '<box>', '\n'])  # fmt: skip


@given(st.lists(pieces, max_size=14).map("".join))
@settings(max_examples=400, deadline=None)
def test_the_quick_reader_on_text_that_nearly_fits(text):
    hold_together(text)


def hold_together(text):
    places, boxes = one_box([text])
    if places:
        careful = read_answer(text, Where(), "box")
        assert len({tuple(value) for value in careful.values}) == 1
        assert careful.values[-1] == boxes[0].tolist()
        assert careful.own == ""
