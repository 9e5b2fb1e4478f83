"""The hooks that a plugin implements, and those that it only seems to."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType

import pluggy

from assay import hookspecs
from assay.errors import PluginError, nearest

__all__ = ["HOOKS", "Broken", "asking", "implementations", "kind_of"]

_PREFIX = "assay_"

#: Every hook's name.
HOOKS = tuple(name for name in vars(hookspecs) if name.startswith(_PREFIX))


class Broken(Exception):
    """What a plugin did wrong, as the rest of a sentence that begins with who did it."""


@contextmanager
def asking(whom: str) -> Iterator[None]:
    """Turn whatever a plugin's code raises into a `PluginError` that begins with `whom`; Ctrl-C stays what it is.

    `SystemExit` is caught too: no plugin ends a run of which it is a part.
    """
    try:
        yield
    except KeyboardInterrupt:
        raise
    except Broken as broken:
        raise PluginError(f"{whom} {broken}") from None
    except BaseException as problem:
        raise PluginError(f"{whom} raised {_told(problem)}") from problem


def implementations(plugin: object) -> dict[str, pluggy.HookImpl]:
    """Return what a module or an object implements, by the hook's name.

    Raises:
        Broken: a function is marked and no hook, or a hook and not marked, either of which would never be called.
        pluggy.PluginValidationError: a hook takes another argument than it is given.
    """
    manager = pluggy.PluginManager("assay")
    manager.add_hookspecs(hookspecs)
    manager.register(plugin, "plugin")
    callers = {name: one for name, one in vars(manager.hook).items() if isinstance(one, pluggy.HookCaller)}
    found = {}
    for name, caller in callers.items():
        marked = [one for one in caller.get_hookimpls() if caller.has_spec() or not one.optionalhook]
        if not marked:
            continue
        if not caller.has_spec():
            raise Broken(_no_hook(name))
        if len(marked) > 1:
            raise Broken(f"implements {name} twice; one function returns everything")
        if inspect.iscoroutinefunction(marked[0].function):
            raise Broken(f"has a coroutine as {name}; a hook is called and never awaited, so write def")
        found[name] = marked[0]
    for name in dir(plugin):
        if name.startswith(_PREFIX) and manager.parse_hookimpl_opts(plugin, name) is None:
            _refuse_unmarked(name, inspect.getattr_static(plugin, name, None))
    return found


def kind_of(value: object) -> str:
    """Return what a value is, in two words. Its own code is not asked: a foreign `repr` may raise, or never return."""
    if value is None:
        return "None"
    name = type(value).__name__[:60]
    return f"{'an' if name[:1].lower() in 'aeiou' else 'a'} {name}"


def _refuse_unmarked(name: str, member: object) -> None:
    # A package may be named like a hook, as the one of recipes is, and stand in the module that imports it.
    if isinstance(member, ModuleType):
        return
    if name in HOOKS:
        raise Broken(f"has {name} without @hookimpl, so it would never be called; write @hookimpl above it")
    if (inspect.isroutine(member) or isinstance(member, (staticmethod, classmethod))) and _near(name):
        raise Broken(_no_hook(name))


def _no_hook(name: str) -> str:
    near = _near(name)
    return f"has {name}, but {name} is no hook; " + (
        f"did you mean {near}?" if near else f"there are {', '.join(sorted(HOOKS))}"
    )


def _near(name: str) -> str | None:
    # All hooks begin alike, which would make any two of them look close.
    near = nearest(name.removeprefix(_PREFIX), [one.removeprefix(_PREFIX) for one in HOOKS])
    return near and _PREFIX + near


def _told(problem: BaseException) -> str:
    kind = type(problem).__name__[:60]
    try:
        text = " ".join(str(problem)[:1000].split())[:300]
    except Exception:
        text = ""
    return f"{kind}: {text}" if text else kind
