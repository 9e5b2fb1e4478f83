"""The exceptions that assay raises for a person to read. Each message is a sentence that says what to do next."""

from __future__ import annotations


class AssayError(Exception):
    """Any mistake that assay reports to its user; the command line prints it without a traceback."""


class RewardError(AssayError, ValueError):
    """A reward that can't be read, or can't be evaluated for the data it was given."""


class PluginError(AssayError):
    """A plugin that is missing, collides with another, fails to import or breaks the contract."""


class DataError(AssayError, ValueError):
    """A data set that can't be read."""


class ConfigError(AssayError, ValueError):
    """A run file with an unknown key or a value of the wrong type."""
