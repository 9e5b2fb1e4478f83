"""Wrong queries made from a right one: one small change each, of the kinds that people and models make."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from assay_sql.catalog import Catalog
from assay_sql.resolution import Resolution, resolve

if TYPE_CHECKING:
    from sqlglot import exp

__all__ = ["Mutation", "mutations"]


@dataclass(frozen=True, slots=True)
class Mutation:
    """A query with one change.

    Attributes:
        kind: what was changed: `comparison`, `constant`, `connector`, ...
        sql: the changed query.
    """

    kind: str
    sql: str


#: A change: its kind, and what stands in place of the node.
_Change = tuple[str, "exp.Expr"]


def mutations(
    query: exp.Expr, catalog: Catalog | None = None, dialect: str = "sqlite", limit: int = 200
) -> list[Mutation]:
    """Return queries that differ from a query in one place, each once, round by kind.

    Whether a change changes results is for data to say: some don't, for some schemas. With a catalogue, columns are
    exchanged for others of their table.

    Args:
        query: what to change; stays as it is.
        catalog: the schema.
        dialect: in which to write them.
        limit: as many as are wanted at most; kinds take turns.
    """
    from sqlglot.errors import SqlglotError

    names: Resolution | None
    try:
        names = resolve(query, catalog, dialect)
    except SqlglotError:
        names = None
    whole = query if names is None else names.query
    seen = {whole.sql(dialect)}
    by_kind: dict[str, list[Mutation]] = {}
    for position, node in enumerate(whole.walk()):
        for kind, change in _changes(node, names, catalog):
            text = _changed(whole, position, change).sql(dialect)
            if text not in seen:
                seen.add(text)
                by_kind.setdefault(kind, []).append(Mutation(kind, text))
    return list(_in_turn(by_kind, limit))


def _changed(query: exp.Expr, position: int, change: exp.Expr) -> exp.Expr:
    """Return a copy of a query with another node in the place of one."""
    if position == 0:
        return change
    copied = query.copy()
    next(node for i, node in enumerate(copied.walk()) if i == position).replace(change)
    return copied


def _in_turn(by_kind: dict[str, list[Mutation]], limit: int) -> Iterator[Mutation]:
    count, place = 0, 0
    while count < limit and any(place < len(each) for each in by_kind.values()):
        for each in by_kind.values():
            if place < len(each) and count < limit:
                yield each[place]
                count += 1
        place += 1


def _changes(node: Any, names: Resolution | None, catalog: Catalog | None) -> Iterator[_Change]:
    from sqlglot import exp

    yield from _CHANGES.get(type(node), _unchanged)(node)
    if names is None or catalog is None:
        return
    if isinstance(node, exp.Column):
        for other in _neighbours(node, names, catalog):
            yield "column", other
    elif isinstance(node, exp.Select):
        yield from _of_table(node, catalog)


def _unchanged(_: Any) -> Iterator[_Change]:
    yield from ()


def _comparison(node: Any) -> Iterator[_Change]:
    from sqlglot import exp

    others: dict[type, tuple[type, ...]] = {
        exp.EQ: (exp.NEQ,),
        exp.NEQ: (exp.EQ,),
        exp.GT: (exp.GTE, exp.LT),
        exp.GTE: (exp.GT, exp.LTE),
        exp.LT: (exp.LTE, exp.GT),
        exp.LTE: (exp.LT, exp.GTE),
    }
    joining = isinstance(node.this, exp.Column) and isinstance(node.expression, exp.Column)
    if not (joining and isinstance(node, exp.EQ)):
        for other in others[type(node)]:
            yield "comparison", other(this=node.this.copy(), expression=node.expression.copy())


def _literal(node: Any) -> Iterator[_Change]:
    from sqlglot import exp

    if isinstance(node.parent, (exp.Ordered, exp.Group, exp.DataTypeParam, exp.Select)):
        return  # a position, a type's length, or `SELECT 1`
    if node.is_string:
        text = node.name
        if isinstance(node.parent, (exp.Like, exp.ILike)):
            stripped = text.strip("%")
            for other in (stripped + "%", "%" + stripped, "%" + stripped + "%", stripped):
                yield "pattern", exp.Literal.string(other)
        else:
            yield "constant", exp.Literal.string(text + "a" if text else "a")
            yield "constant", exp.Literal.string(text.swapcase())
        return
    try:
        number = float(node.name)
    except ValueError:
        return
    step = 1 if number.is_integer() else 0.5
    for other in (number + step, number - step):
        if other >= 0 or not isinstance(node.parent, (exp.Limit, exp.Offset)):
            yield "constant", exp.Literal.number(int(other) if float(other).is_integer() else other)


def _connector(node: Any) -> Iterator[_Change]:
    from sqlglot import exp

    other = exp.Or if isinstance(node, exp.And) else exp.And
    yield "connector", exp.paren(other(this=node.this.copy(), expression=node.expression.copy()), copy=False)
    yield "dropped condition", node.this.copy()
    yield "dropped condition", node.expression.copy()


def _negated(node: Any) -> Iterator[_Change]:
    from sqlglot import exp

    if isinstance(node.parent, exp.Not):
        return
    yield "negation", exp.Not(this=node.copy())


def _not(node: Any) -> Iterator[_Change]:
    yield "negation", node.this.copy()


def _between(node: Any) -> Iterator[_Change]:
    from sqlglot import exp

    this, low, high = node.this, node.args["low"], node.args["high"]
    for below, above in ((exp.GT, exp.LTE), (exp.GTE, exp.LT)):
        lower = below(this=this.copy(), expression=low.copy())
        upper = above(this=this.copy(), expression=high.copy())
        yield "comparison", exp.paren(exp.And(this=lower, expression=upper), copy=False)
    yield from _negated(node)


def _aggregate(node: Any) -> Iterator[_Change]:
    from sqlglot import exp

    if isinstance(node.this, exp.Distinct):
        if len(node.this.expressions) == 1:
            yield "distinct", type(node)(this=node.this.expressions[0].copy())
            yield "aggregate", exp.Max(this=node.this.expressions[0].copy())
        return
    others: dict[type, tuple[type, ...]] = {
        exp.Max: (exp.Min, exp.Avg),
        exp.Min: (exp.Max, exp.Sum),
        exp.Sum: (exp.Avg, exp.Max),
        exp.Avg: (exp.Sum, exp.Min),
        exp.Count: (),
    }
    for other in others[type(node)]:
        yield "aggregate", other(this=node.this.copy())
    if isinstance(node, exp.Count) and isinstance(node.this, exp.Column):
        yield "aggregate", exp.Sum(this=node.this.copy())
    if isinstance(node, (exp.Count, exp.Sum, exp.Avg)) and isinstance(node.this, exp.Column):
        yield "distinct", type(node)(this=exp.Distinct(expressions=[node.this.copy()]))
    if isinstance(node, exp.Count) and not isinstance(node.parent, exp.Sub):
        yield "count", exp.Sub(this=node.copy(), expression=exp.Literal.number(1))


def _select(node: Any) -> Iterator[_Change]:
    from sqlglot import exp

    changed = node.copy()
    if node.args.get("distinct"):
        changed.set("distinct", None)
        yield "distinct", changed
    elif not isinstance(node.parent, (exp.In, exp.Exists, exp.SetOperation)) and not _one_row(node):
        changed.set("distinct", exp.Distinct())
        yield "distinct", changed
    if len(node.expressions) > 1 and not isinstance(node.parent, (exp.SetOperation, exp.CTE, exp.Subquery)):
        for place in range(len(node.expressions)):
            changed = node.copy()
            changed.set("expressions", [one for i, one in enumerate(changed.expressions) if i != place])
            yield "projection", changed
    for part, kind in (("where", "dropped condition"), ("having", "dropped condition"), ("limit", "limit")):
        if node.args.get(part):
            changed = node.copy()
            changed.set(part, None)
            yield kind, changed
    bare = not node.args.get("limit") and not _one_row(node)
    if bare and not isinstance(node.parent, (exp.SetOperation, exp.In, exp.Exists)):
        yield "limit", node.copy().limit(2, copy=False)
    group = node.args.get("group")
    if group and len(group.expressions) > 1:
        for place in range(len(group.expressions)):
            changed = node.copy()
            rest = [one for i, one in enumerate(changed.args["group"].expressions) if i != place]
            changed.args["group"].set("expressions", rest)
            yield "group", changed
    elif group and not node.args.get("having"):
        changed = node.copy()
        changed.set("group", None)
        yield "group", changed
    if node.args.get("order"):
        changed = node.copy()
        changed.set("order", None)
        yield "order", changed


def _ordered(node: Any) -> Iterator[_Change]:
    if isinstance(node.parent.parent, _selects()):
        changed = node.copy()
        changed.set("desc", not node.args.get("desc"))
        changed.set("nulls_first", None)
        yield "order", changed


def _join(node: Any) -> Iterator[_Change]:
    if node.args.get("on") and not node.args.get("side") and node.args.get("kind") in (None, "", "INNER"):
        changed = node.copy()
        changed.set("kind", None)
        changed.set("side", "LEFT")
        yield "join", changed
    elif node.args.get("side"):
        changed = node.copy()
        changed.set("side", None)
        changed.set("kind", None)
        yield "join", changed


def _set_operation(node: Any) -> Iterator[_Change]:
    from sqlglot import exp

    for other, distinct in ((exp.Union, True), (exp.Union, False), (exp.Intersect, True), (exp.Except, True)):
        changed = other(**{name: value for name, value in node.copy().args.items() if name != "distinct"})
        changed.set("distinct", distinct)
        yield "set operation", changed
    if isinstance(node, exp.Except):
        changed = node.copy()
        left, right = changed.this.copy(), changed.expression.copy()
        changed.set("this", right)
        changed.set("expression", left)
        yield "set operation", changed
    if not any(node.args.get(part) for part in ("order", "limit", "with_")):
        yield "set operation", node.this.copy()
        yield "set operation", node.expression.copy()


def _arithmetic(node: Any) -> Iterator[_Change]:
    from sqlglot import exp

    others = {exp.Add: exp.Sub, exp.Sub: exp.Add, exp.Mul: exp.Add, exp.Div: exp.Mul}
    other = others[type(node)](this=node.this.copy(), expression=node.expression.copy())
    yield "arithmetic", exp.paren(other, copy=False)


def _neighbours(node: Any, names: Resolution, catalog: Catalog) -> Iterator[exp.Expr]:
    """Yield columns of the same table that could stand in a column's place: the next two of its kind."""
    from sqlglot import exp

    place = names.places.get(id(node))
    table = catalog.table(place[0]) if place else None
    if place is None or table is None:
        return
    try:
        start = table.position(place[1])
    except KeyError:
        return
    kind = table.columns[start].kind
    ahead = [*table.columns[start + 1 :], *table.columns[:start]]
    for column in [c for c in ahead if c.kind == kind][:2] or ahead[:1]:
        changed = node.copy()
        changed.set("this", exp.to_identifier(column.name, quoted=not column.name.isidentifier()))
        yield changed


