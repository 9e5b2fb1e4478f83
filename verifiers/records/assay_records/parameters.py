"""`records.params`: named values, each near its own."""

from __future__ import annotations

from typing import Any, Literal

from assay import Verdict, verifier
from assay_records.likeness import Nearness, assign, flatten
from assay_records.reading import MAX_RECORDS, NotJson, answer_text, at, exemplar, loads, reference_value

__all__ = ["params"]

#: Two records of a list belong together only if they are nearer than this: JarvisArt's limit for regions.
ALIKE = 0.3
#: More names than any set of parameters has.
MAX_KEYS = 2000


@verifier(fields=["keys", "values", "type"], bounded=True, exemplar=exemplar)
def params(
    completion: str,
    reference: Any,
    *,
    keys: list[str] | None = None,
    metric: Literal["union", "shared", "jaccard"] = "union",
    thresholds: dict[str, float | None] | float | None = None,
    tolerance: dict[str, float | None] | float | None = None,
    part: str | None = None,
    matching: Literal["keys", "optimal"] = "keys",
    ignore_case: bool = False,
    extract: str = "tag:answer|fence:json|whole",
) -> Verdict:
    """The answer is a JSON object with the reference's names and values, with credit for each.

    Objects in objects are read as `outer.inner`. A text is no number, and a bool neither. Fields: `keys`, the names in
    common over all names; `values`, how near the values of the common names are; `type`, whether the value of the
    first of `keys` (of `type`, without them) is right.

    Options:
        keys: compare these names alone; the first is the `type`.
        metric: `union`: nearness over all names, the answer's own included, so that neither leaving out nor adding
            pays; `shared`: over the names in common (JarvisArt, arXiv:2506.17612, which pays the names apart);
            `jaccard`: the names alone.
        thresholds: for all numbers or by name: credit falls linearly to 0 at this distance.
        tolerance: for all numbers or by name: full credit up to this distance, none beyond.
        part: look at this part of both objects, by its dotted name.
        matching: `optimal` for lists of objects, each paired with one of the reference's so that nearness is the
            most. Then `keys` is the share of the reference's that were paired, `values` the nearness of the pairs,
            and the score their nearness over the longer list.
        ignore_case: letters of either case are the same in values.
        extract: where the answer stands, in the forms of `assay.extract`.
    """
    _check(thresholds, tolerance)
    nearness = Nearness(thresholds, tolerance, ignore_case)
    try:
        gold = at(reference_value(reference), part)
    except NotJson as problem:
        return Verdict.bad_reference(str(problem))
    kind: Any = list if matching == "optimal" else dict
    if not isinstance(gold, kind) or (not gold and matching == "keys"):
        where = f" at '{part}'" if part else ""
        return Verdict.bad_reference(f"the reference{where} is no {'list' if kind is list else 'object'} of parameters")
    if kind is list and not all(isinstance(one, dict) for one in gold):
        return Verdict.bad_reference("the reference's list holds something else than objects")
    if kind is dict:
        gold = _chosen(flatten(gold), keys)
        if not gold:
            return Verdict.bad_reference(f"the reference has none of the keys {', '.join(keys or ())[:80]}")
    try:
        said = at(loads(answer_text(completion, extract)), part)
    except NotJson as problem:
        return _nothing(str(problem), keys, gold)
    if not isinstance(said, kind):
        return _nothing(f"the answer is no {'list' if kind is list else 'object'} of parameters", keys, gold)
    if matching == "optimal":
        return _paired(said, gold, nearness)
    flat = _chosen(flatten(said), keys)
    if len(flat) > MAX_KEYS:
        return _nothing(f"{len(flat):,} names are no answer", keys, gold)
    near = {name: nearness.of(flat[name], gold[name], name) for name in gold if name in flat}
    union = len(gold) + len(flat) - len(near)
    total = sum(near.values())
    names, values = len(near) / union, total / len(near) if near else 0.0
    score = {"union": total / union, "shared": values, "jaccard": names}[metric]
    first = _first(keys, gold)
    right = None if first is None else float(near.get(first, 0.0) == 1)
    missing = [name for name in gold if name not in flat]
    wrong = [name for name, one in near.items() if one < 1]
    reason = (
        f"'{missing[0]}' is missing" if missing else f"'{wrong[0]}' is off" if wrong else "every name with its value"
        if union == len(gold) else "there are names too many"
    )  # fmt: skip
    return Verdict(score, reason, fields={"keys": names, "values": values, "type": right})


def _check(*limits: dict[str, float | None] | float | None) -> None:
    for one in limits:
        values = one.values() if isinstance(one, dict) else [one]
        if any(value is not None and not value > 0 for value in values):
            raise ValueError("a threshold or tolerance must be above 0")


def _chosen(flat: dict[str, Any], keys: list[str] | None) -> dict[str, Any]:
    return flat if keys is None else {name: flat[name] for name in keys if name in flat}


def _first(keys: list[str] | None, gold: Any) -> str | None:
    name = keys[0] if keys else "type"
    return name if name in gold else None


def _nothing(reason: str, keys: list[str] | None, gold: Any) -> Verdict:
    right = None if isinstance(gold, list) or _first(keys, gold) is None else 0.0
    return Verdict(0.0, reason, fields={"keys": 0.0, "values": 0.0, "type": right})


def _paired(said: list[Any], gold: list[dict[str, Any]], nearness: Nearness) -> Verdict:
    if len(said) > MAX_RECORDS or len(gold) > MAX_RECORDS:
        return Verdict(0.0, f"{len(said):,} records are no answer", fields={"keys": 0.0, "values": 0.0, "type": None})
    objects = [one if isinstance(one, dict) else {} for one in said]

    def weigh(a: dict[str, Any], b: dict[str, Any]) -> float:
        near = nearness.of(a, b)
        return near if near > ALIKE else 0.0

    pairs = assign(objects, gold, weigh)
    total = sum(weight for _, _, weight in pairs)
    longer = max(len(said), len(gold))
    fields = {
        "keys": len(pairs) / len(gold) if gold else float(not said),
        "values": total / len(pairs) if pairs else float(not longer),
        "type": None,
    }
    reason = f"{len(pairs)} of {len(gold)} records were found, {len(said)} listed"
    return Verdict(total / longer if longer else 1.0, reason, fields=fields)
