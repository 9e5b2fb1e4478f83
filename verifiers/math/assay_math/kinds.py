"""The kinds of answer. Two answers are compared by the pair of their kinds (`comparison`)."""

from __future__ import annotations

from enum import StrEnum

from assay_math.intervals import FLIPPED, is_region
from assay_math.names import assignments, chain
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
    Quantity,
    Ratio,
    Relation,
    Union,
    Words,
)

__all__ = ["Kind", "classify"]


class Kind(StrEnum):
    """What an answer is; the value says it to a person."""

    VALUE = "value"  # 5, x + 1, \sqrt{2}
    QUANTITY = "quantity"  # 5 km
    RATIO = "ratio"  # 1 : 2
    TUPLE = "tuple"  # (1, 2), also an open or closed interval: the other side says which
    SET = "set"  # \{1, 2\}
    LIST = "list"  # 1, 2 and 3
    REGION = "region"  # x > 2, [1, 3), \mathbb{R}
    UNION = "union"  # of what is no set of reals
    MATRIX = "matrix"
    FAMILY = "family"  # k\pi, k \in \mathbb{Z}
    ASSIGNMENT = "assignment"  # a = 1, b = 2
    EQUATION = "equation"  # y = 2x, also a value with its name: the other side says which
    RELATION = "relation"  # a \le b
    CONGRUENCE = "congruence"  # n \equiv 1 \pmod 3
    CASES = "cases"
    CHOICE = "choice"  # (B) 12
    DATE = "date"
    TIME = "time"  # of day
    WORDS = "words"


_BY_TYPE: dict[type[Node], Kind] = {
    Quantity: Kind.QUANTITY,
    Ratio: Kind.RATIO,
    Matrix: Kind.MATRIX,
    Family: Kind.FAMILY,
    Cases: Kind.CASES,
    Choice: Kind.CHOICE,
    Date: Kind.DATE,
    Clock: Kind.TIME,
    Words: Kind.WORDS,
}


def classify(node: Node) -> Kind:
    """Return the kind of an answer."""
    if (known := _BY_TYPE.get(type(node))) is not None:
        return known
    if is_region(node):
        return Kind.REGION
    match node:
        case Apply(function="congruent"):
            return Kind.CONGRUENCE
        case Union():
            return Kind.UNION
        case Relation() | Items() | Bracketed() if assignments(node) is not None:
            return Kind.ASSIGNMENT
        case Relation(operators=operators):
            return Kind.RELATION if any(one in FLIPPED for one in operators) or chain(node) is None else Kind.EQUATION
        case Items():
            return Kind.LIST
        case Bracketed(left=left):
            return Kind.SET if left == "{" else Kind.TUPLE
    return Kind.VALUE
