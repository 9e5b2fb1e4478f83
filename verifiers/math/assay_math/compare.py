"""Decides whether an answer equals a reference, in rising order of cost; every stage is bounded."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from assay_math.equality import Comparison, Rules, difference, proportional, ratios, values
from assay_math.families import as_family, renamings, same_family
from assay_math.forms import (
    MAX_ITEMS,
    as_clock,
    as_vector,
    canonical,
    expanded,
    kind,
    one_quantity,
    wording,
)
from assay_math.labels import assignments, chain, unlabelled
from assay_math.regions import FLIPPED, endless, is_region, listed, region
from assay_math.tree import (
    Apply,
    Bracketed,
    Cases,
    Choice,
    Clock,
    Date,
    Family,
    Items,
    Matrix,
    Node,
    Number,
    Quantity,
    Ratio,
    Relation,
    Such,
    Symbol,
    Union,
    Words,
    renamed,
    symbols,
)
from assay_math.value import MAX_EFFORT, NoValue, effort, exact

__all__ = ["compare"]


def compare(answer: Node, reference: Node, rules: Rules) -> Comparison:
    """Compare an answer with a reference."""
    if effort(answer) + effort(reference) > MAX_EFFORT:
        same = canonical(answer) == canonical(reference)
        return Comparison(same, "structure", "the same expression" if same else "too much to compute")
    return _decided(answer, reference, rules)


def _decided(answer: Node, reference: Node, rules: Rules) -> Comparison:
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
        return ratios(answer, reference, rules)
    return values(answer, reference, rules)


def _families(answer: Node, reference: Node, rules: Rules) -> Comparison | None:
    if not isinstance(answer, Family) and not isinstance(reference, Family):
        return None
    sequence = _is_sequence(answer) or _is_sequence(reference)
    answer, reference = unlabelled(answer, reference)
    left = as_family(answer, reference) if isinstance(reference, Family) else answer
    right = as_family(reference, answer) if isinstance(answer, Family) else reference
    if not isinstance(left, Family) or not isinstance(right, Family):
        # What is said of a letter beside an expression in it changes nothing: `2n + 1, where n is an integer`.
        return _decided(_members(answer), _members(reference), rules)
    same = None if sequence else same_family(left, right)
    if same is None:
        pairs = zip(sorted(left.parameters), sorted(right.parameters), strict=False)
        names: dict[str, Node] = {old: Symbol(new) for old, new in pairs}
        return _decided(renamed(Items(left.members), names), Items(right.members), rules)
    return Comparison(same, "family", "the same values for all integers" if same else "other values for some integer")


def _is_sequence(node: Node) -> bool:
    """Whether the values have places by their label: `a_n = 2n + 1`."""
    match node:
        case Family(members=members):
            return any(map(_is_sequence, members))
        case Relation(sides=(Symbol(name=name), _)):
            return "_" in name
    return False


def _members(node: Node) -> Node:
    if isinstance(node, Family):
        return Items(node.members) if len(node.members) > 1 else node.members[0]
    return node


def _choices(answer: Node, reference: Node, rules: Rules) -> Comparison | None:
    """`(B) 12` is B, and it is 12; it is not `(B) 13` nor `(A) 12`."""
    if isinstance(answer, Choice) and isinstance(reference, Choice):
        if answer.letter != reference.letter:
            return Comparison(False, "choice", f"{answer.letter} is not {reference.letter}")
        return _decided(answer.content, reference.content, rules)
    if isinstance(answer, Choice):
        if wording(reference) == (answer.letter.casefold(),):
            return Comparison(True, "choice", f"the option {answer.letter}")
        return _decided(answer.content, reference, rules)
    if isinstance(reference, Choice):
        if wording(answer) == (reference.letter.casefold(),):
            return Comparison(True, "choice", f"the option {reference.letter}")
        return _decided(answer, reference.content, rules)
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
            last = _decided(other, one, rules) if turn else _decided(one, other, rules)
            if last.equal:
                return last
        return last
    return None


def _agree(left: Node, right: Node, rules: Rules) -> bool:
    return _decided(left, right, rules).equal or _decided(right, left, rules).equal


def _quantified(answer: Node, reference: Node) -> tuple[Node, Node]:
    """Read `2 hours 30 minutes` and `1 hour and 15 minutes` as one quantity where the other side is one value."""
    if not isinstance(answer, Items) or not isinstance(reference, Items):
        return one_quantity(answer), one_quantity(reference)
    return answer, reference


def _regions(answer: Node, reference: Node, rules: Rules) -> Comparison | None:
    if not is_region(answer) and not is_region(reference):
        return None
    names = _letters_of(answer), _letters_of(reference)
    if all(isinstance(one, Relation) for one in (answer, reference)) and names[0] != names[1]:
        return Comparison(False, "relation", "relations in other variables")
    whole = listed(answer), listed(reference)
    if whole[0] is not None or whole[1] is not None:
        return _collections(whole[0] or answer, whole[1] or reference, rules)
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


def _letters_of(node: Node) -> frozenset[str]:
    return frozenset(name for name in symbols(node) if not name.startswith("the_"))


def _conditions(answer: Such, reference: Such, rules: Rules) -> Comparison:
    """Two sets by condition are the same if what is in them and the conditions are, whatever the letter."""
    mine, theirs = sorted(symbols(answer)), sorted(symbols(reference))
    names: dict[str, Node] = {}
    if len(mine) == len(theirs):
        names = {old: Symbol(new) for old, new in zip(mine, theirs, strict=True)}
    element = _decided(renamed(answer.element, names), reference.element, rules)
    if not element.equal:
        return Comparison(False, "set", "other elements")
    given = [renamed(one, names) for one in answer.conditions]
    return _in_any_order(given, reference.conditions, rules)


def _vectors(answer: Node, reference: Node, rules: Rules) -> Comparison | None:
    """A column and a sum of unit vectors against a tuple."""
    for side, other, turn in ((answer, reference, False), (reference, answer, True)):
        if isinstance(other, Matrix) and (rows := _nested(side)) is not None:
            return _collections(other, rows, rules) if turn else _collections(rows, other, rules)
        if isinstance(other, Matrix) and not isinstance(side, Matrix) and not isinstance(side, Bracketed):
            flat = as_vector(other, 0)
            vector = None if flat is None else as_vector(side, len(flat.items))  # type: ignore[attr-defined]
            if flat is not None and vector is not None:
                return _decided(flat, vector, rules) if turn else _decided(vector, flat, rules)
        if isinstance(other, Bracketed) and other.left in ("(", "[") and not isinstance(side, Bracketed):
            vector = as_vector(side, len(other.items))
            if vector is not None:
                plain = Bracketed("(", other.items, ")")
                return _decided(plain, vector, rules) if turn else _decided(vector, plain, rules)
    return None


def _nested(node: Node) -> Matrix | None:
    """Read `[[1, 2], [3, 4]]` as a matrix by its rows."""
    match node:
        case Bracketed(left="[", items=rows) if len(rows) > 1:
            entries = [row.items for row in rows if isinstance(row, Bracketed) and row.left == "["]
            return Matrix(tuple(entries)) if len(entries) == len(rows) else None
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
            return _decided(a, b, rules)
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
        spare = [] if _decided(spare[0][0], left[0][0], rules).equal else spare
    return Comparison(not spare, "cases", "a case has no counterpart" if spare else "the same cases")


def _same_case(value: Node, condition: Node | None, row: tuple[Node, Node | None], rules: Rules) -> bool:
    if (condition is None) != (row[1] is None):
        return False
    if condition is not None and row[1] is not None and not _decided(condition, row[1], rules).equal:
        return False
    return _decided(value, row[0], rules).equal


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
            if not symbols(answer):  # no unknown: what it says is its two sides, and not whether it is true
                same = any(_agree(x, c, rules) and _agree(y, d, rules) for x, y in ((a, b), (b, a)))
                return Comparison(same, "relation", "the same equation" if same else "different equations")
            try:
                return proportional(difference(a, b), difference(c, d))
            except NoValue:
                pass
            if _decided(a, c, rules).equal and _decided(b, d, rules).equal:
                return Comparison(True, "relation", "the same relation")
        case Relation(sides=(a, b), operators=(first,)), Relation(sides=(c, d), operators=(second,)):
            for e, f, operator in ((a, b, first), (b, a, FLIPPED.get(first, first))):
                if operator == second and _decided(e, c, rules).equal and _decided(f, d, rules).equal:
                    return Comparison(True, "relation", "the same relation")
        case Relation(sides=some, operators=first), Relation(sides=others, operators=second):
            if first == tuple(FLIPPED.get(one, one) for one in reversed(second)):
                others, second = others[::-1], first  # a > b > c, and c < b < a
            if first == second and len(some) == len(others):
                same = all(_decided(x, y, rules).equal for x, y in zip(some, others, strict=True))
                return Comparison(same, "relation", "the same relation" if same else "different relations")
    return Comparison(False, "relation", "different relations")


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
                return _decided(only, reference, rules)
            if (only := _lone(reference)) is not None and l1 != "{":
                return _decided(answer, only, rules)
            if (l1, r1) != (l2, r2) and not ({l1 + r1, l2 + r2} == {"()", "[]"} and len(some) == len(others) > 2):
                return Comparison(False, "brackets", f"{l1}{r1} is not {l2}{r2}")
            if l1 == "{":
                return _in_any_order(_distinct(some, rules), _distinct(others, rules), rules)
            return _in_order(some, others, rules, "place")
        case Items(items=some, joined=first), Items(items=others, joined=second):
            if first and second and first != second and not all(isinstance(one, Quantity) for one in some):
                return Comparison(False, "structure", f"'{first}' is not '{second}'")
            if first != second and "or" in (first, second) and len(_named_values(answer)) > 1:
                return Comparison(False, "structure", "values of which one holds are not values that all hold")
            return _in_any_order(some, others, rules)
        case (Items(items=some), Bracketed(left="{", items=others)) | (
            Bracketed(left="{", items=some),
            Items(items=others),
        ):
            return _in_any_order(_distinct(some, rules), _distinct(others, rules), rules)
        case (Items(joined="or"), Bracketed()) | (Bracketed(), Items(joined="or")):
            return Comparison(False, "structure", "values of which one holds are not values in order")
        case (Items(items=some), Bracketed(items=others)) | (Bracketed(items=some), Items(items=others)):
            return _in_order(some, others, rules, "place")
        case Bracketed(left="{", items=(only,)), other:
            return _decided(only, other, rules)
        case other, Bracketed(left="{", items=(only,)):
            return _decided(other, only, rules)
    if (letters := _letters(answer)) and letters == _letters(reference):
        return Comparison(True, "choice", "the same options")
    return Comparison(False, "structure", f"{kind(answer)} is not {kind(reference)}")


def _named_values(node: Items) -> set[str]:
    """Return the names of values, `x` and `y` of `x = 1, y = 2`."""
    return {
        one.sides[0].name.partition("_")[0]
        for one in node.items
        if isinstance(one, Relation) and one.operators == ("=",) and isinstance(one.sides[0], Symbol)
    }


def _lone(node: Node) -> Node | None:
    """Return what a set of one tuple holds."""
    match node:
        case Bracketed(left="{", items=(Bracketed() as only,)):
            return only
    return None


def _letters(node: Node) -> str:
    """Return several options by their letters, `A, C` or `AC`; nothing for anything else."""
    match node:
        case Symbol(name=name) if name.isupper() and name.isalpha():
            return "".join(sorted(name))
        case Items(items=items) if all(isinstance(one, Symbol) and len(one.name) == 1 for one in items):
            return "".join(sorted(one.name for one in items)) if all(one.name in "ABCDEFGH" for one in items) else ""  # type: ignore[attr-defined]
    return ""


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
    return _decided(x, y, rules)


def _distinct(items: Sequence[Node], rules: Rules) -> Sequence[Node]:
    """A set holds each value once."""
    if len(items) > MAX_ITEMS:
        return items
    kept: list[Node] = []
    for one in items:
        if not any(_item(one, other, Rules(units_optional=rules.units_optional)).equal for other in kept):
            kept.append(one)
    return kept
