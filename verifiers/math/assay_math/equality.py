"""Values against values: exact rationals first, then many digits, then random points; every stage is bounded."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache
from typing import Any, Literal

from assay_math import symbolic, units
from assay_math.evaluation import NoValue, approximate, exact, precise
from assay_math.families import renamings
from assay_math.rewriting import bare, by_letters, canonical, in_base_ten, unit_of, with_unit
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
    mentions_pi,
    renamed,
    symbols,
)

__all__ = ["Comparison", "Rules", "difference", "proportional", "ratios", "values"]

#: Points at which expressions with variables are compared, and how many must have a value.
POINTS, NEEDED = 28, 5
#: How many are enough where the two have real values at no more.
FEW = 3
#: The points that have both signs, two of each pattern of signs for up to three letters.
SIGNED = 16
#: Values at which a factor of an equation vanishes, if it vanishes anywhere that people write.
SPECIAL = (0.0, 1.0, -1.0, 2.0, -2.0)
#: At how many of them high precision confirms what double precision says.
CONFIRMED = 2
#: Two values that agree to this many digits, computed to ten more, are equal.
DIGITS = 30
#: Values below this may be what rounding has left of nought, such as `e^{i\\pi} + 1`.
NOUGHT = 1e-20


@dataclass(frozen=True, slots=True)
class Rules:
    """What counts as equal.

    Attributes:
        tolerance: relative difference that is forgiven, `None` for none.
        digits: digits after the point to which both are rounded first, `None` for the reference's own.
        units_optional: whether an answer may lack a unit that the reference has, or have one that it lacks.
        percent_optional: whether 20 % is right where the reference is a bare 20.
        rounding: whose digits say how exact a decimal is, the reference's alone or also the answer's.
        decimal_comma: whether a comma is the decimal point.
        turned: whether the reference stands on the left.
    """

    tolerance: float | None = None
    digits: int | None = None
    units_optional: bool = True
    percent_optional: bool = True
    rounding: Literal["reference", "answer"] = "reference"
    decimal_comma: bool = False
    turned: bool = False

    def turn(self) -> Rules:
        """Return the same rules with the reference on the left."""
        return replace(self, turned=not self.turned)


@dataclass(frozen=True, slots=True)
class Comparison:
    """The decision, the stage that made it, why, and whether it is the want of one."""

    equal: bool
    stage: str
    reason: str
    undecided: bool = False


def ratios(x: Node, y: Node, rules: Rules) -> Comparison:
    """Compare a proportion with another, or with its quotient."""
    match x, y:
        case Ratio(parts=some), Ratio(parts=others):
            if len(some) != len(others):
                return Comparison(False, "ratio", f"{len(some)} parts against {len(others)}")
            nought = [[_is_nought(one) for one in parts] for parts in (some, others)]
            if nought[0] != nought[1] or all(nought[0]):  # against noughts anything is in proportion
                return Comparison(False, "ratio", "another proportion")
            first = nought[0].index(False)
            for one, other in zip(some, others, strict=True):
                if not values(Product((some[first], other)), Product((others[first], one)), rules).equal:
                    return Comparison(False, "ratio", "another proportion")
            return Comparison(True, "ratio", "the same proportion")
        case Ratio(parts=(left, right)), _:
            return values(Product((left, Power(right, Number(Fraction(-1))))), y, rules)
    return Comparison(False, "ratio", "a proportion against a value")


def _is_nought(node: Node) -> bool:
    return _numbers(node, Number(Fraction(0)), Rules()).equal


def values(answer: Node, reference: Node, rules: Rules) -> Comparison:
    """Compare two values, with or without units."""
    if rules.turned:
        answer, reference, rules = reference, answer, rules.turn()
    answer, reference = by_letters(answer, reference), by_letters(reference, answer)
    decided = _measures(answer, reference, rules)
    if decided.equal:
        return decided
    if rules.percent_optional and (bare := _without_percent(answer, reference)) is not None:
        again = _numbers(bare, reference, rules)
        if again.equal:
            return again
    if any(contains(one, _names_no_base) for one in (answer, reference)):
        # `log` alone is the natural one in analysis and to base ten at school: whichever makes the two agree.
        again = _measures(in_base_ten(answer), in_base_ten(reference), rules)
        if again.equal:
            return again
    if (free := _constant_of_integration(answer, reference)) is not None:
        return free
    for names in renamings(answer, reference):
        if _measures(renamed(answer, names), reference, rules).equal:
            return Comparison(True, "family", "equal but for the letter of a parameter")
    return _by_sympy(answer, reference) or decided if decided.undecided else decided


def _by_sympy(answer: Node, reference: Node) -> Comparison | None:
    """Return what SymPy says of an answer where the reference takes it; `None` where that is nothing."""
    if not symbolic.needed(reference):
        if not symbolic.needed(answer):
            return None
        # Who writes the question's integral down again has not computed it.
        return Comparison(False, "symbolic", "the answer leaves an integral, limit, derivative or sum to be computed")
    equal = symbolic.equal(answer, reference)
    if equal is None:
        return None
    return Comparison(equal, "symbolic", "equal by SymPy" if equal else "different by SymPy")


def _without_percent(answer: Node, reference: Node) -> Node | None:
    """Return what stands before an answer's percent sign where the reference is a bare number of one or more."""
    match answer, reference:
        case Apply(function="percent", arguments=(share,)), Number(value=value) | Decimal(value=value) if (
            abs(value) >= 1
        ):
            return Product((Number(Fraction(100)), share))
        case Product(factors=(Number() as sign, Apply(function="percent") as size)), _:
            positive = _without_percent(size, reference)
            return None if positive is None else Product((sign, positive))
    return None


