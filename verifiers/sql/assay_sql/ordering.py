"""What a query's ORDER BY and LIMIT leave open: which rows tie, and which of them a LIMIT could have kept."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import groupby, pairwise
from typing import Any

from assay_sql.functions import is_volatile
from assay_sql.query import Query
from assay_sql.result import Result, Row

__all__ = ["Expected", "Plan", "expected", "plan", "unordered"]

#: The column that a ranked query adds.
_RANK = "assay_rank"


@dataclass(frozen=True, slots=True)
class Plan:
    """How a query orders and cuts its rows.

    Attributes:
        ordered: it has an ORDER BY at its top.
        cut: it has a LIMIT or OFFSET there.
        offset: rows that are skipped.
        ranked: the query without its cut, with each row's rank by its keys as a further column; `None` where it can't
            be written. The engine computes the rank, so that its collations and its NULLs decide what ties.
        keys: the positions, or names, of the columns that are its keys; `None` where a key is no column of the result.
    """

    ordered: bool
    cut: bool
    offset: int
    ranked: str | None
    keys: tuple[int | str, ...] | None


@dataclass(frozen=True, slots=True)
class Expected:
    """What a right query returns.

    Attributes:
        names: the columns' names.
        rows: the rows, in the reference's order.
        blocks: for each row the number of its block, from 0, ascending: rows of one block tie, in any order. All rows
            are of one block where nothing orders them.
        spare: by block, the rows that tie with it and that the cut left out: any of them is as right.
        ordered: the blocks' order counts.
    """

    names: tuple[str, ...]
    rows: list[Row]
    blocks: list[int]
    spare: dict[int, list[Row]] = field(default_factory=dict)
    ordered: bool = False

    @property
    def cells(self) -> int:
        """Cells that are held."""
        return (len(self.rows) + sum(map(len, self.spare.values()))) * len(self.names)


def unordered(result: Result) -> Expected:
    """Return a result as a bag of rows."""
    return Expected(result.names, result.rows, [0] * len(result.rows))


def expected(plan: Plan, plain: Result, ranked: Result | None) -> Expected:
    """Work out what a right query returns.

    Args:
        plan: the reference's.
        plain: what the reference returned.
        ranked: what `plan.ranked` returned, where that could be run.
    """
    if not plan.ordered and not plan.cut:
        return unordered(plain)
    found = None if ranked is None else _by_rank(plan, plain, ranked)
    if found is not None:
        return found
    if not plan.ordered:
        return unordered(plain)
    positions = _resolve(plan.keys, plain.names)
    if positions is None:  # what ties can't be known: the order as it came
        return Expected(plain.names, plain.rows, list(range(len(plain.rows))), ordered=True)
    keys = [tuple(row[position] for position in positions) for row in plain.rows]
    return Expected(plain.names, plain.rows, _number(keys), ordered=True)


def _resolve(keys: tuple[int | str, ...] | None, names: Sequence[str]) -> list[int] | None:
    lowered = [name.lower() for name in names]
    found = []
    for key in keys or ():
        if isinstance(key, str):
            if lowered.count(key.lower()) != 1:
                return None
            key = lowered.index(key.lower())
        if not 0 <= key < len(names):
            return None
        found.append(key)
    return None if keys is None else found


def _by_rank(plan: Plan, plain: Result, ranked: Result) -> Expected | None:
    """Return what the ranks say, `None` where they don't agree with what the reference returned."""
    ranks = [row[-1] for row in ranked.rows]
    first, last = plan.offset, plan.offset + len(plain.rows)
    if len(ranks) < last or (not plan.cut and len(ranks) != last) or len(ranked.names) != len(plain.names) + 1:
        return None
    if any(before > after for before, after in pairwise(ranks)):
        return None
    rows = [row[:-1] for row in ranked.rows]
    blocks = _number(ranks[first:last])
    spare: dict[int, list[Row]] = {}
    for block, members in groupby(range(len(blocks)), key=blocks.__getitem__):
        window = list(members)
        rank = ranks[first + window[0]]
        tied = Counter(rows[bisect_left(ranks, rank) : bisect_right(ranks, rank)])
        kept = Counter(plain.rows[n] for n in window)
        if not kept <= tied:
            return None
        # Which of them the cut kept was the engine's choice, and may be another in the ranked query.
        if left := list((tied - kept).elements()):
            spare[block] = left
    return Expected(plain.names, plain.rows, blocks, spare, ordered=plan.ordered)


def _number(keys: Sequence[Any]) -> list[int]:
    numbers: list[int] = []
    for n, key in enumerate(keys):
        numbers.append(numbers[-1] + (key != keys[n - 1]) if n else 0)
    return numbers


