"""Structured answers: what part of them is paid, and what listing everything brings."""

from __future__ import annotations

import json
import math
import subprocess
import sys
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import assay
from assay_records import items, numbers, params, sequence, tuples

STAR = [5.0, 1.5, 0.5]
REASON = [1.0, 0.5, 0.5, 0.25]


def answer(value):
    return f"<answer>{value if isinstance(value, str) else json.dumps(value)}</answer>"


@pytest.mark.parametrize(
    "text",
    [
        "change_size(6,'large'), change_color(2, \"red\")",
        "change_color(2,'red')\nchange_size(6,'large')",
        "('change_size', 6, 'large'); ('change_color', 2, 'red')",
        "(change_size; 6; large) (change_color | 2 | red)",
        '[["change_size", 6, "large"], ["change_color", "2", "Red"]]',
        '```json\n[["change_size", 6, "large"], ["change_color", "2", "Red"]]\n```',
    ],
)
def test_forms_of_tuples(text):
    gold = [["change_size", "6", "large"], ["change_color", "2", "red"]]
    for reference in (gold, json.dumps(gold), text, answer(text)):
        verdict = tuples(answer(text), reference, credit=REASON, dedup=True)
        assert verdict.score == 1
        assert verdict.fields == {"full": 1, "precision": 1, "recall": 1, "unique": 1}


@pytest.mark.parametrize(
    ("said", "star", "reason"),
    [
        ("(1, color, red)", 5, 1),
        ("(1, color, blue)", 1.5, 0.5),
        ("(1, size, red)", 0.5, 0.5),
        ("(1, size, big)", 0.5, 0.25),
        ("(2, color, red)", 0, 0),
        ("()", 0, 0),
        ("nothing here", 0, 0),
        ("(1, color)", 1.5, 0.5),
        ("(1, color, red, again)", 1.5, 0.5),
    ],
)
def test_credit_for_parts(said, star, reason):
    assert tuples(answer(said), "(1, color, red)", credit=STAR).score == star
    assert tuples(answer(said), "(1, color, red)", credit=REASON).score == reason
    assert tuples(answer(said), "(1, color, red)").score == float(star == 5)


def test_listing_everything_does_not_pay():
    """Reason-RFT: credit over the longer list, times the share of tuples that repeat none."""
    gold = "(1, color, red)"
    everything = ", ".join(f"(1, color, {c})" for c in ("red", "blue", "green", "grey"))
    assert tuples(answer(everything), gold, credit=REASON).score == 1 / 4
    twice = tuples(answer("(1, color, red), (1, color, red)"), gold, credit=REASON, dedup=True)
    assert twice.score == 1 / 2 * 1 / 2
    assert twice.fields["unique"] == 0.5
    assert tuples(answer(everything), gold, credit=STAR, reduce="sum").score == 5
    assert tuples(answer(everything), gold, credit=STAR, reduce="sum", penalty=2.0).score == 5 - 3 * 2
    assert tuples(answer("nothing"), gold, credit=STAR, reduce="sum", penalty=2.0).score == -2
    assert tuples(answer("(0, a, b), " * 600), gold, credit=STAR).score == 0


def test_negative_credit():
    """Reason-RFT's variant pays -0.25, -0.25 and -0.5 for what is right in part."""
    pays = [1.0, -0.25, -0.25, -0.5]
    gold = "(1, color, red), (2, size, big)"
    assert tuples(answer("(1, color, red), (2, size, small)"), gold, credit=pays).score == (1 - 0.25) / 2
    assert tuples(answer("(1, shape, cube), (2, size, big)"), gold, credit=pays).score == (1 - 0.5) / 2


def test_pairs_are_the_best_there_are():
    # Greedy would give (a, x, 1) to the first and leave the second with nothing.
    gold = "(a, x, 1), (a, y, 2)"
    assert tuples(answer("(a, x, 9), (a, x, 1)"), gold, credit=STAR, reduce="sum").score == 5.5
    assert tuples(answer("(a, x, 1), (a, x, 9)"), gold, credit=STAR, reduce="sum").score == 5.5


def test_no_tuples_at_all():
    for nothing in ("[]", [], "none"):
        assert tuples(answer("[]"), nothing, credit=STAR).score == 5
        assert tuples(answer("no change"), nothing).score == 1
        assert tuples(answer("(1, color, red)"), nothing).score == 0
    for reference in ("", None, "prose", "(a, b), (a, b, c)", {"a": float("nan")}, object()):
        assert tuples(answer("(a, b)"), reference).status == "bad_reference"
    assert tuples(answer("(a, b)"), "(a, b)", credit=REASON).status == "bad_reference"
    for options in ({"credit": []}, {"credit": [math.inf]}, {"penalty": -1.0}):
        with pytest.raises(ValueError, match=r"credit|penalty"):
            tuples("x", "(a, b)", **options)


