"""Small databases made from a schema: constraints respected, values seeded by what queries compare them with."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from assay_sql.catalog import Catalog, Column, ForeignKey, Table, Unusable, quote
from assay_sql.constants import Constants, Place
from assay_sql.domains import common, fresh, matching, near

__all__ = ["SHAPES", "Instance", "Shape", "generate"]

Row = tuple[Any, ...]

#: Draws that may fail for one row before a table is left with fewer.
ATTEMPTS = 16


@dataclass(frozen=True, slots=True)
class Shape:
    """A kind of data, as one may meet it or as it tells queries apart.

    Attributes:
        name: what it is called in reports.
        rows: rows of each table, roughly.
        nulls: how often a column that may be NULL is.
        spread: how often a value is one of its own, rather than one of a few.
        focus: how often a row has everything that the queries look for.
        few: how many of the few values are used, and how many rows others refer to; 0 for all.
    """

    name: str
    rows: int
    nulls: float
    spread: float
    focus: float
    few: int = 0


#: In the order in which seeds take them.
SHAPES = (
    Shape("boundary", rows=14, nulls=0.1, spread=0.1, focus=0.35),
    Shape("distinct", rows=9, nulls=0.0, spread=0.8, focus=0.3),
    Shape("duplicates", rows=16, nulls=0.08, spread=0.05, focus=0.3, few=2),
    Shape("nulls", rows=12, nulls=0.4, spread=0.3, focus=0.25),
    Shape("crowded", rows=26, nulls=0.05, spread=0.35, focus=0.4, few=3),
    Shape("tiny", rows=3, nulls=0.1, spread=0.4, focus=0.6),
    Shape("sparse", rows=7, nulls=0.15, spread=0.5, focus=0.15, few=1),
    Shape("mixed", rows=18, nulls=0.15, spread=0.5, focus=0.2),
)


@dataclass(slots=True)
class Instance:
    """Tables filled with rows.

    Attributes:
        catalog: its schema.
        rows: by table in lower case, as SQLite holds them.
        name: the shape and seed that it was made by.
    """

    catalog: Catalog
    rows: dict[str, list[Row]] = field(default_factory=dict)
    name: str = ""

    def connect(self, *, backwards: bool = False) -> sqlite3.Connection:
        """Return an SQLite database in memory that holds the rows; `backwards` stores them in reverse."""
        connection = _empty(self.catalog, list(self.rows))
        for name, rows in self.rows.items():
            if rows:
                holes = ", ".join("?" * len(rows[0]))
                statement = f"INSERT INTO {quote(self.catalog.tables[name].name)} VALUES ({holes})"  # noqa: S608
                connection.executemany(statement, reversed(rows) if backwards else rows)
        connection.commit()
        return connection

    def write(self, path: str | Path) -> None:
        """Write it as an SQLite file, in place of one that is there."""
        path = Path(path)
        path.unlink(missing_ok=True)
        source, target = self.connect(), sqlite3.connect(path)
        try:
            source.backup(target)
        finally:
            source.close()
            target.close()

    @property
    def size(self) -> int:
        """Rows of all tables."""
        return sum(map(len, self.rows.values()))

    def without(self, table: str, rows: Collection[int]) -> Instance | None:
        """Return a copy that lacks rows of a table, `None` where others refer to them."""
        kept = [row for position, row in enumerate(self.rows[table]) if position not in rows]
        less = Instance(self.catalog, {**self.rows, table: kept}, self.name)
        for child_name, children in less.rows.items():
            child = self.catalog.tables[child_name]
            for key in child.foreign_keys:
                if key.table.lower() == table and any(_dangling(child, row, key, less) for row in children):
                    return None
        return less

    def text(self) -> str:
        """Return its rows for a person: `singer: (1, 'Ann'), (2, NULL); concert: empty`."""
        shown = []
        for name, rows in self.rows.items():
            each = ", ".join(f"({', '.join(map(_literal, row))})" for row in rows) or "empty"
            shown.append(f"{self.catalog.tables[name].name}: {each}")
        return "; ".join(shown)


def generate(
    catalog: Catalog, seed: int = 0, constants: Constants | None = None, tables: Collection[str] | None = None
) -> Instance:
    """Make a small database; equal arguments make equal ones.

    Primary keys, foreign keys, types, NOT NULL, UNIQUE and CHECK are respected.

    Args:
        catalog: the schema.
        seed: decides the shape, in the order of `SHAPES`, and the rows.
        constants: what queries compare columns with; those values, values beside them, NULLs, duplicates and ties
            are what rows are made of.
        tables: those that are to be filled, with all that they refer to; all by default.

    Raises:
        Unusable: SQLite can't hold a table of this schema.
    """
    shape = SHAPES[seed % len(SHAPES)]
    wanted = _closure(catalog, tables)
    source = random.Random(f"assay {seed}")  # noqa: S311
    return _Maker(catalog, constants or Constants(), shape, source, wanted).make(f"{shape.name} {seed}")


class _Maker:
    """One database in the making."""

    def __init__(
        self, catalog: Catalog, constants: Constants, shape: Shape, source: random.Random, wanted: Sequence[str]
    ) -> None:
        self.catalog, self.constants, self.shape, self.source = catalog, constants, shape, source
        self.database = Instance(catalog, {name: [] for name in wanted})
        self.linked = _joined(catalog, constants)
        self.pools = dict(self._pools())
        self.witnesses: dict[str, list[Row]] = {name: [] for name in wanted}
        self.turns: dict[Place, list[Any]] = {}
        self.chosen: dict[tuple[Any, ...], list[Any]] = {}

    def make(self, name: str) -> Instance:
        self.database.name = name
        connection = _empty(self.catalog, list(self.database.rows))
        try:
            for table_name in self.database.rows:
                self._fill(self.catalog.tables[table_name], connection)
            for table_name in self.database.rows:  # as stored: a column's type may change a value
                chosen = f"SELECT * FROM {quote(self.catalog.tables[table_name].name)}"  # noqa: S608
                self.database.rows[table_name] = connection.execute(chosen).fetchall()
        finally:
            connection.close()
        self._repair()
        return self.database

    def _pools(self) -> Iterator[tuple[Place, tuple[list[Any], list[Any]]]]:
        """Yield for each column what matches the constants, and a few values that are met often.

        Columns that are joined share both, so that joins find something.
        """
        for name in self.database.rows:
            table = self.catalog.tables[name]
            for column in table.columns:
                place = (name, column.name.lower())
                together = self.linked.get(place, [place])
                asked = [value for one in together for value in self.constants.values.get(one, ())]
                exact, beside = matching(asked, column.kind), near(asked, column.kind)
                few = [*exact, *beside, *common(column.kind)] if len(exact) < 4 else [*exact, *beside]
                if column.collation:  # texts that are the same to it, and not to others
                    few += [value.swapcase() for value in few if isinstance(value, str)]
                yield place, (exact, list(dict.fromkeys(few)))

    def _fill(self, table: Table, connection: sqlite3.Connection) -> None:
        source, shape = self.source, self.shape
        count = source.randint(max(1, shape.rows // 2), shape.rows + shape.rows // 2)
        if self.constants.rows:
            count = max(count, min(self.constants.rows * (2 if self.constants.groups else 1), 60))
        if shape.name in ("sparse", "mixed") and source.random() < 0.12:
            count = 0
        few = {column.name: self._few(table, column) for column in table.columns}
        statement = f"INSERT INTO {quote(table.name)} VALUES ({', '.join('?' * len(table.columns))})"  # noqa: S608
        rows = self.database.rows[table.name.lower()]
        for _ in range(count):
            focused = source.random() < shape.focus
            for attempt in range(ATTEMPTS):
                row = self._row(table, few, focused, spread=attempt > ATTEMPTS // 2)
                if row is None:
                    return
                try:
                    connection.execute(statement, row)
                except (sqlite3.IntegrityError, OverflowError):
                    continue
                rows.append(row)
                if focused:
                    self.witnesses[table.name.lower()].append(row)
                break
            else:
                return

    def _few(self, table: Table, column: Column) -> list[Any]:
        """Return the few values that this column takes mostly, in this database."""
        exact, few = self.pools[table.name.lower(), column.name.lower()]
        number = self._crowd()
        if not number:
            return few
        # By what there is to choose from: columns that are joined choose alike.
        known = self.chosen.get(tuple(few))
        if known is None:
            some = self.source.sample(few, min(number, len(few)))
            known = self.chosen[tuple(few)] = [*some, *self.source.sample(exact, min(1, len(exact)))]
        return known

    def _crowd(self) -> int:
        """Return how many of the few values are used, and how many rows others refer to; 0 for all."""
        counted = self.constants.groups and self.constants.rows > 6
        return min(self.shape.few, 1) if counted else self.shape.few

    def _row(self, table: Table, few: Mapping[str, list[Any]], focused: bool, *, spread: bool) -> Row | None:
        """Draw a row; `None` where it must refer to a row and there is none.

        A focused row has what the queries look for, refers to rows that have, and joins with such rows.
        """
        source, shape = self.source, self.shape
        lone = table.primary_key[0] if len(table.primary_key) == 1 else ""
        row: list[Any] = []
        for column in table.columns:
            place = (table.name.lower(), column.name.lower())
            exact = self.pools[place][0]
            if focused and not exact and place in self.linked:
                exact = few[column.name][:3]
            required = not column.nullable or column.name in table.primary_key
            if not required and source.random() < (shape.nulls * 0.3 if focused else shape.nulls):
                row.append(None)
            elif column.name == lone and column.kind in ("integer", "number"):
                known = exact if source.random() < 0.3 else few[column.name] if source.random() < 0.3 else []
                row.append(source.choice(known) if known else source.randint(1, 30 if not spread else 9999))
            elif focused and exact and not spread:
                row.append(source.choice(exact))
            elif spread or source.random() < shape.spread:
                row.append(fresh(column.kind, source))
            else:
                row.append(self._one_of(place, few[column.name]))
        for key in table.foreign_keys:
            if not self._refer(table, key, row, focused):
                return None
        return tuple(row)

    def _one_of(self, place: Place, few: list[Any]) -> Any:
        """Return one of the few values, where all are used each in its turn, so that no boundary is missed."""
        if self.shape.few:
            return self.source.choice(few)
        turns = self.turns.setdefault(place, [])
        if not turns:
            turns += self.source.sample(few, len(few))
        return turns.pop()

    def _refer(self, table: Table, key: ForeignKey, row: list[Any], focused: bool) -> bool:
        """Give a row's foreign key the values of a row that it may refer to; return whether it could be done."""
        places = [table.position(name) for name in key.columns]
        columns = [table.columns[place] for place in places]
        optional = all(column.nullable and column.name not in table.primary_key for column in columns)
        if optional and any(row[place] is None for place in places):
            for place in places:
                row[place] = None
            return True
        other = self.catalog.tables[key.table.lower()]
        theirs = [other.position(name) for name in key.referenced]
        parents = self.database.rows.get(key.table.lower(), [])
        choices = [values for parent in parents if None not in (values := [parent[place] for place in theirs])]
        itself = key.table.lower() == table.name.lower()
        if itself and None not in (own := [row[place] for place in theirs]) and not set(theirs) & set(places):
            choices = [*choices, own]
        if not choices and key.table.lower() not in _before(self.database.rows, table.name.lower()) and not itself:
            return True  # tables that refer to each other: repaired when both are filled
        if not choices:
            for place in places:
                row[place] = None
            return optional
        few = self._crowd()
        if few and len(choices) > few and self.source.random() < 0.85:
            choices = choices[:few]
        preferred = []
        if focused and self.source.random() < 0.75:
            witnesses = self.witnesses.get(key.table.lower(), [])[:2]
            preferred = [values for parent in witnesses if None not in (values := [parent[p] for p in theirs])]
        elif self.source.random() < 0.4:
            exact = self.pools[table.name.lower(), key.columns[0].lower()][0]
            preferred = [values for values in choices if values[0] in exact]
        for place, value in zip(places, self.source.choice(preferred or choices), strict=True):
            row[place] = value
        return True

    def _repair(self) -> None:
        """Remove rows that refer to nothing, until none does."""
        changed = True
        while changed:
            changed = False
            for name, rows in self.database.rows.items():
                table = self.catalog.tables[name]
                for key in table.foreign_keys:
                    kept = [row for row in rows if not _dangling(table, row, key, self.database)]
                    changed |= len(kept) < len(rows)
                    rows[:] = kept


