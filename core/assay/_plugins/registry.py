"""Finds plugins by their entry points and loads only those that are named."""

from __future__ import annotations

import warnings
from collections import ChainMap
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import entry_points
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pluggy

from assay import hookspecs
from assay._contract.verifier import Verifier
from assay.errors import PluginError, nearest
from assay.sandbox import shared

if TYPE_CHECKING:
    from assay._contract.recipe import Recipe
    from assay._contract.scores import Scores
    from assay.engine import Engine
    from assay.sandbox import Sandbox
    from assay.testing import Example

__all__ = ["GROUP", "RECIPES", "Plugin", "Registry", "installed"]

#: The entry-point group; an entry point's name is the plugin's name in rewards.
GROUP = "assay"

#: The plugin of published rewards; `recipe.NAME` finds any plugin's.
RECIPES = "recipe"

#: First-party plugins by name, so that an unknown name can say what to install.
FIRST_PARTY = {
    "bubblewrap": "assay-bubblewrap",
    "choice": "assay-choice",
    "code": "assay-code",
    "docker": "assay-docker",
    "format": "assay-format",
    "grounding": "assay-grounding",
    "math": "assay-math",
    "process": "assay-process",
    "puzzle": "assay-puzzle",
    "ray": "assay-ray",
    "recipe": "assay-recipes",
    "records": "assay-records",
    "shape": "assay-shapes",
    "sql": "assay-sql",
    "text": "assay-text",
    "tools": "assay-tools",
    "vote": "assay-vote",
}


@dataclass(frozen=True, slots=True)
class Plugin:
    """One entry point: where a plugin's names come from."""

    name: str
    distribution: str
    version: str
    module: str


