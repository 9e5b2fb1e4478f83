"""Values of expressions: exact where they are rational, to any precision where they are not. Every step is bounded."""

from __future__ import annotations

import cmath
import math
import threading
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from assay_math.tree import (
    Apply,
    Bound,
    Decimal,
    Node,
    Number,
    Power,
    Product,
    Quantity,
    Ratio,
    Sum,
    Symbol,
    contains,
    parts_of,
    renamed,
    symbols,
)

__all__ = ["NoValue", "approximate", "effort", "exact", "precise"]

#: Digits of high precision.
DIGITS = 40
#: Exact numbers are kept up to this many bits; 2006! has 19,000.
MAX_BITS = 80_000
MAX_FACTORIAL = 6000
#: Largest logarithm of a number that is computed to high precision.
MAX_EXPONENT = 1e6
#: Steps that an answer's value may take, by `effort`; what takes more is compared as it is written.
MAX_EFFORT = 15_000
#: Terms of a sum or product that are added up.
MAX_TERMS = 1000
#: The largest whole number at which functions with sums in them are compared.
WHOLE = 25


class NoValue(ArithmeticError):
    """An expression without a value that can be computed here; the message says why."""


def effort(node: Node) -> int:
    """Return about how many steps a value takes: sums and large whole numbers are what costs."""
    inside = 1 + sum(map(effort, parts_of(node)))
    match node:
        case Apply(function="factorial" | "binom" | "gcd" | "lcm"):
            return inside + 100
        case Bound(operator="sum" | "prod", high=last) if last != Symbol("oo"):
            try:
                low, high = (None if one is None else exact(_at_most(one)) for one in (node.low, last))
            except NoValue:
                low = high = None
            terms = MAX_TERMS if low is None or high is None else min(max(int(high - low), 1), MAX_TERMS)
            return inside * terms
    return inside


def _at_most(node: Node) -> Node:
    """Return a bound at the largest whole number that is tried for its letters."""
    return renamed(node, dict.fromkeys(symbols(node), Number(Fraction(WHOLE))))


def exact(node: Node) -> Fraction | None:
    """Return an expression's rational value, `None` if it isn't known to be rational or is too large to compute."""
    match node:
        case Number(value=value) | Decimal(value=value):
            return value
        case Sum(terms=terms):
            total = Fraction(0)
            for one in terms:
                term = exact(one)
                if term is None:
                    return None
                total = _small(total + term)
            return total
        case Product(factors=factors):
            product = Fraction(1)
            for one in factors:
                factor = exact(one)
                if factor is None or factor.numerator.bit_length() + product.numerator.bit_length() > MAX_BITS:
                    return None
                product = _small(product * factor)
            return product
        case Power(base=base, exponent=exponent):
            return _power(exact(base), exact(exponent))
        case Ratio(parts=(left, right)):
            top, bottom = exact(left), exact(right)
            return top / bottom if top is not None and bottom else None
        case Bound(operator="sum" | "prod") if (added := _terms(node)) is not None:
            return exact(Sum(added) if node.operator == "sum" else Product(added))
        case Apply(function=function, arguments=arguments):
            return _apply(function, [exact(one) for one in (arguments[:1] if function == "base" else arguments)])
    return None


def _apply(function: str, values: list[Fraction | None]) -> Fraction | None:
    known = [one for one in values if one is not None]
    if len(known) < len(values) or not known:
        return None
    if function == "root":
        index = known[1]
        if index == 0 or known[0] < 0:
            odd = index.denominator == 1 and index.numerator % 2 == 1
            opposite = _power(-known[0], 1 / index) if odd else None
            return None if opposite is None else -opposite
        return _power(known[0], 1 / index)
    whole = [int(one) for one in known if one.denominator == 1]
    if function in ("percent", "base"):
        return known[0]
    if function == "abs":
        return abs(known[0])
    if function in ("floor", "ceil"):
        return Fraction(math.floor(known[0]) if function == "floor" else math.ceil(known[0]))
    if function in ("max", "min"):
        return max(known) if function == "max" else min(known)
    if len(whole) < len(known):
        return None
    if function == "mod" and whole[1] > 0:
        return Fraction(whole[0] % whole[1])
    if function == "factorial" and 0 <= whole[0] <= MAX_FACTORIAL:
        return Fraction(math.factorial(whole[0]))
    if function == "binom" and 0 <= whole[0] <= MAX_FACTORIAL and whole[1] >= 0:
        return Fraction(math.comb(*whole))
    if function in ("gcd", "lcm"):
        return Fraction(math.gcd(*whole) if function == "gcd" else math.lcm(*whole))
    return None


