r"""Sums with dots in them, `1 + 2 + \cdots + n`, as the sums that they mean."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise

from assay_math.evaluation import NoValue, approximate, exact
from assay_math.tree import Bound, Node, Number, Power, Product, Sum, Symbol, mapped, parts_of, symbols

__all__ = ["DOTS", "progression"]

DOTS = Symbol("...")

_INDEX = Symbol("#")
_MINUS = Number(Fraction(-1))


def progression(terms: Sequence[Node]) -> Node | None:
    r"""Return the sum of terms of which the dots stand for the middle, `None` where the rule can't be told.

    Either each term is the one before with a number changed by as much each time, or it is the one before times a
    factor, for which three must be written.
    """
    if terms.count(DOTS) != 1 or terms[-1] == DOTS or len(terms) < 4 or terms[-2] != DOTS:
        return None
    first, last = list(terms[:-2]), terms[-1]
    found = _stepped(first, last)
    return found if found is not None else _geometric(first, last)


def _stepped(first: Sequence[Node], last: Node) -> Node | None:
    """`1^2 + 2^2 + ... + n^2`: one number in the term goes up by as much each time."""
    before, after = first[-2:]
    steps: list[tuple[Fraction, Fraction, Node]] = []
    body = _rule(before, after, last, steps)
    if body is None or len(steps) != 1:
        return None
    start, step, end = steps[0]
    count = len(first)
    # the index k is the place of a term; the last two that are written stand at count - 1 and count
    place = Sum((Number(start - (count - 1) * step), Product((Number(step), _INDEX))))
    body = _with(body, place)
    high = Sum((Product((Sum((end, Number(-start))), Number(1 / step))), Number(Fraction(count - 1))))
    for k, one in enumerate(first, 1):
        if not _same(_with(body, Number(Fraction(k)), hole=_INDEX), one):
            return None
    return Bound("sum", "#", Number(Fraction(1)), high, body)


_HOLE = Symbol("##")


def _rule(a: Node, b: Node, last: Node, steps: list[tuple[Fraction, Fraction, Node]]) -> Node | None:
    """Return the term with a hole where two neighbours differ; what stands there in them and in the last is noted."""
    if isinstance(a, Number) and isinstance(b, Number) and a != b:
        steps.append((a.value, b.value - a.value, last))
        return _HOLE
    if a == b == last:
        return a
    if type(a) is not type(b) or type(a) is not type(last):
        return None
    parts = [parts_of(one) for one in (a, b, last)]
    if len({len(part) for part in parts}) > 1 or not parts[0]:
        return None
    made = [_rule(x, y, z, steps) for x, y, z in zip(*parts, strict=True)]
    if any(one is None for one in made):
        return None
    new = iter(made)
    return mapped(a, lambda _: next(new))  # type: ignore[arg-type,return-value]


def _with(node: Node, value: Node, hole: Node = _HOLE) -> Node:
    return value if node == hole else mapped(node, lambda part: _with(part, value, hole))


def _geometric(first: Sequence[Node], last: Node) -> Node | None:
    if len(first) < 3:
        return None
    factor = Product((first[1], Power(first[0], _MINUS)))
    for one, other in pairwise(first[1:]):
        if not _same(Product((one, factor)), other):
            return None
    top = Sum((Product((factor, last)), Product((_MINUS, first[0]))))
    return Product((top, Power(Sum((factor, _MINUS)), _MINUS)))


def _same(one: Node, other: Node) -> bool:
    try:
        left, right = exact(one), exact(other)
        if left is not None and right is not None:
            return left == right
        for shift in (0.37, 0.61):
            point = {name: shift + 0.1 * index for index, name in enumerate(sorted(symbols(one) | symbols(other)))}
            a, b = approximate(one, point), approximate(other, point)
            if abs(a - b) > 1e-9 * max(abs(a), abs(b)):
                return False
    except NoValue:
        return False
    return True
