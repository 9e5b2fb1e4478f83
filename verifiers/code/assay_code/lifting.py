"""Takes a test script apart: what it asks of the program, and what it expects to hear.

What is asked becomes steps, which go into the sandbox; what is expected becomes checks, which stay outside. Both are
worked out by walking the script's syntax tree over plain data; nothing of it is executed here. Statements that can't
be taken apart so are kept whole, and run in the sandbox in a process of their own.
"""

from __future__ import annotations

import ast
import builtins
import copy
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from assay_code.inside.wire import NotPlain, encode
from assay_code.plain import FUNCTIONS, METHODS, MODULES, NotEvaluable, bind, evaluable, evaluate
from assay_code.plan import Check, NoTest, Plan
from assay_code.scopes import given_functions, is_program, scopes, stub_of, targets, waits_for_name

__all__ = ["lift"]

#: Iterations of loops that are unrolled, and steps of a plan.
MAX_ROUNDS = 5_000
MAX_STEPS = 5_000
_BUILTINS = frozenset(dir(builtins))
_MUTABLE = (list, dict, set, bytearray)


class _NotLiftable(Exception):
    """A statement has to run as it stands."""


@dataclass(frozen=True, slots=True)
class _Ref:
    """The result of a step; `instance` where a class of the program made it."""

    step: int
    instance: bool = False


@dataclass(frozen=True, slots=True)
class _Lazy:
    """An expression over results, to be evaluated when they are known."""

    node: ast.expr
    source: str


class _Elsewhere:
    """The value of a name that statements in the sandbox have bound or may have changed."""


class _Module:
    """The value of a name under which the script has imported the program."""


_ELSEWHERE, _MODULE = _Elsewhere(), _Module()
_NO_VALUE = (_Lazy, _Elsewhere, _Module)


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
        body = ast.parse(script).body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as problem:
        raise NoTest(f"the test script is no Python: {str(problem)[:120]}") from None
    if entry_point is None and waits_for_name(body):
        entry_point = stub_of(given)
    body = [*given_functions(given, body, entry_point), *body]
    lifter = _Lifter(script, module, body)
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


