"""A pool of worker processes with a deadline for each call.

Workers are plain subprocesses: they start from any thread, in a daemonic process and after CUDA, and never by a fork
of the caller. A call's deadline counts from its own start, without what its worker waits for a processor that others
hold, up to ten times the deadline. A call that passes it costs its worker's life, and nobody else anything: the calls
that were waiting behind it go to another.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import secrets
import selectors
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cloudpickle

from assay._contract.call import Call
from assay._contract.verdict import Verdict
from assay._contract.verifier import Verifier
from assay._cpus import usable_cpus
from assay.engine._answering import Answering
from assay.engine._ipc import HEAD, MAX_FRAME, SEAL_SIZE, pack

__all__ = ["WorkerPool", "by_value", "reference_to"]

#: Calls that are sent to a worker at once, while others wait for one: as many as take this long together.
CHUNK_SECONDS = 0.1
MAX_CHUNK = 256
#: A call whose worker waits for a processor is given so many times its timeout.
PATIENCE = 10
#: Seconds that a worker may take to start and to import a plugin.
START_SECONDS = 120.0


class WorkerPool:
    """Judges calls in processes.

    Args:
        workers: how many; by default the processors that this process may use.
        memory: bytes of address space that a worker may have; 0 for no limit.
    """

    def __init__(self, workers: int | None = None, memory: int | None = None) -> None:
        self.workers = workers or usable_cpus()
        self.memory = _half_the_memory() if memory is None else memory
        self._idle: list[_Worker] = []
        self._busy: set[_Worker] = set()
        self._lock = threading.Lock()
        self._places = threading.BoundedSemaphore(self.workers)
        self._closed = False

    def start(self, calls: Sequence[Call]) -> Answering:
        """Begin to answer calls; returns at once."""
        batch = _Batch(calls)
        threads = [
            threading.Thread(target=self._serve, args=(batch,), name="assay-worker", daemon=True)
            for _ in range(min(self.workers, len(calls)))
        ]
        for thread in threads:
            thread.start()

        def stop() -> None:
            batch.stopped = True
            self.close()
            with self._lock:
                for worker in self._busy:
                    worker.process.kill()  # its thread sees the end of the pipe, and clears up

        return Answering(threads, lambda: [batch.answers.get(n) or _lost(call) for n, call in enumerate(calls)], stop)

    def close(self) -> None:
        """End every worker. Those that are busy end with their batch."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        for worker in idle:
            worker.end()

    def _serve(self, batch: _Batch) -> None:
        with self._places:
            worker: _Worker | None = None
            try:
                while not batch.stopped and (chunk := batch.take(self.workers)):
                    if worker is None:
                        worker = self._worker()
                    if not worker.work(batch, chunk):
                        self._end(worker)
                        worker = None
            except (OSError, EOFError, TimeoutError) as problem:  # no process could be started
                batch.fail(f"no worker could be started: {problem or type(problem).__name__}")
            if worker is not None:
                with self._lock:
                    keep = not self._closed and not batch.stopped
                    if keep:
                        self._busy.discard(worker)
                        self._idle.append(worker)
                if not keep:
                    self._end(worker)

    def _worker(self) -> _Worker:
        with self._lock:
            while self._idle:
                worker = self._idle.pop()
                if worker.process.poll() is None:
                    self._busy.add(worker)
                    return worker
        worker = _Worker(self.memory)
        with self._lock:
            self._busy.add(worker)
        try:
            worker.begin()
        except BaseException:
            self._end(worker)
            raise
        return worker

    def _end(self, worker: _Worker) -> None:
        with self._lock:
            self._busy.discard(worker)
        worker.end()


