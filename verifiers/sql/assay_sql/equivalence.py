"""`sql.equivalent`: whether a query means what the reference means, without a database of its own."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Literal

from assay import Verdict, verifier
from assay.extract import wrap
from assay_sql.catalog import Unusable
from assay_sql.query import WHERE, Query, Refused, UnknownDialect, find, known_dialect, read
from assay_sql.schema import cached_catalog, schema_text

__all__ = ["equivalent"]

#: Databases on which a proof is held against data, before it is believed.
CHECKED = 8


def _exemplar(reference: Any, options: Mapping[str, Any]) -> str:
    return wrap(str(reference), options["extract"])


@verifier(timeout=30.0, exemplar=_exemplar)
def equivalent(
    completion: str,
    reference: str,
    *,
    schema: str | dict[str, Any] | None = None,
    dialect: str = "sqlite",
    databases: int = 40,
    undecided: float | None = None,
    columns: Literal["position", "any", "name"] = "position",
    order: bool = True,
    tolerance: float = 1e-9,
    seconds: float = 5.0,
    extract: str = WHERE,
) -> Verdict:
    """The query returns what the reference returns, whatever the data: proven, or refuted by a counter-example.

    1 where both have one normal form, 0 where generated data tells them apart; otherwise it abstains. The data
    respects the schema and is seeded by the constants of both queries. `details["kind"]` is `proven`,
    `counterexample` (then `details["counterexample"]` is a sentence with the smallest data that was found),
    `undecided`, `invalid`, `timeout`, `refused` or `missing`.

    Options:
        schema: DDL, an entry of Spider's `tables.json`, or a mapping from tables to columns. Without it, little can be
            proven and nothing refuted.
        dialect: in which both queries are written. Counter-examples are searched for SQLite's alone.
        databases: how many are generated.
        undecided: the score where neither is found; without it, the verifier abstains.
        columns: compared by `position`, in `any` order, or by `name`.
        order: whether the order of rows counts where the reference orders them.
        tolerance: relative difference of floats that is forgiven.
        seconds: that the search may take.
        extract: where the completion's query stands, in the forms of `assay.extract`.
    """
    from assay_sql.compare import Rules
    from assay_sql.normal import fickle_call

    try:
        dialect = known_dialect(dialect)
        known = schema_text(schema)
        catalog = cached_catalog(known, dialect)
        wanted = read(str(reference), dialect)
    except Refused as problem:
        return Verdict.bad_reference(f"the reference {problem}")
    except (Unusable, UnknownDialect) as problem:
        return Verdict.bad_reference(str(problem))
    try:
        text = find(completion, extract)
    except Refused as problem:
        return Verdict(0.0, f"no query: {problem}", details={"kind": "missing"})
    try:
        given = read(text, dialect)
    except Refused as problem:
        return Verdict(0.0, f"the query {problem}", details={"kind": "refused"})
    ordered = order and _is_ordered(wanted)
    mine, theirs = _form(given.text, dialect, known, ordered), _form(wanted.text, dialect, known, ordered)
    same = wanted.text == given.text
    if same and theirs[0] is not None:
        return Verdict(1.0, "the same text", details={"kind": "proven"})
    alike = mine[0] is not None and mine[0] == theirs[0] and (columns != "name" or _names(given) == _names(wanted))
    proven = alike or (same and fickle_call(wanted.tree) is None)
    count = 0
    if catalog is not None and dialect == "sqlite" and databases > 0:
        rules = Rules(columns, order, tolerance)
        try:
            found = _searched(wanted, given, known, min(databases, CHECKED) if proven else databases, seconds, rules)
        except _ReferenceFails as problem:
            return Verdict.bad_reference(f"the reference {problem}")
        except Unusable as problem:
            return Verdict.bad_reference(str(problem))
        if found.failure:
            return Verdict(0.0, f"the query {found.failure}", details={"kind": "invalid"})
        if found.late:
            return Verdict.timeout("the query takes too long on a few rows", kind="timeout")
        if found.counterexample is not None:
            said = {"kind": "counterexample", "counterexample": str(found.counterexample)}
            reason = f"{found.counterexample.difference} on data that was generated"
            return Verdict(0.0, reason, details=said)
        count = found.databases
    if proven:
        return Verdict(1.0, "proven equal", details={"kind": "proven", "databases": count})
    why = next((f"; the {who} {one[1]}" for who, one in (("query", mine), ("reference", theirs)) if one[1]), "")
    reason = f"neither proven equal nor told apart by {count} databases{why}"
    if undecided is None:
        return Verdict.abstain(reason, kind="undecided", databases=count)
    return Verdict(undecided, reason, details={"kind": "undecided", "databases": count})


class _ReferenceFails(Exception):
    """The reference gives no result on any database. The message completes 'the reference ...'."""


def _searched(wanted: Query, given: Query, schema: str | None, databases: int, seconds: float, rules: Any) -> Any:
    from sqlglot.errors import SqlglotError

    from assay_sql.result import QueryError
    from assay_sql.search import Found, search

    catalog = cached_catalog(schema, "sqlite")
    assert catalog is not None
    try:
        return search(wanted, given, catalog, databases=databases, seconds=seconds, rules=rules)
    except QueryError as problem:
        if problem.kind == "invalid":
            raise _ReferenceFails(str(problem)) from None
        return Found(None)
    except (SqlglotError, RecursionError):
        return Found(None)


@lru_cache(maxsize=8192)
def _form(text: str, dialect: str, schema: str | None, ordered: bool) -> tuple[str | None, str]:
    """Return a query's normal form, or `None` and why it has none."""
    from assay_sql.normal import NoForm, normal_form

    try:
        catalog = cached_catalog(schema, dialect)
        return normal_form(read(text, dialect).tree, catalog, dialect, ordered=ordered), ""
    except NoForm as problem:
        return None, str(problem)
    except (AttributeError, IndexError, KeyError, TypeError):
        return None, "is no query that sqlglot can analyse"  # it parses more than it has a tree for


def _is_ordered(query: Query) -> bool:
    from sqlglot import exp

    tree = query.tree
    while isinstance(tree, (exp.Subquery, exp.Paren)) and not tree.args.get("order"):
        tree = tree.this
    return bool(tree.args.get("order"))


def _names(query: Query) -> list[str]:
    return [name.lower() for name in query.tree.named_selects] if hasattr(query.tree, "named_selects") else []
