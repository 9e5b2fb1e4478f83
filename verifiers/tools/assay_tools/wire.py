"""Tool calls as models write them.

===========  ================================================================================================
`openai`     a message's `tool_calls`, or their JSON as text
`hermes`     `<tool_call>{"name": ..., "arguments": {...}}</tool_call>`, one or several objects in each tag
`qwen`       as Hermes; and Qwen3-Coder's `<function=NAME><parameter=KEY>value</parameter></function>`
`llama`      `{"name": ..., "parameters": {...}}`, also after `<|python_tag|>`; `<function=NAME>{...}</function>`;
             `[name(key=value), ...]`
`mistral`    `[TOOL_CALLS][{...}]` or `[TOOL_CALLS]name{...}`
`xml`        `<invoke name="NAME"><parameter name="KEY">value</parameter></invoke>`
===========  ================================================================================================

Nothing is repaired: what begins as a call and can't be read is malformed. Python literals are parsed, never run.
"""

from __future__ import annotations

import ast
import html
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from assay import strict_json
from assay.extract import extract, final_part

__all__ = ["Call", "Format", "Parsed", "Untyped", "of_message", "read"]

Format = Literal["auto", "openai", "hermes", "qwen", "llama", "mistral", "xml"]

#: Longer texts are not read for calls.
MAX_LENGTH = 200_000
#: More calls than any turn has.
MAX_CALLS = 100

_ARGUMENTS = ("arguments", "parameters", "args", "input")
_TAGGED = re.compile(r"<(/?)(tool_call|tool)>")
_FUNCTION = re.compile(r"<function=([^<>\s]{1,200})>")
_PARAMETER = re.compile(r"<parameter=([^<>\s]{1,200})>")
_INVOKE = re.compile(r"<invoke\s+name=[\"']([^\"'<>]{1,200})[\"']\s*>")
_NAMED = re.compile(r"<parameter\s+name=[\"']([^\"'<>]{1,200})[\"'][^<>]{0,200}>")
_MISTRAL = re.compile(r"\s*([A-Za-z_][\w.-]{0,200})\s*(?:\[ARGS\])?\s*(?=\{)")
_PYTHONIC = re.compile(r"\[\s*[A-Za-z_][\w.]{0,200}\s*\(")


