"""`records.numbers`: numbers that stand in tags, for rewards to calculate with."""

from __future__ import annotations

import math
import re

from assay import Verdict, verifier
from assay.extract import final_part, occurrences
from assay.normalize import normalize, unwrap

__all__ = ["numbers"]

_NUMBER = re.compile(r"[-+]?\d{1,15}(?:\.\d{1,15})?")
_ANY = (-math.inf, math.inf)


@verifier(fields={"valid": (0.0, 1.0), "first": _ANY, "second": _ANY, "third": _ANY}, boolean=True, bounded=True)
def numbers(
    completion: str,
    *,
    tags: list[str],
    lo: float = -math.inf,
    hi: float = math.inf,
    whole: bool = False,
) -> Verdict:
    """Each tag holds a number in its range, as often as it is named; the fields are the numbers.

    `records.numbers(tags=["answer", "answer"], lo=0, hi=10)` reads two marks, as judges are trained on them (JudgeLRM,
    arXiv:2504.00050). Where a number is missing, or one too many is there, none is valid: `valid` is 0 and the numbers
    abstain, so ask for `valid` first. The reasoning is not looked at.

    Options:
        tags: the names of up to three tags, in order; a name given twice must stand twice.
        lo: the least number.
        hi: the greatest number.
        whole: whole numbers alone.
    """
    if not 1 <= len(tags) <= 3:
        raise ValueError(f"records.numbers reads one to three tags, got {len(tags)}")
    text = final_part(completion)
    found = {name: occurrences(text, f"tag:{name}") for name in dict.fromkeys(tags)}
    for name, contents in found.items():
        if len(contents) != tags.count(name):
            return _invalid(f"<{name}> stands {len(contents)} times, not {tags.count(name)}")
    values = []
    for name in tags:
        content = found[name].pop(0)
        plain = normalize(unwrap(content)) if len(content) < 100 else ""
        if not _NUMBER.fullmatch(plain) or (whole and "." in plain):
            return _invalid(f"<{name}> holds {content[:40]!r}, no {'whole ' if whole else ''}number")
        value = float(plain)
        if not lo <= value <= hi:
            return _invalid(f"{value:g} is not in {lo:g}..{hi:g}")
        values.append(value)
    fields = dict(zip(("first", "second", "third"), [*values, None, None], strict=False))
    return Verdict(1.0, ", ".join(f"{one:g}" for one in values), fields={"valid": 1.0, **fields})


def _invalid(reason: str) -> Verdict:
    return Verdict(0.0, reason, fields={"valid": 0.0, "first": None, "second": None, "third": None})
