"""Finds the query in a completion, parses it, and refuses anything but one query that only reads."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, cast

from assay.errors import nearest
from assay.extract import check, extract
from assay_sql.functions import is_allowed, is_volatile, refused_kinds

if TYPE_CHECKING:
    from sqlglot import exp

__all__ = ["MAX_LENGTH", "WHERE", "Query", "Refused", "UnknownDialect", "find", "known_dialect", "read"]

#: Where a query is looked for, unless the reward says otherwise.
WHERE = "fence:sql|tag:sql|tag:answer|fence|whole"

#: Characters that a query may have. Parsing takes about 30 microseconds for every hundred.
MAX_LENGTH = 32_768

#: Brackets that may be open at a time; the parser, and the engines' own, descend into each.
MAX_DEPTH = 60

#: What a statement that is a query may begin with.
_BEGINNINGS = ("SELECT", "WITH", "VALUES", "FROM", "(", "TABLE")

_ANSI = re.compile(r"\x1b\[\d*m")
_SURROGATE = re.compile("[\ud800-\udfff]")
#: What makes a format long: a width from the data, or one of four digits.
_WIDE = re.compile(r"\*|\d{4}")
_FENCED = re.compile(r"\s*(?:```|~~~)")
_FILE = re.compile(r"[/\\]|^\w+:|\.(?:csv|tsv|json|jsonl|ndjson|parquet|xlsx|db|duckdb|sqlite|txt|gz)$", re.IGNORECASE)


class Refused(ValueError):
    """A text that is not one read-only query. The message is a sentence without a subject: 'is empty'."""


class UnknownDialect(ValueError):
    """A dialect that sqlglot does not know. The message names the nearest."""


@dataclass(frozen=True, slots=True)
class Query:
    """One query that only reads.

    Attributes:
        text: as it was written, without the semicolon at its end; this is what an engine runs.
        tree: sqlglot's tree; copy it before changing it, since equal texts share one.
        dialect: in which it was read.
        volatile: it asks for the time or for chance, so that it may return something else the next time.
    """

    text: str
    tree: exp.Expression
    dialect: str
    volatile: bool = False


def find(completion: str, how: str = WHERE) -> str:
    """Return the text of the query that a completion answers with.

    Args:
        completion: a model's whole answer; what stands in its reasoning is never found.
        how: where to look, in the forms of `assay.extract`; a fence inside of what is found is taken off.

    Raises:
        Refused: there is none. The message says why, as in 'there is no fenced block'.
        ValueError: `how` is none of the forms.
    """
    check(how)
    found = extract(completion, how)
    text = found.text
    if text is not None and _FENCED.match(text):
        found = extract(text, "fence")
        text = found.text
    if text is None:
        raise Refused(found.reason)
    return text


def read(text: str, dialect: str) -> Query:
    """Parse a text as one query that only reads.

    Args:
        text: SQL.
        dialect: sqlglot's name of the language that it is written in: `sqlite`, `duckdb`, `postgres`, `mysql`, ...

    Raises:
        Refused: it is not one query, it is none that only reads, or it calls a function that isn't known to be
            harmless. The message completes 'the query ...'.
        UnknownDialect: there is no such dialect.
    """
    if len(text) > MAX_LENGTH:
        raise Refused(f"has {len(text):,} characters; the limit is {MAX_LENGTH:,}")
    found = _read(text, known_dialect(dialect))
    if isinstance(found, str):
        raise Refused(found)
    return found


@lru_cache(maxsize=256)
def known_dialect(name: str) -> str:
    """Return sqlglot's own name of a dialect.

    Raises:
        UnknownDialect: it has none of this name.
    """
    from sqlglot.dialects import DIALECTS

    known = {one.lower(): one.lower() for one in DIALECTS} | {
        "postgresql": "postgres",
        "mssql": "tsql",
        "mariadb": "mysql",
    }
    if name.lower() not in known:
        near = nearest(name.lower(), known)
        hint = (
            f"did you mean '{known[near]}'?" if near else "sqlite, duckdb, postgres and mysql are some that there are"
        )
        raise UnknownDialect(f"there is no SQL dialect '{name}'; {hint}")
    return known[name.lower()]


@lru_cache(maxsize=4096)
def _read(text: str, dialect: str) -> Query | str:
    """Return the query, or why it is refused: a refusal is remembered like any other finding."""
    from sqlglot import TokenType
    from sqlglot.dialects.dialect import Dialect
    from sqlglot.errors import SqlglotError

    if "\0" in text:
        return "holds a null byte"
    if _SURROGATE.search(text):
        return "holds half a character, which is no Unicode"
    spoken = Dialect.get_or_raise(dialect)
    try:
        tokens = spoken.tokenize(text)
        while tokens and tokens[-1].token_type is TokenType.SEMICOLON:
            tokens.pop()
        if not tokens:
            return "holds nothing but comments" if text.strip("; \n\t\r") else "is empty"
        if any(token.token_type is TokenType.SEMICOLON for token in tokens):
            return "is several statements; only one may be given"
        if tokens[0].text.upper() not in _BEGINNINGS:
            return f"begins with {tokens[0].text[:30]!r}; only one that reads, such as a SELECT, may run"
        if _depth(tokens) > MAX_DEPTH:
            return f"is nested more than {MAX_DEPTH} deep"
        # Nothing but the statement itself: what a comment hides from one reader another may see.
        statement = text[tokens[0].start : tokens[-1].end + 1]
        trees = spoken.parser().parse(tokens, text)
    except SqlglotError as problem:
        return f"can't be parsed as {dialect}: {_ANSI.sub('', str(problem)).splitlines()[0][:120].rstrip('.')}"
    except RecursionError:
        return "is nested too deeply"
    tree = trees[0] if len(trees) == 1 else None
    if tree is None:
        return "is several statements; only one may be given"
    refusal = _objection(tree, dialect)
    if refusal is not None:
        return refusal
    return Query(statement, cast("exp.Expression", tree), dialect, any(map(is_volatile, tree.walk())))


def _depth(tokens: Iterable[Any]) -> int:
    depth = deepest = 0
    for token in tokens:
        if token.text in ("(", "[") or token.text.upper() == "CASE":
            depth += 1
            deepest = max(deepest, depth)
        elif token.text in (")", "]") or token.text.upper() == "END":
            depth -= 1
    return deepest


def _is_narrow(formats: list[Any]) -> bool:
    """Whether a format can't ask for a field so wide that to fill it takes for ever."""
    from sqlglot import exp

    return all(isinstance(one, exp.Literal) and one.is_string and not _WIDE.search(one.name) for one in formats)


