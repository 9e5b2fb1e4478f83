"""Mathematics as read from an answer: a small immutable tree."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

__all__ = [
    "Apply",
    "Bracketed",
    "Decimal",
    "Items",
    "Matrix",
    "Node",
    "Number",
    "Power",
    "Product",
    "Quantity",
    "Relation",
    "Sum",
    "Symbol",
    "Union",
    "Words",
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
    """Values without brackets, `1, 2 and 3`: an answer that leaves the order open."""

    items: tuple[Node, ...]


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
class Words(Node):
    """An answer in words, case and spacing taken out."""

    text: str


CONSTANTS = frozenset({"pi", "e", "i", "oo"})


def symbols(node: Node) -> frozenset[str]:
    """Return the names of the variables in an expression."""
    match node:
        case Symbol(name=name):
            return frozenset() if name in CONSTANTS else frozenset({name})
        case Sum(terms=parts) | Product(factors=parts) | Apply(arguments=parts) | Items(items=parts):
            return frozenset().union(*map(symbols, parts))
        case Bracketed(items=parts) | Union(parts=parts) | Relation(sides=parts):
            return frozenset().union(*map(symbols, parts))
        case Power(base=base, exponent=exponent):
            return symbols(base) | symbols(exponent)
        case Matrix(rows=rows):
            return frozenset().union(*(symbols(entry) for row in rows for entry in row))
        case Quantity(value=value):
            return symbols(value)
    return frozenset()
