"""Texts that are the same, texts that share words, and what can be counted."""

from __future__ import annotations

import subprocess
import sys
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import assay
from assay_text import contains, count, exact, f1, language, length, overlap, quote, repetition, share

METRICS = [
    "rouge1",
    "rouge2",
    "rougeL",
    "bleu",
    "bleu1",
    "bleu2",
    "bleu3",
    "bleu4",
    "meteor",
    "1-wer",
    "jaccard",
    "jaccard2",
]


def test_exact():
    for text in (
        "Paris",
        "paris",
        "Paris.",
        "**Paris**",
        "<answer>Paris</answer>",
        r"\boxed{\text{Paris}}",
        "The answer is Paris.",
        "Ｐａｒｉｓ",
    ):
        assert exact(text, "Paris").score == 1
    for text in (
        "",
        "It is Paris",
        "Paris or London",
        "<think>Paris</think>",
        "<think>Paris</think>London",
        "Paris, France",
        "Pari",
        "Pàris",
    ):
        assert exact(text, "Paris").score == 0
    assert exact("Paris", ["London", "Paris"]).score == 1
    assert exact("Paris", "paris", ignore_case=False).score == 0
    assert exact("the well-known 'U.S.'", "well known U.S", punctuation=False, articles=False).score == 0
    assert exact("The U.S!", "us", punctuation=False, articles=False).score == 1
    assert exact("The U.S!", "us").score == 0
    assert exact("3.14", "314", punctuation=False).score == 0
    assert exact("-5", "5", punctuation=False).score == 0
    assert exact("1,000", "1000", punctuation=False).score == 1
    assert exact("cafe\u0301", "café").score == 1
    assert exact("北京。", "北京").score == 1
    assert exact("x²", "x2").score == 0
    assert exact("5", 5).score == 1
    assert exact("5", 5.0).score == 1
    assert exact("5", np.float64(5)).score == exact("b", np.array(["a", "b"])).score == 1
    assert exact("yes", "<answer>yes</answer>").score == 1


@pytest.mark.parametrize("reference", ["", "  ", None, [], {}, "\u200b", float("nan"), [None], object()])
def test_bad_references(reference):
    for one in (exact, f1, overlap, contains):
        assert one("x", reference).status == "bad_reference"
    assert quote("x", reference).status == "bad_reference"


def test_a_verbose_answer_does_not_win_by_containing():
    """QwenLong-L1's sub-match pays in either direction; AutoCoA's pays from 70 % of the gold's words on."""
    verbose = "It could be London, Rome, Paris, Berlin or Madrid, and surely a city in Europe"
    assert exact(verbose, "Paris").score == 0
    assert f1(verbose, "Paris").score < 0.2
    assert max(overlap(verbose, "Paris", metric=m).score for m in METRICS) < 0.3
    assert contains("Par", "Paris").score == 0
    assert contains("a", "Paris is a city").score == 0
    assert contains(verbose, "Paris").score == 1
    assert contains(verbose, "Paris", min_ratio=0.9).score == 0
    assert contains("Paris!", "Paris", min_ratio=0.8).score == 1


def test_contains():
    assert contains("It is in paris, I think", "Paris").score == 1
    assert contains("It is in paris", "Paris", ignore_case=False).score == 0
    for text, wanted in (("concatenate", "cat"), ("-5", "5"), ("15", "5"), ("5.5", "5"), ("5%", "5"), ("café", "caf")):
        assert contains(text, wanted).score == 0
    assert contains("在北京市", "北京").score == 1
    assert contains("在Paris市", "Paris").score == 1
    assert contains("x = 3 is the answer", keywords=["=", "answer"]).score == 1
    assert contains("x = 3", keywords=["=", "answer"]).score == 0
    assert contains("x = 3", keywords=["=", "answer"], credit="fraction").score == 0.5
    assert contains("red", keywords="red").score == 1
    assert contains("London", ["Paris", "London"]).score == 1
    assert contains("<answer>London</answer> Paris", "Paris").score == 0
    assert contains("<think>Paris</think> x", "Paris").score == 0
    assert contains("<think>Paris</think> x", keywords="paris", extract="tag:think").score == 1
    assert contains("x", keywords=[]).status == "bad_reference"


