"""The tests' own process: holds what the program must not see, and asks the program's process by messages.

It starts the program's process before it reads anything, so that there is nothing in it to inherit, and makes itself
unreadable to it. What it prints is marked with a secret that came with the tests.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable
from typing import Any

from assay_code.inside.host import serve
from assay_code.inside.wire import Channel, Closed, TimedOut, dumps, loads

__all__ = ["Program", "main"]

_PR_SET_DUMPABLE = 4
#: A program that waits for the processor is given so many times its limit.
_PATIENCE = 10


class Program:
    """The program in its process.

    Args:
        process: its number.
        channel: how it is asked.
        seconds: how long it may take for an answer.
    """

    def __init__(self, process: int, channel: Channel, seconds: float) -> None:
        self.process, self.channel, self.seconds = process, channel, seconds
        self._failure: Closed | TimedOut | None = None

    def check(self) -> None:
        """Raise again what has ended the program, whatever the tests have caught."""
        if self._failure is not None:
            raise self._failure

    def ask(self, *message: Any, on_callback: Callable[[list[Any]], Any] | None = None) -> list[Any]:
        """Return the program's answer to a message.

        Raises:
            Closed: its process has ended.
            TimedOut: it takes too long.
        """
        self.check()
        try:
            return self._ask(message, on_callback)
        except (Closed, TimedOut) as problem:
            self._failure = problem
            raise

    def _ask(self, message: tuple[Any, ...], on_callback: Callable[[list[Any]], Any] | None) -> list[Any]:
        started = time.monotonic()
        before = self._used()
        end = started + _PATIENCE * self.seconds

        def late() -> float | None:
            # A program that had to wait for a processor has not had its time yet; one that sleeps has.
            used, state = self._used(), self._state()
            left = self.seconds - (used - before)
            now = time.monotonic()
            return min(now + max(left, 0.01), end) if state == "R" and left > 0 and now < end else None

        self.channel.send(list(message))
        while True:
            answer = loads(self.channel.receive(started + self.seconds, late))
            if not isinstance(answer, list) or not answer or not isinstance(answer[0], str):
                raise Closed("the program wrote to the tests' own channel")
            if answer[0] != "callback" or on_callback is None:
                return answer
            self.channel.send(["answer", on_callback(answer)])

    def _stat(self) -> list[str]:
        try:
            with open(f"/proc/{self.process}/stat") as file:  # noqa: PTH123 - pathlib is slow to import
                return file.read().rpartition(")")[2].split()
        except (OSError, ValueError):
            return []

    def _used(self) -> float:
        fields = self._stat()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK") if len(fields) > 12 else 0.0

    def _state(self) -> str:
        return (self._stat() or ["S"])[0]


def main() -> None:
    """Read the tests from standard input, try the program, print what it answered. Never returns."""
    to_program, from_tests = os.pipe(), os.pipe()
    child = os.fork()
    if child == 0:
        _become_program(to_program[0], from_tests[1])
    os.close(to_program[0])
    os.close(from_tests[1])
    _hide()
    with open(0, "rb", closefd=False) as stdin:
        tests = loads(stdin.read().decode())
    nonce = tests["nonce"]
    sys.stdout = sys.stderr = open(os.devnull, "w")  # noqa: PTH123, SIM115 - open to the end

    def tell(*message: Any) -> None:
        data = f"{nonce} {dumps(list(message))}\n".encode()
        while data:
            data = data[os.write(1, data) :]

    program = Program(child, Channel(from_tests[0], to_program[1]), tests["seconds"])
    try:
        if _load(program, tests, tell):
            if tests.get("pytest"):
                from assay_code.inside.files import run_pytest

                run_pytest(program, tests, tell)
            else:
                from assay_code.inside.script import run_script

                run_script(program, tests, tell)
        tell("end")
    except Closed as problem:
        tell("closed", str(problem))
    except TimedOut:
        tell("late", tests["seconds"])
    except (ValueError, RecursionError) as problem:
        tell("closed", f"the program's answer can't be read: {str(problem)[:200]}")
    finally:
        try:
            os.kill(child, signal.SIGKILL)
        finally:
            os._exit(0)


def _load(program: Program, tests: dict[str, Any], tell: Callable[..., None]) -> bool:
    answer = program.ask("load", tests["program"], tests["module"])
    tell("load", answer)
    return bool(answer[0] == "names")


def _become_program(source: int, sink: int) -> None:
    """Keep the two pipes and nothing else."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for target in (0, 1, 2):
        os.dup2(nothing, target)
    high = max(source, sink, nothing) + 1
    os.dup2(source, high)
    os.dup2(sink, high + 1)
    os.closerange(3, high)
    os.closerange(high + 2, high + 64)
    sys.argv = ["solution.py"]
    serve(high, high + 1)


def _hide() -> None:
    """Keep other processes of the same user from reading this one's memory and descriptors."""
    try:
        import ctypes

        ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
    except (ImportError, OSError, AttributeError):
        return  # not Linux; the verdict says which sandbox judged
