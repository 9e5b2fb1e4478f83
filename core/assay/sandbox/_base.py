"""The contract of a sandbox: run one untrusted program under limits, and say what came of it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from types import TracebackType
from typing import ClassVar, Literal, Self

__all__ = ["PROMISES", "Execution", "Limits", "Program", "Sandbox", "Status"]

#: How an execution ended. `killed`: by a signal that no limit of ours sent. `unavailable`: it never ran, through no
#: fault of the program's; a verifier makes an error of it, never a score.
Status = Literal["ok", "nonzero", "timeout", "memory", "output", "killed", "unavailable"]

#: What a sandbox promises of every program, by a short name. A sandbox lists those that it can't keep in `unkept`.
PROMISES: Mapping[str, str] = {
    "network": "it reaches no network",
    "files": "it reads no file of the host beside the interpreter, its packages and the system's programs",
    "environment": "it sees no variable and no descriptor of its parent",
    "signals": "it can't signal, trace or look into a process outside",
    "user": "it runs as a user without privileges, and can't gain any",
    "traces": "nothing that it writes is seen by the next program, or stays on the host",
    "disk": "what it writes in all is bounded",
    "processes": "it has no more processes and threads at once than the limit; none outlives it",
    "memory": "its processes together use no more memory than the limit",
    "kernel": "a hole in the host's kernel does not let it out",
}


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
        for name in (*self.files, *self.collect):
            path = PurePosixPath(name)
            if path.is_absolute() or ".." in path.parts or not path.parts or "\0" in name:
                raise ValueError(f"{name!r} is no path below the working directory; files are named relative to it")


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

    name: ClassVar[str]
    #: The promises (`PROMISES`) that this sandbox can't keep, each with what happens instead.
    unkept: ClassVar[Mapping[str, str]] = {}
    #: The strongest that works is the default; 0 is for trusted code alone, and never the default.
    strength: ClassVar[int] = 1

    @abstractmethod
    def run(self, program: Program, limits: Limits = Limits()) -> Execution:
        """Run a program to its end or its limit. Never raises for what the program does."""

    @abstractmethod
    def problem(self) -> str | None:
        """Return why this sandbox can't be used on this machine and what to do about it, `None` if it can."""

    def gaps(self) -> Mapping[str, str]:
        """Return the promises that can't be kept on this machine, each with what happens instead."""
        return self.unkept

    @abstractmethod
    def close(self) -> None:
        """End every process, container and directory of this sandbox."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
