"""The same answer in another form: units taken off, choices spelled out, vectors as tuples."""

from __future__ import annotations

import re
from collections.abc import Callable
from fractions import Fraction
from itertools import islice
from itertools import product as combinations

from assay_math import units
from assay_math.construction import product_of
from assay_math.tree import (
    Apply,
    Bound,
    Bracketed,
    Clock,
    Decimal,
    Family,
    Items,
    Matrix,
    Node,
    Number,
    Power,
    Product,
    Quantity,
    Ratio,
    Relation,
    Sum,
    Symbol,
    Union,
    Words,
    mapped,
    parts_of,
    renamed,
    symbols,
)

__all__ = [
    "MAX_ITEMS",
    "as_clock",
    "as_vector",
    "bare",
    "by_letters",
    "canonical",
    "expanded",
    "hours",
    "in_base_ten",
    "lone_tuple",
    "members",
    "one_quantity",
    "option_letters",
    "rows_of",
    "unit_of",
    "with_unit",
    "wording",
]

#: Longer lists are not multiplied out.
MAX_ITEMS = 64


def wording(node: Node) -> tuple[str, ...]:
    """Return an answer in words as its parts, in an order that two of them share; a single letter is a choice."""
    match node:
        case Product(factors=factors) if all(isinstance(one, Symbol) and len(one.name) == 1 for one in factors):
            return ("".join(one.name for one in factors).casefold(),)  # type: ignore[attr-defined]
        case Symbol(name=name) if name.isalpha():
            return (name.casefold(),)
        case Words(text=text):
            text = text.casefold()
            text = re.sub(
                r"^(?:it is |they are )?(?:(?:all|every|any) (?=\w+ \w))?(?:(?:the|an?) (?!and |or ))?", "", text
            )
            parts = [
                part.strip() for part in text.replace(" and ", ",").replace(" or ", ",").replace(";", ",").split(",")
            ]
            either = ("(or)",) if " or " in text else ()
            return (*sorted(part for part in parts if part), *either)
        case Items(items=items, joined=joined):
            return (*sorted(word for one in items for word in wording(one)), *(("(or)",) if joined == "or" else ()))
    return (repr(node),)


def with_unit(node: Node, other: Node) -> Node:
    """Read `5 m` as five metres, and not as five times m, where the other side has a unit."""
    match node, other:
        case Product(factors=factors), Quantity() if not symbols(other):
            value = tuple(one for one in factors if not symbols(one))
            named = [_unit_factor(one) for one in factors if symbols(one)]
            if value and named and all(named):
                return Quantity(product_of(value), " ".join(filter(None, named)))
        case Product(factors=(*value, Symbol(name="u"))), _ if not any(map(symbols, value)) and not symbols(other):
            return Quantity(product_of(tuple(value)), "units")
    return node


def _unit_factor(node: Node) -> str | None:
    """Return `m`, `s ^ 2` or `s ^ -2` as a unit's words, `None` for what is no unit."""
    power = Fraction(1)
    while isinstance(node, Power) and isinstance(node.exponent, Number):
        power, node = power * node.exponent.value, node.base
    if not isinstance(node, Symbol) or not units.known(node.name) or power.denominator != 1:
        return None
    return node.name if power == 1 else f"{node.name} ^ {power}"


def one_quantity(node: Node) -> Node:
    """Return `2 hours 30 minutes` as a quantity of hours; anything else as it is."""
    parts: tuple[Node, ...]
    match node:
        case Sum(terms=parts) | Items(items=parts, joined="and"):
            pass
        case _:
            return node
    if not parts or not all(isinstance(one, Quantity) for one in parts):
        return node
    first: str = parts[0].unit  # type: ignore[attr-defined]
    terms: list[Node] = []
    for one in parts:
        factor = units.agree(one.unit, first)  # type: ignore[attr-defined]
        if factor is None or (isinstance(node, Items) and one is not parts[0] and factor >= 1):
            return node
        terms.append(product_of((Number(factor), one.value)))  # type: ignore[attr-defined]
    return Quantity(Sum(tuple(terms)), first)


def unit_of(node: Node) -> str:
    """Return what follows a value, nothing if nothing does."""
    if isinstance(node, Quantity):
        return node.unit if not isinstance(node.value, Quantity) else node.value.unit
    return ""


