"""`sql.schema`: whether a query reads the tables and columns that the reference reads."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Literal

from assay import Verdict, verifier
from assay.extract import wrap
from assay_sql.catalog import Catalog, Unusable
from assay_sql.query import WHERE, Refused, UnknownDialect, find, read
from assay_sql.resolution import resolve

__all__ = ["cached_catalog", "schema", "schema_text"]

Metric = Literal["jaccard", "recall", "precision", "f1"]

#: What a query reads: tables, and columns as table and column.
_Read = tuple[frozenset[str], frozenset[tuple[str, str]]]

_FIELDS = [f"{part}_{metric}" for part in ("table", "column") for metric in ("precision", "recall", "jaccard")]


def _exemplar(reference: Any, options: Mapping[str, Any]) -> str:
    return wrap(str(reference), options["extract"])


@verifier(fields=_FIELDS, exemplar=_exemplar)
def schema(
    completion: str,
    reference: str,
    *,
    metric: Metric = "jaccard",
    schema: str | dict[str, Any] | None = None,
    dialect: str = "sqlite",
    extract: str = WHERE,
) -> Verdict:
    """The query reads the tables and columns that the reference reads.

    Names are resolved by scope: aliases, CTEs and subqueries stand for what they read. The score counts tables and
    columns alike; the fields count them apart.

    Options:
        metric: of the score. `recall` alone can be raised by reading everything.
        schema: DDL, an entry of Spider's `tables.json`, or a mapping from tables to columns. With it, `*` and columns
            without a table are resolved; without it, they are compared by name.
        dialect: in which both queries are written.
        extract: where the completion's query stands, in the forms of `assay.extract`.
    """
    try:
        known = schema_text(schema)
        wanted = _reads(read(str(reference), dialect).text, dialect, known)
    except (Refused, Unusable, UnknownDialect) as problem:
        return Verdict.bad_reference(_sentence(problem, "the reference"))
    if not wanted[0]:
        return Verdict.bad_reference("the reference reads no table")
    try:
        given = _reads(read(find(completion, extract), dialect).text, dialect, known)
    except Refused as problem:
        return Verdict(0.0, _sentence(problem, "the query"), fields=dict.fromkeys(_FIELDS, 0.0))
    tables, columns = _alike(given, wanted), _alike(wanted, given)
    mine, theirs = (given[0], tables), (wanted[0], columns)
    fields = {}
    for part, ours, asked in (("table", mine[0], theirs[0]), ("column", mine[1], theirs[1])):
        for name in ("precision", "recall", "jaccard"):
            fields[f"{part}_{name}"] = _measure(name, ours, asked)
    every, all_asked = {*mine[0], *mine[1]}, {*theirs[0], *theirs[1]}
    missing, surplus = sorted(map(_shown, all_asked - every)), sorted(map(_shown, every - all_asked))
    reason = "; ".join(
        [
            *([f"lacks {', '.join(missing[:5])}"] if missing else []),
            *([f"adds {', '.join(surplus[:5])}"] if surplus else []),
        ]
    )
    return Verdict(_measure(metric, every, all_asked), reason or "reads the same tables and columns", fields=fields)


def cached_catalog(source: Any, dialect: str) -> Catalog | None:
    """Return the catalogue of a schema, kept by its text; `None` of `None`.

    Raises:
        Unusable: the schema can't be read.
    """
    return None if source is None else _catalog(schema_text(source), dialect)


def schema_text(source: Any) -> str | None:
    """Return a schema as text, by which what is found out with it may be kept; `None` of `None`.

    Raises:
        Unusable: it is neither a text nor a mapping.
    """
    if source is None or isinstance(source, str):
        return source
    if not isinstance(source, Mapping):
        raise Unusable(f"a schema is DDL, an entry of tables.json or a mapping, not a {type(source).__name__}")
    return json.dumps(source, default=str)


@lru_cache(maxsize=256)
def _catalog(text: str, dialect: str) -> Catalog:
    return Catalog.read(text, dialect)


@lru_cache(maxsize=8192)
def _reads(text: str, dialect: str, schema: str | None) -> _Read:
    from sqlglot.errors import SqlglotError

    try:
        found = resolve(read(text, dialect).tree, cached_catalog(schema, dialect), dialect)
    except SqlglotError as problem:
        raise Refused(f"can't be analysed: {str(problem).splitlines()[0][:120]}") from None
    except RecursionError:
        raise Refused("is nested too deeply") from None
    unknown = {("", name.strip('"').lower()) for name in found.unknown}
    return frozenset(found.tables), frozenset(found.columns | unknown)


def _alike(ours: _Read, theirs: _Read) -> frozenset[tuple[str, str]]:
    """Return our columns; one whose table is open is theirs of that name, if we read its table."""
    columns = set()
    for table, name in ours[1]:
        owners = [other for other, column in theirs[1] if column == name and other in ours[0]] if not table else []
        columns.add((owners[0], name) if len(owners) == 1 else (table, name))
    return frozenset(columns)


def _measure(metric: str, given: Any, wanted: Any) -> float:
    """Return how two sets agree; two empty ones wholly."""
    if not given and not wanted:
        return 1.0
    common = len(given & wanted)
    if metric == "jaccard":
        return common / len(given | wanted)
    if metric == "f1":
        return 2 * common / (len(given) + len(wanted))
    whole = wanted if metric == "recall" else given
    return common / len(whole) if whole else float(metric == "recall")


def _shown(item: Any) -> str:
    return item if isinstance(item, str) else ".".join(part for part in item if part)


def _sentence(problem: Exception, subject: str) -> str:
    if not isinstance(problem, Refused):
        return str(problem)
    said = str(problem)
    return said if said.startswith("there ") or " is never closed" in said else f"{subject} {said}"
