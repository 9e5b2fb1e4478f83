"""What is known of a database without its rows: tables, columns, types, keys and checks."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

__all__ = ["Catalog", "Column", "ForeignKey", "Table", "Unusable", "quote"]

Kind = Literal["integer", "real", "number", "text", "boolean", "date", "time", "timestamp", "blob"]

#: Words of a declared type, and what its values are; the first that occurs decides.
_KINDS: tuple[tuple[str, Kind], ...] = (
    ("bool", "boolean"),
    ("datetime", "timestamp"),
    ("timestamp", "timestamp"),
    ("interval", "text"),
    ("int", "integer"),
    ("serial", "integer"),
    ("year", "integer"),
    ("date", "date"),
    ("time", "time"),
    ("char", "text"),
    ("text", "text"),
    ("clob", "text"),
    ("string", "text"),
    ("enum", "text"),
    ("uuid", "text"),
    ("real", "real"),
    ("floa", "real"),
    ("doub", "real"),
    ("dec", "number"),
    ("num", "number"),
    ("money", "number"),
    ("blob", "blob"),
    ("binary", "blob"),
    ("bytea", "blob"),
)

#: What Spider's `column_types` say, as SQLite types.
_SPIDER = {"text": "TEXT", "number": "NUMERIC", "time": "TEXT", "boolean": "BOOLEAN", "others": "TEXT"}

#: A declared type that SQLite reads as it stands; any other is declared by its kind.
_PLAIN = re.compile(r"\w+( \w+){0,3}( ?\( ?\d+ ?(, ?\d+ ?)?\))?")

#: The collations that every SQLite has.
_COLLATIONS = ("NOCASE", "RTRIM")
_TYPES: dict[Kind, str] = {
    "integer": "INTEGER",
    "real": "REAL",
    "number": "NUMERIC",
    "text": "TEXT",
    "boolean": "BOOLEAN",
    "date": "DATE",
    "time": "TIME",
    "timestamp": "TIMESTAMP",
    "blob": "BLOB",
}


class Unusable(ValueError):
    """A schema that can't be read. The message is a sentence that says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column.

    Attributes:
        name: as it was declared.
        declared: its type as it was declared, `VARCHAR(20)`.
        nullable: whether it may hold NULL.
        collation: how its texts are compared, where it was declared otherwise than by their bytes.
    """

    name: str
    declared: str = "TEXT"
    nullable: bool = True
    collation: str = ""

    @property
    def kind(self) -> Kind:
        """What its values are."""
        lower = self.declared.lower()
        return next((kind for word, kind in _KINDS if word in lower), "text")


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """Columns whose values are found in columns of another table, or are NULL."""

    columns: tuple[str, ...]
    table: str
    referenced: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A table, its columns in order.

    Attributes:
        name: as it was declared.
        columns: in order.
        primary_key: names of columns, none for a table without one.
        unique: further sets of columns whose values together occur once.
        foreign_keys: what it refers to.
        checks: conditions that each row fulfils, as SQLite's SQL.
    """

    name: str
    columns: tuple[Column, ...]
    primary_key: tuple[str, ...] = ()
    unique: tuple[tuple[str, ...], ...] = ()
    foreign_keys: tuple[ForeignKey, ...] = ()
    checks: tuple[str, ...] = ()

    @property
    def keys(self) -> list[tuple[str, ...]]:
        """The primary key and the unique sets, without case."""
        found = [self.primary_key, *self.unique] if self.primary_key else [*self.unique]
        return [tuple(name.lower() for name in key) for key in found]

    def position(self, name: str) -> int:
        """Return where a column stands, whatever its case.

        Raises:
            KeyError: there is none of this name.
        """
        wanted = name.lower()
        for position, column in enumerate(self.columns):
            if column.name.lower() == wanted:
                return position
        raise KeyError(name)

    def column(self, name: str) -> Column:
        """Return the column of a name, whatever its case.

        Raises:
            KeyError: there is none of this name.
        """
        return self.columns[self.position(name)]


