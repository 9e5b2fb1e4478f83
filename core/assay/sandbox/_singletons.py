"""One sandbox of each name for a process: warm for whoever asks next, closed when the process ends."""

from __future__ import annotations

import atexit
import os
import threading
from collections.abc import Callable

from assay.sandbox._base import Sandbox

__all__ = ["shared"]

_shared: dict[str, Sandbox] = {}
_lock = threading.Lock()


def shared(name: str, make: Callable[[], Sandbox]) -> Sandbox:
    """Return this process's sandbox of a name, made when it is first asked for and closed at exit."""
    with _lock:
        if name not in _shared:
            _shared[name] = make()
        return _shared[name]


@atexit.register
def _close() -> None:
    while _shared:
        _shared.popitem()[1].close()


def _forget() -> None:
    """Leave a parent's sandboxes to the parent."""
    global _lock
    _lock = threading.Lock()
    _shared.clear()


os.register_at_fork(after_in_child=_forget)
