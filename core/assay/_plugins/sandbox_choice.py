"""Which sandbox is taken: the strongest that works, or the first that works of those that are named."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from assay._plugins.hooks import Broken, asking, kind_of
from assay.errors import PluginError
from assay.sandbox import Sandbox, shared

__all__ = ["first_working", "problem_of", "strongest"]


def strongest(makers: Mapping[str, Callable[[], Sandbox]]) -> Sandbox:
    """Return the strongest sandbox that works here; one for trusted code alone is never taken.

    Raises:
        PluginError: none works; the message says why not, one by one.
    """
    made: list[tuple[str, Sandbox]] = []
    problems = []
    for name, make in makers.items():
        try:
            made.append((name, shared(name, make)))
        except PluginError as problem:
            problems.append(str(problem))
    strong = sorted([(name, one) for name, one in made if one.strength > 0], key=lambda pair: -pair[1].strength)
    for name, sandbox in strong:
        if (trouble := problem_of(name, sandbox)) is None:
            return sandbox
        problems.append(trouble)
    if not strong:
        problems.append("no sandbox for untrusted code is installed: pip install assay-bubblewrap")
    else:
        problems.append("a weaker sandbox is taken only where it is named, as 'process' for code that you trust")
    raise PluginError("; ".join(problems))


def first_working(names: Iterable[str], maker: Callable[[str], Callable[[], Sandbox]]) -> Sandbox:
    """Return the first sandbox of these that works here.

    Args:
        names: in order of preference.
        maker: finds what makes a sandbox of a name, or raises `PluginError`.

    Raises:
        PluginError: none works; the message says why not, one by one.
    """
    problems = []
    for name in names:
        try:
            sandbox = shared(name, maker(name))
        except PluginError as problem:
            problems.append(str(problem))
            continue
        if (trouble := problem_of(name, sandbox)) is None:
            return sandbox
        problems.append(trouble)
    raise PluginError("; ".join(problems))


def problem_of(name: str, sandbox: Sandbox) -> str | None:
    """Return why a sandbox can't be used on this machine, `None` if it can; one that can't say so can't be used."""
    try:
        with asking(f"the sandbox '{name}', asked whether it works here,"):
            trouble = sandbox.problem()
            if not (trouble is None or isinstance(trouble, str)):
                raise Broken(f"answered {kind_of(trouble)}")
    except PluginError as problem:
        return str(problem)
    return None if trouble is None else f"the sandbox '{name}' can't be used here: {trouble}"
