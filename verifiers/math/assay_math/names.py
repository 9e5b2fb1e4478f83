r"""What an answer is called: `x =`, `f(x) =`, `Area =`, `x \in`, and several values by name."""

from __future__ import annotations

from assay_math.tree import (
    Apply,
    Bracketed,
    Family,
    Items,
    Matrix,
    Node,
    Power,
    Product,
    Ratio,
    Relation,
    Sum,
    Symbol,
    Union,
    Words,
    renamed,
    symbols,
)

__all__ = [
    "assignments",
    "base",
    "chain",
    "is_asked_for",
    "is_name",
    "is_sequence",
    "named_values",
    "unlabelled",
]


def unlabelled(answer: Node, reference: Node) -> tuple[Node, Node]:
    """Take a label off the side that has one where the other has none, and off both where they have the same."""
    labelled = _label(answer), _label(reference)
    if labelled[0] is not None and labelled[1] is not None:
        return _relabelled(labelled[0], labelled[1]) or (answer, reference)
    if labelled[0] is not None and not isinstance(reference, Relation):
        return labelled[0][1], reference
    if labelled[1] is not None and not isinstance(answer, Relation):
        return answer, labelled[1][1]
    return answer, reference


def _relabelled(left: tuple[Node, Node], right: tuple[Node, Node]) -> tuple[Node, Node] | None:
    (a, x), (b, y) = left, right
    if a == b:
        return x, y
    match a, b:
        case Apply(function=f, arguments=(Symbol(name=s),)), Apply(function=g, arguments=(Symbol() as t,)) if (
            f == g and s.islower()
        ):
            return renamed(x, {s: t}), y  # f(x) = x + 1 and f(t) = t + 1
        case (Apply(function=f), Symbol(name=name)) | (Symbol(name=name), Apply(function=f)):
            return (x, y) if name == "y" or f == f"{name}()" else None
        case (Words(), Words()):
            return None
        case (Words(), _) | (_, Words()):
            return x, y
    return None


def _label(node: Node) -> tuple[Node, Node] | None:
    match node:
        case Relation(sides=(Symbol() | Apply() | Words() as name, value), operators=("=" | "in" | "~",)) if not (
            isinstance(name, Symbol) and name.name.startswith("the_")
        ) and (not isinstance(name, Apply) or name.function.endswith("()")):
            return name, value
        case Relation(sides=(Ratio(parts=parts) as name, value), operators=("=",)):
            return (name, value) if all(isinstance(one, Symbol) for one in parts) else None
        case Relation(
            sides=(Apply(function="det" | "Re" | "Im" | "arg", arguments=(Symbol(),)) as name, value), operators=("=",)
        ):
            return name, value
        case Relation(
            sides=(Bracketed(left="(", items=names) as name, Bracketed(left="{") as value), operators=("in",)
        ):
            return (name, value) if all(isinstance(one, Symbol) for one in names) else None
        case Relation(sides=(Power(base=Symbol()) as name, Matrix() as value), operators=("=",)):
            return name, value  # an inverse
        case Relation(sides=(Power(base=Symbol(name="sigma" | "R")) as name, value), operators=("=",)):
            return name, value  # a variance, a share of variance
        case Relation(sides=(Product() | Apply() | Power() as name, value), operators=("=" | "~",)):
            named = symbols(name)
            if (
                named
                and all(len(one) > 1 and one[0].isupper() and "_" not in one for one in named)
                and not symbols(value)
            ):
                return name, value  # NO / BO = 2, of two segments
        case Family(members=members, parameters=parameters):
            inner = _label(Items(members)) if len(members) > 1 else _label(members[0])
            if inner is not None:
                values = inner[1].items if isinstance(inner[1], Items) else (inner[1],)
                return inner[0], Family(values, parameters)
        case Items(items=items, joined=joined) if items:
            labels = [_label(one) for one in items]
            known = [one for one in labels if one is not None]
            if len(known) == len(labels) and len({name for name, _ in known}) == 1:
                return known[0][0], Items(tuple(value for _, value in known), joined)
            if isinstance(items[0], Relation) and labels[0] and all(one is None for one in labels[1:]):
                return labels[0][0], Items((labels[0][1], *items[1:]), joined)  # x = 1, 2, 3
    return None


def assignments(node: Node) -> dict[Node, Node] | None:
    """Return several values by name, `a = 1, b = 2` or `(x, y) = (1, 2)`; `None` for anything else."""
    match node:
        case Relation(sides=(*several, last), operators=operators) if len(several) > 1 and set(operators) == {"="}:
            if (
                all(isinstance(one, Symbol) for one in several)
                and len(set(several)) == len(several)
                and not symbols(last)
            ):
                return dict.fromkeys(several, last)  # x = y = 1
        case Relation(sides=(Bracketed(items=names), Bracketed(items=values)), operators=("=",)):
            if names and len(names) == len(values) and all(isinstance(one, Symbol) for one in names):
                return dict(zip(names, values, strict=True))
        case Items(items=items) | Bracketed(left="(" | "{", items=items) if len(items) > 1:
            found: dict[Node, Node] = {}
            for one in items:
                label = _label(one) if isinstance(one, Relation) and one.operators == ("=",) else None
                if label is None or label[0] in found:
                    return None
                found[label[0]] = label[1]
            one_of = isinstance(node, Items) and node.joined == "or"  # x = 1 or y = 2 is not both
            return None if one_of and len({str(name).partition("_")[0] for name in found}) > 1 else found
    return None


def chain(node: Node) -> tuple[Node, ...] | None:
    """Return the sides of a derivation, `x = 6/4 = 3/2` or `25 pi ~ 78.5`, without its label; `None` if it is none."""
    match node:
        case Relation(sides=sides, operators=operators) if set(operators) <= {"=", "~"}:
            label = _label(Relation(sides[:2], ("=",)))
            return sides[1:] if label is not None else sides
    return None


def is_sequence(node: Node) -> bool:
    """Whether the values have places by their label: `a_n = 2n + 1`."""
    match node:
        case Family(members=members):
            return any(map(is_sequence, members))
        case Relation(sides=(Symbol(name=name), _)):
            return "_" in name
    return False


def base(name: Node) -> str:
    """Return a name without its index: that of `x_1` is `x`."""
    match name:
        case Symbol(name=text):
            return text.partition("_")[0]
        case Apply(function=function):
            return function
    return ""


def named_values(node: Items) -> set[str]:
    """Return the names of values, `x` and `y` of `x = 1, y = 2`."""
    return {
        one.sides[0].name.partition("_")[0]
        for one in node.items
        if isinstance(one, Relation) and one.operators == ("=",) and isinstance(one.sides[0], Symbol)
    }


def is_name(node: Node) -> bool:
    """Whether a value is a letter or word: `A or B` is one of the two, while the solutions 1 or 2 are both."""
    return isinstance(node, (Symbol, Words))


def is_asked_for(node: Node) -> bool:
    """Whether a side is what is asked for: a function of letters, or letters added or multiplied, without numbers."""
    match node:
        case Apply(function=function, arguments=parts):
            return (
                function != "congruent" and bool(symbols(node)) and all(not isinstance(one, Relation) for one in parts)
            )
        case Union(parts=parts) | Sum(terms=parts):
            return all(symbols(one) for one in parts)
        case Product(factors=parts):
            return all(isinstance(one, Symbol) for one in parts) and len(symbols(node)) == len(parts)
    return False
