"""`grounding.temporal`, `grounding.count`, `grounding.select`; any text whatever; the reader; the plugin itself."""

from __future__ import annotations

import json
import subprocess
import sys
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import assay
import assay_grounding
from assay._scoring.lint import lint
from assay._scoring.scorer import Scorer
from assay_grounding.reading import read_text
from assay_grounding.temporal import temporal

# --- temporal ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "answer",
    [
        "12.5-14.0", "[12.5, 14.0]", "12.5 to 14", "from 12.5 s to 14 s.", "00:12.5 - 00:14", "0:00:12.5–0:00:14", '["00:12.5", "00:14"]', '{"start": 12.5, "end": 14}', '{"start": "00:12.5", "end": "00:14"}',
        "<answer>12.5 seconds to 14.0 seconds</answer>", "[[12.5, 14.0]]", "between 12.5 and 14.0", "12.5 ~ 14.0", '{"segments": [[12.5, 14.0]]}', "<think>1-2</think> 12.5-14", '{"time": "12.5-14.0"}', "12.5s-14s",
    ],
)  # fmt: skip
def test_spans_in_every_notation(judge, answer):
    assert judge("temporal", answer, [12.5, 14.0]).score == 1.0
    assert judge("temporal", answer, "12.5-14.0").score == 1.0
    assert judge("temporal", answer, [[12.5, 13.25]]).score == 0.5


def test_several_spans(judge):
    wanted = [[0, 10], [20, 30]]
    assert judge("temporal", "[[20, 30], [0, 10]]", wanted).score == 1.0
    assert judge("temporal", "[[20, 30], [0, 5], [3, 10]]", wanted).score == 1.0
    assert judge("temporal", "0-10", wanted).score == 0.5
    assert judge("temporal", "0-30", wanted).score == pytest.approx(2 / 3)
    assert judge("temporal", json.dumps([[k, k + 1] for k in range(1000)]), [[5, 6]]).score == pytest.approx(0.001)
    assert judge('temporal(credit="hit", threshold=0.6)', "0-30", wanted).score == 1.0


@pytest.mark.parametrize(
    "answer",
    [
        "14-12.5",
        "12.5-12.5",
        "[NaN, 14]",
        "[12.5, Infinity]",
        "[1e400, 2e400]",
        "",
        "[]",
        "12.5",
        "[[12.5, 14], [5, 4]]",
        "<think>12.5-14</think>",
        "-12.5 - -14",
    ],
)
def test_what_is_no_span_is_worth_nothing(judge, answer):
    assert judge("temporal", answer, [12.5, 14.0]).score == 0.0


def test_a_minus_sign_and_a_dash_differ(judge):
    assert judge("temporal", "-2 - 2", [0, 2]).score == 0.5
    assert judge("temporal", "0-2", [0, 2]).score == 1.0


@pytest.mark.parametrize("reference", [[], None, "soon", [14, 12], [float("nan"), 1], [[1, 2], [4, 3]], 5])
def test_span_references_that_cant_be_used(judge, reference):
    assert judge("temporal", "1-2", reference).status == "bad_reference"


span = st.tuples(st.floats(0, 100), st.floats(0.01, 50)).map(lambda s: [s[0], s[0] + s[1]])
spans = st.lists(span, min_size=1, max_size=4)


@given(spans, spans, st.randoms(use_true_random=False))
@settings(max_examples=150, deadline=None)
def test_laws_of_spans(a, b, source):
    shuffled = list(a)
    source.shuffle(shuffled)
    one, other, moved, same, turned = temporal(
        [json.dumps(x) for x in (a, b, [[s + 64, e + 64] for s, e in a], a, shuffled)],
        [b, a, [[s + 64, e + 64] for s, e in b], a, b],
    )
    assert 0 <= one.score <= 1
    assert one.score == pytest.approx(other.score, abs=1e-12)
    assert one.score == pytest.approx(moved.score, abs=1e-6)
    assert one.score == pytest.approx(turned.score, abs=1e-12)
    assert same.score == 1.0


# --- count ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "reference", "score"),
    [
        ("5", 5, 1), ("There are 5 dogs.", 5, 1), ("five", 5, 1), ("\\boxed{5}", "5", 1), ("<answer>5</answer>", 5.0, 1), ("1,205", 1205, 1), ("none", 0, 1), ("0", 0, 1), ("[]", [], 1),
        ("[[0, 0, 1, 1], [2, 2, 3, 3]]", 2, 1), ('[{"point_2d": [1, 2]}, {"point_2d": [3, 4]}, {"point_2d": [3, 4]}]', 3, 1), ("2", [[0, 0, 1, 1], [2, 2, 3, 3]], 1), ("2", ["a", "b"], 1),
        ("6", 5, 0), ("5 or 6", 5, 0), ("-5", 5, 0), ("5.5", 5, 0), ("", 0, 0), ("many", 5, 0), ("<think>5</think>", 5, 0), ("1 2 3 4 5", 5, 0), ("5, 6", 1, 0), ("[5, 6]", 1, 0), ("nan", 0, 0), ("99999999999999999999", 5, 0),
    ],
)  # fmt: skip
def test_count(judge, answer, reference, score):
    assert judge("count", answer, reference).score == score


