"""Naming one option, and the many ways to seem to."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import assay
from assay_choice import label, ordinal

CITIES = {"A": "London", "B": "Paris", "C": "None of the above", "D": "C. difficile"}


@pytest.mark.parametrize(
    "text",
    [
        "B",
        "b",
        "(B)",
        "[B]",
        "B.",
        "B)",
        "**B**",
        "$B$",
        "Option B",
        "Answer: B",
        "The answer is B.",
        "The correct answer is (B).",
        "So, the final answer is (b)",
        r"\boxed{B}",
        r"\boxed{\text{(B)}}",
        "<answer>B</answer>",
        "<answer> (B) </answer>",
        "<answer>The answer is B</answer>",
        "<think>A, or C?</think>B",
        "<think>A</think><answer>B</answer>",
        "Ｂ",
    ],
)
def test_the_letter_alone(text):
    assert label(text, "B").score == 1
    assert label(text, "B", CITIES).score == 1
    assert label(text, "A").score == 0


@pytest.mark.parametrize(
    "text", ["Paris", "paris.", "B. Paris", "(B) Paris", "B) paris", "B: Paris", "B Paris", "Paris (B)", "**Paris**"]
)
def test_the_text_for_its_letter(text):
    assert label(f"<answer>{text}</answer>", "B", CITIES).score == 1
    assert label(f"<answer>{text}</answer>", "A", CITIES).score == 0


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Bob",
        "Because",
        "B B",
        "A or B",
        "A, B",
        "AB",
        "A/B",
        "(A)(B)",
        "A and B",
        "B or C",
        "(B) or (C)",
        "<think>B</think>",
        "<think>B</think>A",
        "<think>The answer is B.",
        "none of the above",
        "ABCD",
        "A dog",
        "hepatitis B",
        "<answer>A</answer><answer>B</answer>",
        r"\boxed{A} or \boxed{B}",
        "A. London B. Paris C. None D. x",
        "A B C D",
        "not B",
        "B\u0301",
    ],
)
@pytest.mark.parametrize("strict", [True, False])
@pytest.mark.parametrize("choices", [None, CITIES])
def test_pays_nothing(text, strict, choices):
    assert label(text, "B", choices, strict=strict).score == 0


def test_extra_text():
    """1 for the letter, 0.5 with text behind it, 0 for several: MedVLM-R1 (arXiv:2502.19634)."""
    texts = ["B", "B: the lung", "B because of its shape", "A", "A or B", "B B", "B, as A is wrong: (C)"]
    assert [label(f"<answer>{t}</answer>", "B", extra_text=0.5).score for t in texts] == [1, 0.5, 0.5, 0, 0, 0, 0]
    assert label("B: the lung", "B").score == 0
    assert label("B: the lung", "B", strict=False).score == 1
    with pytest.raises(ValueError, match="extra_text"):
        label("B", "B", extra_text=2.0)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("I would choose B because it is big", {"B"}),
        ("I think (B) is right, not (A).", {"B"}),
        ("Not A. The answer is B", {"B"}),
        ("A is wrong. It is (B).", {"B"}),
        ("It is Paris, not London", {"B"}),
        ("It is Paris", {"B"}),
        ("It is not Paris", set()),
        ("It isn't Paris.", set()),
        ("The patient has hepatitis B.", set()),
        ("A cat sat", set()),
        ("A man. I saw vitamin C in it", set()),
        ("I choose A or B", {"A", "B"}),
        ("A) London\nB) Paris\nC) x\nD) y", {"A", "B", "C", "D"}),
        ("C. difficile", {"D"}),
        ("Neither London nor Paris", set()),
    ],
)
def test_prose(text, named):
    assert set(label(text, "B", CITIES, strict=False).details["named"]) == named


def test_the_letter_of_one_and_the_text_of_another():
    for strict in (True, False):
        assert label("B. London", "B", CITIES, strict=strict).score == 0
        assert label("B. London", "A", CITIES, strict=strict).score == 0


@pytest.mark.parametrize(
    "text", ["B. Paris C. Rome", "B) Paris\nC) Rome", "B) Paris C) Rome", "B. Paris\nC. Rome", "B: x\n(C) y"]
)
def test_listing_the_options_names_them_all(text):
    for choices in (None, {"B": "x", "C": "y"}):
        for gold in "BC":
            assert label(text, gold, choices, strict=False).score == 0
            assert label(text, gold, choices, extra_text=0.5).score == 0
    assert label("B. John F. Kennedy", "B", strict=False).score == 1


def test_one_class_within_another():
    classes = ["harmful", "unharmful", "New York", "New York City"]
    assert label("It is unharmful", "unharmful", classes, strict=False).score == 1
    assert label("It is unharmful", "harmful", classes, strict=False).score == 0
    assert label("It is not harmful", "harmful", classes, strict=False).score == 0
    assert label("That is New York City", "New York", classes, strict=False).score == 0
    assert label("That is New York City", "New York City", classes, strict=False).score == 1


def test_classes():
    """CLS-RL (arXiv:2503.16188): equality of the whole with the label, case apart."""
    assert label("golden retriever", "Golden Retriever", extract="whole", strict=True).score == 1
    assert label("It is a golden retriever", "Golden Retriever", extract="whole", strict=True).score == 0
    assert label("golden retriever or poodle", "Golden Retriever", strict=False).score == 0
    assert label("Golden retriever", "Golden Retriever", ignore_case=False).score == 0
    assert label("E. coli", "E. coli").score == 1
    assert label("E. coli", "E").score == 0
    assert label("E", "E. coli").score == 0
    assert label("C. difficile", "C", strict=False).score == 0


def test_references_that_only_look_like_letters():
    for reference in ("NO", "BUY", "Go", "1.5", "12:30", "1,000", "A.I.", "E. coli", "U.S.", "x-ray"):
        assert label(reference, reference).score == 1
        assert label(reference.lower(), reference).score == 1
        for other in ("A", "B", "N", "O", "1", "5", "12", "E", "G", "N, O"):
            assert label(other, reference).score == 0, (reference, other)
    assert label("AD", "AD").score == 1


@pytest.mark.parametrize("extract", ["tag:answer", "boxed", "whole", "after:answer:"])
def test_exemplars(extract):
    for reference in (
        "B",
        "(B)",
        "golden retriever",
        "A, C",
        True,
        3,
        "<answer>B</answer>",
        "B. Paris",
        ["cat", "feline"],
    ):
        text = label.exemplar(reference, {"extract": extract, "every": False})
        assert label(text, reference, extract=extract).score == 1
    assert ordinal(ordinal.exemplar(-2, {"extract": extract}), -2, lo=-3, hi=3, extract=extract).score == 1


def test_aliases():
    animals = {"cat": ["moggy", "house cat"], "dog": ["hound"], "fish": None}
    assert label("moggy", "cat", aliases=animals).score == 1
    assert label("hound", "cat", aliases=animals).reason == "dog is not cat"
    assert label("It is a house cat.", "cat", aliases=animals, strict=False).score == 1
    assert label("A moggy, or a hound", "cat", aliases=animals, strict=False).score == 0
    assert label("moggy", "cat", aliases=["moggy"]).score == 1
    assert label("City of Light", "B", CITIES, aliases={"B": "City of Light"}).score == 1


@pytest.mark.parametrize(
    "choices",
    [
        ["London", "Paris", "Rome"],
        ["A. London", "B. Paris", "C. Rome"],
        ["(A) London", "(B) Paris", "(C) Rome"],
        {"A": "London", "B": "Paris", "C": "Rome", "D": None},
        {"label": ["A", "B", "C"], "text": ["London", "Paris", "Rome"]},
        [{"label": "A", "text": "London"}, {"label": "B", "text": "Paris"}, {"label": "C", "text": "Rome"}],
        "A. London\nB. Paris\nC. Rome",
        "a ) London , b ) Paris , c ) Rome",
    ],
)
def test_forms_of_choices(choices):
    verdict = label("Paris", "B", choices)
    assert verdict.score == 1
    assert verdict.details["options"] == 3
    assert verdict.details["chance"] == pytest.approx(1 / 3)
    assert label("B", "Paris", choices).score == 1
    assert label("B", 1, choices).score == 1


def test_how_many_choices():
    assert label("C", "C", 4).details["chance"] == 0.25
    assert label("E", "C", 4).score == 0
    assert label("C", "C").details["chance"] is None
    assert label("3", "3", {"label": ["1", "2", "3"], "text": ["x", "y", "z"]}).score == 1


def test_none_of_the_above():
    for text in ("none of the above", "None of these.", "C", "none", "none of the options", "(C) None of the above"):
        assert label(text, "C", CITIES).score == 1
    assert label("none of the above", "A", ["x", "y"]).score == 0
    assert label("none of the above", "none of the above").score == 1


def test_several_right():
    for gold in ("A, C", "A and C", "AC", ["A, C"]):
        assert label("A, C", gold, CITIES).score == 1
        assert label("C and A", gold, CITIES).score == 1
        assert label("AC", gold, CITIES).score == 1
        assert label("A", gold, CITIES).score == 0
        assert label("A, B, C", gold, CITIES).score == 0
    assert label("A, C", "A, C").score == 1
    assert label("A", ["A", "C"]).score == 1
    assert label("A, C", ["A", "C"]).score == 0
    assert label("A, C", ["A", "C"], every=True).score == 1
    graded = [
        label(t, ["A", "C"], CITIES, every=True, credit="fraction").score
        for t in ("A, C", "A", "A, B", "A, B, C, D", "B")
    ]
    assert graded == pytest.approx([1, 1 / 2, 1 / 3, 1 / 2, 0])


def test_bools():
    assert label("Yes.", True).score == 1
    assert label("false", False).score == 1
    assert label("no", True).score == 0
    assert label("yes and no", True, strict=False).score == 0


@pytest.mark.parametrize(
    ("reference", "choices"),
    [
        (None, None),
        ("", None),
        ([], None),
        ({"a": 1}, None),
        (7, CITIES),
        ("E", CITIES),
        ("Rome", CITIES),
        (2, ["1", "2", "3"]),
        ("A", ["one"]),
        ("A", []),
        ("A", 1),
        ("A", True),
        ("A", "no choices here"),
        ("A", {"A": "x", "a": "y"}),
        (float("nan"), CITIES),
    ],
)
def test_bad_references(reference, choices):
    assert (
        label.judge({"completion": "A", "reference": reference, "choices": choices}, {"extract": "whole"}).status
        == "bad_reference"
    )


def test_references_as_data_sets_have_them():
    for reference in ("B", "(B)", "B.", " b ", "<answer>B</answer>", "B. Paris", "Answer: B"):
        assert label("B", reference, CITIES).score == 1
    assert label("Paris", "B. Paris").score == 1
    assert label("London", "B. Paris").score == 0
    assert (
        label("B", np.array(["A", "B"])).score
        == label("2", np.int64(2)).score
        == label("B", np.int64(1), CITIES).score
        == 1
    )


def test_each_row_is_judged_by_its_own_reference():
    """Recon reads the gold from the call's first row, Video-R1 the kind of problem."""
    rows = [
        {"completion": f"<answer>{said}</answer>", "reference": gold, "kind": kind}
        for said, gold, kind in [
            ("A", "A", "letter"),
            ("A", "B", "letter"),
            ("cat", "cat", "class"),
            ("dog", "cat", "class"),
            ("B", "B", "letter"),
        ]
    ]
    assert assay.score(rows, "choice.label").total.tolist() == [1, 0, 1, 0, 1]
    assert assay.score(rows, 'choice.label if row.kind == "letter" else 0.5 * choice.label').total.tolist() == [
        1,
        0,
        0.5,
        0,
        1,
    ]


