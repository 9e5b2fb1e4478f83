"""`grounding.point`, `grounding.polygon`, `grounding.mask`."""

from __future__ import annotations

import json
import time

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pycocotools import mask as coco

from assay._scoring.lint import lint
from assay_grounding.masks import BadMask, bitmap
from assay_grounding.polygons import polygon

L_SHAPE = [[0, 0], [10, 0], [10, 4], [4, 4], [4, 10], [0, 10]]


def rle(pixels):
    runs = coco.encode(np.asfortranarray(pixels.astype(np.uint8)))
    return {"size": [int(one) for one in runs["size"]], "counts": runs["counts"].decode()}


def loose(pixels):
    flat = pixels.T.reshape(-1).astype(int)
    ends = np.flatnonzero(np.diff(flat)) + 1
    counts = np.diff(np.concatenate([[0], ends, [flat.size]])).tolist()
    return {"size": list(pixels.shape), "counts": [0, *counts] if flat[0] else counts}


DISC = (np.add.outer((np.arange(40) - 20) ** 2, (np.arange(60) - 30) ** 2)) < 15**2

# --- points -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "answer",
    ["[5, 6]", "(5, 6)", '{"point_2d": [5, 6], "label": "x"}', '<point>5 6</point>', '<point>(5, 6)</point>', "POINT (5 6)", "5, 6", '{"x": 5, "y": 6}', "<answer>[5, 6]</answer>", "The point is (5.0, 6.0)."],
)  # fmt: skip
def test_points_in_every_notation(judge, answer):
    assert judge("point", answer, [0, 0, 10, 10]).score == 1.0
    assert judge("point", answer, [6, 7, 10, 10]).score == 0.0
    assert judge("point", answer, [5, 6]).score == 1.0


def test_points_in_percent_and_tokens(judge):
    sizes = {"width": 200, "height": 100}
    assert judge("point", '<point x="50.0" y="25" alt="a">a</point>', [99, 24, 101, 26], **sizes).score == 1.0
    assert (
        judge(
            "point",
            '<points x1="50.0" y1="25" x2="10" y2="10">a</points>',
            [{"bbox": [99, 24, 101, 26]}, {"bbox": [19, 9, 21, 11]}],
            **sizes,
        ).score
        == 1.0
    )
    assert judge("point", "<loc0512><loc0256>", [49, 49, 51, 51], **sizes).score == 1.0
    assert (
        judge('point(scale="0..1000", reference_scale="pixels")', "[500, 250]", [99, 24, 101, 26], **sizes).score == 1.0
    )


def test_inside_what(judge):
    assert judge("point", "[2, 8]", L_SHAPE).score == 1.0
    assert judge("point", "[8, 8]", L_SHAPE).score == 0.0
    assert judge("point", "[30, 20]", rle(DISC)).score == 1.0
    assert judge("point", "[5, 5]", rle(DISC)).score == 0.0
    assert judge("point", "[500, -5]", rle(DISC)).score == 0.0
    assert judge("point", "[30, 20]", json.dumps(loose(DISC))).score == 1.0
    assert judge('point(reference_format="xywh")', "[25, 25]", [10, 10, 20, 20]).score == 1.0


def test_nearness(judge):
    assert judge("point(radius=5)", "[3, 4]", [0, 0]).score == 1.0
    assert judge("point(radius=4.9)", "[3, 4]", [0, 0]).score == 0.0
    assert judge('point(radius=10, credit="linear")', "[3, 4]", [0, 0]).score == 0.5
    assert judge('point(radius=5, credit="gaussian")', "[3, 4]", [0, 0]).score == pytest.approx(np.exp(-0.5))
    assert judge('point(radius=10, credit="linear")', "[15, 5]", [0, 0, 10, 10]).score == 0.5
    assert judge("point(radius=0)", "[3, 4]", [0, 0]).status == "error"


def test_several_points(judge):
    areas = [[0, 0, 10, 10], [20, 20, 30, 30]]
    assert judge("point", "[[25, 25], [5, 5]]", areas).score == 1.0
    assert judge("point", "[[5, 5]]", areas).score == 0.5
    assert judge("point", "[[5, 5], [6, 6], [7, 7]]", areas).score == pytest.approx(1 / 3)
    assert judge("point", "[[5, 5], [50, 50]]", [0, 0, 10, 10]).score == 0.5
    grid = json.dumps([[x, y] for x in range(100) for y in range(100)])
    assert judge("point", grid, [40, 40, 42, 42]).score < 0.01


