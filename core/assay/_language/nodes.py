"""The expressions of the reward language, as immutable nodes.

Two nodes are equal when they say the same; where they stand (`at`, `source`) is for messages only.
"""

from __future__ import annotations

import keyword
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, fields, replace
from typing import Any

from assay.errors import Kind, Problem, Span

__all__ = [
    "And",
    "Apply",
    "Arithmetic",
    "Call",
    "ColumnRef",
    "Compare",
    "Field",
    "Group",
    "IfElse",
    "IsNone",
    "LineRef",
    "ListLiteral",
    "Member",
    "Negate",
    "Node",
    "NoneLiteral",
    "Not",
    "Number",
    "Or",
    "SampleField",
    "Source",
    "Text",
    "children",
    "extent",
    "problem",
    "rewrite",
    "sourced",
    "unparse",
    "walk",
]


@dataclass(frozen=True, slots=True)
class Source:
    """The line and its text that a node was read from, where that is not the line in which it stands."""

    line: str
    text: str


@dataclass(frozen=True)
class Node:
    """Anything that has a value."""

    at: Span = field(default=(0, 0), compare=False, repr=False, kw_only=True)
    source: Source | None = field(default=None, compare=False, repr=False, kw_only=True)


@dataclass(frozen=True)
class Number(Node):
    """A literal number; `True` and `False` are 1 and 0, but remember how they were written for use as options."""

    value: float | int | bool


@dataclass(frozen=True)
class Text(Node):
    """A literal text: an option, an input or a comparand."""

    value: str


@dataclass(frozen=True)
class NoneLiteral(Node):
    """`None`: as a value it leaves the sample out."""


@dataclass(frozen=True)
class ListLiteral(Node):
    """A literal list or tuple."""

    items: tuple[Node, ...]


@dataclass(frozen=True)
class ColumnRef(Node):
    """`row.column`, with a dotted path into nested columns."""

    path: str


@dataclass(frozen=True)
class SampleField(Node):
    """What is known of the sample or the run: `tokens`, `characters`, `truncated`, `step`, `progress`, ..."""

    name: str


@dataclass(frozen=True)
class LineRef(Node):
    """The value of a named line."""

    name: str


@dataclass(frozen=True)
class Call(Node):
    """A verifier, or a plugin's function, with what is bound to it."""

    name: str
    positional: tuple[Node, ...] = ()
    named: tuple[tuple[str, Node], ...] = ()
    #: Where the names of `named` stand in the line's text; empty if they stand in none.
    names_at: tuple[Span, ...] = field(default=(), compare=False, repr=False, kw_only=True)


@dataclass(frozen=True)
class Field(Node):
    """A further score of a verifier that returns several."""

    of: Call | LineRef
    name: str


@dataclass(frozen=True)
class Apply(Node):
    """A built-in function."""

    function: str
    operands: tuple[Node, ...]
    named: tuple[tuple[str, Node], ...] = ()


@dataclass(frozen=True)
class Group(Node):
    """A statistic over the samples of one prompt."""

    statistic: str
    operand: Node | None = None
    where: Node | None = None


@dataclass(frozen=True)
class Negate(Node):
    """`-operand`."""

    operand: Node


@dataclass(frozen=True)
class Not(Node):
    """`not operand`."""

    operand: Node


@dataclass(frozen=True)
class Arithmetic(Node):
    """`left operator right` for one of `+ - * / **`."""

    operator: str
    left: Node
    right: Node


@dataclass(frozen=True)
class Compare(Node):
    """`first < second <= third`: each neighbouring pair must hold."""

    operands: tuple[Node, ...]
    operators: tuple[str, ...]


@dataclass(frozen=True)
class Member(Node):
    """`item in container`, or `not in`."""

    item: Node
    container: Node
    negated: bool = False


@dataclass(frozen=True)
class IsNone(Node):
    """`operand is None`, or `is not None`."""

    operand: Node
    negated: bool = False


@dataclass(frozen=True)
class IfElse(Node):
    """`then if condition else otherwise`; evaluates only the branch that is taken."""

    condition: Node
    then: Node
    otherwise: Node


@dataclass(frozen=True)
class Or(Node):
    """`left or right`: a cascade."""

    left: Node
    right: Node


@dataclass(frozen=True)
class And(Node):
    """`left and right`: a gate."""

    left: Node
    right: Node


def children(node: Node) -> Iterator[Node]:
    """Yield the nodes directly below one."""
    for one in fields(node):
        value = getattr(node, one.name)
        if isinstance(value, Node):
            yield value
        elif isinstance(value, tuple):
            for item in value:
                if isinstance(item, Node):
                    yield item
                elif isinstance(item, tuple) and isinstance(item[-1], Node):
                    yield item[-1]


def walk(node: Node) -> Iterator[Node]:
    """Yield a node and all that is below it."""
    yield node
    for child in children(node):
        yield from walk(child)


def extent(node: Node, most: int) -> tuple[int, int]:
    """Return how many nodes there are, counted up to `most`, and how deep they are nested."""
    count, depth, level = 0, 0, [node]
    while level and count < most:
        count, depth = count + len(level), depth + 1
        level = [child for one in level for child in children(one)]
    return count, depth


def rewrite(node: Node, change: Callable[[Node], Node | None]) -> Node:
    """Return the node with each part exchanged for what `change` makes of it; what is exchanged is not looked into.

    A part for which `change` returns `None` is kept, its own parts rewritten; nodes without a change stay the same
    objects.
    """
    changed = change(node)
    if changed is not None:
        return changed
    parts: dict[str, Any] = {}
    for one in fields(node):
        value = getattr(node, one.name)
        new = _rewritten(value, change)
        if new is not value:
            parts[one.name] = new
    return replace(node, **parts) if parts else node


