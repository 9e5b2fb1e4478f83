"""`tools.transcript`: a whole conversation with tools."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from assay import Verdict, strict_json, verifier
from assay.extract import check, extract
from assay_tools.schemas import Tools, Unusable, read_tools
from assay_tools.wire import Format, of_message

__all__ = ["transcript"]

#: Who brings a tool's result.
_TOOL_ROLES = ("tool", "function", "ipython", "observation")
_RESULT = re.compile(r"<(/?)(tool_response|information|observation|result)>")
_FORGED = re.compile(r"<(?:tool_response|information|observation)>")
_THOUGHT = re.compile(r"\s*<(think|thinking|reasoning)>\s*[^<\s]")
_ERROR = re.compile(r"\W{0,10}(?:\w+\s?)?(?:error|exception|traceback)\b", re.IGNORECASE)


class _Broken(Exception):
    pass


@verifier(
    fields={"calls": (0.0, math.inf), "errors": (0.0, math.inf), "turns": (0.0, math.inf), "necessity": (0.0, 1.0)},
    boolean=True,
    bounded=True,
)
def transcript(
    messages: Any,
    tools: Any = None,
    needed: float | None = None,
    *,
    max_turns: int | None = None,
    think: bool = False,
    answer: str = "whole",
    inline: bool = False,
    parser: Format = "auto",
) -> Verdict:
    """The conversation is well-formed: every call can be read and has its result, and an answer stands at the end.

    A call of a tool that isn't offered, or with arguments that its schema does not allow, breaks it, if there is a
    column `tools`; so does a result that nobody asked for, or that the model wrote itself. Fields, also of a broken
    conversation: `calls`, `errors` (calls that can't be read, and results that report an error) and `turns`, each
    counted over the whole of it; and `necessity`, whether tools were called where they were needed, for which there
    must be a column `needed`: a bool, or how likely a tool is needed (1 minus the accuracy of answers without one).

    Options:
        max_turns: how many turns the model may take.
        think: each turn begins with its reasoning in tags.
        answer: where the answer stands in the last turn, in the forms of `assay.extract`.
        inline: results stand in the model's own text, as `<tool_response>`, `<information>`, `<observation>` or
            `<result>`, as in rollouts that are kept as one text. Only for results that the rollout masks.
        parser: the wire format of calls; `auto` tells them apart by their marks.
    """
    check(answer)
    try:
        offered = None if tools is None else read_tools(tools)
    except Unusable as problem:
        return Verdict.bad_reference(str(problem))
    if not isinstance(messages, Sequence) or isinstance(messages, str) or not messages:
        return Verdict.abstain("there is no conversation")
    counts = {"calls": 0.0, "errors": 0.0, "turns": 0.0}
    steps = list(_steps(messages, inline))
    if not steps:
        return Verdict.abstain("there is no conversation")
    problems: list[str] = []
    pending: list[str] = []
    last = len(steps) - 1
    for number, message in enumerate(steps):
        try:
            if message.get("role") in _TOOL_ROLES:
                counts["errors"] += _reports_error(_text(message))
                _answered(pending, message)
                continue
            if pending:
                problems.append("a call has no result")
                pending = []
            if message.get("role") == "assistant":
                counts["turns"] += 1
                pending = _turn(message, offered, think, parser, inline, counts)
                if number == last and not pending and extract(_text(message), answer).text is None:
                    raise _Broken("there is no answer in the last turn")
        except _Broken as broken:
            problems.append(str(broken))
    if pending:
        problems.append("the last call has no result")
    elif steps[-1].get("role") != "assistant":
        problems.append("the conversation does not end with the model's turn")
    if max_turns is not None and counts["turns"] > max_turns:
        problems.append(f"{counts['turns']:.0f} turns, {max_turns} are allowed")
    necessity = None if needed is None else 1 - abs(float(counts["calls"] > 0) - min(max(float(needed), 0.0), 1.0))
    fields = {**counts, "necessity": necessity}
    return Verdict(float(not problems), problems[0] if problems else "well-formed", fields=fields)


def _steps(messages: Sequence[Any], inline: bool) -> Iterator[Mapping[str, Any]]:
    """Yield the messages; those with results in the model's own text, or in the user's, in parts."""
    for message in messages:
        if not isinstance(message, Mapping):
            continue
        role, text = message.get("role"), _text(message)
        apart = role == "user" or (inline and role == "assistant")
        results = _results(text) if apart and not message.get("tool_calls") else []
        if not results:
            yield message
            continue
        position = 0
        for opened, closed in results:
            if text[position : opened.start()].strip():
                yield {"role": role, "content": text[position : opened.start()]}
            yield {"role": "tool", "content": text[opened.end() : closed.start()]}
            position = closed.end()
        if text[position:].strip():
            yield {"role": role, "content": text[position:]}


def _results(text: str) -> list[tuple[re.Match[str], re.Match[str]]]:
    """Return the opening and closing marks of each result."""
    found = []
    opened: re.Match[str] | None = None
    for mark in _RESULT.finditer(text):
        if not mark[1]:
            opened = opened or mark
        elif opened is not None and opened[2] == mark[2]:
            found.append((opened, mark))
            opened = None
    return found


def _turn(
    message: Mapping[str, Any],
    offered: Tools | None,
    think: bool,
    form: Format,
    inline: bool,
    counts: dict[str, float],
) -> list[str]:
    """Judge one turn of the model and return the calls that wait for a result, by their ids."""
    text = _text(message)
    parsed = of_message(message, form)
    counts["calls"] += len(parsed.calls)
    if parsed.malformed:
        counts["errors"] += 1
        raise _Broken(parsed.malformed)
    for one in parsed.calls:
        if offered is not None and (problem := offered.problem(offered.typed(one))):
            raise _Broken(problem)
    if not inline and _FORGED.search(text):
        raise _Broken("the model writes a tool's result itself")
    if think and not _THOUGHT.match(text) and not message.get("reasoning_content"):
        raise _Broken("a turn does not begin with its reasoning")
    ids = [one.get("id") for one in message.get("tool_calls") or () if isinstance(one, Mapping)]
    return [str(one or "") for one in ids] or [""] * len(parsed.calls)


def _answered(pending: list[str], message: Mapping[str, Any]) -> None:
    """Take the call that a result belongs to off the list."""
    name = str(message.get("tool_call_id") or "")
    if not pending:
        raise _Broken("there is a result that nobody asked for")
    if name and name not in pending and any(pending):
        raise _Broken(f"there is a result for the call '{name[:40]}', which nobody made")
    pending.remove(name if name in pending else pending[0])


def _reports_error(text: str) -> bool:
    try:
        value = strict_json.loads(text) if text.lstrip()[:1] == "{" and len(text) < 100_000 else None
    except ValueError:
        value = None
    if isinstance(value, dict):
        return bool(value.get("error") or value.get("is_error") or value.get("status") == "error")
    return _ERROR.match(text) is not None


def _text(message: Mapping[str, Any]) -> str:
    content = message.get("content")
    if isinstance(content, (list, tuple)):
        return "\n".join(str(part.get("text") or "") for part in content if isinstance(part, Mapping))
    return content if isinstance(content, str) else ""
