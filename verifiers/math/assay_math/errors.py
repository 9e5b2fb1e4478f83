"""What reading may raise."""

from __future__ import annotations

__all__ = ["Unreadable"]


class Unreadable(ValueError):
    """A text that is not mathematics; the message says why."""
