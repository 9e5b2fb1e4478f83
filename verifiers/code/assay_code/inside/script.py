"""Tries a program by steps that were worked out outside, and by the statements of a test script that were not.

The statements run here, in the tests' process. The program's functions and objects stand in for themselves as
`Remote`s; comparisons with plain data are made here and never asked of the program.
"""

from __future__ import annotations

import builtins
import sys
from collections.abc import Callable, Iterator
from itertools import islice, takewhile
from typing import Any

from assay_code.inside.supervisor import Program, run_steps
from assay_code.inside.wire import Closed, NotPlain, TimedOut, decode, encode

__all__ = ["Module", "Names", "Remote", "run_script"]


def run_script(program: Program, tests: dict[str, Any], tell: Callable[..., None]) -> None:
    """Do each entry of the plan in turn and tell what came of it."""
    names = Names(program, set(tests.get("targets", ())))
    sys.modules[tests["module"]] = Module(tests["module"], names)
    stop = tests["stop"]
    if tests.get("seeded"):
        import random

        random.seed(0)
    entries = tests["entries"]
    whole = frozenset(entry[2] for entry in entries if entry[0] == "bind" and entry[3])
    place = 0
    while place < len(entries):
        entry = entries[place]
        kind = entry[0]
        if kind == "step":
            row = list(takewhile(lambda one: one[0] == "step", islice(entries, place, None)))
            place += len(row)
            if not run_steps(program, row, stop, tell, whole):
                return
            continue
        place += 1
        if kind == "bind":
            names[entry[1]] = names.kept(entry[2]) if entry[3] else names.decode(entry[2])
            continue
        _, case, source = entry
        failure = _run(source, names)
        program.check()
        if case is not None or failure:
            tell("case", case, failure)
        if failure and (stop or case is None):
            return


def _run(source: str, names: Names) -> str:
    """Run statements; return why they failed, or an empty text."""
    try:
        exec(compile(source, "<test>", "exec", dont_inherit=True), names)  # noqa: S102 - the data set's tests
    except (TimedOut, Closed, MemoryError):
        raise
    except AssertionError as problem:
        return f"{_first_line(source)} fails" + (f": {str(problem)[:300]}" if str(problem) else "")
    except BaseException as problem:
        return f"{_first_line(source)} raises {type(problem).__name__}: {str(problem)[:300]}"
    return ""


def _first_line(source: str) -> str:
    line = source.strip().partition("\n")[0]
    return line if len(line) <= 160 else line[:157] + "..."