def test_the_first_letter_is_not_the_answer():
    """Video-RTS falls back to the first letter of the text; ST-R1 compares the first characters of answer and gold."""
    for text in (
        "<answer>Because of the dog</answer>",
        "<answer>Bob</answer>",
        "Blue it is",
        "<answer>British</answer>",
    ):
        for strict in (True, False):
            assert label(text, "B", strict=strict).score == 0
    assert label("<answer>blue</answer>", "black").score == 0


def test_ordinal():
    marks = ["3", "+3", "<answer>3</answer>", "1", "0", "-3", "4", "3.0", "three", "3 or -3", ""]
    assert [ordinal(one, 3, lo=-3, hi=3).score for one in marks] == [1, 1, 1, 0.5, 0, 0, 0, 0, 0, 0, 0]
    assert ordinal("-1", "-2", lo=-3, hi=3).score == 0.5
    assert ordinal("0", 0, lo=-3, hi=3).score == 1
    for reference in (None, "x", 9, 0.5, True):
        assert ordinal("1", reference, lo=-3, hi=3).status == "bad_reference"
    with pytest.raises(ValueError, match="no marks"):
        ordinal("1", 1, lo=3, hi=3)


def test_in_a_reward():
    rows = [
        {"completion": "<answer>B</answer>", "reference": "B", "options": ["x", "y"], "aliases": {"B": ["bee"]}},
        {"completion": "<answer>bee</answer>", "reference": "B", "options": ["x", "y"], "aliases": {"B": ["bee"]}},
        {"completion": "<answer>y</answer>", "reference": "B", "options": ["x", "y"], "aliases": {"B": ["bee"]}},
    ]
    assert assay.score(rows, "choice.label").total.tolist() == [1, 0, 0]
    assert assay.score(rows, "choice.label(aliases=row.aliases)").total.tolist() == [1, 1, 0]
    assert assay.score(rows, "choice.label(choices=row.options)").total.tolist() == [1, 0, 1]
    assert assay.score(rows, '1 if choice.label(extract="tag:answer") else 0.5').total.tolist() == [1, 0.5, 0.5]
    assert assay.score(
        [{"completion": "2", "reference": 3}], "choice.ordinal(lo=-3, hi=3, same_sign=0.5)"
    ).total.tolist() == [0.5]


