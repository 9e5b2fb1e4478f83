"""The exceptions that assay raises for a person to read. Each message is a sentence that says what to do next."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

__all__ = [
    "AssayError",
    "ConfigError",
    "DataError",
    "Kind",
    "PluginError",
    "Problem",
    "RewardError",
    "Span",
    "nearest",
    "refuse",
    "shorten",
]

#: Start and end of something in a text, in characters.
Span = tuple[int, int]
Kind = Literal["syntax", "name", "plugin", "argument", "type", "column", "total"]

#: A reward with more mistakes than this is shown with the first ones only.
SHOWN = 8


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake.

    Attributes:
        kind: what sort of mistake: `syntax`, an unknown `name`, a `plugin` that isn't there or lacks the verifier,
            an `argument` of a verifier, a `type`, a missing `column`, no `total`.
        line: the name of the reward's line.
        text: the line's text.
        at: which characters of the text.
        message: a sentence that says what to do.
    """

    kind: Kind
    line: str
    text: str
    at: Span
    message: str

    def __str__(self) -> str:
        start, end = self.at
        before = self.text[:start]
        row = before.count("\n")
        column = start - (before.rfind("\n") + 1)
        shown = self.text.split("\n")[row] if self.text else ""
        width = max(1, min(end - start, len(shown) - column))
        left = max(0, column - 60)
        excerpt = ("..." if left else "") + shown[left : left + 110] + ("..." if len(shown) > left + 110 else "")
        pointer = " " * (column - left + (3 if left else 0)) + "^" * min(width, 110 - (column - left))
        place = f"{self.line}, character {column + 1}" + (f" of line {row + 1}" if "\n" in self.text else "")
        return f"{place}: {self.message}\n    {excerpt}\n    {pointer}"


class AssayError(Exception):
    """Any mistake that assay reports to its user; the command line prints it without a traceback."""


class RewardError(AssayError, ValueError):
    """A reward that can't be read, or can't be evaluated for the data it was given.

    Attributes:
        problems: each mistake on its own, with its kind, line and place, where the reward's text is to blame.
    """

    problems: tuple[Problem, ...] = ()


class PluginError(AssayError):
    """A plugin that is missing, collides with another, fails to import or breaks the contract."""


class DataError(AssayError, ValueError):
    """A data set that can't be read."""


class ConfigError(AssayError, ValueError):
    """A run file with an unknown key or a value of the wrong type."""


def refuse(problems: Sequence[Problem]) -> RewardError:
    """Return the error that shows these problems; it carries them as `problems`."""
    shown = "\n".join(str(p) for p in problems[:SHOWN])
    if len(problems) > SHOWN:
        shown += f"\n... and {len(problems) - SHOWN} more"
    error = RewardError(shown)
    error.problems = tuple(problems)
    return error


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Return the known name that a misspelt one most likely means, `None` if none is close."""
    import difflib  # rarely needed, and `import assay` must stay cheap

    # One letter of three may be wrong, "ioo" for "iou"; below that, words meet that mean nothing to each other.
    close = difflib.get_close_matches(name, list(known), n=1, cutoff=0.65)
    return close[0] if close else None


def shorten(text: str, limit: int) -> str:
    """Return a text as it can stand in a sentence: at most `limit` characters, its end an ellipsis if it was cut."""
    return text if len(text) <= limit else text[: limit - 3] + "..."