def test_count_nearly(judge):
    assert judge('count(credit="relative")', "4", 5).score == pytest.approx(0.8)
    assert judge('count(credit="relative")', "50", 5).score == 0.0
    assert judge('count(credit="relative")', "1", 0).score == 0.0


@pytest.mark.parametrize("reference", [None, True, -1, 2.5, float("nan"), "many", ""])
def test_count_references_that_cant_be_used(judge, reference):
    assert judge("count", "5", reference).status == "bad_reference"


# --- select -----------------------------------------------------------------------------------------------------------

CANDIDATES = [[0, 0, 10, 10], [20, 0, 30, 10], [40, 0, 50, 10]]


@pytest.mark.parametrize(
    ("answer", "reference", "score"),
    [
        ("[[0, 0, 10, 10]]", [[0, 0, 10, 10]], 1), ("[[0, 0, 10, 10]]", [1], 1), ("1", [[0, 0, 10, 10]], 1), ("person 1", [1], 1), ("[1, 3]", [[40, 0, 50, 10], [0, 0, 10, 10]], 1),
        ("1 and 3", [1, 3], 1), ("[]", [], 1), ("None of them.", [], 1), ("no match", [], 1), ('{"answer": []}', [], 0), ("[[0, 0, 10, 10]]", [], 0), ("", [], 0), ("I don't know", [], 0), ("none", [1], 0),
        ("[[0, 0, 10, 11]]", [1], 0), ("[[0, 0, 10, 10], [20, 0, 30, 10]]", [1], 2 / 3), ("[1, 2, 3]", [1], 0.5), ("[[0, 0, 10, 10], [0, 0, 10, 10]]", [1], 2 / 3), ("4", [1], 0), ("nan", [1], 0), ("[NaN, NaN, NaN, NaN]", [1], 0),
    ],
)  # fmt: skip
def test_select(judge, answer, reference, score):
    assert judge("select", answer, reference, candidates=CANDIDATES).score == pytest.approx(score)


def test_select_without_candidates(judge):
    assert judge("select", "(B)", "B").score == 1.0
    assert judge("select", "A, C", ["c", "a"]).score == 1.0
    assert judge("select", "the car", ["r"]).score == 0.0
    assert judge("select", "[[0, 0, 10, 10]]", CANDIDATES[:1]).score == 1.0
    assert judge("select(tolerance=1)", "[[0, 0.5, 10, 11]]", CANDIDATES[:1]).score == 1.0


def test_select_as_rex_thinker_pays(judge):
    """F1 of exactly equal boxes; both empty is right; a box picked twice is worth nothing."""
    call = "select(duplicates=0)"
    assert judge(call, "[[0, 0, 10, 10], [0, 0, 10, 10]]", [1], candidates=CANDIDATES).score == 0.0
    assert judge(call, "[[0, 0, 10, 10], [20, 0, 30, 10]]", [1, 2], candidates=CANDIDATES).score == 1.0
    assert judge('select(metric="exact")', "1", [1, 2], candidates=CANDIDATES).score == 0.0


@pytest.mark.parametrize("reference", [None, [1, 1], [[0, 0, 5, 5]], [True], [[0, 0, 10, float("nan")]]])
def test_select_references_that_cant_be_used(judge, reference):
    assert judge("select", "1", reference, candidates=CANDIDATES).status == "bad_reference"


def test_lint(engine):
    (report,) = lint(
        [{"reference": one} for one in ([1, 2.5], [[3, 4], [7, 9]], "00:12-00:15")], "grounding.temporal", engine=engine
    )
    assert report.problems == []
    (report,) = lint([{"reference": one} for one in (3, "4", [[0, 0, 1, 1]])], "grounding.count", engine=engine)
    assert report.problems == []
    (report,) = lint(
        [{"reference": one, "candidates": CANDIDATES} for one in ([], [1, 2], CANDIDATES[1:])],
        "grounding.select",
        engine=engine,
    )
    assert report.problems == []


# --- any text whatever ------------------------------------------------------------------------------------------------

REFERENCES = {"iou": [0, 0, 10, 10], "detection": [{"bbox_2d": [0, 0, 10, 10], "label": "a"}], "point": [0, 0, 10, 10], "polygon": [[0, 0], [10, 0], [0, 10]], "mask": {"size": [4, 4], "counts": [4, 4, 8]}, "temporal": [0, 10], "count": 3, "select": [[0, 0, 10, 10]]}  # fmt: skip
pieces = st.sampled_from(['[', ']', '{', '}', '(', ')', '"bbox_2d":', '"point_2d":', '"label":', '"confidence":', '"counts":', '"size":', '"start":', '"end":', '"image":', '"segmentation":', 'NaN', 'nan', 'inf', '-', '1e999', '0', '5', '10', '1e-320', '.5', ',', ':', ' ', '"', '"a"', 'null', 'true', '<box>', '</box>', '<loc0005>', '<loc_10>', '<point x="5" y="5">', 'POLYGON', 'POINT', '((', '))', '<think>', '</think>', '<answer>', '</answer>', '```', 'none', '\x00', '\u2212', '\ud800', '٣', '½'])  # fmt: skip
texts = st.one_of(st.text(max_size=80), st.lists(pieces, max_size=16).map("".join))