def _constant_of_integration(answer: Node, reference: Node) -> Comparison | None:
    """Whether two functions `F + C` differ by a constant, which C takes up; `None` where they are no such functions."""
    match answer, reference:
        case Sum(terms=some), Sum(terms=others):
            constant = Symbol("C")
            if constant not in some or constant not in others:
                return None
            rest = [Sum(tuple(one for one in terms if one != constant)) for terms in (some, others)]
            names = symbols(rest[0]) | symbols(rest[1])
            if len(names) != 1 or symbols(rest[0]) != symbols(rest[1]) or not min(names).islower():
                return None
        case _:
            return None
    apart: list[complex] = []
    for point in _points(sorted(names)):
        try:
            left, right = approximate(rest[0], point), approximate(rest[1], point)
        except NoValue:
            continue
        apart.append(left - right)
        if abs(apart[-1] - apart[0]) > 1e-9 * max(abs(left), abs(right), abs(apart[0]), 1.0):
            return None
    if len(apart) < NEEDED:
        return None
    return Comparison(True, "numeric", "equal but for a constant, which the constant of integration takes up")


def _names_an_angle(node: Node) -> bool:
    """Whether a value is an angle in radians, by its pi or by the function that it is a value of."""
    return mentions_pi(node) or (isinstance(node, Apply) and node.function.startswith("arc"))


def _names_no_base(node: Node) -> bool:
    return isinstance(node, Apply) and node.function == "log" and len(node.arguments) == 1


def _measures(answer: Node, reference: Node, rules: Rules) -> Comparison:
    factor = Fraction(1)
    answer, reference = with_unit(answer, reference), with_unit(reference, answer)
    if isinstance(answer, Quantity) or isinstance(reference, Quantity):
        left, right = unit_of(answer), unit_of(reference)
        if left and right:
            agreed = units.agree(left, right)
            if agreed is None:
                return Comparison(False, "units", f"'{left}' is not '{right}'")
            factor = agreed
        elif not rules.units_optional:
            return Comparison(False, "units", f"the unit '{left or right}' stands on one side alone")
        elif "circ" in (left or right) and (symbols(answer) or any(map(_names_an_angle, (answer, reference)))):
            return _numbers(answer, reference, rules)  # degrees against radians
        answer, reference = bare(answer), bare(reference)
    if factor != 1:
        answer = Product((Number(factor), answer))
    return _numbers(answer, reference, rules)