class _Batch:
    """Calls that wait, and answers that have come."""

    def __init__(self, calls: Sequence[Call]) -> None:
        self.calls = calls
        self.answers: dict[int, tuple[Verdict, ...]] = {}
        self.stopped = False
        self._waiting = deque(range(len(calls)))
        self._lock = threading.Lock()
        self._alone: set[int] = set()
        self._seconds: dict[str, float] = {}

    def take(self, workers: int) -> list[int]:
        """Return the next calls for one worker: one, until it is known how long they take."""
        with self._lock:
            if not self._waiting:
                return []
            first = self._waiting.popleft()
            chunk = [first]
            seconds = self._seconds.get(self.calls[first].verifier.name)
            if seconds is not None and first not in self._alone:
                fair = -(-len(self._waiting) // workers)
                size = min(MAX_CHUNK, fair, int(CHUNK_SECONDS / max(seconds, 1e-6)))
                while len(chunk) < size and self._waiting and self._waiting[0] not in self._alone:
                    chunk.append(self._waiting.popleft())
            return chunk

    def answer(self, number: int, verdicts: Sequence[Verdict], seconds: float) -> None:
        """Keep the answer to a call."""
        call = self.calls[number]
        each = seconds / call.size
        self.answers[number] = tuple(verdict.timed(each) for verdict in verdicts)
        name = call.verifier.name
        self._seconds[name] = 0.8 * self._seconds.get(name, seconds) + 0.2 * seconds

    def give_back(self, numbers: Sequence[int]) -> None:
        """Let calls wait again that a worker left unanswered."""
        with self._lock:
            self._waiting.extendleft(reversed(numbers))

    def crashed(self, number: int, how: str) -> None:
        """Try a call once more, alone; a second crash is its own."""
        with self._lock:
            if number not in self._alone:
                self._alone.add(number)
                self._waiting.append(number)
                return
        call = self.calls[number]
        self.answers[number] = (Verdict.error(f"{call.verifier.name}: its worker process {how}"),) * call.size

    def fail(self, reason: str) -> None:
        """Answer everything that still waits with an error."""
        with self._lock:
            numbers, self._waiting = list(self._waiting), deque()
        for number in numbers:
            self.answers[number] = (Verdict.error(reason),) * self.calls[number].size


class _Stray(Exception):
    """What came over a worker's line is no answer of the worker's to what it was asked."""


class _Worker:
    """One process and its pipes; used by one thread at a time."""

    def __init__(self, memory: int) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "assay.engine._worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
            # Ctrl-C at the terminal is for the parent, which then ends its workers.
            start_new_session=True,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
        )
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self._in, self._out = self.process.stdin, self.process.stdout
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._out, selectors.EVENT_READ)
        self._buffer = bytearray()
        self._defined: dict[str, Verifier] = {}
        self._memory = memory
        self._seal = secrets.token_bytes(SEAL_SIZE)

    def begin(self) -> None:
        """Wait until the process has started."""
        self._send(("begin", sys.path, self._memory, self._seal))
        self._ready()

    def work(self, batch: _Batch, chunk: list[int]) -> bool:
        """Answer a chunk of calls; return whether the worker can be used again."""
        left = list(chunk)
        try:
            for number in chunk:
                self._define(batch.calls[number].verifier)
            for number in chunk:
                call = batch.calls[number]
                self._send(("call", number, _key(call.verifier), dict(call.inputs), dict(call.options), call.size))
            while left:
                number, call = left[0], batch.calls[left[0]]
                started = time.monotonic()
                batch.answer(number, self._answer(number, call.verifier.timeout), time.monotonic() - started)
                left.pop(0)
        except TimeoutError:
            call = batch.calls[left[0]]
            batch.answer(left[0], [_late(call)] * call.size, call.verifier.timeout)
            batch.give_back(left[1:])
            return False
        except _Stray:
            batch.crashed(left[0], "answered what it was not asked")
            batch.give_back(left[1:])
            return False
        except (EOFError, OSError, pickle.UnpicklingError):
            batch.crashed(left[0], self._death())
            batch.give_back(left[1:])
            return False
        return True

    def end(self) -> None:
        """Kill the process and what it has started, and wait for it; it holds nothing that needs an orderly end."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)  # it leads a session, and with it a group, of its own
        self.process.kill()
        self.process.wait()
        self._selector.close()
        self._in.close()
        self._out.close()

    def _define(self, verifier: Verifier) -> None:
        """Send a verifier once; loading it is not part of any call's time."""
        key = _key(verifier)
        if key in self._defined:
            return
        origin = (verifier.plugin, verifier.distribution, verifier.version)
        reference = reference_to(verifier)
        failure = self._load(key, reference, None if reference else by_value(verifier), origin)
        if failure and reference:
            # Its module is here, but can't be found by a new process: one that a test or a notebook has made.
            with contextlib.suppress(Exception):
                self._load(key, None, by_value(verifier), origin)
        self._defined[key] = verifier  # keeps it alive, so that its identity stays its own

    def _load(self, key: str, reference: tuple[str, str] | None, pickled: bytes | None, origin: Any) -> str | None:
        """Have the process load a verifier; return why it could not, if it could not."""
        self._send(("define", key, reference, pickled, origin))
        self._send(("loaded", key))
        return self._ready()

    def _ready(self) -> str | None:
        """Wait for a `ready`; return what it complains of."""
        kind, failure = self._receive(time.monotonic() + START_SECONDS)
        if kind != "ready":
            raise _Stray
        return None if failure is None else str(failure)

    def _answer(self, number: int, seconds: float) -> Sequence[Verdict]:
        """Wait for the answer to a call, which must be judged within some seconds.

        Raises:
            _Stray: another came, as from a verifier's forked child; who answers what is no longer known.
        """
        answered, verdicts = self._receive_in(seconds)
        if answered == "judged":  # in time; what it has to say is large
            answered, verdicts = self._receive(time.monotonic() + START_SECONDS)
        if answered != number:
            raise _Stray
        return list(verdicts)

    def _send(self, message: Any) -> None:
        view = memoryview(pack(message))
        while view:
            view = view[self._in.write(view) or 0 :]

    def _receive_in(self, seconds: float) -> Any:
        """Return the next message, if it comes in so many seconds of the process's own.

        Raises:
            TimeoutError, EOFError, _Stray: as `_receive`.
        """
        started, before = time.monotonic(), self._waited()
        deadline = started + seconds
        while True:
            try:
                return self._receive(deadline)
            except TimeoutError:
                now = time.monotonic()
                left = seconds - (now - started - (self._waited() - before))
                if left <= 0 or now >= started + PATIENCE * seconds:
                    raise
                deadline = now + max(left, 0.01)

    def _receive(self, deadline: float) -> Any:
        """Return the next message.

        Raises:
            TimeoutError: none has come whole before the deadline.
            EOFError: the process has ended.
            _Stray: something has come that bears no seal.
        """
        start = HEAD.size + SEAL_SIZE
        while True:
            if len(self._buffer) >= start:
                size = HEAD.unpack_from(self._buffer)[0]
                if size > 2 * MAX_FRAME or not secrets.compare_digest(self._buffer[HEAD.size : start], self._seal):
                    raise _Stray
                if len(self._buffer) >= start + size:
                    body = bytes(self._buffer[start : start + size])
                    del self._buffer[: start + size]
                    return pickle.loads(body)  # noqa: S301 - verdicts of our own worker, never a model's text
            # What is there has come in time, however late this thread comes to look for it.
            if not self._selector.select(max(deadline - time.monotonic(), 0)):
                raise TimeoutError
            data = os.read(self._out.fileno(), 1 << 20)
            if not data:
                raise EOFError
            self._buffer += data

    def _waited(self) -> float:
        """Return the seconds for which the process was ready to run and had no processor, 0 where nobody tells."""
        try:
            return int(Path(f"/proc/{self.process.pid}/schedstat").read_text().split()[1]) / 1e9
        except (OSError, IndexError, ValueError):
            return 0.0

    def _death(self) -> str:
        try:
            code = self.process.wait(timeout=1)
        except subprocess.TimeoutExpired:
            return "broke its connection"
        return f"was killed by signal {-code}" if code < 0 else f"ended with exit code {code}"


