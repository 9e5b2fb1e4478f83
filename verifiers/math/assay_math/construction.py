"""Builds nodes: numbers from their digits, signs, sums and products without needless nesting."""

from __future__ import annotations

import re
from fractions import Fraction

from assay_math.cursor import MAX_DIGITS
from assay_math.errors import Unreadable
from assay_math.progressions import DOTS, progression
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
    Sum,
    mentions_pi,
)
from assay_math.units import MAGNITUDES
from assay_math.vocabulary import BRACKETS

__all__ = [
    "determinant",
    "endless_decimal",
    "is_proper_fraction",
    "number",
    "plain",
    "product_of",
    "quantity",
    "repeating",
    "signed",
    "sum_of",
    "transposed",
]


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


def repeating(token: str, digits: str) -> Number:
    r"""Return the value of `0.1\overline{6}`, of which `token` is what stands before the repeated digits."""
    whole, _, fixed = token.replace(",", "").partition(".")
    start = Fraction(int(whole or 0)) + (Fraction(int(fixed), 10 ** len(fixed)) if fixed else 0)
    return Number(start + Fraction(int(digits), (10 ** len(digits) - 1) * 10 ** len(fixed)))


def endless_decimal(token: str) -> Number | None:
    """Return the value of `0.1666...` by the digits that it repeats, `None` if it repeats none."""
    match = re.search(r"(\d{1,12}?)\1+$", token.partition(".")[2])
    return None if match is None else repeating(token[: len(token) - len(match[0])], match[1])


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
    """Return the sum of terms, what dots among them stand for included; of one, itself."""
    if DOTS in terms and (whole := progression(terms)) is not None:
        return whole
    return terms[0] if len(terms) == 1 else Sum(terms)


def product_of(factors: tuple[Node, ...]) -> Node:
    """Return the product of factors; of one, itself."""
    return factors[0] if len(factors) == 1 else Product(factors)


def quantity(value: Node, unit: str) -> Node:
    """Return a value with its unit: `5 million dollars` is a number of dollars, `20 percent` a share."""
    first, _, rest = unit.partition(" ")
    low = unit.lower()
    if low in ("percent", "per cent", "percentage", "percentage points", "percentage point", "pct", "%"):
        return Apply("percent", (product_of((value, Number(Fraction(1, 100)))),))
    if low in ("radian", "radians", "rad", "rads") and mentions_pi(value):
        return value
    if low in ("st", "nd", "rd", "th", "th place"):
        return Quantity(value, "place")
    if first.lower().removesuffix("s") in MAGNITUDES:
        value = scaled(value, Fraction(MAGNITUDES[first.lower().removesuffix("s")]))
        return quantity(value, rest.removeprefix("of ")) if rest else value
    return Quantity(value, unit)


def scaled(value: Node, by: Fraction) -> Node:
    """Return a number times a power of ten or a dozen, with the digits that it was written with."""
    match value:
        case Number(value=number):
            return Number(number * by)
        case Decimal(value=number, unit=unit):
            return Decimal(number * by, unit * by)
    return product_of((value, Number(by)))


def is_proper_fraction(node: Node) -> bool:
    """Whether a node is a fraction of whole numbers between 0 and 1."""
    match node:
        case Product(factors=(Number(value=top), Power(base=Number(value=bottom), exponent=Number(value=power)))):
            return power == -1 and top.denominator == bottom.denominator == 1 and 0 < top < bottom
    return False


def transposed(node: Node, exponent: str) -> Node | None:
    """Return the transpose of a matrix or vector where the exponent asks for it, `None` where it doesn't."""
    if exponent not in ("T", "\\top", "\\intercal", "t"):
        return None
    match node:
        case Matrix(rows=rows):
            return Matrix(tuple(zip(*rows, strict=True)))
        case Bracketed(left="(" | "[", right=")" | "]"):
            return node
    return None


def determinant(matrix: Matrix) -> Node:
    """Return a determinant as an expression, by Laplace's expansion; that of a large or oblong matrix by name only."""
    rows = matrix.rows
    if not 1 <= len(rows) <= 4 or any(len(row) != len(rows) for row in rows):
        return Apply("det", (matrix,))
    if len(rows) == 1:
        return rows[0][0]
    terms: list[Node] = []
    for column, entry in enumerate(rows[0]):
        minor = Matrix(tuple(row[:column] + row[column + 1 :] for row in rows[1:]))
        terms.append(signed(1 if column % 2 == 0 else -1, Product((entry, determinant(minor)))))
    return Sum(tuple(terms))