@given(st.lists(texts, min_size=1, max_size=4))
@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_text_is_scored_in_its_bounds(completions):
    for verifier in assay_grounding.assay_verifiers():
        wanted = [REFERENCES[verifier.leaf]] * len(completions)
        options = {name: option.default for name, option in verifier.options.items()}
        inputs = [{"completion": text, "reference": one} for text, one in zip(completions, wanted, strict=True)]
        together = verifier.judge_batch(inputs, options)
        for verdict, one in zip(together, inputs, strict=True):
            assert verdict.status == "scored", (verifier.leaf, one, verdict)
            assert 0 <= verdict.score <= 1
            assert all(0 <= value <= 1 for value in verdict.fields.values())
            assert verdict == verifier.judge(one, options)


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8), lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.sampled_from(["bbox", "label", "counts", "size", "points", "start", "end", "a"]), inner, max_size=4), max_leaves=12))  # fmt: skip
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_reference_is_scored_or_bad(reference):
    for verifier in assay_grounding.assay_verifiers():
        options = {name: option.default for name, option in verifier.options.items()}
        verdict = verifier.judge({"completion": "[[0, 0, 5, 5]]", "reference": reference}, options)
        assert verdict.status in ("scored", "bad_reference"), (verifier.leaf, reference, verdict)


@pytest.mark.parametrize(
    "text",
    [
        "[" * 250_000, "(" * 250_000, "{" * 250_000, "1" * 250_000, "[1," * 75_000, "<box>" * 50_000, "<loc0001>" * 25_000, "9:" * 125_000, "1 " * 125_000, '{"a":' * 50_000, "-" * 250_000,
        "<point " * 25_000, "```" * 75_000, "[1, 2, 3, 4] " * 17_500, "1-2 " * 50_000, "none " * 50_000, "x1=" * 75_000, "a" * 250_000, "<answer>" * 25_000, "1,111" * 50_000, "[" + "1," * 125_000,
    ],
    ids=lambda text: text[:12],
)  # fmt: skip
def test_huge_texts_take_no_time(judge, text):
    for leaf, reference in REFERENCES.items():
        started = time.process_time()
        verdict = judge(leaf, text, reference)
        assert verdict.score is not None
        assert verdict.score < 0.5
        assert time.process_time() - started < 6, leaf


def test_the_reader_stops_at_ten_thousand_shapes():
    assert len(read_text(json.dumps([[0, 0, 1, 1]] * 50_000), "box")) <= 10_001


def test_import_is_light():
    code = "import numpy, assay, time; s = time.process_time(); import assay_grounding, sys; t = time.process_time() - s; print(t, *(m for m in ('scipy', 'shapely', 'PIL', 'pycocotools', 'torch') if m in sys.modules))"
    seconds, *heavy = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    assert heavy == []
    assert float(seconds) < 0.5


def test_each_published_reward_is_a_line(root, engine):
    """The lines of docs/grounding.md are bound; those that need no other plugin are evaluated, and pay a right answer."""
    text = (root / "docs" / "grounding.md").read_text(encoding="utf-8").partition("## Published rewards")[2]
    text = text.partition("```yaml")[2].partition("```")[0]
    rewards: list[dict[str, str]] = []
    for line in text.strip().splitlines():
        if line.startswith("#"):
            rewards.append({})
        else:
            name, _, expression = line.partition(": ")
            rewards[-1][name] = expression.replace("choice.label", "format.boxed").replace(
                "math.choice", "format.boxed"
            )
    assert len(rewards) == 12
    box = '<think>x</think><answer>[{"bbox_2d": [2, 2, 10, 10], "label": "a", "confidence": 0.9, "image": 1}]</answer>'
    sizes = {"width": 64, "height": 48, "resized_width": 64, "resized_height": 48}
    row = {"completion": box, "prompt": "p", "reference": [{"bbox_2d": [2, 2, 10, 10], "label": "a"}], **sizes}
    row |= {"task": "detection", "kind": "box", "type": "box", "image_index": 1, "radius": 5.0, "crop": box}
    for reward in rewards:
        with Scorer(reward, engine=engine) as scorer:
            scorer.check(row, [row])
        if (
            "grounding.point(" not in reward["total"]
            and "choice" not in reward["total"]
            and "math" not in reward["total"]
        ):
            scores = assay.score([row, row], reward, engine=engine)
            assert scores.status == ["scored", "scored"], reward
            assert scores.total[0] > 0.95, reward
