"""What queries ask of data: which values of which columns they tell apart, and how many rows they count."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from assay_sql.catalog import Catalog
from assay_sql.resolution import Resolution, resolve

if TYPE_CHECKING:
    from sqlglot import exp

__all__ = ["Constants", "Place", "constants"]

#: A column of a table, both names in lower case.
Place = tuple[str, str]

#: Rows that a constant may ask for; more are not made.
MOST_ROWS = 40


@dataclass(slots=True)
class Constants:
    """What queries compare columns with.

    Attributes:
        values: by column, what it is compared with: numbers, texts, and patterns as `Pattern`.
        joined: pairs of columns that are compared with each other.
        read: columns that are read at all.
        rows: how many rows are counted or passed over: `LIMIT 3`, `HAVING count(*) > 3`.
        groups: whether rows of a group are counted.
    """

    values: dict[Place, list[Any]] = field(default_factory=dict)
    joined: list[tuple[Place, Place]] = field(default_factory=list)
    read: set[Place] = field(default_factory=set)
    rows: int = 0
    groups: bool = False

    def add(self, place: Place, value: Any) -> None:
        """Note that a column is compared with a value."""
        known = self.values.setdefault(place, [])
        if len(known) < 24 and not any(type(one) is type(value) and one == value for one in known):
            known.append(value)


@dataclass(frozen=True, slots=True)
class Pattern:
    """The text of a LIKE."""

    text: str


def constants(queries: Iterable[exp.Expr], catalog: Catalog, dialect: str = "sqlite") -> Constants:
    """Collect what queries compare columns with; a query whose names can't be told adds nothing."""
    from sqlglot.errors import SqlglotError

    found = Constants()
    for query in queries:
        try:
            resolution = resolve(query, catalog, dialect)
        except (SqlglotError, RecursionError):
            continue
        found.read |= {place for place in resolution.columns if place[1] != "*"}
        for node in resolution.query.walk():
            _compare(node, resolution, found)
    return found


def _compare(node: exp.Expr, names: Resolution, found: Constants) -> None:
    from sqlglot import exp

    if isinstance(node, (exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.NullSafeEQ, exp.Is)):
        _pair(node.this, node.expression, names, found)
        _pair(node.expression, node.this, names, found)
        ours, theirs = names.base(node.this), names.base(node.expression)
        if ours and theirs and ours != theirs:
            found.joined.append((ours, theirs))
    elif isinstance(node, (exp.Like, exp.ILike, exp.Glob)):
        value = _value(node.expression)
        if isinstance(value, str):
            for place in _places(node.this, names):
                found.add(place, Pattern(value.replace("*", "%") if isinstance(node, exp.Glob) else value))
    elif isinstance(node, exp.Between):
        _pair(node.this, node.args["low"], names, found)
        _pair(node.this, node.args["high"], names, found)
    elif isinstance(node, exp.In):
        for one in node.expressions:
            _pair(node.this, one, names, found)
        inner = node.args.get("query")
        select = inner.unnest() if isinstance(inner, exp.Subquery) else inner
        if isinstance(select, exp.Select) and len(select.expressions) == 1:
            projection = select.expressions[0]
            ours = names.base(node.this)
            theirs = names.base(projection.this if isinstance(projection, exp.Alias) else projection)
            if ours and theirs and ours != theirs:
                found.joined.append((ours, theirs))
    elif isinstance(node, (exp.Limit, exp.Offset)):
        value = _value(node.expression)
        if isinstance(value, int) and not isinstance(value, bool):
            found.rows = max(found.rows, min(value + 2, MOST_ROWS))
    elif isinstance(node, (exp.If, exp.Case)) and isinstance(node, exp.Case) and node.this:
        for branch in node.args["ifs"]:
            _pair(node.this, branch.this, names, found)


def _pair(side: exp.Expr, other: exp.Expr, names: Resolution, found: Constants) -> None:
    from sqlglot import exp

    value = _value(other)
    if value is None:
        return
    counted = side if isinstance(side, exp.Count) else names.behind.get(id(side))
    if isinstance(counted, exp.Count) and isinstance(value, (int, float)):
        found.rows = max(found.rows, min(int(abs(value)) + 2, MOST_ROWS))
        found.groups = True
        return
    for place in _places(side, names):
        found.add(place, value)
        if isinstance(value, str) and isinstance(side, exp.Func):
            # A part of a date or a text: what begins with it may be what is meant.
            found.add(place, Pattern(value + "%"))


def _places(side: exp.Expr, names: Resolution) -> list[Place]:
    """Return the columns within an expression, those of its subqueries apart."""
    from sqlglot import exp

    if isinstance(side, (exp.Subquery, exp.Select)):
        side = side.unnest()
        return _places(side.expressions[0], names) if isinstance(side, exp.Select) and side.expressions else []
    direct = names.base(side)
    if direct is not None:
        return [direct]
    return [place for node in side.find_all(exp.Column) if (place := names.base(node)) is not None]


def _value(node: Any) -> Any:
    """Return the Python value of a literal, `None` of anything else."""
    from sqlglot import exp

    if isinstance(node, exp.Paren):
        return _value(node.this)
    if isinstance(node, exp.Neg):
        value = _value(node.this)
        return -value if isinstance(value, (int, float)) else None
    if isinstance(node, exp.Cast):
        return _value(node.this)
    if isinstance(node, exp.Boolean):
        return int(node.this)
    if not isinstance(node, exp.Literal):
        return None
    if node.is_string:
        return node.name[:200]
    try:
        number = float(node.name)
    except ValueError:
        return None
    if number.is_integer() and abs(number) < 2**53 and "." not in node.name:
        return int(number)
    return number if abs(number) < 1e300 else None
