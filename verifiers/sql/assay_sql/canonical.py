"""Writes a query, prepared by `assay_sql.normal`, as a text that all queries share which say the same."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from assay_sql.catalog import Catalog

__all__ = ["NoForm", "Writer", "called", "compares_exactly", "modified"]

#: Ways of numbering tables that occur more than once that are tried, in all of a query.
MOST_ORDERS = 200

#: Kinds of columns of which two values that are equal are the same; in SQLite numbers are, too.
_EXACT = ("integer", "text", "date", "boolean")

#: Dialects that compare texts to the letter, unless a collation is declared.
_BINARY = ("sqlite", "postgres", "duckdb")


class NoForm(ValueError):
    """A query that has no normal form here. The message completes 'the query ...'."""


#: What a name in a query means: for each alias, what it is called in the form, and the columns of a derived table.
_Source = tuple[str, Mapping[str, int] | None, str]
_Names = Mapping[str, _Source]


class Writer:
    """Writes the form of one query."""

    def __init__(self, catalog: Catalog | None, dialect: str, *, exact: bool) -> None:
        self.catalog, self.dialect = catalog, dialect
        # Where two texts are equal and not the same, it matters which of them DISTINCT keeps.
        self.exact = exact
        self.orders = MOST_ORDERS

    def query(self, node: Any, names: _Names, depth: int, *, ordered: bool = False, as_set: bool = False) -> str:
        """Return the form of a SELECT or of a set operation.

        Args:
            node: the query.
            names: what the names of the queries around it mean.
            depth: how many queries are around it.
            ordered: whether the order of its rows counts.
            as_set: whether it doesn't matter how often a row occurs.
        """
        from sqlglot import exp

        while isinstance(node, (exp.Paren, exp.Subquery)) and not modified(node):
            node = node.this
        if isinstance(node, exp.SetOperation):
            return self._set_operation(node, names, depth, ordered, as_set)
        if isinstance(node, exp.Select):
            return self._select(node, names, depth, ordered, as_set)
        raise NoForm(f"holds a {node.key.upper()} where a SELECT is expected")

    def _set_operation(self, node: Any, names: _Names, depth: int, ordered: bool, as_set: bool) -> str:
        from sqlglot import exp

        limited = bool(node.args.get("limit") or node.args.get("offset"))
        known = {"this", "expression", "distinct", "order", "limit", "offset"}
        if any(value for key, value in node.args.items() if key not in known):
            raise NoForm("has a set operation of a kind that has no normal form")
        distinct = bool(node.args.get("distinct"))
        apart = distinct or (as_set and not limited)
        kind = type(node)
        if kind is not exp.Union and not distinct:
            apart = False  # how often a row occurs decides whether any is left
        parts: list[str] = []
        pending = [node.this, node.expression]
        while pending:
            part = pending.pop(0)
            while isinstance(part, (exp.Paren, exp.Subquery)) and not modified(part):
                part = part.this
            bare = type(part) is kind and not any(part.args.get(key) for key in ("order", "limit", "offset"))
            # A union of unions is one union, if it doesn't matter that the inner one drops duplicates.
            if bare and kind is exp.Union and (apart or not part.args.get("distinct")):
                pending = [part.this, part.expression, *pending]
            else:
                parts.append(self.query(part, names, depth, as_set=apart))
        if kind is not exp.Except and (self.exact or not apart):
            parts = sorted(set(parts)) if apart else sorted(parts)
        named = {name.lower(): f"#{place}" for place, name in enumerate(node.named_selects)}
        form = f"{kind.__name__}{'' if distinct else ' all'}({'; '.join(parts)})"
        return form + self._tail(node, names, depth, named, [], ordered or limited)

    def _select(self, node: Any, names: _Names, depth: int, ordered: bool, as_set: bool) -> str:
        inner = None if ordered else _passed_on(node)
        if inner is not None:
            return self.query(inner, names, depth, as_set=as_set)
        sources = self._sources(node, names, depth)
        best: str | None = None
        for order in self._numberings(node, sources):
            here = dict(names)
            for number, place in enumerate(order):
                alias, _, columns, table, _ = sources[place]
                here[alias] = (f"s{depth}.{number}", columns, table)
            form = self._numbered(node, sources, order, here, depth, ordered, as_set)
            best = form if best is None or form < best else best
        assert best is not None
        return best

    def _sources(self, node: Any, names: _Names, depth: int) -> list[tuple[str, str, Any, str, Any]]:
        """Return for each source its alias, its form, its columns by place if it is derived, its table, its join."""
        from sqlglot import exp

        found: list[tuple[str, str, Any, str, Any]] = []
        start = node.args.get("from_")
        for holder in [*([start] if start else []), *(node.args.get("joins") or ())]:
            source = holder.this
            known = {"this", "alias", "db", "catalog"} if isinstance(source, exp.Table) else {"this", "alias"}
            if any(value for key, value in source.args.items() if key not in known):
                raise NoForm("reads a table in a way that has no normal form")
            if isinstance(source, exp.Table) and isinstance(source.this, exp.Identifier):
                table = ".".join(_word(part.name) for part in source.parts)
                found.append((source.alias_or_name, table, None, source.name, holder))
            elif isinstance(source, exp.Subquery):
                given = source.args["alias"].columns if source.args.get("alias") else ()
                own = [name.lower() for name in source.this.named_selects]
                columns = [c.name for c in given] or own
                if len(set(columns)) < len(columns) or "*" in columns:
                    raise NoForm("has a subquery with two columns of one name")
                places = {name: place for place, name in enumerate(columns)}
                form = self.query(source.this, names, depth + 1)
                found.append((source.alias_or_name, f"({form})", places, "", holder))
            else:
                raise NoForm(f"reads a {source.key}")
        return found

    def _numberings(self, node: Any, sources: Sequence[Any]) -> Iterable[tuple[int, ...]]:
        """Yield orders in which sources may stand: by form, and sources of one form in each order there is."""
        places = list(range(len(sources)))
        starred = any(one.is_star for one in node.expressions)
        if starred or not _all_inner(sources):
            return [tuple(places)]
        by_form = sorted(places, key=lambda place: sources[place][1])
        groups = [list(each) for _, each in itertools.groupby(by_form, key=lambda place: sources[place][1])]
        choices = [list(itertools.islice(itertools.permutations(group), MOST_ORDERS + 1)) for group in groups]
        count = 1
        for each in choices:
            count *= len(each)
        self.orders -= count
        if self.orders < 0:
            raise NoForm("reads too many tables more than once")
        return [tuple(itertools.chain(*each)) for each in itertools.product(*choices)]

    def _numbered(
        self,
        node: Any,
        sources: Sequence[Any],
        order: Sequence[int],
        names: _Names,
        depth: int,
        ordered: bool,
        as_set: bool,
    ) -> str:
        """Return the form of a SELECT whose sources have their numbers."""
        from sqlglot import exp

        inner = _all_inner(sources)
        conditions: list[Any] = []
        joined = []
        for place in order:
            _, form, _, _, holder = sources[place]
            on = holder.args.get("on") if isinstance(holder, exp.Join) else None
            if inner:
                conditions += _conjuncts(on)
                joined.append(form)
            else:
                kind = "" if isinstance(holder, exp.From) else _join_kind(holder)
                held = sorted({self.form(one, names, depth) for one in _conjuncts(on)})
                joined.append(f"{kind} {form} on [{' & '.join(held)}]")
        where = node.args.get("where")
        conditions += _conjuncts(where.this if where else None)
        same = self._same(conditions, names)
        held = sorted(
            {self._alike(self.form(one, names, depth), same) for one in conditions if not self._equates(one, names)}
        )
        held += sorted({f"{first} = {one}" for one, first in same.items() if one != first})

        def write(part: Any) -> str:
            return self._alike(self.form(part, names, depth), same)

        selected = [write(one.unalias()) for one in node.expressions]
        grouped = node.args.get("group")
        if grouped and any(value for key, value in grouped.args.items() if key != "expressions"):
            raise NoForm("groups in a way that has no normal form")
        keys = sorted({write(one) for one in grouped.expressions}) if grouped else None
        having = node.args.get("having")
        kept = sorted({write(one) for one in _conjuncts(having.this if having else None)})
        distinct = node.args.get("distinct")
        if distinct and distinct.args.get("on"):
            raise NoForm("has a DISTINCT ON")
        limited = bool(node.args.get("limit") or node.args.get("offset") or node.args.get("fetch"))
        sorting = node.args.get("order")
        shown = [*node.expressions, *(sorting.expressions if sorting else ())]
        windows = any(map(_windows, shown))
        aggregates = any(map(_aggregates, shown)) or bool(having)
        apart = bool(distinct)
        if self.exact and keys is not None and not aggregates and not windows and set(keys) == set(selected):
            keys, apart = None, True  # to group by all that is selected is DISTINCT
        lone = keys is None and any(map(_aggregates, node.expressions)) and not windows
        if lone or (keys is not None and set(keys) <= set(selected)):
            apart = False  # one row, or one row of each key: there is nothing to drop
        elif as_set and not limited:
            apart = False
        known = {"expressions", "from_", "joins", "where", "group", "having", "distinct", "order", "limit", "offset"}
        rest = {key: value for key, value in node.args.items() if value and key not in known}
        if rest:
            raise NoForm(f"has a {min(rest).strip('_').upper()}, which has no normal form")
        named = {one.alias_or_name.lower(): selected[place] for place, one in enumerate(node.expressions)}
        form = (
            f"select{' distinct' if apart else ''} [{', '.join(selected)}] from [{', '.join(joined)}]"
            f" where [{' & '.join(held)}]"
            + (f" group [{', '.join(keys)}]" if keys is not None else "")
            + (f" having [{' & '.join(kept)}]" if kept else "")
        )
        return form + self._tail(node, names, depth, named, same, ordered or limited)

    def _tail(self, node: Any, names: _Names, depth: int, named: Mapping[str, str], same: Any, ordered: bool) -> str:
        """Return the form of ORDER BY, where it counts, and of LIMIT and OFFSET."""
        from sqlglot import exp

        written = []
        if ordered and node.args.get("order"):
            for one in node.args["order"].expressions:
                key = one.this
                lone = isinstance(key, exp.Column) and not key.table and key.name in named
                form = named[key.name] if lone else self.form(key, names, depth, named)
                form = self._alike(form, same) if same else form
                way = "desc" if one.args.get("desc") else "asc"
                written.append((form, f"{form} {way} {bool(one.args.get('nulls_first'))}"))
        firsts: dict[str, str] = {}
        for form, whole in written:
            firsts.setdefault(form, whole)  # what is ordered by already orders nothing more
        tail = f" order [{', '.join(firsts.values())}]" if firsts else ""
        for part in ("limit", "offset"):
            held = node.args.get(part)
            nothing = part == "offset" and held is not None and held.expression.name == "0"
            if held and not nothing:
                if any(value for key, value in held.args.items() if key not in ("this", "expression", "offset")):
                    raise NoForm(f"has a {part.upper()} of a kind that has no normal form")
                tail += f" {part} {self.form(held.expression, names, depth)}"
        return tail

    def _place(self, node: Any, names: _Names) -> tuple[str, str] | None:
        """Return table and column of a column of a table, `None` of anything else."""
        from sqlglot import exp

        while isinstance(node, exp.Paren):
            node = node.this
        if isinstance(node, exp.Column) and node.table in names and names[node.table][2]:
            return names[node.table][2], node.name
        return None

    def _equates(self, node: Any, names: _Names) -> bool:
        """Whether a condition says that two columns hold the same value, and not merely an equal one."""
        from sqlglot import exp

        if not isinstance(node, exp.EQ) or self.catalog is None or not self.exact:
            return False
        types = []
        for side in (node.this, node.expression):
            place = self._place(side, names)
            table = self.catalog.table(place[0]) if place else None
            if place is None or table is None:
                return False
            column = table.column(place[1])
            lite = self.dialect == "sqlite"
            if column.kind not in _EXACT and not (lite and column.kind == "number"):
                return False
            declared = column.declared.lower()
            if not lite and column.kind == "text" and not declared.startswith(("text", "varchar", "character varying")):
                return False  # CHAR(5) forgets spaces, CITEXT case
            types.append(column.kind if lite or column.kind == "integer" else declared)
        return bool(types[0] == types[1])

    def _same(self, conditions: Sequence[Any], names: _Names) -> dict[str, str]:
        """Return, for columns that conditions say are the same, the first of them."""
        groups: dict[str, set[str]] = {}
        for one in conditions:
            if self._equates(one, names):
                left, right = self.form(one.this, names, 0), self.form(one.expression, names, 0)
                together = groups.get(left, {left}) | groups.get(right, {right})
                for each in together:
                    groups[each] = together
        return {one: min(group) for one, group in groups.items()}

    def _alike(self, form: str, same: Any) -> str:
        """Return a form in which columns that are the same are written the same."""
        if not same:
            return form
        for one, first in same.items():
            if one != first:
                form = form.replace(one, first)
        return form

    def form(self, node: Any, names: _Names, depth: int, named: Mapping[str, str] | None = None) -> str:
        """Return the form of an expression."""
        from sqlglot import exp

        if isinstance(node, list):
            return "[" + ", ".join(self.form(one, names, depth, named) for one in node) + "]"
        if not isinstance(node, exp.Expr):  # a word of its own: a side, a type's name, whether
            return _word(str(node))
        if isinstance(node, exp.Paren):
            return self.form(node.this, names, depth, named)
        if isinstance(node, exp.Column):
            return self._column(node, names, named)
        if isinstance(node, (exp.And, exp.Or)):
            parts = sorted({self.form(one, names, depth, named) for one in node.flatten()})
            return f"({f' {node.key} '.join(parts)})" if len(parts) > 1 else parts[0]
        if isinstance(node, exp.Not):
            return self._not(node, names, depth, named)
        if isinstance(node, (exp.GT, exp.GTE)):
            other = "lt" if isinstance(node, exp.GT) else "lte"
            return self._binary(other, node.expression, node.this, names, depth, named)
        if isinstance(node, (exp.LT, exp.LTE)):
            return self._binary(node.key, node.this, node.expression, names, depth, named)
        if isinstance(node, (exp.EQ, exp.NEQ, exp.Add, exp.Mul)):
            sides = sorted(self.form(side, names, depth, named) for side in (node.this, node.expression))
            return f"({sides[0]} {node.key} {sides[1]})"
        if isinstance(node, exp.Between) and not node.args.get("symmetric"):
            low = self._binary("lte", node.args["low"], node.this, names, depth, named)
            high = self._binary("lte", node.this, node.args["high"], names, depth, named)
            return "(" + " and ".join(sorted({low, high})) + ")"
        if isinstance(node, exp.In):
            return self._in(node, names, depth, named)
        if isinstance(node, exp.Exists):
            return f"exists({self.query(node.this, names, depth + 1, as_set=True)})"
        if isinstance(node, (exp.Subquery, exp.Select, exp.SetOperation)):
            return f"({self.query(node, names, depth + 1)})"
        if isinstance(node, exp.Count) and not node.expressions:
            counted = node.this
            if isinstance(counted, exp.Star) or (isinstance(counted, exp.Literal) and counted.is_number):
                return "count(*)"
        if isinstance(node, exp.Coalesce):
            parts = list(dict.fromkeys(self.form(one, names, depth, named) for one in [node.this, *node.expressions]))
            return parts[0] if len(parts) == 1 else f"coalesce({', '.join(parts)})"
        if isinstance(node, exp.Literal):
            return f"'{_word(' ' + node.name)}'" if node.is_string else node.name.lower()
        if isinstance(node, exp.Identifier):
            return _word(node.name)
        if isinstance(node, exp.Star) and any(node.args.values()):
            raise NoForm("has a star with exceptions")
        held = [
            f"{key}={self.form(value, names, depth, named)}"
            for key, value in sorted(node.args.items())
            if value is not None and value is not False and value != [] and key != "big_int"
        ]
        name = _word(called(node)) if isinstance(node, exp.Func) else node.key
        return f"{name}({', '.join(held)})"

    def _binary(self, kind: str, left: Any, right: Any, names: _Names, depth: int, named: Any) -> str:
        return f"({self.form(left, names, depth, named)} {kind} {self.form(right, names, depth, named)})"

    def _column(self, node: Any, names: _Names, named: Mapping[str, str] | None) -> str:
        from sqlglot import exp

        if isinstance(node.this, exp.Star):
            raise NoForm("selects all columns of what the schema doesn't have")
        if not node.table:
            if named and node.name in named:
                return named[node.name]
            raise NoForm(f"has a column {node.name} that can't be told")
        if node.table not in names:
            raise NoForm(f"has a column of {node.table}, which can't be told")
        called, columns, _ = names[node.table]
        if columns is None:
            return f"<{called}.{_word(node.name)}>"
        if node.name not in columns:
            raise NoForm(f"has a column {node.name} that its subquery lacks")
        return f"<{called}.#{columns[node.name]}>"

    def _not(self, node: Any, names: _Names, depth: int, named: Any) -> str:
        """Push NOT inwards, where three-valued logic lets it."""
        from sqlglot import exp

        inner = node.this
        while isinstance(inner, exp.Paren):
            inner = inner.this
        opposite = {
            exp.EQ: exp.NEQ,
            exp.NEQ: exp.EQ,
            exp.GT: exp.LTE,
            exp.LTE: exp.GT,
            exp.LT: exp.GTE,
            exp.GTE: exp.LT,
        }
        sides = (inner.args.get("this"), inner.args.get("expression"))
        if type(inner) in opposite and not any(isinstance(side, (exp.Any, exp.All)) for side in sides):
            return self.form(opposite[type(inner)](this=inner.this, expression=inner.expression), names, depth, named)
        if isinstance(inner, (exp.And, exp.Or)):
            other = "or" if isinstance(inner, exp.And) else "and"
            parts = sorted({self.form(exp.Not(this=one), names, depth, named) for one in inner.flatten()})
            return f"({f' {other} '.join(parts)})" if len(parts) > 1 else parts[0]
        if isinstance(inner, exp.Between) and not inner.args.get("symmetric"):
            below = exp.LT(this=inner.this, expression=inner.args["low"])
            above = exp.GT(this=inner.this, expression=inner.args["high"])
            return self.form(exp.Or(this=below, expression=above), names, depth, named)
        literal = isinstance(inner, exp.In) and inner.expressions and _literals(inner)
        if literal:
            each = [exp.NEQ(this=inner.this, expression=one) for one in inner.expressions]
            parts = sorted({self.form(one, names, depth, named) for one in each})
            return f"({' and '.join(parts)})" if len(parts) > 1 else parts[0]
        return f"not({self.form(inner, names, depth, named)})"

    def _in(self, node: Any, names: _Names, depth: int, named: Any) -> str:
        from sqlglot import exp

        if node.args.get("query"):
            query = node.args["query"]
            found = self.query(query, names, depth + 1, as_set=True)
            return f"({self.form(node.this, names, depth, named)} in {found})"
        odd = node.args.get("unnest") or node.args.get("field") or isinstance(node.this, exp.Tuple)
        if odd or not node.expressions:
            raise NoForm("has an IN of a kind that has no normal form")
        if _literals(node):  # SQLite gives columns in the list no affinity: only literals are as if compared by =
            each = [exp.EQ(this=node.this, expression=one) for one in node.expressions]
            parts = sorted({self.form(one, names, depth, named) for one in each})
            return f"({' or '.join(parts)})" if len(parts) > 1 else parts[0]
        forms = sorted({self.form(one, names, depth, named) for one in node.expressions})
        return f"({self.form(node.this, names, depth, named)} in [{', '.join(forms)}])"


def compares_exactly(tree: Any, catalog: Catalog | None, dialect: str) -> bool:
    """Whether texts that are equal are the same in a query: no collation says otherwise, as far as is known."""
    from sqlglot import exp

    tables = catalog.tables.values() if catalog else ()
    declared = {c.name.lower() for table in tables for c in table.columns if c.collation}
    return (
        dialect in _BINARY
        and not any(column.name.lower() in declared for column in tree.find_all(exp.Column))
        and tree.find(exp.Collate) is None
    )


def _literals(node: Any) -> bool:
    from sqlglot import exp

    return all(isinstance(one, exp.Literal) for one in node.expressions)


def _aggregates(node: Any) -> bool:
    """Whether an expression aggregates the rows of its own query."""
    from sqlglot import exp

    inner = (exp.Query, exp.Window)
    return any(isinstance(one, exp.AggFunc) for one in node.walk(prune=lambda one: isinstance(one, inner)))


def _windows(node: Any) -> bool:
    from sqlglot import exp

    return any(isinstance(one, exp.Window) for one in node.walk(prune=lambda one: isinstance(one, exp.Query)))


def _word(name: str) -> str:
    """Return a name so that nothing else can look like it."""
    return name if name.isidentifier() else repr(name).replace("<", "\\x3c").replace(">", "\\x3e")


def _passed_on(node: Any) -> Any:
    """Return the subquery whose rows a SELECT hands on as they are, `None` if it does anything to them."""
    from sqlglot import exp

    if any(value for key, value in node.args.items() if key not in ("expressions", "from_", "order", "kind")):
        return None
    source = node.args["from_"].this if node.args.get("from_") else None
    if not isinstance(source, exp.Subquery):
        return None
    given = source.args["alias"].columns if source.args.get("alias") else ()
    columns = [c.name for c in given] or [name.lower() for name in source.this.named_selects]
    selected = [one.unalias() for one in node.expressions]
    if all(isinstance(one, exp.Column) for one in selected) and [one.name for one in selected] == columns:
        return source.this if len(set(columns)) == len(columns) else None
    return None


def _conjuncts(node: Any) -> list[Any]:
    """Return the conditions that must all hold."""
    from sqlglot import exp

    if node is None:
        return []
    while isinstance(node, exp.Paren):
        node = node.this
    if isinstance(node, exp.And):
        return [part for one in node.flatten() for part in _conjuncts(one)]
    if isinstance(node, exp.Between) and not node.args.get("symmetric"):
        low = exp.GTE(this=node.this.copy(), expression=node.args["low"].copy())
        return [low, exp.LTE(this=node.this.copy(), expression=node.args["high"].copy())]
    if isinstance(node, exp.Not):
        inner = node.this
        while isinstance(inner, exp.Paren):
            inner = inner.this
        if isinstance(inner, exp.Or):
            return [part for one in inner.flatten() for part in _conjuncts(exp.Not(this=one.copy()))]
        if isinstance(inner, exp.NEQ):
            return [exp.EQ(this=inner.this.copy(), expression=inner.expression.copy())]
    if isinstance(node, exp.Boolean) and node.this:
        return []
    return [node]


def _join_kind(join: Any) -> str:
    parts = [str(join.args.get(part) or "").upper() for part in ("method", "side", "kind")]
    known = {"this", "on", "side", "kind", "method"}
    if any(value for key, value in join.args.items() if key not in known):
        raise NoForm("has a join of a kind that has no normal form")
    words = [part for part in parts if part and part not in ("INNER", "OUTER", "CROSS")]
    if set(words) - {"LEFT", "RIGHT", "FULL"}:
        raise NoForm(f"has a {' '.join(words)} JOIN, which has no normal form")
    return " ".join(words) or "INNER"


def _all_inner(sources: Sequence[Any]) -> bool:
    from sqlglot import exp

    return all(isinstance(s[4], exp.From) or _join_kind(s[4]) == "INNER" for s in sources)


def modified(node: Any) -> bool:
    """Whether brackets around a query do more than bracket it."""
    return any(node.args.get(part) for part in ("with_", "order", "limit", "offset", "alias"))


def called(node: Any) -> str:
    """Return the name of a function in lower case."""
    from sqlglot import exp

    named = isinstance(node, (exp.Anonymous, exp.AnonymousAggFunc))
    return str(node.name if named else node.key).lower()
