"""The outside of a warm sandbox: started interpreters, each of which runs one program at a time in a fresh process."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import select
import socket
import struct
import threading
import weakref
from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib import resources
from typing import Any, ClassVar, Protocol

from assay._cpus import usable_cpus
from assay.sandbox import _seccomp
from assay.sandbox._base import Execution, Limits, Program, Sandbox

__all__ = ["BOOT", "ENVIRONMENT", "Agent", "AgentConfig", "Channel", "Lost", "WarmSandbox"]

#: What the interpreter in the sandbox is started with: it reads the agent's source from its standard input.
BOOT = """import os
def read(count):
    text = b""
    while len(text) < count:
        part = os.read(0, count - len(text))
        if not part: raise SystemExit
        text += part
    return text
exec(compile(read(int(read(9))), "<assay>", "exec"))
"""

#: The variables that every program has. One thread each for numeric libraries: they would take a stack per core.
ENVIRONMENT: Mapping[str, str] = {
    "PATH": "/usr/local/bin:/usr/bin:/bin",
    "LANG": "C.UTF-8",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
}

#: Seconds that an interpreter may take to start, or an agent to answer beyond what the limits allow a program.
GRACE = 60.0
#: Bytes, as the agent's.
_TOKEN = 16
#: As the agent's: a program may wait for a processor for this many times its limit.
PATIENCE = 10
_LARGEST_HEADER = 1 << 20


class Lost(Exception):
    """The agent can't be reached, for a reason that a person can read."""


class Channel(Protocol):
    """A stream of bytes to and from an agent."""

    def sendall(self, data: bytes, /) -> None:
        """Send everything, or raise OSError."""

    def recv(self, count: int, /) -> bytes:
        """Return some bytes, none where the other side has gone; raise OSError, of which TimeoutError is one."""

    def settimeout(self, seconds: float | None, /) -> None:
        """Bound how long the next calls may take."""

    def fileno(self) -> int:
        """Return what can be polled."""

    def shutdown(self, how: int, /) -> None:
        """Hang up for every process and thread that holds the line; the agent ends by itself."""

    def close(self) -> None:
        """Let go of the line, in this process alone."""


@dataclass(frozen=True, slots=True)
class AgentConfig:
    """What an agent has to know of its place.

    Attributes:
        work: the working directory, which is made for each program.
        namespaces: whether each program gets process and mount namespaces, an empty `/tmp` and a `/proc`.
        reaper: who may kill all it sees: nobody (`None`), the first process of each program's namespace
            (`supervisor`), or the agent too (`agent`).
        clean: folders to empty after each program.
        uid: the user to become, `None` to stay.
        drop: whether there may be capabilities to drop.
        spare: the processes of this user that are not the program's; `None` where processes can't be limited.
        glance: whether the supervisor must look at memory itself, for want of a control group.
        address_space: whether the memory of a process must be limited as address space, for a kernel that limits no
            other; interpreters other than Python's may refuse to start under that.
        filtered: whether system calls are filtered.
        environment: variables beside `ENVIRONMENT`.
    """

    work: str
    namespaces: bool = False
    reaper: str | None = None
    clean: Sequence[str] = ()
    uid: int | None = None
    drop: bool = False
    spare: int | None = None
    glance: bool = False
    address_space: bool = False
    filtered: bool = True
    environment: Mapping[str, str] | None = None


class Agent:
    """A started interpreter in a sandbox, and the line to it."""

    def __init__(self, channel: Channel, inside: AgentConfig, end: Callable[[], None]) -> None:
        """Start the agent in an interpreter that runs `BOOT`.

        Args:
            channel: the interpreter's standard input and output.
            inside: what it has to know.
            end: ends the interpreter and frees what it holds, however it is; called once.

        Raises:
            Lost: it did not start.
        """
        self._channel, self._end = channel, end
        self._ending, self._ended = threading.Lock(), False
        self.executions = 0
        try:
            source = resources.files("assay.sandbox").joinpath("_agent.py").read_bytes()
            machines = _seccomp.MACHINES if inside.filtered else ()
            channel.settimeout(GRACE)
            channel.sendall(b"%08d\n" % len(source) + source)
            config = {**asdict(inside), "environment": {**ENVIRONMENT, **(inside.environment or {})}}
            self._send({**config, "machines": machines}, [_seccomp.assembled(machine) for machine in machines])
            self._await_ready()
        except OSError as problem:
            raise Lost(f"its interpreter did not start: {problem}") from problem
        self._ready = True

    def usable(self) -> bool:
        """Return whether the agent is there and waits for a request."""
        try:
            if not self._ready:
                self._channel.settimeout(GRACE)
                self._await_ready()
                self._ready = True
            poll = select.poll()
            poll.register(self._channel.fileno(), select.POLLIN)
            return not poll.poll(0)  # it has nothing to say: what can be read is that it has gone
        except (OSError, Lost, ValueError):
            return False

    def run(self, program: Program, limits: Limits) -> Execution:
        """Run a program.

        Raises:
            Lost: the agent has gone, or what it says makes no sense.
        """
        source = b"" if program.source is None else program.source.encode("utf-8", "surrogatepass")
        header = {
            "argv": program.argv,
            "environment": dict(program.environment),
            "files": list(program.files),
            "collect": program.collect,
            "limits": asdict(limits),
        }
        self._ready = False
        self.executions += 1
        try:
            self._channel.settimeout(PATIENCE * limits.wall + GRACE)
            token = secrets.token_bytes(_TOKEN)
            self._send(header, [program.stdin, source, *program.files.values()], token)
            answered = self._receive(_TOKEN)
            (length,) = struct.unpack("!I", self._receive(4))
            if length > _LARGEST_HEADER:
                raise Lost("its agent's answer makes no sense")
            answer = json.loads(self._receive(length))
            if answered != token and (any(answered) or answer.get("status") not in ("killed", "unavailable")):
                raise Lost("somebody else than its agent has answered")
            sizes = answer.pop("sizes")
            if len(sizes) != 2 + len(answer.get("files", ())) or max(sizes) > limits.output + 1:
                raise Lost("its agent's answer makes no sense")
            stdout, stderr, *contents = [self._receive(size) for size in sizes]
            files = dict(zip(answer.pop("files", ()), contents, strict=True))
            return Execution(stdout=_text(stdout), stderr=_text(stderr), files=files, **answer)
        except (OSError, ValueError, TypeError, KeyError) as problem:
            raise Lost(f"the line to its agent broke: {problem or type(problem).__name__}") from problem

    def end(self) -> None:
        """End the agent and what it runs."""
        with contextlib.suppress(OSError):
            self._channel.shutdown(socket.SHUT_RDWR)  # wakes a thread that waits for an answer, too
        self.hang_up()
        with self._ending:  # who comes second waits until it has ended
            if not self._ended:
                self._ended = True
                self._end()

    def hang_up(self) -> None:
        """Close this process's end of the line alone: in a forked child, the agent is the parent's."""
        with contextlib.suppress(OSError):
            self._channel.close()

    def _send(self, header: Mapping[str, Any], blobs: Sequence[bytes], token: bytes = b"") -> None:
        text = json.dumps({**header, "sizes": [len(blob) for blob in blobs]}).encode()
        self._channel.sendall(b"".join([struct.pack("!I", len(text)), text, *blobs, token]))

    def _receive(self, count: int) -> bytes:
        parts = []
        while count:
            part = self._channel.recv(min(count, 1 << 20))
            if not part:
                raise Lost("its agent has ended")
            parts.append(part)
            count -= len(part)
        return b"".join(parts)

    def _await_ready(self) -> None:
        if self._receive(1) != b".":
            raise Lost("its agent's answer makes no sense")


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "backslashreplace")