@dataclass(frozen=True, slots=True)
class Catalog:
    """The tables of a database by lower-case name, in the order in which they were declared."""

    tables: Mapping[str, Table] = field(default_factory=dict)

    @classmethod
    def read(cls, source: Any, dialect: str = "sqlite") -> Catalog:
        """Read a schema, whatever its form.

        Args:
            source: DDL (`CREATE TABLE ...; ...`), an entry of Spider's `tables.json`, or a mapping from tables to
                columns: `{"singer": {"id": "INTEGER", "name": "TEXT"}}` or `{"singer": ["id", "name"]}`. The latter
                two also as JSON.
            dialect: of the DDL.

        Raises:
            Unusable: it has none of these forms, or names what isn't there.
        """
        if isinstance(source, Catalog):
            return source
        if isinstance(source, str) and source.lstrip().startswith("{"):
            try:
                source = json.loads(source)
            except (ValueError, RecursionError):
                raise Unusable("the schema begins like JSON and isn't any") from None
        if isinstance(source, str):
            from assay_sql.ddl import tables as declared

            tables = declared(source, dialect)
        elif isinstance(source, Mapping) and "column_names_original" in source:
            tables = _from_spider(source)
        elif isinstance(source, Mapping):
            tables = _from_mapping(source)
        else:
            raise Unusable(f"a schema is DDL, an entry of tables.json or a mapping, not a {type(source).__name__}")
        if not tables:
            raise Unusable("the schema has no table")
        return cls(_checked(tables))

    @classmethod
    def of_database(cls, connection: sqlite3.Connection) -> Catalog:
        """Read the schema of an open SQLite database; its CHECK constraints stay unknown.

        Raises:
            Unusable: it has no table.
        """
        names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'")
        tables = [_from_pragmas(connection, name) for (name,) in names.fetchall()]
        if not tables:
            raise Unusable("the database has no table")
        return cls(_checked(tables))

    def table(self, name: str) -> Table | None:
        """Return the table of a name, whatever its case."""
        return self.tables.get(name.lower())

    def types(self) -> dict[str, dict[str, str]]:
        """Return the type of each column by table and column, names in lower case, as sqlglot's schemas have it."""
        return {name: {c.name.lower(): _TYPES[c.kind] for c in table.columns} for name, table in self.tables.items()}

    def ddl(self) -> list[str]:
        """Return `CREATE TABLE` statements for SQLite.

        A foreign key is declared where what it refers to is a key, as SQLite demands.
        """
        return [_create(table, self) for table in self.tables.values()]


def quote(name: str) -> str:
    """Return a name as a quoted identifier of SQL."""
    return '"' + name.replace('"', '""') + '"'


def _create(table: Table, catalog: Catalog) -> str:
    lone = table.primary_key[0].lower() if len(table.primary_key) == 1 else None
    parts = []
    for column in table.columns:
        # SQLite makes INTEGER PRIMARY KEY, and it alone, the row's own number.
        plain = _PLAIN.fullmatch(column.declared)
        words = [quote(column.name), column.declared if plain else _TYPES[column.kind]]
        words += [] if column.nullable else ["NOT NULL"]
        words += [f"COLLATE {column.collation}"] if column.collation.upper() in _COLLATIONS else []
        words += ["PRIMARY KEY"] if column.name.lower() == lone else []
        parts.append(" ".join(words))
    if len(table.primary_key) > 1:
        parts.append(f"PRIMARY KEY ({_names(table.primary_key)})")
    parts += [f"UNIQUE ({_names(key)})" for key in table.unique]
    parts += [f"CHECK ({check})" for check in table.checks]
    for key in table.foreign_keys:
        other = catalog.tables[key.table.lower()]
        if tuple(name.lower() for name in key.referenced) in other.keys:
            reference = f"REFERENCES {quote(other.name)} ({_names(key.referenced)})"
            parts.append(f"FOREIGN KEY ({_names(key.columns)}) {reference}")
    return f"CREATE TABLE {quote(table.name)} (\n  " + ",\n  ".join(parts) + "\n)"


def _names(names: Sequence[str]) -> str:
    return ", ".join(map(quote, names))


def _checked(tables: Sequence[Table]) -> dict[str, Table]:
    """Return the tables by name, each foreign key filled in and held against what it refers to."""
    # Tables of this name are SQLite's own; Spider's schemas list one.
    tables = [table for table in tables if not table.name.lower().startswith("sqlite_")]
    named = {table.name.lower(): table for table in tables}
    if len(named) < len(tables):
        raise Unusable("the schema has two tables of one name")
    done = {}
    for name, table in named.items():
        if not table.columns:
            raise Unusable(f"the table {table.name} has no column")
        if len({column.name.lower() for column in table.columns}) < len(table.columns):
            raise Unusable(f"the table {table.name} has two columns of one name")
        keys = []
        for key in table.foreign_keys:
            other = named.get(key.table.lower())
            if other is None:
                raise Unusable(f"{table.name} refers to the table {key.table}, which isn't there")
            key = ForeignKey(key.columns, other.name, key.referenced or other.primary_key)
            if len(key.referenced) != len(key.columns):
                raise Unusable(f"a foreign key of {table.name} has {len(key.columns)} columns, for another number")
            _there(table, key.columns)
            _there(other, key.referenced)
            keys.append(key)
        for names in (table.primary_key, *table.unique):
            _there(table, names)
        done[name] = Table(
            table.name, table.columns, table.primary_key, table.unique, tuple(dict.fromkeys(keys)), table.checks
        )
    return done


