"""What a name of a test script may stand for while the script is taken apart."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import Any

from assay_code.inside.wire import NotPlain

__all__ = [
    "ELSEWHERE", "MODULE", "MUTABLE", "NO_VALUE", "Elsewhere", "Lazy", "Module", "NotLiftable", "Ref", "names_in",
    "refuse",
]  # fmt: skip

MUTABLE = (list, dict, set, bytearray)


class NotLiftable(Exception):
    """A statement has to run as it stands."""


@dataclass(frozen=True, slots=True)
class Ref:
    """The result of a step; `instance` where a class of the program made it."""

    step: int
    instance: bool = False


@dataclass(frozen=True, slots=True)
class Lazy:
    """An expression over results, to be evaluated when they are known."""

    node: ast.expr
    source: str


class Elsewhere:
    """The value of a name that statements in the sandbox have bound or may have changed."""


class Module:
    """The value of a name under which the script has imported the program."""


ELSEWHERE, MODULE = Elsewhere(), Module()
NO_VALUE = (Lazy, Elsewhere, Module)


def refuse(value: Any) -> Any:
    """Encode nothing beside plain data."""
    raise NotPlain(f"a {type(value).__name__} is not plain data")


def names_in(node: ast.AST) -> set[str]:
    """Return the names that stand in a piece of code."""
    return {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
