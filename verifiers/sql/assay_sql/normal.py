"""One form for queries that say the same: what two queries have in common when they are proven equal.

Every step keeps the result, as a bag of rows (as a list, where order counts), for all data that the schema allows and
under three-valued logic. What has no step of its own is compared as it is written, so that a step that is missing
costs a proof and never makes a wrong one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from assay_sql.canonical import NoForm, Writer, called, compares_exactly, modified
from assay_sql.catalog import Catalog
from assay_sql.resolution import LENIENT, folded, resolve

if TYPE_CHECKING:
    from sqlglot import exp

__all__ = ["NoForm", "fickle_call", "normal_form"]

#: Nodes that a query may have, as it is written and once its CTEs stand where they are used.
MOST_NODES = 4_000

#: Functions that may give another result when asked again.
_FICKLE = frozenset(
    {"rand", "randn", "random", "randomblob", "uuid", "gen_random_uuid", "uuidv7", "nextval", "setseed", "changes"}
    | {"last_insert_rowid", "total_changes", "clock_timestamp", "timeofday"}
)

#: Aggregates whose result depends on the order in which rows come.
_ORDERED = frozenset(
    {"groupconcat", "arrayagg", "arrayconcatagg", "first", "last", "anyvalue", "listagg", "stringagg", "list", "xmlagg"}
    | {"json_group_array", "json_group_object", "jsonarrayagg", "jsonobjectagg", "json_agg", "jsonb_agg", "array_agg"}
)


def normal_form(tree: exp.Expr, catalog: Catalog | None, dialect: str, *, ordered: bool) -> str:
    """Return the form that all queries share which the steps can prove equal.

    Args:
        tree: a query; stays as it is.
        catalog: the schema. Without one, names are told apart by what the query itself says.
        dialect: of the query.
        ordered: whether the order of the result's rows counts.

    Raises:
        NoForm: the query isn't a SELECT, asks for chance, names what isn't there, or is too large.
    """
    from sqlglot import exp
    from sqlglot.errors import SqlglotError
    from sqlglot.optimizer.merge_subqueries import merge_subqueries
    from sqlglot.optimizer.qualify import qualify
    from sqlglot.optimizer.simplify import simplify

    while isinstance(tree, (exp.Paren, exp.Subquery)) and not modified(tree):
        tree = tree.this
    if not isinstance(tree, (exp.Select, exp.SetOperation)):
        raise NoForm(f"is a {tree.key.upper()}")
    if sum(1 for _ in tree.walk()) > MOST_NODES:
        raise NoForm("is too large")
    if fickle := fickle_call(tree):
        raise NoForm(f"calls {fickle}()")
    try:
        if catalog is not None:
            names = resolve(tree, catalog, dialect)
            if names.unknown:
                raise NoForm(f"names {names.unknown[0]}, which the schema doesn't have")
            tree = names.query
        else:
            _refuse_texts(tree, dialect)
            tree = folded(tree, dialect)
        types: dict[str, object] | None = dict(catalog.types()) if catalog else None
        tree = qualify(tree, schema=types, dialect=dialect, validate_qualify_columns=catalog is not None)
        if catalog is None:
            _place_columns(tree)
        tree = _without_ctes(tree)
        _drop_orders(tree)
        tree = merge_subqueries(tree)
        exact = compares_exactly(tree, catalog, dialect)
        if exact and _is_plain(tree, catalog):
            tree = simplify(tree, dialect=dialect)
    except SqlglotError as problem:
        raise NoForm(f"can't be analysed: {str(problem).splitlines()[0][:120]}") from None
    except RecursionError:
        raise NoForm("is nested too deeply") from None
    writer = Writer(catalog, dialect, exact=exact)
    try:
        return writer.query(tree, {}, 0, ordered=ordered)
    except RecursionError:
        raise NoForm("is nested too deeply") from None


def _is_plain(tree: Any, catalog: Catalog | None) -> bool:
    """Whether sqlglot's simplification can be trusted with a query.

    It moves constants through arithmetic and compares literals as Python does. That holds for columns of numbers that
    are compared with numbers, and for texts that are equal or not; not for what an engine converts, or orders by a
    collation.
    """
    from sqlglot import exp

    if catalog is None:
        return False
    kinds: dict[str, set[str]] = {}
    for table in catalog.tables.values():
        for column in table.columns:
            kinds.setdefault(column.name.lower(), set()).add(column.kind)
    numbers = {"integer", "real", "number"}
    logic = (
        exp.And,
        exp.Or,
        exp.Not,
        exp.Paren,
        exp.Is,
        exp.Null,
        exp.Boolean,
        exp.Column,
        exp.Identifier,
        exp.Literal,
    )
    holders = (exp.Query, exp.Subquery, exp.Where, exp.Having, exp.From, exp.Join, exp.Table, exp.TableAlias, exp.Alias)
    others = (exp.Order, exp.Ordered, exp.Group, exp.Limit, exp.Offset, exp.Distinct, exp.Star, exp.Exists, exp.In)
    comparing = (exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.Between, exp.Like)
    aggregates = (exp.Count, exp.Sum, exp.Avg, exp.Min, exp.Max)
    for node in tree.walk():
        if not isinstance(node, (*logic, *holders, *others, *comparing, *aggregates)):
            return False
        if not isinstance(node, (*comparing, exp.In)):
            continue
        literals = [one for one in node.iter_expressions() if isinstance(one, exp.Literal)]
        sides = [one for one in node.iter_expressions() if not isinstance(one, exp.Literal)]
        for side in sides if literals else ():
            known = kinds.get(side.name, {"?"}) if isinstance(side, exp.Column) else {"?"}
            if not (known <= numbers if all(one.is_number for one in literals) else known == {"text"}):
                return False
            if any(one.is_string for one in literals) and not isinstance(node, (exp.EQ, exp.NEQ, exp.In, exp.Like)):
                return False
    return True


def fickle_call(tree: exp.Expr) -> str | None:
    """Return the name of a function that a query calls and that may give another result the next time."""
    from sqlglot import exp

    return next((name for node in tree.find_all(exp.Func) if (name := called(node)) in _FICKLE), None)


def _refuse_texts(tree: Any, dialect: str) -> None:
    from sqlglot import exp

    if dialect in LENIENT and any(c.this.args.get("quoted") and not c.table for c in tree.find_all(exp.Column)):
        raise NoForm("quotes a name, which without the schema may as well be a text")


def _place_columns(tree: Any) -> None:
    """Give columns their table where a query reads one alone, and no query around it can be meant."""
    from sqlglot import exp
    from sqlglot.optimizer.scope import traverse_scope

    for scope in traverse_scope(tree):
        around: Any = scope
        while around is not None and not around.is_subquery:
            around = around.parent
        if around is not None or len(scope.selected_sources) != 1 or not isinstance(scope.expression, exp.Select):
            continue
        (alias,) = scope.selected_sources
        named = {one.alias for one in scope.expression.expressions if isinstance(one, exp.Alias)}
        for node in [one for one in scope.walk() if isinstance(one, exp.Column) and not one.table]:
            within = node.find_ancestor(exp.Order, exp.Group, exp.Having, exp.Select)
            if isinstance(within, exp.Select) or node.name not in named:
                node.set("table", exp.to_identifier(alias))


def _without_ctes(tree: Any) -> Any:
    """Put each CTE in the places where it is used; one that refers to itself stays."""
    from sqlglot import exp

    count = 0
    seen: set[str] = set()
    # A CTE that is used inside of a later one is in place when the later one's turn comes.
    for holder in list(tree.find_all(exp.With)):
        if holder.args.get("recursive"):
            raise NoForm("has a recursive WITH")
        query = holder.parent
        names = [cte.alias.lower() for cte in holder.expressions]
        for place, cte in enumerate(holder.expressions):
            ahead = names[place:]
            if any(table.name.lower() in ahead for table in cte.find_all(exp.Table)):
                raise NoForm("has a CTE of the name of what it reads")
        if seen & {*names} or len({*names}) < len(names):
            raise NoForm("has two CTEs of one name")
        seen |= {*names}
        for cte in list(holder.expressions):
            name, columns = cte.alias.lower(), cte.args["alias"].columns
            for table in [t for t in query.find_all(exp.Table) if t.name.lower() == name and not t.db]:
                alias = exp.TableAlias(this=exp.to_identifier(table.alias_or_name), columns=columns or None)
                count += sum(1 for _ in cte.this.walk())
                if count > MOST_NODES:
                    raise NoForm("grows too large without its CTEs")
                rest = {key: table.args.get(key) for key in ("joins", "pivots", "sample", "laterals", "when")}
                if any(rest.values()):
                    raise NoForm("reads a CTE in a way that has no normal form")
                table.replace(exp.Subquery(this=cte.this.copy(), alias=alias))
            cte.pop()
        if not holder.expressions:
            query.set("with_", None)
    return tree


def _drop_orders(tree: Any) -> None:
    """Drop ORDER BY where nothing depends on it: in subqueries without a LIMIT."""
    from sqlglot import exp

    if any(called(node) in _ORDERED for node in tree.find_all(exp.Func)):
        return
    for node in list(tree.find_all(exp.Select, exp.SetOperation)):
        if node is not tree and not (node.args.get("limit") or node.args.get("offset") or node.args.get("distinct_on")):
            node.set("order", None)
