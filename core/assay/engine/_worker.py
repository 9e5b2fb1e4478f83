"""A worker process: judges the calls that it is sent, one after another, and answers each as soon as it is done.

Run as `python -m assay.engine._worker`. It talks in frames, a length of eight bytes and a pickle, over what were its
standard input and output; a verifier that prints writes to standard error instead.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import queue
import signal
import sys
import threading
from importlib import import_module
from typing import IO, Any

from assay._contract.verdict import Verdict
from assay._contract.verifier import Verifier
from assay.engine._ipc import HEAD, MAX_FRAME, SEAL_SIZE, pack

__all__ = ["load", "main"]


def main() -> None:
    """Answer calls until the parent closes the pipe or dies."""
    source, sink = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    with open(os.devnull, "rb") as nothing:  # noqa: PTH123 - a descriptor is wanted
        os.dup2(nothing.fileno(), 0)
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides when to end
    messages: queue.SimpleQueue[Any] = queue.SimpleQueue()
    threading.Thread(target=_receive, args=(source, messages), daemon=True).start()
    verifiers: dict[str, Verifier | Exception] = {}
    while True:
        kind, *rest = messages.get()
        if kind == "begin":
            path, memory, seal = rest
            sys.path[:] = path
            _limit(memory)
            line = _Line(sink, seal)
            line.send(("ready", None))
        elif kind == "define":
            name, reference, pickled, origin = rest
            try:
                verifiers[name] = load(reference, pickled).installed_as(*origin)
            except Exception as problem:  # told once for each call, as that verifier's error
                verifiers[name] = problem
        elif kind == "loaded":
            found = verifiers[rest[0]]
            line.send(("ready", f"{type(found).__name__}: {found}" if isinstance(found, Exception) else None))
        else:
            verdicts = _judge(verifiers[rest[1]], *rest[2:])
            if not all(map(_is_small, verdicts)):
                line.send(("judged", None))  # the deadline is for judging; packing and sending may take longer
            line.send((rest[0], verdicts))


def _receive(source: IO[bytes], messages: queue.SimpleQueue[Any]) -> None:
    """Read on while a verifier runs, so that the parent never waits to write, and end with the parent."""
    while True:
        head = source.read(HEAD.size)
        if len(head) < HEAD.size:
            _end()
        source.read(SEAL_SIZE)
        messages.put(pickle.loads(source.read(HEAD.unpack(head)[0])))  # noqa: S301 - from our own parent


def _end() -> None:
    """End this process and what its verifiers have started: their parent's parent is gone."""
    if os.getpgrp() == os.getpid():
        os.killpg(0, signal.SIGKILL)
    os._exit(0)


def load(reference: tuple[str, str] | None, pickled: bytes | None) -> Verifier:
    """Return the verifier that a parent sends: by its module and name, or whole.

    Raises:
        Exception: it isn't to be had here.
    """
    if reference is not None:
        found: Any = import_module(reference[0])
        for part in reference[1].split("."):
            found = getattr(found, part)
    else:
        found = pickle.loads(pickled or b"")  # noqa: S301 - from our own parent
    if not isinstance(found, Verifier):
        raise TypeError(f"{reference} is no verifier here")
    return found


def _judge(verifier: Verifier | Exception, inputs: Any, options: Any, size: int) -> list[Verdict]:
    if isinstance(verifier, Exception):
        return [Verdict.error(f"the verifier can't be loaded in a worker: {verifier}")] * size
    try:
        if verifier.scope == "group":
            return verifier.judge_group(inputs, options, size)
        return [verifier.judge(inputs, options)]
    except BaseException as problem:  # SystemExit, and what else is no Exception
        return [verifier.failure(problem)] * size


def _is_small(verdict: Verdict) -> bool:
    """Whether a verdict is surely packed and sent in no time."""
    if verdict.artefact is not None or len(verdict.reason) > 10_000:
        return False
    return all(
        value is None or isinstance(value, (bool, int, float)) or (isinstance(value, str) and len(value) < 10_000)
        for value in verdict.details.values()
    )


class _Line:
    """The way back to the parent; of this process alone, not of one that a verifier has forked."""

    def __init__(self, sink: IO[bytes], seal: bytes) -> None:
        self._sink, self._seal, self._process = sink, seal, os.getpid()

    def send(self, message: Any) -> None:
        """Send a message; verdicts that can't be sent become errors."""
        if os.getpid() != self._process:
            os._exit(0)  # the child of a verifier that forks; the call is its parent's to answer
        try:
            frame = pack(message, self._seal)
            if len(frame) > MAX_FRAME:
                raise ValueError(f"it has {len(frame):,} bytes; the limit is {MAX_FRAME:,}")
        except Exception as problem:
            wrong = Verdict.error(f"the verdict can't be sent back: {type(problem).__name__}: {problem}")
            frame = pack((message[0], [wrong] * len(message[1])), self._seal)
        self._sink.write(frame)
        self._sink.flush()


def _limit(memory: int) -> None:
    try:
        import resource
    except ImportError:  # not on Windows
        return
    if memory:
        # macOS refuses any limit on the address space, and a container may have a lower one that can't be raised.
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_AS, (memory, resource.getrlimit(resource.RLIMIT_AS)[1]))
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


if __name__ == "__main__":
    main()
