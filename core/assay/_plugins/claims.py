"""Which plugin has a name that several offer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

__all__ = ["Claims", "settle"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Claims(Generic[T]):
    """What can be had by name, and what can't.

    Attributes:
        held: by name.
        refused: why a plugin doesn't have a name that it offers, by plugin and name.
    """

    held: Mapping[str, T]
    refused: Mapping[tuple[str, str], str]

    def refusal(self, name: str) -> str | None:
        """Return why nobody has a name, `None` where somebody has it or nobody wants it."""
        return next(
            (why for (_, wanted), why in self.refused.items() if wanted == name and name not in self.held), None
        )


def settle(kind: str, offered: Iterable[tuple[str, Mapping[str, T]]]) -> Claims[T]:
    """Give each name to the plugin that bears it, else to the only one that offers it, else to nobody.

    Args:
        kind: what is offered, for messages: `sandbox` or `engine`.
        offered: plugins, each with what it offers by name.
    """
    by_name: dict[str, dict[str, T]] = {}
    for plugin, things in offered:
        for name, thing in things.items():
            by_name.setdefault(name, {})[plugin] = thing
    held: dict[str, T] = {}
    refused: dict[tuple[str, str], str] = {}
    for name, things in by_name.items():
        if name in things or len(things) == 1:
            owner = name if name in things else next(iter(things))
            held[name] = things[owner]
            why = f"the {kind} '{name}' is that of the plugin '{owner}'"
            refused |= {(plugin, name): why for plugin in things if plugin != owner}
        else:
            why = f"the plugins {' and '.join(sorted(things))} both offer the {kind} '{name}'; uninstall one of them"
            refused |= {(plugin, name): why for plugin in things}
    return Claims(held, refused)
