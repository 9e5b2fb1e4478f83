"""Builds nodes: numbers from their digits, signs, sums and products without needless nesting."""

from __future__ import annotations

from fractions import Fraction

from assay_math.tokens import MAX_DIGITS, Unreadable
from assay_math.tree import Decimal, Items, Node, Number, Power, Product, Quantity, Sum
from assay_math.vocabulary import BRACKETS

__all__ = ["is_proper_fraction", "number", "plain", "product_of", "signed", "sum_of"]


def plain(bracket: str) -> str:
    """Return a bracket as it is written in plain text."""
    return BRACKETS.get(bracket, bracket)


def number(token: str) -> Number | Decimal:
    """Return the node of a numeral.

    Raises:
        Unreadable: it has too many digits, or too large an exponent.
    """
    digits, exponent = token.replace(",", ""), 0
    if len(digits) > MAX_DIGITS:
        raise Unreadable(f"a number has more than {MAX_DIGITS:,} digits")
    if "e" in digits.lower():
        digits, _, power = digits.lower().partition("e")
        exponent = int(power)
        if abs(exponent) > MAX_DIGITS:
            raise Unreadable("the exponent of a number is too large")
    whole, _, fraction = digits.partition(".")
    scale = Fraction(10) ** (exponent - len(fraction))
    value = int((whole + fraction) or 0) * scale
    if fraction or exponent:
        return Decimal(value, scale)
    return Number(value)


def signed(sign: int, node: Node) -> Node:
    """Return a node, or its opposite where the sign is negative."""
    if sign > 0:
        return node
    match node:
        case Number(value=value):
            return Number(-value)
        case Decimal(value=value, unit=unit):
            return Decimal(-value, unit)
        case Quantity(value=value, unit=name):
            return Quantity(signed(-1, value), name)
        case Items(items=items):
            return Items(tuple(signed(-1, one) for one in items))
    return Product((Number(Fraction(-1)), node))


def sum_of(terms: tuple[Node, ...]) -> Node:
    """Return the sum of terms; of one, itself."""
    return terms[0] if len(terms) == 1 else Sum(terms)


def product_of(factors: tuple[Node, ...]) -> Node:
    """Return the product of factors; of one, itself."""
    return factors[0] if len(factors) == 1 else Product(factors)


def is_proper_fraction(node: Node) -> bool:
    """Whether a node is a fraction of whole numbers between 0 and 1."""
    match node:
        case Product(factors=(Number(value=top), Power(base=Number(value=bottom), exponent=Number(value=power)))):
            return power == -1 and top.denominator == bottom.denominator == 1 and 0 < top < bottom
    return False
