"""Finds what an expression asks of the program, and makes steps of it."""

from __future__ import annotations

import ast
import copy
import re
from typing import TYPE_CHECKING, Any

from assay_code.inside.wire import encode
from assay_code.plain import METHODS
from assay_code.symbols import MUTABLE, Lazy, Module, NotLiftable, Ref, names_in, refuse

if TYPE_CHECKING:
    from assay_code.lifting import Lifter

__all__ = ["Asking", "Fixing"]


class Fixing(ast.NodeTransformer):
    """Replaces names by the values that they have, under names of their own."""

    def __init__(self, values: dict[str, Any], names: dict[str, Any]) -> None:
        self.values, self.names = values, names

    def visit_Name(self, node: ast.Name) -> ast.expr:
        """Fix one name."""
        value = self.values.get(node.id)
        if node.id not in self.values or isinstance(value, Ref):
            return node
        if isinstance(value, Lazy):
            return value.node
        fixed = f"_fixed{id(value)}_{len(self.names)}"
        self.names[fixed] = value
        return ast.copy_location(ast.Name(fixed, ast.Load()), node)


class Asking(ast.NodeTransformer):
    """Makes steps of the largest parts of an expression that only the program can answer."""

    def __init__(self, lifter: Lifter) -> None:
        self.lifter = lifter

    def visit(self, node: ast.AST) -> Any:
        """Replace what is asked of the program in a node and below it."""
        if isinstance(node, ast.Lambda):
            if self._asks(node):
                raise NotLiftable
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
                if isinstance(value, Lazy):
                    return copy.deepcopy(value.node)
                return node
        return self.generic_visit(node)

    def _first_iterable(self, node: Any, bound: set[str]) -> Any:
        """`[g(x) for x in f(1)]`: what is walked may be asked of the program, what is done with each may not."""
        first = node.generators[0]
        first.iter = self.visit(first.iter)
        if any(isinstance(n, ast.Name) and n.id not in bound and self._is_root(n.id) for n in ast.walk(node)):
            raise NotLiftable
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

    def _ref(self, node: ast.expr) -> Ref | None:
        """Return the step that answers an expression, `None` if it is none for the program."""
        lifter = self.lifter
        if isinstance(node, ast.Name):
            value = lifter.names.get(node.id)
            if isinstance(value, Ref):
                return value
            if node.id not in lifter.names and lifter.is_program_name(node.id):
                return lifter.root(node.id)
            return None
        if isinstance(node, ast.Attribute):
            if isinstance(node.value, ast.Name) and isinstance(lifter.names.get(node.value.id), Module):
                return lifter.root(node.attr)
            ref = self._ref(node.value) if self._root(node.value) else None
            if ref is None or (node.attr in METHODS and not ref.instance and not self._is_class(node.value)):
                return None
            if node.attr.startswith("__"):
                raise NotLiftable
            return lifter.step("attribute", ["o", ref.step], node.attr, instance=ref.instance)
        if isinstance(node, ast.Call) and self._root(node.func):
            ref = self._ref(node.func)
            if ref is None:
                return None
            args = [value for one in node.args for value in self._arguments(one)]
            named = {}
            for keyword in node.keywords:
                if keyword.arg is None:
                    raise NotLiftable
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
        return [encode(value, refuse) for value in self.lifter.concrete(node.value)]

    def _argument(self, node: ast.expr) -> Any:
        if self._root(node):
            ref = self._ref(node)
            if ref is not None:
                return ["o", ref.step]
        self._watch(node)
        return encode(self.lifter.concrete(node), refuse)

    def _watch(self, node: ast.expr) -> None:
        """Refuse arguments that depend on results, or that the program may change before the script looks at them."""
        for name in names_in(node):
            value = self.lifter.names.get(name)
            if isinstance(value, (Lazy, Ref)):
                raise NotLiftable
            here = (self.lifter.here.lineno, self.lifter.here.col_offset)
            if isinstance(value, MUTABLE) and self.lifter.read_in.get(name, set()) - {here}:
                raise NotLiftable
