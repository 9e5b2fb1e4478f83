"""The expressions of the reward language, as immutable nodes.

Two nodes are equal when they say the same; where they stand in the text (`at`) is for messages only.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, fields

from assay.errors import Span

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
    "Text",
    "children",
    "unparse",
    "walk",
]


@dataclass(frozen=True)
class Node:
    """Anything that has a value."""

    at: Span = field(default=(0, 0), compare=False, repr=False, kw_only=True)


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


def unparse(node: Node) -> str:
    """Return the expression as text that reads back as the same node."""
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
            return f"row.{path}" if all(p.isidentifier() for p in parts) else f"row[{path!r}]"
        case SampleField(name=name) | LineRef(name=name):
            return name
        case Call(name=name, positional=positional, named=named):
            arguments = [*map(unparse, positional), *(f"{key}={unparse(value)}" for key, value in named)]
            return f"{name}({', '.join(arguments)})" if arguments else name
        case Field(of=of, name=name):
            return f"{unparse(of)}.{name}"
        case Apply(function=function, operands=operands, named=named):
            arguments = [*map(unparse, operands), *(f"{key}={unparse(value)}" for key, value in named)]
            return f"{function}({', '.join(arguments)})"
        case Group(statistic=statistic, operand=operand, where=where):
            arguments = [unparse(operand)] if operand is not None else []
            arguments += [f"where={unparse(where)}"] if where is not None else []
            return f"group.{statistic}({', '.join(arguments)})" if arguments else f"group.{statistic}"
        case Negate(operand=operand):
            return f"-{_inside(operand)}"
        case Not(operand=operand):
            return f"not {_inside(operand)}"
        case Arithmetic(operator=operator, left=left, right=right):
            return f"{_inside(left)} {operator} {_inside(right)}"
        case Compare(operands=operands, operators=operators):
            pairs = zip(operators, operands[1:], strict=True)
            return " ".join([_inside(operands[0]), *(f"{operator} {_inside(one)}" for operator, one in pairs)])
        case Member(item=item, container=container, negated=negated):
            return f"{_inside(item)} {'not in' if negated else 'in'} {_inside(container)}"
        case IsNone(operand=operand, negated=negated):
            return f"{_inside(operand)} is {'not ' if negated else ''}None"
        case IfElse(condition=condition, then=then, otherwise=otherwise):
            return f"{_inside(then)} if {_inside(condition)} else {_inside(otherwise)}"
        case Or(left=left, right=right):
            return f"{_inside(left)} or {_inside(right)}"
        case And(left=left, right=right):
            return f"{_inside(left)} and {_inside(right)}"
    raise TypeError(f"not a node of the reward language: {node!r}")


def _inside(node: Node) -> str:
    atomic = (Number, Text, NoneLiteral, ListLiteral, ColumnRef, SampleField, LineRef, Call, Field, Apply, Group)
    negative = isinstance(node, Number) and node.value < 0
    return unparse(node) if isinstance(node, atomic) and not negative else f"({unparse(node)})"
