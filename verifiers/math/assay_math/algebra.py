"""SymPy's side of `symbolic`: reads questions from standard input, a line each, and writes what it can tell.

It builds SymPy's objects from the lists that it is told, node by node; no text is ever parsed.
"""

from __future__ import annotations

import json
import operator
import resource
import sys
from typing import Any

import sympy

__all__ = ["serve"]

#: Bytes of memory that a question may take.
MEMORY = 2 * 2**30
#: Seconds of processor time after which the process ends itself, should nobody end it.
PROCESSOR = 3600
#: Points at which functions are compared, and digits to which they agree.
POINTS, DIGITS = 5, 20

_CONSTANTS = {"pi": sympy.pi, "e": sympy.E, "i": sympy.I, "oo": sympy.oo}
_OPERATORS = {"<": operator.lt, ">": operator.gt, "<=": operator.le, ">=": operator.ge, "=": sympy.Eq, "!=": sympy.Ne}


def serve() -> None:
    """Answer questions until there are no more: true, false, or null where it can't be told."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (PROCESSOR, PROCESSOR))
    print("ready", flush=True)  # noqa: T201 - the pipe to who asks
    for line in sys.stdin:
        question, left, right = json.loads(line)
        try:
            answer = _equal(left, right) if question == "equal" else _solves(left, right)
        except Exception:  # whatever SymPy can't do is not told
            answer = None
        print(json.dumps(answer), flush=True)  # noqa: T201


def _equal(left: list[Any], right: list[Any]) -> bool | None:
    endless = [_has_endless_integral(one) for one in (left, right)]
    one, other = (_built(side, {}).doit() for side in (left, right))
    difference = sympy.simplify(one - other)
    constants = {name for name in difference.free_symbols if name.name in ("C", "c")}
    if any(endless):
        # An antiderivative stands for all that differ from it by a constant, and says so by its C.
        variable = next(filter(None, endless))
        if not all(endless) and not constants:
            return None
        difference = sympy.simplify(sympy.diff(difference, _letter(variable)))
    if difference == 0:
        return True
    if one.has(sympy.oo, sympy.zoo, sympy.nan) or other.has(sympy.oo, sympy.zoo, sympy.nan):
        return bool(one == other) if one.is_number and other.is_number else None
    return _vanishes(difference)


def _vanishes(difference: Any) -> bool | None:
    """Whether an expression is nought at points: false at one of them is false."""
    letters = sorted(difference.free_symbols, key=str)
    agreed = 0
    for k in range(1, POINTS + 1 if letters else 2):
        point = {letter: sympy.Rational(2 * k + index, 3 + index) for index, letter in enumerate(letters)}
        if any(letter.is_integer for letter in letters):
            point = {letter: sympy.Integer(k + index + 1) for index, letter in enumerate(letters)}
        value = difference.subs(point).evalf(DIGITS + 10, maxn=200)
        if not value.is_number or not value.is_finite or value.free_symbols:
            return None
        if abs(value) > 10**-DIGITS:
            return False if abs(value) > 10**-6 else None
        agreed += 1
    return True if agreed else None


def _solves(relation: list[Any], region: list[Any]) -> bool | None:
    said = _built(relation, {})
    letters = sorted(said.free_symbols, key=str)
    if len(letters) != 1:
        return None
    found = sympy.solveset(said, letters[0], sympy.S.Reals)
    wanted = _built(region, {})
    if not isinstance(wanted, sympy.Set) or found.has(sympy.ConditionSet):
        return None
    if found == wanted:
        return True
    apart = sympy.SymmetricDifference(found, wanted).doit()
    return (
        True
        if apart == sympy.S.EmptySet
        else False
        if isinstance(apart, (sympy.Interval, sympy.FiniteSet, sympy.Union))
        else None
    )


def _has_endless_integral(told: Any) -> str | None:
    """Return the variable of an integral without bounds, `None` where there is none."""
    if not isinstance(told, list) or not told:
        return None
    if told[0] == "bound" and told[1] == "int" and told[3] is None and told[4] is None:
        return str(told[2])
    return next(filter(None, map(_has_endless_integral, told)), None)


def _letter(name: str) -> Any:
    return sympy.Symbol(name, real=True)


def _built(told: list[Any], bound: dict[str, Any]) -> Any:
    """Return SymPy's object for what is told; `bound` has the letters that a sum or an integral binds."""
    kind, *parts = told
    if kind == "number":
        return sympy.Rational(*parts)
    if kind == "symbol":
        return bound.get(parts[0]) or _CONSTANTS.get(parts[0]) or _letter(parts[0])
    if kind == "bound":
        sign, name, low, high, body = parts
        return _bounded(sign, name, [low, high], body, bound)
    if kind == "apply":
        return getattr(sympy, parts[0])(*(_built(part, bound) for part in parts[1:]))
    if kind == "relation":
        return _OPERATORS[parts[0]](*(_built(part, bound) for part in parts[1:]))
    if kind == "interval":
        low, high = (_built(part, bound) for part in parts[2:])
        return sympy.Interval(low, high, parts[0], parts[1])
    values = [_built(part, bound) for part in parts]
    if kind == "power":
        return _power(*values)
    if kind == "root":
        return sympy.real_root(*values) if values[0].is_number and values[0].is_negative else sympy.root(*values)
    build = {"sum": sympy.Add, "product": sympy.Mul, "log": sympy.log, "set": sympy.FiniteSet, "union": sympy.Union}
    return build[kind](*values)


def _power(base: Any, exponent: Any) -> Any:
    odd = exponent.is_Rational and exponent.q % 2 == 1 and exponent.q > 1
    if odd and base.is_number and base.is_negative:  # the real root, as a radical sign means it
        return sympy.real_root(base, exponent.q) ** exponent.p
    return base**exponent


def _bounded(kind: str, name: str, limits: list[Any], body: Any, bound: dict[str, Any]) -> Any:
    whole = kind in ("sum", "prod")
    letter = sympy.Dummy(name, integer=True) if whole else _letter(name)
    ends = [None if one is None else _built(one, bound) for one in limits]
    inside = _built(body, {**bound, name: letter})
    if kind == "lim":
        return sympy.limit(inside, letter, ends[0])
    if kind == "diff":
        return sympy.diff(inside, letter)
    if kind == "int":
        return sympy.integrate(inside, letter if ends[0] is None else (letter, *ends))
    return (sympy.Sum if kind == "sum" else sympy.Product)(inside, (letter, *ends)).doit()


if __name__ == "__main__":
    serve()