class _Lifter:
    def __init__(self, script: str, module: str, body: list[ast.stmt]) -> None:
        self.script, self.module = script, module
        self.plan = Plan()
        self.names: dict[str, Any] = {}
        self.roots: dict[str, _Ref] = {}
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
            except (_NotLiftable, NotEvaluable, NotPlain, ArithmeticError, LookupError, TypeError, ValueError,
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
            raise _NotLiftable
        self.here = one
        method(one)

    def on_Pass(self, one: ast.Pass) -> None:
        pass

    def on_Import(self, one: ast.Import) -> None:
        for alias in one.names:
            if is_program(alias.name, self.module):
                self.names[alias.asname or alias.name] = _MODULE
                continue
            self.names[alias.asname or alias.name.partition(".")[0]] = _ELSEWHERE
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
                self.names[alias.asname or alias.name] = _ELSEWHERE
        if one.module != "__future__":
            self.plan.entries.append(["run", None, ast.unparse(one)])

    def on_Expr(self, one: ast.Expr) -> None:
        if isinstance(one.value, ast.Constant):
            return
        node = self.defer(one.value)
        if not isinstance(node, ast.Name) or not isinstance(self.names.get(node.id), _Ref):
            raise _NotLiftable
        self.plan.bare[self.names[node.id].step] = (self.scope, len(self.plan.cases))

    def on_Assign(self, one: ast.Assign) -> None:
        value = self.lazy(one.value)
        for target in one.targets:
            if isinstance(value, (_Ref, _Lazy)) and not isinstance(target, ast.Name):
                raise _NotLiftable
            self.store(target, value)

    def on_AnnAssign(self, one: ast.AnnAssign) -> None:
        if one.value is not None:
            self.store(one.target, self.lazy(one.value))

    def store(self, target: ast.expr, value: Any) -> None:
        bind(target, value, self.names)

    def on_AugAssign(self, one: ast.AugAssign) -> None:
        if not isinstance(one.target, ast.Name):
            raise _NotLiftable
        value = self.concrete(ast.BinOp(ast.Name(one.target.id, ast.Load()), one.op, one.value))
        self.names[one.target.id] = value

    def on_For(self, one: ast.For) -> None:
        if one.orelse:
            raise _NotLiftable
        for item in self.concrete(one.iter):
            self.rounds += 1
            if self.rounds > MAX_ROUNDS:
                raise _NotLiftable
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
            raise _NotLiftable
        kinds = context.args[0].elts if isinstance(context.args[0], ast.Tuple) else [context.args[0]]
        if not all(isinstance(kind, ast.Name) and kind.id in _BUILTINS for kind in kinds):
            raise _NotLiftable
        node = self.defer(one.body[0].value)
        if not isinstance(node, ast.Name) or not isinstance(self.names.get(node.id), _Ref):
            raise _NotLiftable
        step = self.names[node.id].step
        raises = tuple(kind.id for kind in kinds if isinstance(kind, ast.Name))
        check = Check(self.case(one), None, {}, {node.id: step}, raises, self.text(one.body[0]))
        self.plan.checks.append(check)

    def on_Assert(self, one: ast.Assert) -> None:
        node = self.defer(one.test)
        used = {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and n.id in self.names}
        steps = {name: self.names[name].step for name in used if isinstance(self.names[name], _Ref)}
        if not steps and self.concrete(one.test):
            return  # it asks nothing of the program, and holds
        if not steps or any(self.names[name].instance for name in steps):
            raise _NotLiftable
        plain = {name: self.names[name] for name in used if name not in steps}
        if any(isinstance(value, _NO_VALUE) for value in plain.values()):
            raise _NotLiftable
        if not evaluable(node, {**plain, **steps}):
            raise _NotLiftable
        self.plan.checks.append(Check(self.case(one), node, plain, steps, (), self.text(one.test)))

    def case(self, one: ast.stmt) -> int:
        place = (one.lineno, one.col_offset)
        if place not in self.case_of:
            self.case_of[place] = len(self.plan.cases)
            self.plan.cases.append(self.text(one.test if isinstance(one, ast.Assert) else one))
            self.plan.scopes.append(self.scope)
        return self.case_of[place]

    def text(self, node: ast.AST) -> str:
        text = " ".join((ast.get_source_segment(self.script, node) or ast.unparse(node)).split())
        return text if len(text) <= 200 else text[:197] + "..."

    # Expressions

    def concrete(self, node: ast.expr) -> Any:
        """Return the plain value of an expression that asks nothing of the program."""
        if not evaluable(node, self.plain(node)):
            raise _NotLiftable
        return evaluate(node, self.plain(node))

    def plain(self, node: ast.AST) -> dict[str, Any]:
        loaded = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
        found = {name: self.names[name] for name in loaded if name in self.names}
        if self.plan.targets & loaded - set(found):
            raise _NotLiftable
        if any(isinstance(value, (_Ref, *_NO_VALUE)) for value in found.values()):
            raise _NotLiftable
        return found

    def lazy(self, node: ast.expr) -> Any:
        """Return a value that may depend on results."""
        deferred = self.defer(node)
        if isinstance(deferred, ast.Name) and isinstance(self.names.get(deferred.id), (_Ref, _Lazy)):
            return self.names[deferred.id]
        used = {n.id for n in ast.walk(deferred) if isinstance(n, ast.Name)}
        if any(isinstance(self.names.get(name), _Ref) for name in used):
            if any(isinstance(self.names.get(name), _NO_VALUE) for name in used):
                raise _NotLiftable
            # What else it names keeps the value that it has now.
            fixed = _Fix({name: self.names[name] for name in used if name in self.names}, self.names).visit(deferred)
            return _Lazy(fixed, ast.unparse(node))
        return self.concrete(node)

    def defer(self, node: ast.expr) -> ast.expr:
        """Return the expression with all that it asks of the program replaced by the names of results."""
        copied = copy.deepcopy(node)
        replaced: ast.expr = _Defer(self).visit(copied)
        return replaced

    def is_program_name(self, name: str) -> bool:
        if name in self.names:
            return isinstance(self.names[name], (_Ref, _Module))
        if name in self.plan.targets:
            return True
        return name not in _BUILTINS and name not in FUNCTIONS and name not in MODULES and not name.startswith("__")

    def root(self, name: str) -> _Ref:
        """Return the step that looks a name up in the program."""
        if name not in self.roots:
            self.roots[name] = self.step("name", name, instance=False)
        return self.roots[name]

    def step(self, operation: str, *arguments: Any, instance: bool) -> _Ref:
        number, self.steps = self.steps, self.steps + 1
        if number > MAX_STEPS:
            raise _NotLiftable
        self.plan.entries.append(["step", number, operation, *arguments])
        return _Ref(number, instance)

    def name_of(self, ref: _Ref) -> str:
        name = f"_step{ref.step}"
        self.names[name] = ref
        return name

    # Statements that are kept

    def keep(self, statement: ast.stmt) -> None:
        """Let a statement run in the sandbox, with the values that it needs."""
        for name in sorted(_names(statement)):
            self.hand_over(name)
        holder = isinstance(statement, (ast.FunctionDef, ast.ClassDef, ast.AsyncFunctionDef))
        asserts = any(isinstance(one, (ast.Assert, ast.Raise)) or _is_raises(one) for one in ast.walk(statement))
        case = None
        if holder:
            self.names[statement.name] = _ELSEWHERE  # type: ignore[attr-defined]
            if asserts:
                self.tests.add(statement.name)  # type: ignore[attr-defined]
        elif asserts or self.tests & _names(statement):
            case = self.case(statement)
            self.plan.inside.add(case)
        self.plan.entries.append(["run", case, ast.unparse(statement)])
        for one in ast.walk(statement):
            if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store):
                self.names[one.id] = _ELSEWHERE

    def hand_over(self, name: str) -> None:
        """Give a name's value to the statements in the sandbox; what they may change is theirs from then on."""
        value = self.names.get(name)
        if isinstance(value, _Ref):
            self.plan.entries.append(["bind", name, value.step, True])
            if value not in self.roots.values() and not value.instance:
                self.names[name] = _ELSEWHERE  # statements may change a result, or take items from it
        elif isinstance(value, _Module):
            self.plan.entries.append(["run", None, f"import {self.module} as {name}"])
        elif isinstance(value, _Lazy):
            self.names[name] = _ELSEWHERE
            for other in sorted(_names(ast.parse(value.source))):
                self.hand_over(other)
            self.plan.entries.append(["run", None, f"{name} = {value.source}"])
        elif name in self.names and not isinstance(value, _Elsewhere) and not callable(value):
            self.plan.entries.append(["bind", name, encode(value, _refuse), False])
            if isinstance(value, _MUTABLE):
                self.names[name] = _ELSEWHERE