def bare(node: Node) -> Node:
    """Return a value without its label and unit."""
    match node:
        case Relation(sides=(Symbol() | Apply() | Words(), value), operators=("=" | "~",)):
            node = value
    while isinstance(node, Quantity):
        node = node.value
    return node


def by_letters(node: Node, other: Node) -> Node:
    """Return an expression with `PV` as P times V where the other side has these letters one by one."""
    letters = symbols(other)
    joined = [name for name in symbols(node) - letters if len(name) > 1 and name.isupper() and letters.issuperset(name)]
    if not joined:
        return node
    return _spelled_out(node, frozenset(joined))


def _spelled_out(node: Node, names: frozenset[str]) -> Node:
    match node:
        case Power(base=Symbol(name=name), exponent=exponent) if name in names:  # in `LI^2` the exponent is I's
            return Product((*map(Symbol, name[:-1]), Power(Symbol(name[-1]), exponent)))
        case Symbol(name=name) if name in names:
            return Product(tuple(map(Symbol, name)))
    return mapped(node, lambda part: _spelled_out(part, names))


def in_base_ten(node: Node) -> Node:
    """Return an expression with every logarithm that names no base read to base ten."""
    node = mapped(node, in_base_ten)
    if isinstance(node, Apply) and node.function == "log" and len(node.arguments) == 1:
        return Apply("log", (*node.arguments, Number(Fraction(10))))
    return node


def as_vector(node: Node, size: int) -> Node | None:
    """Return a vector as a tuple of that many components, two or three, `None` for anything else."""
    match node:
        case Matrix(rows=rows) if len(rows) == 1 or all(len(row) == 1 for row in rows):
            return Bracketed("(", tuple(entry for row in rows for entry in row), ")")
        case Sum() | Product() | Symbol() | Apply() if size in (2, 3):
            names = [f"unit {letter}" for letter in "ijk"[:size]]
            if isinstance(node, Sum) and symbols(node) == set("jk"[: size - 1]):  # i + 2j, beside a vector
                names = list("ijk"[:size])
            elif not symbols(node) & set(names):
                return None
            parts = [renamed(node, {name: Number(Fraction(int(name == chosen))) for name in names}) for chosen in names]
            return Bracketed("(", tuple(parts), ")")
    return None


def as_clock(node: Node) -> Clock | None:
    """Return a time of day, also one written `10:30`; `None` for anything else."""
    match node:
        case Clock():
            return node
        case Ratio(parts=(Number(value=hour), Number(value=minute))) if hour < 24 and minute < 60:
            return Clock(int(hour), int(minute), 0, "")
    return None


def canonical(node: Node) -> str:
    """A text that is the same for expressions that differ in the order of terms and factors, or in a bound letter."""
    match node:
        case Sum(terms=parts):
            return f"({'+'.join(sorted(map(canonical, parts)))})"
        case Product(factors=parts):
            return f"({'*'.join(sorted(map(canonical, parts)))})"
        case Power(base=base, exponent=exponent):
            return f"{canonical(base)}^{canonical(exponent)}"
        case Apply(function=function, arguments=arguments):
            return f"{function}[{','.join(map(canonical, arguments))}]"
        case Bound(operator=operator, variable=name, low=low, high=high, body=body):
            ends = ",".join("" if one is None else canonical(one) for one in (low, high))
            mark = Symbol(f"#{_bound_inside(body)}")
            return f"{operator}[{ends}]{canonical(renamed(body, {name: mark}))}"
        case Relation(sides=sides, operators=operators):
            return f"{operators}[{','.join(map(canonical, sides))}]"
        case Number(value=value) | Decimal(value=value):
            return str(value) if value.numerator.bit_length() < 4000 else f"{hash(value)}"
    return repr(node)


def _bound_inside(node: Node) -> int:
    """Return how many sums and integrals are inside an expression, so that each binds a letter of its own."""
    return int(isinstance(node, Bound)) + sum(map(_bound_inside, parts_of(node)))