def _terms(node: Bound) -> tuple[Node, ...] | None:
    """Return a sum's terms, `None` if they are too many, or their number isn't known."""
    low = None if node.low is None else exact(node.low)
    high = None if node.high is None else exact(node.high)
    if low is None or high is None or low.denominator != 1 or high.denominator != 1 or high - low >= MAX_TERMS:
        return None
    if contains(node.body, lambda part: isinstance(part, Bound)):
        return None
    return tuple(renamed(node.body, {node.variable: Number(Fraction(k))}) for k in range(int(low), int(high) + 1))


def _small(value: Fraction) -> Fraction:
    if value.numerator.bit_length() > MAX_BITS or value.denominator.bit_length() > MAX_BITS:
        raise NoValue("a number in it is too large")
    return value


def _power(base: Fraction | None, exponent: Fraction | None) -> Fraction | None:
    if base is None or exponent is None:
        return None
    if base == 0 and exponent < 0:
        raise NoValue("it divides by zero")
    size = max(base.numerator.bit_length(), base.denominator.bit_length())
    if base in (0, 1):
        return base if exponent else Fraction(1)
    if size * abs(exponent) > MAX_BITS:
        return None
    if exponent.denominator == 1:
        return base ** int(exponent)
    if base < 0 and exponent.denominator % 2 == 1:  # the real root
        opposite = _power(-base, exponent)
        return opposite if opposite is None or exponent.numerator % 2 == 0 else -opposite
    if base < 0 or exponent.denominator > 64:
        return None
    root = exponent.denominator
    top, bottom = _root(base.numerator, root), _root(base.denominator, root)
    return None if top is None or bottom is None else Fraction(top, bottom) ** exponent.numerator


def _root(value: int, root: int) -> int | None:
    """Return the exact integer root, `None` if there is none."""
    if root == 2:
        found = math.isqrt(value)
    elif value.bit_length() > 900:
        return None
    else:
        found = round(value ** (1 / root))
    return found if found**root == value else None


def approximate(node: Node, at: Mapping[str, float], *, real: bool = False) -> complex:
    """Return an expression's value in double precision, variables filled in.

    Args:
        node: the expression.
        at: a value for each variable.
        real: whether it must be real in all its parts, as are the roots and logarithms of positive numbers.

    Raises:
        NoValue: it has none, or overflows.
    """
    try:
        value = complex(_evaluate(node, at, _REAL if real else _DOUBLE))
    except (OverflowError, ZeroDivisionError, ValueError, TypeError, RecursionError) as problem:
        raise NoValue(str(problem)) from None
    if not cmath.isfinite(value):
        raise NoValue("it has no finite value")
    return value


def precise(node: Node, at: Mapping[str, float], digits: int = DIGITS) -> Any:
    """Return an expression's value as an mpmath number of so many digits.

    Raises:
        NoValue: it has none, or is too large to compute.
    """
    numbers = _precise_numbers(digits)
    context = numbers.context
    try:
        value = context.mpmathify(_evaluate(node, {name: context.mpf(x) for name, x in at.items()}, numbers))
    except (OverflowError, ZeroDivisionError, ValueError, TypeError, RecursionError, context.NoConvergence) as problem:
        raise NoValue(str(problem)) from None
    if not context.isfinite(value):
        raise NoValue("it has no finite value")
    return value


_THREAD = threading.local()