def _objection(tree: Any, dialect: str) -> str | None:
    """Return why a statement may not run, `None` where it only reads."""
    from sqlglot import exp

    reading = (exp.Query, exp.Values, exp.Table)
    if not isinstance(tree, reading):
        return f"is a {tree.key.upper()} statement; only one that reads, such as a SELECT, may run"
    for node in tree.walk():
        if isinstance(node, exp.Func):
            if isinstance(node, (exp.Anonymous, exp.AnonymousAggFunc)):
                if not is_allowed(node.name):
                    return f"calls {node.name[:60]}(), which is not among the functions that only compute"
                if node.name.lower() == "printf" and not _is_narrow(node.expressions[:1]):
                    return "calls printf() with a format that is not a plain text of fields of less than 1,000"
            elif isinstance(node, exp.Format) and not _is_narrow([node.this]):
                return "calls format() with a format that is not a plain text of fields of less than 1,000"
            elif isinstance(node, refused_kinds()):
                return f"calls {node.sql_name()}(), which is not among the functions that only compute"
        elif isinstance(node, exp.CTE):
            if not isinstance(node.this, reading):
                return f"has a {node.this.key.upper()} in its WITH; it may only read"
        elif isinstance(node, (exp.DDL, exp.DML, exp.Command, exp.Pragma)):
            return f"holds a {node.key.upper()}; it may only read"
        elif isinstance(node, exp.Into):
            return "writes a table (SELECT INTO); it may only read"
        elif isinstance(node, exp.Lock):
            return "locks rows (FOR UPDATE or FOR SHARE); it may only read"
        elif isinstance(node, (exp.Parameter, exp.SessionParameter, exp.Placeholder)):
            return "has a parameter that nothing fills in"
        elif isinstance(node, exp.Table) and dialect == "duckdb" and _FILE.search(node.name):
            return f"reads a file ({node.name[:60]!r}) rather than a table"
    return None
