"""Evaluates the simple part of Python over plain data, in bounded work, without `eval`.

It computes what test scripts expect, and makes their comparisons with what a program returned. Equality is stricter
than Python's in one thing: a bool is no number.
"""

from __future__ import annotations

import ast
import cmath
import copy
import math
import operator
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["FUNCTIONS", "METHODS", "MODULES", "Approx", "NotEvaluable", "Opaque", "evaluable", "evaluate", "same"]

#: Bits of an integer, and items of a sequence, that an expression may make.
MAX_BITS = 100_000
MAX_ITEMS = 5_000_000


class NotEvaluable(Exception):
    """An expression outside the subset, or one that would take too much work."""


@dataclass(frozen=True, slots=True)
class Opaque:
    """Stands for what a program returned that is not plain data: equal to nothing."""

    kind: str

    __hash__ = None  # type: ignore[assignment]

    def __eq__(self, other: object) -> bool:
        return self is other


@dataclass(frozen=True, slots=True)
class Approx:
    """A number, or numbers, up to a tolerance, as pytest's `approx` has it: the larger of the two bounds counts."""

    value: Any
    rel: float | None = None
    abs: float | None = None

    def matches(self, other: Any) -> bool:
        """Whether the other value is near."""
        if isinstance(self.value, (list, tuple)):
            return (
                type(other) is type(self.value)
                and len(other) == len(self.value)
                and all(Approx(a, self.rel, self.abs).matches(b) for a, b in zip(self.value, other, strict=True))
            )
        if isinstance(self.value, dict):
            return (
                type(other) is dict
                and other.keys() == self.value.keys()
                and all(Approx(a, self.rel, self.abs).matches(other[key]) for key, a in self.value.items())
            )
        if _is_number(self.value) and _is_number(other):
            absolute = self.abs if self.abs is not None else 1e-12
            relative = self.rel if self.rel is not None else (0.0 if self.abs is not None else 1e-6)
            if self.value == other:
                return True
            return bool(abs(self.value - other) <= max(absolute, relative * abs(self.value)))
        return same(self.value, other)


def same(one: Any, other: Any) -> bool:
    """Whether two plain values are equal; `1` and `1.0` are, `1` and `True` are not, nor are a list and a tuple."""
    if isinstance(one, Approx) or isinstance(other, Approx):
        return one.matches(other) if isinstance(one, Approx) else other.matches(one)
    if type(one) is bool or type(other) is bool:
        return one is other
    if type(one) is not type(other):
        sets = isinstance(one, (set, frozenset)) and isinstance(other, (set, frozenset))
        texts = isinstance(one, (bytes, bytearray)) and isinstance(other, (bytes, bytearray))
        return bool((_is_number(one) and _is_number(other)) or sets or texts) and bool(one == other)
    if isinstance(one, (list, tuple)):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(value, other[key]) for key, value in one.items())
    return bool(one == other)


def _is_number(value: Any) -> bool:
    from decimal import Decimal
    from fractions import Fraction

    return isinstance(value, (int, float, complex, Decimal, Fraction)) and type(value) is not bool


def _power(one: Any, other: Any) -> Any:
    if isinstance(one, int) and isinstance(other, int) and one.bit_length() * max(other, 0) > MAX_BITS:
        raise NotEvaluable("the power is too large")
    return one**other


def _times(one: Any, other: Any) -> Any:
    for sequence, count in ((one, other), (other, one)):
        if isinstance(sequence, (str, bytes, bytearray, list, tuple)) and isinstance(count, int):
            if len(sequence) * count > MAX_ITEMS:
                raise NotEvaluable("the sequence is too long")
            return sequence * count
    if isinstance(one, int) and isinstance(other, int) and one.bit_length() + other.bit_length() > MAX_BITS:
        raise NotEvaluable("the product is too large")
    return one * other


def _modulo(one: Any, other: Any) -> Any:
    if isinstance(one, (str, bytes)):
        raise NotEvaluable("a text is formatted")
    return one % other


def _shift(one: Any, other: Any) -> Any:
    if other > MAX_BITS:
        raise NotEvaluable("the shift is too large")
    return one << other


