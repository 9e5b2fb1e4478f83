"""Every wording of the table is met by what it says, and leads to mathematics."""

from __future__ import annotations

import contextlib

import pytest

from assay_math import phrases
from assay_math.characters import clean
from assay_math.errors import Unreadable
from assay_math.grammar import read
from assay_math.lexer import lex
from assay_math.tree import Words

SLOTS = {
    "e": "3k + 1", "f": "9k", "n": "3", "m": "4", "x": "k", "y": "m", "set": r"\mathbb{Z}", "reals": r"\mathbb{R}", "equation": "f(k) = 3k",
    "bound": "k > 2", "corners": "ABC", "rest": "because it is", "unit": "hours", "label": "the area",
}  # fmt: skip
#: Wordings that are no more than words by nature.
WORDS = {"even", "odd", "prime", "composite"}


def sample(wording, optional):
    """Write a wording out, by the first of each choice, with what is optional or without."""
    words, kept, first = [], [True], [True]
    for element in phrases._ELEMENT.finditer(wording):
        mark = element["mark"]
        if mark in ("[", "("):
            kept.append(kept[-1] and (mark == "(" or optional))
            first.append(True)
        elif mark in ("]", ")"):
            kept.pop()
            first.pop()
        elif mark == "|":
            first[-1] = False
        elif kept[-1] and all(first):
            words.append(SLOTS[element["slot"]] if element["slot"] else element["quoted"] or element["word"])
    return " ".join(words)


@pytest.mark.parametrize("optional", [False, True])
@pytest.mark.parametrize(("wording", "meaning"), phrases.PHRASES)
def test_a_wording_leads_to_mathematics(wording, meaning, optional):
    text = sample(wording, optional)
    tokens = lex(clean(text))
    assert phrases.plain(tokens) != tokens, text
    tree = read(text)
    assert not isinstance(tree, Words) or set(text.split()) & WORDS or tree.text in phrases.MEANINGS.values(), text


@pytest.mark.parametrize("wording", [wording for wording, _ in phrases.LABELS])
def test_a_label_leads_to_a_value(wording):
    tokens = lex(clean(sample(wording, optional=False)))
    assert phrases.labelled(tokens)[0].kind == "label"


@pytest.mark.parametrize(
    "text",
    [
        "the answer is not 5",
        "the answer is 5 but maybe 6",
        "at least 5",
        "5 is not the answer",
        "neither 5 nor 6",
        "5 unless x > 2",
    ],
)
def test_what_no_row_accounts_for_stays_words(text):
    with contextlib.suppress(Unreadable):
        assert isinstance(read(text), Words)
