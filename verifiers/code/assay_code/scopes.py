"""Reads the outline of a test script: which statements run, in which order, under which test function."""

from __future__ import annotations

import ast
import builtins
import sys
from collections.abc import Iterable

from assay_code.syntax import parse

__all__ = [
    "given_functions",
    "is_program",
    "module_of",
    "needs_pytest",
    "scopes",
    "stub_of",
    "targets",
    "waits_for_name",
]

#: Names by which data sets import the program.
PROGRAM_MODULES = ("solution", "main", "answer", "submission", "candidate", "program", "your_module", "code_solution")

_BUILTINS = frozenset(dir(builtins))


def is_program(name: str, module: str) -> bool:
    """Whether an import of that name is one of the program."""
    return name == module or name in PROGRAM_MODULES


def module_of(sources: Iterable[str]) -> str:
    """Return the name by which test sources import the program."""
    for source in sources:
        try:
            tree = parse(source)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
        for one in ast.walk(tree):
            names = [one.module or ""] if isinstance(one, ast.ImportFrom) else []
            names += [alias.name for alias in one.names] if isinstance(one, ast.Import) else []
            for name in names:
                if name in PROGRAM_MODULES and name not in sys.stdlib_module_names:
                    return name
    return "solution"


def needs_pytest(body: list[ast.stmt]) -> bool:
    """Whether the tests can't be run but by pytest: fixtures, parameters, marks, test classes."""
    for one in body:
        is_test = isinstance(one, (ast.FunctionDef, ast.AsyncFunctionDef)) and one.name.startswith("test")
        if is_test and (one.args.args or one.decorator_list or isinstance(one, ast.AsyncFunctionDef)):  # type: ignore[attr-defined]
            return not any(_is_call(other) and other.value.func.id == one.name for other in body)  # type: ignore[attr-defined]
        if isinstance(one, ast.ClassDef) and (one.name.startswith("Test") or "TestCase" in ast.unparse(one)[:200]):
            return True
    return False


def scopes(body: list[ast.stmt], entry_point: str | None) -> list[list[ast.stmt]]:
    """Return the statements in the order in which they run, a list for each test function and one for the rest.

    Bodies of simple functions stand where these are called; `check` is called with the entry point if nobody calls it,
    and so is every `test_*` without parameters.
    """
    body = [inner for one in body for inner in (_guarded(one) if _is_main_guard(one) else [one])]
    functions = {one.name: one for one in body if isinstance(one, ast.FunctionDef)}
    called = {one.value.func.id for one in body if _is_call(one)}  # type: ignore[attr-defined]
    found: list[list[ast.stmt]] = [[]]
    extra: list[ast.stmt] = []
    for name, function in functions.items():
        if name in called:
            continue
        if name == "check" and entry_point and len(function.args.args) == 1:
            extra.append(_call(function, ast.Name(entry_point, ast.Load())))
        elif name.startswith("test") and not function.args.args and not function.decorator_list:
            extra.append(_call(function))
            called.add(name)
    for one in [*body, *extra]:
        if isinstance(one, ast.FunctionDef) and one.name in functions and _is_unrolled(one, called):
            continue  # its body stands where it is called
        if _is_call(one):
            call = one.value  # type: ignore[attr-defined]
            target = functions.get(call.func.id)
            fits = target is not None and len(call.args) == len(target.args.args) and not call.keywords
            if target is not None and fits and all(isinstance(a, (ast.Name, ast.Constant)) for a in call.args):
                if _is_simple(target):
                    found += [_applied(target, *call.args), []]
                else:
                    found += [[one], []]
                continue
        found[-1].append(one)
    return [each for each in found if each]


def given_functions(given: str, body: list[ast.stmt], entry_point: str | None) -> list[ast.stmt]:
    """Return the functions of the given code that the script uses beside the entry point, with its imports."""
    if not given:
        return []
    try:
        statements = parse(given).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []  # the program goes on in the middle of a function; what stands before it is part of the program
    loaded = {one.id for statement in body for one in ast.walk(statement) if isinstance(one, ast.Name)}
    used = [
        one
        for one in statements
        if isinstance(one, ast.FunctionDef) and one.name in loaded - {entry_point} and not _is_stub(one)
    ]
    imports = [one for one in statements if isinstance(one, (ast.Import, ast.ImportFrom))]
    return [*imports, *used] if used else []