def expanded(node: Node) -> Node:
    """Lift a plus-minus out of the expression that it stands in, and multiply a matrix by its factor."""
    parts: tuple[Node, ...]
    rebuild: Callable[[tuple[Node, ...]], Node]
    match node:
        case Sum(terms=parts):
            rebuild = Sum
        case Product(factors=parts):
            if (whole := _multiplied(parts)) is not None:
                return whole
            rebuild = Product
        case Power(base=base, exponent=exponent):
            parts, rebuild = (base, exponent), lambda p: Power(*p)
        case Relation(sides=(Symbol() | Words() | Apply() as name, value), operators=("=",)):
            inner = expanded(value)
            if isinstance(inner, Items) and not isinstance(value, Items):
                return inner
            return Relation((name, inner), ("=",))
        case Quantity(value=value, unit=unit):
            inner = expanded(value)
            if isinstance(inner, Items):
                return Items(tuple(Quantity(one, unit) for one in inner.items))
            return Quantity(inner, unit)
        case Items(items=items, joined=joined):
            flat: list[Node] = []
            for one in map(expanded, items):
                flat.extend(one.items if isinstance(one, Items) else (one,))
            return Items(tuple(flat), joined)
        case Bracketed(left="(", items=items, right=")") if any(isinstance(one, Items) for one in map(expanded, items)):
            places = [_flat(one) for one in map(expanded, items)]
            return Items(tuple(Bracketed("(", each, ")") for each in islice(combinations(*places), MAX_ITEMS)))
        case Bracketed(left="{", items=items, right=right):
            return Bracketed("{", tuple(part for one in map(expanded, items) for part in _flat(one)), right)
        case _:
            return node
    parts = tuple(expanded(one) for one in parts)
    choices = [_flat(one) for one in parts]
    if all(len(one) == 1 for one in choices):
        return rebuild(parts)
    return Items(tuple(rebuild(tuple(one)) for one in islice(combinations(*choices), MAX_ITEMS)))


def _flat(node: Node) -> tuple[Node, ...]:
    return node.items if isinstance(node, Items) else (node,)


def _multiplied(factors: tuple[Node, ...]) -> Node | None:
    """Return a matrix or vector times its scalar factors, `None` where there is no such one."""
    kinds = [one for one in factors if isinstance(one, (Matrix, Bracketed))]
    if len(kinds) != 1 or len(factors) == 1 or (isinstance(kinds[0], Bracketed) and kinds[0].left == "{"):
        return None
    scalars = tuple(one for one in factors if one is not kinds[0])
    if any(isinstance(one, (Items, Relation, Union)) for one in scalars):
        return None
    return mapped(kinds[0], lambda entry: Product((*scalars, entry)))


def members(node: Node) -> Node:
    """Return what a family says of its members; anything else as it is."""
    if isinstance(node, Family):
        return Items(node.members) if len(node.members) > 1 else node.members[0]
    return node


def hours(clock: Clock) -> set[int]:
    """Return the hours of the day that a time may mean."""
    if clock.half:
        return {clock.hour % 12 + (12 if clock.half == "pm" else 0)}
    return {clock.hour} if clock.hour > 12 or clock.hour == 0 else {clock.hour % 12, clock.hour % 12 + 12}


def rows_of(node: Node) -> Matrix | None:
    """Read `[[1, 2], [3, 4]]` as a matrix by its rows."""
    match node:
        case Bracketed(left="[", items=rows) if len(rows) > 1:
            entries = [row.items for row in rows if isinstance(row, Bracketed) and row.left == "["]
            return Matrix(tuple(entries)) if len(entries) == len(rows) else None
    return None


def lone_tuple(node: Node) -> Node | None:
    """Return what a set of one tuple holds."""
    match node:
        case Bracketed(left="{", items=(Bracketed() as only,)):
            return only
    return None


def option_letters(node: Node) -> str:
    """Return several options by their letters, `A, C` or `AC`; nothing for anything else."""
    match node:
        case Symbol(name=name) if name.isupper() and name.isalpha():
            return "".join(sorted(name))
        case Items(items=items, joined="" | "and") if all(
            isinstance(one, Symbol) and len(one.name) == 1 for one in items
        ):
            return "".join(sorted(one.name for one in items)) if all(one.name in "ABCDEFGH" for one in items) else ""  # type: ignore[attr-defined]
    return ""
