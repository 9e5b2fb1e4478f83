"""`grounding.temporal`: the answer's spans of time overlap the reference's."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from assay import Verdict, verifier
from assay.extract import wrap
from assay_grounding.boxes import BELOW_ONE
from assay_grounding.convention import LIMIT
from assay_grounding.credit import Credit
from assay_grounding.reading import Where, read_answer, read_reference

__all__ = ["temporal"]

Floats = npt.NDArray[np.float64]


def _exemplar(reference: Any, options: Mapping[str, Any]) -> str:
    return wrap(json.dumps(read_reference(reference, "span").values), options["extract"])


@verifier(scope="batch", bounded=True, exemplar=_exemplar)
def temporal(
    completion: list[str],
    reference: list[Any],
    *,
    credit: Credit = Credit(),
    where: Where = Where(),
) -> list[Verdict]:
    """The answer's spans of time overlap the reference's: the time in both over the time in either.

    Spans are `12.5-14.0`, `00:12 to 00:15`, `[12.5, 14.0]`, several of these, or records with `start` and `end`; they
    count once where they overlap each other. A span that ends before it starts makes the answer worth 0.
    """
    said: list[Verdict | None] = [None] * len(completion)
    places: list[int] = []
    given: list[Floats] = []
    wanted: list[Floats] = []
    for i, (text, target) in enumerate(zip(completion, reference, strict=True)):
        shapes = read_reference(target, "span")
        spans = _spans(shapes.values)
        if problem := shapes.problem or _problem(spans):
            said[i] = Verdict.bad_reference(f"the reference can't be used: {problem}")
            continue
        answer = read_answer(text, where, "span")
        found = _spans(answer.values)
        if problem := answer.problem or _problem(found):
            said[i] = Verdict(0.0, problem)
            continue
        places.append(i)
        given.append(found)
        wanted.append(spans)
    overlap = _overlaps(given, wanted)
    for i, value, score in zip(places, overlap.tolist(), credit.worth(overlap).tolist(), strict=True):
        said[i] = Verdict(score, f"{value:.2f} of the time in either is in both")
    return [one for one in said if one is not None]


def _spans(values: Sequence[Sequence[float]]) -> Floats:
    return np.array(values, dtype=np.float64).reshape(-1, 2)


def _problem(spans: Floats) -> str:
    if not len(spans):
        return "there is no span of time"
    if not (np.abs(spans) <= LIMIT).all():
        return "a span is not finite"
    bad = np.flatnonzero(spans[:, 1] <= spans[:, 0])
    return f"a span ends before it has started: {spans[bad[0], 0]:g} to {spans[bad[0], 1]:g}" if bad.size else ""


def _overlaps(given: list[Floats], wanted: list[Floats]) -> Floats:
    """Return the overlap of each pair of span lists; single spans, which most are, all at once."""
    overlap = np.zeros(len(given))
    single = [i for i in range(len(given)) if len(given[i]) == len(wanted[i]) == 1]
    if single:
        a, b = np.concatenate([given[i] for i in single]), np.concatenate([wanted[i] for i in single])
        common = np.maximum(np.minimum(a[:, 1], b[:, 1]) - np.maximum(a[:, 0], b[:, 0]), 0.0)
        either = (a[:, 1] - a[:, 0]) + (b[:, 1] - b[:, 0]) - common
        overlap[single] = _strict(common / either, (a == b).all(axis=1))
    for i in set(range(len(given))).difference(single):
        a, b = _merged(given[i]), _merged(wanted[i])
        both = float(np.diff(_merged(np.concatenate([a, b]))).sum())
        total = float(np.diff(a).sum() + np.diff(b).sum())
        same = a.shape == b.shape and bool((a == b).all())
        overlap[i] = _strict(np.array([(total - both) / both]), np.array([same]))[0]
    return overlap


def _strict(overlap: Floats, same: npt.NDArray[np.bool_]) -> Floats:
    """Keep 1 for what is equal."""
    return np.where(same, 1.0, np.clip(overlap, 0.0, BELOW_ONE))


def _merged(spans: Floats) -> Floats:
    """Return spans (n, 2) as disjoint ones in order."""
    ordered = spans[np.argsort(spans[:, 0], kind="stable")]
    ends = np.maximum.accumulate(ordered[:, 1])
    starts = np.append(True, ordered[1:, 0] > ends[:-1])
    return np.stack([ordered[starts, 0], ends[np.append(np.flatnonzero(starts)[1:] - 1, len(ends) - 1)]], axis=1)
