"""`records.tuples`: triples and other tuples, with credit for those that are right in part."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Literal

from assay import Verdict, verifier
from assay.normalize import normalize, unwrap
from assay_records.likeness import assign
from assay_records.reading import MAX_RECORDS, NotJson, answer_text, exemplar, inside, loads, reference_value

__all__ = ["tuples"]

Record = tuple[str, ...]

_WRITTEN = re.compile(r"([A-Za-z_][\w.]{0,80})?\s?\(([^()]{0,2000})\)")
_PARTS = re.compile(r"""\s*("[^"]*"|'[^']*'|[^,;|"']*)\s*(?:[,;|]|$)""")
_NOTHING = frozenset(["", "none", "no change", "nothing", "empty", "[]", "()"])
_ZERO = {"full": 0.0, "precision": 0.0, "recall": 0.0, "unique": 0.0}


@verifier(
    range=(-math.inf, math.inf), fields=["full", "precision", "recall", "unique"], bounded=True, exemplar=exemplar
)
def tuples(
    completion: str,
    reference: Any,
    *,
    credit: list[float] | None = None,
    dedup: bool = False,
    penalty: float = 0.0,
    reduce: Literal["mean", "sum"] = "mean",
    extract: str = "tag:answer|boxed|fence|whole",
) -> Verdict:
    """The answer lists the reference's tuples; each is paired with one of them at most, so that credit is the most.

    A tuple is written `(1, color, red)` or `change_color(1, 'red')`, or is a list or an object in JSON. Fields: `full`,
    the share of the longer list that is wholly right; `precision` and `recall` of such; `unique`, the share of the
    answer's tuples that repeat no other.

    Options:
        credit: what a pair is paid. As many numbers as a tuple has parts: all parts right, all but the last, ..., the
            first alone (STAR-R1, arXiv:2505.15804, has 5, 1.5 and 0.5 for triples). Four for triples: all, first and
            second, first and third, first (Reason-RFT, arXiv:2503.20752, has 1, 0.5, 0.5 and 0.25). 1 for all alone
            by default. Where one is negative, tuples are paired by how much of them agrees.
        dedup: multiply by the share of the answer's tuples that repeat no other (Reason-RFT).
        penalty: taken off for each tuple of the answer, and each of the reference, that is in no pair.
        reduce: `mean` divides by the longer of the two lists, so that listing everything does not pay; `sum` does
            not, and needs a penalty.
        extract: where the answer stands, in the forms of `assay.extract`.
    """
    if credit is not None and (not credit or not all(map(math.isfinite, credit))):
        raise ValueError("credit must be a list of numbers, the first for a tuple that is wholly right")
    if penalty < 0:
        raise ValueError(f"a penalty is taken off, so it can't be negative, got {penalty:g}")
    try:
        wanted = _wanted(reference if isinstance(reference, str) else json.dumps(reference_value(reference)))
    except NotJson as problem:
        return Verdict.bad_reference(str(problem))
    size = len(wanted[0]) if wanted else 0
    if wanted and credit is not None and len(credit) not in ((3, 4) if size == 3 else (size,)):
        return Verdict.bad_reference(f"the reference's tuples have {size} parts, and credit has {len(credit)} numbers")
    pays = credit or [1.0]
    try:
        said = read(answer_text(completion, extract))
    except NotJson as problem:
        return Verdict(-penalty * (len(wanted) if reduce == "sum" else bool(wanted)), str(problem), fields=_ZERO)
    if len(said) > MAX_RECORDS:
        return Verdict(
            -penalty * (len(said) if reduce == "sum" else 1), f"{len(said):,} tuples are no answer", fields=_ZERO
        )
    longer = max(len(said), len(wanted))
    unique = len(set(said)) / len(said) if said else 1.0
    if not longer:
        return Verdict(pays[0], "rightly nothing", fields=dict.fromkeys(_ZERO, 1.0))
    rank = min(pays) < 0
    pairs = assign(said, wanted, lambda a, b: _weight(_tier(a, b, pays), pays, rank))
    tiers = [_tier(said[i], wanted[j], pays) for i, j, _ in pairs]
    earned = sum(pays[tier] for tier in tiers if tier is not None)
    unpaired = len(said) + len(wanted) - 2 * len(pairs)
    score = (earned * (unique if dedup else 1.0) - penalty * unpaired) / (longer if reduce == "mean" else 1)
    full = tiers.count(0)
    fields = {
        "full": full / longer,
        "precision": full / len(said) if said else 0.0,
        "recall": full / len(wanted) if wanted else 0.0,
        "unique": unique,
    }
    reason = f"{full} of {len(wanted)} tuples right, {len(pairs) - full} in part, {len(said)} listed"
    return Verdict(score, reason, fields=fields, details={"tuples": [list(one) for one in said[:20]]})


def _tier(said: Record, gold: Record, pays: list[float]) -> int | None:
    """Return which number of `pays` a pair earns, `None` for none."""
    if said == gold:
        return 0
    agree = [a == b for a, b in zip(said, gold, strict=False)]
    if not agree[0] or len(pays) == 1:
        return None
    if len(gold) == 3 and len(pays) == 4:
        return 1 if agree[1:2] == [True] else 2 if agree[2:] == [True] else 3
    prefix = [*agree, False].index(False)
    return max(1, len(gold) - prefix)


def _weight(tier: int | None, pays: list[float], rank: bool) -> float:
    if tier is None:
        return 0.0
    return 4.0 ** (len(pays) - tier) if rank else pays[tier]


@lru_cache(maxsize=20_000)
def _wanted(reference: str) -> list[Record]:
    wanted = read(inside(reference))
    if (
        not wanted
        and normalize(reference, punctuation=False) not in _NOTHING - {""}
        and reference.strip() not in _NOTHING - {""}
    ):
        raise NotJson(f"the reference holds no tuples: {reference[:60]!r}")
    if len({len(one) for one in wanted}) > 1:
        raise NotJson("the reference's tuples are of different lengths")
    if len(wanted) > MAX_RECORDS:
        raise NotJson(f"the reference has {len(wanted):,} tuples, more than {MAX_RECORDS}")
    return wanted


def read(text: str) -> list[Record]:
    """Return the tuples that a text lists, in JSON or as they are written in prose."""
    try:
        value = loads(text)
    except NotJson:
        value = None
    if isinstance(value, list) and all(isinstance(one, (list, dict)) and one for one in value):
        return [_record(one) for one in value]
    records = []
    for match in _WRITTEN.finditer(text):
        parts = [part[1] for part in _PARTS.finditer(match[2]) if part[0]]
        named = [match[1]] if match[1] else []
        records.append(tuple(_plain(part) for part in (*named, *parts)))
    return [one for one in records if one]


def _record(value: list[Any] | Mapping[str, Any]) -> Record:
    # An object's parts stand in the order of its keys' names, however they were written.
    parts = [value[key] for key in sorted(value)] if isinstance(value, Mapping) else value
    return tuple(_plain(one if isinstance(one, str) else json.dumps(one)) for one in parts)


def _plain(text: str) -> str:
    return normalize(unwrap(text))