class Untyped(str):
    """A value from XML, which has no types: `3` may be a number or a text."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a tool."""

    name: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a turn calls.

    Attributes:
        calls: in order.
        malformed: why what was begun as a call is none; empty where all is well.
    """

    calls: list[Call] = field(default_factory=list)
    malformed: str = ""


class _Malformed(Exception):
    pass


def read(text: str, form: Format = "auto") -> Parsed:
    """Read the calls of a completion, after its reasoning."""
    if len(text) > MAX_LENGTH:
        return Parsed(malformed=f"the text has {len(text):,} characters")
    final = final_part(text)
    try:
        calls = _READERS[form](final)
    except _Malformed as problem:
        return Parsed(malformed=str(problem))
    if len(calls) > MAX_CALLS:
        return Parsed(malformed=f"{len(calls)} calls in one turn")
    return Parsed(calls)


def of_message(message: Mapping[str, Any], form: Format = "auto") -> Parsed:
    """Read the calls of a chat message: its `tool_calls` where it has any, and its text otherwise."""
    structured = message.get("tool_calls")
    if structured is not None and hasattr(structured, "tolist"):
        structured = structured.tolist()
    if structured:
        try:
            return Parsed([_call(one) for one in structured])
        except _Malformed as problem:
            return Parsed(malformed=str(problem))
    content = message.get("content")
    if isinstance(content, (list, tuple)):
        content = "\n".join(part.get("text") or "" for part in content if isinstance(part, Mapping))
    return read(content, form) if isinstance(content, str) else Parsed()


def _auto(text: str) -> list[Call]:
    if _TAGGED.search(text):
        return _hermes(text)
    if "[TOOL_CALLS]" in text:
        return _mistral(text)
    if _INVOKE.search(text):
        return _xml(text)
    if "<|python_tag|>" in text or "<function=" in text:
        return _llama(text)
    return _bare(text)


def _hermes(text: str) -> list[Call]:
    calls: list[Call] = []
    opened: re.Match[str] | None = None
    for mark in _TAGGED.finditer(text):
        if not mark[1]:
            if opened is not None:
                raise _Malformed(f"a <{opened[2]}> is opened before the last one is closed")
            opened = mark
        elif opened is None or opened[2] != mark[2]:
            raise _Malformed(f"a </{mark[2]}> closes nothing")
        else:
            calls += _content(text[opened.end() : mark.start()])
            opened = None
    if opened is not None:
        raise _Malformed(f"a <{opened[2]}> is never closed")
    return calls


def _content(text: str) -> list[Call]:
    if "<function=" in text:
        return _functions(text)
    try:
        values = strict_json.loads_all(text)
    except ValueError as problem:
        raise _Malformed(f"a call is not JSON: {str(problem)[:80]}") from None
    flat = [one for value in values for one in (value if isinstance(value, list) else [value])]
    return [_call(one) for one in flat]


def _llama(text: str) -> list[Call]:
    if "<|python_tag|>" in text:
        return _content(text.partition("<|python_tag|>")[2].replace("<|eom_id|>", " ").replace("<|eot_id|>", " "))
    return _functions(text) if "<function=" in text else _bare(text)


def _functions(text: str) -> list[Call]:
    """Read `<function=NAME>` with JSON or with `<parameter=KEY>` in it."""
    calls = []
    for name, body in _elements(text, _FUNCTION, "</function>"):
        if "<parameter=" in body:
            calls.append(Call(name, _parameters(body, _PARAMETER)))
        elif body.strip():
            calls.append(Call(name, _arguments(body)))
        else:
            calls.append(Call(name, {}))
    return calls


def _xml(text: str) -> list[Call]:
    return [
        Call(html.unescape(name), _parameters(body, _NAMED, unescape=True))
        for name, body in _elements(text, _INVOKE, "</invoke>")
    ]


def _parameters(body: str, pattern: re.Pattern[str], unescape: bool = False) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for key, value in _elements(body, pattern, "</parameter>"):
        if key in values:
            raise _Malformed(f"the parameter '{key[:40]}' stands twice")
        # Templates put the value on lines of its own.
        plain = value.removeprefix("\n").removesuffix("\n")
        values[key] = Untyped(html.unescape(plain) if unescape else plain)
    return values


def _elements(text: str, opening: re.Pattern[str], closing: str) -> list[tuple[str, str]]:
    found = []
    position = 0
    while (match := opening.search(text, position)) is not None:
        end = text.find(closing, match.end())
        if end < 0:
            raise _Malformed(f"{match[0][:60]} is never closed")
        found.append((match[1].strip(), text[match.end() : end]))
        position = end + len(closing)
    return found


def _mistral(text: str) -> list[Call]:
    calls: list[Call] = []
    for part in text.split("[TOOL_CALLS]")[1:]:
        named = _MISTRAL.match(part)
        if named is None:
            calls += _content(part.replace("</s>", " "))
        else:
            calls.append(Call(named[1], _arguments(part[named.end() :].replace("</s>", " "))))
    return calls


def _bare(text: str) -> list[Call]:
    """Read a text that is nothing but calls, in JSON or as Python writes them; any other text calls nothing."""
    bare = text.strip()
    if bare.startswith(("```", "~~~")):
        bare = (extract(bare, "fence").text or "").strip()
    if _PYTHONIC.match(bare):
        return _pythonic(bare)
    if not bare.startswith(("{", "[")):
        return []
    try:
        values = strict_json.loads_all(bare)
    except ValueError as problem:
        if re.match(r"[\[{\s]*\"(?:name|function|type|tool_calls)\"", bare):
            raise _Malformed(f"a call is not JSON: {str(problem)[:80]}") from None
        return []
    if len(values) == 1 and isinstance(values[0], dict) and isinstance(values[0].get("tool_calls"), list):
        values = values[0]["tool_calls"]
    flat = [one for value in values for one in (value if isinstance(value, list) else [value])]
    # An object with other keys is an answer in JSON.
    if not all(map(_like_a_call, flat)):
        return []
    return [_call(one) for one in flat]


def _like_a_call(value: Any) -> bool:
    if not isinstance(value, dict):
        return False
    return "function" in value or (
        "name" in value and (any(key in value for key in _ARGUMENTS) or value.keys() <= {"name", "id", "type"})
    )


def _pythonic(text: str) -> list[Call]:
    if len(text) > 20_000 or max(text.count(mark) for mark in "([{") > 400:
        raise _Malformed("the calls are too long to be read as Python")
    try:
        tree = ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise _Malformed("the calls are not Python") from None
    calls = []
    for node in tree.elts if isinstance(tree, ast.List) else []:
        if not isinstance(node, ast.Call) or not isinstance(node.func, (ast.Name, ast.Attribute)):
            raise _Malformed("there is something else than calls")
        if node.args or any(one.arg is None for one in node.keywords):
            raise _Malformed("a call needs names for its arguments")
        if len({one.arg for one in node.keywords}) < len(node.keywords):
            raise _Malformed("an argument stands twice")
        try:
            values = {str(one.arg): ast.literal_eval(one.value) for one in node.keywords}
        except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
            raise _Malformed("an argument is no literal") from None
        calls.append(Call(ast.unparse(node.func), values))
    return calls


def _call(value: Any) -> Call:
    """Read a call from an object, in any of the usual shapes."""
    if not isinstance(value, Mapping):
        raise _Malformed("a call is no object")
    inner = value.get("function")
    if isinstance(inner, Mapping):
        value = inner
    name = value.get("name", inner)
    if not isinstance(name, str) or not name.strip():
        raise _Malformed("a call has no name")
    arguments: Any = next((value[key] for key in _ARGUMENTS if key in value), {})
    return Call(name.strip(), _arguments(arguments))


def _arguments(value: Any) -> dict[str, Any]:
    if isinstance(value, str):
        try:
            value = strict_json.loads(value) if value.strip() else {}
        except ValueError as problem:
            raise _Malformed(f"the arguments are not JSON: {str(problem)[:80]}") from None
    if value is None:
        value = {}
    if not isinstance(value, Mapping):
        raise _Malformed("the arguments are no object")
    return {str(key): one for key, one in value.items()}


_READERS: dict[str, Callable[[str], list[Call]]] = {
    "auto": _auto,
    "openai": _bare,
    "hermes": _hermes,
    "qwen": _hermes,
    "llama": _llama,
    "mistral": _mistral,
    "xml": _xml,
}