def _there(table: Table, names: Sequence[str]) -> None:
    for name in names:
        try:
            table.position(name)
        except KeyError:
            raise Unusable(f"a key names the column {name}, which {table.name} hasn't got") from None


def _from_mapping(source: Mapping[str, Any]) -> list[Table]:
    tables = []
    for name, columns in source.items():
        if isinstance(columns, Mapping):
            made = tuple(Column(str(column), str(declared)) for column, declared in columns.items())
        elif isinstance(columns, Sequence) and not isinstance(columns, str):
            made = tuple(Column(str(column)) for column in columns)
        else:
            raise Unusable(f"the columns of {name} are a {type(columns).__name__}, not a mapping or a list")
        tables.append(Table(str(name), made))
    return tables


def _from_spider(entry: Mapping[str, Any]) -> list[Table]:
    """Read one database of `tables.json` (Yu et al. 2018, Spider); BIRD's lists as primary keys included."""
    try:
        names = [str(name) for name in entry["table_names_original"]]
        places = [(int(table), str(name)) for table, name in entry["column_names_original"]]
        types = [str(kind) for kind in entry.get("column_types", ["text"] * len(places))]
        primary: dict[int, list[int]] = {}
        for key in entry.get("primary_keys", ()):
            for place in key if isinstance(key, Sequence) else [key]:
                primary.setdefault(places[place][0], []).append(place)
        foreign = [(int(child), int(parent)) for child, parent in entry.get("foreign_keys", ())]
        tables = []
        for number, name in enumerate(names):
            keys = primary.get(number, [])
            taken: set[str] = set()
            columns = []
            for place, (table, column) in enumerate(places):
                if table == number and column.lower() not in taken:  # two databases of Spider name a column twice
                    taken.add(column.lower())
                    declared = _SPIDER.get(types[place], "TEXT")
                    if declared == "NUMERIC" and keys == [place]:
                        declared = "INTEGER"
                    columns.append(Column(column, declared, nullable=place not in keys))
            links = [
                ForeignKey((places[child][1],), names[places[parent][0]], (places[parent][1],))
                for child, parent in foreign
                if places[child][0] == number
            ]
            key_names = tuple(dict.fromkeys(places[place][1] for place in keys))
            tables.append(Table(name, tuple(columns), key_names, (), tuple(links)))
    except (KeyError, IndexError, TypeError, ValueError) as problem:
        raise Unusable(f"the entry of tables.json can't be read: {type(problem).__name__} {problem}") from None
    return tables


def _from_pragmas(connection: sqlite3.Connection, name: str) -> Table:
    columns, keyed = [], []
    (text,) = connection.execute("SELECT sql FROM sqlite_master WHERE name = ?", [name]).fetchone()
    # No pragma tells a column's collation; where one is declared, any column may have it.
    found = re.search(r"\bcollate\s+(\w+)", text or "", re.IGNORECASE)
    collation = found[1] if found and found[1].upper() != "BINARY" else ""
    for _, column, declared, required, _, key in connection.execute(f"PRAGMA table_info({quote(name)})"):
        columns.append(Column(column, declared or "TEXT", nullable=not required, collation=collation))
        if key:
            keyed.append((key, column))
    unique = []
    for _, index, is_unique, origin, partial in connection.execute(f"PRAGMA index_list({quote(name)})").fetchall():
        parts = [row[2] for row in connection.execute(f"PRAGMA index_info({quote(index)})")]
        if is_unique and origin != "pk" and not partial and None not in parts:
            unique.append(tuple(parts))
    links: dict[int, tuple[str, list[str], list[str]]] = {}
    for number, _, other, child, parent, *_ in connection.execute(f"PRAGMA foreign_key_list({quote(name)})"):
        _, ours, theirs = links.setdefault(number, (other, [], []))
        ours.append(child)
        theirs += [parent] if parent else []
    known = {row[0].lower() for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    keys = [ForeignKey(tuple(a), other, tuple(b)) for other, a, b in links.values() if other.lower() in known]
    primary = tuple(column for _, column in sorted(keyed))
    return Table(name, tuple(columns), primary, tuple(unique), tuple(keys))
