"""JSON: `format.json`, with JSON Schema by the `jsonschema` library."""

from __future__ import annotations

import json as _json
from functools import lru_cache
from typing import Any, Literal

from assay import Verdict, verifier
from assay.extract import extract as find

__all__ = ["json"]

#: Deeper values are refused: they are written to exhaust who walks them.
MAX_DEPTH = 100


# Not bounded: a schema may hold a pattern that backtracks on the model's text.
@verifier(boolean={"credit": "all"}, timeout=5.0)
def json(
    completion: str,
    *,
    schema: dict[str, Any] | str | None = None,
    keys: list[str] | None = None,
    extract: str = "fence:json|whole",
    credit: Literal["all", "fraction"] = "all",
) -> Verdict:
    """The answer is one JSON value, and fits a JSON Schema.

    Duplicate keys, `NaN` and `Infinity` are not JSON. A schema's `$ref` to another document is never fetched.

    Options:
        schema: a JSON Schema, as a column of the row or as text.
        keys: keys that the value, an object, must have.
        extract: where the value stands, in the forms of `assay.extract`.
        credit: `all`, or the `fraction` of what is asked: being JSON, having each key, fitting the schema.
    """
    checker = _checker(schema if isinstance(schema, str) else _json.dumps(schema)) if schema is not None else None
    found = find(completion, extract)
    if found.text is None:
        return Verdict(0.0, f"no JSON: {found.reason}")
    try:
        value = _json.loads(found.text, object_pairs_hook=_object, parse_constant=_constant)
        _check_depth(value)
    except RecursionError:
        return Verdict(0.0, "the JSON is nested too deeply")
    except ValueError as problem:
        return Verdict(0.0, f"not JSON: {str(problem)[:120]}")
    wrong = [f"the key '{key}' is missing" for key in keys or () if not (isinstance(value, dict) and key in value)]
    if checker is not None:
        from jsonschema.exceptions import best_match

        error = best_match(checker.iter_errors(value))
        if error is not None:
            wrong.append(f"at {error.json_path}: {error.message[:120]}")
    asked = 1 + len(keys or ()) + (checker is not None)
    score = 1 - len(wrong) / asked if credit == "fraction" else float(not wrong)
    return Verdict(score, wrong[0] if wrong else "valid")


@lru_cache(maxsize=256)
def _checker(schema: str) -> Any:
    from jsonschema.exceptions import SchemaError
    from jsonschema.validators import validator_for
    from referencing import Registry

    try:
        document = _json.loads(schema)
        kind = validator_for(document)
        kind.check_schema(document)
    except (ValueError, SchemaError) as problem:
        raise ValueError(f"the schema is not a JSON Schema: {str(problem).splitlines()[0]}") from None
    # An empty registry: nothing is retrieved from anywhere.
    return kind(document, registry=Registry())


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) < len(pairs):
        names = [key for key, _ in pairs]
        twice = next(key for key in names if names.count(key) > 1)
        raise ValueError(f"the key '{twice}' stands twice")
    return value


def _constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _check_depth(value: Any) -> None:
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [
            x
            for one in level
            if isinstance(one, (dict, list))
            for x in (one.values() if isinstance(one, dict) else one)
        ]
        if not level:
            return
    raise ValueError(f"it is nested more than {MAX_DEPTH} deep")