def _rewritten(value: Any, change: Callable[[Node], Node | None]) -> Any:
    if isinstance(value, Node):
        return rewrite(value, change)
    if isinstance(value, tuple):
        items = tuple(_rewritten(item, change) for item in value)
        return value if all(new is old for new, old in zip(items, value, strict=True)) else items
    return value


def problem(kind: Kind, node: Node, line: str, text: str, message: str) -> Problem:
    """Return a mistake that points at a node, in the text that it was read from: a line's own, if no other is told."""
    source = node.source or Source(line, text)
    return Problem(kind, source.line, source.text, node.at, message)


def sourced(node: Node, source: Source) -> Node:
    """Return the node with the source told to every part that has none."""
    parts = {}
    for one in fields(node):
        value = getattr(node, one.name)
        parts[one.name] = _sourced(value, source)
    return replace(node, **parts | {"source": node.source or source})


def _sourced(value: Any, source: Source) -> Any:
    if isinstance(value, Node):
        return sourced(value, source)
    return tuple(_sourced(item, source) for item in value) if isinstance(value, tuple) and value else value


def unparse(node: Node) -> str:
    """Return the expression as text that reads back as the same node, with brackets only where they are needed."""
    match node:
        case Number(value=value):
            return repr(value)
        case Text(value=value):
            return repr(value)
        case NoneLiteral():
            return "None"
        case ListLiteral(items=items):
            return f"[{', '.join(map(unparse, items))}]"
        case ColumnRef(path=path):
            parts = path.split(".")
            return f"row.{path}" if all(map(_is_name, parts)) else f"row[{path!r}]"
        case SampleField(name=name) | LineRef(name=name):
            return name
        case Call(name=name, positional=positional, named=named):
            arguments = _arguments(positional, named)
            return f"{name}({arguments})" if arguments else name
        case Field(of=of, name=name):
            return f"{unparse(of)}.{name}"
        case Apply(function=function, operands=operands, named=named):
            return f"{function}({_arguments(operands, named)})"
        case Group(statistic=statistic, operand=operand, where=where):
            arguments = _arguments(() if operand is None else (operand,), () if where is None else (("where", where),))
            return f"group.{statistic}({arguments})" if arguments else f"group.{statistic}"
        case Negate(operand=operand):
            return f"-{_within(operand, _FACTOR)}"
        case Not(operand=operand):
            return f"not {_within(operand, _NOT)}"
        case Arithmetic(operator="**", left=left, right=right):
            return f"{_within(left, _ATOM)} ** {_within(right, _FACTOR)}"
        case Arithmetic(operator=operator, left=left, right=right):
            own = _strength(node)
            return f"{_within(left, own)} {operator} {_within(right, own + 1)}"
        case Compare(operands=operands, operators=operators):
            pairs = zip(operators, operands[1:], strict=True)
            first = _within(operands[0], _SUM)
            return " ".join([first, *(f"{operator} {_within(one, _SUM)}" for operator, one in pairs)])
        case Member(item=item, container=container, negated=negated):
            return f"{_within(item, _SUM)} {'not in' if negated else 'in'} {_within(container, _SUM)}"
        case IsNone(operand=operand, negated=negated):
            return f"{_within(operand, _SUM)} is {'not ' if negated else ''}None"
        case IfElse(condition=condition, then=then, otherwise=otherwise):
            return f"{_branch(then)} if {_within(condition, _OR)} else {_branch(otherwise)}"
        case Or(left=left, right=right):
            return f"{_within(left, _AND)} or {_within(right, _OR)}"
        case And(left=left, right=right):
            return f"{_within(left, _NOT)} and {_within(right, _AND)}"
    raise TypeError(f"not a node of the reward language: {node!r}")


# How strongly the forms of Python's grammar bind, from the loosest.
_CONDITIONAL, _OR, _AND, _NOT, _COMPARISON, _SUM, _TERM, _FACTOR, _POWER, _ATOM = range(10)


def _strength(node: Node) -> int:
    match node:
        case IfElse():
            return _CONDITIONAL
        case Or():
            return _OR
        case And():
            return _AND
        case Not():
            return _NOT
        case Compare() | Member() | IsNone():
            return _COMPARISON
        case Arithmetic(operator=operator):
            return {"+": _SUM, "-": _SUM, "**": _POWER}.get(operator, _TERM)
        case Negate():
            return _FACTOR
        case Number(value=value) if repr(value).startswith("-"):  # -0.0 too
            return _FACTOR
    return _ATOM


def _within(node: Node, least: int) -> str:
    """Return a part's text, in brackets where it binds more loosely than its place demands."""
    return unparse(node) if _strength(node) >= least else f"({unparse(node)})"


def _branch(node: Node) -> str:
    """Return the text of an `if`'s branch; the language refuses a bare sum there."""
    return f"({unparse(node)})" if _strength(node) == _SUM else _within(node, _OR)


def _arguments(positional: tuple[Node, ...], named: tuple[tuple[str, Node], ...]) -> str:
    return ", ".join([*map(unparse, positional), *(f"{key}={unparse(value)}" for key, value in named)])


def _is_name(part: str) -> bool:
    """Whether Python reads it as a name, and as it stands: it normalises names."""
    return part.isidentifier() and not keyword.iskeyword(part) and unicodedata.is_normalized("NFKC", part)
