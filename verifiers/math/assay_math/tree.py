"""Mathematics as read from an answer: a small immutable tree."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

__all__ = [
    "Apply",
    "Bound",
    "Bracketed",
    "Cases",
    "Choice",
    "Clock",
    "Date",
    "Decimal",
    "Family",
    "Items",
    "Matrix",
    "Node",
    "Number",
    "Power",
    "Product",
    "Quantity",
    "Ratio",
    "Relation",
    "Such",
    "Sum",
    "Symbol",
    "Union",
    "Words",
    "contains",
    "mapped",
    "mentions_pi",
    "parts_of",
    "renamed",
    "symbols",
]


@dataclass(frozen=True, slots=True)
class Node:
    """Anything that an answer may be, or be made of."""


@dataclass(frozen=True, slots=True)
class Number(Node):
    """An exact rational."""

    value: Fraction


@dataclass(frozen=True, slots=True)
class Decimal(Node):
    """A number written with a decimal point or an exponent: exact, but its digits say how exact it means to be.

    Attributes:
        unit: the value of one in the last digit written.
    """

    value: Fraction
    unit: Fraction


@dataclass(frozen=True, slots=True)
class Symbol(Node):
    """A variable, or one of the constants `pi`, `e`, `i`, `oo`."""

    name: str


@dataclass(frozen=True, slots=True)
class Sum(Node):
    """The sum of its terms."""

    terms: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Product(Node):
    """The product of its factors."""

    factors: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Power(Node):
    """A base to an exponent."""

    base: Node
    exponent: Node


@dataclass(frozen=True, slots=True)
class Apply(Node):
    """A named function: `sin`, `log` (value, base), `factorial`, `binom`, `abs`, or a function without a meaning."""

    function: str
    arguments: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Items(Node):
    """Values without brackets, `1, 2 and 3`: an answer that leaves the order open.

    Attributes:
        joined: the word that joins conditions, `and` or `or`; nothing for a comma, and between values.
    """

    items: tuple[Node, ...]
    joined: str = ""


@dataclass(frozen=True, slots=True)
class Bracketed(Node):
    """Values in brackets: a set in `{}`, a tuple or an open interval in `()`, a list or a closed interval in `[]`."""

    left: str
    items: tuple[Node, ...]
    right: str


@dataclass(frozen=True, slots=True)
class Union(Node):
    """A union of intervals and sets."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Matrix(Node):
    """Rows of entries."""

    rows: tuple[tuple[Node, ...], ...]


@dataclass(frozen=True, slots=True)
class Relation(Node):
    """A chain such as `1 < x <= 3`."""

    sides: tuple[Node, ...]
    operators: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Quantity(Node):
    """A value with what follows it: a unit, or the name of what was counted."""

    value: Node
    unit: str