@given(st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from("xy"), st.sampled_from("12")), max_size=5), st.data())
@settings(max_examples=100, deadline=None)
def test_laws_of_tuples(gold, data):
    said = data.draw(st.permutations(gold))
    for credit in (None, STAR, REASON):
        top = credit[0] if credit else 1
        assert tuples(answer(said), gold, credit=credit).score == pytest.approx(top)
        more = [*said, ("zz", "zz", "zz")]
        assert tuples(answer(more), gold, credit=credit).score < top
        if said:
            assert tuples(answer(said[:-1]), gold, credit=credit).score < top


GOLD = {"type": "type_and_submit", "name": "search", "text": "red shoes"}


def test_params_of_shop():
    """Shop-R1's ladder: the action's type, its attributes, their values."""
    keys = ["type", "name", "text"]
    right = params(json.dumps({**GOLD, "rationale": "because"}), GOLD, keys=keys)
    assert right.score == 1
    assert right.fields == {"keys": 1, "values": 1, "type": 1}
    partly = params(json.dumps({"type": "type_and_submit", "name": "buy"}), GOLD, keys=keys)
    assert partly.fields == {"keys": 2 / 3, "values": 0.5, "type": 1}
    assert partly.score == 1 / 3
    other = params('{"type": "click"}', GOLD, keys=keys)
    assert other.fields == {"keys": 1 / 3, "values": 0, "type": 0}
    assert params("click it", GOLD, keys=keys).fields == {"keys": 0, "values": 0, "type": 0}
    assert params("{}", {"a": 1}).fields["type"] is None


def test_params_of_jarvis():
    """JarvisArt: Jaccard of names; 1 - distance / threshold over the names in common."""
    gold = {"Exposure": 1.0, "Contrast": 10, "Vignette": True}
    said = json.dumps({"Exposure": 1.5, "Contrast": 40, "Clarity": 5})
    thresholds = {"Exposure": 2.0, "Contrast": 20, "Other": None}
    assert params(said, gold, metric="jaccard").score == 2 / 4
    verdict = params(said, gold, thresholds=thresholds, metric="shared")
    assert verdict.score == verdict.fields["values"] == (0.75 + 0) / 2
    assert params(said, gold, thresholds=thresholds).score == 0.75 / 4
    assert params(json.dumps(gold), gold, thresholds=thresholds).score == 1


def test_regions_are_paired():
    gold = {"local": [{"mask": "sky", "Exposure": 1.0}, {"mask": "face", "Exposure": 0.0}]}
    said = {"local": [{"mask": "face", "Exposure": 0.5}, {"mask": "sky", "Exposure": 1.0}]}
    verdict = params(json.dumps(said), gold, part="local", matching="optimal", thresholds=1.0)
    assert verdict.fields["keys"] == 1
    assert verdict.fields["values"] == verdict.score == (0.75 + 1) / 2
    spam = {"local": said["local"] + [{"mask": "x"}] * 2}
    assert params(json.dumps(spam), gold, part="local", matching="optimal", thresholds=1.0).score == 1.75 / 4
    assert params('{"local": []}', {"local": []}, part="local", matching="optimal").score == 1
    assert params('{"local": [1]}', {"local": []}, part="local", matching="optimal").score == 0
    assert params('{"local": 1}', gold, part="local", matching="optimal").score == 0


def test_values():
    def near(said, gold, **options):
        return params(json.dumps({"x": said}), {"x": gold}, **options).score

    assert (
        near(1, 1.0) == near("A b", "A  b") == near([1, 2], [1, 2]) == near(True, True) == near({"a": 1}, {"a": 1}) == 1
    )
    assert near("1", 1) == near(True, 1) == near(1, True) == near("a", "A") == near(None, "a") == near(1.1, 1) == 0
    assert near("a", "A", ignore_case=True) == 1
    assert near(1.1, 1, tolerance=0.2) == near([1.1], [1], tolerance={"x": 0.2}) == 1
    assert near(1.3, 1, tolerance=0.2) == 0
    assert near([1, 2, 3], [1, 2]) == 2 / 3
    assert params('{"a": {"b": 1, "c": 2}}', {"a": {"b": 1, "c": 3}}).score == 0.5
    assert params('{"a": {"b": 1.4}}', {"a": {"b": 1}}, thresholds={"a.b": 1.0}).score == pytest.approx(0.6)
    for limit in (0.0, -1.0, {"x": 0.0}):
        with pytest.raises(ValueError, match="above 0"):
            params("{}", {"x": 1}, thresholds=limit)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        '{"x": 1',
        '{"x": 1, "x": 1}',
        '{"x": NaN}',
        '{"x": 1e999}',
        "[1]",
        '{"x": 1} {"x": 1}',
        "<think>{}</think>",
        "{'x': 1}",
        "[" * 10**5,
        '{"x":' * 60 + "1" + "}" * 60,
    ],
)
def test_what_is_no_object_scores_nothing(text):
    assert params(text, {"x": 1}).score == 0