def _numbers(answer: Node, reference: Node, rules: Rules) -> Comparison:
    try:
        given, wanted = exact(answer), exact(reference)
        if given is not None and wanted is not None:
            return _rationals(given, wanted, answer, reference, rules)
        names = symbols(answer) | symbols(reference)
        if not names:
            return _constants(answer, reference, rules)
        return _functions(answer, reference, sorted(names))
    except NoValue as problem:
        same = canonical(answer) == canonical(reference)
        return Comparison(
            same, "structure", "the same expression" if same else f"not the same expression, and {problem}", not same
        )


def _rationals(left: Fraction, right: Fraction, answer: Node, reference: Node, rules: Rules) -> Comparison:
    if left == right:
        return Comparison(True, "exact", "equal")
    if rules.tolerance is not None:
        close = abs(left - right) <= Fraction(rules.tolerance) * max(abs(right), abs(left))
        return Comparison(close, "tolerance", f"{'within' if close else 'outside'} a tolerance of {rules.tolerance:g}")
    unit = _last_digit(reference, rules)
    if unit is not None and _rounds_to(left, right, unit):
        return Comparison(True, "rounding", f"equal after rounding to {_places(unit)}")
    if rules.rounding == "answer" and (own := _own_digit(answer)) is not None and _rounds_to(right, left, own):
        return Comparison(True, "rounding", f"the reference rounds to it at {_places(own)}")
    return Comparison(False, "exact", "different numbers")


def _constants(answer: Node, reference: Node, rules: Rules) -> Comparison:
    left, right = approximate_or_none(answer), approximate_or_none(reference)
    tolerance = rules.tolerance
    unit = None if tolerance is not None else _last_digit(reference, rules)
    own = _own_digit(answer) if tolerance is None and rules.rounding == "answer" else None
    if left is not None and right is not None:
        apart = abs(left - right)
        size = max(abs(left), abs(right), 1e-300)
        room = max(1e-9 * size, (tolerance or 0) * size * 1.01, 1.01 * float(unit or 0), 1.01 * float(own or 0))
        if apart > room and size > 1e-9:  # less may be what rounding leaves of nought
            return Comparison(False, "numeric", "different values")
    first, second = precise(answer, {}), precise(reference, {})
    size = max(abs(first), abs(second))
    apart = abs(first - second)
    if apart <= size * 10.0**-DIGITS or (size < NOUGHT and _vanishes(answer, reference, apart)):
        return Comparison(True, "numeric", f"equal to {DIGITS} digits")
    if tolerance is not None:
        close = bool(apart <= tolerance * size)
        return Comparison(close, "tolerance", f"{'within' if close else 'outside'} a tolerance of {tolerance:g}")
    if unit is not None and abs(first.imag if hasattr(first, "imag") else 0) == 0:
        value, wanted = Fraction(str(first.real)), exact(reference)
        if wanted is not None and _rounds_to(value, wanted, unit):
            return Comparison(True, "rounding", f"equal after rounding to {_places(unit)}")
    if own is not None and abs(second.imag if hasattr(second, "imag") else 0) == 0:
        value, said = Fraction(str(second.real)), exact(answer)
        if said is not None and _rounds_to(value, said, own):
            return Comparison(True, "rounding", f"the reference rounds to it at {_places(own)}")
    return Comparison(False, "numeric", "different values")


def _vanishes(answer: Node, reference: Node, apart: Any) -> bool:
    """Whether two values differ by nothing but what rounding leaves: twice the digits leave less."""
    try:
        again = abs(precise(answer, {}, 80) - precise(reference, {}, 80))
    except NoValue:
        return False
    return bool(again <= apart * NOUGHT)


