"""Regular expressions: `format.regex`."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Literal

import regex as _regex

from assay import Verdict, verifier

__all__ = ["regex"]

#: Seconds that the patterns of one call may take together.
SECONDS = 1.0


@verifier(boolean={"credit": "all"}, bounded=True)
def regex(
    completion: str,
    *,
    pattern: str | list[str],
    match: Literal["search", "full"] = "search",
    ignore_case: bool = False,
    credit: Literal["all", "fraction"] = "all",
) -> Verdict:
    """The completion matches a regular expression, or several. `.` matches line breaks; `^` and `$` the text's ends.

    A pattern that backtracks without end is stopped after a second, with the status `timeout`.

    Options:
        pattern: one or a list, in the syntax of the `regex` package, a superset of Python's.
        match: `search` anywhere, or the `full` text.
        ignore_case: letters of either case match.
        credit: `all` patterns must match, or the `fraction` that do is the score.
    """
    patterns = [pattern] if isinstance(pattern, str) else pattern
    if not patterns:
        raise ValueError("format.regex needs a pattern")
    missing = []
    for one in patterns:
        compiled = _compile(one, ignore_case)
        try:
            look = compiled.fullmatch if match == "full" else compiled.search
            if look(completion, timeout=SECONDS / len(patterns)) is None:
                missing.append(one)
        except TimeoutError:
            return Verdict.timeout(f"{one[:60]!r} took more than {SECONDS:g} s on this text")
    reason = f"no match for {missing[0][:60]!r}" if missing else "matches"
    share = 1 - len(missing) / len(patterns)
    return Verdict(share if credit == "fraction" else float(not missing), reason)


@lru_cache(maxsize=512)
def _compile(pattern: str, ignore_case: bool) -> Any:
    try:
        return _regex.compile(pattern, _regex.DOTALL | (_regex.IGNORECASE if ignore_case else 0))
    except _regex.error as problem:
        raise ValueError(f"{pattern[:60]!r} is not a regular expression: {problem}") from None