def test_params_in_prose_and_fences():
    for text in (
        'Here: {"x": 1}.',
        '```json\n{"x": 1}\n```',
        '<answer>\n```\n{"x": 1}\n```</answer>',
        '<think>{"x": 2}</think>{"x": 1}',
    ):
        assert params(text, '{"x": 1}').score == 1
    for reference in ("", "x", None, [], {}, "[1]", 3, {"x": float("inf")}, {"x": object()}):
        assert params('{"x": 1}', reference).status == "bad_reference"
    assert params('{"x": 1}', {"x": 1, "y": None}).score == 1
    assert params('{"x": 1}', {"y": 1}, keys=["x"]).status == "bad_reference"


def test_set():
    """SoRFT: F with beta 3."""
    gold = ["a.py", "b.py", "c.py"]
    verdict = items(answer(["a.py", "d.py"]), gold, beta=3.0)
    assert (verdict.fields["precision"], verdict.fields["recall"]) == (1 / 2, 1 / 3)
    assert verdict.score == pytest.approx(10 * 1 / 2 * 1 / 3 / (9 * 1 / 2 + 1 / 3))
    for text in (
        '["c.py", "a.py", "b.py"]',
        "a.py, b.py, c.py",
        "- a.py\n- `b.py`\n* c.py",
        "1. a.py\n2. b.py\n3. c.py",
    ):
        assert items(answer(text), gold).score == 1
    assert items(answer(["a.py"] * 3), ["a.py"]).score == pytest.approx(0.5)
    assert items(answer(["a.py", "x"]), gold, metric="jaccard").score == 1 / 4
    assert items(answer("[]"), "[]").score == items(answer("[]"), []).score == 1
    assert items(answer("x"), "[]").score == 0
    assert items("", gold).score == 0
    assert items(answer(["A.py"]), ["a.py"], ignore_case=False).score == 0
    assert items("x", "").status == items("x", None).status == "bad_reference"
    with pytest.raises(ValueError, match="beta"):
        items("x", gold, beta=0.0)


def test_sequence():
    gold = [{"action": "find", "id": 1}, {"action": "pick", "id": 1}, {"action": "put", "id": 2}]
    verdict = sequence(json.dumps([*gold[:2], {"action": "fly", "id": 3}, 7]), gold)
    assert verdict.fields == {"valid": 3 / 4, "names": 2 / 4, "k": 2, "n": 4}
    assert verdict.score == 2 / 4
    assert sequence(json.dumps(gold), gold).score == 1
    assert sequence(json.dumps({"plan": gold}), {"plan": gold}, part="plan").score == 1
    assert sequence('["find(apple)", "pick"]', '["find(apple)", "pick"]').fields["names"] == 1
    assert sequence(json.dumps(gold[::-1]), gold).fields["k"] == 0
    assert sequence(json.dumps(gold), gold, actions=["find"]).fields["names"] == pytest.approx(1 / 3)
    assert sequence("find it", gold).fields == {"valid": 0, "names": 0, "k": 0, "n": 0}
    for reference in ("", [], [1], {}, [""]):
        assert sequence("[]", reference).status == "bad_reference"


def test_numbers():
    def marks(text, **options):
        return numbers(text, tags=["answer", "answer"], lo=0, hi=10, **options)

    verdict = marks("<think>5</think><answer>7</answer><answer>3</answer>")
    assert verdict.fields == {"valid": 1, "first": 7, "second": 3, "third": None}
    for text in (
        "",
        "<answer>7</answer>",
        "<answer>7</answer>" * 3,
        "<answer>7</answer><answer>11</answer>",
        "<answer>7</answer><answer>-1</answer>",
        "<answer>7</answer><answer>seven</answer>",
        "<answer>7</answer><answer>1 or 2</answer>",
        "<answer>7</answer><answer></answer>",
        "<answer>7</answer><answer>1e0</answer>",
        "<answer>7<answer>3</answer></answer>",
        "<think><answer>7</answer><answer>3</answer></think>",
    ):
        assert marks(text).fields == {"valid": 0, "first": None, "second": None, "third": None}, text
    assert marks("<answer>7.5</answer><answer>3</answer>").score == 1
    assert marks("<answer>7.5</answer><answer>3</answer>", whole=True).score == 0
    assert numbers("<b>2</b><a>1</a>", tags=["a", "b"]).fields["first"] == 1
    with pytest.raises(ValueError, match="one to three"):
        numbers("", tags=[])


