"""Literals of the reward language as Python values."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any

from assay._language import nodes
from assay._language.nodes import Node

__all__ = ["constant", "literal"]

_ARITHMETIC: dict[str, Callable[[float, float], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "**": operator.pow,
}


def constant(node: Node) -> float | None:
    """Return the value of an expression of literal numbers, `None` if it is anything else or has no finite value."""
    match node:
        case nodes.Number(value=value):
            return float(value)
        case nodes.Negate(operand=operand):
            inner = constant(operand)
            return None if inner is None else -inner
        case nodes.Arithmetic(operator=sign, left=left, right=right):
            a, b = constant(left), constant(right)
            if a is None or b is None:
                return None
            try:
                result = _ARITHMETIC[sign](a, b)
            except (OverflowError, ZeroDivisionError):
                return None
            return result if isinstance(result, float) and math.isfinite(result) else None
    return None


def literal(node: Node) -> Any:
    """Return the Python value of a literal, arithmetic on literal numbers included.

    Raises:
        ValueError: the node isn't one.
    """
    match node:
        case nodes.Number(value=value) | nodes.Text(value=value):
            return value
        case nodes.NoneLiteral():
            return None
        case nodes.ListLiteral(items=items):
            return [literal(item) for item in items]
    number = constant(node)
    if number is None:
        raise ValueError(f"takes a literal or a column of the row, and {nodes.unparse(node)} is neither")
    return int(number) if number.is_integer() and _whole(node) else number


def _whole(node: Node) -> bool:
    """Whether arithmetic in integers would have stayed there."""
    return not any(
        (isinstance(one, nodes.Number) and isinstance(one.value, float))
        or (isinstance(one, nodes.Arithmetic) and one.operator in ("/", "**"))
        for one in nodes.walk(node)
    )
