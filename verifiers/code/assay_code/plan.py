"""A test script, taken apart: what goes into the sandbox, and what stays outside."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Check", "NoTest", "Plan", "built_on"]


class NoTest(Exception):
    """The tests can't be read, or assert nothing."""


@dataclass(frozen=True, slots=True)
class Check:
    """A comparison to be made outside.

    Attributes:
        case: the assertion that it belongs to.
        test: the expression, with results as the names that `steps` gives; `None` for a call that must raise.
        names: the plain values of other names in it.
        steps: names of results, and the numbers of their steps.
        raises: names of the exceptions of which one must be raised.
        text: the call as the script's author would write it.
        loose: a tuple counts as a list, since what is expected was written in JSON.
    """

    case: int
    test: ast.expr | None
    names: dict[str, Any]
    steps: dict[str, int]
    raises: tuple[str, ...] = ()
    text: str = ""
    loose: bool = False


@dataclass(slots=True)
class Plan:
    """A script, taken apart.

    Attributes:
        entries: what the sandbox is sent, in order: `step`, `bind` and `run`, as `inside.script` reads them.
        checks: what is compared outside.
        cases: each assertion's text.
        inside: the cases whose statements run inside the sandbox.
        scopes: for each case, the test function in which it stands.
        bare: steps of calls that must not raise, each with its scope and the case before which it stands.
        targets: built-in names by which the script means the program's.
    """

    entries: list[list[Any]] = field(default_factory=list)
    checks: list[Check] = field(default_factory=list)
    cases: list[str] = field(default_factory=list)
    inside: set[int] = field(default_factory=set)
    scopes: list[int] = field(default_factory=list)
    bare: dict[int, tuple[int, int]] = field(default_factory=dict)
    targets: set[str] = field(default_factory=set)


def built_on(step: list[Any]) -> list[int]:
    """Return the steps whose results a step is given."""
    operation, *arguments = step[2:]
    given = arguments[:1]
    if operation == "call":
        given += [*arguments[1], *arguments[2].values()]
    return [one[1] for one in given if isinstance(one, list) and len(one) == 2 and one[0] == "o"]
