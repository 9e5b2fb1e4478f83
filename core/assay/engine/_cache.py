"""Remembers verdicts, so that identical work is done once."""

from __future__ import annotations

import hashlib
import pickle
import threading
from collections import OrderedDict
from typing import Any

from assay._contract.call import Call
from assay._contract.verdict import Status, Verdict

__all__ = ["Cache", "Keys"]

#: Texts longer than this are remembered by their digest.
LONG = 200

Key = tuple[Any, ...]


class Cache:
    """The latest verdicts of pure verifiers, by verifier, version, options and inputs. Errors are never remembered.

    Args:
        size: how many calls are remembered; 0 for none.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self._found: OrderedDict[Key, tuple[Verdict, ...]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Key) -> tuple[Verdict, ...] | None:
        """Return what is remembered of a call."""
        with self._lock:
            found = self._found.get(key)
            if found is not None:
                self._found.move_to_end(key)
            return found

    def put(self, key: Key, verdicts: tuple[Verdict, ...]) -> None:
        """Remember a call's verdicts, unless they are errors or carry something large."""
        if not self.size or any(one.status is Status.ERROR or one.artefact is not None for one in verdicts):
            return
        with self._lock:
            self._found[key] = verdicts
            while len(self._found) > self.size:
                self._found.popitem(last=False)


class Keys:
    """What identifies the calls of one batch. Calls often share one mapping of options, which is then read once."""

    def __init__(self) -> None:
        self._options: dict[int, tuple[Any, Key | None]] = {}

    def call(self, call: Call) -> Key | None:
        """Return what identifies a call, `None` where it is never the same twice: an impure verifier, odd inputs."""
        verifier = call.verifier
        options = self.options(call)
        if not verifier.pure or options is None:
            return None
        try:
            inputs = tuple([_part(value) for value in call.inputs.values()])
        except Exception:  # what can't be pickled can't be compared
            return None
        return (verifier.name, verifier.version, verifier.function, tuple(call.inputs), inputs, options)

    def options(self, call: Call) -> Key | None:
        """Return what identifies a call's options, `None` where they can't be compared."""
        known = self._options.get(id(call.options))
        if known is None:
            try:
                parts: Key | None = tuple([(name, _part(value)) for name, value in call.options.items()])
            except Exception:
                parts = None
            # The mapping is kept, so that its identity stays its own.
            known = self._options[id(call.options)] = (call.options, parts)
        return known[1]


def _part(value: Any) -> Any:
    """A value as a part of a key: 1, 1.0 and True are three different ones."""
    if type(value) is str:
        return value if len(value) <= LONG else _digest(value.encode("utf-8", "surrogatepass"))
    if value is None or type(value) in (bool, int, float):
        return type(value), value
    return _digest(pickle.dumps(value))


def _digest(data: bytes) -> bytes:
    return hashlib.blake2b(data, digest_size=16).digest()
