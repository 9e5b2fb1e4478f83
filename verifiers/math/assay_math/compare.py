"""Decides whether an answer equals a reference, in rising order of cost; every stage is bounded."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from assay_math import units
from assay_math.families import as_family, renamings, same_family
from assay_math.forms import (
    MAX_ITEMS,
    as_clock,
    as_vector,
    bare,
    canonical,
    expanded,
    in_base_ten,
    kind,
    mentions_pi,
    one_quantity,
    unit_of,
    with_unit,
    wording,
)
from assay_math.labels import assignments, chain, unlabelled
from assay_math.regions import FLIPPED, endless, is_region, region
from assay_math.tree import (
    Apply,
    Bound,
    Bracketed,
    Cases,
    Choice,
    Clock,
    Date,
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
    Such,
    Sum,
    Symbol,
    Union,
    Words,
    contains,
    renamed,
    symbols,
)
from assay_math.value import NoValue, approximate, exact, precise

__all__ = ["Comparison", "Rules", "compare"]

#: Points at which expressions with variables are compared, and how many must have a value.
POINTS, NEEDED = 12, 5
#: At how many of them high precision confirms what double precision says.
CONFIRMED = 2
#: Two values that agree to this many digits, computed to ten more, are equal.
DIGITS = 30


@dataclass(frozen=True, slots=True)
class Rules:
    """What counts as equal.

    Attributes:
        tolerance: relative difference that is forgiven, `None` for none.
        digits: digits after the point to which both are rounded first, `None` for the reference's own.
        units: whether an answer may lack a unit that the reference has, or have one that it lacks.
    """

    tolerance: float | None = None
    digits: int | None = None
    units_optional: bool = True


@dataclass(frozen=True, slots=True)
class Comparison:
    """The decision, the stage that made it, and why."""

    equal: bool
    stage: str
    reason: str


def compare(answer: Node, reference: Node, rules: Rules) -> Comparison:
    """Compare an answer with a reference."""
    answer, reference = expanded(answer), expanded(reference)
    if answer == reference:
        return Comparison(True, "structure", "the same expression")
    for decide in (_families, _choices, _moments, _named, _chains):
        decided = decide(answer, reference, rules)
        if decided is not None:
            return decided
    answer, reference = unlabelled(answer, reference)
    if answer == reference:
        return Comparison(True, "structure", "the same expression")
    if isinstance(answer, Words) or isinstance(reference, Words):
        same = wording(answer) == wording(reference)
        return Comparison(same, "words", "the same words" if same else "other words")
    answer, reference = _quantified(answer, reference)
    for decide in (_regions, _vectors, _congruences, _piecewise):
        decided = decide(answer, reference, rules)
        if decided is not None:
            return decided
    if isinstance(answer, Relation) or isinstance(reference, Relation):
        return _relations(answer, reference, rules)
    collections = (Bracketed, Items, Union, Matrix)
    if isinstance(answer, collections) or isinstance(reference, collections):
        return _collections(answer, reference, rules)
    if isinstance(answer, Ratio) or isinstance(reference, Ratio):
        return _ratios(answer, reference, rules)
    return _values(answer, reference, rules)


def _families(answer: Node, reference: Node, rules: Rules) -> Comparison | None:
    if not isinstance(answer, Family) and not isinstance(reference, Family):
        return None
    answer, reference = unlabelled(answer, reference)
    left = as_family(answer, reference) if isinstance(reference, Family) else answer
    right = as_family(reference, answer) if isinstance(answer, Family) else reference
    if not isinstance(left, Family) or not isinstance(right, Family):
        # What is said of a letter beside an expression in it changes nothing: `2n + 1, where n is an integer`.
        return compare(_members(answer), _members(reference), rules)
    same = same_family(left, right)
    if same is None:
        pairs = zip(sorted(left.parameters), sorted(right.parameters), strict=False)
        names: dict[str, Node] = {old: Symbol(new) for old, new in pairs}
        return compare(renamed(Items(left.members), names), Items(right.members), rules)
    return Comparison(same, "family", "the same values for all integers" if same else "other values for some integer")


def _members(node: Node) -> Node:
    if isinstance(node, Family):
        return Items(node.members) if len(node.members) > 1 else node.members[0]
    return node


def _choices(answer: Node, reference: Node, rules: Rules) -> Comparison | None:
    """`(B) 12` is B, and it is 12; it is not `(B) 13` nor `(A) 12`."""
    if isinstance(answer, Choice) and isinstance(reference, Choice):
        if answer.letter != reference.letter:
            return Comparison(False, "choice", f"{answer.letter} is not {reference.letter}")
        return compare(answer.content, reference.content, rules)
    if isinstance(answer, Choice):
        if wording(reference) == (answer.letter.casefold(),):
            return Comparison(True, "choice", f"the option {answer.letter}")
        return compare(answer.content, reference, rules)
    if isinstance(reference, Choice):
        if wording(answer) == (reference.letter.casefold(),):
            return Comparison(True, "choice", f"the option {reference.letter}")
        return compare(answer, reference.content, rules)
    return None


def _moments(answer: Node, reference: Node, rules: Rules) -> Comparison | None:
    """Days, and times of day: where one side says neither am nor pm, its hour may be either."""
    if isinstance(answer, Date) or isinstance(reference, Date):
        return Comparison(False, "date", "another day")
    if not isinstance(answer, Clock) and not isinstance(reference, Clock):
        return None
    left, right = as_clock(answer), as_clock(reference)
    if left is None or right is None:
        return Comparison(False, "time", "a time of day against something else")
    hours = [_hours(left), _hours(right)]
    same = bool(hours[0] & hours[1]) and (left.minute, left.second) == (right.minute, right.second)
    return Comparison(same, "time", "the same time" if same else "another time")


def _hours(clock: Clock) -> set[int]:
    if clock.half:
        return {clock.hour % 12 + (12 if clock.half == "pm" else 0)}
    return {clock.hour} if clock.hour > 12 or clock.hour == 0 else {clock.hour % 12, clock.hour % 12 + 12}


def _named(answer: Node, reference: Node, rules: Rules) -> Comparison | None:
    """Several values by name, `a = 1, b = 2`, against each other or against values in order."""
    given, wanted = assignments(answer), assignments(reference)
    if given is not None and wanted is not None:
        if given.keys() != wanted.keys():
            return Comparison(False, "names", "values of other names")
        return _in_order([given[name] for name in wanted], list(wanted.values()), rules, "value")
    if given is None and wanted is None:
        return None
    named, other = (given, reference) if given is not None else (wanted, answer)
    assert named is not None
    left = ""
    if isinstance(other, Bracketed):
        left, items = other.left, other.items
    elif isinstance(other, Items):
        items = other.items
    elif isinstance(other, Matrix) and all(len(row) == 1 for row in other.rows):
        left, items = "(", tuple(row[0] for row in other.rows)
    else:
        return None
    if any(isinstance(one, Relation) for one in items):
        return None
    values = list(named.values())
    bases = {name.name.partition("_")[0] if isinstance(name, Symbol) else "" for name in named}
    sides = (values, list(items)) if given is not None else (list(items), values)
    if left == "{" or (left == "" and len(bases) == 1):  # x_1 = 2, x_2 = 3 are the roots in any order
        return _in_any_order(*sides, rules)
    return _in_order(*sides, rules, "value")


def _chains(answer: Node, reference: Node, rules: Rules) -> Comparison | None:
    """A derivation, `x = 6/4 = 3/2` or `25 pi ~ 78.5`, says what its sides say, if they agree."""
    for side, other, turn in ((answer, reference, False), (reference, answer, True)):
        sides = chain(side)
        if sides is None or (isinstance(other, Relation) and chain(other) is not None and len(chain(other) or ()) > 1):
            continue
        if isinstance(other, Relation) and other.operators != ("=",):
            continue
        if len(sides) < 2 or isinstance(unlabelled(side, Number(Fraction(0)))[0], Items):
            continue
        if isinstance(other, Relation):
            other = unlabelled(other, Number(Fraction(0)))[0]
        constant = not any(symbols(one) or isinstance(one, (Words, Bracketed, Items)) for one in sides)
        labelled = len(sides) < len(side.sides) if isinstance(side, Relation) else False
        if not constant and not labelled:
            continue
        if constant and not all(_agree(sides[0], one, rules) for one in sides[1:]):
            return Comparison(False, "relation", "its sides are not equal")
        tried = sides if constant else sides[-1:]
        last = Comparison(False, "relation", "different values")
        for one in reversed(tried):
            last = compare(other, one, rules) if turn else compare(one, other, rules)
            if last.equal:
                return last
        return last
    return None


def _agree(left: Node, right: Node, rules: Rules) -> bool:
    return compare(left, right, rules).equal or compare(right, left, rules).equal


def _quantified(answer: Node, reference: Node) -> tuple[Node, Node]:
    """Read `2 hours 30 minutes` and `1 hour and 15 minutes` as one quantity where the other side is one value."""
    if not isinstance(answer, Items) or not isinstance(reference, Items):
        return one_quantity(answer), one_quantity(reference)
    return answer, reference


def _regions(answer: Node, reference: Node, rules: Rules) -> Comparison | None:
    if not is_region(answer) and not is_region(reference):
        return None
    names = symbols(answer), symbols(reference)
    if all(isinstance(one, Relation) for one in (answer, reference)) and names[0] != names[1]:
        return Comparison(False, "relation", "relations in other variables")
    left, right = region(answer), region(reference)
    if left is None or right is None:
        if isinstance(answer, Such) and isinstance(reference, Such):
            return _conditions(answer, reference, rules)
        return None
    if len(left) != len(right):
        return Comparison(False, "interval", "intervals of other number")
    for x, y in zip(left, right, strict=True):
        if (x.low_closed, x.high_closed) != (y.low_closed, y.high_closed):
            return Comparison(False, "interval", "an end is open on one side and closed on the other")
        for one, two in ((x.low, y.low), (x.high, y.high)):
            if not _item(one, two, rules).equal:
                return Comparison(False, "interval", "intervals with other ends")
    return Comparison(True, "interval", "the same numbers")


def _conditions(answer: Such, reference: Such, rules: Rules) -> Comparison:
    """Two sets by condition are the same if what is in them and the conditions are, whatever the letter."""
    mine, theirs = sorted(symbols(answer)), sorted(symbols(reference))
    names: dict[str, Node] = {}
    if len(mine) == len(theirs):
        names = {old: Symbol(new) for old, new in zip(mine, theirs, strict=True)}
    element = compare(renamed(answer.element, names), reference.element, rules)
    if not element.equal:
        return Comparison(False, "set", "other elements")
    given = [renamed(one, names) for one in answer.conditions]
    return _in_any_order(given, reference.conditions, rules)


def _vectors(answer: Node, reference: Node, rules: Rules) -> Comparison | None:
    """A column and a sum of unit vectors against a tuple."""
    for side, other, turn in ((answer, reference, False), (reference, answer, True)):
        if isinstance(other, Matrix) and not isinstance(side, Matrix) and not isinstance(side, Bracketed):
            flat = as_vector(other, 0)
            vector = None if flat is None else as_vector(side, len(flat.items))  # type: ignore[attr-defined]
            if flat is not None and vector is not None:
                return compare(flat, vector, rules) if turn else compare(vector, flat, rules)
        if isinstance(other, Bracketed) and other.left in ("(", "[") and not isinstance(side, Bracketed):
            vector = as_vector(side, len(other.items))
            if vector is not None:
                plain = Bracketed("(", other.items, ")")
                return compare(plain, vector, rules) if turn else compare(vector, plain, rules)
    return None


def _congruences(answer: Node, reference: Node, rules: Rules) -> Comparison | None:
    match answer, reference:
        case Apply(function="congruent", arguments=(a, m)), Apply(function="congruent", arguments=(b, n)):
            left, right, first, second = exact(a), exact(b), exact(m), exact(n)
            if left is None or right is None or not first or first != second:
                return Comparison(False, "congruence", "other classes")
            same = (left - right) % first == 0
            return Comparison(same, "congruence", "the same class" if same else "other classes")
        case (Apply(function="congruent", arguments=(a, _)), b) | (b, Apply(function="congruent", arguments=(a, _))):
            return compare(a, b, rules)
    return None


def _piecewise(answer: Node, reference: Node, rules: Rules) -> Comparison | None:
    if not isinstance(answer, Cases) or not isinstance(reference, Cases):
        return None
    if len(answer.rows) != len(reference.rows) or len(answer.rows) > MAX_ITEMS:
        return Comparison(False, "cases", f"{len(answer.rows)} cases instead of {len(reference.rows)}")
    left = list(reference.rows)
    spare = []
    for value, condition in answer.rows:
        found = next((row for row in left if _same_case(value, condition, row, rules)), None)
        if found is None:
            spare.append((value, condition))
        else:
            left.remove(found)
    # "Otherwise" is what the other cases leave.
    if len(spare) == len(left) == 1 and (spare[0][1] is None) != (left[0][1] is None):
        spare = [] if compare(spare[0][0], left[0][0], rules).equal else spare
    return Comparison(not spare, "cases", "a case has no counterpart" if spare else "the same cases")


def _same_case(value: Node, condition: Node | None, row: tuple[Node, Node | None], rules: Rules) -> bool:
    if (condition is None) != (row[1] is None):
        return False
    if condition is not None and row[1] is not None and not compare(condition, row[1], rules).equal:
        return False
    return compare(value, row[0], rules).equal


def _ratios(answer: Node, reference: Node, rules: Rules) -> Comparison:
    match answer, reference:
        case Ratio(parts=some), Ratio(parts=others):
            if len(some) != len(others):
                return Comparison(False, "ratio", f"{len(some)} parts instead of {len(others)}")
            for x, y in zip(some[1:], others[1:], strict=True):
                one = _values(Product((some[0], y)), Product((others[0], x)), rules)
                if not one.equal:
                    return Comparison(False, "ratio", "another proportion")
            return Comparison(True, "ratio", "the same proportion")
        case (Ratio(parts=(left, right)), other) | (other, Ratio(parts=(left, right))):
            quotient = Product((left, Power(right, Number(Fraction(-1)))))
            if isinstance(answer, Ratio):
                return _values(quotient, other, rules)
            return _values(other, quotient, rules)
    return Comparison(False, "ratio", "a proportion against a value")


def _values(answer: Node, reference: Node, rules: Rules) -> Comparison:
    decided = _measures(answer, reference, rules)
    if decided.equal:
        return decided
    if any(contains(one, _names_no_base) for one in (answer, reference)):
        # `log` alone is the natural one in analysis and to base ten at school: whichever makes the two agree.
        again = _measures(in_base_ten(answer), in_base_ten(reference), rules)
        if again.equal:
            return again
    for names in renamings(answer, reference):
        if _measures(renamed(answer, names), reference, rules).equal:
            return Comparison(True, "family", "equal but for the letter of a parameter")
    return decided


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
        elif "circ" in (left or right) and (symbols(answer) or mentions_pi(answer) or mentions_pi(reference)):
            return _numbers(answer, reference, rules)  # degrees against radians
        answer, reference = bare(answer), bare(reference)
    if factor != 1:
        answer = Product((Number(factor), answer))
    return _numbers(answer, reference, rules)


def _numbers(answer: Node, reference: Node, rules: Rules) -> Comparison:
    try:
        given, wanted = exact(answer), exact(reference)
        if given is not None and wanted is not None:
            return _rationals(given, wanted, reference, rules)
        names = symbols(answer) | symbols(reference)
        if not names:
            return _constants(answer, reference, rules)
        return _functions(answer, reference, sorted(names))
    except NoValue as problem:
        same = canonical(answer) == canonical(reference)
        return Comparison(
            same, "structure", "the same expression" if same else f"not the same expression, and {problem}"
        )


def _rationals(left: Fraction, right: Fraction, reference: Node, rules: Rules) -> Comparison:
    if left == right:
        return Comparison(True, "exact", "equal")
    if rules.tolerance is not None:
        close = abs(left - right) <= Fraction(rules.tolerance) * max(abs(right), abs(left))
        return Comparison(close, "tolerance", f"{'within' if close else 'outside'} a tolerance of {rules.tolerance:g}")
    unit = _last_digit(reference, rules)
    if unit is not None and _rounds_to(left, right, unit):
        return Comparison(True, "rounding", f"equal after rounding to {_places(unit)}")
    return Comparison(False, "exact", "different numbers")


def _constants(answer: Node, reference: Node, rules: Rules) -> Comparison:
    left, right = approximate_or_none(answer), approximate_or_none(reference)
    tolerance = rules.tolerance
    unit = None if tolerance is not None else _last_digit(reference, rules)
    if left is not None and right is not None:
        apart = abs(left - right)
        size = max(abs(left), abs(right), 1e-300)
        room = max(1e-9 * size, (tolerance or 0) * size * 1.01, 1.01 * float(unit or 0))
        if apart > room:
            return Comparison(False, "numeric", "different values")
    first, second = precise(answer, {}), precise(reference, {})
    size = max(abs(first), abs(second))
    apart = abs(first - second)
    if apart <= size * 10.0**-DIGITS:
        return Comparison(True, "numeric", f"equal to {DIGITS} digits")
    if tolerance is not None:
        close = bool(apart <= tolerance * size)
        return Comparison(close, "tolerance", f"{'within' if close else 'outside'} a tolerance of {tolerance:g}")
    if unit is not None and abs(first.imag if hasattr(first, "imag") else 0) == 0:
        value, wanted = Fraction(str(first.real)), exact(reference)
        if wanted is not None and _rounds_to(value, wanted, unit):
            return Comparison(True, "rounding", f"equal after rounding to {_places(unit)}")
    return Comparison(False, "numeric", "different values")


def _functions(answer: Node, reference: Node, names: Sequence[str]) -> Comparison:
    """Compare at random points: different at one is different, equal to many digits at several is equal."""
    agreed = 0
    whole = any(contains(one, lambda part: isinstance(part, Bound)) for one in (answer, reference))
    for point in _whole_points(names) if whole else _points(names):
        try:
            left, right = approximate(answer, point), approximate(reference, point)
        except NoValue:
            continue
        if abs(left - right) > 1e-7 * max(abs(left), abs(right), 1e-300):
            where = ", ".join(f"{name} = {value:g}" for name, value in point.items())
            return Comparison(False, "numeric", f"different at {where}")
        if agreed < CONFIRMED:
            first, second = precise(answer, point), precise(reference, point)
            if abs(first - second) > max(abs(first), abs(second)) * 10.0**-DIGITS:
                return Comparison(False, "numeric", "different at a point, by very little")
        agreed += 1
        if agreed >= NEEDED:
            return Comparison(True, "numeric", f"equal at {agreed} random points")
    same = canonical(answer) == canonical(reference)
    return Comparison(same, "structure", "the same expression" if same else "no common values to compare")


def _whole_points(names: Sequence[str]) -> Sequence[dict[str, float]]:
    """Points at which a sum up to `n` has a value."""
    return [{name: float(start + index) for index, name in enumerate(names)} for start in range(1, POINTS + 1)]


def _points(names: Sequence[str]) -> Sequence[dict[str, float]]:
    """The same points every time, in both signs and sizes, away from integers."""
    source = random.Random(20240229)  # noqa: S311 - chooses test points, guards nothing
    points = []
    for index in range(POINTS):
        low, high = [(0.1, 3.0), (-3.0, 3.0), (2.0, 9.0), (-0.9, 0.9)][index % 4]
        points.append({name: round(source.uniform(low, high), 6) for name in names})
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


def _first(node: Node) -> Node:
    return node.factors[0] if isinstance(node, Product) else node


def _rounds_to(value: Fraction, wanted: Fraction, unit: Fraction) -> bool:
    """Whether a value is the wanted one when it is rounded to the last digit, halves either way."""
    return abs(value - wanted) * 2 <= unit


def _places(unit: Fraction) -> str:
    places = len(str(unit.denominator)) - 1
    return f"{places} digit{'s' if places != 1 else ''}"


def _relations(answer: Node, reference: Node, rules: Rules) -> Comparison:
    match answer, reference:
        case (
            Relation(sides=(a, b), operators=(first,)),
            Relation(sides=(c, d), operators=(second,)),
        ) if first == second == "=":
            if symbols(answer) != symbols(reference):
                for names in renamings(answer, reference):
                    return _relations(renamed(answer, names), reference, rules)
                return Comparison(False, "relation", "equations in different variables")
            try:
                return _proportional(_difference(a, b), _difference(c, d))
            except NoValue:
                pass
            if compare(a, c, rules).equal and compare(b, d, rules).equal:
                return Comparison(True, "relation", "the same relation")
        case Relation(sides=(a, b), operators=(first,)), Relation(sides=(c, d), operators=(second,)):
            for e, f, operator in ((a, b, first), (b, a, FLIPPED.get(first, first))):
                if operator == second and compare(e, c, rules).equal and compare(f, d, rules).equal:
                    return Comparison(True, "relation", "the same relation")
        case Relation(sides=some, operators=first), Relation(sides=others, operators=second):
            if first == second and len(some) == len(others):
                same = all(compare(x, y, rules).equal for x, y in zip(some, others, strict=True))
                return Comparison(same, "relation", "the same relation" if same else "different relations")
    return Comparison(False, "relation", "different relations")


def _difference(left: Node, right: Node) -> Node:
    return Sum((left, Product((Number(Fraction(-1)), right))))


def _proportional(left: Node, right: Node) -> Comparison:
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


def _collections(answer: Node, reference: Node, rules: Rules) -> Comparison:
    match answer, reference:
        case Matrix(rows=some), Matrix(rows=others):
            if [len(row) for row in some] != [len(row) for row in others]:
                return Comparison(False, "matrix", "matrices of different shapes")
            return _in_order([x for row in some for x in row], [y for row in others for y in row], rules, "entry")
        case Union(parts=some), Union(parts=others):
            return _in_any_order(some, others, rules)
        case Bracketed(left=l1, items=some, right=r1), Bracketed(left=l2, items=others, right=r2):
            if (only := _lone(answer)) is not None and l2 != "{":
                return compare(only, reference, rules)
            if (only := _lone(reference)) is not None and l1 != "{":
                return compare(answer, only, rules)
            if (l1, r1) != (l2, r2) and not ({l1 + r1, l2 + r2} == {"()", "[]"} and len(some) == len(others) > 2):
                return Comparison(False, "brackets", f"{l1}{r1} is not {l2}{r2}")
            if l1 == "{":
                return _in_any_order(_distinct(some, rules), _distinct(others, rules), rules)
            return _in_order(some, others, rules, "place")
        case Items(items=some, joined=first), Items(items=others, joined=second):
            if first and second and first != second and not all(isinstance(one, Quantity) for one in some):
                return Comparison(False, "structure", f"'{first}' is not '{second}'")
            return _in_any_order(some, others, rules)
        case (Items(items=some), Bracketed(left="{", items=others)) | (
            Bracketed(left="{", items=some),
            Items(items=others),
        ):
            return _in_any_order(_distinct(some, rules), _distinct(others, rules), rules)
        case (Items(items=some), Bracketed(items=others)) | (Bracketed(items=some), Items(items=others)):
            return _in_order(some, others, rules, "place")
        case Bracketed(left="{", items=(only,)), other:
            return compare(only, other, rules)
        case other, Bracketed(left="{", items=(only,)):
            return compare(other, only, rules)
    return Comparison(False, "structure", f"{kind(answer)} is not {kind(reference)}")


def _lone(node: Node) -> Node | None:
    """Return what a set of one tuple holds."""
    match node:
        case Bracketed(left="{", items=(Bracketed() as only,)):
            return only
    return None


def _in_order(some: Sequence[Node], others: Sequence[Node], rules: Rules, what: str) -> Comparison:
    if len(some) != len(others):
        return Comparison(False, "structure", f"{len(some)} values instead of {len(others)}")
    for index, (x, y) in enumerate(zip(some, others, strict=True), 1):
        one = _item(x, y, rules)
        if not one.equal:
            return Comparison(False, one.stage, f"{what} {index}: {one.reason}")
    return Comparison(True, "structure", "equal value by value")


def _in_any_order(some: Sequence[Node], others: Sequence[Node], rules: Rules) -> Comparison:
    if len(some) != len(others):
        return Comparison(False, "structure", f"{len(some)} values instead of {len(others)}")
    if len(some) > MAX_ITEMS:
        return _in_order(some, others, rules, "place")
    left = list(others)
    for x in some:
        found = next((k for k, y in enumerate(left) if _item(x, y, rules).equal), None)
        if found is None:
            return Comparison(False, "structure", "a value has no counterpart")
        del left[found]
    return Comparison(True, "structure", "equal in some order")


def _item(x: Node, y: Node, rules: Rules) -> Comparison:
    if endless(x) or endless(y):
        return Comparison(endless(x) == endless(y), "structure", "one is infinite")
    return compare(x, y, rules)


def _distinct(items: Sequence[Node], rules: Rules) -> Sequence[Node]:
    """A set holds each value once."""
    if len(items) > MAX_ITEMS:
        return items
    kept: list[Node] = []
    for one in items:
        if not any(_item(one, other, Rules(units_optional=rules.units_optional)).equal for other in kept):
            kept.append(one)
    return kept