def plan(query: Query, rows: int) -> Plan:
    """Read how a query orders and cuts its rows.

    Args:
        query: the reference.
        rows: how many rows the ranked query may return.
    """
    from sqlglot import exp

    tree: Any = query.tree
    while isinstance(tree, exp.Subquery) and not any(
        tree.args.get(part) for part in ("order", "limit", "offset", "alias")
    ):
        tree = tree.this
    if tree.args.get("order") is not None and any(map(is_volatile, tree.args["order"].walk())):
        tree = tree.copy()
        tree.set("order", None)  # by chance: no order is right, and a cut keeps any
    order, limit, offset = (tree.args.get(part) for part in ("order", "limit", "offset"))
    if order is None and limit is None and offset is None:
        return Plan(False, False, 0, None, ())
    keys = None if order is None else _positions(tree, order)
    skipped = _count(offset)
    countable = skipped is not None and (limit is None or _count(limit) is not None)
    ranked = _ranked(tree, query.dialect, keys, rows) if countable else None
    return Plan(order is not None, limit is not None or offset is not None, skipped or 0, ranked, keys)


def _count(clause: Any) -> int | None:
    """The number that a LIMIT or OFFSET gives; 0 for none, `None` for what is no plain number."""
    from sqlglot import exp

    if clause is None:
        return 0
    if isinstance(clause, exp.Fetch):
        options = clause.args.get("limit_options")
        if options is not None and (options.args.get("with_ties") or options.args.get("percent")):
            return None
        value = clause.args.get("count")
    else:
        value = clause.expression
        if clause.args.get("expressions") or clause.args.get("limit_options"):
            return None
    return int(value.name) if isinstance(value, exp.Literal) and value.name.isdigit() else None


def _positions(tree: Any, order: Any) -> tuple[int | str, ...] | None:
    """Where the keys stand among the columns of the result, `None` where one is not there.

    A position, or behind a `*` a name, since the columns that it stands for aren't known here.
    """
    from sqlglot import exp

    outputs = tree.selects
    starred = any(one.is_star for one in outputs)
    found: list[int | str] = []
    for key in order.expressions:
        value = key.this
        if isinstance(value, exp.Literal) and value.name.isdigit():
            position: int | str | None = int(value.name) - 1
        elif starred:
            position = value.name if isinstance(value, exp.Column) else None
        else:
            position = next((n for n, one in enumerate(outputs) if _names(value, one) or one.unalias() == value), None)
        if position is None:
            return None
        found.append(position)
    return tuple(found)


def _names(key: Any, output: Any) -> bool:
    """Whether a key is a bare name, and the output's."""
    from sqlglot import exp

    bare = isinstance(key, exp.Column) and not key.table
    return bool(bare and output.alias_or_name and key.name.lower() == output.alias_or_name.lower())


def _ranked(tree: Any, dialect: str, keys: tuple[int | str, ...] | None, rows: int) -> str | None:
    """The query without its cut, and with its rows' rank as the last column."""
    from sqlglot import ErrorLevel, exp

    if not isinstance(tree, exp.Query):
        return None
    tree = tree.copy()
    order = tree.args.get("order")
    for part in ("limit", "offset"):
        tree.set(part, None)
    if isinstance(tree, exp.Select) and not tree.args.get("distinct"):
        rank = exp.Literal.number(1) if order is None else _rank(_values(tree, order))
        ranked = tree.select(exp.alias_(rank, _RANK), copy=False)
    elif order is None or keys is None or any(one.is_star for one in tree.selects):
        return None
    else:  # a further column would change what is distinct: it is added around the query
        tree.set("order", None)
        columns = [f"c{n}" for n in range(len(tree.selects))]
        known = [columns[n] for n in keys if isinstance(n, int) and n < len(columns)]
        if len(known) < len(keys):
            return None
        rank = _rank([_on(key, exp.column(name)) for key, name in zip(order.expressions, known, strict=True)])
        whole = exp.CTE(
            this=tree,
            alias=exp.TableAlias(
                this=exp.to_identifier("assay_all"), columns=[exp.to_identifier(column) for column in columns]
            ),
        )
        ranked = exp.Select(expressions=[exp.Star(), exp.alias_(rank, _RANK)], with_=exp.With(expressions=[whole]))
        ranked = ranked.from_("assay_all").order_by(_RANK)
    return str(ranked.limit(rows).sql(dialect=dialect, unsupported_level=ErrorLevel.IGNORE))


def _rank(keys: list[Any]) -> Any:
    from sqlglot import exp

    return exp.Window(this=exp.DenseRank(), order=exp.Order(expressions=keys))


def _values(tree: Any, order: Any) -> list[Any]:
    """The keys as expressions: a window knows neither positions nor aliases."""
    from sqlglot import exp

    outputs, found = tree.selects, []
    for key in order.expressions:
        value = key.this
        if isinstance(value, exp.Literal) and value.name.isdigit():
            position = int(value.name) - 1
            if 0 <= position < len(outputs):
                value = outputs[position].unalias()
        else:
            value = next((one.this for one in outputs if isinstance(one, exp.Alias) and _names(value, one)), value)
        found.append(_on(key, value.copy()))
    return found


def _on(key: Any, value: Any) -> Any:
    """A key's direction, on another value."""
    copied = key.copy()
    copied.set("this", value)
    return copied
