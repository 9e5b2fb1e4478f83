"""Decides whether two answers are equal, by the pair of their kinds; every step is bounded.

`ROWS` is the table: which two kinds, and what compares them. A row is written once, for its two kinds in one order, and
serves both. The first row that decides does; a row returns `None` where it has nothing to say.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import cache

from assay_math import symbolic
from assay_math.equality import Comparison, Rules, difference, proportional, ratios, same_solutions, values
from assay_math.evaluation import MAX_EFFORT, NoValue, effort, exact
from assay_math.families import as_family, renamings, same_family
from assay_math.intervals import FLIPPED, endless, listed, region
from assay_math.kinds import Kind, classify
from assay_math.names import (
    assignments,
    base,
    chain,
    is_asked_for,
    is_name,
    is_sequence,
    named_values,
    unlabelled,
)
from assay_math.rewriting import (
    MAX_ITEMS,
    as_clock,
    as_vector,
    by_letters,
    canonical,
    expanded,
    hours,
    lone_tuple,
    members,
    one_quantity,
    option_letters,
    rows_of,
    wording,
)
from assay_math.tree import (
    Apply,
    Bracketed,
    Cases,
    Choice,
    Family,
    Items,
    Matrix,
    Node,
    Number,
    Quantity,
    Relation,
    Such,
    Symbol,
    Union,
    Words,
    renamed,
    symbols,
)

__all__ = ["compare"]

Row = Callable[[Node, Node, Rules], Comparison | None]


def compare(answer: Node, reference: Node, rules: Rules) -> Comparison:
    """Compare an answer with a reference."""
    if effort(answer) + effort(reference) > MAX_EFFORT:
        same = canonical(answer) == canonical(reference)
        return Comparison(same, "structure", "the same expression" if same else "too much to compute", not same)
    return decide(answer, reference, rules)


def decide(x: Node, y: Node, rules: Rules) -> Comparison:
    """Compare two answers, of which the reference is the second, or the first where the rules are turned."""
    x, y = expanded(x), expanded(y)
    if x == y:
        return Comparison(True, "structure", "the same expression")
    if not (isinstance(x, Items) and isinstance(y, Items)):
        x, y = one_quantity(x), one_quantity(y)  # 2 hours 30 minutes
    for row, turned in _rows(classify(x), classify(y)):
        decided = row(y, x, rules.turn()) if turned else row(x, y, rules)
        if decided is not None:
            return decided
    return values(x, y, rules)


# --- families, options, moments ---------------------------------------------------------------------------------------


def _families(x: Node, y: Node, rules: Rules) -> Comparison | None:
    sequence = is_sequence(x) or is_sequence(y)
    x, y = unlabelled(x, y)
    left = as_family(x, y) if isinstance(y, Family) else x
    right = as_family(y, x) if isinstance(x, Family) else y
    if not isinstance(left, Family) or not isinstance(right, Family):
        # What is said of a letter beside an expression in it changes nothing: `2n + 1, where n is an integer`.
        return decide(members(x), members(y), rules)
    same = None if sequence else same_family(left, right)
    if same is None:
        pairs = zip(sorted(left.parameters), sorted(right.parameters), strict=False)
        names: dict[str, Node] = {old: Symbol(new) for old, new in pairs}
        return decide(renamed(Items(left.members), names), Items(right.members), rules)
    return Comparison(same, "family", "the same values for all integers" if same else "other values for some integer")


def _choices(x: Node, y: Node, rules: Rules) -> Comparison | None:
    """`(B) 12` is not `(B) 13` nor `(A) 12`."""
    if not isinstance(x, Choice) or not isinstance(y, Choice):
        return None
    if x.letter != y.letter:
        return Comparison(False, "choice", f"{x.letter} is not {y.letter}")
    return decide(x.content, y.content, rules)


def _choice(x: Node, y: Node, rules: Rules) -> Comparison | None:
    """`(B) 12` is B, and it is 12."""
    if not isinstance(x, Choice):
        return None
    if wording(y) == (x.letter.casefold(),):
        return Comparison(True, "choice", f"the option {x.letter}")
    return decide(x.content, y, rules)


def _days(x: Node, y: Node, rules: Rules) -> Comparison:
    return Comparison(False, "date", "another day")


def _times(x: Node, y: Node, rules: Rules) -> Comparison:
    """Times of day: where one side says neither am nor pm, its hour may be either."""
    left, right = as_clock(x), as_clock(y)
    if left is None or right is None:
        return Comparison(False, "time", "a time of day against something else")
    same = bool(hours(left) & hours(right)) and (left.minute, left.second) == (right.minute, right.second)
    return Comparison(same, "time", "the same time" if same else "another time")


# --- names ------------------------------------------------------------------------------------------------------------


def _assignments(x: Node, y: Node, rules: Rules) -> Comparison | None:
    """Several values by name against others by name."""
    given, wanted = assignments(x) or {}, assignments(y) or {}
    if given.keys() != wanted.keys():
        return Comparison(False, "names", "values of other names")
    return _in_order([given[name] for name in wanted], list(wanted.values()), rules, "value")


def _assigned(x: Node, y: Node, rules: Rules) -> Comparison | None:
    """Several values by name, `a = 1, b = 2`, against values in order; those of one name are in any order."""
    named = assignments(x) or {}
    match y:
        case Bracketed(left=left, items=items):
            pass
        case Items(items=items):
            left = ""
        case Matrix(rows=rows) if all(len(row) == 1 for row in rows):
            left, items = "(", tuple(row[0] for row in rows)
        case _:
            return None
    if any(isinstance(one, Relation) for one in items):
        return None
    bases = {base(name) for name in named}
    if left == "{" or (left == "" and len(bases) == 1):  # x_1 = 2, x_2 = 3 are the roots in any order
        return _in_any_order(list(named.values()), list(items), rules)
    return _in_order(list(named.values()), list(items), rules, "value")


def _derivation(x: Node, y: Node, rules: Rules) -> Comparison | None:
    """`x = 6/4 = 3/2` and `25 pi ~ 78.5` say what their sides say, if they agree."""
    sides = chain(x)
    other = chain(y) if isinstance(y, Relation) else None
    if sides is None or len(sides) < 2 or (other is not None and len(other) > 1):
        return None
    if isinstance(y, Relation) and y.operators != ("=",):
        return None
    if len(set(sides)) == 1:
        return Comparison(False, "relation", "an equation that says nothing")
    nought = Number(Fraction(0))
    if isinstance(unlabelled(x, nought)[0], Items):
        return None
    y = unlabelled(y, nought)[0] if isinstance(y, Relation) else y
    constant = not any(symbols(one) or isinstance(one, (Words, Bracketed, Items)) for one in sides)
    labelled = isinstance(x, Relation) and len(sides) < len(x.sides)
    if not constant and not labelled:
        return None
    if constant and not all(_agree(sides[0], one, rules) for one in sides[1:]):
        return Comparison(False, "relation", "its sides are not equal")
    last = Comparison(False, "relation", "different values")
    for one in reversed(sides if constant else sides[-1:]):
        last = decide(one, y, rules)
        if last.equal:
            break
    return last


def _agree(left: Node, right: Node, rules: Rules) -> bool:
    return decide(left, right, rules).equal or decide(right, left, rules).equal


def _unlabelled(x: Node, y: Node, rules: Rules) -> Comparison | None:
    """A name before a value is none of its content where the other side has none, or the same."""
    bare = unlabelled(x, y)
    return None if bare == (x, y) else decide(*bare, rules)


def _expression_named(x: Node, y: Node, rules: Rules) -> Comparison | None:
    r"""An answer `\sin A = \frac12` or `x + y = 5` says the value; a reference so written asks for the equation."""
    match x:
        case Relation(sides=(name, value), operators=("=",)) if not rules.turned and not symbols(value):
            return decide(value, y, rules) if is_asked_for(name) else None
    return None


def _words(x: Node, y: Node, rules: Rules) -> Comparison:
    same = wording(x) == wording(y)
    return Comparison(same, "words", "the same words" if same else "other words")


# --- sets of reals ----------------------------------------------------------------------------------------------------


def _regions(x: Node, y: Node, rules: Rules) -> Comparison | None:
    if all(isinstance(one, Relation) for one in (x, y)) and _letters_of(x) != _letters_of(y):
        return Comparison(False, "relation", "relations in other variables")
    whole = listed(x), listed(y)
    if whole[0] is not None or whole[1] is not None:
        return decide(whole[0] or x, whole[1] or y, rules)
    left, right = region(x), region(y)
    if (unsolved := y if rules.turned is False and right is None else None) is not None and left is not None:
        return _solved(unsolved, x)
    if (unsolved := x if rules.turned and left is None else None) is not None and right is not None:
        return _solved(unsolved, y)
    if left is None or right is None:
        return _conditions(x, y, rules) if isinstance(x, Such) and isinstance(y, Such) else None
    if len(left) != len(right):
        return Comparison(False, "interval", "intervals of other number")
    for one, two in zip(left, right, strict=True):
        if (one.low_closed, one.high_closed) != (two.low_closed, two.high_closed):
            return Comparison(False, "interval", "an end is open on one side and closed on the other")
        if not _item(one.low, two.low, rules).equal or not _item(one.high, two.high, rules).equal:
            return Comparison(False, "interval", "intervals with other ends")
    return Comparison(True, "interval", "the same numbers")


def _solved(reference: Node, answer: Node) -> Comparison | None:
    """Compare a set of reals with what solves the reference. An answer that is left to be solved is none."""
    if not isinstance(reference, Relation) or len(symbols(reference)) != 1:
        return None
    ends = answer if not isinstance(answer, Relation) else None
    same = None if ends is None else symbolic.solves(reference, ends)
    if same is None:
        return Comparison(False, "interval", "SymPy can't solve it", undecided=True)
    return Comparison(same, "symbolic", "the solutions, by SymPy" if same else "other solutions, by SymPy")


def _letters_of(node: Node) -> frozenset[str]:
    return frozenset(name for name in symbols(node) if not name.startswith("the_"))


def _conditions(answer: Such, reference: Such, rules: Rules) -> Comparison:
    """Two sets by condition are the same if what is in them and the conditions are, whatever the letter."""
    mine, theirs = sorted(symbols(answer)), sorted(symbols(reference))
    names: dict[str, Node] = {}
    if len(mine) == len(theirs):
        names = {old: Symbol(new) for old, new in zip(mine, theirs, strict=True)}
    element = decide(renamed(answer.element, names), reference.element, rules)
    if not element.equal:
        return Comparison(False, "set", "other elements")
    given = [renamed(one, names) for one in answer.conditions]
    return _in_any_order(given, reference.conditions, rules)


# --- relations --------------------------------------------------------------------------------------------------------


def _congruences(x: Node, y: Node, rules: Rules) -> Comparison | None:
    match x, y:
        case Apply(arguments=(a, m)), Apply(function="congruent", arguments=(b, n)):
            left, right, first, second = exact(a), exact(b), exact(m), exact(n)
            if left is None or right is None or not first or first != second:
                return Comparison(False, "congruence", "other classes")
            same = (left - right) % first == 0
            return Comparison(same, "congruence", "the same class" if same else "other classes")
        case Apply(arguments=(a, _)), _:
            return decide(a, y, rules)
    return None


def _piecewise(x: Node, y: Node, rules: Rules) -> Comparison | None:
    if not isinstance(x, Cases) or not isinstance(y, Cases):
        return None
    if len(x.rows) != len(y.rows) or len(x.rows) > MAX_ITEMS:
        return Comparison(False, "cases", f"{len(x.rows)} cases against {len(y.rows)}")
    left = list(y.rows)
    spare = []
    for value, condition in x.rows:
        found = next((row for row in left if _same_case(value, condition, row, rules)), None)
        if found is None:
            spare.append((value, condition))
        else:
            left.remove(found)
    # "Otherwise" is what the other cases leave.
    if len(spare) == len(left) == 1 and (spare[0][1] is None) != (left[0][1] is None):
        spare = [] if decide(spare[0][0], left[0][0], rules).equal else spare
    return Comparison(not spare, "cases", "a case has no counterpart" if spare else "the same cases")


def _same_case(value: Node, condition: Node | None, row: tuple[Node, Node | None], rules: Rules) -> bool:
    if (condition is None) != (row[1] is None):
        return False
    if condition is not None and row[1] is not None and not decide(condition, row[1], rules).equal:
        return False
    return decide(value, row[0], rules).equal


def _equations(x: Node, y: Node, rules: Rules) -> Comparison | None:
    match x, y:
        case Relation(sides=(a, b), operators=("=",)), Relation(sides=(c, d), operators=("=",)):
            pass
        case _:
            return None
    if not symbols(x) and not symbols(y):  # no unknown: what it says is its two sides, and not whether it is true
        same = any(_agree(e, c, rules) and _agree(f, d, rules) for e, f in ((a, b), (b, a)))
        return Comparison(same, "relation", "the same equation" if same else "different equations")
    x, y = by_letters(x, y), by_letters(y, x)
    if symbols(x) != symbols(y):
        for names in renamings(x, y):
            return _equations(renamed(x, names), y, rules)
        return Comparison(False, "relation", "equations in different variables")
    (a, b), (c, d) = x.sides, y.sides  # type: ignore[attr-defined]
    try:
        left, right = difference(a, b), difference(c, d)
        decided = proportional(left, right)
        return (
            decided
            if decided.equal or not same_solutions(left, right)
            else Comparison(True, "relation", "equations with the same solutions")
        )
    except NoValue:
        same = decide(a, c, rules).equal and decide(b, d, rules).equal
        return Comparison(same, "relation", "the same equation" if same else "different equations")


def _relations(x: Node, y: Node, rules: Rules) -> Comparison | None:
    """Chains with the same signs, or the turned ones from the other end."""
    match x, y:
        case Relation(sides=some, operators=first), Relation(sides=others, operators=second):
            turned = tuple(FLIPPED.get(one, one) for one in reversed(second))
            for sides, signs in ((others, second), (others[::-1], turned)):
                if first == signs and all(decide(e, f, rules).equal for e, f in zip(some, sides, strict=True)):
                    return Comparison(True, "relation", "the same relation")
    return Comparison(False, "relation", "different relations")


# --- collections ------------------------------------------------------------------------------------------------------


def _vectors(x: Node, y: Node, rules: Rules) -> Comparison | None:
    """A sum of unit vectors, a column or rows in brackets against a matrix or a tuple."""
    if isinstance(x, Bracketed) and isinstance(y, Matrix):
        return _vectors(y, x, rules.turn())
    if isinstance(x, Matrix) and isinstance(y, Bracketed):
        rows = rows_of(y)
        if rows is not None:
            return _matrices(x, rows, rules)
        flat = as_vector(x, 0) if y.left != "{" else None
        return None if flat is None else decide(flat, Bracketed("(", y.items, ")"), rules)
    if isinstance(y, (Matrix, Bracketed)):
        return None
    flat = (
        as_vector(x, 0) if isinstance(x, Matrix) else Bracketed("(", x.items if isinstance(x, Bracketed) else (), ")")
    )
    vector = as_vector(y, len(flat.items)) if isinstance(flat, Bracketed) else None
    return None if flat is None or vector is None else decide(flat, vector, rules)


def _matrices(x: Node, y: Node, rules: Rules) -> Comparison | None:
    if not isinstance(x, Matrix) or not isinstance(y, Matrix):
        return None
    if [len(row) for row in x.rows] != [len(row) for row in y.rows]:
        return Comparison(False, "matrix", "matrices of different shapes")
    return _in_order([one for row in x.rows for one in row], [one for row in y.rows for one in row], rules, "entry")


def _unions(x: Node, y: Node, rules: Rules) -> Comparison | None:
    match x, y:
        case Union(parts=some), Union(parts=others):
            return _in_any_order(some, others, rules)
    return None


def _brackets(x: Node, y: Node, rules: Rules) -> Comparison | None:
    match x, y:
        case Bracketed(left=l1, items=some, right=r1), Bracketed(left=l2, items=others, right=r2):
            if (only := lone_tuple(x)) is not None and l2 != "{":
                return decide(only, y, rules)
            if (only := lone_tuple(y)) is not None and l1 != "{":
                return decide(x, only, rules)
            if (l1, r1) != (l2, r2) and not ({l1 + r1, l2 + r2} == {"()", "[]"} and len(some) == len(others) > 2):
                return Comparison(False, "brackets", f"{l1}{r1} is not {l2}{r2}")
            if l1 == "{":
                return _in_any_order(_distinct(some, rules), _distinct(others, rules), rules)
            return _in_order(some, others, rules, "place")
    return None


def _lists(x: Node, y: Node, rules: Rules) -> Comparison | None:
    match x, y:
        case Items(items=some, joined=first), Items(items=others, joined=second):
            if first and second and first != second and not all(isinstance(one, Quantity) for one in some):
                return Comparison(False, "structure", f"'{first}' is not '{second}'")
            named = max(map(len, map(named_values, (x, y)))) > 1 or all(map(is_name, (*some, *others)))
            if first != second and "or" in (first, second) and named:
                return Comparison(False, "structure", "values of which one holds are not values that all hold")
            return _in_any_order(some, others, rules)
    return None


def _list_as_set(x: Node, y: Node, rules: Rules) -> Comparison | None:
    match x, y:
        case Items(items=some), Bracketed(items=others):
            return _in_any_order(_distinct(some, rules), _distinct(others, rules), rules)
    return None


def _list_as_tuple(x: Node, y: Node, rules: Rules) -> Comparison | None:
    match x, y:
        case Items(joined="or"), _:
            return Comparison(False, "structure", "values of which one holds are not values in order")
        case Items(items=some), Bracketed(items=others):
            return _in_order(some, others, rules, "place")
    return None


def _repeated(x: Node, y: Node, rules: Rules) -> Comparison | None:
    """An answer that says one value twice says one."""
    if not isinstance(x, Items) or rules.turned or isinstance(y, (Items, Bracketed)):
        return None
    kept = _distinct(x.items, rules)
    return decide(kept[0], y, rules) if len(kept) == 1 else None


def _lone_member(x: Node, y: Node, rules: Rules) -> Comparison | None:
    match x:
        case Bracketed(left="{", items=(only,)):
            return decide(only, y, rules)
    return None


def _options(x: Node, y: Node, rules: Rules) -> Comparison:
    """Several options by their letters; no other collection is a single value, or one of another kind."""
    if (letters := option_letters(x)) and letters == option_letters(y):
        return Comparison(True, "choice", "the same options")
    return Comparison(False, "structure", f"a {classify(x)} is not a {classify(y)}")


def _in_order(some: Sequence[Node], others: Sequence[Node], rules: Rules, what: str) -> Comparison:
    if len(some) != len(others):
        given, wanted = (others, some) if rules.turned else (some, others)
        return Comparison(False, "structure", f"{len(given)} values instead of {len(wanted)}")
    for index, (x, y) in enumerate(zip(some, others, strict=True), 1):
        one = _item(x, y, rules)
        if not one.equal:
            return Comparison(False, one.stage, f"{what} {index}: {one.reason}", one.undecided)
    return Comparison(True, "structure", "equal value by value")


def _in_any_order(some: Sequence[Node], others: Sequence[Node], rules: Rules) -> Comparison:
    """Compare values in any order. An answer may say one of its values twice; what a reference says twice it means."""
    if len(some) != len(others):
        some, others = (some, _distinct(others, rules)) if rules.turned else (_distinct(some, rules), others)
    if len(some) != len(others):
        given, wanted = (others, some) if rules.turned else (some, others)
        return Comparison(False, "structure", f"{len(given)} values instead of {len(wanted)}")
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
    return decide(x, y, rules)


def _distinct(items: Sequence[Node], rules: Rules) -> Sequence[Node]:
    """A set holds each value once."""
    if len(items) > MAX_ITEMS:
        return items
    exactly = Rules(units_optional=rules.units_optional, percent_optional=False)
    kept: list[Node] = []
    for one in items:
        if not any(_item(one, other, exactly).equal for other in kept):
            kept.append(one)
    return kept


# --- the table --------------------------------------------------------------------------------------------------------

_ANY = frozenset(Kind)
_EQUATIONS = frozenset({Kind.EQUATION, Kind.ASSIGNMENT})
_RELATIONS = frozenset({Kind.EQUATION, Kind.ASSIGNMENT, Kind.RELATION, Kind.REGION})
_LISTS = frozenset({Kind.LIST, Kind.ASSIGNMENT, Kind.REGION})
_SETS = frozenset({Kind.SET, Kind.ASSIGNMENT})
_TUPLES = frozenset({Kind.TUPLE, Kind.ASSIGNMENT, Kind.REGION})
_COLLECTIONS = frozenset({Kind.TUPLE, Kind.SET, Kind.LIST, Kind.UNION, Kind.MATRIX, Kind.ASSIGNMENT})

#: Two kinds, in either order, and what compares them. The order of the rows is the order in which they are asked.
ROWS: list[tuple[frozenset[Kind], frozenset[Kind], Row]] = [
    (frozenset({Kind.FAMILY}), _ANY, _families),
    (frozenset({Kind.CHOICE}), frozenset({Kind.CHOICE}), _choices),
    (frozenset({Kind.CHOICE}), _ANY, _choice),
    (frozenset({Kind.DATE}), _ANY, _days),
    (frozenset({Kind.TIME}), _ANY, _times),
    (frozenset({Kind.ASSIGNMENT}), frozenset({Kind.ASSIGNMENT}), _assignments),
    (frozenset({Kind.ASSIGNMENT}), _COLLECTIONS | {Kind.REGION}, _assigned),
    (frozenset({Kind.EQUATION}), _ANY, _derivation),
    (_EQUATIONS | _RELATIONS | _LISTS, _ANY, _unlabelled),
    (frozenset({Kind.WORDS}), _ANY, _words),
    (frozenset({Kind.EQUATION}), _ANY - _RELATIONS, _expression_named),
    (frozenset({Kind.REGION}), _ANY, _regions),
    (frozenset({Kind.MATRIX, Kind.TUPLE}), _ANY, _vectors),
    (frozenset({Kind.CONGRUENCE}), _ANY, _congruences),
    (frozenset({Kind.CASES}), frozenset({Kind.CASES}), _piecewise),
    (_EQUATIONS, _EQUATIONS, _equations),
    (frozenset({Kind.MATRIX}), frozenset({Kind.MATRIX}), _matrices),
    (frozenset({Kind.UNION}), frozenset({Kind.UNION}), _unions),
    (_SETS | _TUPLES, _SETS | _TUPLES, _brackets),
    (_LISTS, _LISTS, _lists),
    (_LISTS, _SETS, _list_as_set),
    (_LISTS, _TUPLES, _list_as_tuple),
    (_RELATIONS, _ANY, _relations),
    (_SETS, _ANY, _lone_member),
    (_LISTS, _ANY, _repeated),
    (_COLLECTIONS, _ANY, _options),
    (frozenset({Kind.RATIO}), _ANY, ratios),
]


@cache
def _rows(x: Kind, y: Kind) -> tuple[tuple[Row, bool], ...]:
    """Return what may compare two kinds, and whether it takes them in the other order."""
    found: list[tuple[Row, bool]] = []
    for first, second, row in ROWS:
        if x in first and y in second:
            found.append((row, False))
        elif y in first and x in second:
            found.append((row, True))
    return tuple(found)