class Registry:
    """The plugins of this environment, by name.

    Names are read from the packages' metadata without importing anything; a plugin is imported when a reward first
    names it. A plugin that fails to import is remembered with its reason, and is fatal only to who asks for it.
    """

    def __init__(self, *, discover: bool = True) -> None:
        self._manager = pluggy.PluginManager("assay")
        self._manager.add_hookspecs(hookspecs)
        self._found: dict[str, list[Plugin]] = {}
        self._failures: dict[str, str] = {}
        self._verifiers: dict[str, dict[str, Verifier]] = {}
        self._functions: dict[str, dict[str, Callable[..., Any]]] = {}
        self._recipes: dict[str, Mapping[str, Recipe]] = {}
        if discover:
            for entry in entry_points(group=GROUP):
                dist = entry.dist
                found = Plugin(entry.name, dist.name if dist else "?", dist.version if dist else "", entry.value)
                others = self._found.setdefault(entry.name, [])
                # The same distribution can be met twice on a path that holds it installed and editable.
                if all(found.distribution != other.distribution for other in others):
                    others.append(found)

    def register(self, plugin: ModuleType | object, name: str, distribution: str = "(this process)") -> None:
        """Add a plugin that is already imported, under a name.

        Raises:
            PluginError: the name is taken.
        """
        if name in self._found:
            raise PluginError(self._collision(name, [*self._found[name], Plugin(name, distribution, "", "")]))
        self._found[name] = [Plugin(name, distribution, "", getattr(plugin, "__name__", type(plugin).__name__))]
        self._manager.register(plugin, name)
        self._take_in(name)

    @property
    def names(self) -> list[str]:
        """The names of all plugins that are installed, loaded or not, sorted."""
        return sorted(self._found)

    def plugins(self) -> Iterator[Plugin]:
        """Yield every entry point, those that collide included."""
        for name in self.names:
            yield from self._found[name]

    def problem(self, name: str) -> str | None:
        """Return why an installed plugin can't be used, `None` if it can. Loads it."""
        try:
            self.load(name)
        except PluginError as problem:
            return str(problem)
        return None

    def load(self, name: str) -> None:
        """Import a plugin, once.

        Raises:
            PluginError: nothing of this name is installed, two distributions provide it, its import fails, or it
                breaks the contract.
        """
        if name in self._verifiers:
            return
        if name not in self._found:
            raise PluginError(self._unknown_plugin(name))
        if len(self._found[name]) > 1:
            raise PluginError(self._collision(name, self._found[name]))
        if name not in self._failures:
            try:
                self._manager.load_setuptools_entrypoints(GROUP, name)
            except (Exception, SystemExit) as problem:
                plugin = self._found[name][0]
                self._failures[name] = (
                    f"the plugin '{name}' of {plugin.distribution} {plugin.version} can't be imported: "
                    f"{type(problem).__name__}: {problem}"
                )
            else:
                self._take_in(name)
                return
        raise PluginError(self._failures[name])

    def verifiers(self, plugin: str) -> Mapping[str, Verifier]:
        """Return a plugin's verifiers by leaf; loads it.

        Raises:
            PluginError: as `load`.
        """
        self.load(plugin)
        return self._verifiers[plugin]

    def functions(self, plugin: str) -> Mapping[str, Callable[..., Any]]:
        """Return a plugin's expression functions by leaf; loads it.

        Raises:
            PluginError: as `load`.
        """
        self.load(plugin)
        return self._functions[plugin]

    def verifier(self, name: str) -> Verifier:
        """Return the verifier `plugin.leaf`.

        Raises:
            PluginError: the plugin can't be loaded, or has no such leaf. The message names what is close.
        """
        plugin, _, leaf = name.partition(".")
        verifiers = self.verifiers(plugin)
        if leaf not in verifiers:
            near = nearest(leaf, verifiers)
            offers = f"did you mean {plugin}.{near}?" if near else f"it has {', '.join(verifiers) or 'no verifier'}"
            raise PluginError(f"the plugin '{plugin}' has no verifier '{leaf}'; {offers}")
        return verifiers[leaf]

    def examples(self, plugin: str) -> Mapping[str, Sequence[Example]]:
        """Return a plugin's examples by leaf, from its hook `assay_examples`; loads it.

        Raises:
            PluginError: as `load`, or an example is for a verifier that the plugin hasn't.
        """
        self.load(plugin)
        others = [p for p in self._manager.get_plugins() if p is not self._manager.get_plugin(plugin)]
        found: dict[str, Sequence[Example]] = {}
        for offered in self._manager.subset_hook_caller("assay_examples", others)():
            found |= offered
        if strays := found.keys() - self._verifiers[plugin].keys():
            raise PluginError(f"the plugin '{plugin}' has examples for '{min(strays)}', and no such verifier")
        return found

    def recipes(self, plugin: str) -> Mapping[str, Recipe]:
        """Return a plugin's recipes by leaf, from its hook `assay_recipes`; loads it.

        Raises:
            PluginError: as `load`, or the hook breaks the contract.
        """
        self.load(plugin)
        if plugin not in self._recipes:
            others = [p for p in self._manager.get_plugins() if p is not self._manager.get_plugin(plugin)]
            try:
                offered = self._manager.subset_hook_caller("assay_recipes", others)()
            except Exception as problem:
                raise PluginError(f"the plugin '{plugin}' can't give its recipes: {problem}") from problem
            if strange := [one for one in offered if not isinstance(one, Mapping)]:
                raise PluginError(f"assay_recipes of '{plugin}' returned {strange[0]!r}, which is no mapping")
            found: Mapping[str, Recipe] = offered[0] if len(offered) == 1 else ChainMap(*map(dict, offered))
            if both := found.keys() & (self._verifiers[plugin].keys() | self._functions[plugin].keys()):
                raise PluginError(f"the plugin '{plugin}' provides '{min(both)}' as a recipe and as something else")
            self._recipes[plugin] = found
        return self._recipes[plugin]

    def recipe(self, name: str) -> Recipe:
        """Return the recipe `plugin.leaf`. `recipe.leaf` finds any plugin's, if only one has it.

        Raises:
            PluginError: the plugin can't be loaded, there is no such recipe, or several plugins have it.
        """
        plugin, _, leaf = name.partition(".")
        if plugin != RECIPES:
            found = self.recipes(plugin)
            if leaf in found:
                return found[leaf]
            raise PluginError(f"the plugin '{plugin}' has no recipe '{leaf}'; {_offers(plugin, leaf, found)}")
        own: Mapping[str, Recipe] = self.recipes(RECIPES) if RECIPES in self._found else {}
        if leaf in own:
            return own[leaf]
        holders = [
            one for one in self.names if one != RECIPES and self.problem(one) is None and leaf in self.recipes(one)
        ]
        if len(holders) > 1:
            raise PluginError(f"{' and '.join(holders)} both have a recipe '{leaf}'; name one as {holders[0]}.{leaf}")
        if holders:
            return self.recipes(holders[0])[leaf]
        if RECIPES not in self._found:
            raise PluginError(self._unknown_plugin(RECIPES))
        raise PluginError(f"there is no recipe '{leaf}'; {_offers(RECIPES, leaf, own)}")

    def drawing(self, name: str) -> Callable[..., Any] | None:
        """Return what draws the samples of the verifier `plugin.leaf`, `None` where its plugin offers nothing.

        Raises:
            PluginError: the plugin can't be loaded.
        """
        plugin, _, leaf = name.partition(".")
        self.load(plugin)
        others = [p for p in self._manager.get_plugins() if p is not self._manager.get_plugin(plugin)]
        offered = self._manager.subset_hook_caller("assay_drawings", others)()
        return next((one[leaf] for one in offered if leaf in one), None)

    def engine(self, name: str) -> Engine:
        """Make the engine of a name: the plugin's of that name, or any that an installed plugin offers.

        Raises:
            PluginError: there is none; the message says what to install.
        """
        for plugin in [name, *self.names] if name in self._found else self.names:
            if self.problem(plugin) is None:
                others = [p for p in self._manager.get_plugins() if p is not self._manager.get_plugin(plugin)]
                for offered in self._manager.subset_hook_caller("assay_engines", others)():
                    if name in offered:
                        made: Engine = offered[name]()
                        return made
        if name in self._found:
            raise PluginError(self.problem(name) or f"the plugin '{name}' offers no engine")
        raise PluginError(self._unknown_plugin(name))

    def sandboxes(self, plugin: str | None = None) -> Mapping[str, Callable[[], Sandbox]]:
        """Return what makes each sandbox of a plugin, or of all that can be loaded, by name.

        Raises:
            PluginError: as `load`, where a plugin is named.
        """
        if plugin is None:
            loaded = [name for name in self.names if self.problem(name) is None]
            return {leaf: make for name in loaded for leaf, make in self.sandboxes(name).items()}
        self.load(plugin)
        others = [p for p in self._manager.get_plugins() if p is not self._manager.get_plugin(plugin)]
        offers = self._manager.subset_hook_caller("assay_sandboxes", others)()
        return {leaf: make for offered in offers for leaf, make in offered.items()}

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
            made = [shared(leaf, make) for leaf, make in self.sandboxes().items()]
            wanted = [one.name for one in sorted(made, key=lambda one: -one.strength) if one.strength > 0]
            if not wanted:
                raise PluginError("no sandbox for untrusted code is installed: pip install assay-bubblewrap")
        else:
            wanted = [one.strip() for one in name.split(",")]
        problems = []
        for leaf in wanted:
            # A plugin of the sandbox's name is asked first, so that no other has to be loaded.
            offered = self.sandboxes(leaf) if leaf in self._found and self.problem(leaf) is None else {}
            make = offered.get(leaf) or self.sandboxes().get(leaf)
            if make is None:
                offers = self.problem(leaf) or f"the plugin '{leaf}' offers no sandbox of its name"
                problems.append(offers if leaf in self._found else self._unknown_plugin(leaf))
                continue
            sandbox = shared(leaf, make)
            if (problem := sandbox.problem()) is None:
                return sandbox
            problems.append(f"the sandbox '{leaf}' can't be used here: {problem}")
        if name is None:
            problems.append("a weaker sandbox is taken only where it is named, as 'process' for code that you trust")
        raise PluginError("; ".join(problems))

    @property
    def hook(self) -> Any:
        """Pluggy's hook relay, over the plugins that are loaded."""
        return self._manager.hook

    def scored(self, scores: Scores) -> None:
        """Show a scored batch to every loaded plugin that observes; one that raises is warned about, not obeyed."""
        for implementation in self._manager.hook.assay_scored.get_hookimpls():
            try:
                implementation.function(scores)
            except Exception as problem:
                warnings.warn(f"assay_scored of '{implementation.plugin_name}' raised {problem!r}", stacklevel=2)

    def _take_in(self, name: str) -> None:
        """Read what a freshly registered plugin provides, under its entry point's name."""
        origin, module = self._found[name][0], self._manager.get_plugin(name)
        rest = self._manager.subset_hook_caller
        others = [p for p in self._manager.get_plugins() if p is not module]
        try:
            verifiers: dict[str, Verifier] = {}
            for offered in rest("assay_verifiers", others)():
                for one in offered:
                    if not isinstance(one, Verifier):
                        raise PluginError(f"assay_verifiers of '{name}' returned {one!r}, which @verifier didn't make")
                    if one.leaf in verifiers:
                        raise PluginError(f"the plugin '{name}' provides two verifiers named '{one.leaf}'")
                    verifiers[one.leaf] = one.installed_as(name, origin.distribution, origin.version)
            functions = {leaf: f for offered in rest("assay_functions", others)() for leaf, f in offered.items()}
            if both := verifiers.keys() & functions.keys():
                raise PluginError(f"the plugin '{name}' provides '{min(both)}' as a verifier and as a function")
        except Exception as problem:
            self._manager.unregister(name=name)
            self._failures[name] = (
                str(problem)
                if isinstance(problem, PluginError)
                else f"the plugin '{name}' of {origin.distribution} failed while it was asked what it provides: "
                f"{type(problem).__name__}: {problem}"
            )
            raise PluginError(self._failures[name]) from problem
        self._verifiers[name], self._functions[name] = verifiers, functions

    def _unknown_plugin(self, name: str) -> str:
        if name in FIRST_PARTY:
            return f"the plugin '{name}' is not installed: pip install {FIRST_PARTY[name]}"
        near = nearest(name, [*self._found, *FIRST_PARTY])
        if near is None:
            return f"no plugin named '{name}' is installed; `assay list` shows those that are"
        if near in self._found:
            return f"no plugin named '{name}' is installed; did you mean '{near}'?"
        return f"no plugin named '{name}' is installed; if you mean '{near}': pip install {FIRST_PARTY[near]}"

    @staticmethod
    def _collision(name: str, plugins: list[Plugin]) -> str:
        sides = " and ".join(f"{p.distribution} {p.version}".strip() for p in plugins)
        return f"{sides} both provide a plugin named '{name}'; uninstall one of them"


def _offers(plugin: str, leaf: str, found: Mapping[str, Any]) -> str:
    near = nearest(leaf, found)
    return f"did you mean {plugin}.{near}?" if near else "`assay recipes` shows those that there are"


@cache
def installed() -> Registry:
    """Return this process's registry of installed plugins."""
    return Registry()