def _precise_numbers(digits: int) -> _Precise:
    """Return this thread's own context: mpmath's precision is a state of its context."""
    kept: dict[int, _Precise] = _THREAD.__dict__.setdefault("numbers", {})
    if digits not in kept:
        import mpmath

        context = mpmath.mp.clone()
        context.dps = digits
        kept[digits] = _Precise(context)
    return kept[digits]


class _Double:
    """Double precision by the standard library."""

    pi, e, i = math.pi, math.e, 1j
    inf = math.inf

    nought, one = 0.0, 1.0

    def number(self, value: Fraction) -> Any:
        return value.numerator / value.denominator

    def power(self, base: Any, exponent: Any) -> Any:
        if isinstance(exponent, float) and exponent == 0.5 and not isinstance(base, complex) and base >= 0:
            return math.sqrt(base)
        if base == 0:
            return 0.0**exponent
        return complex(base) ** exponent if not isinstance(base, complex) and base < 0 else base**exponent

    def apply(self, name: str, values: list[Any]) -> Any:
        if name == "factorial":
            real = _real(values[0])
            return math.gamma(real + 1) if real < 170 else _raise("a factorial is too large")
        function = _CMATH.get(name)
        return function(*values) if function else _raise(f"{name} has no value")


class _Real(_Double):
    """Double precision without imaginary numbers."""

    def power(self, base: Any, exponent: Any) -> Any:
        if isinstance(base, complex) or isinstance(exponent, complex) or (base < 0 and exponent % 1):
            raise NoValue("a power in it is not real")
        if base < 0:
            return base**exponent
        return super().power(base, exponent)

    def apply(self, name: str, values: list[Any]) -> Any:
        if name in ("ln", "log") and not all(_real(one) > 0 for one in values):
            raise NoValue("a logarithm in it is not real")
        value = super().apply(name, values)
        if isinstance(value, complex) and name != "cis":
            if abs(value.imag) > 1e-12 * abs(value):
                raise NoValue(f"{name} in it is not real")
            return value.real
        return value


class _Precise:
    """High precision by mpmath."""

    def __init__(self, context: Any) -> None:
        self.context = context
        self.pi, self.e, self.i, self.inf = +context.pi, +context.e, context.j, context.inf
        self.nought, self.one = context.mpf(0), context.mpf(1)

    def number(self, value: Fraction) -> Any:
        return self.context.mpf(value.numerator) / value.denominator

    def power(self, base: Any, exponent: Any) -> Any:
        if base == 0:
            return self.context.power(base, exponent)
        if abs(self.context.log(abs(base)) * abs(exponent)) > MAX_EXPONENT:
            raise NoValue("a power is too large")
        return self.context.power(base, exponent)

    def apply(self, name: str, values: list[Any]) -> Any:
        c = self.context
        if name in ("exp", "sinh", "cosh", "sin", "cos", "tan") and abs(values[0]) > MAX_EXPONENT:
            raise NoValue(f"the argument of {name} is too large")
        if name == "factorial" and abs(values[0]) > MAX_EXPONENT:
            raise NoValue("a factorial is too large")
        if name == "log":
            return c.log(values[0]) / (c.log(values[1]) if len(values) > 1 else 1)
        names = {
            "cis": "expj",
            "ln": "ln",
            "arcsin": "asin",
            "arccos": "acos",
            "arctan": "atan",
            "abs": "fabs",
            "binom": "binomial",
        }
        if name not in _CMATH and name not in names and name != "factorial":
            raise NoValue(f"{name} has no value")
        return getattr(c, names.get(name, name))(*values)


def _raise(message: str) -> Any:
    raise NoValue(message)


def _real(value: Any) -> float:
    return float(value.real if isinstance(value, complex) else value)