def _dangling(table: Table, row: Row, key: ForeignKey, database: Instance) -> bool:
    """Whether a row refers to a row that isn't there."""
    values = [row[table.position(name)] for name in key.columns]
    if None in values:
        return False
    other = database.catalog.tables[key.table.lower()]
    places = [other.position(name) for name in key.referenced]
    wanted = [str(value) for value in values]
    return not any([str(parent[p]) for p in places] == wanted for parent in database.rows.get(key.table.lower(), ()))


def _before(rows: Mapping[str, Any], name: str) -> list[str]:
    names = list(rows)
    return names[: names.index(name)]


def _closure(catalog: Catalog, tables: Collection[str] | None) -> list[str]:
    """Return tables and all that they refer to, each after what it refers to where that can be."""
    pending = [name.lower() for name in tables] if tables is not None else list(catalog.tables)
    wanted: dict[str, None] = {}
    while pending:
        name = pending.pop()
        if name in catalog.tables and name not in wanted:
            wanted[name] = None
            pending += [key.table.lower() for key in catalog.tables[name].foreign_keys]
    ordered: list[str] = []
    remaining = [name for name in catalog.tables if name in wanted]
    while remaining:
        ready = [
            name
            for name in remaining
            if all(k.table.lower() in (*ordered, name) for k in catalog.tables[name].foreign_keys)
        ]
        chosen = ready or remaining[:1]
        ordered += chosen
        remaining = [name for name in remaining if name not in chosen]
    return ordered


def _joined(catalog: Catalog, constants: Constants) -> dict[Place, list[Place]]:
    """Return for each column all that it is joined with, by keys and by queries, itself included."""
    pairs = list(constants.joined)
    for name, table in catalog.tables.items():
        for key in table.foreign_keys:
            for ours, theirs in zip(key.columns, key.referenced, strict=True):
                pairs.append(((name, ours.lower()), (key.table.lower(), theirs.lower())))
    groups: dict[Place, list[Place]] = {}
    for left, right in pairs:
        a, b = groups.setdefault(left, [left]), groups.setdefault(right, [right])
        if a is not b:
            a += b
            for place in b:
                groups[place] = a
    return groups


def _empty(catalog: Catalog, names: Sequence[str]) -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:", check_same_thread=False, cached_statements=256)
    held = Catalog({name: catalog.tables[name] for name in names})
    for table, statement in zip(held.tables.values(), held.ddl(), strict=True):
        try:
            connection.execute(statement)
        except sqlite3.Error as problem:
            connection.close()
            raise Unusable(f"SQLite can't hold the table {table.name}: {problem}") from None
    return connection


def _literal(value: Any) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, bytes):
        return f"x'{value.hex()}'"
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    return str(value)
