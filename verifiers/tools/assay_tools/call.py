"""`tools.call`: a turn's tool calls against the gold calls."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Literal

from assay import Verdict, verifier
from assay_tools.comparison import Comparison, compare
from assay_tools.schemas import Tools, Unusable, read_tools, without_nulls
from assay_tools.wire import Call, Format, Parsed, of_message, read

__all__ = ["call"]

_FLAGS = ("exact", "known", "name", "keys", "values", "hallucinated", "redundant", "missing", "valid")


def _exemplar(reference: Any, options: Mapping[str, Any]) -> str:
    """The gold calls, as Hermes writes them."""
    try:
        gold = _gold(reference)
    except Unusable:
        return ""
    calls = [json.dumps({"name": one.name, "arguments": dict(one.arguments)}) for one in gold]
    if options["parser"] in ("auto", "hermes", "qwen"):
        return "\n".join(f"<tool_call>\n{one}\n</tool_call>" for one in calls) or "There is nothing to call."
    if options["parser"] == "xml":
        return "".join(
            f'<invoke name="{one.name}">'
            + "".join(
                f'<parameter name="{key}">{value if isinstance(value, str) else json.dumps(value)}</parameter>'
                for key, value in one.arguments.items()
            )
            + "</invoke>"
            for one in gold
        )
    return ("[TOOL_CALLS]" if options["parser"] == "mistral" else "") + f"[{', '.join(calls)}]"


@verifier(range=(-2.0, 1.0), fields=_FLAGS, bounded=True, exemplar=_exemplar)
def call(
    completion: str,
    reference: Any,
    tools: Any = None,
    messages: Any = None,
    *,
    credit: Literal["exact", "call", "fine", "ladder"] = "exact",
    parser: Format = "auto",
) -> Verdict:
    """The turn makes the gold calls: the same tools with the same arguments, in any order, and no others.

    Calls in the reasoning don't count. A call that can't be read voids the turn. The reference is a list of calls, one
    call, JSON of these, or text in a wire format; an empty list, or text with `<response>` and no call, means that
    nothing should be called. `tools` is a column with the tools that are offered, in OpenAI's shape.

    Fields, each 0 or 1 but for `name` and `values`: `exact`; `known`, every tool that is called is offered; `name`, the
    tools in common over all; `keys`, each call has the right parameters; `values`, the share of the gold values that
    are right; `hallucinated`, an argument is none of its tool's parameters; `redundant`, one is, and the gold call has
    not got it; `missing`, one of the gold call's is not there; `valid`, the calls fit the tools' schemas (nothing
    without tools). Without tools an argument too many is redundant, and every tool is known.

    Options:
        credit: `exact`, 0 or 1; `fine` and `call`, 0..1, ToolRL's reward (arXiv:2504.13958) by single arguments or by
            whole calls, over its maximum, so that its scale is `6 * tools.call(credit="fine") - 3`; `ladder`, -2..1,
            TL-Training's (arXiv:2412.15495): 1 for exact, -0.25 for wrong values, -0.5 to -1.8 for wrong parameters,
            -1.5 for a wrong tool, -2 for one that isn't offered or can't be read.
        parser: the wire format; `auto` tells them apart by their marks.
    """
    try:
        offered = None if tools is None else read_tools(tools)
        gold = [one if offered is None else offered.typed(one) for one in _gold(reference)]
        if offered is not None and (strange := [one.name for one in gold if not offered.knows(one)]):
            raise Unusable(f"the reference calls '{strange[0][:60]}', which is no tool that is offered")
    except Unusable as problem:
        return Verdict.bad_reference(str(problem))
    turn = _turn(completion, messages, parser)
    said = [one if offered is None else offered.typed(one) for one in turn.calls]
    details = {"calls": [one.name for one in said[:20]]}
    if turn.malformed or (gold and not said):
        reason = turn.malformed or "nothing is called"
        return Verdict(-2.0 if credit == "ladder" else 0.0, reason, fields=dict.fromkeys(_FLAGS, 0.0), details=details)
    found = compare(said, gold)
    fields = _fields(found, offered)
    if credit == "ladder":
        score = _rung(fields)
    elif found.exact:
        score = 1.0
    elif credit == "exact" or not gold:
        score = 0.0
    else:
        score = found.fine() if credit == "fine" else found.whole()
    return Verdict(score, _reason(found, fields, offered), fields=fields, details=details)


def _turn(completion: str, messages: Any, form: Format) -> Parsed:
    """Read the final turn: the message's own `tool_calls` where it has them."""
    last = messages[-1] if isinstance(messages, Sequence) and not isinstance(messages, str) and messages else None
    if isinstance(last, Mapping) and last.get("tool_calls"):
        return of_message(last, form)
    return read(completion, form)