_CMATH: dict[str, Any] = {
    "sin": cmath.sin, "cos": cmath.cos, "tan": cmath.tan, "arcsin": cmath.asin, "arccos": cmath.acos, "arctan": cmath.atan,
    "cis": lambda value: cmath.exp(1j * value), "sinh": cmath.sinh, "cosh": cmath.cosh, "tanh": cmath.tanh, "exp": cmath.exp, "ln": cmath.log,
    "log": lambda value, base=math.e: cmath.log(value) / cmath.log(base),
    "cot": lambda value: 1 / cmath.tan(value), "sec": lambda value: 1 / cmath.cos(value), "csc": lambda value: 1 / cmath.sin(value),
    "abs": abs, "floor": lambda value: math.floor(_real(value)), "ceil": lambda value: math.ceil(_real(value)),
}  # fmt: skip
_DOUBLE = _Double()
_REAL = _Real()


def _evaluate(node: Node, at: Mapping[str, Any], numbers: Any) -> Any:
    match node:
        case Number(value=value) | Decimal(value=value):
            return numbers.number(value)
        case Symbol(name="pi"):
            return numbers.pi
        case Symbol(name="e"):
            return numbers.e
        case Symbol(name="i"):
            return numbers.i
        case Symbol(name="oo"):
            return numbers.inf
        case Symbol(name=name):
            if name not in at:
                raise NoValue(f"{name} has no value")
            return at[name]
        case Sum(terms=terms):
            total = numbers.nought
            for term in terms:
                total = total + _evaluate(term, at, numbers)
            return total
        case Product(factors=factors):
            product = numbers.one
            for factor in factors:
                product = product * _evaluate(factor, at, numbers)
            return product
        case Power(base=base, exponent=exponent):
            value = _evaluate(base, at, numbers)
            power = exact(exponent) if value.imag == 0 and value.real < 0 else None
            if power is not None and power.denominator % 2 == 1 and power.denominator > 1:  # the real root
                size = numbers.power(-value.real, numbers.number(power))
                return -size if power.numerator % 2 else size
            return numbers.power(value, _evaluate(exponent, at, numbers))
        case Quantity(value=value, unit=unit) if "circ" in unit or unit.startswith("degree"):
            return _evaluate(value, at, numbers) * numbers.pi / 180
        case Apply(function="percent" | "base", arguments=(argument, *_)):
            return _evaluate(argument, at, numbers)
        case Ratio(parts=(left, right)):
            return _evaluate(left, at, numbers) / _evaluate(right, at, numbers)
        case Apply(function="root", arguments=(base, index)):
            value, n = _evaluate(base, at, numbers), _evaluate(index, at, numbers)
            # The real root, as a radical sign means it.
            if value.imag == 0 and value.real < 0 and n.imag == 0 and n.real % 2 == 1:
                return -numbers.power(-value.real, 1 / n)
            return numbers.power(value, 1 / n)
        case Bound():
            return _added(node, at, numbers)
        case Apply(function="binom", arguments=(top, bottom)):
            n, k = _evaluate(top, at, numbers), _evaluate(bottom, at, numbers)
            apply = numbers.apply
            return apply("factorial", [n]) / (apply("factorial", [k]) * apply("factorial", [n - k]))
        case Apply(function=function, arguments=arguments):
            return numbers.apply(function, [_evaluate(one, at, numbers) for one in arguments])
    raise NoValue(f"a {type(node).__name__.lower()} has no value")


def _added(node: Bound, at: Mapping[str, Any], numbers: Any) -> Any:
    """Return the value of a sum or product whose bounds are whole numbers at this point."""
    if node.operator not in ("sum", "prod") or node.low is None or node.high is None:
        raise NoValue(f"the value of this {node.operator} is not computed")
    low, high = (_evaluate(one, at, numbers) for one in (node.low, node.high))
    if low.imag or high.imag or low.real % 1 or high.real % 1 or high.real - low.real >= MAX_TERMS:
        raise NoValue("a sum's bounds are not whole numbers, or far apart")
    if contains(node.body, lambda part: isinstance(part, Bound)):
        raise NoValue("sums inside sums are not computed")
    total = numbers.one if node.operator == "prod" else numbers.nought
    for k in range(int(low.real), int(high.real) + 1):
        term = _evaluate(node.body, {**at, node.variable: numbers.number(Fraction(k))}, numbers)
        total = total + term if node.operator == "sum" else total * term
    return total