def _functions(answer: Node, reference: Node, names: Sequence[str]) -> Comparison:
    """Compare at random points: different at one is different, equal to many digits at several is equal.

    Points at which both sides are real come first. Where a side is not, two ways of writing one function may be on
    different branches of a root or logarithm: that decides only where there are no others, or the sides name `i`.
    """
    whole = any(contains(one, lambda part: isinstance(part, Bound)) for one in (answer, reference))
    points = _whole_points(names) if whole else _points(names)
    imaginary = any(contains(one, lambda part: part == Symbol("i")) for one in (answer, reference))
    agreed, off_branch = 0, []
    for point in points:
        try:
            left, right = (approximate(one, point, real=not imaginary) for one in (answer, reference))
        except NoValue:
            off_branch.append(point)
            continue
        decided = _at(answer, reference, left, right, point, agreed < CONFIRMED)
        if decided is not None:
            return decided
        agreed += 1
        if agreed >= NEEDED:
            return Comparison(True, "numeric", f"equal at {agreed} random points")
    if agreed >= FEW:
        return Comparison(True, "numeric", f"equal at {agreed} random points")
    for point in off_branch if not imaginary else ():
        try:
            left, right = approximate(answer, point), approximate(reference, point)
        except NoValue:
            continue
        decided = _at(answer, reference, left, right, point, agreed < CONFIRMED)
        if decided is not None:
            return decided
        agreed += 1
        if agreed >= NEEDED:
            return Comparison(True, "numeric", f"equal at {agreed} random points")
    same = canonical(answer) == canonical(reference)
    return Comparison(same, "structure", "the same expression" if same else "no common values to compare", not same)


def _at(
    answer: Node, reference: Node, left: complex, right: complex, point: dict[str, float], confirm: bool
) -> Comparison | None:
    """Return that two functions differ at a point, `None` where they agree there."""
    size = max(abs(left), abs(right))
    if size < 1e-9:  # what rounding leaves of nought, or a small value: of several points not all have one
        first, second = precise(answer, point), precise(reference, point)
        if abs(first - second) <= max(abs(first), abs(second), 1) * 10.0**-DIGITS:
            return None
    if abs(left - right) > 1e-7 * max(size, 1e-300):
        where = ", ".join(f"{name} = {value:g}" for name, value in point.items())
        return Comparison(False, "numeric", f"different at {where}")
    if confirm:
        first, second = precise(answer, point), precise(reference, point)
        if abs(first - second) > max(abs(first), abs(second)) * 10.0**-DIGITS:
            return Comparison(False, "numeric", "different at a point, by very little")
    return None


def _whole_points(names: Sequence[str]) -> Sequence[dict[str, float]]:
    """Points at which a sum up to `n` has a value."""
    return [{name: float(start + index) for index, name in enumerate(names)} for start in range(1, POINTS + 1)]


def _points(names: Sequence[str]) -> Sequence[dict[str, float]]:
    return _signed_points(tuple(names))