def test_f1():
    """By hand: 1 common word of 3 said and 1 wanted."""
    verdict = f1("in Paris, France", "Paris")
    assert (verdict.score, verdict.fields["precision"], verdict.fields["recall"]) == pytest.approx((0.5, 1 / 3, 1))
    assert f1("The answer is Paris", "Paris").score == 1
    assert f1("paris paris paris", "Paris").score == pytest.approx(0.5)
    assert f1("the", "The").score == 1
    assert f1("", "x").fields == {"precision": 0, "recall": 0}
    assert f1("London", ["Paris", "London"]).score == 1
    assert f1("北京", "北京市").score == pytest.approx(0.8)


A, B = "the cat is on the mat", "the cat sat on the mat"


@pytest.mark.parametrize(
    ("metric", "score"),
    [
        ("rouge1", 5 / 6),
        ("rouge2", 3 / 5),
        ("rougeL", 5 / 6),
        ("1-wer", 5 / 6),
        ("jaccard", 4 / 6),
        ("jaccard2", 3 / 7),
        ("bleu1", 5 / 6),
        ("bleu2", (5 / 6 * 3 / 5) ** 0.5),
        ("bleu3", (5 / 6 * 3 / 5 * 1 / 4) ** (1 / 3)),
        # precision and recall 5/6, two chunks of five matches
        ("meteor", 5 / 6 * (1 - 0.5 * (2 / 5) ** 3)),
    ],
)
def test_overlap_by_hand(metric, score):
    assert overlap(A, B, metric=metric).score == pytest.approx(score)


@pytest.mark.parametrize("metric", METRICS)
def test_overlap_ends(metric):
    for same in ("Paris", B, "我 喜欢 猫", "x"):
        assert overlap(same, same, metric=metric).score == 1
    assert overlap("dog", "cat", metric=metric).score == 0
    assert overlap("", "cat", metric=metric).score == 0
    assert overlap("the", B, metric=metric).score < 0.3
    assert overlap("cat " * 50, "cat", metric=metric).score < 1 or metric == "jaccard"
    assert overlap("London", ["Paris", "London"], metric=metric).score == 1


def test_overlap_options():
    assert overlap(A, B, metric="bleu", weights=[1.0]).score == overlap(A, B, metric="bleu1").score
    assert overlap(A, B, metric="bleu", weights=[0.4, 0.3, 0.2, 0.1]).score > overlap(A, B, metric="bleu").score
    assert overlap("a < b", "a > b", metric="1-wer").score < 1
    assert overlap("f(a, b)", "f a b", metric="1-wer").score == 1
    assert overlap("f(a, b)", "f a b", metric="1-wer", punctuation=True).score < 1
    for weights in ([], [-1.0], [0.0]):
        with pytest.raises(ValueError, match="weights"):
            overlap(A, B, metric="bleu", weights=weights)
    with pytest.raises(ValueError, match="weights"):
        overlap(A, B, metric="rougeL", weights=[1.0])
    long = "w " * 3000
    assert overlap(long, B, metric="meteor").score == 0
    assert overlap(A, long, metric="meteor").status == "bad_reference"


@given(st.text(alphabet="ab1 .,'-+$%_(", max_size=20))
def test_words_of_ascii_are_those_of_any_text(text):
    from assay_text.words import _word, words

    for punctuation in (True, False):
        assert words(text, punctuation=punctuation) == (_word(punctuation).findall(text) or _word(True).findall(text))


@pytest.mark.parametrize("extract", ["tag:answer", "boxed", "whole"])
def test_exemplars(extract):
    for reference in ("Paris", "The U.S.", 5, ["a b", "c"], "北京 is big", "<answer>x</answer>"):
        for one in (exact, f1, overlap, contains):
            text = one.exemplar(reference, {"extract": extract, "keywords": None})
            assert one(text, reference, extract=extract).score == 1
    text = contains.exemplar(None, {"extract": extract, "keywords": ["a", "="]})
    assert contains(text, keywords=["a", "="], extract=extract).score == 1


