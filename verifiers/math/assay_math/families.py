r"""Values for every integer, `\pi/4 + k\pi`: two are the same if they hold the same values, whatever the letter."""

from __future__ import annotations

from assay_math.evaluation import NoValue, approximate
from assay_math.rewriting import expanded
from assay_math.tree import Family, Items, Node, Quantity, Relation, Such, Symbol, contains, mentions_pi, symbols

__all__ = ["as_family", "renamings", "same_family"]

#: Letters that stand for any integer, and for a constant of integration, where nothing says what they are.
INTEGERS = frozenset({"k", "n", "m", "l", "j", "z", "N", "K"})
CONSTANTS = frozenset({"C", "c", "K", "k", "A", "B", "D", "C_1", "C_2", "C_3", "c_1", "c_2", "c_3", "c1", "c2"})

#: Members of one family that are looked for among those of the other, and how far they are looked for.
_NEAR, _FAR = 6, 40


def as_family(node: Node, other: Family) -> Family | None:
    """Read a node as a family where the other side is declared as one."""
    if isinstance(node, Family):
        return node
    match node:
        case Such(conditions=(Relation(sides=(Symbol(name=name), Symbol(name="the_Z")), operators=("in",)),)):
            return Family((node.element,), frozenset({name}))
    names = symbols(node)
    free = names & (INTEGERS | other.parameters)
    members = node.items if isinstance(node, Items) else (node,)
    return Family(members, free, other.counted) if len(free) == 1 and len(names) == 1 else None


def same_family(left: Family, right: Family) -> bool | None:
    """Whether two families of numbers hold the same values, `None` where that can't be told."""
    if len(left.parameters) != 1 or len(right.parameters) != 1 or left.counted or right.counted:
        return None
    try:
        return _covers(left, right) and _covers(right, left)
    except NoValue:
        return None


def _covers(some: Family, others: Family) -> bool:
    held = _values(others, _FAR)
    return all(
        any(abs(value - other) <= 1e-9 * max(1.0, abs(value)) for other in held) for value in _values(some, _NEAR)
    )


def _values(family: Family, reach: int) -> list[complex]:
    (name,) = family.parameters
    flat: list[Node] = []
    for member in map(expanded, family.members):
        flat.extend(member.items if isinstance(member, Items) else (member,))
    if len(flat) > 16:
        raise NoValue("a family has too many members")
    return [value for one in flat for value in _at_integers(one, name, reach)]


def _at_integers(node: Node, name: str, reach: int) -> list[complex]:
    """Return a member's values around nought; what goes up by as much each time is not computed one by one."""
    first = [approximate(node, {name: float(k)}) for k in (0, 1, 2, 7)]
    step = first[1] - first[0]
    near = 1e-12 * max(1.0, *map(abs, first))
    if abs(first[2] - first[1] - step) <= near and abs(first[3] - first[0] - 7 * step) <= 7 * near:
        return [first[0] + k * step for k in range(-reach, reach + 1)]
    return [approximate(node, {name: float(k)}) for k in range(-reach, reach + 1)]


def _turns(node: Node) -> bool:
    """Whether an expression has angles in it, by pi or by degrees."""
    return mentions_pi(node) or contains(node, lambda part: isinstance(part, Quantity) and "circ" in part.unit)


def renamings(answer: Node, reference: Node) -> list[dict[str, Node]]:
    """Return how the answer's letters may be the reference's by other names, the likeliest first.

    A constant of integration may have any of its usual names where another variable stands beside it, and an
    integer any of its where pi does.
    """
    mine, theirs = symbols(answer), symbols(reference)
    left, right = sorted(mine - theirs), sorted(theirs - mine)
    if not left and not right:
        return []
    if left == ["j"] and not right:
        return [{"j": Symbol("i")}]
    if len(left) != len(right) or len(left) > 2:
        return []
    letters = set(left) | set(right)
    constants = letters <= CONSTANTS and bool(mine & theirs)
    integers = letters <= INTEGERS and len(left) == 1 and _turns(answer) and _turns(reference)
    if not (constants or integers):
        return []
    orders = [right] if len(right) == 1 else [right, right[::-1]]
    return [{old: Symbol(new) for old, new in zip(left, order, strict=True)} for order in orders]