@pytest.mark.parametrize(
    "answer",
    ["[nan, nan]", "[inf, 5]", "[1e400, 5]", "", "[]", "[1, 2, 3]", "[0, 0, 10, 10]", "none", "<think>[5, 5]</think>"],
)
def test_what_is_no_point_is_worth_nothing(judge, answer):
    for reference in ([0, 0, 10, 10], L_SHAPE, [5, 5], rle(DISC)):
        verdict = judge('point(radius=1000, credit="gaussian")', answer, reference)
        assert (verdict.status, verdict.score) == ("scored", 0.0)


@pytest.mark.parametrize(
    "reference",
    [
        [],
        [10, 10, 0, 0],
        [float("nan"), 0],
        "x",
        None,
        7,
        {"size": [4, 4], "counts": [16]},
        {"size": [4, 4], "counts": "zz"},
    ],
)
def test_point_references_that_cant_be_used(judge, reference):
    assert judge("point", "[5, 5]", reference).status == "bad_reference"


# --- polygons ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "answer",
    [
        json.dumps(L_SHAPE), json.dumps([v for pair in L_SHAPE for v in pair]), json.dumps({"polygon": L_SHAPE}), json.dumps({"segmentation": [[v for pair in L_SHAPE for v in pair]]}),
        "POLYGON ((0 0, 10 0, 10 4, 4 4, 4 10, 0 10, 0 0))", "(0,0), (10,0), (10,4), (4,4), (4,10), (0,10)", "multipolygon(((0 0, 10 0, 10 4, 0 4)), ((0 4, 4 4, 4 10, 0 10)))",
        json.dumps(L_SHAPE[::-1]), json.dumps(L_SHAPE[2:] + L_SHAPE[:2]), "[[0, 0, 10, 4], [0, 4, 4, 10]]",
    ],
)  # fmt: skip
def test_outlines_in_every_notation(judge, answer):
    assert judge("polygon", answer, L_SHAPE).score == pytest.approx(1.0, abs=1e-12)
    assert judge("polygon", answer, "POLYGON ((0 0, 10 0, 10 10, 0 10, 0 0))").score == pytest.approx(0.64)


def test_holes_and_rotation(judge):
    ring = "POLYGON ((0 0, 10 0, 10 10, 0 10, 0 0), (2 2, 8 2, 8 8, 2 8, 2 2))"
    assert judge("polygon", "[0, 0, 10, 10]", ring).score == pytest.approx(0.64)
    assert judge("polygon", ring, ring).score == 1.0
    diamond = [[5, -2.071067811865475], [12.071067811865476, 5], [5, 12.071067811865476], [-2.071067811865475, 5]]
    assert judge("polygon", "[5, 5, 10, 10, 45]", diamond).score == pytest.approx(1.0)
    assert judge("polygon", "[5, 5, 10, 10, 90]", [0, 0, 10, 10]).score == pytest.approx(1.0)
    assert judge("polygon", "[5, 5, 4, 10, 90]", [0, 3, 10, 7]).score == pytest.approx(1.0)
    assert judge("polygon", "[5, 5, -4, 10, 90]", [0, 3, 10, 7]).score == 0.0


def test_outlines_in_other_scales(judge):
    call = 'polygon(scale="0..1000", reference_scale="pixels")'
    assert judge(
        call, "[[0, 0], [500, 0], [500, 500]]", [[0, 0], [100, 0], [100, 50]], width=200, height=100
    ).score == pytest.approx(1)
    assert judge(call, "[[0, 0], [500, 0], [500, 500]]", [[0, 0], [100, 0], [100, 50]]).status == "bad_reference"
    assert (
        judge('polygon(scale="0..1")', "[[0, 0], [1, 0], [1, 1]]", [[0, 0], [100, 0], [100, 50]]).status
        == "bad_reference"
    )


def test_an_outline_that_crosses_itself(judge):
    bow = [[0, 0], [10, 10], [10, 0], [0, 10]]
    assert judge("polygon", json.dumps(bow), [0, 0, 10, 10]).score == pytest.approx(0.5)