def test_count():
    text = "<think>Step 1, then step 2.</think><answer>x</answer>"
    assert count(text, pattern="step|first|then").score == 3
    assert count(text, pattern="step", ignore_case=False).score == 1
    assert count(text, pattern="<answer>").score == 1
    assert count(text, pattern="step", extract="tag:answer").score == 0
    assert count("one two three step", pattern="step", share=True).score == 0.25
    assert count("", pattern="a", share=True).score == 0
    assert count("abc", pattern="x*").score == 0
    assert count("a" * 30_000 + "!", pattern="(a+)+$").status == "timeout"
    with pytest.raises(ValueError, match="not a regular expression"):
        count("a", pattern="(")


def test_share():
    """SplitReason's share of offloaded text: all parts count together."""
    assert share("<big>ab</big> cd <big>ef</big>", extract="tag:big").score == pytest.approx(4 / 28)
    assert share("none", extract="tag:big").score == 0
    assert share("", extract="tag:big").score == 0
    assert share("<big>a", extract="tag:big").score == 0
    sql = "<answer>so\n```sql\nSELECT 1\n```\n</answer>"
    assert share(sql, extract="fence:sql", of="tag:answer").score == pytest.approx(7 / 18)
    assert share("x", extract="whole").score == 1


def test_length():
    text = "<think>one two</think> three"
    assert length(text).score == 3
    assert length(text, unit="chars").score == len(text)
    assert length(text, extract="tag:think", unit="chars").score == 7
    assert length(text, extract="tag:none").score == 0
    assert length("我喜欢猫").score == 4
    assert length(text, 17, unit="tokens").score == 17
    assert length(text, unit="tokens").status == "abstained"
    with pytest.raises(ValueError, match="whole completion"):
        length(text, 17, unit="tokens", extract="tag:think")


def test_repetition():
    assert repetition("a b c d", n=2).score == 0
    assert repetition("a b c a b c", n=3).score == 0.25
    assert repetition("a b c a b c", n=3, form="covered").score == 0.5
    assert repetition("a b c a b c", n=3, form="top").score == 0.5
    assert repetition("a b c d", n=2, form="top").score == 0
    assert repetition("w " * 50, n=40).score == pytest.approx(10 / 11)
    assert repetition("w " * 50, n=40, form="covered").score == pytest.approx(49 / 50)
    assert repetition("我我我我", n=2).score == pytest.approx(2 / 3)
    assert repetition("a", n=3).score == repetition("", n=3).score == 0
    assert repetition("<a>x x x x</a> p q r", n=2, extract="tag:a").score == pytest.approx(2 / 3)
    with pytest.raises(ValueError, match="at least 1"):
        repetition("a", n=0)


@given(st.lists(st.sampled_from("abc"), max_size=30), st.integers(1, 6))
@settings(max_examples=200, deadline=None)
def test_repetition_is_the_published_formula(letters, n):
    runs = [tuple(letters[i : i + n]) for i in range(len(letters) - n + 1)]
    expected = 1 - len(set(runs)) / len(runs) if len(runs) > 1 else 0
    assert repetition(" ".join(letters), n=n).score == pytest.approx(expected)
    again = {i + k for i, run in enumerate(runs) if run in runs[:i] for k in range(n)}
    expected = len(again) / len(letters) if len(runs) > 1 else 0
    assert repetition(" ".join(letters), n=n, form="covered").score == pytest.approx(expected)


@pytest.mark.parametrize(
    ("text", "code", "score"),
    [
        ("Let me think. So the answer is four.", "en", 1),
        ("Let me think. So the answer is four.", "fr", 0),
        ("Donc la réponse est quatre.", "fr", 1),
        ("Donc la réponse est quatre.", "French", 1),
        ("Donc la réponse est quatre.", "Latin", 1),
        ("Xin chào, tôi nghĩ đáp án là bốn", "vi", 1),
        ("Portanto, a resposta é quatro", "pt-BR", 1),
        ("答案是四。", "zh", 1),
        ("答えは四です。", "zh", 0),
        ("答えは四です。", "ja", 1),
        ("나는 그렇게 생각한다", "ko", 1),
        ("Привет, как дела?", "ru", 1),
        ("Привет, как дела?", "Cyrillic", 1),
        ("Це моя відповідь на питання", "ru", 0),
        ("Привет", "en", 0),
        ("42", "en", 0),
        ("", "en", 0),
        ("答案 $x^2 + abc$ `code here` \\frac <tag> https://example.org", "zh", 1),
    ],
)
def test_language(text, code, score):
    assert language(text, language=code).score == score