@pytest.mark.parametrize(
    "piece",
    [
        "A ",
        "(A) ",
        "A, ",
        "**A** ",
        "answer is A ",
        "not A ",
        "(",
        "B",
        "B or ",
        "\n",
        "[(",
        "answer: ",
        "\\text{",
        "a ) x , ",
        "\0",
    ],
)
def test_a_long_text_of_anything(piece):
    started = time.thread_time()
    for size in (200_000, 19_990):
        text = piece * (size // len(piece))
        for strict in (True, False):
            label(text, "B", CITIES, strict=strict)
            label(text, "B", strict=strict)
            label(f"<answer>{text}</answer>", "golden retriever", strict=strict)
        ordinal(text, 1, lo=0, hi=2)
    label.judge({"completion": "B", "reference": "B", "choices": text}, {})
    assert time.thread_time() - started < 8


@given(
    st.lists(
        st.sampled_from(["A", "B", "C", " ", ".", "(", ")", "or", "and", "answer is", "Paris", "not", ",", "\n", "*"]),
        max_size=10,
    ),
    st.sampled_from("ABC"),
)
@settings(max_examples=400, deadline=None)
def test_laws(pieces, gold):
    text = "".join(pieces)
    strict, loose = (label(text, gold, CITIES, strict=one) for one in (True, False))
    assert strict.score in (0, 1)
    assert strict.score <= loose.score
    # At most one of the options is paid for.
    assert sum(label(text, one, CITIES, strict=False).score for one in CITIES) <= 1


@given(st.text(max_size=200))
@settings(max_examples=200, deadline=None)
def test_any_text(text):
    for strict in (True, False):
        assert label.judge({"completion": text, "reference": "B"}, {"strict": strict}).status == "scored"
        judged = label.judge({"completion": "B", "reference": text, "choices": text}, {"strict": strict})
        assert judged.status in ("scored", "bad_reference")
