"""Reads the tests of a row, in the forms that data sets use."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from assay_code.plan import NoTest
from assay_code.scopes import module_of, needs_pytest
from assay_code.syntax import parse

__all__ = ["Call", "Calls", "Files", "Pair", "Pairs", "Script", "Tests", "read_tests"]


@dataclass(frozen=True, slots=True)
class Pair:
    """What a program reads, and what it must print; `expected` is `None` where only a checker knows."""

    stdin: str
    expected: str | None


@dataclass(frozen=True, slots=True)
class Pairs:
    """Programs that read and print.

    Attributes:
        cases: the pairs.
        compare: how output is compared, where the row says so.
        checker: Python source of `check(stdin, stdout, expected)`, where the row has one.
    """

    cases: tuple[Pair, ...]
    compare: str | None = None
    checker: str = ""


@dataclass(frozen=True, slots=True)
class Call:
    """Arguments, and what must come back; `alternative` is accepted as well where `wrapped`."""

    args: tuple[Any, ...]
    named: Mapping[str, Any]
    expected: Any
    wrapped: bool = False


@dataclass(frozen=True, slots=True)
class Calls:
    """A function that is called."""

    function: str
    cases: tuple[Call, ...]


@dataclass(frozen=True, slots=True)
class Script:
    """Assertions, as a script."""

    source: str
    entry_point: str | None
    module: str


@dataclass(frozen=True, slots=True)
class Files:
    """Files for pytest, by name."""

    sources: Mapping[str, str] = field(default_factory=dict)
    module: str = "solution"


Tests = Pairs | Calls | Script | Files


def read_tests(reference: Any, entry_point: str | None, setup: str) -> Tests:
    """Read a row's tests.

    Args:
        reference: as the data set has it; `docs/code.md` lists the forms.
        entry_point: the function that is tested, where the reference does not say it.
        setup: statements that stand before a script's own.

    Raises:
        NoTest: nothing can be tested by it. The message is a sentence.
    """
    plain = _plain(reference)
    if isinstance(plain, str):
        if plain.lstrip()[:1] in ("{", "["):
            try:
                plain = json.loads(plain)
            except (ValueError, RecursionError):
                return _script(plain, entry_point, setup)
        else:
            return _script(plain, entry_point, setup)
    if isinstance(plain, list):
        if plain and all(isinstance(one, str) for one in plain):
            return _script("\n".join(plain), entry_point, setup)
        return _cases(plain, {}, entry_point)
    if isinstance(plain, dict):
        return _mapping(plain, entry_point, setup)
    raise NoTest(f"the tests are a {type(reference).__name__}, not a script, pairs, calls or files")


def _plain(value: Any) -> Any:
    """Return what a data set's cell holds without the array types of its library."""
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    return value


def _mapping(row: dict[str, Any], entry_point: str | None, setup: str) -> Tests:
    name = next((row[key] for key in ("entry_point", "fn_name", "func_name", "function") if row.get(key)), entry_point)
    if row.get("pytest") or row.get("files"):
        sources = row.get("pytest") or row.get("files")
        sources = {"test_solution.py": sources} if isinstance(sources, str) else sources
        if not isinstance(sources, dict) or not all(isinstance(one, str) for one in sources.values()) or not sources:
            raise NoTest("the files for pytest are no mapping of names to sources")
        return Files(sources, row.get("module") or module_of(sources.values()))
    if row.get("test_list"):
        lines = [*_lines(row.get("test_imports")), *_lines(row.get("test_setup_code")), *_lines(row["test_list"])]
        return _script("\n".join(lines), name, setup)
    if isinstance(row.get("test"), str):
        return _script(row["test"], name, setup)
    if row.get("inputs") is not None and row.get("outputs") is not None:
        inputs, outputs = row["inputs"], row["outputs"]
        if not isinstance(inputs, list) or not isinstance(outputs, list) or len(inputs) != len(outputs):
            raise NoTest("the inputs and the outputs are no two lists of one length")
        wrapped = bool(name)
        pairs = [{"input": one, "output": other} for one, other in zip(inputs, outputs, strict=True)]
        return _cases(pairs, row, name, wrapped)
    for key in ("cases", "tests", "test_cases"):
        if isinstance(row.get(key), list):
            if all(isinstance(one, str) for one in row[key]) and row[key]:
                return _script("\n".join(row[key]), name, setup)
            return _cases(row[key], row, name)
    if {"input", "stdin", "args", "arguments"} & row.keys():
        return _cases([row], row, name)
    raise NoTest(f"the tests have the keys {', '.join(map(repr, row)) or 'none'}, of which none says what is tested")