class WarmSandbox(Sandbox):
    """Runs each program in a fresh process that a started interpreter forks; what starts one is the subclass's."""

    #: Programs after which an interpreter is replaced.
    uses: ClassVar[int] = 1000

    def __init__(self, *, workers: int | None = None) -> None:
        """Start nothing yet.

        Args:
            workers: programs that run at a time, `None` for one a core. Others wait, on nobody's deadline.
        """
        self._slots = threading.BoundedSemaphore(workers or usable_cpus())
        self._lock = threading.Lock()
        self._idle: list[Agent] = []
        self._busy: set[Agent] = set()
        self._closed = False
        _living.add(self)

    @abstractmethod
    def start(self, limits: Limits) -> Agent:
        """Start an interpreter in the sandbox, for a program of such limits at first.

        Raises:
            Lost: it can't be started; the message says why.
        """

    def adapt(self, agent: Agent, limits: Limits) -> bool:
        """Set what limits an agent from outside; return whether that went well. If not, another is started."""
        return True

    def fate(self, agent: Agent, limits: Limits) -> Execution | None:
        """Return what a program did that its agent was lost, `None` where that is no fault of the program's."""
        return None

    def run(self, program: Program, limits: Limits = Limits()) -> Execution:
        """Run a program to its end or its limit."""
        with self._slots:
            try:
                agent = self._take(limits)
            except Lost as problem:
                return Execution("unavailable", reason=f"the sandbox '{self.name}' can't be used: {problem}")
            good = False
            try:
                execution = agent.run(program, limits)
                good = agent.executions < self.uses
                return execution
            except Lost as problem:
                reason = f"the sandbox '{self.name}' was lost: {problem}"
                return self.fate(agent, limits) or Execution("unavailable", reason=reason)
            finally:
                self._give_back(agent, good)

    def close(self) -> None:
        """End every interpreter, and with it what it runs; what is run later is refused."""
        with self._lock:
            self._closed = True
            ending = [*self._idle, *self._busy]
            self._idle.clear()
        for agent in ending:
            agent.end()

    def _take(self, limits: Limits) -> Agent:
        while True:
            with self._lock:
                if self._closed:
                    raise Lost("it is closed")
                if not self._idle:
                    break
                agent = self._idle.pop()
                self._busy.add(agent)
            good = False
            try:
                good = agent.usable() and self.adapt(agent, limits)
                if good:
                    return agent
            finally:
                if not good:
                    self._give_back(agent, False)
        agent = self.start(limits)
        with self._lock:
            self._busy.add(agent)
        return agent

    def _give_back(self, agent: Agent, good: bool) -> None:
        with self._lock:
            self._busy.discard(agent)
            good = good and not self._closed
            if good:
                self._idle.append(agent)
        if not good:
            agent.end()

    def forget(self) -> None:
        """Leave a parent's interpreters to the parent, and start anew; what a forked child does."""
        for agent in (*self._idle, *self._busy):
            agent.hang_up()
        workers = self._slots._initial_value  # type: ignore[attr-defined]
        self._slots, self._lock = threading.BoundedSemaphore(workers), threading.Lock()
        self._idle, self._busy = [], set()


_living: weakref.WeakSet[WarmSandbox] = weakref.WeakSet()


def _forget() -> None:
    for sandbox in list(_living):
        sandbox.forget()


os.register_at_fork(after_in_child=_forget)
