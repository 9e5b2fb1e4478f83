"""The program's own process: loads the program, and does with it what the tests ask, one request at a time.

Everything here is in the program's reach. It may forge any answer; it can't know which one is right.
"""

from __future__ import annotations

import builtins
import operator
import os
import sys
from collections.abc import Callable
from typing import Any

from assay_code.inside.wire import MAX_ITEMS, Channel, Closed, NotPlain, decode, dumps, encode, loads

__all__ = ["serve"]

#: What can be done to an object beside calling it, by name.
OPERATIONS: dict[str, Callable[..., Any]] = {
    **{name: getattr(operator, name) for name in ("getitem", "setitem", "delitem", "contains", "neg", "pos", "abs")},
    **{name: getattr(operator, name) for name in ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul")},
    **{name: getattr(operator, name) for name in ("eq", "ne", "lt", "le", "gt", "ge", "and_", "or_", "xor")},
    **{
        name: getattr(builtins, name) for name in ("len", "bool", "str", "repr", "hash", "int", "float", "iter", "next")
    },
    "setattr": setattr,
    "isinstance": isinstance,
    "same": lambda value: value,
    "enter": lambda value: type(value).__enter__(value),
    "exit": lambda value: type(value).__exit__(value, None, None, None),
}
_COPIES = {
    ("collections", "Counter"): dict, ("collections", "OrderedDict"): dict, ("collections", "defaultdict"): dict,
}  # fmt: skip
_ITERATORS: tuple[Any, ...] = (
    type(_ for _ in ()), map, zip, filter, enumerate, reversed, type(iter([])), type(iter(())), type(iter({})),
    type({}.keys()), type({}.values()), type({}.items()),
)  # fmt: skip


class _Callback:
    """A function of the tests, called from the program."""

    def __init__(self, host: _Host, number: int) -> None:
        self._host, self._number = host, number

    def __call__(self, *args: Any) -> Any:
        host = self._host
        host.channel.send(["callback", self._number, [host.encode(one, drain=False) for one in args]])
        return host.serve()


class _Host:
    def __init__(self, channel: Channel) -> None:
        self.channel = channel
        self.objects: dict[int, Any] = {}
        self.namespace: dict[str, Any] = {}

    def serve(self) -> Any:
        """Answer requests until one gives the answer that a callback waits for."""
        while True:
            text = self.channel.receive()
            message = loads(text)
            if message[0] == "answer":
                return self.decode(message[1])
            try:
                answer = getattr(self, "on_" + message[0])(*message[1:])
            except NotPlain as problem:
                answer = ["raise", ["TypeError"], str(problem)]
            except Closed:
                raise
            except BaseException as problem:
                answer = _raised(problem)
            self.channel.send(answer)

    def on_load(self, source: str, name: str) -> list[Any]:
        """Run the program as a module and say what it defines."""
        module = type(sys)(name)
        sys.modules[name] = module
        self.namespace = module.__dict__
        code = compile(source, f"{name}.py", "exec", dont_inherit=True)
        exec(code, self.namespace)  # noqa: S102 - inside the sandbox, this is the very purpose
        return ["names", [key for key in self.namespace if type(key) is str and not key.startswith("__")]]

    def on_do(self, operation: str, keep: int | None, drain: bool, subject: Any, *rest: Any) -> list[Any]:
        """Look up, read an attribute, call or operate; `keep` is the number under which the result stays."""
        extra: list[Any] = []
        if operation == "name":
            if subject not in self.namespace:
                raise NameError(f"name '{subject}' is not defined")
            value = self.namespace[subject]
        elif operation == "function":
            value = self.function(subject)
        elif operation == "attribute":
            value = getattr(self.decode(subject), rest[0])
        elif operation == "call":
            args = [self.decode(one) for one in rest[0]]
            named = {key: self.decode(one) for key, one in rest[1].items()}
            value = self.decode(subject)(*args, **named)
            if not drain:  # the tests hold the arguments, and may look at what the call made of them
                extra = [self._changes(before, after) for before, after in zip(rest[0], args, strict=True)]
        else:
            value = OPERATIONS[operation](self.decode(subject), *[self.decode(one) for one in rest])
        if keep is not None:
            self.objects[keep] = value
        return ["value", self.encode(value, drain), *([extra] if any(extra) else [])]

    def function(self, name: str) -> Any:
        """Look up the function that is tested: the program's, or a method of its class `Solution`."""
        if name in self.namespace:
            return self.namespace[name]
        if "Solution" in self.namespace:
            return getattr(self.namespace["Solution"](), name)
        raise NameError(f"the program defines no '{name}'")

    def _changes(self, before: Any, after: Any) -> Any:
        if type(after) not in (list, dict, set):
            return None
        now = self.encode(after, drain=False)
        return None if now == before else now

    def encode(self, value: Any, drain: bool) -> Any:
        def other(value: Any) -> Any:
            kind = type(value)
            copied = _COPIES.get((kind.__module__, kind.__qualname__))
            if copied is not None:
                return encode(copied(value), other)
            if isinstance(value, tuple) and hasattr(kind, "_fields"):
                return encode(tuple(value), other)
            if kind.__module__ == "numpy" and getattr(value, "ndim", None) == 0 and hasattr(value, "item"):
                item = value.item()
                if type(item) is not kind:
                    return encode(item, other)
            if isinstance(value, _ITERATORS) and drain:
                items = [item for item, _ in zip(value, range(MAX_ITEMS + 1), strict=False)]
                if len(items) > MAX_ITEMS:
                    raise NotPlain(f"it yields more than {MAX_ITEMS:,} items")
                return ["n", *[encode(item, other) for item in items]]
            number = id(value)
            self.objects[number] = value
            return ["o", number, kind.__name__, _family(value)]

        return encode(value, other)

    def decode(self, node: Any) -> Any:
        def other(node: list[Any]) -> Any:
            if node[0] == "o":
                return self.objects[node[1]]
            if node[0] == "k":
                return _Callback(self, node[1])
            return getattr(builtins, node[1])

        return decode(node, other)


def _family(value: Any) -> list[str]:
    """Say what an object is, as far as the tests must know: a class with its exceptions' bases, or an instance."""
    if not isinstance(value, type):
        return [type(value).__name__, "callable" if callable(value) else ""]
    if issubclass(value, BaseException):
        return ["exception", *[base.__name__ for base in value.__mro__]]
    return ["class", value.__name__]


def _raised(problem: BaseException) -> list[Any]:
    names = [base.__name__ for base in type(problem).__mro__]
    try:
        text = str(problem)[:2000]
        dumps(text)
    except BaseException:
        text = ""
    return ["raise", names, text]


def serve(source: int, sink: int) -> None:
    """Be the program's process until the tests end; never returns."""
    try:
        sys.setrecursionlimit(10_000)
        _Host(Channel(source, sink)).serve()
    except BaseException:
        os._exit(1)
    os._exit(0)
