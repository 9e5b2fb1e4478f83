"""What is folded before two texts are compared, and what never is."""

from __future__ import annotations

import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.extract import occurrences
from assay.normalize import normalize, unwrap


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("cafe\u0301", "café"),
        ("ＡＢＣ", "abc"),
        ("“it’s”", '"it\'s"'),
        ("a \n\t b", "a b"),
        ("zero\u200bwidth", "zerowidth"),
        ("−5", "-5"),
        ("Straße", "STRASSE"),
        ("wait…", "wait..."),
        ("ΐ", "ΐ".upper()),  # folding takes one apart, and leaves the other half composed
    ],
)
def test_the_same(a, b):
    assert normalize(a) == normalize(b)


@pytest.mark.parametrize(
    ("a", "b"),
    [("x²", "x2"), ("½", "1/2"), ("é", "e"), ("①", "1"), ("a b", "ab"), ("5%", "5"), ("C#", "C"), ("-5", "5")],
)
def test_never_the_same(a, b):
    assert normalize(a, punctuation=False, articles=False) != normalize(b, punctuation=False, articles=False)


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("The U.S.", "us"),
        ("The!", "the"),
        ("¿x?", "x"),
        ("5¿5", "55"),
        ("b :5", "b 5"),
        ("b+c", "b+c"),
        ("3.14", "3.14"),
        ("1,000", "1000"),
        ("1,00", "1,00"),
        ("1/2.", "1/2"),
        ("(-2, 3)", "-2 3"),
        ("well-known", "wellknown"),
        ("**bold**", "bold"),
        ("$5", "$5"),
        ("a", "a"),
        ("?", "?"),
        ("an a the", "an a the"),
        ("a-b the-x", "ab thex"),
        ("`x`", "x"),
    ],
)
def test_without_punctuation_and_articles(text, plain):
    assert normalize(text, punctuation=False, articles=False) == plain


def test_punctuation_and_articles_count_unless_told_otherwise():
    assert normalize("The answer, a-b!") == "the answer, a-b!"


def test_case_may_count():
    assert normalize("Paris", ignore_case=False) == "Paris"


@pytest.mark.parametrize(
    ("text", "bare"),
    [
        (" x ", "x"),
        ("**x**", "x"),
        ("$\\text{x}$.", "x"),
        ("\\boxed{\\mathrm{x}}", "x"),
        ('"x"', "x"),
        ("“x”", "x"),
        ("`x`", "x"),
        ("**a** or **b**", "**a** or **b**"),
        ("\\text{a} or \\text{b}", "\\text{a} or \\text{b}"),
        ("$a$ or $b$", "$a$ or $b$"),
        ("'a' or 'b'", "'a' or 'b'"),
        ("**", "**"),
        ('""', '""'),
        ("x...", "x..."),
        ("", ""),
        (".", "."),
        ("5.", "5"),
        ("x .", "x"),
        ("東京。", "東京"),
        ("LaTeX", "LaTeX"),
        ("'a' or X", "'a' or X"),
        ("x..", "x.."),
        ("a.b.", "a.b"),
        ("ab.c.", "ab.c"),
        ("axx.", "axx"),
        ("**X**", "X"),
        ("*****", "*****"),
        ("\\(x\\)", "x"),
        ("\\[x\\]", "x"),
        ("$$x$$", "x"),
        ("\\(a\\(b\\)", "\\(a\\(b\\)"),
        ("\\(a\\)b\\)", "\\(a\\)b\\)"),
        ("\\text{a", "\\text{a"),
        ("\\text{\\}", "\\text{\\}"),
        ("\\text{a\\}}", "a\\}"),
        ("\\text{a{b}c}", "a{b}c"),
        ("\\text{" * 8 + "x" + "}" * 8, "x"),
        ("\\text{" * 9 + "x" + "}" * 9, "\\text{x}"),  # so deep and no deeper
    ],
)
def test_unwrap(text, bare):
    assert unwrap(text) == bare


@given(st.text())
def test_twice_is_once(text):
    for options in ({}, {"punctuation": False}, {"punctuation": False, "articles": False}, {"ignore_case": False}):
        once = normalize(text, **options)
        assert normalize(once) == normalize(normalize(once))
        assert once == once.strip()


@given(st.text())
def test_what_is_compared_is_composed(text):
    for ignore_case in (True, False):
        assert unicodedata.is_normalized("NFC", normalize(text, ignore_case=ignore_case))


@pytest.mark.parametrize("piece", ["!", "\\text{", "{", "$", "\\", "the ", "'", "1,", "e\u0301", "\u200b"])
def test_a_megabyte(piece):
    text = piece * (10**6 // len(piece))
    started = time.thread_time()
    normalize(text, punctuation=False, articles=False)
    unwrap(text)
    assert time.thread_time() - started < 8


def test_occurrences():
    assert occurrences("<think><a>1</a></think><a>2</a>", "tag:a") == ["1", "2"]
    assert occurrences("```sql\nx\n```\n```\ny\n```", "fence:sql") == ["x"]
    assert occurrences("a\nb", "last_line") == ["b"]
    assert occurrences("none", "tag:a|boxed") == []
    with pytest.raises(ValueError, match="no way to find"):
        occurrences("x", "nowhere")
