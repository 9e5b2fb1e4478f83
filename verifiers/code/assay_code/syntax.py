"""Parses Python, one thread at a time."""

from __future__ import annotations

import ast
import threading

__all__ = ["parse"]

# CPython 3.11 counts the depth of the tree that it makes for all threads together, and raises SystemError when two of
# them parse at once.
_lock = threading.Lock()


def parse(source: str) -> ast.Module:
    """Return a source's syntax tree; raises what `ast.parse` raises."""
    with _lock:
        return ast.parse(source)