def _readers(body: list[ast.stmt]) -> dict[str, set[tuple[int, int]]]:
    """Return, for each name, where statements use it otherwise than by handing it to a function."""
    found: dict[str, set[tuple[int, int]]] = {}
    for outer in body:
        for one in ast.walk(outer):
            if not isinstance(one, ast.stmt) or hasattr(one, "body"):
                continue
            handed = {
                id(argument)
                for call in ast.walk(one)
                if isinstance(call, ast.Call) and not (isinstance(call.func, ast.Name) and call.func.id in FUNCTIONS)
                for argument in call.args
            }
            for name in ast.walk(one):
                if isinstance(name, ast.Name) and isinstance(name.ctx, ast.Load) and id(name) not in handed:
                    found.setdefault(name.id, set()).add((one.lineno, one.col_offset))
    return found


def _refuse(value: Any) -> Any:
    raise NotPlain(f"a {type(value).__name__} is not plain data")


def _is_raises(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and ast.unparse(node.func) in ("pytest.raises", "raises", "self.assertRaises")


class _Fix(ast.NodeTransformer):
    """Replaces names by the values that they have, under names of their own."""

    def __init__(self, values: dict[str, Any], names: dict[str, Any]) -> None:
        self.values, self.names = values, names

    def visit_Name(self, node: ast.Name) -> ast.expr:
        value = self.values.get(node.id)
        if node.id not in self.values or isinstance(value, _Ref):
            return node
        if isinstance(value, _Lazy):
            return value.node
        fixed = f"_fixed{id(value)}_{len(self.names)}"
        self.names[fixed] = value
        return ast.copy_location(ast.Name(fixed, ast.Load()), node)


class _Defer(ast.NodeTransformer):
    """Makes steps of the largest parts of an expression that only the program can answer."""

    def __init__(self, lifter: _Lifter) -> None:
        self.lifter = lifter

    def visit(self, node: ast.AST) -> Any:
        if isinstance(node, ast.Lambda):
            if self._asks(node):
                raise _NotLiftable
            return node
        if isinstance(node, (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)):
            # Names bound in it are not the program's; a call of the program in it happens many times.
            bound = {n.id for g in node.generators for n in ast.walk(g.target) if isinstance(n, ast.Name)}
            if any(
                isinstance(n, ast.Call) and self._root(n.func) and self._root(n.func) not in bound
                for n in ast.walk(node)
            ):
                return self._first_iterable(node, bound)
            return node
        if isinstance(node, (ast.Name, ast.Attribute, ast.Call)):
            ref = self._ref(node)
            if ref is not None:
                return ast.copy_location(ast.Name(self.lifter.name_of(ref), ast.Load()), node)
            if isinstance(node, ast.Name):
                value = self.lifter.names.get(node.id)
                if isinstance(value, _Lazy):
                    return copy.deepcopy(value.node)
                return node
        return self.generic_visit(node)

    def _first_iterable(self, node: Any, bound: set[str]) -> Any:
        """`[g(x) for x in f(1)]`: what is walked may be asked of the program, what is done with each may not."""
        first = node.generators[0]
        first.iter = self.visit(first.iter)
        if any(isinstance(n, ast.Name) and n.id not in bound and self._is_root(n.id) for n in ast.walk(node)):
            raise _NotLiftable
        return node

    def _asks(self, node: ast.AST) -> bool:
        return any(isinstance(n, ast.Call) and self._root(n.func) for n in ast.walk(node))

    def _is_root(self, name: str) -> bool:
        return not name.startswith("_step") and self.lifter.is_program_name(name)

    def _root(self, node: ast.expr) -> str:
        """The program's name at the bottom of `name.attribute(...).attribute`, an empty text if there is none."""
        while isinstance(node, (ast.Attribute, ast.Call)):
            node = node.value if isinstance(node, ast.Attribute) else node.func
        return node.id if isinstance(node, ast.Name) and self._is_root(node.id) else ""

    def _ref(self, node: ast.expr) -> _Ref | None:
        """Return the step that answers an expression, `None` if it is none for the program."""
        lifter = self.lifter
        if isinstance(node, ast.Name):
            value = lifter.names.get(node.id)
            if isinstance(value, _Ref):
                return value
            if node.id not in lifter.names and lifter.is_program_name(node.id):
                return lifter.root(node.id)
            return None
        if isinstance(node, ast.Attribute):
            if isinstance(node.value, ast.Name) and isinstance(lifter.names.get(node.value.id), _Module):
                return lifter.root(node.attr)
            ref = self._ref(node.value) if self._root(node.value) else None
            if ref is None or (node.attr in METHODS and not ref.instance and not self._is_class(node.value)):
                return None
            if node.attr.startswith("__"):
                raise _NotLiftable
            return lifter.step("attribute", ["o", ref.step], node.attr, instance=ref.instance)
        if isinstance(node, ast.Call) and self._root(node.func):
            ref = self._ref(node.func)
            if ref is None:
                return None
            args = [value for one in node.args for value in self._arguments(one)]
            named = {}
            for keyword in node.keywords:
                if keyword.arg is None:
                    raise _NotLiftable
                named[keyword.arg] = self._argument(keyword.value)
            return lifter.step("call", ["o", ref.step], args, named, instance=self._is_class(node.func))
        return None

    def _is_class(self, node: ast.expr) -> bool:
        name = node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
        return bool(re.match(r"_*[A-Z]", name))

    def _arguments(self, node: ast.expr) -> list[Any]:
        if not isinstance(node, ast.Starred):
            return [self._argument(node)]
        self._watch(node)
        return [encode(value, _refuse) for value in self.lifter.concrete(node.value)]

    def _argument(self, node: ast.expr) -> Any:
        if self._root(node):
            ref = self._ref(node)
            if ref is not None:
                return ["o", ref.step]
        self._watch(node)
        return encode(self.lifter.concrete(node), _refuse)

    def _watch(self, node: ast.expr) -> None:
        """Refuse arguments that depend on results, or that the program may change before the script looks at them."""
        for name in _names(node):
            value = self.lifter.names.get(name)
            if isinstance(value, (_Lazy, _Ref)):
                raise _NotLiftable
            here = (self.lifter.here.lineno, self.lifter.here.col_offset)
            if isinstance(value, _MUTABLE) and self.lifter.read_in.get(name, set()) - {here}:
                raise _NotLiftable


def _names(node: ast.AST) -> set[str]:
    return {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