@pytest.mark.parametrize(
    "answer",
    ["[[0, 0], [5, 5], [10, 10]]", "[[1, 1], [1, 1], [1, 1]]", "[[NaN, 0], [5, 5], [9, 0]]", "[[0, 0], [1e300, 0], [5, 1e300]]", "[[0,0],[1,1]]", "POLYGON EMPTY", "POLYGON ((0 0, 1 1", "POLYGON ((" * 2000, "[10, 10, 0, 0]", "[0, 0, 10, 10, Infinity]"],
)  # fmt: skip
def test_what_is_no_outline_is_worth_nothing(judge, answer):
    verdict = judge("polygon", answer, L_SHAPE)
    assert (verdict.status, verdict.score) == ("scored", 0.0)


def test_hostile_outlines_take_no_time(judge):
    source = np.random.default_rng(0)
    for answer in (
        json.dumps(source.uniform(0, 10, (900, 2)).tolist()),
        json.dumps(source.uniform(0, 10, (200, 2)).tolist()),
        json.dumps(source.uniform(0, 10, (50_000, 2)).tolist()),
        json.dumps([[x, y, x + 5, y + 5] for x, y in source.uniform(0, 5, (240, 2)).tolist()]),
        "POLYGON" * 50_000, "POLYGON((" * 50_000, "(" * 200_000, "POLYGON(" + "(0 0, 1 1)," * 20_000 + ")",
    ):  # fmt: skip
        started = time.process_time()
        assert judge("polygon", answer, L_SHAPE).status == "scored"
        assert time.process_time() - started < 5


numbers = st.floats(-50, 50).map(lambda v: round(v, 2))
ring = st.lists(st.tuples(numbers, numbers), min_size=3, max_size=8)


@given(ring, ring, numbers, numbers)
@settings(max_examples=100, deadline=None)
def test_laws_of_outlines(a, b, x, y):
    def score(first, second):
        return polygon([json.dumps(first)], [second])[0]

    one = score(a, [list(p) for p in b])
    if one.status == "bad_reference":
        return
    assert 0 <= one.score <= 1
    assert score(b, [list(p) for p in b]).score == 1.0
    other = score(b, [list(p) for p in a])
    if other.status == "scored":
        assert other.score == pytest.approx(one.score, abs=1e-9)
    moved = score([(p[0] + 64, p[1] - 32) for p in a], [[p[0] + 64, p[1] - 32] for p in b])
    assert moved.status == "bad_reference" or moved.score == pytest.approx(one.score, abs=1e-6)
    assert (one.score == 1.0) == (
        one.score == 1.0
        and shapely.equals(shapely.make_valid(shapely.Polygon(a)), shapely.make_valid(shapely.Polygon(b)))
    )


# --- masks ------------------------------------------------------------------------------------------------------------


def test_masks(judge):
    answer = json.dumps(rle(DISC))
    assert judge("mask", answer, rle(DISC)).score == 1.0
    assert judge("mask", json.dumps(loose(DISC)), rle(DISC)).score == 1.0
    assert judge("mask", answer, loose(DISC)).score == 1.0
    assert judge("mask", f"<answer>{json.dumps({'segmentation': rle(DISC)})}</answer>", answer).score == 1.0
    half = DISC.copy()
    half[:, :30] = False
    assert judge("mask", json.dumps(rle(half)), rle(DISC)).score == pytest.approx(half.sum() / DISC.sum())
    assert judge("mask", json.dumps([rle(half), rle(DISC & ~half)]), rle(DISC)).score == 1.0
    assert judge("mask", json.dumps(rle(~DISC)), rle(DISC)).score == 0.0
    assert judge("mask", json.dumps(rle(DISC)), dict(rle(DISC), counts=rle(DISC)["counts"].encode())).score == 1.0


def test_masks_from_outlines(judge):
    assert judge("mask", "[10, 5, 30, 25]", [10, 5, 30, 25], width=60, height=40).score == 1.0
    box = np.zeros((40, 60), bool)
    box[5:25, 10:30] = True
    assert judge("mask", "[10, 5, 30, 25]", rle(box)).score == 1.0
    assert judge("mask", "[[10, 5], [30, 5], [30, 25], [10, 25]]", rle(box)).score == 1.0
    assert judge('mask(scale="0..1")', "[0.16666666, 0.125, 0.5, 0.625]", rle(box)).score > 0.9
    assert judge("mask", "[10, 5, 30, 25]", [10, 5, 30, 25]).status == "bad_reference"


