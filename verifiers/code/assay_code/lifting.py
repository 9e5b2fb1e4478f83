"""Takes a test script apart: what it asks of the program, and what it expects to hear.

What is asked becomes steps, which go into the sandbox; what is expected becomes checks, which stay outside. Both are
worked out by walking the script's syntax tree over plain data; nothing of it is executed here. Statements that can't
be taken apart so are kept whole, and run in the sandbox in a process of their own.
"""

from __future__ import annotations

import ast
import builtins
import copy
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from assay.errors import shorten
from assay_code.asking import Asking, Fixing
from assay_code.inside.wire import NotPlain, encode
from assay_code.plain import FUNCTIONS, MODULES, NotEvaluable, bind, evaluable, evaluate
from assay_code.plan import Check, NoTest, Plan
from assay_code.scopes import given_functions, is_program, scopes, stub_of, targets, waits_for_name
from assay_code.symbols import (
    ELSEWHERE,
    MODULE,
    MUTABLE,
    NO_VALUE,
    Elsewhere,
    Lazy,
    Module,
    NotLiftable,
    Ref,
    names_in,
    refuse,
)
from assay_code.syntax import parse

__all__ = ["Lifter", "lift"]

#: Iterations of loops that are unrolled, and steps of a plan.
MAX_ROUNDS = 5_000
MAX_STEPS = 5_000
_BUILTINS = frozenset(dir(builtins))


@lru_cache(maxsize=4096)
def lift(script: str, entry_point: str | None = None, module: str = "solution", given: str = "") -> Plan:
    """Take a test script apart.

    Args:
        script: assertions, or a `check(candidate)` or `test_*()` functions that hold them.
        entry_point: the name of the function that `check` is given.
        module: the name by which the script imports the program.
        given: code that the program goes on from; functions that the script takes from it are the script's, so that
            the program can't put its own in their place.

    Raises:
        NoTest: it is no Python, or asserts nothing.
    """
    try:
        body = parse(script).body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as problem:
        raise NoTest(f"the test script is no Python: {str(problem)[:120]}") from None
    if entry_point is None and waits_for_name(body):
        entry_point = stub_of(given)
    body = [*given_functions(given, body, entry_point), *body]
    lifter = Lifter(script, module, body)
    lifter.plan.targets |= targets(body) | ({entry_point} if entry_point else set())
    for number, statements in enumerate(scopes(body, entry_point)):
        lifter.scope = number
        lifter.block(statements)
    plan = lifter.plan
    if not plan.cases and waits_for_name(body) and entry_point is None:
        raise NoTest("the tests are check(candidate), and nothing says which function that is; give entry_point")
    if not plan.cases:
        raise NoTest("the test script asserts nothing, so anything would pass it")
    if not plan.inside:
        plan.entries = [entry for entry in plan.entries if entry[0] == "step"]
    return plan


