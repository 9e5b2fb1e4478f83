"""The same answer in another form: labels and units taken off, choices spelled out, inequalities as intervals."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from itertools import product as combinations

from assay_math import units
from assay_math.tree import (
    Apply,
    Bracketed,
    Decimal,
    Items,
    Matrix,
    Node,
    Number,
    Power,
    Product,
    Quantity,
    Relation,
    Sum,
    Symbol,
    Union,
    Words,
    symbols,
)

__all__ = [
    "FLIPPED",
    "MAX_ITEMS",
    "as_interval",
    "bare",
    "canonical",
    "endless",
    "expanded",
    "kind",
    "mentions_pi",
    "unit_of",
    "unlabelled",
    "with_unit",
    "wording",
]

#: Longer lists are not multiplied out.
MAX_ITEMS = 64

FLIPPED = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}
_ENDLESS = Symbol("oo")
_MINUS_ENDLESS = Product((Number(Fraction(-1)), Symbol("oo")))


def wording(node: Node) -> Node:
    """A single letter is a choice, whether it was read as a variable or as a word."""
    return Words(node.name.upper()) if isinstance(node, Symbol) and len(node.name) == 1 else node


def with_unit(node: Node, other: Node) -> Node:
    """Read `5 m` as five metres, and not as five times m, where the other side has a unit."""
    match node, other:
        case Product(factors=(*value, Symbol(name=name))), Quantity() if units.known(name) and not symbols(other):
            factors = tuple(value)
            if not any(map(symbols, factors)):
                return Quantity(factors[0] if len(factors) == 1 else Product(factors), name)
    return node


def unit_of(node: Node) -> str:
    """Return what follows a value, nothing if nothing does."""
    if isinstance(node, Quantity):
        return node.unit if not isinstance(node.value, Quantity) else node.value.unit
    return ""


def bare(node: Node) -> Node:
    """Return a value without its label and unit."""
    if (labelled := _label(node)) is not None:
        node = labelled[1]
    while isinstance(node, Quantity):
        node = node.value
    return node


def mentions_pi(node: Node) -> bool:
    """Whether pi is part of an expression."""
    match node:
        case Symbol(name="pi"):
            return True
        case Sum(terms=parts) | Product(factors=parts) | Apply(arguments=parts):
            return any(map(mentions_pi, parts))
        case Power(base=base, exponent=exponent):
            return mentions_pi(base) or mentions_pi(exponent)
        case Quantity(value=value):
            return mentions_pi(value)
    return False


def canonical(node: Node) -> str:
    """A text that is the same for expressions that differ in the order of terms and factors alone."""
    match node:
        case Sum(terms=parts):
            return f"({'+'.join(sorted(map(canonical, parts)))})"
        case Product(factors=parts):
            return f"({'*'.join(sorted(map(canonical, parts)))})"
        case Power(base=base, exponent=exponent):
            return f"{canonical(base)}^{canonical(exponent)}"
        case Apply(function=function, arguments=arguments):
            return f"{function}[{','.join(map(canonical, arguments))}]"
        case Number(value=value) | Decimal(value=value):
            return str(value) if value.numerator.bit_length() < 4000 else f"{hash(value)}"
    return repr(node)


def expanded(node: Node) -> Node:
    """Lift a plus-minus out of the expression that it stands in: both values of the whole are the answer."""
    parts: tuple[Node, ...]
    rebuild: Callable[[tuple[Node, ...]], Node]
    match node:
        case Sum(terms=parts):
            rebuild = Sum
        case Product(factors=parts):
            rebuild = Product
        case Power(base=base, exponent=exponent):
            parts, rebuild = (base, exponent), lambda p: Power(*p)
        case Relation(sides=(Symbol() as name, value), operators=("=",)):
            inner = expanded(value)
            if isinstance(inner, Items) and not isinstance(value, Items):
                return inner
            return Relation((name, inner), ("=",))
        case Quantity(value=value, unit=unit):
            inner = expanded(value)
            if isinstance(inner, Items):
                return Items(tuple(Quantity(one, unit) for one in inner.items))
            return Quantity(inner, unit)
        case Items(items=items):
            flat: list[Node] = []
            for one in map(expanded, items):
                flat.extend(one.items if isinstance(one, Items) else (one,))
            return Items(tuple(flat))
        case _:
            return node
    parts = tuple(expanded(one) for one in parts)
    choices = [one.items if isinstance(one, Items) else (one,) for one in parts]
    if all(len(one) == 1 for one in choices):
        return rebuild(parts)
    several = [rebuild(tuple(one)) for one in list(combinations(*choices))[:MAX_ITEMS]]
    return Items(tuple(several))


def unlabelled(answer: Node, reference: Node) -> tuple[Node, Node]:
    r"""Take a label (`x =`, `f(x) =`, `x \in`) off the side that has one where the other has none."""
    labelled = _label(answer), _label(reference)
    if labelled[0] and labelled[1]:
        if labelled[0][0] == labelled[1][0]:
            return labelled[0][1], labelled[1][1]
        return answer, reference
    return (labelled[0][1] if labelled[0] else answer), (labelled[1][1] if labelled[1] else reference)


def _label(node: Node) -> tuple[Node, Node] | None:
    match node:
        case Relation(sides=(Symbol() | Apply() as name, value), operators=("=" | "in",)):
            if isinstance(name, Symbol) or name.function.endswith("()"):
                return name, value
        case Items(items=items) if items:
            labels = [_label(one) for one in items]
            known = [one for one in labels if one is not None]
            if len(known) == len(labels) and len({name for name, _ in known}) == 1:
                return known[0][0], Items(tuple(value for _, value in known))
            if isinstance(items[0], Relation) and known and labels[0] and all(one is None for one in labels[1:]):
                return known[0][0], Items((known[0][1], *items[1:]))  # x = 1, 2, 3
    return None


def as_interval(node: Node) -> Node | None:
    """Return an inequality in one variable as an interval, an interval as itself, `None` for anything else."""
    match node:
        case Bracketed(left="(" | "[", items=(_, _), right=")" | "]") | Union():
            return node
        case Relation(sides=(left, right), operators=(operator,)) if operator in FLIPPED:
            if isinstance(right, Symbol) and not isinstance(left, Symbol):
                left, right, operator = right, left, FLIPPED[operator]
            if isinstance(left, Symbol) and not symbols(right):
                closed = operator.endswith("=")
                if operator.startswith("<"):
                    return Bracketed("(", (_MINUS_ENDLESS, right), "]" if closed else ")")
                return Bracketed("[" if closed else "(", (right, _ENDLESS), ")")
        case Relation(sides=(low, Symbol(), high), operators=(first, second)):
            if first in FLIPPED and second in FLIPPED and first[0] == second[0] and not symbols(low) | symbols(high):
                if first[0] == ">":
                    low, high, first, second = high, low, second, first
                return Bracketed("[" if "=" in first else "(", (low, high), "]" if "=" in second else ")")
        case Items(items=items) if items and all(isinstance(one, Relation) for one in items):
            parts = [as_interval(one) for one in items]
            known = tuple(one for one in parts if one is not None)
            if len(known) == len(parts) > 1:
                return Union(known)
    return None


def endless(node: Node) -> int:
    """Return 1 or -1 for plus and minus infinity, 0 for all else."""
    match node:
        case Symbol(name="oo"):
            return 1
        case Product(factors=(Number(value=sign), Symbol(name="oo"))):
            return 1 if sign > 0 else -1
    return 0


def kind(node: Node) -> str:
    """Name what an answer is, for a person."""
    match node:
        case Bracketed(left="{"):
            return "a set"
        case Bracketed(left=left, right=right):
            return f"a tuple or interval {left}{right}"
        case Items():
            return "a list"
        case Matrix():
            return "a matrix"
        case Union():
            return "a union"
        case Relation():
            return "a relation"
    return "a value"
