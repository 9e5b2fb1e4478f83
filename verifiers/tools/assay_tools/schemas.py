"""The tools that are offered: their names, their parameters, and what fits them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from assay import strict_json
from assay_tools.wire import Call, Untyped

__all__ = ["Tools", "Unusable", "read_tools", "without_nulls"]


class Unusable(Exception):
    """The tools or the reference can't be used; the text says why."""


@dataclass(frozen=True, slots=True)
class Tool:
    """One tool: the schemas of its parameters, and what checks them all."""

    properties: Mapping[str, Any]
    validator: Any


@dataclass(frozen=True, slots=True)
class Tools:
    """The tools that are offered, by name."""

    by_name: Mapping[str, Tool]

    def typed(self, call: Call) -> Call:
        """Return a call from XML with the types that its tool declares."""
        tool = self.by_name.get(call.name)
        if tool is None or not any(isinstance(one, Untyped) for one in call.arguments.values()):
            return call
        return Call(call.name, {key: _typed(one, tool.properties.get(key)) for key, one in call.arguments.items()})

    def knows(self, call: Call) -> bool:
        """Whether the tool is offered."""
        return call.name in self.by_name

    def strange(self, call: Call) -> list[str]:
        """Return the arguments that the tool does not have."""
        tool = self.by_name.get(call.name)
        return [] if tool is None else [key for key in call.arguments if key not in tool.properties]

    def problem(self, call: Call) -> str:
        """Return why a call does not fit its tool's schema, nothing if it does."""
        tool = self.by_name.get(call.name)
        if tool is None:
            return f"there is no tool '{call.name[:60]}'"
        if tool.validator is None:
            strange = self.strange(call)
            return f"'{call.name}' has no parameter '{strange[0][:60]}'" if strange else ""
        from jsonschema.exceptions import best_match

        error = best_match(tool.validator.iter_errors(dict(call.arguments)))
        return "" if error is None else f"{call.name}{error.json_path[1:]}: {error.message[:120]}"


def read_tools(tools: Any) -> Tools:
    """Read the tools that are offered: OpenAI's list of functions, bare functions, or JSON text of either.

    Raises:
        Unusable: they can't be read.
    """
    if hasattr(tools, "tolist"):
        tools = tools.tolist()
    try:
        return _read(tools if isinstance(tools, str) else json.dumps(without_nulls(tools)))
    except TypeError as problem:
        raise Unusable(f"the tools are not JSON: {problem}") from None


def without_nulls(value: Any) -> Any:
    """Return data from a table without its nulls: a table gives every row every key."""
    if isinstance(value, Mapping):
        return {str(key): without_nulls(one) for key, one in value.items() if one is not None}
    if isinstance(value, (list, tuple)):
        return [without_nulls(one) for one in value]
    return without_nulls(value.tolist()) if hasattr(value, "tolist") else value


@lru_cache(maxsize=4096)
def _read(text: str) -> Tools:
    try:
        value = strict_json.loads(text)
    except ValueError as problem:
        raise Unusable(f"the tools are not JSON: {str(problem)[:80]}") from None
    tools: dict[str, Tool] = {}
    for one in value if isinstance(value, list) else [value]:
        inner = one.get("function", one) if isinstance(one, dict) else None
        name = inner.get("name") if isinstance(inner, dict) else None
        if not isinstance(name, str) or not isinstance(inner, dict):
            raise Unusable("a tool has no name")
        tools[name] = _tool(name, inner.get("parameters", inner.get("input_schema", inner.get("arguments", {}))))
    if not tools:
        raise Unusable("there are no tools")
    return Tools(tools)


def _tool(name: str, parameters: Any) -> Tool:
    if not isinstance(parameters, dict):
        raise Unusable(f"the tool '{name[:60]}' has parameters that are no object")
    if "properties" not in parameters and parameters.get("type") != "object":
        return Tool(parameters, None)  # names alone, as in {"city": {"type": "str"}}: no JSON Schema to check
    from jsonschema.exceptions import SchemaError
    from jsonschema.validators import extend, validator_for
    from referencing import Registry

    try:
        kind = validator_for(parameters)
        kind.check_schema(parameters)
    except SchemaError as problem:
        raise Unusable(f"the tool '{name[:60]}' has no JSON Schema: {problem.message[:80]}") from None
    properties = parameters.get("properties", {})
    # Patterns may backtrack without end on the model's text, and uniqueness takes quadratic time. What isn't a
    # property is strange, unless the schema allows it. An empty registry: nothing is fetched from anywhere.
    bounded: Any = extend(  # type: ignore[no-untyped-call]
        kind, {"pattern": _passes, "patternProperties": _passes, "uniqueItems": _passes}
    )
    closed = {"additionalProperties": False, **parameters}
    return Tool(properties, bounded(closed, registry=Registry()))


def _passes(*_: Any) -> None:
    return None


def _typed(value: Any, schema: Any) -> Any:
    kinds = schema.get("type") if isinstance(schema, Mapping) else None
    kinds = kinds if isinstance(kinds, list) else [kinds]
    if not isinstance(value, Untyped):
        return value
    if "string" in kinds or kinds == [None]:
        return str(value) if "string" in kinds else value
    try:
        return strict_json.loads(value.strip().lower() if "boolean" in kinds else value)
    except ValueError:
        return str(value)
