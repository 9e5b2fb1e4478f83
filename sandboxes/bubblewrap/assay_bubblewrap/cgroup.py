"""Control groups for memory, of either version, where this process may make one."""

from __future__ import annotations

import contextlib
import itertools
import os
from collections.abc import Iterator
from pathlib import Path

__all__ = ["MemoryGroup"]

_PREFIX = "assay-"
_numbers = itertools.count()


class MemoryGroup:
    """A control group that limits the memory of all processes in it together."""

    def __init__(self, folder: Path, limit: str, swap: str, events: str, inside: str) -> None:
        self._folder, self._limit, self._swap = folder, folder / limit, folder / swap
        self._bytes = 0
        #: The file that counts the kernel's kills, and where programs expect it.
        self.events, self.inside = folder / events, inside

    @classmethod
    def make(cls) -> MemoryGroup | None:
        """Make a group below that of this process, or beside it; `None` where that is not allowed.

        Groups that a killed process has left behind are removed on the way.
        """
        for parent, *names in _places():
            _sweep(parent)
            folder = parent / f"{_PREFIX}{os.getpid()}-{next(_numbers)}"
            try:
                folder.mkdir()
            except OSError:
                continue
            group = cls(folder, *names)
            if os.access(group._limit, os.W_OK):
                return group
            group.remove()
        return None

    def admit(self, pid: int) -> None:
        """Put a process into the group, and with it whatever it starts from now on. Raises OSError."""
        (self._folder / "cgroup.procs").write_text(str(pid))

    def limit(self, size: int) -> None:
        """Limit the group to so many bytes, swap included. Raises OSError."""
        if size == self._bytes:
            return
        # Version 1 wants memory <= memory + swap at every moment: one of the two orders will do.
        version_1 = "memsw" in self._swap.name
        for path in [self._swap, self._limit, self._swap]:
            if path == self._limit:
                path.write_text(str(size))
            elif path.exists():
                with contextlib.suppress(OSError):
                    path.write_text(str(size) if version_1 else "0")
        self._bytes = size

    def kills(self) -> int:
        """Return how many processes of the group the kernel has killed for want of memory."""
        with contextlib.suppress(OSError, ValueError):
            return int(dict(line.split() for line in self.events.read_text().splitlines()).get("oom_kill", 0))
        return 0

    def remove(self) -> None:
        """Remove the group, which must be empty by now; one that is not is left to the next sweep."""
        with contextlib.suppress(OSError):
            self._folder.rmdir()


def _places() -> Iterator[tuple[Path, str, str, str, str]]:
    """Yield the groups of this process and those above it, and how the files of their version are named."""
    with contextlib.suppress(OSError):
        own = [line.split(":", 2) for line in Path("/proc/self/cgroup").read_text().splitlines()]
        for line in Path("/proc/mounts").read_text().splitlines():
            _, mounted, kind, options, *_ = line.split()
            if kind == "cgroup2":
                files = ("memory.max", "memory.swap.max", "memory.events", "/sys/fs/cgroup/memory.events")
                paths = [path for number, _, path in own if number == "0"]
            elif kind == "cgroup" and "memory" in options.split(","):
                inside = "/sys/fs/cgroup/memory/memory.oom_control"
                files = ("memory.limit_in_bytes", "memory.memsw.limit_in_bytes", "memory.oom_control", inside)
                paths = [path for _, controllers, path in own if "memory" in controllers.split(",")]
            else:
                continue
            for path in paths:
                folder = Path(mounted, path.strip("/"))
                for parent in (folder, *folder.parents):
                    if parent.is_relative_to(mounted):
                        yield parent, *files


def _sweep(parent: Path) -> None:
    """Remove the empty groups of processes that are no more."""
    for left in parent.glob(f"{_PREFIX}*"):
        pid = left.name.removeprefix(_PREFIX).partition("-")[0]
        if pid.isdigit() and not Path("/proc", pid).exists():
            with contextlib.suppress(OSError):
                left.rmdir()
