"""`records.sequence`: a plan of steps, with credit for the right beginning."""

from __future__ import annotations

import math
from typing import Any

from assay import Verdict, verifier
from assay.normalize import normalize
from assay_records.likeness import same
from assay_records.reading import MAX_RECORDS, NotJson, answer_text, at, exemplar, loads, reference_value

__all__ = ["sequence"]

_NAMES = ("action_name", "action", "name", "function", "type")


@verifier(
    fields={"valid": (0.0, 1.0), "names": (0.0, 1.0), "k": (0.0, math.inf), "n": (0.0, math.inf)},
    bounded=True,
    exemplar=exemplar,
)
def sequence(
    completion: str,
    reference: Any,
    *,
    actions: list[str] | None = None,
    part: str | None = None,
    extract: str = "tag:answer|fence:json|whole",
) -> Verdict:
    """The answer is a JSON list of steps that begins as the reference does: the share of the longer list that is right.

    A step is a text or an object. Fields: `valid`, the share of steps that are one of these and not empty; `names`, the
    share with a known action; `k`, how many steps are right before the first that isn't; `n`, how many there are. The
    triangular credit of Reinforced Reasoning for Embodied Planning (arXiv:2505.22050) is `k (k + 1) / (m (m + 1))` with
    m the reference's length.

    Options:
        actions: the known actions; those of the reference by default.
        part: where the list stands in both objects, by its dotted name.
        extract: where the answer stands, in the forms of `assay.extract`.
    """
    try:
        gold = at(reference_value(reference), part)
    except NotJson as problem:
        return Verdict.bad_reference(str(problem))
    if not isinstance(gold, list) or not gold or not all(_name(step) for step in gold):
        return Verdict.bad_reference("the reference is no list of steps")
    none = {"valid": 0.0, "names": 0.0, "k": 0.0, "n": 0.0}
    try:
        said = at(loads(answer_text(completion, extract)), part)
    except NotJson as problem:
        return Verdict(0.0, str(problem), fields=none)
    if not isinstance(said, list) or not said:
        return Verdict(0.0, "the answer is no list of steps", fields=none)
    if len(said) > MAX_RECORDS:
        return Verdict(0.0, f"{len(said):,} steps are no answer", fields=none)
    names = [_name(step) for step in said]
    known = {_plain(one) for one in actions} if actions is not None else {_name(step) for step in gold}
    k = 0
    while k < min(len(said), len(gold)) and same(said[k], gold[k]):
        k += 1
    fields = {
        "valid": sum(map(bool, names)) / len(said),
        "names": sum(name in known for name in names) / len(said),
        "k": float(k),
        "n": float(len(said)),
    }
    reason = f"the first {k} of {len(gold)} steps are right, {len(said)} given"
    return Verdict(k / max(len(said), len(gold)), reason, fields=fields)


def _name(step: Any) -> str:
    """Return a step's action, nothing where it has none."""
    if isinstance(step, str):
        return _plain(step.partition("(")[0])
    if isinstance(step, dict):
        named = next((step[key] for key in _NAMES if key in step), None)
        return _plain(named) if isinstance(named, str) else ""
    return ""


def _plain(text: str) -> str:
    return normalize(text, punctuation=True)
