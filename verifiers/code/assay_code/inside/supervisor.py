"""The tests' own process: holds what the program must not see, and asks the program's process by messages.

It starts the program's process before it reads anything, so that there is nothing in it to inherit, and makes itself
unreadable to it. What it prints is marked with a secret that came with the tests.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from assay_code.inside.host import serve
from assay_code.inside.wire import Channel, Closed, TimedOut, dumps, loads

__all__ = ["Program", "main", "run_steps"]

_PR_SET_DUMPABLE = 4
#: A program that waits for the processor is given so many times its limit.
_PATIENCE = 10
#: Bytes of messages that may wait for the program, half of what a pipe holds.
_AHEAD = 1 << 15
#: Seconds for which what the program answered may be held back.
_HOLD = 0.01


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
        with self._remembered():
            self.channel.send(list(message))
            return self._answer(on_callback)

    def ask_all(self, messages: list[list[Any]]) -> Iterator[list[Any]]:
        """Yield the program's answer to each message; it is sent the next ones while it works, as far as they fit.

        Raises:
            Closed, TimedOut: as `ask`.
        """
        waiting: list[int] = []
        sent = 0
        for _ in messages:
            with self._remembered():
                # What waits in the pipe must never fill it: each side would wait for the other to read.
                while sent < len(messages) and (not waiting or sum(waiting) + len(waiting) * 8 < _AHEAD):
                    waiting.append(self.channel.send(messages[sent]))
                    sent += 1
                answer = self._answer(None)
            waiting.pop(0)
            yield answer

    @contextmanager
    def _remembered(self) -> Iterator[None]:
        self.check()
        try:
            yield
        except (Closed, TimedOut) as problem:
            self._failure = problem
            raise

    def _answer(self, on_callback: Callable[[list[Any]], Any] | None) -> list[Any]:
        started = time.monotonic()
        before = self._used()
        end = started + _PATIENCE * self.seconds

        def late() -> float | None:
            # A program that had to wait for a processor has not had its time yet; one that sleeps has.
            left = self.seconds - (self._used() - before)
            now = time.monotonic()
            return min(now + max(left, 0.01), end) if left > 0 and now < end and self._waits() else None

        while True:
            answer = loads(self.channel.receive(started + self.seconds, late))
            if not isinstance(answer, list) or not answer or not isinstance(answer[0], str):
                raise Closed("the program wrote to the tests' own channel")
            if answer[0] != "callback" or on_callback is None:
                return answer
            self.channel.send(["answer", on_callback(answer)])

    def _used(self) -> float:
        """Return the seconds of processor time that the program's process has used, 0 where that can't be known."""
        try:
            return time.clock_gettime(~self.process << 3 | 2)  # how Linux names another process's own clock
        except OSError:
            return 0.0

    def _waits(self) -> bool:
        """Whether the program's process is running, or would be if a processor were free."""
        try:
            with open(f"/proc/{self.process}/stat") as file:  # noqa: PTH123 - pathlib is slow to import
                return file.read().rpartition(")")[2].split()[:1] == ["R"]
        except (OSError, ValueError):
            return False


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

    told = [time.monotonic()]
    lines: list[str] = []

    def tell(*message: Any) -> None:
        lines.append(f"{nonce} {dumps(list(message))}\n")
        # At once if there was time, so that little is lost with this process.
        if message[0] in ("end", "closed", "late") or time.monotonic() - told[0] > _HOLD:
            data = "".join(lines).encode()
            lines.clear()
            while data:
                data = data[os.write(1, data) :]
            told[0] = time.monotonic()

    program = Program(child, Channel(from_tests[0], to_program[1]), tests["seconds"])
    try:
        if _load(program, tests, tell):
            if "pytest" in tests:
                from assay_code.inside.files import run_pytest

                run_pytest(program, tests, tell)
            elif any(entry[0] != "step" for entry in tests["entries"]):
                from assay_code.inside.script import run_script

                run_script(program, tests, tell)
            else:
                run_steps(program, tests["entries"], tests["stop"], tell)
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


def run_steps(
    program: Program, steps: list[list[Any]], stop: bool, tell: Callable[..., None], whole: frozenset[int] = frozenset()
) -> bool:
    """Do steps in turn and tell what the program answered; return whether to go on.

    Iterators among the results are drained, unless a statement goes on with the step's result: `whole`.
    """
    messages = [["do", operation, number, number not in whole, *rest] for _, number, operation, *rest in steps]
    for step, answer in zip(steps, program.ask_all(messages), strict=True):
        tell("step", step[1], answer)
        if answer[0] != "value" and stop:
            return False
    return True


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
