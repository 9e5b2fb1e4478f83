"""How much a text repeats itself: `text.repetition`."""

from __future__ import annotations

from collections import Counter
from typing import Literal

from assay import Verdict, verifier
from assay.extract import occurrences
from assay_text.words import pieces

__all__ = ["repetition"]


@verifier(bounded=True)
def repetition(
    completion: str,
    *,
    n: int = 3,
    form: Literal["distinct", "covered", "top"] = "distinct",
    extract: str | None = None,
) -> Verdict:
    """How repetitive the text is, 0..1, by its runs of `n` words. A text of no more than `n` words repeats nothing.

    Options:
        n: words in a run.
        form: `distinct`: 1 minus distinct runs over all runs (Yeo et al. 2025, arXiv:2502.03373, and Open-R1);
            `covered`: the share of words in a run that stood before, the scalar form of the dense penalty of the
            same paper; `top`: the share of all runs that the most frequent one is, if it stands more than once
            (Rae et al. 2021, arXiv:2112.11446, table A1, by runs instead of characters).
        extract: look in these parts alone, in the forms of `assay.extract`; the whole completion, reasoning
            included, by default.
    """
    if n < 1:
        raise ValueError(f"n must be at least 1, got {n}")
    text = completion if extract is None else "\n".join(occurrences(completion, extract))
    said = pieces(text)
    total = len(said) - n + 1
    if total < 2:
        return Verdict(0.0, "too short to repeat itself")
    # Runs are numbered from those one word shorter, so that a run of 40 words costs no more memory than one of 2.
    runs = _numbered(said, n)
    if form == "covered":
        score = _covered(runs, n, len(said)) / len(said)
        return Verdict(score, f"{score:.0%} of {len(said):,} words stand in a repeated run of {n}")
    if form == "top":
        most = max(Counter(runs).values())
        return Verdict(most / total if most > 1 else 0.0, f"the most frequent run of {n} stands {most} times")
    distinct = len(set(runs))
    return Verdict(1 - distinct / total, f"{distinct:,} of {total:,} runs of {n} words are distinct")


def _numbered(said: list[str], n: int) -> list[int]:
    """Return a number for each run of `n` words, equal where the runs are equal, in time n log n by doubling."""
    numbers = _compact(said)
    length = 1
    while length < n:
        step = min(length, n - length)
        numbers = _compact(list(zip(numbers, numbers[step:], strict=False)))
        length += step
    return numbers


def _compact(items: list[str] | list[tuple[int, int]]) -> list[int]:
    known: dict[object, int] = {}
    return [known.setdefault(item, len(known)) for item in items]


def _covered(runs: list[int], n: int, words: int) -> int:
    seen: set[int] = set()
    covered, end = 0, 0
    for start, run in enumerate(runs):
        if run in seen:
            covered += start + n - max(start, end)
            end = start + n
        seen.add(run)
    return min(covered, words)