def _one_row(node: Any) -> bool:
    """Whether a SELECT gives one row whatever the data."""
    from sqlglot import exp

    return not node.args.get("group") and all(one.find(exp.AggFunc) for one in node.expressions)


def _of_table(node: Any, catalog: Catalog) -> Iterator[_Change]:
    """Yield changes to a query of a single table that the table's columns give rise to."""
    from sqlglot import exp

    source = node.args.get("from_")
    table = catalog.table(source.this.name) if source and isinstance(source.this, exp.Table) else None
    if table is None or node.args.get("joins"):
        return
    columns = [exp.column(c.name, source.this.alias_or_name, quoted=not c.name.isidentifier()) for c in table.columns]
    for place, projection in enumerate(node.expressions):
        if isinstance(projection, exp.Star):
            for left_out in range(min(len(columns), 3)):
                changed = node.copy()
                rest = [column.copy() for i, column in enumerate(columns) if i != left_out]
                changed.set("expressions", [*node.copy().expressions[:place], *rest])
                yield "projection", changed
        elif isinstance(projection.unalias(), exp.Count) and isinstance(projection.unalias().this, exp.Star):
            for column in columns[:3]:
                changed = node.copy()
                counted = exp.Count(this=exp.Distinct(expressions=[column.copy()]))
                changed.expressions[place].replace(counted)
                yield "count", changed
    if not node.args.get("where") and not isinstance(node.parent, exp.In):
        optional = [c for c, known in zip(columns, table.columns, strict=True) if known.nullable]
        for column in optional[:3]:
            missing = exp.Not(this=exp.Is(this=column.copy(), expression=exp.Null()))
            yield "condition", node.copy().where(missing, copy=False)
        others = [other for other in catalog.tables.values() if other is not table]
        for other in others[:2]:
            if all(isinstance(one.unalias(), (exp.Star, exp.Count)) for one in node.expressions):
                changed = node.copy()
                changed.args["from_"].this.set(
                    "this", exp.to_identifier(other.name, quoted=not other.name.isidentifier())
                )
                yield "table", changed


def _selects() -> tuple[type, ...]:
    from sqlglot import exp

    return (exp.Select, exp.SetOperation)


class _Changes(dict[type, Callable[[Any], Iterator[_Change]]]):
    """What may be done to a node, by its type; filled when it is first asked, since sqlglot loads slowly."""

    def get(self, kind: type, default: Any = None) -> Any:
        if not self:
            from sqlglot import exp

            self |= dict.fromkeys((exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE), _comparison)
            self |= dict.fromkeys((exp.And, exp.Or), _connector)
            self |= dict.fromkeys((exp.In, exp.Like, exp.ILike, exp.Exists, exp.Is), _negated)
            self |= dict.fromkeys((exp.Max, exp.Min, exp.Sum, exp.Avg, exp.Count), _aggregate)
            self |= dict.fromkeys((exp.Union, exp.Intersect, exp.Except), _set_operation)
            self |= dict.fromkeys((exp.Add, exp.Sub, exp.Mul, exp.Div), _arithmetic)
            self |= {
                exp.Literal: _literal,
                exp.Not: _not,
                exp.Between: _between,
                exp.Select: _select,
                exp.Ordered: _ordered,
                exp.Join: _join,
            }
        return super().get(kind, default)


_CHANGES = _Changes()