def waits_for_name(body: list[ast.stmt]) -> bool:
    """Whether the tests are a `check(candidate)` that nobody calls."""
    names = {one.name for one in body if isinstance(one, ast.FunctionDef) and len(one.args.args) == 1}
    return "check" in names and not any(_is_call(one) and one.value.func.id == "check" for one in body)  # type: ignore[attr-defined]


def stub_of(given: str) -> str | None:
    """Return the name of the function that the given code leaves open, `None` if there is none."""
    try:
        statements = parse(given).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    return next((one.name for one in reversed(statements) if isinstance(one, ast.FunctionDef) and _is_stub(one)), None)


def _is_stub(function: ast.FunctionDef) -> bool:
    """Whether it is what the program has to fill in."""
    return all(isinstance(one, ast.Pass) or _is_constant(one) for one in function.body)


def _is_constant(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def _is_unrolled(function: ast.FunctionDef, called: set[str]) -> bool:
    return _is_simple(function) and (function.name in called or function.name == "check") and _has_test(function)


def _has_test(function: ast.FunctionDef) -> bool:
    return any(isinstance(inner, (ast.Assert, ast.With, ast.Try)) for inner in ast.walk(function))


def _call(function: ast.FunctionDef, *arguments: ast.expr) -> ast.stmt:
    call = ast.Expr(ast.Call(ast.Name(function.name, ast.Load()), list(arguments), []))
    return ast.fix_missing_locations(ast.copy_location(call, function))


def _is_simple(function: ast.FunctionDef) -> bool:
    """Whether its body means the same when it stands at the top."""
    arguments = function.args
    odd = arguments.vararg or arguments.kwarg or arguments.kwonlyargs or arguments.defaults or function.decorator_list
    inner = [one for one in ast.walk(function) if one is not function]
    return not odd and not any(
        isinstance(one, (ast.Return, ast.Yield, ast.YieldFrom, ast.Nonlocal, ast.Global, ast.FunctionDef, ast.Await))
        for one in inner
    )


def _is_call(statement: ast.stmt) -> bool:
    return (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Call)
        and isinstance(statement.value.func, ast.Name)
    )


def _is_main_guard(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.If) and ast.unparse(statement.test) in (
        "__name__ == '__main__'",
        "'__main__' == __name__",
    )


def _guarded(guard: ast.stmt) -> list[ast.stmt]:
    """Return what stands under `if __name__ == "__main__"`, less calls of a test runner, which find nothing here."""
    assert isinstance(guard, ast.If)
    return [one for one in guard.body if ".main(" not in ast.unparse(one)]


def _applied(function: ast.FunctionDef, *arguments: ast.expr) -> list[ast.stmt]:
    given = [
        ast.copy_location(ast.Assign([ast.Name(parameter.arg, ast.Store())], value), function)
        for parameter, value in zip(function.args.args, arguments, strict=True)
        if not (isinstance(value, ast.Name) and value.id == parameter.arg)
    ]
    return [*(ast.fix_missing_locations(one) for one in given), *function.body]


def targets(body: list[ast.stmt]) -> set[str]:
    """Return built-in names that the script uses for the program's own: called, where nothing else is asked."""
    found: set[str] = set()
    stored = {n.id for one in body for n in ast.walk(one) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    for one in body:
        for statement in ast.walk(one):
            if not isinstance(statement, ast.Assert):
                continue
            loaded = [n.id for n in ast.walk(statement.test) if isinstance(n, ast.Name)]
            if all(name in _BUILTINS for name in loaded) and not stored & set(loaded):
                first = next((n for n in ast.walk(statement.test) if isinstance(n, ast.Call)), None)
                if first is not None and isinstance(first.func, ast.Name):
                    found.add(first.func.id)
    return found
