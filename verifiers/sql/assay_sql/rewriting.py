"""Other ways to write a query that give the same result, for trying whoever judges queries."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from assay_sql.catalog import Catalog
from assay_sql.resolution import resolve

if TYPE_CHECKING:
    from sqlglot import exp

__all__ = ["Rewriting", "rewritings"]


@dataclass(frozen=True, slots=True)
class Rewriting:
    """A query in other words.

    Attributes:
        kind: what was done: `aliases`, `join order`, `commuted`, `cte`, ...
        sql: the query.
    """

    kind: str
    sql: str


def rewritings(query: exp.Expr, catalog: Catalog | None = None, dialect: str = "sqlite") -> list[Rewriting]:
    """Return a query in other words, each way that applies once.

    Names of result columns may change; their order doesn't. Where the query leaves open which rows it returns
    (`LIMIT` among ties), so does its rewriting.
    """
    from sqlglot.errors import SqlglotError

    original = query.sql(dialect)
    found = []
    for kind, rewrite in _REWRITINGS.items():
        try:
            changed = rewrite(query.copy(), catalog, dialect)
        except SqlglotError:
            continue
        text = changed if isinstance(changed, str) else changed.sql(dialect) if changed is not None else original
        if text != original:
            found.append(Rewriting(kind, text))
    return found


def _aliases(query: exp.Expr, catalog: Catalog | None, dialect: str) -> exp.Expr | None:
    """Give each table a new alias, everywhere."""
    from sqlglot import exp
    from sqlglot.optimizer.scope import traverse_scope

    number = 0
    renamed: dict[int, str] = {}
    for scope in traverse_scope(query):
        for name, (node, _) in scope.selected_sources.items():
            number += 1
            renamed[id(node)] = f"r{number}"
            for column in [c for c in scope.find_all(exp.Column) if c.table.lower() == name.lower()]:
                column.set("table", exp.to_identifier(f"r{number}"))
            for inner in scope.subquery_scopes:
                for column in inner.expression.find_all(exp.Column):
                    hidden = _sources_above(column, inner.expression)
                    if column.table.lower() == name.lower() and name.lower() not in hidden:
                        column.set("table", exp.to_identifier(f"r{number}"))
    for node in [n for n in query.walk() if id(n) in renamed]:  # type: ignore[assignment]
        held = node.args.get("alias")
        columns = held.args.get("columns") if held else None
        node.set("alias", exp.TableAlias(this=exp.to_identifier(renamed[id(node)]), columns=columns))
    return query


def _sources_above(node: exp.Expr, top: exp.Expr) -> set[str]:
    """Return the names that queries between a node and `top` give to what they read."""
    from sqlglot import exp

    names: set[str] = set()
    place: Any = node
    while place is not None:
        if isinstance(place, exp.Select):
            sources = [place.args.get("from_"), *(place.args.get("joins") or ())]
            names |= {source.this.alias_or_name.lower() for source in sources if source}
        if place is top:
            break
        place = place.parent
    return names


def _inner_joins(select: exp.Expr) -> bool:
    """Whether a SELECT reads several tables, all of them joined by inner joins with ON or by none."""
    from sqlglot import exp

    joins = select.args.get("joins") or ()
    return bool(joins) and all(
        isinstance(join.this, (exp.Table, exp.Subquery))
        and not join.args.get("side")
        and not join.args.get("using")
        and join.args.get("method") is None
        and (join.args.get("kind") or "INNER") in ("INNER", "CROSS")
        for join in joins
    )


def _flattened(select: Any) -> tuple[list[Any], list[Any]]:
    """Return what a SELECT of inner joins reads and the conditions of its joins; stars are bound to sources."""
    from sqlglot import exp

    sources = [select.args["from_"].this, *(join.this for join in select.args["joins"])]
    conditions = [join.args["on"] for join in select.args["joins"] if join.args.get("on")]
    projections = []
    for projection in select.expressions:
        if isinstance(projection, exp.Star):
            projections += [
                exp.Column(this=exp.Star(), table=exp.to_identifier(source.alias_or_name)) for source in sources
            ]
        else:
            projections.append(projection)
    select.set("expressions", projections)
    return sources, conditions


def _join_order(query: exp.Expr, catalog: Catalog | None, dialect: str) -> exp.Expr | None:
    from sqlglot import exp

    for select in list(query.find_all(exp.Select)):
        if _inner_joins(select):
            sources, conditions = _flattened(select)
            sources.reverse()
            joins = [exp.Join(this=source, kind="CROSS") for source in sources[1:]]
            if conditions:
                joins[-1] = exp.Join(this=sources[-1], on=exp.and_(*conditions))
            select.set("from_", exp.From(this=sources[0]))
            select.set("joins", joins)
    return query


def _comma(query: exp.Expr, catalog: Catalog | None, dialect: str) -> exp.Expr | None:
    from sqlglot import exp

    for select in list(query.find_all(exp.Select)):
        if _inner_joins(select):
            sources, conditions = _flattened(select)
            select.set("joins", [exp.Join(this=source) for source in sources[1:]])
            if conditions:
                select.where(*conditions, copy=False)
    return query


def _commuted(query: exp.Expr, catalog: Catalog | None, dialect: str) -> exp.Expr | None:
    from sqlglot import exp

    turned = {exp.GT: exp.LT, exp.LT: exp.GT, exp.GTE: exp.LTE, exp.LTE: exp.GTE}
    for node in [*query.find_all(exp.EQ, exp.NEQ, exp.And, exp.Or, exp.Add, exp.Mul, *turned)]:
        left, right = node.this, node.expression
        other = turned.get(type(node), type(node))
        node.replace(other(this=_grouped(right, other), expression=_grouped(left, other)))
    return query


def _grouped(node: exp.Expr, holder: type) -> exp.Expr:
    from sqlglot import exp

    return exp.paren(node, copy=False) if isinstance(node, exp.Binary) else node


def _cte(query: Any, catalog: Catalog | None, dialect: str) -> Any:
    """Read each table of the outermost query through a CTE."""
    from sqlglot import exp

    if query.args.get("with_"):
        return None
    number = 0
    select = query
    while isinstance(select, exp.SetOperation):
        select = select.left
    for source in [select.args.get("from_"), *(select.args.get("joins") or ())]:
        if source is not None and isinstance(source.this, exp.Table):
            number += 1
            whole = exp.select("*").from_(exp.Table(this=source.this.this.copy()))
            query.with_(f"c{number}", as_=whole, copy=False)
            alias = exp.TableAlias(this=exp.to_identifier(source.this.alias_or_name))
            source.this.replace(exp.Table(this=exp.to_identifier(f"c{number}"), alias=alias))
    return query


def _nested(query: exp.Expr, catalog: Catalog | None, dialect: str) -> exp.Expr | None:
    """Read each table through a subquery."""
    from sqlglot import exp

    defined = {cte.alias.lower() for cte in query.find_all(exp.CTE)}
    for table in list(query.find_all(exp.Table)):
        if isinstance(table.parent, (exp.From, exp.Join)) and table.name.lower() not in defined:
            whole = exp.select("*").from_(exp.Table(this=table.this.copy()))
            table.replace(whole.subquery(table.alias_or_name))
    return query


def _derived(query: Any, catalog: Catalog | None, dialect: str) -> exp.Expr | None:
    """Wrap the whole query, where no order is lost by it."""
    from sqlglot import exp

    if query.args.get("order") or query.args.get("limit") or query.args.get("with_"):
        return None
    names = [projection.alias_or_name.lower() for projection in query.selects]
    if "" in names or len(set(names)) < len(names):
        for number, projection in enumerate(query.selects if isinstance(query, exp.Select) else ()):
            if not projection.is_star:
                projection.replace(exp.alias_(projection.unalias(), f"d{number}"))
    return exp.select("*").from_(query.subquery("whole"))


def _between(query: exp.Expr, catalog: Catalog | None, dialect: str) -> exp.Expr | None:
    from sqlglot import exp

    for node in list(query.find_all(exp.Between)):
        low = exp.GTE(this=node.this.copy(), expression=node.args["low"])
        high = exp.LTE(this=node.this.copy(), expression=node.args["high"])
        node.replace(exp.paren(exp.And(this=low, expression=high), copy=False))
    for listed in list(query.find_all(exp.In)):
        if listed.expressions:
            each = [exp.EQ(this=listed.this.copy(), expression=one) for one in listed.expressions]
            listed.replace(exp.paren(exp.or_(*each), copy=False))
    return query


def _negated(query: exp.Expr, catalog: Catalog | None, dialect: str) -> exp.Expr | None:
    """Say that the opposite is not so, which in three-valued logic is the same."""
    from sqlglot import exp

    opposite = {exp.GT: exp.LTE, exp.LT: exp.GTE, exp.GTE: exp.LT, exp.LTE: exp.GT, exp.EQ: exp.NEQ, exp.NEQ: exp.EQ}
    for node in list(query.find_all(*opposite)):
        other = opposite[type(node)](this=node.this, expression=node.expression)
        node.replace(exp.Not(this=exp.paren(other, copy=False)))
    return query


def _count(query: exp.Expr, catalog: Catalog | None, dialect: str) -> exp.Expr | None:
    from sqlglot import exp

    for node in list(query.find_all(exp.Count)):
        if isinstance(node.this, exp.Star):
            node.set("this", exp.Literal.number(1))
    return query


def _qualified(query: exp.Expr, catalog: Catalog | None, dialect: str) -> exp.Expr | None:
    """Name the table of each column, where the schema tells it."""
    from sqlglot import exp

    if catalog is None:
        return None
    names = resolve(query, catalog, dialect)
    for node in list(names.query.find_all(exp.Column)):
        place = names.places.get(id(node))
        select = node.find_ancestor(exp.Select)
        if place is None or node.table or select is None:
            continue
        sources = [select.args.get("from_"), *(select.args.get("joins") or ())]
        of_table = [s.this for s in sources if s and isinstance(s.this, exp.Table) and s.this.name == place[0]]
        if len(of_table) == 1:
            node.set("table", exp.to_identifier(of_table[0].alias_or_name))
    return names.query


def _distinct(query: exp.Expr, catalog: Catalog | None, dialect: str) -> exp.Expr | None:
    """Group by all that is selected, in place of DISTINCT."""
    from sqlglot import exp

    for select in list(query.find_all(exp.Select)):
        plain = all(isinstance(one.unalias(), exp.Column) and not one.is_star for one in select.expressions)
        if select.args.get("distinct") and plain and not select.args.get("group") and not select.args.get("order"):
            select.set("distinct", None)
            select.group_by(*[one.unalias().copy() for one in select.expressions], copy=False)
    return query


def _formatting(query: exp.Expr, catalog: Catalog | None, dialect: str) -> str:
    text = query.sql(dialect, pretty=True, normalize_functions="lower")
    return "-- the same\n" + text.replace("\n", " /* , */\n") + " ;"


_REWRITINGS: dict[str, Callable[[Any, Catalog | None, str], exp.Expr | str | None]] = {
    "aliases": _aliases,
    "join order": _join_order,
    "comma joins": _comma,
    "commuted": _commuted,
    "cte": _cte,
    "nested": _nested,
    "derived": _derived,
    "between": _between,
    "negated": _negated,
    "count": _count,
    "qualified": _qualified,
    "distinct": _distinct,
    "formatting": _formatting,
}
