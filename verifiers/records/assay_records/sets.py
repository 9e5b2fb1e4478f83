"""`records.set`: a set of items, by F-measure or Jaccard."""

from __future__ import annotations

import json
import re
from typing import Any, Literal

from assay import Verdict, verifier
from assay.normalize import normalize, unwrap
from assay_records.reading import NotJson, answer_text, exemplar, inside, loads, reference_value

__all__ = ["items"]

_BULLET = re.compile(r"\s*(?:[-*\u2022+]\s+|\d{1,4}[.)]\s+)")
#: An answer with more items is an enumeration.
MAX_ITEMS = 5_000


@verifier(name="set", fields=["precision", "recall"], bounded=True, exemplar=exemplar)
def items(
    completion: str,
    reference: Any,
    *,
    metric: Literal["f", "jaccard"] = "f",
    beta: float = 1.0,
    ignore_case: bool = True,
    extract: str = "tag:answer|boxed|fence|whole",
) -> Verdict:
    """The answer lists the items of the reference, in any order; what is listed twice counts as wrong once.

    A list is JSON, or has an item a line, or items between commas.

    Options:
        metric: `f`, the F-measure, or `jaccard`, the items in common over all.
        beta: how much more recall weighs than precision in `f`: (1 + b^2) P R / (b^2 P + R). SoRFT
            (arXiv:2502.20127) has 3.
        ignore_case: letters of either case are the same.
        extract: where the answer stands, in the forms of `assay.extract`.
    """
    if beta <= 0:
        raise ValueError(f"beta must be above 0, got {beta:g}")
    try:
        plain = inside(reference) if isinstance(reference, str) else reference_value(reference)
    except NotJson as problem:
        return Verdict.bad_reference(str(problem))
    if not isinstance(plain, (str, list)):
        return Verdict.bad_reference(f"the reference is a {type(plain).__name__}, not a list")
    listed = plain if isinstance(plain, str) else json.dumps(plain)
    gold = set(_read(listed, ignore_case))
    if not gold and listed.strip() != "[]":
        return Verdict.bad_reference("the reference lists nothing")
    if len(gold) > MAX_ITEMS:
        return Verdict.bad_reference(f"the reference lists more than {MAX_ITEMS:,} items")
    try:
        said = _read(answer_text(completion, extract), ignore_case)
    except NotJson as problem:
        return Verdict(0.0, str(problem), fields={"precision": 0.0, "recall": 0.0})
    if len(said) > MAX_ITEMS:
        return Verdict(0.0, f"{len(said):,} items are no answer", fields={"precision": 0.0, "recall": 0.0})
    hits = len(gold.intersection(said))
    reason = f"{hits} of {len(gold)} items, {len(said)} listed"
    if not gold:
        right = float(not said)
        return Verdict(right, reason, fields={"precision": right, "recall": right})
    precision, recall = hits / len(said) if said else 0.0, hits / len(gold)
    if metric == "jaccard":
        score = hits / (len(said) + len(gold) - hits)
    else:
        weight = beta * beta
        score = (1 + weight) * precision * recall / (weight * precision + recall) if hits else 0.0
    return Verdict(score, reason, fields={"precision": precision, "recall": recall})


def _read(text: str, ignore_case: bool) -> list[str]:
    try:
        value = loads(text)
    except NotJson:
        value = None
    if isinstance(value, list):
        parts = [one if isinstance(one, str) else json.dumps(one, sort_keys=True) for one in value]
    else:
        lines = [line for line in text.splitlines() if line.strip()]
        parts = lines if len(lines) > 1 else text.split(",")
        parts = [_BULLET.sub("", one, count=1) for one in parts[: MAX_ITEMS + 1]]
    plain = [normalize(unwrap(one), ignore_case=ignore_case) for one in parts[: MAX_ITEMS + 1]]
    return [one for one in plain if one]
