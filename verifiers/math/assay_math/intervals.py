r"""Sets of real numbers by their ends: intervals, inequalities, unions, sets by condition."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from assay_math.evaluation import NoValue, approximate, exact
from assay_math.tree import (
    Apply,
    Bracketed,
    Items,
    Node,
    Number,
    Power,
    Product,
    Relation,
    Such,
    Sum,
    Symbol,
    Union,
    contains,
    mapped,
    renamed,
    symbols,
)

__all__ = ["FLIPPED", "Piece", "endless", "is_region", "listed", "region"]

FLIPPED = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "!=": "!="}

_MINUS = Number(Fraction(-1))
_ENDLESS = Symbol("oo")
_MINUS_ENDLESS = Product((_MINUS, _ENDLESS))
_MAX_PIECES = 64


@dataclass(frozen=True, slots=True)
class Piece:
    """An interval, or a point; `low` and `high` are its ends, as written and as numbers."""

    low: Node
    start: float
    low_closed: bool
    high: Node
    stop: float
    high_closed: bool


def endless(node: Node) -> int:
    """Return 1 or -1 for plus and minus infinity, 0 for all else."""
    match node:
        case Symbol(name="oo"):
            return 1
        case Product(factors=(Number(value=sign), Symbol(name="oo"))):
            return 1 if sign > 0 else -1
    return 0


def is_region(node: Node) -> bool:
    """Whether a node can be nothing but a set of reals: a pair in round or square brackets alone may be a point."""
    match node:
        case (
            Union()
            | Such()
            | Symbol(name="the_R" | "the_R^+" | "the_R_+" | "the_R^-" | "the_R_-")
            | Apply(function="without" | "intersection")
        ):
            return True
        case Bracketed(left="{", items=(Relation(operators=operators),)):
            return operators[0] in FLIPPED
        case Bracketed(left=left, right=right, items=(low, high)):
            return {left, right} == {"[", ")"} or {left, right} == {"(", "]"} or bool(endless(low) or endless(high))
        case Relation(operators=operators):
            return operators[0] in FLIPPED
        case Items(items=items):
            # An equation among them is a point: `x > 2 or x = 0`.
            bounds = [one for one in items if isinstance(one, Relation) and one.operators[0] in FLIPPED]
            points = [one for one in items if isinstance(one, Relation) and one.operators == ("=",)]
            return bool(bounds) and len(bounds) + len(points) == len(items) and (not points or len(symbols(node)) == 1)
    return False


def listed(node: Node) -> Bracketed | None:
    r"""Return `\{x \in \mathbb{Z} \mid -1 \le x \le 1\}` value by value, `None` for anything else."""
    match node:
        case Such(element=Relation(sides=(Symbol(), Symbol(name="the_Z" | "the_N" as kind)), operators=("in",))):
            pieces = region(Such(Symbol("x"), node.conditions)) or []
            if not pieces or any(one.stop - one.start > _MAX_PIECES for one in pieces):
                return None
            values: set[int] = set()
            for one in pieces:
                for value in range(math.floor(one.start), math.ceil(one.stop) + 1):
                    low_met = value > one.start or (one.low_closed and value == one.start)
                    high_met = value < one.stop or (one.high_closed and value == one.stop)
                    if low_met and high_met and (kind == "the_Z" or value >= 0):
                        values.add(value)
            return Bracketed("{", tuple(Number(Fraction(value)) for value in sorted(values)), "}")
    return None


def region(node: Node) -> list[Piece] | None:
    """Return a set of reals as disjoint pieces in order, `None` for anything else."""
    try:
        found = _region(node)
    except NoValue:
        return None
    return None if found is None or len(found) > _MAX_PIECES else _merged(found)


def _region(node: Node) -> list[Piece] | None:
    match node:
        case Symbol(name="the_R"):
            return [_piece(_MINUS_ENDLESS, False, _ENDLESS, False)]
        case Symbol(name="the_R^+" | "the_R_+"):
            return [_piece(Number(Fraction(0)), False, _ENDLESS, False)]
        case Symbol(name="the_R^-" | "the_R_-"):
            return [_piece(_MINUS_ENDLESS, False, Number(Fraction(0)), False)]
        case Bracketed(left="(" | "[" as left, items=(low, high), right=")" | "]" as right):
            return [_piece(low, left == "[", high, right == "]")]
        case Bracketed(left="{", items=(Relation() as bounds,)) if bounds.operators[0] in FLIPPED:
            return _region(bounds)
        case Bracketed(left="{", items=items):
            points = [one.sides[1] if _names_value(one) else one for one in items]  # type: ignore[attr-defined]
            return [_piece(one, True, one, True) for one in points]
        case Union(parts=parts):
            return _union(map(_region, parts))
        case Apply(function="without", arguments=(whole, gap)):
            outer, inner = _region(whole), _region(gap)
            return None if outer is None or inner is None else _meet(outer, _complement(_merged(inner)))
        case Apply(function="intersection", arguments=(some, others)):
            first, second = _region(some), _region(others)
            return None if first is None or second is None else _meet(first, second)
        case Such(element=element, conditions=conditions):
            return _all([element, *conditions] if isinstance(element, Relation) else conditions)
        case Items(items=items, joined=joined):
            if joined == "and":
                return _all(items)
            together = _union(map(_region, items))
            # `x > 2, x < 5` says all of it: nobody writes the whole line as two halves that overlap.
            if joined == "" and together is not None and _is_line(_merged(together)):
                return _all(items)
            return together
        case Relation() if contains(node, _is_call):
            return _region(_called(node))
        case Relation(sides=(Symbol(), right), operators=("=",)):
            return [_piece(right, True, right, True)]
        case Relation(sides=(left, right), operators=("in",)):
            return _region(right) if isinstance(left, Symbol) else None
        case Relation(sides=(left, right), operators=(operator,)) if operator in FLIPPED:
            return _inequality(left, operator, right)
        case Relation(sides=(low, middle, high), operators=(first, second)) if first in FLIPPED and second in FLIPPED:
            if first[0] != second[0] or "!=" in (first, second):
                return None
            return _all([Relation((low, middle), (first,)), Relation((middle, high), (second,))])
    return None


def _names_value(node: Node) -> bool:
    match node:
        case Relation(sides=(Symbol(), _), operators=("=",)):
            return True
    return False


def _is_call(node: Node) -> bool:
    return isinstance(node, Apply) and node.function.endswith("()")


def _called(node: Node) -> Node:
    """Read `0 < f(x) < 1` as bounds of a variable."""
    return Symbol(repr(node)) if _is_call(node) else mapped(node, _called)


def _piece(low: Node, low_closed: bool, high: Node, high_closed: bool) -> Piece:
    start, stop = _place(low), _place(high)
    return Piece(low, start, low_closed and math.isfinite(start), high, stop, high_closed and math.isfinite(stop))


def _place(node: Node) -> float:
    if sign := endless(node):
        return sign * math.inf
    if isinstance(node, Bracketed):
        raise NoValue("it is not a number")
    value = approximate(node, {})
    if abs(value.imag) > 1e-12 * abs(value):
        raise NoValue("it is not real")
    return value.real


def _inequality(left: Node, operator: str, right: Node) -> list[Piece] | None:
    names = (symbols(left) | symbols(right)) - {"oo"}
    if len(names) != 1:
        return None
    if endless(left) or endless(right):  # -oo < x, which says nothing
        sense = endless(right) - endless(left) if operator == "<" else endless(left) - endless(right)
        return [_piece(_MINUS_ENDLESS, False, _ENDLESS, False)] if operator in ("<", ">") and sense > 0 else None
    if isinstance(right, Symbol) or (isinstance(right, Apply) and not isinstance(left, (Symbol, Apply))):
        left, right, operator = right, left, FLIPPED[operator]
    if isinstance(left, Apply) and left.function == "abs" and not symbols(right) and operator != "!=":
        inside = left.arguments[0]
        opposite = Product((_MINUS, right))
        if operator.startswith("<"):
            return _all([Relation((opposite, inside), (operator,)), Relation((inside, right), (operator,))])
        outside = [Relation((inside, right), (operator,)), Relation((inside, opposite), (FLIPPED[operator],))]
        return _union(map(_region, outside))
    if not isinstance(left, Symbol) or symbols(right):
        solved = _solved(left, right, next(iter(names)))
        if solved is None:
            return _between_roots(left, operator, right, next(iter(names)))
        right, rising = solved
        operator = operator if rising else FLIPPED[operator]
    if operator == "!=":
        return [_piece(_MINUS_ENDLESS, False, right, False), _piece(right, False, _ENDLESS, False)]
    closed = operator.endswith("=")
    if operator.startswith("<"):
        return [_piece(_MINUS_ENDLESS, False, right, closed)]
    return [_piece(right, closed, _ENDLESS, False)]


def _solved(left: Node, right: Node, name: str) -> tuple[Node, bool] | None:
    """Return where two sides that are linear in a variable meet, and whether their difference rises there."""
    difference = Sum((left, Product((_MINUS, right))))
    values = [exact(renamed(difference, {name: Number(Fraction(at))})) for at in range(3)]
    if values[0] is None or values[1] is None or values[2] is None:
        return None
    slope = values[1] - values[0]
    if slope == 0 or values[2] - values[1] != slope:
        return None
    return Number(-values[0] / slope), slope > 0


def _between_roots(left: Node, operator: str, right: Node, name: str) -> list[Piece] | None:
    """Return where a quadratic inequality holds, `None` for any other."""
    difference = Sum((left, Product((_MINUS, right))))
    values = [exact(renamed(difference, {name: Number(Fraction(at))})) for at in range(5)]
    if any(one is None for one in values):
        return None
    known = [one for one in values if one is not None]
    c, a = known[0], (known[2] - 2 * known[1] + known[0]) / 2
    b = known[1] - a - c
    if a == 0 or any(a * at * at + b * at + c != known[at] for at in (3, 4)):
        return None
    spread = b * b - 4 * a * c
    outside = (operator[0] == ">") == (a > 0)  # where the curve is on the wanted side, beyond its roots
    closed = operator.endswith("=") and operator != "!="
    whole = [_piece(_MINUS_ENDLESS, False, _ENDLESS, False)]
    if spread < 0:
        return whole if outside or operator == "!=" else []
    half = Product((Power(Number(spread), Number(Fraction(1, 2))), Number(1 / (2 * abs(a)))))
    middle = Number(-b / (2 * a))
    low, high = Sum((middle, Product((_MINUS, half)))), Sum((middle, half))
    inner = [_piece(low, True, high, True)] if spread else [_piece(middle, True, middle, True)]
    if operator == "!=":
        ends = [_piece(low, True, low, True), _piece(high, True, high, True)]
        return _meet(whole, _complement(_merged(ends)))
    if outside:
        gap = inner if not closed else ([_piece(low, False, high, False)] if spread else [])
        return _meet(whole, _complement(gap))
    return inner if closed else ([_piece(low, False, high, False)] if spread else [])


def _union(parts: Iterable[list[Piece] | None]) -> list[Piece] | None:
    together: list[Piece] = []
    for part in parts:
        if part is None:
            return None
        together += part
    return together


def _all(conditions: Sequence[Node]) -> list[Piece] | None:
    kept: list[Piece] | None = None
    for one in conditions:
        found = _region(one)
        if found is None:
            return None
        kept = found if kept is None else _meet(kept, found)
    return kept


def _meet(some: list[Piece], others: list[Piece]) -> list[Piece]:
    if len(some) * len(others) > _MAX_PIECES**2:
        raise NoValue("it has too many pieces")
    met = []
    for x in some:
        for y in others:
            low = max((x, y), key=lambda one: (one.start, not one.low_closed))
            high = min((x, y), key=lambda one: (one.stop, one.high_closed))
            piece = Piece(low.low, low.start, low.low_closed, high.high, high.stop, high.high_closed)
            if piece.start < piece.stop or (piece.start == piece.stop and piece.low_closed and piece.high_closed):
                met.append(piece)
    return met


def _complement(pieces: list[Piece]) -> list[Piece]:
    gaps = []
    low: Node = _MINUS_ENDLESS
    start, closed = -math.inf, False
    for one in pieces:
        if one.start > start or (one.start == start and closed and not one.low_closed):
            gaps.append(Piece(low, start, closed, one.low, one.start, not one.low_closed))
        low, start, closed = one.high, one.stop, not one.high_closed
    if start < math.inf:
        gaps.append(Piece(low, start, closed and math.isfinite(start), _ENDLESS, math.inf, False))
    return gaps


def _merged(pieces: list[Piece]) -> list[Piece]:
    """Join pieces that overlap or touch; drop the empty ones."""
    merged: list[Piece] = []
    for one in sorted(pieces, key=lambda p: (p.start, not p.low_closed)):
        if one.start > one.stop or (one.start == one.stop and not (one.low_closed and one.high_closed)):
            continue
        last = merged[-1] if merged else None
        if last is not None and (
            one.start < last.stop or (one.start == last.stop and (one.low_closed or last.high_closed))
        ):
            if (one.stop, one.high_closed) > (last.stop, last.high_closed):
                merged[-1] = Piece(last.low, last.start, last.low_closed, one.high, one.stop, one.high_closed)
            continue
        merged.append(one)
    return merged


def _is_line(pieces: list[Piece]) -> bool:
    return len(pieces) == 1 and pieces[0].start == -math.inf and pieces[0].stop == math.inf