_BINARY: dict[type[ast.AST], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: _times, ast.Div: operator.truediv, ast.Mod: _modulo,
    ast.FloorDiv: operator.floordiv, ast.Pow: _power, ast.LShift: _shift, ast.RShift: operator.rshift,
    ast.BitAnd: operator.and_, ast.BitOr: operator.or_, ast.BitXor: operator.xor,
}  # fmt: skip
_UNARY: dict[type[ast.AST], Callable[[Any], Any]] = {
    ast.UAdd: operator.pos, ast.USub: operator.neg, ast.Not: operator.not_, ast.Invert: operator.invert,
}  # fmt: skip
_COMPARE: dict[type[ast.AST], Callable[[Any, Any], bool]] = {
    ast.Eq: same,
    ast.NotEq: lambda one, other: not same(one, other),
    ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt, ast.GtE: operator.ge,
    ast.Is: lambda one, other: one is other if other is None or type(other) is bool else same(one, other),
    ast.IsNot: lambda one, other: one is not other if other is None or type(other) is bool else not same(one, other),
    ast.In: lambda one, other: _contains(other, one),
    ast.NotIn: lambda one, other: not _contains(other, one),
}  # fmt: skip


def _contains(container: Any, one: Any) -> bool:
    return any(same(one, item) for item in container) if isinstance(container, (list, tuple)) else one in container


def _bounded(make: Callable[..., Any]) -> Callable[..., Any]:
    def made(*args: Any, **named: Any) -> Any:
        for one in args:
            if isinstance(one, range) and len(one) > MAX_ITEMS:
                raise NotEvaluable("the range is too long")
        return make(*args, **named)

    return made


def _round(value: Any, digits: int | None = None) -> Any:
    if digits is not None and abs(digits) > 1000:
        raise NotEvaluable("so many digits")
    return round(value, digits)


def _small(make: Callable[..., Any]) -> Callable[..., Any]:
    def made(*args: Any) -> Any:
        if any(abs(one) > 5000 for one in args):
            raise NotEvaluable("the number is too large")
        return make(*args)

    return made


#: What an expression may call, by name.
FUNCTIONS: dict[str, Callable[..., Any]] = {
    **{f.__name__: f for f in (abs, bool, bytes, complex, divmod, float, len, ord, chr, hex, bin, oct, repr, slice)},
    **{f.__name__: _bounded(f) for f in (all, any, dict, frozenset, list, max, min, set, sorted, sum, tuple)},
    **{f.__name__: f for f in (enumerate, filter, int, map, range, reversed, str, zip)},
    "bytes": lambda value=b"": bytes(value) if not isinstance(value, int) else _power(2, MAX_BITS + 1),
    "callable": callable,
    "isinstance": isinstance,
    "round": _round,
    "pow": lambda one, other, modulus=None: pow(one, other, modulus) if modulus else _power(one, other),
    "type": lambda value: type(value),
    "Counter": lambda *args: dict(Counter(*args)),
    "deepcopy": copy.deepcopy,
}
_TYPES = {kind.__name__: kind for kind in (bool, int, float, complex, str, bytes, list, tuple, set, frozenset, dict)}
_MATH = [
    name for name in dir(math) if not name.startswith("_") and name not in ("factorial", "comb", "perm", "nextafter")
]
#: What an expression may take from a module.
MODULES: dict[str, Mapping[str, Any]] = {
    "math": {
        **{name: getattr(math, name) for name in _MATH},
        **{name: _small(getattr(math, name)) for name in ("factorial", "comb", "perm")},
    },
    "cmath": {name: getattr(cmath, name) for name in dir(cmath) if not name.startswith("_")},
    "copy": {"copy": copy.copy, "deepcopy": copy.deepcopy},
    "collections": {"Counter": FUNCTIONS["Counter"], "OrderedDict": dict},
    "pytest": {"approx": lambda expected, rel=None, abs=None: Approx(expected, rel, abs)},
    "typing": {},
    "os": {},
    "sys": {},
}
#: Methods of plain data that change nothing and take no more work than their subject is long.
METHODS = frozenset({
    "bit_length", "capitalize", "casefold", "conjugate", "copy", "count", "difference", "endswith", "find",
    "get", "index", "intersection", "is_integer", "isalnum", "isalpha", "isascii", "isdecimal", "isdigit",
    "isdisjoint", "isidentifier", "islower", "isnumeric", "isoformat", "isprintable", "isspace", "issubset",
    "issuperset", "istitle", "isupper", "items", "join", "keys", "lower", "lstrip", "most_common", "partition",
    "removeprefix", "removesuffix", "rfind", "rindex", "rpartition", "rsplit", "rstrip", "split", "splitlines",
    "startswith", "strip", "swapcase", "symmetric_difference", "title", "union", "upper", "values",
})  # fmt: skip
_KINDS: tuple[type, ...] = (
    str, bytes, bytearray, int, float, complex, bool, list, tuple, set, frozenset, dict, range, type({}.keys()),
)  # fmt: skip