def _lines(value: Any) -> list[str]:
    if value is None:
        return []
    return [value] if isinstance(value, str) else [str(one) for one in value]


def _script(source: str, entry_point: str | None, setup: str) -> Tests:
    whole = f"{setup}\n{source}" if setup else source
    try:
        body = parse(whole).body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as problem:
        raise NoTest(f"the test script is no Python: {str(problem)[:120]}") from None
    if not body:
        raise NoTest("the test script is empty")
    if needs_pytest(body):
        return Files({"test_solution.py": whole}, module_of([whole]))
    return Script(whole, entry_point, module_of([whole]))


def _cases(cases: Sequence[Any], row: Mapping[str, Any], name: str | None, wrapped: bool = False) -> Tests:
    if not cases:
        raise NoTest("there is no test")
    if not all(isinstance(one, dict) for one in cases):
        raise NoTest("a test is neither a pair of input and output nor a call")
    kinds = {str(one.get("type") or one.get("testtype") or "") for one in cases}
    is_call = bool(
        wrapped or {"args", "arguments", "kwargs"} & cases[0].keys() or kinds & {"functional", "function_call"}
    )
    if is_call:
        name = next((str(one["fn_name"]) for one in cases if one.get("fn_name")), name)
        if not name:
            raise NoTest("the tests call a function and don't say which; give its name as entry_point")
        return Calls(name, tuple(_call(one, wrapped) for one in cases))
    return Pairs(tuple(_pair(one, row) for one in cases), row.get("compare"), str(row.get("checker") or ""))


def _pair(case: Mapping[str, Any], row: Mapping[str, Any]) -> Pair:
    stdin = next((case[key] for key in ("stdin", "input") if case.get(key) is not None), "")
    outputs = ("stdout", "output", "expected", "expected_output")
    expected = next((case[key] for key in outputs if case.get(key) is not None), None)
    if expected is None and not row.get("checker"):
        raise NoTest("a test says what is read and not what must be printed")
    return Pair(_text(stdin), None if expected is None else _text(expected))


def _text(value: Any) -> str:
    if isinstance(value, list):
        return "\n".join(map(_text, value))
    if isinstance(value, (str, int, float)):
        return str(value)
    raise NoTest(f"a {type(value).__name__} is no input or output of a program")


def _call(case: Mapping[str, Any], wrapped: bool) -> Call:
    wrapped = wrapped or case.get("type") == "function_call"
    args: Any = next((case[key] for key in ("args", "arguments", "input") if case.get(key) is not None), [])
    if isinstance(args, str):
        args = [_json(line) for line in args.split("\n") if line.strip()]
    if isinstance(args, dict):
        args, named = [], args
    else:
        named = case.get("kwargs") or {}
    if not isinstance(args, list) or not isinstance(named, dict):
        raise NoTest("the arguments of a call are no list")
    found = [case[key] for key in ("expected", "output", "expected_output", "return", "result") if key in case]
    if not found:
        raise NoTest("a call says with what and not what must come back")
    expected = next((one for one in found if one is not None), None)
    if isinstance(expected, str) and (case.get("testtype") == "functional"):
        expected = _json(expected)
    return Call(tuple(args), named, expected, wrapped and isinstance(expected, list) and len(expected) == 1)


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise NoTest(f"an argument is no JSON: {text[:80]!r}") from None
