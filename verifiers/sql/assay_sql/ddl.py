"""Reads the tables that DDL declares."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from assay_sql.catalog import Column, ForeignKey, Table, Unusable

__all__ = ["MAX_LENGTH", "tables"]

#: Characters that DDL may have.
MAX_LENGTH = 2_000_000


def tables(text: str, dialect: str) -> list[Table]:
    """Return what `CREATE TABLE` statements declare, with keys that `ALTER TABLE` adds; the rest is passed over.

    Raises:
        Unusable: it can't be parsed, or declares a table twice.
    """
    from sqlglot import exp, parse
    from sqlglot.errors import SqlglotError

    if len(text) > MAX_LENGTH:
        raise Unusable(f"the schema has {len(text):,} characters; the limit is {MAX_LENGTH:,}")
    try:
        parsed = parse(text, read=dialect)
    except SqlglotError as problem:
        raise Unusable(f"the schema can't be read: {str(problem).splitlines()[0]}") from None
    except RecursionError:
        raise Unusable("the schema is nested too deeply to be read") from None
    found: dict[str, Table] = {}
    for statement in parsed:
        if isinstance(statement, exp.Create) and statement.kind == "TABLE" and isinstance(statement.this, exp.Schema):
            table = _declared(statement.this)
            if table.name.lower() in found:
                raise Unusable(f"the schema has two tables named {table.name}")
            found[table.name.lower()] = table
    # A key that is added later, as dumps of PostgreSQL do.
    for statement in parsed:
        if isinstance(statement, exp.Alter) and statement.this.name.lower() in found:
            name = statement.this.name.lower()
            found[name] = _with(found[name], list(statement.find_all(exp.PrimaryKey, exp.ForeignKey)))
    return list(found.values())


def _declared(schema: Any) -> Table:
    from sqlglot import exp

    columns, primary, unique, links, checks = [], [], [], [], []
    rest = []
    for part in schema.expressions:
        if isinstance(part, exp.Identifier):  # a column without a type
            columns.append(Column(part.name))
            continue
        if not isinstance(part, exp.ColumnDef):
            rest.append(part)
            continue
        nullable, collation = True, ""
        for constraint in part.args.get("constraints") or ():
            kind = constraint.args.get("kind")
            if isinstance(kind, exp.NotNullColumnConstraint):
                nullable = bool(kind.args.get("allow_null"))
            elif isinstance(kind, exp.PrimaryKeyColumnConstraint):
                primary.append(part.name)
                nullable = False
            elif isinstance(kind, exp.UniqueColumnConstraint):
                unique.append((part.name,))
            elif isinstance(kind, exp.CheckColumnConstraint):
                checks.append(kind.this.sql("sqlite"))
            elif isinstance(kind, exp.CollateColumnConstraint):
                collation = kind.this.name
            elif isinstance(kind, exp.Reference):
                links.append(_reference((part.name,), kind))
        # sqlglot's own names: in SQLite's it would lose what is a decimal and what a truth value.
        declared = part.args["kind"].sql() if part.args.get("kind") else "TEXT"
        declared = "INTEGER" if declared == "INT" else declared
        columns.append(Column(part.name, declared, nullable, "" if collation.upper() == "BINARY" else collation))
    table = Table(
        schema.this.name, tuple(columns), tuple(primary), tuple(unique), tuple(links), tuple(checks)
    )  # fmt: skip
    return _with(table, rest)


def _with(table: Table, constraints: Sequence[Any]) -> Table:
    """Return a table with constraints that stand beside its columns."""
    from sqlglot import exp

    primary, unique = table.primary_key, list(table.unique)
    links, checks = list(table.foreign_keys), list(table.checks)
    for part in constraints:
        for one in part.expressions if isinstance(part, exp.Constraint) else [part]:
            names = tuple(c.name for c in one.expressions)
            if isinstance(one, exp.PrimaryKey):
                primary = names
            elif isinstance(one, exp.ForeignKey) and one.args.get("reference"):
                links.append(_reference(names, one.args["reference"]))
            elif isinstance(one, exp.UniqueColumnConstraint):
                held = one.this.expressions if isinstance(one.this, exp.Schema) else one.expressions
                unique.append(tuple(c.name for c in held))
            elif isinstance(one, exp.CheckColumnConstraint):
                checks.append(one.this.sql("sqlite"))
    keyed = {name.lower() for name in primary}
    columns = tuple(replace(c, nullable=c.nullable and c.name.lower() not in keyed) for c in table.columns)
    return Table(table.name, columns, primary, tuple(unique), tuple(links), tuple(checks))


def _reference(columns: tuple[str, ...], reference: Any) -> ForeignKey:
    from sqlglot import exp

    target = reference.this
    if isinstance(target, exp.Schema):
        return ForeignKey(columns, target.this.name, tuple(c.name for c in target.expressions))
    return ForeignKey(columns, target.name, ())