@lru_cache(maxsize=1_000)
def _signed_points(names: tuple[str, ...]) -> Sequence[dict[str, float]]:
    """The same points every time: of every sign for the first four letters, then all positive; away from integers."""
    source = random.Random(20240229)  # noqa: S311 - chooses test points, guards nothing
    points = []
    for index in range(POINTS):
        low, high = [(0.1, 3.0), (0.1, 3.0), (2.0, 9.0), (0.1, 0.9)][index // 2 % 4]
        signs = index if index < SIGNED else 0
        points.append(
            {
                name: round(source.uniform(low, high), 6) * (-1 if signs >> place % 4 & 1 else 1)
                for place, name in enumerate(names)
            }
        )
    return points


def approximate_or_none(node: Node) -> complex | None:
    """Return a constant's value in double precision, `None` where it has none."""
    try:
        return approximate(node, {})
    except NoValue:
        return None


def _last_digit(reference: Node, rules: Rules) -> Fraction | None:
    """Return the value of one in the reference's last digit, if it was written as a decimal."""
    if rules.digits is not None:
        return Fraction(1, 10**rules.digits)
    match reference:
        case Decimal(value=value, unit=unit) if abs(value) >= 10 * unit:  # one digit alone, as in 0.5, is meant exactly
            return unit
        case Product(factors=(Number(value=sign), Decimal() as size)) if abs(sign) == 1:
            return _last_digit(size, rules)
        case Apply(function="percent", arguments=(argument,)):
            digit = _last_digit(_first(argument), rules)
            return None if digit is None else digit / 100
    return None


def _own_digit(answer: Node) -> Fraction | None:
    """Return the value of one in the last digit of a decimal answer of two digits or more."""
    return _last_digit(answer, Rules())


def _first(node: Node) -> Node:
    return node.factors[0] if isinstance(node, Product) else node


def _rounds_to(value: Fraction, wanted: Fraction, unit: Fraction) -> bool:
    """Whether a value is the wanted one when it is rounded to the last digit, halves either way."""
    return abs(value - wanted) * 2 <= unit


def _places(unit: Fraction) -> str:
    places = len(str(unit.denominator)) - 1
    return f"{places} digit{'s' if places != 1 else ''}"


def difference(left: Node, right: Node) -> Node:
    """Return the left side of an equation less its right side."""
    return Sum((left, Product((Number(Fraction(-1)), right))))


def proportional(left: Node, right: Node) -> Comparison:
    """Two equations are the same if one is the other times a constant."""
    names = sorted(symbols(left))
    rough: list[complex] = []
    exact_ratios: list[Any] = []
    for point in _points(names):
        try:
            a, b = approximate(left, point), approximate(right, point)
            if a == 0 or b == 0:
                continue
            rough.append(a / b)
            if abs(rough[-1] - rough[0]) > abs(rough[0]) * 1e-6:
                return Comparison(False, "relation", "different equations")
            if len(exact_ratios) <= CONFIRMED:
                exact_ratios.append(precise(left, point) / precise(right, point))
                if abs(exact_ratios[-1] - exact_ratios[0]) > abs(exact_ratios[0]) * 10.0**-20:
                    return Comparison(False, "relation", "different equations")
        except NoValue:
            continue
        if len(rough) >= NEEDED:
            return Comparison(True, "relation", "the same equation")
    return Comparison(False, "relation", "equations without common values")


def same_solutions(left: Node, right: Node) -> bool:
    """Whether two equations, linear in one of their letters, have the same solutions; each is what must be nought.

    `xy = 6` and `y = 6/x`: one is the other times a letter.
    """
    names = sorted(symbols(left))
    if len(names) < 2 or not any(_solve_alike(left, right, name, names) for name in names):
        return False
    return all(_hold_alike(left, right, name, value, names) for name in names for value in SPECIAL)


def _hold_alike(left: Node, right: Node, name: str, value: float, names: Sequence[str]) -> bool:
    """Whether both or neither of two equations hold where a letter has a value at which a factor may vanish."""
    holds = []
    for side in (left, right):
        try:
            holds.append(abs(approximate(side, {**_points(names)[0], name: value})) < 1e-9)
        except NoValue:
            holds.append(False)
    return holds[0] == holds[1]


def _solve_alike(left: Node, right: Node, name: str, names: Sequence[str]) -> bool:
    agreed = 0
    for point in _points(names):
        try:
            one, other = _root(left, name, point), _root(right, name, point)
        except NoValue:
            continue
        if one is None or other is None or abs(one - other) > 1e-9 * max(abs(one), abs(other)):
            return False
        agreed += 1
        if agreed >= NEEDED:
            return True
    return False


def _root(side: Node, name: str, point: dict[str, float]) -> complex | None:
    """Return where a side that is linear in a letter is nought, `None` where it isn't linear."""
    at = [approximate(side, {**point, name: float(value)}) for value in (1, 2, 3, 5)]
    slope = at[1] - at[0]
    scale = max(map(abs, at)) * 1e-9
    if abs(at[2] - at[1] - slope) > scale or abs(at[3] - at[2] - 2 * slope) > scale or abs(slope) <= scale:
        return None
    return 1 - at[0] / slope
