"""Commands of plugins: their names are known from metadata, and each is imported when it is called."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from typing import TYPE_CHECKING

from assay._plugins.hooks import Broken, asking, kind_of
from assay.errors import PluginError

if TYPE_CHECKING:
    import click

__all__ = ["GROUP", "PluginCommand", "plugin_commands"]

#: The entry-point group; an entry point's name is the command's, its object a `click.Command`.
GROUP = "assay.commands"


@dataclass(frozen=True, slots=True)
class PluginCommand:
    """A command of a plugin's package.

    Attributes:
        name: as in `assay NAME`.
        entries: where it is; more than one where packages collide.
    """

    name: str
    entries: tuple[EntryPoint, ...]

    @property
    def origin(self) -> str:
        """The package that it is from, with its version."""
        return " and ".join(sorted(map(_origin, self.entries)))

    def load(self) -> click.Command:
        """Import the command.

        Raises:
            PluginError: several packages provide it, its import fails, or it is no command.
        """
        import click

        if len(self.entries) > 1:
            raise PluginError(f"{self.origin} both provide the command '{self.name}'; uninstall one of them")
        with asking(f"the command '{self.name}' of {self.origin}"):
            loaded = self.entries[0].load()
            if not isinstance(loaded, click.Command):
                raise Broken(f"is {kind_of(loaded)}, not a click.Command")
        return loaded


def plugin_commands() -> dict[str, PluginCommand]:
    """Return the commands of installed plugins by name, sorted. Nothing is imported."""
    found: dict[str, list[EntryPoint]] = {}
    for entry in entry_points(group=GROUP):
        others = found.setdefault(entry.name, [])
        # The same distribution can be met twice on a path that holds it installed and editable.
        if all(_origin(entry) != _origin(other) for other in others):
            others.append(entry)
    return {name: PluginCommand(name, tuple(entries)) for name, entries in sorted(found.items())}


def _origin(entry: EntryPoint) -> str:
    return f"{entry.dist.name} {entry.dist.version}" if entry.dist else "an unknown package"
