"""What a plugin offers. Every hook's answer is checked here, so that nobody behind this file meets a wrong one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any

from assay._contract.example import Example
from assay._contract.verifier import Verifier
from assay._plugins.hooks import Broken, asking, implementations, kind_of
from assay.sandbox import Sandbox

if TYPE_CHECKING:
    import pluggy

    from assay._contract.call import Engine
    from assay._contract.recipe import Recipe
    from assay._contract.scores import Scores

__all__ = ["Offers", "read_offers"]

#: What one hook may return at most: far more than any plugin has, and soon counted where a value never ends.
MOST = 10_000


@dataclass(frozen=True, slots=True)
class Offers:
    """What one plugin offers, by leaf or by name.

    Attributes:
        verifiers: under their full names, with the distribution that they came from.
        functions: for reward expressions.
        recipes: each is read when it is asked for, and raises `PluginError` where it can't be.
        engines: what makes each; raises `PluginError` where that fails.
        sandboxes: what makes each; raises `PluginError` where that fails.
        drawings: what draws a verifier's samples.
        observer: what is shown each scored batch.
        examples: what returns the examples of its verifiers; raises `PluginError` where they are wrong.
    """

    verifiers: Mapping[str, Verifier]
    functions: Mapping[str, Callable[..., Any]]
    recipes: Mapping[str, Recipe]
    engines: Mapping[str, Callable[..., Engine]]
    sandboxes: Mapping[str, Callable[..., Sandbox]]
    drawings: Mapping[str, Callable[..., Any]]
    observer: Callable[[Scores], object] | None
    # Asked by tests and by `assay list` alone: examples may cost what no reward should pay for.
    examples: Callable[[], Mapping[str, Sequence[Example]]]


def read_offers(plugin: object, name: str, distribution: str, version: str) -> Offers:
    """Ask a plugin's hooks, but for its examples, and check what they return.

    Args:
        plugin: the module, or an object with the hooks as methods.
        name: the plugin's name in rewards.
        distribution: the package that holds it.
        version: of the package.

    Raises:
        PluginError: a hook is misspelt, is not marked, raises, or returns something else than it should.
    """
    with asking(f"the plugin '{name}'"):
        hooks = implementations(plugin)

    def ask(hook: str, check: Callable[[Any], Any]) -> Any:
        with asking(f"{hook} of the plugin '{name}'"):
            return check(hooks[hook].function()) if hook in hooks else {}

    verifiers = {
        leaf: one.installed_as(name, distribution, version)
        for leaf, one in ask("assay_verifiers", _checked_verifiers).items()
    }
    functions = ask("assay_functions", partial(_checked_callables, what="a function"))
    recipes = ask("assay_recipes", partial(_checked_recipes, plugin=name))
    engines = ask("assay_engines", partial(_checked_callables, what="what makes an engine"))
    sandboxes = ask("assay_sandboxes", partial(_checked_callables, what="what makes a sandbox"))
    drawings = ask("assay_drawings", partial(_checked_callables, what="a function that draws"))
    with asking(f"the plugin '{name}'"):
        _refuse_collisions(verifier=verifiers, function=functions, recipe=recipes)
        _refuse_strays("a drawing", drawings, verifiers)
    return Offers(
        verifiers,
        functions,
        recipes,
        {leaf: _maker(f"the engine '{leaf}' of the plugin '{name}'", make, _engine) for leaf, make in engines.items()},
        {
            leaf: _maker(f"the sandbox '{leaf}' of the plugin '{name}'", make, _sandbox)
            for leaf, make in sandboxes.items()
        },
        drawings,
        _observer(hooks.get("assay_scored")),
        partial(ask, "assay_examples", partial(_checked_examples, verifiers=verifiers)),
    )


def _checked_verifiers(returned: object) -> dict[str, Verifier]:
    found: dict[str, Verifier] = {}
    for one in _items(returned, "verifiers"):
        if not isinstance(one, Verifier):
            raise Broken(f"returned {kind_of(one)} among its verifiers, which @verifier didn't make")
        if one.leaf in found:
            raise Broken(f"returned two verifiers named '{one.leaf}'")
        found[_identifier(one.leaf)] = one
    return found


def _checked_callables(returned: object, what: str) -> dict[str, Callable[..., Any]]:
    """Return a hook's mapping as a plain one, whose names are identifiers and whose values can be called."""
    names = _names(returned, what)
    assert isinstance(returned, Mapping)
    found = {name: returned[name] for name in names}
    for name, value in found.items():
        if not callable(value):
            raise Broken(f"returned {kind_of(value)} for '{name}', not {what}")
    return found