class Names(dict[str, Any]):
    """The test script's global names; those of the program are looked up there.

    A built-in keeps its meaning whatever the program calls its functions, unless the tests mean the program's.
    """

    def __init__(self, program: Program, targets: set[str]) -> None:
        super().__init__(__name__="test", __builtins__=builtins)
        self.program, self.targets = program, targets
        self.exports: dict[int, Callable[..., Any]] = {}
        self.exceptions: dict[str, type[BaseException]] = {}
        self.classes: set[str] = set()

    def __missing__(self, name: str) -> Any:
        if hasattr(builtins, name) and name not in self.targets:
            raise KeyError(name)
        found = self.look_up(name)
        self[name] = found
        return found

    def kept(self, number: int) -> Any:
        """Return what a step made, which the program's process keeps under the step's number."""
        return self.decode(self.program.ask("do", "same", None, False, ["o", number])[1])

    def look_up(self, name: str) -> Any:
        """Return the program's object of a name, or what stands in for it."""
        answer = self.program.ask("do", "name", None, False, name)
        if answer[0] == "raise":
            raise KeyError(name)
        return self.decode(answer[1])

    def do(self, operation: str, subject: Any, *rest: Any) -> Any:
        """Have the program do something, and return the result or raise what it raised."""
        answer = self.program.ask("do", operation, None, False, subject, *rest, on_callback=self._callback)
        if answer[0] == "raise":
            raise self._exception(list(answer[1]))(str(answer[2]))
        if answer[0] != "value":
            raise Closed("the program wrote to the tests' own channel")
        return answer[1:]

    def call(self, subject: Any, args: tuple[Any, ...], named: dict[str, Any]) -> Any:
        """Call an object of the program; what it does to lists, dicts and sets among the arguments is done here too."""
        encoded = [self.encode(one) for one in args]
        value, *extra = self.do("call", subject, encoded, {key: self.encode(one) for key, one in named.items()})
        for mine, change in zip(args, extra[0] if extra else (), strict=False):
            if change is not None:
                changed = self.decode(change)
                if type(mine) is list and type(changed) is list:
                    mine[:] = changed
                elif (type(mine) is dict and type(changed) is dict) or (type(mine) is set and type(changed) is set):
                    mine.clear()
                    mine.update(changed)
        return self.decode(value)

    def _callback(self, message: list[Any]) -> Any:
        function = self.exports[message[1]]
        return self.encode(function(*[self.decode(one) for one in message[2]]))

    def _exception(self, names: list[str]) -> type[BaseException]:
        """Return the exception class that stands for the program's: its own name, and its nearest built-in base."""
        name = str(names[0])
        if name in self.exceptions:
            return self.exceptions[name]
        for base in map(str, names):
            known = self.exceptions.get(base) or getattr(builtins, base, None)
            if isinstance(known, type) and issubclass(known, BaseException):
                if not issubclass(known, Exception) or issubclass(known, UnicodeError):
                    known = RuntimeError if not issubclass(known, Exception) else ValueError
                made = known if known.__name__ == name else type(name, (known,), {"__init__": Exception.__init__})
                self.exceptions[name] = made
                return made
        return RuntimeError

    def encode(self, value: Any) -> Any:
        """Return a value as the program is sent it."""

        def other(value: Any) -> Any:
            if isinstance(value, Remote):
                return ["o", object.__getattribute__(value, "_number")]
            name = getattr(value, "__name__", "")
            if name and getattr(builtins, name, None) is value:
                return ["B", name]
            if isinstance(value, type) and value.__name__ in self.exceptions:
                return ["B", "Exception"]
            if callable(value):
                self.exports[id(value)] = value
                return ["k", id(value)]
            raise NotPlain(f"a {type(value).__name__} can't be handed to the program")

        return encode(value, other)

    def decode(self, node: Any) -> Any:
        """Return what the program sent, a stand-in for what is not plain."""

        def other(node: list[Any]) -> Any:
            if node[0] != "o" or type(node[1]) is not int:
                raise ValueError("no value is written so")
            family = [str(one) for one in node[3]] if len(node) > 3 and isinstance(node[3], list) else ["", ""]
            if family[0] == "exception":
                return self._exception(family[1:])
            if family[0] == "class":
                self.classes.add(family[1])
            return Remote(self, node[1], str(node[2]) if len(node) > 2 else "object")

        return decode(node, other)


class Module(type(sys)):  # type: ignore[misc]
    """The program as a module that the tests import."""

    def __init__(self, name: str, names: Names) -> None:
        super().__init__(name)
        self.__dict__["_names"] = names

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        try:
            return self.__dict__["_names"].look_up(name)
        except KeyError:
            raise AttributeError(f"the program defines no '{name}'") from None


def _forward(operation: str) -> Callable[..., Any]:
    def method(self: Remote, *others: Any) -> Any:
        names: Names = object.__getattribute__(self, "_names")
        number = object.__getattribute__(self, "_number")
        value = names.do(operation, ["o", number], *[names.encode(one) for one in others])[0]
        return names.decode(value)

    return method


def _arithmetic(operation: str) -> Callable[..., Any]:
    """Forwarded for classes that the tests name; for others it would tell the program what is expected of it."""
    ask = _forward(operation)

    def method(self: Remote, *others: Any) -> Any:
        if object.__getattribute__(self, "_kind") not in object.__getattribute__(self, "_names").classes:
            return NotImplemented
        return ask(self, *others)

    return method


def _typed(operation: str, kind: type) -> Callable[..., Any]:
    """Like `_forward`, where Python itself demands a kind of result."""
    ask = _forward(operation)

    def method(self: Remote, *others: Any) -> Any:
        value = ask(self, *others)
        if type(value) is not kind:
            raise TypeError(f"{operation}() gave a {type(value).__name__}")
        return value

    return method


