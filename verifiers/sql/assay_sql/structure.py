"""`sql.structure`: how much of a query is built as the reference is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from assay import Verdict, verifier
from assay.extract import wrap
from assay_sql.catalog import Catalog, Unusable
from assay_sql.query import WHERE, Refused, UnknownDialect, find, read
from assay_sql.resolution import folded, resolve
from assay_sql.schema import cached_catalog, schema_text

if TYPE_CHECKING:
    from sqlglot import exp

__all__ = ["structure"]

#: Nodes of a tree that is compared.
MOST_NODES = 20_000


def _exemplar(reference: Any, options: Mapping[str, Any]) -> str:
    return wrap(str(reference), options["extract"])


@verifier(exemplar=_exemplar)
def structure(
    completion: str,
    reference: str,
    *,
    values: bool = True,
    schema: str | dict[str, Any] | None = None,
    dialect: str = "sqlite",
    extract: str = WHERE,
) -> Verdict:
    """The query's syntax tree is like the reference's: the share of pq-grams that they have in common.

    1 for the same tree. Aliases, brackets, formatting, the order of what AND and OR join, and the sides of `=`, `+`
    and `*` don't count. The score doesn't say whether the query is right.

    Options:
        values: whether constants count; otherwise all are alike.
        schema: as for `sql.schema`; resolves columns without a table.
        dialect: in which both queries are written.
        extract: where the completion's query stands, in the forms of `assay.extract`.
    """
    try:
        known = schema_text(schema)
        wanted = _profile(read(str(reference), dialect).text, known, dialect, values)
    except (Refused, Unusable, UnknownDialect) as problem:
        said = f"the reference {problem}" if isinstance(problem, Refused) else str(problem)
        return Verdict.bad_reference(said)
    try:
        given = _profile(read(find(completion, extract), dialect).text, known, dialect, values)
    except Refused as problem:
        return Verdict(0.0, f"no query that can be compared: {problem}")
    common, size = (given & wanted).total(), given.total() + wanted.total()
    score = 2 * common / size
    return Verdict(score, "the same structure" if score == 1 else f"{score:.0%} of the structure is common")


@dataclass(slots=True)
class _Node:
    """A node of the tree as it is compared."""

    label: str
    children: list[_Node] = field(default_factory=list)
    digest: int = 0


@lru_cache(maxsize=4096)
def _profile(text: str, schema: str | None, dialect: str, values: bool) -> Counter[tuple[str, ...]]:
    """Return the pq-grams of a query's tree, with p = 2 and q = 3.

    A pq-gram is a node with its p - 1 ancestors and q of its children in a row, where the tree is padded so that each
    node has enough of both. Two trees with the same profile are nearly always the same, and the share that they
    have in common bounds the edit distance from below (Augsten, Boehlen and Gamper, Approximate Matching of
    Hierarchical Data Using pq-Grams, VLDB 2005). Takes linear time.
    """
    root = _build(read(text, dialect).tree, cached_catalog(schema, dialect), dialect, values)
    grams: Counter[tuple[str, ...]] = Counter()
    pending = [(root, "*")]
    while pending:
        node, above = pending.pop()
        labels = ["*", "*", *(child.label for child in node.children), "*", "*"] if node.children else ["*"] * 3
        for place in range(len(labels) - 2):
            grams[above, node.label, *labels[place : place + 3]] += 1
        pending += [(child, node.label) for child in node.children]
    return grams


def _build(tree: exp.Expr, catalog: Catalog | None, dialect: str, values: bool) -> _Node:
    from sqlglot import exp
    from sqlglot.errors import SqlglotError

    places: dict[int, tuple[str, str]] = {}
    try:
        found = resolve(tree, catalog, dialect)
        tree, places = found.query, found.places
    except (SqlglotError, RecursionError):
        tree = folded(tree, dialect)
    root = _Node("query")
    made: list[_Node] = []
    pending: list[tuple[Any, _Node]] = [(tree, root)]
    while pending:
        node, above = pending.pop()
        while isinstance(node, (exp.Paren, exp.Alias)):
            node = node.this
        if isinstance(node, exp.TableAlias):
            continue
        if len(made) > MOST_NODES:
            raise Refused(f"has more than {MOST_NODES:,} parts")
        here = _Node(_label(node, places, values))
        made.append(here)
        above.children.append(here)
        if isinstance(node, (exp.Column, exp.Literal, exp.Identifier)):
            continue
        if isinstance(node, (exp.And, exp.Or)):
            parts: list[Any] = list(node.flatten())
        elif isinstance(node, (exp.GT, exp.GTE)):
            parts = [node.expression, node.this]
        else:
            parts = [*node.iter_expressions()]
        pending += [(part, here) for part in reversed(parts)]
    for node in reversed(made):  # children come after their parents
        if node.label in _COMMUTATIVE:
            node.children.sort(key=lambda child: (child.label, child.digest))
        node.digest = hash((node.label, *(child.digest for child in node.children)))
    return root


_COMMUTATIVE = frozenset({"and", "or", "eq", "neq", "add", "mul"})

_TURNED = {"gt": "lt", "gte": "lte"}


def _label(node: Any, places: Mapping[int, tuple[str, str]], values: bool) -> str:
    from sqlglot import exp

    if isinstance(node, exp.Column):
        table, name = places.get(id(node), ("", node.name.lower()))
        return f"column {table}.{name}"
    if isinstance(node, exp.Literal):
        return ("text " if node.is_string else "number ") + (node.name if values else "")
    if isinstance(node, exp.Identifier):
        return f"name {node.name}"
    if isinstance(node, (exp.Anonymous, exp.AnonymousAggFunc)):
        return f"call {node.name.lower()}"
    # What a node says by a word of its own: LEFT, DESC, ALL.
    words = [
        f"{key}={value}"
        for key, value in sorted(node.args.items())
        if (isinstance(value, str) or value is True) and key not in ("nulls_first", "big_int")
    ]
    return " ".join([_TURNED.get(node.key, node.key), *words])