def _gold(reference: Any) -> list[Call]:
    if hasattr(reference, "tolist"):
        reference = reference.tolist()
    if isinstance(reference, str):
        return _gold_text(reference)
    if isinstance(reference, Mapping):
        reference = reference.get("tool_calls", [reference])
    if not isinstance(reference, (list, tuple)):
        raise Unusable(f"the reference is a {type(reference).__name__}, not a list of calls")
    calls = without_nulls(list(reference))
    if not calls:
        return []
    parsed = of_message({"tool_calls": calls})
    if parsed.malformed:
        raise Unusable(f"the reference can't be read: {parsed.malformed}")
    return parsed.calls


@lru_cache(maxsize=20_000)
def _gold_text(reference: str) -> list[Call]:
    parsed = read(reference)
    if parsed.malformed:
        raise Unusable(f"the reference can't be read: {parsed.malformed}")
    if not parsed.calls and reference.strip() != "[]" and "<response>" not in reference:
        raise Unusable(f"the reference calls nothing: {reference[:60]!r}; [] says so on purpose")
    return parsed.calls


def _fields(found: Comparison, offered: Tools | None) -> dict[str, float | None]:
    extra = [(a, key) for a, b in found.pairs for key in a.arguments if key not in b.arguments]
    strange = [] if offered is None else [(one, key) for one in found.said for key in offered.strange(one)]
    flags = {
        "exact": found.exact,
        "known": offered is None or all(map(offered.knows, found.said)),
        "keys": found.keys,
        "hallucinated": bool(strange),
        "redundant": any(offered is None or key not in offered.strange(a) for a, key in extra),
        "missing": any(key not in a.arguments for a, b in found.pairs for key in b.arguments),
    }
    fields: dict[str, float | None] = {name: float(flag) for name, flag in flags.items()}
    fields["name"], fields["values"] = found.names, found.values
    fields["valid"] = None if offered is None else float(not any(map(offered.problem, found.said)))
    return fields


def _rung(fields: Mapping[str, float | None]) -> float:
    """Return TL-Training's reward for the errors that were made."""
    if fields["exact"]:
        return 1.0
    if not fields["known"]:
        return -2.0
    if fields["name"] != 1:
        return -1.5
    others = int(bool(fields["redundant"])) + int(bool(fields["missing"]))
    if fields["hallucinated"]:
        return (-0.8, -1.3, -1.8)[others]
    return (-0.25, -0.5, -1.0)[others]


def _reason(found: Comparison, fields: Mapping[str, float | None], offered: Tools | None) -> str:
    if found.exact:
        return "the right calls" if found.gold else "rightly nothing"
    if offered is not None and (problem := next(filter(None, map(offered.problem, found.said)), "")):
        return problem
    if fields["name"] != 1:
        said, gold = (", ".join(one.name for one in calls[:5]) or "nothing" for calls in (found.said, found.gold))
        return f"calls {said[:80]} instead of {gold[:80]}"
    if not fields["keys"]:
        return "a parameter is missing" if fields["missing"] else "there is a parameter too many"
    return "a value is wrong"