class Lifter:
    """One script, while it is taken apart; a method for each kind of statement."""

    def __init__(self, script: str, module: str, body: list[ast.stmt]) -> None:
        self.script, self.module = script, module
        self.plan = Plan()
        self.names: dict[str, Any] = {}
        self.roots: dict[str, Ref] = {}
        self.case_of: dict[tuple[int, int], int] = {}
        self.tests: set[str] = set()
        self.scope = self.rounds = self.steps = 0
        self.read_in = _readers(body)
        self.here: ast.stmt = ast.Pass()

    def block(self, statements: Sequence[ast.stmt]) -> None:
        """Take each statement apart, or keep it whole."""
        for statement in statements:
            plan = self.plan
            sizes = len(plan.entries), len(plan.checks), len(plan.cases)
            names, roots, bare = dict(self.names), dict(self.roots), dict(plan.bare)
            try:
                self.statement(statement)
            except (NotLiftable, NotEvaluable, NotPlain, ArithmeticError, LookupError, TypeError, ValueError,
                    AttributeError, RecursionError, MemoryError):  # fmt: skip
                for made, size in zip((plan.entries, plan.checks, plan.cases), sizes, strict=True):
                    del made[size:]  # type: ignore[attr-defined]
                del plan.scopes[sizes[2] :]
                self.names, self.roots, plan.bare = names, roots, bare
                self.case_of = {place: case for place, case in self.case_of.items() if case < sizes[2]}
                self.keep(statement)

    # Statements

    def statement(self, one: ast.stmt) -> None:
        method = getattr(self, "on_" + type(one).__name__, None)
        if method is None:
            raise NotLiftable
        self.here = one
        method(one)

    def on_Pass(self, one: ast.Pass) -> None:
        pass

    def on_Import(self, one: ast.Import) -> None:
        for alias in one.names:
            if is_program(alias.name, self.module):
                self.names[alias.asname or alias.name] = MODULE
                continue
            self.names[alias.asname or alias.name.partition(".")[0]] = ELSEWHERE
            if alias.name in MODULES and alias.asname in (None, alias.name):
                del self.names[alias.name]
            self.plan.entries.append(["run", None, ast.unparse(ast.Import([alias]))])

    def on_ImportFrom(self, one: ast.ImportFrom) -> None:
        if is_program(one.module or "", self.module):
            for alias in one.names:
                if alias.name != "*":
                    self.names[alias.asname or alias.name] = self.root(alias.name)
            return
        for alias in one.names:
            known = MODULES.get(one.module or "", {})
            if alias.name in known:
                self.names[alias.asname or alias.name] = known[alias.name]
            else:
                self.names[alias.asname or alias.name] = ELSEWHERE
        if one.module != "__future__":
            self.plan.entries.append(["run", None, ast.unparse(one)])

    def on_Expr(self, one: ast.Expr) -> None:
        if isinstance(one.value, ast.Constant):
            return
        node = self.defer(one.value)
        if not isinstance(node, ast.Name) or not isinstance(self.names.get(node.id), Ref):
            raise NotLiftable
        self.plan.bare[self.names[node.id].step] = (self.scope, len(self.plan.cases))

    def on_Assign(self, one: ast.Assign) -> None:
        value = self.lazy(one.value)
        for target in one.targets:
            if isinstance(value, (Ref, Lazy)) and not isinstance(target, ast.Name):
                raise NotLiftable
            self.store(target, value)

    def on_AnnAssign(self, one: ast.AnnAssign) -> None:
        if one.value is not None:
            self.store(one.target, self.lazy(one.value))

    def store(self, target: ast.expr, value: Any) -> None:
        bind(target, value, self.names)

    def on_AugAssign(self, one: ast.AugAssign) -> None:
        if not isinstance(one.target, ast.Name):
            raise NotLiftable
        value = self.concrete(ast.BinOp(ast.Name(one.target.id, ast.Load()), one.op, one.value))
        self.names[one.target.id] = value

    def on_For(self, one: ast.For) -> None:
        if one.orelse:
            raise NotLiftable
        for item in self.concrete(one.iter):
            self.rounds += 1
            if self.rounds > MAX_ROUNDS:
                raise NotLiftable
            self.store(one.target, item)
            for inner in one.body:
                self.statement(inner)

    def on_If(self, one: ast.If) -> None:
        for inner in one.body if self.concrete(one.test) else one.orelse:
            self.statement(inner)

    def on_With(self, one: ast.With) -> None:
        """A call that must raise: `with pytest.raises(ValueError): f(x)`."""
        context = one.items[0].context_expr
        if (
            len(one.items) > 1
            or one.items[0].optional_vars is not None
            or not isinstance(context, ast.Call)
            or ast.unparse(context.func) not in ("pytest.raises", "raises")
            or len(context.args) != 1
            or context.keywords
            or len(one.body) != 1
            or not isinstance(one.body[0], ast.Expr)
        ):
            raise NotLiftable
        kinds = context.args[0].elts if isinstance(context.args[0], ast.Tuple) else [context.args[0]]
        if not all(isinstance(kind, ast.Name) and kind.id in _BUILTINS for kind in kinds):
            raise NotLiftable
        node = self.defer(one.body[0].value)
        if not isinstance(node, ast.Name) or not isinstance(self.names.get(node.id), Ref):
            raise NotLiftable
        step = self.names[node.id].step
        raises = tuple(kind.id for kind in kinds if isinstance(kind, ast.Name))
        check = Check(self.case(one), None, {}, {node.id: step}, raises, self.text(one.body[0]))
        self.plan.checks.append(check)

    def on_Assert(self, one: ast.Assert) -> None:
        node = self.defer(one.test)
        used = {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and n.id in self.names}
        steps = {name: self.names[name].step for name in used if isinstance(self.names[name], Ref)}
        if not steps and self.concrete(one.test):
            return  # it asks nothing of the program, and holds
        if not steps or any(self.names[name].instance for name in steps):
            raise NotLiftable
        plain = {name: self.names[name] for name in used if name not in steps}
        if any(isinstance(value, NO_VALUE) for value in plain.values()):
            raise NotLiftable
        if not evaluable(node, {**plain, **steps}):
            raise NotLiftable
        self.plan.checks.append(Check(self.case(one), node, plain, steps, (), self.text(one.test)))

    def case(self, one: ast.stmt) -> int:
        place = (one.lineno, one.col_offset)
        if place not in self.case_of:
            self.case_of[place] = len(self.plan.cases)
            self.plan.cases.append(self.text(one.test if isinstance(one, ast.Assert) else one))
            self.plan.scopes.append(self.scope)
        return self.case_of[place]

    def text(self, node: ast.AST) -> str:
        return shorten(" ".join((ast.get_source_segment(self.script, node) or ast.unparse(node)).split()), 200)

    # Expressions

    def concrete(self, node: ast.expr) -> Any:
        """Return the plain value of an expression that asks nothing of the program."""
        if not evaluable(node, self.plain(node)):
            raise NotLiftable
        return evaluate(node, self.plain(node))

    def plain(self, node: ast.AST) -> dict[str, Any]:
        loaded = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
        found = {name: self.names[name] for name in loaded if name in self.names}
        if self.plan.targets & loaded - set(found):
            raise NotLiftable
        if any(isinstance(value, (Ref, *NO_VALUE)) for value in found.values()):
            raise NotLiftable
        return found

    def lazy(self, node: ast.expr) -> Any:
        """Return a value that may depend on results."""
        deferred = self.defer(node)
        if isinstance(deferred, ast.Name) and isinstance(self.names.get(deferred.id), (Ref, Lazy)):
            return self.names[deferred.id]
        used = {n.id for n in ast.walk(deferred) if isinstance(n, ast.Name)}
        if any(isinstance(self.names.get(name), Ref) for name in used):
            if any(isinstance(self.names.get(name), NO_VALUE) for name in used):
                raise NotLiftable
            # What else it names keeps the value that it has now.
            fixed = Fixing({name: self.names[name] for name in used if name in self.names}, self.names).visit(deferred)
            return Lazy(fixed, ast.unparse(node))
        return self.concrete(node)

    def defer(self, node: ast.expr) -> ast.expr:
        """Return the expression with all that it asks of the program replaced by the names of results."""
        copied = copy.deepcopy(node)
        replaced: ast.expr = Asking(self).visit(copied)
        return replaced

    def is_program_name(self, name: str) -> bool:
        if name in self.names:
            return isinstance(self.names[name], (Ref, Module))
        if name in self.plan.targets:
            return True
        return name not in _BUILTINS and name not in FUNCTIONS and name not in MODULES and not name.startswith("__")

    def root(self, name: str) -> Ref:
        """Return the step that looks a name up in the program."""
        if name not in self.roots:
            self.roots[name] = self.step("name", name, instance=False)
        return self.roots[name]

    def step(self, operation: str, *arguments: Any, instance: bool) -> Ref:
        number, self.steps = self.steps, self.steps + 1
        if number > MAX_STEPS:
            raise NotLiftable
        self.plan.entries.append(["step", number, operation, *arguments])
        return Ref(number, instance)

    def name_of(self, ref: Ref) -> str:
        name = f"_step{ref.step}"
        self.names[name] = ref
        return name

    # Statements that are kept

    def keep(self, statement: ast.stmt) -> None:
        """Let a statement run in the sandbox, with the values that it needs."""
        for name in sorted(names_in(statement)):
            self.hand_over(name)
        holder = isinstance(statement, (ast.FunctionDef, ast.ClassDef, ast.AsyncFunctionDef))
        asserts = any(isinstance(one, (ast.Assert, ast.Raise)) or _is_raises(one) for one in ast.walk(statement))
        case = None
        if holder:
            self.names[statement.name] = ELSEWHERE  # type: ignore[attr-defined]
            if asserts:
                self.tests.add(statement.name)  # type: ignore[attr-defined]
        elif asserts or self.tests & names_in(statement):
            case = self.case(statement)
            self.plan.inside.add(case)
        self.plan.entries.append(["run", case, ast.unparse(statement)])
        for one in ast.walk(statement):
            if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store):
                self.names[one.id] = ELSEWHERE

    def hand_over(self, name: str) -> None:
        """Give a name's value to the statements in the sandbox; what they may change is theirs from then on."""
        value = self.names.get(name)
        if isinstance(value, Ref):
            self.plan.entries.append(["bind", name, value.step, True])
            if value not in self.roots.values() and not value.instance:
                self.names[name] = ELSEWHERE  # statements may change a result, or take items from it
        elif isinstance(value, Module):
            self.plan.entries.append(["run", None, f"import {self.module} as {name}"])
        elif isinstance(value, Lazy):
            self.names[name] = ELSEWHERE
            for other in sorted(names_in(parse(value.source))):
                self.hand_over(other)
            self.plan.entries.append(["run", None, f"{name} = {value.source}"])
        elif name in self.names and not isinstance(value, Elsewhere) and not callable(value):
            self.plan.entries.append(["bind", name, encode(value, refuse), False])
            if isinstance(value, MUTABLE):
                for other in [one for one, same in self.names.items() if same is value]:
                    self.names[other] = ELSEWHERE
                    if other != name:
                        self.plan.entries.append(["run", None, f"{other} = {name}"])


def _readers(body: list[ast.stmt]) -> dict[str, set[tuple[int, int]]]:
    """Return, for each name, where statements use it otherwise than by handing it to a function."""
    found: dict[str, set[tuple[int, int]]] = {}
    for outer in body:
        for one in ast.walk(outer):
            if not isinstance(one, ast.stmt):
                continue
            # Of a loop or a condition its head alone; the statements in it come by themselves.
            parts = [part for part in ast.iter_child_nodes(one) if not isinstance(part, (ast.stmt, ast.ExceptHandler))]
            own = [inner for part in parts for inner in ast.walk(part)]
            handed = {
                id(argument)
                for call in own
                if isinstance(call, ast.Call) and not (isinstance(call.func, ast.Name) and call.func.id in FUNCTIONS)
                for argument in call.args
            }
            for name in own:
                if isinstance(name, ast.Name) and isinstance(name.ctx, ast.Load) and id(name) not in handed:
                    found.setdefault(name.id, set()).add((one.lineno, one.col_offset))
    return found


def _is_raises(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and ast.unparse(node.func) in ("pytest.raises", "raises", "self.assertRaises")