def _checked_recipes(returned: object, plugin: str) -> Mapping[str, Recipe]:
    names = _names(returned, "a recipe")
    assert isinstance(returned, Mapping)
    found = _Recipes(plugin, returned, names)
    if isinstance(returned, dict):  # nothing is gained by waiting
        for name in names:
            found.read(name)
    return found


def _checked_examples(returned: object, verifiers: Mapping[str, Verifier]) -> Mapping[str, Sequence[Example]]:
    names = _names(returned, "a list of examples")
    assert isinstance(returned, Mapping)
    found = {name: _items(returned[name], f"examples for '{name}'") for name in names}
    for name, examples in found.items():
        if strange := [one for one in examples if not isinstance(one, Example)]:
            raise Broken(f"returned {kind_of(strange[0])} among its examples for '{name}', not an Example")
    _refuse_strays("examples", found, verifiers)
    return found


class _Recipes(Mapping[str, "Recipe"]):
    """A plugin's recipes, each read and checked when it is asked for: a folder of them is not read for one."""

    def __init__(self, plugin: str, offered: Mapping[str, Recipe], names: Iterable[str]) -> None:
        self._plugin, self._offered, self._names = plugin, offered, dict.fromkeys(names)

    def __getitem__(self, name: str) -> Recipe:
        if name not in self._names:
            raise KeyError(name)
        with asking(f"the recipe '{name}' of the plugin '{self._plugin}'"):
            return self.read(name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def read(self, name: str) -> Recipe:
        """Return a recipe.

        Raises:
            Broken: it is none.
        """
        from assay._contract.recipe import Recipe

        recipe = self._offered[name]
        if not isinstance(recipe, Recipe):
            raise Broken(f"returned {kind_of(recipe)} for '{name}', not a Recipe")
        return recipe


def _names(returned: object, what: str) -> list[str]:
    """Return the names of a hook's mapping."""
    if not isinstance(returned, Mapping):
        raise Broken(f"returned {kind_of(returned)}, not a mapping from a name to {what}")
    return [_identifier(name) for name in _bounded(returned)]


def _items(returned: object, what: str) -> list[Any]:
    """Return the items of a hook's sequence."""
    if not isinstance(returned, Sequence) or isinstance(returned, (str, bytes)):
        raise Broken(f"returned {kind_of(returned)}, not a list of {what}")
    return _bounded(returned)


def _bounded(returned: Iterable[Any]) -> list[Any]:
    taken = list(islice(returned, MOST + 1))
    if len(taken) > MOST:
        raise Broken(f"returned {kind_of(returned)} of more than {MOST} entries")
    return taken


def _identifier(name: object) -> str:
    if type(name) is not str:
        raise Broken(f"returned {kind_of(name)} where a name should stand")
    if not name.isidentifier():
        raise Broken(f"returned the name {name[:60]!r}; a name has letters, digits and _ alone")
    return name


def _refuse_collisions(**offered: Mapping[str, Any]) -> None:
    first: dict[str, str] = {}
    for kind, names in offered.items():
        for name in names:
            if name in first:
                raise Broken(f"provides '{name}' as a {first[name]} and as a {kind}; give one another name")
            first[name] = kind


def _refuse_strays(what: str, named: Iterable[str], verifiers: Mapping[str, Verifier]) -> None:
    if strays := set(named) - verifiers.keys():
        raise Broken(f"has {what} for '{min(strays)}', and no such verifier")


def _maker(whom: str, make: Callable[..., Any], check: Callable[[Any], None]) -> Callable[..., Any]:
    def made(**options: Any) -> Any:
        with asking(whom):
            one = make(**options)
            check(one)
            return one

    return made


def _engine(made: object) -> None:
    if not all(callable(getattr(made, method, None)) for method in ("run", "close")):
        raise Broken(f"was made as {kind_of(made)}, which has no methods run and close")


def _sandbox(made: object) -> None:
    if not isinstance(made, Sandbox):
        raise Broken(f"was made as {kind_of(made)}, not an assay.sandbox.Sandbox")
    if not isinstance(made.strength, int):
        raise Broken(f"has {kind_of(made.strength)} as its strength, not an int")


def _observer(hook: pluggy.HookImpl | None) -> Callable[[Scores], object] | None:
    if hook is None:
        return None
    function, takes = hook.function, len(hook.argnames)
    return lambda scores: function(*(scores,)[:takes])
