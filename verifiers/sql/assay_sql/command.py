"""`assay sql suite`: databases that tell right queries from wrong ones, from a schema."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from assay_sql.catalog import Catalog, Unusable
from assay_sql.query import Query, Refused, UnknownDialect, known_dialect, read
from assay_sql.suite import suite

__all__ = ["group"]

#: Survivors that are shown.
SHOWN = 10


@click.group("sql")
def group() -> None:
    """Make databases that tell right queries from wrong ones."""


@group.command("suite")
@click.argument("schema", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--out", required=True, type=click.Path(file_okay=False, path_type=Path), help="The folder to write to.")
@click.option("--query", "queries", multiple=True, help="A right query; may be given several times.")
@click.option(
    "--queries",
    "file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A file with a right query on each line; what follows a tab is left out.",
)
@click.option("--db-id", default="", help="Which entry, where SCHEMA is a tables.json of several.")
@click.option("--databases", default=6, show_default=True, type=click.IntRange(1, 99), help="How many.")
@click.option("--seed", default=0, show_default=True, type=click.IntRange(0), help="Another seed, other databases.")
@click.option("--dialect", default="sqlite", show_default=True, help="Of the DDL.")
def make_suite(
    schema: Path,
    out: Path,
    queries: Sequence[str],
    file: Path | None,
    db_id: str,
    databases: int,
    seed: int,
    dialect: str,
) -> None:
    """Write SQLite databases that respect SCHEMA and tell right queries from wrong ones.

    SCHEMA is a file of DDL, or JSON: a tables.json as Spider has it, or a mapping from tables to columns.
    `sql.execution` takes the folder as its database. Without a query the databases are of all shapes, and seeded by
    nothing.
    """
    lines = [*queries, *(file.read_text(encoding="utf-8").splitlines() if file else [])]
    try:
        catalog = Catalog.read(_schema(schema, db_id), known_dialect(dialect))
        made = suite(_read(lines), catalog, databases=databases, seed=seed)
    except (Unusable, UnknownDialect) as problem:
        raise click.ClickException(f"{schema}: {problem}") from None
    for path, database in zip(made.write(out), made.databases, strict=True):
        click.echo(f"{path}  {database.size} rows")
    if lines:
        click.echo(f"{made.mutations - len(made.survivors)} of {made.mutations} wrong queries are told from right ones")
    for mutation in made.survivors[:SHOWN]:
        click.echo(f"  not told ({mutation.kind}; it may mean the same): {mutation.sql}")
    if len(made.survivors) > SHOWN:
        click.echo(f"  ... and {len(made.survivors) - SHOWN} more")
    for text in made.useless:
        click.echo(f"  returns no row, or fails: {text}")


def _schema(path: Path, db_id: str) -> Any:
    """Return what a file holds: DDL as text, JSON as what it says, one entry of several."""
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise Unusable("it is no text") from None
    if text.lstrip()[:1] not in ("{", "["):
        return text
    try:
        held = json.loads(text)
    except ValueError as problem:
        raise Unusable(f"it begins like JSON and isn't any: {problem}") from None
    if not isinstance(held, list):
        return held
    named = {str(entry.get("db_id", "")): entry for entry in held if isinstance(entry, dict)}
    if db_id in named:
        return named[db_id]
    if len(held) == 1 and not db_id:
        return held[0]
    some = ", ".join(sorted(named)[:5])
    raise Unusable(f"it has {len(held)} schemas; say which by --db-id, for example one of {some}")


def _read(lines: Sequence[str]) -> list[Query]:
    found = []
    for line in lines:
        text = line.partition("\t")[0].strip()
        if text:
            try:
                found.append(read(text, "sqlite"))
            except Refused as problem:
                raise click.ClickException(f"the query {problem}: {text[:80]}") from None
    return found