def _compare(operation: str) -> Callable[[Remote, Any], Any]:
    """Two objects of classes that the tests themselves name are compared by the program; nothing else is."""
    ask = _forward(operation)

    def method(self: Remote, other: Any) -> Any:
        if operation in ("eq", "ne") and type(other) is Remote and self._number == other._number:
            return operation == "eq"
        if type(other) is not Remote or not {self._kind, other._kind} <= self._names.classes:
            # `NotImplemented` would count as true where a test calls the method by its name.
            return {"eq": False, "ne": True}.get(operation, NotImplemented)
        return ask(self, other) is True

    return method


#: Methods that tests call on plain data, and whose answer, or argument, would give the expected value away. Those that
#: change something are left to classes that look like containers.
_OF_PLAIN_DATA = frozenset(
    name for kind in (str, bytes, list, tuple, dict, set, int, float) for name in dir(kind) if not name.startswith("__")
) - {
    "add", "append", "clear", "copy", "discard", "extend", "get", "insert", "items", "keys", "pop", "popitem", "remove",
    "reverse", "setdefault", "sort", "update", "values",
}  # fmt: skip


class Remote:
    """An object of the program, which stays in the program's process."""

    __slots__ = ("_kind", "_names", "_number")

    def __init__(self, names: Names, number: int, kind: str) -> None:
        for slot, value in (("_names", names), ("_number", number), ("_kind", kind)):
            object.__setattr__(self, slot, value)

    def __getattr__(self, name: str) -> Any:
        """Ask the program for an attribute, and for none by which it could say that it is right."""
        named = self._kind in self._names.classes
        if (name in _OF_PLAIN_DATA and not named) or (name.startswith("__") and name not in ("__name__", "__doc__")):
            raise AttributeError(f"a {self._kind} is asked for {name}, which is for plain data")
        names, number = self._names, self._number
        return names.decode(names.do("attribute", ["o", number], name)[0])

    def __setattr__(self, name: str, value: Any) -> None:
        """Set an attribute of the program's object."""
        self._names.do("setattr", ["o", self._number], name, self._names.encode(value))

    def __call__(self, *args: Any, **named: Any) -> Any:
        """Call the program's object."""
        return self._names.call(["o", self._number], args, named)

    def __iter__(self) -> Iterator[Any]:
        walker = self._names.do("iter", ["o", self._number])[0]
        while True:
            try:
                value = self._names.do("next", walker)[0]
            except StopIteration:
                return
            yield self._names.decode(value)

    def __next__(self) -> Any:
        return self._names.decode(self._names.do("next", ["o", self._number])[0])

    def __enter__(self) -> Any:
        return self._names.decode(self._names.do("enter", ["o", self._number])[0])

    def __exit__(self, *_: object) -> None:
        self._names.do("exit", ["o", self._number])

    def __contains__(self, value: Any) -> bool:
        if self._kind in self._names.classes:
            return _forward("contains")(self, value) is True
        return any(one == value for one in self)  # here, so that the program does not learn what is looked for

    def __instancecheck__(self, value: Any) -> bool:
        return type(value) is Remote and _forward("isinstance")(value, self) is True

    def __hash__(self) -> int:
        return hash(self._number)

    __eq__, __ne__ = _compare("eq"), _compare("ne")
    __lt__, __le__, __gt__, __ge__ = _compare("lt"), _compare("le"), _compare("gt"), _compare("ge")
    __len__, __bool__ = _typed("len", int), _typed("bool", bool)
    __str__, __repr__ = _typed("str", str), _typed("repr", str)
    __int__, __float__ = _typed("int", int), _typed("float", float)
    __getitem__, __setitem__, __delitem__ = _forward("getitem"), _forward("setitem"), _forward("delitem")
    __add__, __sub__, __mul__, __matmul__ = map(_arithmetic, ("add", "sub", "mul", "matmul"))
    __truediv__, __floordiv__, __mod__, __pow__ = map(_arithmetic, ("truediv", "floordiv", "mod", "pow"))
    __and__, __or__, __xor__ = map(_arithmetic, ("and_", "or_", "xor"))
    __neg__, __pos__, __abs__ = map(_arithmetic, ("neg", "pos", "abs"))
