"""Reads expressions in one or two variables into sympy, node by node: no text is ever handed to sympy.

Python's `ast` parses the text and nothing is evaluated; what isn't arithmetic of named variables, numbers and a few
functions is refused, and so are powers that would take for ever.
"""

from __future__ import annotations

import ast
from collections.abc import Collection
from typing import Any

__all__ = ["Unreadable", "is_antiderivative", "read_expression", "same_polynomial"]

MAX_LENGTH = 2_000
MAX_NODES = 500
#: Exponents of a plain number, and of anything else.
MAX_POWER = 60

_FUNCTIONS = (
    "sin", "cos", "tan", "sec", "csc", "cot", "asin", "acos", "atan", "sinh", "cosh", "tanh", "exp", "log", "sqrt",
    "erf", "Abs",
)  # fmt: skip
_ALIASES = {"ln": "log", "abs": "Abs", "arcsin": "asin", "arccos": "acos", "arctan": "atan"}


class Unreadable(ValueError):
    """The text is no such expression; the message is a phrase that says why."""


def read_expression(text: str, variables: Collection[str]) -> Any:
    """Read an expression such as `-4*(-2*x - 8)**(3/2)/3 + C`; `^` stands for a power.

    Args:
        text: the expression.
        variables: names that are variables; a further name of the letter C, c, K or k is a constant.

    Raises:
        Unreadable: it is none, or too long, too deep or too large to compute with.
    """
    if len(text) > MAX_LENGTH:
        raise Unreadable(f"it has {len(text):,} characters")
    try:
        tree = ast.parse(text.strip().replace("^", "**"), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise Unreadable(f"{text[:60]!r} is no expression") from None
    if sum(1 for _ in ast.walk(tree)) > MAX_NODES:
        raise Unreadable("it has too many parts")
    try:
        return _built(tree.body, variables)
    except RecursionError:
        raise Unreadable("it is nested too deeply") from None


def _built(node: ast.expr, variables: Collection[str]) -> Any:
    import sympy

    match node:
        case ast.Constant(value=value) if type(value) is int and abs(value) < 10**30:
            return sympy.Integer(value)
        case ast.Constant(value=value) if type(value) is float:
            return sympy.Rational(repr(value)) if 1e-30 < abs(value) < 1e30 or value == 0 else _refuse("a number")
        case ast.Name(id=name) if name in variables or (name[0] in "CcKk" and name[1:].strip("_").isdecimal()):
            return sympy.Symbol(name, real=True)
        case ast.Name(id="C" | "c" | "K" | "k" as name):
            return sympy.Symbol(name, real=True)
        case ast.Name(id="pi"):
            return sympy.pi
        case ast.Name(id="e" | "E"):
            return sympy.E
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_built(operand, variables)
        case ast.UnaryOp(op=ast.UAdd(), operand=operand):
            return _built(operand, variables)
        case ast.BinOp(left=left, op=operator, right=right):
            return _combined(operator, _built(left, variables), _built(right, variables))
        case ast.Call(func=ast.Name(id=name), args=[argument], keywords=[]):
            name = _ALIASES.get(name, name)
            if name not in _FUNCTIONS:
                raise Unreadable(f"there is no function {name!r} here")
            return getattr(sympy, name)(_built(argument, variables))
    return _refuse(ast.unparse(node)[:40])


def _combined(operator: ast.operator, left: Any, right: Any) -> Any:
    match operator:
        case ast.Add():
            return left + right
        case ast.Sub():
            return left - right
        case ast.Mult():
            return left * right
        case ast.Div():
            if right == 0:
                raise Unreadable("it divides by zero")
            return left / right
        case ast.Pow():
            # A power of plain numbers is computed at once, however large.
            small = not right.is_number or (right.is_Rational and abs(right) <= MAX_POWER and right.q <= MAX_POWER)
            if not small or (left.is_number and not (left.is_Rational and abs(left) < 10**6)):
                raise Unreadable("it has a power that is too large")
            if left == 0 and right.is_number and right < 0:
                raise Unreadable("it divides by zero")
            return left**right
    raise Unreadable(f"there is no operator {type(operator).__name__} here")


def _refuse(what: str) -> Any:
    raise Unreadable(f"{what!r} has no place in it")


def is_antiderivative(given: Any, integrand: Any, variable: str) -> bool:
    """Return whether the derivative is the integrand, by its values at six points to thirty digits.

    Values decide and no simplification does: that might not end, and may fail to see that two forms are one. A point
    where either has no finite value says nothing; three at least must say something.
    """
    import sympy

    x = sympy.Symbol(variable, real=True)
    derivative = sympy.diff(given, x)
    told = 0
    for n in range(6):
        point = sympy.Rational(7 * n * n + 3, 5 * n + 4) * (-1) ** n
        values = {symbol: sympy.Rational(13, 7) for symbol in (derivative.free_symbols | integrand.free_symbols) - {x}}
        one, two = (side.subs({x: point, **values}).evalf(30) for side in (derivative, integrand))
        if not (one.is_number and two.is_number and one.is_finite and two.is_finite):
            continue
        told += 1
        if abs(one - two) > sympy.Float("1e-18") * (1 + abs(two)):
            return False
    return told >= 3


def same_polynomial(given: Any, wanted: Any) -> bool:
    """Return whether a sum of monomials is the polynomial; a product that is not multiplied out is not."""
    import sympy

    for part in sympy.preorder_traversal(given):
        if (part.is_Mul and any(factor.is_Add for factor in part.args)) or (part.is_Pow and part.base.is_Add):
            return False
    return bool(given == wanted)