def test_outlines_with_holes_are_drawn(judge):
    frame = np.zeros((40, 60), bool)
    frame[5:35, 10:50] = True
    frame[10:20, 20:30] = frame[22:30, 32:44] = False
    ring = "POLYGON ((10 5, 50 5, 50 35, 10 35), (20 10, 30 10, 30 20, 20 20), (32 22, 44 22, 44 30, 32 30))"
    assert judge("mask", ring, rle(frame)).score == 1.0
    assert judge("mask", json.dumps(rle(frame)), ring, width=60, height=40).score == 1.0
    assert judge("mask", "POLYGON ((0 0, 60 0, 60 40, 0 40), (0 0, 60 0, 60 40, 0 40))", rle(frame)).score == 0.0
    corner = np.zeros((40, 60), bool)
    corner[:8, :9] = True  # the first pixel is covered, and the hole is at the grid's end
    assert judge("mask", "POLYGON ((0 0, 9 0, 9 8, 0 8), (50 30, 60 30, 60 40, 50 40))", rle(corner)).score == 1.0
    assert judge("mask", "POLYGON ((0 0, 9 0, 9 8, 0 8), (50 30, 1e8 30, 60 40, 50 40))", rle(corner)).score == 0.0


@pytest.mark.parametrize(
    "answer",
    [
        '{"size": [40, 60], "counts": "zzzz"}', '{"size": [40, 60], "counts": ""}', '{"size": [40, 60], "counts": "P"}', '{"size": [40, 60], "counts": []}', '{"size": [40, 60], "counts": [2400]}',
        '{"size": [40, 60], "counts": [-5, 2405]}', '{"size": [60, 40], "counts": [0, 2400]}', '{"size": [1000000000, 1000000000], "counts": [0, 5]}', '{"size": [40, 60], "counts": [1e3, 1400.0]}',
        '{"size": "x", "counts": 5}', '{"size": [40, 60], "counts": "\\u00e9\\u00e9"}', '{"size": [0, 0], "counts": [0]}', '{"size": [40, 60], "counts": "' + "o" * 50 + '"}', "[0, 0, 1e8, 1e8]", "", "[]", "[NaN, 0, 1, 1]",
        '{"size": [40, 60], "counts": [99999999999999999999999, 1]}', '{"size": [true, 60], "counts": [60]}',
    ],
)  # fmt: skip
def test_what_is_no_mask_is_worth_nothing(judge, answer):
    verdict = judge("mask", answer, rle(DISC))
    assert (verdict.status, verdict.score) == ("scored", 0.0), verdict
    assert judge("mask", json.dumps(rle(DISC)), answer).status == "bad_reference" or answer.startswith(
        '{"size": [60, 40]'
    )


@given(st.integers(1, 12), st.integers(1, 12), st.integers(0, 2**32))
@settings(max_examples=80, deadline=None)
def test_runs_are_read_as_the_library_reads_them(high, wide, seed):
    pixels = np.random.default_rng(seed).random((high, wide)) < 0.5
    assert (bitmap(rle(pixels)) == pixels).all()
    assert (bitmap(loose(pixels)) == pixels).all()


@given(st.text(alphabet=st.characters(min_codepoint=40, max_codepoint=130), max_size=30))
@settings(max_examples=200, deadline=None)
def test_broken_runs_never_reach_the_library(counts):
    try:
        bitmap({"size": [5, 5], "counts": counts})
    except BadMask:
        return
    assert bitmap({"size": [5, 5], "counts": counts}).shape == (5, 5)


# --- references that are fine are found fine --------------------------------------------------------------------------


def test_lint(engine):
    sizes = {"width": 200, "height": 100}
    rows = [{"reference": one, **sizes} for one in ([10, 20, 60, 80], L_SHAPE, [50, 50])]
    (report,) = lint(rows, 'grounding.point(scale="0..1000", reference_scale="pixels")', engine=engine)
    assert [p for p in report.problems if p.row != 2] == []
    (report,) = lint(rows[:2], 'grounding.polygon(scale="pixels", extract="tag:answer")', engine=engine)
    assert report.problems == []
    (report,) = lint([{"reference": rle(DISC)}, {"reference": loose(DISC)}], "grounding.mask", engine=engine)
    assert report.problems == []