def evaluate(node: ast.expr, names: Mapping[str, Any]) -> Any:
    """Return the value of an expression.

    Raises:
        NotEvaluable: it is outside the subset.
        Exception: what the same expression raises in Python.
    """
    return _Evaluation(names).value(node)


def evaluable(node: ast.expr, names: Mapping[str, Any]) -> bool:
    """Whether an expression is inside the subset, as far as can be told without its values."""
    bound = set(names)
    for one in ast.walk(node):
        if isinstance(one, ast.comprehension):
            bound |= {n.id for n in ast.walk(one.target) if isinstance(n, ast.Name)}
        elif isinstance(one, ast.Lambda):
            bound |= {argument.arg for argument in one.args.args}
    for one in ast.walk(node):
        if isinstance(one, ast.expr) and not hasattr(_Evaluation, "on_" + type(one).__name__):
            return False
        if isinstance(one, ast.Name) and not any(one.id in known for known in (bound, FUNCTIONS, _TYPES, MODULES)):
            return False
        if isinstance(one, ast.Attribute):
            module = (
                MODULES.get(one.value.id) if isinstance(one.value, ast.Name) and one.value.id not in bound else None
            )
            if one.attr not in (METHODS if module is None else module):
                return False
    return True


class _Evaluation:
    """One evaluation; a method for each kind of node."""

    def __init__(self, names: Mapping[str, Any]) -> None:
        self.names = dict(names)

    def value(self, node: ast.expr) -> Any:
        method = getattr(self, "on_" + type(node).__name__, None)
        if method is None:
            raise NotEvaluable(f"a {type(node).__name__} is not evaluated here")
        return method(node)

    def on_Constant(self, node: ast.Constant) -> Any:
        return node.value

    def on_Name(self, node: ast.Name) -> Any:
        if node.id in self.names:
            return self.names[node.id]
        if node.id in _TYPES:
            return _TYPES[node.id]
        if node.id in FUNCTIONS:
            return FUNCTIONS[node.id]
        raise NotEvaluable(f"'{node.id}' is not known here")

    def on_List(self, node: ast.List) -> Any:
        return list(self._items(node.elts))

    def on_Tuple(self, node: ast.Tuple) -> Any:
        return tuple(self._items(node.elts))

    def on_Set(self, node: ast.Set) -> Any:
        return set(self._items(node.elts))

    def _items(self, nodes: Iterable[ast.expr]) -> Iterator[Any]:
        for one in nodes:
            if isinstance(one, ast.Starred):
                yield from self.value(one.value)
            else:
                yield self.value(one)

    def on_Starred(self, node: ast.Starred) -> Any:
        raise NotEvaluable("a star stands alone")

    def on_Dict(self, node: ast.Dict) -> Any:
        made: dict[Any, Any] = {}
        for key, value in zip(node.keys, node.values, strict=True):
            if key is None:
                made.update(self.value(value))
            else:
                made[self.value(key)] = self.value(value)
        return made

    def on_UnaryOp(self, node: ast.UnaryOp) -> Any:
        return _UNARY[type(node.op)](self.value(node.operand))

    def on_BinOp(self, node: ast.BinOp) -> Any:
        if type(node.op) not in _BINARY:
            raise NotEvaluable("the operator is not evaluated here")
        return _BINARY[type(node.op)](self.value(node.left), self.value(node.right))

    def on_BoolOp(self, node: ast.BoolOp) -> Any:
        value = None
        for one in node.values:
            value = self.value(one)
            if bool(value) is isinstance(node.op, ast.Or):
                return value
        return value

    def on_Compare(self, node: ast.Compare) -> Any:
        left = self.value(node.left)
        for kind, right_node in zip(node.ops, node.comparators, strict=True):
            right = self.value(right_node)
            if not _COMPARE[type(kind)](left, right):
                return False
            left = right
        return True

    def on_IfExp(self, node: ast.IfExp) -> Any:
        return self.value(node.body if self.value(node.test) else node.orelse)

    def on_Subscript(self, node: ast.Subscript) -> Any:
        return self.value(node.value)[self.value(node.slice)]

    def on_Slice(self, node: ast.Slice) -> Any:
        return slice(*[None if part is None else self.value(part) for part in (node.lower, node.upper, node.step)])

    def on_Attribute(self, node: ast.Attribute) -> Any:
        if isinstance(node.value, ast.Name) and node.value.id not in self.names and node.value.id in MODULES:
            if node.attr not in MODULES[node.value.id]:
                raise NotEvaluable(f"{node.value.id}.{node.attr} is not evaluated here")
            return MODULES[node.value.id][node.attr]
        subject = self.value(node.value)
        if node.attr not in METHODS or not isinstance(subject, _KINDS):
            raise NotEvaluable(f".{node.attr} is not evaluated here")
        return getattr(subject, node.attr)

    def on_Call(self, node: ast.Call) -> Any:
        function = self.value(node.func)
        if isinstance(node.func, ast.Name) and node.func.id in FUNCTIONS and node.func.id not in self.names:
            function = FUNCTIONS[node.func.id]
        named: dict[str, Any] = {}
        for one in node.keywords:
            if one.arg is None:
                raise NotEvaluable("keywords are unpacked")
            named[one.arg] = self.value(one.value)
        return function(*self._items(node.args), **named)

    def on_Lambda(self, node: ast.Lambda) -> Any:
        names = [argument.arg for argument in node.args.args]
        if node.args.vararg or node.args.kwarg or node.args.kwonlyargs or node.args.defaults:
            raise NotEvaluable("the lambda is not a simple one")
        return lambda *args: _Evaluation({**self.names, **dict(zip(names, args, strict=True))}).value(node.body)

    def on_ListComp(self, node: ast.ListComp) -> Any:
        return [self.value(node.elt) for _ in self._each(node.generators)]

    def on_GeneratorExp(self, node: ast.GeneratorExp) -> Any:
        return iter([self.value(node.elt) for _ in self._each(node.generators)])

    def on_SetComp(self, node: ast.SetComp) -> Any:
        return {self.value(node.elt) for _ in self._each(node.generators)}

    def on_DictComp(self, node: ast.DictComp) -> Any:
        return {self.value(node.key): self.value(node.value) for _ in self._each(node.generators)}

    def _each(self, generators: list[ast.comprehension]) -> Iterator[None]:
        outer = dict(self.names)
        yield from self._walk(generators)
        self.names = outer

    def _walk(self, generators: list[ast.comprehension]) -> Iterator[None]:
        if not generators:
            yield
            return
        first = generators[0]
        for count, item in enumerate(self.value(first.iter)):
            if count > MAX_ITEMS:
                raise NotEvaluable("the loop is too long")
            bind(first.target, item, self.names)
            if all(self.value(condition) for condition in first.ifs):
                yield from self._walk(generators[1:])


def bind(target: ast.expr, value: Any, names: dict[str, Any]) -> None:
    """Assign a value to a name, or to a tuple of names.

    Raises:
        NotEvaluable: the target is something else.
    """
    if isinstance(target, ast.Name):
        names[target.id] = value
    elif isinstance(target, (ast.Tuple, ast.List)) and not any(isinstance(one, ast.Starred) for one in target.elts):
        for one, part in zip(target.elts, tuple(value), strict=True):
            bind(one, part, names)
    else:
        raise NotEvaluable("the target is no name")
