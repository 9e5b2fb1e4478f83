"""The contract of a sandbox: run one untrusted program under limits, and say what came of it."""

from __future__ import annotations

import atexit
import os
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Literal, Self

__all__ = ["Execution", "Limits", "Program", "Sandbox", "Status", "shared"]

#: How an execution ended. `killed`: by a signal that no limit of ours sent. `unavailable`: it never ran, through no
#: fault of the program's; a verifier makes an error of it, never a score.
Status = Literal["ok", "nonzero", "timeout", "memory", "output", "killed", "unavailable"]


@dataclass(frozen=True, slots=True)
class Limits:
    """What one execution may use.

    Attributes:
        wall: seconds from the program's own start, not from when it was queued.
        cpu: seconds of processor time over all its processes; `None` for the wall limit.
        memory: bytes of memory, the interpreter's own included.
        processes: processes and threads alive at once.
        file_size: bytes of the largest file it may write.
        open_files: descriptors open at once in a process.
        output: bytes of each of stdout and stderr; what exceeds it ends the program.
    """

    wall: float = 10.0
    cpu: float | None = None
    memory: int = 512 << 20
    processes: int = 32
    file_size: int = 64 << 20
    open_files: int = 256
    output: int = 1 << 20


@dataclass(frozen=True, slots=True)
class Program:
    """What to run: Python source, or an argument vector, in a fresh private directory.

    Attributes:
        source: Python source, run by the sandbox's own interpreter in isolated mode.
        argv: a command instead of a source; its files are named relative to the working directory.
        stdin: what the program reads.
        files: files laid into the working directory first, by relative path.
        environment: environment variables, beside a minimal clean set.
        collect: relative paths of files to return, each up to `Limits.output` bytes.
    """

    source: str | None = None
    argv: tuple[str, ...] = ()
    stdin: bytes = b""
    files: Mapping[str, bytes] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    collect: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if (self.source is None) == (not self.argv):
            raise ValueError("a program is either a source or an argv: give exactly one")


@dataclass(frozen=True, slots=True)
class Execution:
    """What came of a program.

    Attributes:
        status: how it ended.
        exit_code: the exit status; minus the signal's number where a signal ended it; `None` where it never ran.
        stdout, stderr: text, decoded as UTF-8 with what is not UTF-8 escaped.
        seconds: wall time of the program itself.
        cpu_seconds: processor time, user and system.
        peak_memory: bytes, 0 where it can't be known.
        files: the contents of the files asked for that exist.
        reason: a sentence for a person where the status is not `ok`.
    """

    status: Status
    exit_code: int | None = None
    stdout: str = ""
    stderr: str = ""
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    peak_memory: int = 0
    files: Mapping[str, bytes] = field(default_factory=dict)
    reason: str = ""


class Sandbox(ABC):
    """Runs untrusted programs; safe to use from many threads at once; a context manager that leaves nothing behind."""

    name: str
    #: The strongest that works is the default; 0 is for trusted code alone, and never the default.
    strength: int = 1

    @abstractmethod
    def run(self, program: Program, limits: Limits = Limits()) -> Execution:
        """Run a program to its end or its limit. Never raises for what the program does."""

    @abstractmethod
    def problem(self) -> str | None:
        """Return why this sandbox can't be used on this machine and what to do about it, `None` if it can."""

    @abstractmethod
    def close(self) -> None:
        """End every process, container and directory of this sandbox."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


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