def test_judges_ties_are_ties():
    """JudgeLRM's published relation reads 5 : 5 as "first wins"; here the marks are given, and the reward says it."""
    reward = {
        "s": 'records.numbers(tags=["answer", "answer"], lo=0, hi=10)',
        "total": "-2 if not s.valid else 2 if (s.first > s.second) == (row.first > row.second) and (s.first < s.second) == (row.first < row.second) else -1.5",
    }
    texts = ["<answer>5</answer><answer>5</answer>", "<answer>6</answer><answer>5</answer>", "<answer>6</answer>"]
    rows = [{"completion": text, "first": 7, "second": 3} for text in texts]
    assert assay.score(rows, reward).total.tolist() == [-1.5, 2, -2]


def test_exemplars():
    for one, references in [
        (tuples, ["(1, color, red)", [["1", "color", "red"]], answer("(a, b)"), "[]"]),
        (params, [{"x": 1, "y": None}, '{"x": {"y": [1]}}']),
        (items, [["a", "b"], "a, b", "- a\n- b"]),
        (sequence, [["a", "b"], '[{"action": "x"}]']),
    ]:
        for reference in references:
            text = one.exemplar(reference, {"extract": "tag:answer"})
            assert one(text, reference, extract="tag:answer").score == 1, (one.leaf, reference)


def test_in_a_reward():
    rows = [{"completion": answer([["f", "1", "red"]]), "reference": [["f", "1", "red"]], "thresholds": {"x": 2.0}}]
    assert assay.score(rows, "records.tuples(credit=[1, 0.5, 0.5, 0.25], dedup=True)").total.tolist() == [1]
    assert assay.score(rows, "records.tuples(credit=[5, 1.5, 0.5])").total.tolist() == [5]
    rows = [
        {
            "completion": '{"x": 1, "type": "a"}',
            "reference": {"x": 2, "type": "a"},
            "thresholds": {"x": 2.0},
            "tolerance": 1.5,
        }
    ]
    for reward, total in [
        ("records.params(thresholds=row.thresholds)", 0.75),
        ("records.params(tolerance=row.tolerance)", 1),
        ('records.params(metric="jaccard")', 1),
        ('records.params(keys=["type", "x"]).type', 1),
    ]:
        assert assay.score(rows, reward).total.tolist() == [total], reward
    rows = [{"completion": '["a", "b"]', "reference": ["a", "b"], "plan": ["a", "c"]}]
    assert assay.score(rows, "records.set(beta=3)").total.tolist() == [1]
    assert assay.score(rows, "records.sequence(reference=row.plan).k").total.tolist() == [1]


@pytest.mark.parametrize(
    "piece",
    ["(", "(a,b)", "()", "[", "{", '"', "'", ",", '{"a":', "[[1],", "f(", "(a,", "\n- a", "<answer>", "1,", "((", "\\"],
)
def test_a_long_text_of_anything(piece):
    started = time.thread_time()
    for size in (300_000, 60_000):
        text = piece * (size // len(piece))
        for one, reference in ((tuples, "(a, b)"), (params, {"a": 1}), (items, ["a"]), (sequence, ["a"])):
            judged = one.judge({"completion": text, "reference": reference}, {"extract": "whole"})
            assert judged.status == "scored", judged
            judged = one.judge({"completion": "x", "reference": text}, {"extract": "whole"})
            assert judged.status in ("scored", "bad_reference"), judged
        numbers(text, tags=["answer", "answer"])
    assert time.thread_time() - started < 10


@given(st.text(max_size=100), st.text(max_size=100))
@settings(max_examples=150, deadline=None)
def test_any_text(text, reference):
    for one in (tuples, params, items, sequence):
        assert one.judge({"completion": text, "reference": reference}, {}).status in ("scored", "bad_reference")


def test_import_is_light():
    code = "import assay_records, sys; print([m for m in ('numpy', 'scipy') if m in sys.modules])"
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"
    )