def test_mixed_languages():
    """Half of the letters, not half of the sentences."""
    assert language("Let me think. 答案是四个", language="en").score == pytest.approx(10 / 15)
    mixed = language("Ich denke, das ist gut so. However, I think that this is the way to go", language="de").score
    assert 0.2 < mixed < 0.5
    assert language("<think>答案</think> The answer", language="en", extract="tag:think").score == 0
    with pytest.raises(ValueError, match="no language or script"):
        language("x", language="Klingon")


def test_quote():
    source = "To be, or not to be: that is the question"
    assert quote("He says “to be or not to be”.", source).score == 1
    assert quote('"to be or not to be" and "that was the question"', source).score == 0.5
    assert quote('"to be"', source).score == 0
    assert quote("no quotes", source).score == 0
    assert quote('"to be or not to be" ' * 9 + '"not in it at all"', source).score == 0.5
    assert quote('"o be or not t"', source).score == 0


def test_in_a_reward():
    rows = [
        {
            "completion": "<think>b</think><answer>The cat sat</answer>",
            "reference": "the cat sat",
            "text": "the dog sat",
            "lang": "en",
            "keywords": ["cat", "mat"],
        },
    ]
    for reward, total in [
        ('text.exact(extract="tag:answer", punctuation=False)', 1),
        ("1 if text.exact else 0", 1),
        ("text.f1.recall >= 0.7", 1),
        ('text.overlap(metric="rougeL", reference=row.text)', 2 / 3),
        ('text.contains(keywords=row.keywords, credit="fraction")', 0.5),
        ('text.count(pattern="cat|sat", share=True)', 2 / 3),
        ('text.length(extract="tag:think", unit="chars") >= 1', 1),
        ("text.repetition(n=3)", 0),
        ("text.language(row.lang)", 1),
        ('text.share(extract="tag:answer")', 9 / 42),
        ("(text.exact or text.f1.recall >= 0.7)", 1),
    ]:
        assert assay.score(rows, reward).total.tolist() == pytest.approx([total]), reward


@pytest.mark.parametrize(
    "piece",
    [
        "a ",
        "a. ",
        "A",
        "the cat sat. ",
        "\n",
        "`",
        "<",
        "<a>",
        "<a",
        "$",
        "\\",
        "é",
        "我",
        "\u0301",
        '"',
        "'",
        "1,",
        "-1",
        "https://",
        "\0",
        "𝔸",
    ],
)
def test_a_long_text_of_anything(piece):
    text = piece * (300_000 // len(piece))
    started = time.thread_time()
    short = text[:60_000]
    for metric in METRICS:
        overlap(text, "the cat sat", metric=metric)
    for metric in ("rouge2", "rougeL", "bleu2", "meteor", "1-wer"):
        overlap(short, "the cat sat", metric=metric)
    for one in (text, short):
        exact(one, "x", punctuation=False, articles=False)
        contains(one, "the cat sat")
        f1(one, "x")
    for form in ("distinct", "covered", "top"):
        repetition(short, n=40, form=form)
    share(text, extract="tag:a")
    length(text)
    language(text, language="fr")
    count(text, pattern="cat")
    quote(text, "x")
    assert time.thread_time() - started < 12


@given(st.text(max_size=60), st.text(max_size=60))
@settings(max_examples=150, deadline=None)
def test_any_text(text, reference):
    for one in (exact, f1, overlap, contains):
        judged = one.judge({"completion": text, "reference": reference}, {})
        assert judged.status in ("scored", "bad_reference"), judged
    for metric in METRICS:
        judged = overlap.judge({"completion": text, "reference": reference}, {"metric": metric, "extract": "whole"})
        assert judged.status in ("scored", "bad_reference"), judged
    if exact(text, reference, extract="whole").score == 1:
        assert f1(text, reference, extract="whole").score == 1
        assert contains(text, reference, extract="whole").score == 1
    assert language.judge({"completion": text}, {"language": "fr"}).status == "scored"
    assert repetition.judge({"completion": text}, {}).status == "scored"


def test_import_is_light():
    code = "import assay_text, sys; print([m for m in ('nltk', 'numpy', 'rapidfuzz', 'py3langid', 'regex') if m in sys.modules])"
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"
    )