@dataclass(frozen=True, slots=True)
class Ratio(Node):
    """Two or more values in proportion, `1 : 2 : 3`."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Such(Node):
    r"""What is in a set by condition: `\{x \mid x > 2\}`."""

    element: Node
    conditions: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Cases(Node):
    """Values by condition; a condition of `None` is "otherwise"."""

    rows: tuple[tuple[Node, Node | None], ...]


@dataclass(frozen=True, slots=True)
class Bound(Node):
    """A sum, product, integral or limit over a variable.

    Attributes:
        operator: `sum`, `prod`, `int` or `lim`.
        low, high: the bounds; `None` where there is none. A limit's point is its `low`.
    """

    operator: str
    variable: str
    low: Node | None
    high: Node | None
    body: Node


@dataclass(frozen=True, slots=True)
class Family(Node):
    r"""Values for every integer: `\pi/4 + k\pi, k \in \mathbb{Z}`.

    Attributes:
        counted: whether the integers are counted from a first one, so that the values are a sequence and not a set.
    """

    members: tuple[Node, ...]
    parameters: frozenset[str]
    counted: bool = False


@dataclass(frozen=True, slots=True)
class Choice(Node):
    """An option of several with what it says: `(B) 12`."""

    letter: str
    content: Node


@dataclass(frozen=True, slots=True)
class Date(Node):
    """A day. Attributes of `None` were not written."""

    year: int | None
    month: int | None
    day: int | None


@dataclass(frozen=True, slots=True)
class Clock(Node):
    """A time of day.

    Attributes:
        half: `am`, `pm`, or nothing where it was not written.
    """

    hour: int
    minute: int
    second: int
    half: str


@dataclass(frozen=True, slots=True)
class Words(Node):
    """An answer in words, case and spacing taken out."""

    text: str


#: Names that are no variables; the dots stand for what is left out.
CONSTANTS = frozenset({"pi", "e", "i", "oo", "..."})


def symbols(node: Node) -> frozenset[str]:
    """Return the names of the variables in an expression."""
    match node:
        case Symbol(name=name):
            return frozenset() if name in CONSTANTS else frozenset({name})
        case Sum(terms=parts) | Product(factors=parts) | Apply(arguments=parts) | Items(items=parts):
            return frozenset().union(*map(symbols, parts))
        case Bracketed(items=parts) | Union(parts=parts) | Relation(sides=parts) | Ratio(parts=parts):
            return frozenset().union(*map(symbols, parts))
        case Family(members=parts, parameters=names):
            return frozenset().union(*map(symbols, parts)) - names
        case Such(element=element, conditions=parts):
            return frozenset().union(symbols(element), *map(symbols, parts))
        case Cases(rows=rows):
            return frozenset().union(*(symbols(one) for row in rows for one in row if one is not None))
        case Bound(variable=name, low=low, high=high, body=body):
            outer = frozenset().union(*(symbols(one) for one in (low, high) if one is not None))
            return (symbols(body) - {name}) | outer
        case Power(base=base, exponent=exponent):
            return symbols(base) | symbols(exponent)
        case Matrix(rows=entries):
            return frozenset().union(*(symbols(entry) for row in entries for entry in row))
        case Quantity(value=value):
            return symbols(value)
    return frozenset()


def parts_of(node: Node) -> tuple[Node, ...]:
    """Return the nodes that a node is made of, in order."""
    match node:
        case Sum(terms=parts) | Product(factors=parts) | Apply(arguments=parts) | Items(items=parts):
            return parts
        case (
            Bracketed(items=parts)
            | Union(parts=parts)
            | Relation(sides=parts)
            | Ratio(parts=parts)
            | Family(members=parts)
        ):
            return parts
        case Power(base=base, exponent=exponent):
            return (base, exponent)
        case Matrix(rows=entries):
            return tuple(entry for row in entries for entry in row)
        case Quantity(value=value):
            return (value,)
        case Choice(content=content):
            return (content,)
        case Such(element=element, conditions=conditions):
            return (element, *conditions)
        case Cases(rows=rows):
            return tuple(one for row in rows for one in row if one is not None)
        case Bound(low=low, high=high, body=body):
            return tuple(one for one in (low, high, body) if one is not None)
    return ()


def contains(node: Node, wanted: Callable[[Node], bool]) -> bool:
    """Whether a node or one inside it is wanted."""
    return wanted(node) or any(contains(part, wanted) for part in parts_of(node))


def mentions_pi(node: Node) -> bool:
    """Whether pi is part of an expression."""
    return contains(node, lambda part: part == Symbol("pi"))


def mapped(node: Node, change: Callable[[Node], Node]) -> Node:
    """Return a node with each of its direct parts changed."""
    match node:
        case Sum(terms=parts):
            return Sum(tuple(map(change, parts)))
        case Product(factors=parts):
            return Product(tuple(map(change, parts)))
        case Apply(arguments=parts):
            return replace(node, arguments=tuple(map(change, parts)))
        case Items(items=parts) | Bracketed(items=parts):
            return replace(node, items=tuple(map(change, parts)))
        case Union(parts=parts) | Ratio(parts=parts):
            return replace(node, parts=tuple(map(change, parts)))
        case Relation(sides=parts):
            return replace(node, sides=tuple(map(change, parts)))
        case Family(members=parts):
            return replace(node, members=tuple(map(change, parts)))
        case Power(base=base, exponent=exponent):
            return Power(change(base), change(exponent))
        case Matrix(rows=entries):
            return Matrix(tuple(tuple(map(change, row)) for row in entries))
        case Quantity(value=value):
            return replace(node, value=change(value))
        case Choice(content=content):
            return replace(node, content=change(content))
        case Such(element=element, conditions=conditions):
            return Such(change(element), tuple(map(change, conditions)))
        case Cases(rows=rows):
            return Cases(tuple((change(one), None if given is None else change(given)) for one, given in rows))
        case Bound(low=low, high=high, body=body):
            first, last = (None if one is None else change(one) for one in (low, high))
            return Bound(node.operator, node.variable, first, last, change(body))
    return node


def renamed(node: Node, names: Mapping[str, Node]) -> Node:
    """Return a node with variables replaced; what a sum or an integral binds is its own."""
    if isinstance(node, Symbol):
        return names.get(node.name, node)
    if isinstance(node, Bound) and node.variable in names:
        names = {name: value for name, value in names.items() if name != node.variable}
    return mapped(node, lambda part: renamed(part, names))
