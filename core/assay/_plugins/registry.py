"""Finds plugins by their entry points, loads only those that are named, and looks names up in what they offer."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from types import ModuleType
from typing import TYPE_CHECKING, Any, Literal

from assay._plugins.claims import Claims, settle
from assay._plugins.first_party import DISTRIBUTIONS
from assay._plugins.hooks import asking
from assay._plugins.offers import Offers, read_offers
from assay._plugins.sandbox_choice import first_working, strongest
from assay.errors import PluginError, nearest

if TYPE_CHECKING:
    from assay._contract.call import Engine
    from assay._contract.recipe import Recipe
    from assay._contract.scores import Scores
    from assay._contract.verifier import Verifier
    from assay.sandbox import Sandbox

__all__ = ["GROUP", "OBSERVERS", "RECIPES", "Plugin", "Registry", "installed"]

#: The entry-point group; an entry point's name is the plugin's name in rewards.
GROUP = "assay"

#: Plugins that are loaded wherever something is scored, whatever the reward names.
OBSERVERS = "assay.observers"

#: The plugin of published rewards; `recipe.NAME` finds any plugin's.
RECIPES = "recipe"


@dataclass(frozen=True, slots=True)
class Plugin:
    """One entry point: where a plugin's names come from.

    Attributes:
        name: the plugin's name in rewards.
        distribution: the package that holds it, and its `version`.
        module: what is imported.
        observes: its package says that it has an observer.
    """

    name: str
    distribution: str
    version: str
    module: str
    observes: bool = False
    entry: EntryPoint | None = field(default=None, repr=False, compare=False)


class Registry:
    """The plugins of this environment, by name.

    Names are read from the packages' metadata without importing anything; a plugin is imported when a reward first
    names it. A plugin that can't be loaded is remembered with its reason, and is fatal only to who asks for it.

    Args:
        discover: find the plugins that are installed; else there are those alone that are registered.
    """

    def __init__(self, *, discover: bool = True) -> None:
        self._found: dict[str, list[Plugin]] = _discovered() if discover else {}
        self._offers: dict[str, Offers] = {}
        self._failures: dict[str, str] = {}

    def register(self, plugin: ModuleType | object, name: str, distribution: str = "(this process)") -> None:
        """Add a plugin that is already imported, under a name.

        Raises:
            PluginError: the name is taken, or the plugin breaks the contract.
        """
        if name in self._found:
            raise PluginError(_collision(name, [*self._found[name], Plugin(name, distribution, "", "")]))
        offers = read_offers(plugin, name, distribution, "")
        module = plugin.__name__ if isinstance(plugin, ModuleType) else type(plugin).__name__
        self._found[name] = [Plugin(name, distribution, "", module, observes=offers.observer is not None)]
        self._offers[name] = offers

    @property
    def names(self) -> list[str]:
        """The names of all plugins that are installed, loaded or not, sorted."""
        return sorted(self._found)

    def plugins(self) -> Iterator[Plugin]:
        """Yield every entry point, those that collide included."""
        for name in self.names:
            yield from self._found[name]

    def offers(self, name: str) -> Offers:
        """Return what a plugin offers; imports it, once.

        Raises:
            PluginError: nothing of this name is installed, two distributions provide it, its import fails, or it
                breaks the contract.
        """
        if name not in self._offers:
            if name not in self._found:
                raise PluginError(self._unknown(name))
            if name in self._failures:
                raise PluginError(self._failures[name])
            try:
                self._offers[name] = _load(name, self._found[name])
            except PluginError as problem:
                self._failures[name] = str(problem)
                raise
        return self._offers[name]

    def problem(self, name: str) -> str | None:
        """Return why an installed plugin can't be used, `None` if it can. Loads it."""
        try:
            self.offers(name)
        except PluginError as problem:
            return str(problem)
        return None

    def usable(self) -> Iterator[tuple[str, Offers]]:
        """Yield every plugin that can be used, by name, with what it offers. Loads all."""
        for name in self.names:
            if self.problem(name) is None:
                yield name, self._offers[name]

    def verifier(self, name: str) -> Verifier:
        """Return the verifier `plugin.leaf`.

        Raises:
            PluginError: the plugin can't be loaded, or has no such leaf. The message names what is close.
        """
        plugin, _, leaf = name.partition(".")
        offers = self.offers(plugin)
        if leaf not in offers.verifiers:
            known = [*offers.verifiers, *offers.functions, *offers.recipes]
            hint = _hint(plugin, leaf, known, f"it has {', '.join(offers.verifiers) or 'no verifier'}")
            raise PluginError(f"the plugin '{plugin}' has no verifier '{leaf}'; {hint}")
        return offers.verifiers[leaf]

    def recipe(self, name: str) -> Recipe:
        """Return the recipe `plugin.leaf`. `recipe.leaf` finds any plugin's, if only one has it.

        Raises:
            PluginError: the plugin can't be loaded, there is no such recipe, it can't be read, or several plugins have
                it.
        """
        plugin, _, leaf = name.partition(".")
        unknown = "`assay recipes` shows those that there are"
        if plugin != RECIPES or RECIPES in self._found:
            recipes = self.offers(plugin).recipes
            if leaf in recipes:
                return recipes[leaf]
            if plugin != RECIPES:
                hint = _hint(plugin, leaf, recipes, unknown)
                raise PluginError(f"the plugin '{plugin}' has no recipe '{leaf}'; {hint}")
        holders = {one: offers.recipes for one, offers in self.usable() if leaf in offers.recipes}
        if len(holders) > 1:
            first = min(holders)
            raise PluginError(f"{' and '.join(holders)} both have a recipe '{leaf}'; name one as {first}.{leaf}")
        for recipes in holders.values():
            return recipes[leaf]
        if RECIPES not in self._found:
            raise PluginError(self._unknown(RECIPES))
        raise PluginError(f"there is no recipe '{leaf}'; {_hint(plugin, leaf, self.offers(RECIPES).recipes, unknown)}")

    def claims(self, kind: Literal["sandbox", "engine"]) -> Claims[Callable[..., Any]]:
        """Return what makes each sandbox or engine of any plugin, by name, and who is refused a name. Loads all."""
        return settle(kind, ((name, _makers(kind, offers)) for name, offers in self.usable()))

    def engine(self, name: str) -> Engine:
        """Make the engine of a name: the plugin's of that name, or any that an installed plugin offers.

        Raises:
            PluginError: there is none, or it can't be made; the message says what to do.
        """
        made: Engine = self.maker("engine", name)()
        return made

    def sandboxes(self) -> Mapping[str, Callable[..., Sandbox]]:
        """Return what makes each sandbox, by name. Loads every plugin."""
        return self.claims("sandbox").held

    def sandbox(self, name: str | None = None) -> Sandbox:
        """Return the sandbox of a name: one instance for this process, closed at its exit.

        Args:
            name: a sandbox, or several in order of preference as `"bubblewrap, process"`, of which the first that works
                is taken; `None` for the strongest that works here. One for trusted code alone is never taken unless it
                is named.

        Raises:
            PluginError: there is none, or it can't be used on this machine; the message says what to do.
        """
        if name is None:
            return strongest(self.sandboxes())
        return first_working([one.strip() for one in name.split(",")], lambda one: self.maker("sandbox", one))

    def scored(self, scores: Scores) -> None:
        """Show a scored batch to every plugin that observes; one that fails is warned about, not obeyed."""
        for name in self.names:
            if not any(one.observes for one in self._found[name]):
                continue
            try:
                observer = self.offers(name).observer
                assert observer is not None
                with asking(f"assay_scored of the plugin '{name}'"):
                    observer(scores)
            except PluginError as problem:
                warnings.warn(str(problem), stacklevel=2)

    def maker(self, kind: Literal["sandbox", "engine"], name: str) -> Callable[..., Any]:
        """Return what makes a sandbox or an engine of a name; loads its own plugin alone, where there is one.

        Raises:
            PluginError: no plugin offers it, or several do; the message says what to do.
        """
        if name in self._found and self.problem(name) is None and name in _makers(kind, self._offers[name]):
            return _makers(kind, self._offers[name])[name]
        claims = self.claims(kind)
        if name in claims.held:
            return claims.held[name]
        refusal = claims.refusal(name)
        if refusal is None and name in self._found:
            refusal = self.problem(name) or f"the plugin '{name}' offers no {kind} of its name"
        raise PluginError(refusal or self._unknown(name))

    def _unknown(self, name: str) -> str:
        if name in DISTRIBUTIONS:
            return f"the plugin '{name}' is not installed: pip install {DISTRIBUTIONS[name]}"
        near = nearest(name, [*self._found, *DISTRIBUTIONS])
        if near is None:
            return f"no plugin named '{name}' is installed; `assay list` shows those that are"
        if near in self._found:
            return f"no plugin named '{name}' is installed; did you mean '{near}'?"
        return f"no plugin named '{name}' is installed; if you mean '{near}': pip install {DISTRIBUTIONS[near]}"


