"""How much of a reference an answer shares: `text.f1`, `text.overlap`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, Literal

from assay import Verdict, verifier
from assay.normalize import normalize, unwrap
from assay_text.references import Answer, Words, accepted, exemplar, found
from assay_text.words import ngrams, words

__all__ = ["f1", "overlap"]

#: METEOR aligns word by word in Python, in time that grows with the product of both lengths.
METEOR_WORDS = 2000

Metric = Literal[
    "rouge1", "rouge2", "rougeL", "bleu", "bleu1", "bleu2", "bleu3", "bleu4", "meteor", "1-wer", "jaccard", "jaccard2"
]


@verifier(fields=["precision", "recall"], bounded=True, exemplar=exemplar)
def f1(
    completion: str,
    reference: Any,
    *,
    answer: Words = Words(),
) -> Verdict:
    """The harmonic mean of precision and recall over words, as SQuAD scores answers; the best of several references.

    Rajpurkar et al. 2016 (arXiv:1606.05250). The field `recall` alone pays for long answers.
    """
    wanted = accepted(reference)
    if isinstance(wanted, Verdict):
        return wanted
    given = found(completion, answer.extract)
    if isinstance(given, Verdict):
        return Verdict(0.0, given.reason, fields={"precision": 0.0, "recall": 0.0})
    said = _deleting(given, answer)
    best = (0.0, 0.0, 0.0)
    for one in wanted:
        best = max(best, _shared(said, _deleted(one, answer)))
    score, precision, recall = best
    reason = f"precision {precision:.2f}, recall {recall:.2f}"
    return Verdict(score, reason, fields={"precision": precision, "recall": recall}, details={"answer": given[:200]})


@verifier(bounded=True, exemplar=exemplar)
def overlap(
    completion: str,
    reference: Any,
    *,
    metric: Metric = "rougeL",
    weights: list[float] | None = None,
    answer: Answer = Answer(),
) -> Verdict:
    """The answer resembles the reference by a published measure; the best of several references.

    The same words in the same order score 1 by every measure, an answer without words 0.

    Options:
        metric: `rouge1`, `rouge2`, `rougeL` (F1; Lin 2004); `bleu`, `bleu1` to `bleu4` (Papineni et al. 2002; zero
            counts smoothed by 0.1, orders that the answer is too short for left out); `meteor` (Banerjee and Lavie
            2005: exact and stem matches, no synonyms); `1-wer` (1 minus the word error rate, at least 0); `jaccard`,
            `jaccard2` (sets of words or of pairs of words; blind to repetition).
        weights: of BLEU's orders, the first for single words; equal by default.
    """
    wanted = accepted(reference)
    if isinstance(wanted, Verdict):
        return wanted
    if weights is not None and (not metric.startswith("bleu") or min(weights, default=-1.0) < 0 or not sum(weights)):
        raise ValueError("weights are for BLEU: a list of numbers that aren't negative, one for each order")
    given = found(completion, answer.extract)
    if isinstance(given, Verdict):
        return given
    said = _splitting(given, answer)
    golds = [_split(one, answer) for one in wanted]
    if metric == "meteor":
        if max(map(len, golds)) > METEOR_WORDS:
            return Verdict.bad_reference(f"the reference has more than {METEOR_WORDS:,} words, too many for METEOR")
        if len(said) > METEOR_WORDS:
            return Verdict(0.0, f"the answer has {len(said):,} words, too many for METEOR")
    measure = _bleu(metric, weights) if metric.startswith("bleu") else _MEASURES[metric]
    score = max(1.0 if said == list(gold) else measure(said, gold) if said else 0.0 for gold in golds)
    return Verdict(min(score, 1.0), f"{metric} {score:.3f}", details={"answer": given[:200]})


def _deleting(text: str, answer: Words) -> Sequence[str]:
    """Return words as SQuAD has them: punctuation is deleted, so that `U.S.` and `us` are one."""
    return words(answer.of(text))


def _splitting(text: str, answer: Answer) -> Sequence[str]:
    """Return words as ROUGE has them: punctuation parts words, and is dropped unless it counts."""
    return words(normalize(unwrap(text), ignore_case=answer.ignore_case), punctuation=answer.punctuation)


_deleted = lru_cache(maxsize=20_000)(_deleting)
_split = lru_cache(maxsize=20_000)(_splitting)


def _shared(said: Sequence[Any], gold: Sequence[Any]) -> tuple[float, float, float]:
    """Return F1, precision and recall of two lists as multisets."""
    left = Counter(gold)
    common = sum(min(times, left[one]) for one, times in Counter(said).items() if one in left)
    if not common:
        return 0.0, 0.0, 0.0
    precision, recall = common / len(said), common / len(gold)
    return 2 * precision * recall / (precision + recall), precision, recall


def _rouge(n: int) -> Callable[[Sequence[str], Sequence[str]], float]:
    def measure(said: Sequence[str], gold: Sequence[str]) -> float:
        return _shared(ngrams(said, n), ngrams(gold, n))[0]

    return measure


def _rouge_l(said: Sequence[str], gold: Sequence[str]) -> float:
    from rapidfuzz.distance import LCSseq

    # F1 of LCS / |said| and LCS / |gold|.
    return 2 * int(LCSseq.similarity(said, gold)) / (len(said) + len(gold))


def _right_words(said: Sequence[str], gold: Sequence[str]) -> float:
    from rapidfuzz.distance import Levenshtein

    return max(0.0, 1 - int(Levenshtein.distance(said, gold)) / len(gold))


def _jaccard(n: int) -> Callable[[Sequence[str], Sequence[str]], float]:
    def measure(said: Sequence[str], gold: Sequence[str]) -> float:
        a, b = set(ngrams(said, n)), set(ngrams(gold, n))
        return len(a & b) / len(a | b) if a or b else 0.0

    return measure


def _bleu(metric: str, weights: list[float] | None) -> Callable[[Sequence[str], Sequence[str]], float]:
    def measure(said: Sequence[str], gold: Sequence[str]) -> float:
        from nltk.translate.bleu_score import SmoothingFunction, sentence_bleu

        each = weights or [1.0] * (int(metric[4:]) if metric[4:] else 4)
        # An order with no n-gram at all in the answer can't be wrong: it is left out, as sacreBLEU does for sentences.
        used = each[: len(said)]
        whole = sum(used)
        if not whole:
            return 0.0
        return float(sentence_bleu([gold], said, [w / whole for w in used], SmoothingFunction(epsilon=0.1).method1))

    return measure


class _NoSynonyms:
    """Stands where METEOR asks WordNet, which is a download of its own."""

    @staticmethod
    def synsets(word: str) -> list[Any]:
        return []


def _meteor(said: Sequence[str], gold: Sequence[str]) -> float:
    from nltk.translate.meteor_score import single_meteor_score

    return float(single_meteor_score(list(gold), list(said), wordnet=_NoSynonyms()))


_MEASURES: dict[str, Callable[[Sequence[str], Sequence[str]], float]] = {
    "rouge1": _rouge(1),
    "rouge2": _rouge(2),
    "rougeL": _rouge_l,
    "meteor": _meteor,
    "1-wer": _right_words,
    "jaccard": _jaccard(1),
    "jaccard2": _jaccard(2),
}
