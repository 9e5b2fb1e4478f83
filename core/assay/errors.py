"""The exceptions that assay raises for a person to read. Each message is a sentence that says what to do next."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from assay.language.problem import Problem


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
