"""The first time that a verifier is asked: in a process that can be killed, before anything is asked of it here."""

from __future__ import annotations

import atexit
import contextlib
import os
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from assay._contract.verdict import Status, Verdict
from assay._contract.verifier import Verifier, verifier
from assay.engine import Call
from assay.engine._async_runner import AsyncRunner
from assay.engine._pool import WorkerPool, by_value, reference_to
from assay.engine._worker import load

__all__ = ["Trial", "answer", "pool", "sendable", "tried"]

_forks = 0


@dataclass(frozen=True, slots=True)
class Trial:
    """How a verifier took what it was asked.

    Attributes:
        answers: of each call, in order; fewer where it wasn't safe to go on.
        unsafe: why nothing more may be asked of it, empty where all is well.
    """

    answers: tuple[tuple[Verdict, ...], ...]
    unsafe: str = ""


def tried(calls: Sequence[Call], seconds: float) -> Trial:
    """Ask a verifier, each call in a worker process for some seconds at most, until one shows that it is not safe.

    One that can't be sent, or waits for a GPU, is asked in a thread of this process, which is left behind where it
    doesn't end.
    """
    answers: list[tuple[Verdict, ...]] = []
    for call in calls:
        one = call.verifier
        ask = _in_thread if one.kind == "gpu" or not sendable(one) else _in_worker
        said = ask(call, seconds)
        if isinstance(said, str):
            return Trial(tuple(answers), said)
        answers.append(said)
    return Trial(tuple(answers))


def answer(call: Call) -> tuple[Verdict, ...]:
    """Judge a call in this thread, or on a loop of its own for a coroutine function."""
    one = call.verifier
    if one.is_async:
        return tuple(replace(verdict, seconds=0.0) for verdict in AsyncRunner(1).start([call]).finish()[0])
    if one.scope == "group" or call.size > 1:  # samples of a batch, together
        return tuple(one.judge_group(call.inputs, call.options, call.size))
    return (one.judge(call.inputs, call.options),)


def sendable(one: Verifier) -> bool:
    """Whether another process can be given the verifier."""
    if reference_to(one) is not None:
        return True
    try:
        by_value(one)
    except Exception:
        return False
    return True


def _in_worker(call: Call, seconds: float) -> tuple[Verdict, ...] | str:
    one = call.verifier
    pickled = None
    with contextlib.suppress(Exception):  # then its reference will do
        pickled = by_value(one)
    sent = (reference_to(one), pickled, (one.plugin, one.distribution, one.version))
    inputs = {"sent": sent, "inputs": call.inputs, "options": call.options, "size": call.size}
    said = pool().start([Call(replace(_asked, timeout=seconds), inputs, {})]).finish()[0][0]
    if said.status is Status.TIMEOUT:
        return _late(seconds)
    if said.status is Status.ERROR:
        how = said.reason.removeprefix(_asked.name).lstrip(" :")
        return f"it ends the process that it runs in, or can't be sent there: {how}"
    if said.details["forks"]:
        return "it forks the process that it runs in, whose other threads' locks stay held for ever; use subprocess"
    verdicts: tuple[Verdict, ...] = said.artefact
    return verdicts


@verifier
def _asked(sent: Any, inputs: Any, options: Any, size: int) -> Verdict:
    """Ask another verifier, in a worker, and say what it did besides."""
    reference, pickled, origin = sent
    try:
        one = load(reference, None)
    except Exception:
        one = load(None, pickled)
    one = one.installed_as(*origin)
    itself, forks = os.getpid(), _forks
    with _silence():
        verdicts = answer(Call(one, inputs, options, size))
    if os.getpid() != itself:
        os._exit(0)
    plain = tuple(replace(verdict, artefact=None) for verdict in verdicts)
    return Verdict(1.0, artefact=plain, details={"forks": _forks - forks})


def _in_thread(call: Call, seconds: float) -> tuple[Verdict, ...] | str:
    said: list[tuple[Verdict, ...] | str] = []

    def ask() -> None:
        try:
            said.append(answer(call))
        except BaseException as problem:
            said.append(f"it raised {type(problem).__name__}, which ends the process that it runs in")

    thread = threading.Thread(target=ask, name="assay-trial", daemon=True)
    thread.start()
    thread.join(seconds)
    return said[0] if said else _late(seconds)


def _late(seconds: float) -> str:
    return f"it did not answer within {seconds:g} s"


@contextlib.contextmanager
def _silence() -> Iterator[None]:
    """Throw away what is printed, which may be without end."""
    kept = os.dup(1), os.dup(2)
    nothing = os.open(os.devnull, os.O_WRONLY)
    try:
        for number in (1, 2):
            os.dup2(nothing, number)
        yield
    finally:
        for number, before in zip((1, 2), kept, strict=True):
            os.dup2(before, number)
            os.close(before)
        os.close(nothing)


def _count() -> None:
    global _forks
    _forks += 1


if hasattr(os, "register_at_fork"):  # not on Windows
    os.register_at_fork(after_in_parent=_count)


@cache
def pool() -> WorkerPool:
    """Return the worker process that verifiers under test are asked in."""
    workers = WorkerPool(1)
    atexit.register(workers.close)
    return workers
