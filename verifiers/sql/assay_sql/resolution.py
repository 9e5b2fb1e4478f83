"""Which column of which table each name in a query means."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from assay_sql.catalog import Catalog

if TYPE_CHECKING:
    from sqlglot import exp
    from sqlglot.optimizer.scope import Scope

__all__ = ["LENIENT", "Resolution", "folded", "resolve"]

#: Dialects in which a quoted name that is no column's is a text.
LENIENT = ("sqlite",)

#: Dialects in which a quoted name keeps its case.
_CASED = ("postgres", "oracle", "snowflake", "redshift", "materialize")

#: Set for derived tables and CTEs, whose columns are not a table's own.
_DERIVED = ""


@dataclass(slots=True)
class Resolution:
    """What the names of a query mean.

    Attributes:
        query: a copy of the query with names in one case; the nodes below are its own.
        tables: the tables that it reads, in lower case.
        columns: each column of a table that it reads, as table and column in lower case. The table is empty where
            the schema isn't known and the query leaves it open.
        places: the same for each node, by its `id`.
        behind: the expression that a name of a derived table stands for, by the node's `id`.
        unknown: names that the schema doesn't have.
    """

    query: exp.Expr
    tables: set[str] = field(default_factory=set)
    columns: set[tuple[str, str]] = field(default_factory=set)
    places: dict[int, tuple[str, str]] = field(default_factory=dict)
    behind: dict[int, exp.Expr] = field(default_factory=dict)
    unknown: list[str] = field(default_factory=list)

    def base(self, node: exp.Expr) -> tuple[str, str] | None:
        """Return the column of a table that a node is, also through derived tables; `None` if it is none."""
        for _ in range(32):
            if id(node) in self.places:
                return self.places[id(node)]
            if id(node) not in self.behind:
                return None
            node = self.behind[id(node)]
        return None


def folded(query: exp.Expr, dialect: str) -> exp.Expr:
    """Return a copy of a query with names in lower case, where the dialect doesn't tell cases apart.

    What a name was stays in its node's `meta["written"]`.
    """
    from sqlglot import exp

    query = query.copy()
    number = 0
    for node in query.walk():
        if isinstance(node, exp.Identifier):
            node.meta["written"] = node.name
            if not (node.args.get("quoted") and dialect in _CASED):
                node.set("this", node.name.lower())
        elif isinstance(node, exp.Subquery) and isinstance(node.parent, (exp.From, exp.Join)) and not node.alias:
            number += 1
            node.set("alias", exp.TableAlias(this=exp.to_identifier(f"_derived_{number}")))
    return query


def resolve(query: exp.Expr, catalog: Catalog | None = None, dialect: str = "sqlite") -> Resolution:
    """Find out what each name of a query means, by sqlglot's scopes.

    In SQLite, a quoted name that is no column's becomes a text, as it does for the engine; without a catalogue, one
    that a column is compared with does.

    Raises:
        sqlglot.errors.SqlglotError: the scopes of the query can't be told.
    """
    from sqlglot import exp
    from sqlglot.optimizer.scope import traverse_scope

    found = Resolution(folded(query, dialect))
    for scope in traverse_scope(found.query):
        for _, source in scope.selected_sources.values():
            if isinstance(source, exp.Table) and isinstance(source.this, exp.Identifier):
                found.tables.add(source.name.lower())
                if catalog is not None and catalog.table(source.name) is None:
                    found.unknown.append(source.name)
        for node in [n for n in scope.walk() if isinstance(n, (exp.Column, exp.Star))]:
            _place(node, scope, found, catalog, dialect)
        for join in scope.expression.args.get("joins") or () if isinstance(scope.expression, exp.Select) else ():
            for name in join.args.get("using") or ():
                for table in _owners(name.name, scope, catalog):
                    if table:
                        found.columns.add((table, name.name))
    return found


def _place(node: Any, scope: Scope, found: Resolution, catalog: Catalog | None, dialect: str) -> None:
    from sqlglot import exp

    if isinstance(node, exp.Star) or isinstance(node.this, exp.Star):
        if isinstance(node.parent, exp.Select) or isinstance(node, exp.Column):
            qualifier = node.table if isinstance(node, exp.Column) else ""
            for name, (_, source) in scope.selected_sources.items():
                if isinstance(source, exp.Table) and qualifier in ("", name):
                    table = catalog.table(source.name) if catalog else None
                    names = [c.name.lower() for c in table.columns] if table else ["*"]
                    found.columns |= {(source.name.lower(), column) for column in names}
        return
    may_be_text = dialect in LENIENT and not node.table and node.this.args.get("quoted")
    place: Scope | None = None if may_be_text and catalog is None and _compared(node) else scope
    while place is not None:
        owner = _owner(node, place, catalog)
        if isinstance(owner, str):
            if owner != _DERIVED:
                found.places[id(node)] = (owner, node.name.lower())
                found.columns.add(found.places[id(node)])
            return
        if owner is not None:
            found.behind[id(node)] = owner
            return
        if not node.table and _is_alias(node, place):
            return
        place = place.parent
    if may_be_text and (catalog or _compared(node)):
        node.replace(exp.Literal.string(node.this.meta.get("written", node.name)))
        return
    if catalog is None:
        found.columns.add(("", node.name.lower()))
    else:
        found.unknown.append(node.sql())


def _owner(node: exp.Column, scope: Scope, catalog: Catalog | None) -> str | exp.Expr | None:
    """Return the table that a column is of in one scope, what it stands for in a derived table, or `None`."""
    from sqlglot import exp

    candidates: list[str | exp.Expr] = []
    certain: list[str | exp.Expr] = []
    for name, (_, source) in scope.selected_sources.items():
        if node.table and node.table != name:
            continue
        if isinstance(source, exp.Table):
            table = catalog.table(source.name) if catalog else None
            if catalog is None or (table is not None and _has(table, node.name)):
                candidates.append(source.name.lower())
        else:
            behind = _behind(node.name, source, catalog)
            if behind is not None or node.table:
                candidates.append(_DERIVED if behind is None else behind)
                certain += candidates[-1:]
    if catalog is None and len(candidates) > 1:
        # Without a schema, any of several tables may be meant; a derived table's columns are known.
        return certain[0] if len(certain) == 1 else None
    return candidates[0] if candidates else None


def _owners(name: str, scope: Scope, catalog: Catalog | None) -> Iterator[str]:
    from sqlglot import exp

    for _, source in scope.selected_sources.values():
        if isinstance(source, exp.Table):
            table = catalog.table(source.name) if catalog else None
            if catalog is None or (table is not None and _has(table, name)):
                yield source.name.lower()


def _has(table: Any, name: str) -> bool:
    try:
        table.position(name)
    except KeyError:
        return name.lower() in ("rowid", "oid", "_rowid_")
    return True


def _behind(name: str, scope: Scope, catalog: Catalog | None) -> str | exp.Expr | None:
    """Return what a column of a derived table stands for: an expression or a table, `None` if there is none such."""
    from sqlglot import exp

    names: list[str] = []
    holder = scope.expression.parent
    if isinstance(holder, (exp.CTE, exp.Subquery)) and isinstance(holder.args.get("alias"), exp.TableAlias):
        names = [column.name for column in holder.args["alias"].columns]
    while scope.set_operation_scopes:
        scope = scope.set_operation_scopes[0]
    query = scope.expression
    if not isinstance(query, exp.Select):
        return _DERIVED
    for position, projection in enumerate(query.expressions):
        own = names[position] if position < len(names) else projection.alias_or_name
        if own == name:
            found: str | exp.Expr = projection.this if isinstance(projection, exp.Alias) else projection
            return found
        if projection.is_star:
            qualifier = projection.table if isinstance(projection, exp.Column) else None
            passed_on = _owner(exp.column(name, table=qualifier or None), scope, catalog)
            if passed_on is not None:
                return passed_on
    return None


def _is_alias(node: exp.Column, scope: Scope) -> bool:
    from sqlglot import exp

    query = scope.expression
    if isinstance(query, exp.SetOperation):
        query = query.left
    return isinstance(query, exp.Select) and any(
        isinstance(projection, exp.Alias) and projection.alias == node.name for projection in query.expressions
    )


def _compared(node: exp.Expr) -> bool:
    from sqlglot import exp

    holder = node.parent
    return (
        isinstance(holder, (exp.Binary, exp.In, exp.Between))
        and not isinstance(holder, exp.Connector)
        and holder.this is not node
    )
