"""JSON as an answer and as a reference: read strictly, bounded in size and depth."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

from assay import strict_json
from assay.extract import check, extract, wrap

__all__ = ["MAX_RECORDS", "NotJson", "answer_text", "at", "exemplar", "inside", "loads", "reference_value"]

#: Longer answers are not read.
MAX_LENGTH = 200_000
#: A longer list of records is an enumeration, not an answer.
MAX_RECORDS = 500


class NotJson(Exception):
    """A text that is no usable JSON value; the message says why."""


def answer_text(completion: str, where: str) -> str:
    """Return the completion's answer.

    Raises:
        NotJson: there is none, or it is too long to be read.
    """
    check(where)
    found = extract(completion, where)
    if found.text is None:
        raise NotJson(f"no answer: {found.reason}")
    if len(found.text) > MAX_LENGTH:
        raise NotJson(f"the answer has {len(found.text):,} characters")
    return found.text


def loads(text: str) -> Any:
    """Read the JSON value that a text is, or holds in a fence or in prose.

    Duplicate keys, `NaN`, numbers beyond a float's range and deep nesting are refused; nothing is repaired.

    Raises:
        NotJson: it holds none, or more than one.
    """
    fenced = extract(text, "fence:json|fence").text if "```" in text or "~~~" in text else None
    bare = (fenced or text).strip()
    starts = [start for start in (bare.find("{"), bare.find("[")) if start >= 0]
    end = max(bare.rfind("}"), bare.rfind("]")) + 1
    candidates = [bare, *([bare[min(starts) : end]] if starts and end > min(starts) else [])]
    reason = ""
    for candidate in dict.fromkeys(candidates):
        try:
            return strict_json.loads(candidate)
        except ValueError as problem:
            reason = str(problem)[:100]
    raise NotJson(f"not JSON: {reason}")


def reference_value(reference: Any) -> Any:
    """Return a reference as plain data: JSON text is read, a table's nulls and arrays are taken for what they mean.

    Raises:
        NotJson: it can't be used.
    """
    if isinstance(reference, str):
        if not reference.strip():
            raise NotJson("the reference is empty")
        return loads(inside(reference))
    if hasattr(reference, "tolist"):
        reference = reference.tolist()
    if isinstance(reference, Mapping):
        # Tables give every row every key: one that isn't there is None.
        return {str(key): _plain(value) for key, value in reference.items() if value is not None}
    return _plain(reference)


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in value.items() if one is not None}
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    if isinstance(value, float) and not math.isfinite(value):
        raise NotJson(f"the reference holds {value}")
    if value is None or isinstance(value, (str, bool, int, float)):
        return value
    if hasattr(value, "tolist"):
        return _plain(value.tolist())
    raise NotJson(f"the reference holds a {type(value).__name__}")


def at(value: Any, path: str | None) -> Any:
    """Return what a dotted path names in a value, `None` where it leads nowhere."""
    for part in path.split(".") if path else ():
        value = value.get(part) if isinstance(value, dict) else None
    return value


def exemplar(reference: Any, options: Mapping[str, Any]) -> str:
    """The reference itself, where the option `extract` looks for an answer."""
    if isinstance(reference, str):
        return wrap(inside(reference), options["extract"])
    try:
        return wrap(json.dumps(reference_value(reference), ensure_ascii=False), options["extract"])
    except NotJson:
        return ""


def inside(reference: str) -> str:
    """Return what stands in `<answer>`, in which some data sets wrap their references."""
    found = extract(reference, "tag:answer", lenient=True).text if "<answer>" in reference else None
    return reference if found is None else found