def _discovered() -> dict[str, list[Plugin]]:
    """Return the installed plugins by name, more than one where distributions collide."""
    found: dict[str, list[Plugin]] = {}
    for group in (GROUP, OBSERVERS):
        for entry in entry_points(group=group):
            dist = entry.dist
            distribution, version = (dist.name, dist.version) if dist else ("?", "")
            plugin = Plugin(entry.name, distribution, version, entry.value, group == OBSERVERS, entry)
            others = found.setdefault(entry.name, [])
            # The same distribution is met in both groups, and twice on a path that holds it installed and editable.
            for place, other in enumerate(others):
                if other.distribution == distribution:
                    others[place] = replace(other, observes=other.observes or plugin.observes)
                    break
            else:
                others.append(plugin)
    return found


def _load(name: str, plugins: list[Plugin]) -> Offers:
    """Import a plugin and return what it offers.

    Raises:
        PluginError: two distributions provide it, its import fails, or it breaks the contract.
    """
    if len(plugins) > 1:
        raise PluginError(_collision(name, plugins))
    (plugin,) = plugins
    assert plugin.entry is not None
    with asking(f"the plugin '{name}' of {plugin.distribution} {plugin.version} can't be imported: it"):
        module = plugin.entry.load()
    offers = read_offers(module, name, plugin.distribution, plugin.version)
    if plugin.observes and offers.observer is None:
        raise PluginError(f"the plugin '{name}' is in the entry-point group {OBSERVERS} and has no hook assay_scored")
    if offers.observer is not None and not plugin.observes:
        raise PluginError(
            f"the plugin '{name}' has assay_scored, which would never be called: its pyproject.toml needs the "
            f'line {name} = "{plugin.module}" under [project.entry-points."{OBSERVERS}"] too'
        )
    return offers


def _makers(kind: Literal["sandbox", "engine"], offers: Offers) -> Mapping[str, Callable[..., Any]]:
    return offers.sandboxes if kind == "sandbox" else offers.engines


def _collision(name: str, plugins: list[Plugin]) -> str:
    sides = " and ".join(f"{p.distribution} {p.version}".strip() for p in plugins)
    return f"{sides} both provide a plugin named '{name}'; uninstall one of them"


def _hint(plugin: str, leaf: str, known: Iterable[str], otherwise: str) -> str:
    near = nearest(leaf, known)
    return f"did you mean {plugin}.{near}?" if near else otherwise


@cache
def installed() -> Registry:
    """Return this process's registry of installed plugins."""
    return Registry()