def _key(verifier: Verifier) -> str:
    return f"{verifier.name}@{id(verifier.function)}"


def reference_to(verifier: Verifier) -> tuple[str, str] | None:
    """Return the module and name by which a worker finds the verifier, `None` if it must be sent as a whole."""
    module, name = verifier.function.__module__, verifier.function.__qualname__
    if module == "__main__" or "<" in name:
        return None
    found: Any = sys.modules.get(module)
    for part in name.split("."):
        found = getattr(found, part, None)
    same = isinstance(found, Verifier) and found.function is verifier.function
    return (module, name) if same else None


def by_value(verifier: Verifier) -> bytes:
    """Return the verifier with all of its own module that it uses.

    Raises:
        Exception: it holds something that can't be sent, such as a lock.
    """
    module = sys.modules.get(verifier.function.__module__)
    whole = module is not None and module.__name__ != "__main__" and not module.__name__.startswith("assay.")
    if whole:
        cloudpickle.register_pickle_by_value(module)
    try:
        data: bytes = cloudpickle.dumps(verifier)
        return data
    finally:
        if whole:
            with contextlib.suppress(ValueError):  # another thread was first
                cloudpickle.unregister_pickle_by_value(module)


def _late(call: Call) -> Verdict:
    reason = f"{call.verifier.name} took more than {call.verifier.timeout:g} s"
    # A service that doesn't answer says nothing about the completion; work that doesn't end was the completion's.
    return Verdict.error(reason) if call.verifier.kind == "io" else Verdict.timeout(reason)


def _lost(call: Call) -> tuple[Verdict, ...]:
    return (Verdict.error(f"{call.verifier.name} was not answered"),) * call.size


def _half_the_memory() -> int:
    try:
        return min(8 * 2**30, os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2)
    except (ValueError, OSError, AttributeError):
        return 0
