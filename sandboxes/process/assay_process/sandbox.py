"""Programs as plain processes under resource limits, each in a new session and a fresh directory, and nothing else."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

from assay.sandbox import BOOT, ENVIRONMENT, Agent, AgentConfig, Limits, Lost, WarmSandbox

__all__ = ["ProcessSandbox"]


class ProcessSandbox(WarmSandbox):
    """Runs programs as processes of the caller's user: for trusted code only."""

    name = "process"
    strength = 0
    unkept: ClassVar[Mapping[str, str]] = {
        "network": "it uses your network",
        "files": "it reads and writes what you can",
        "environment": "it can read your environment in /proc",
        "signals": "it can signal and trace your processes",
        "user": "it runs as you do",
        "traces": "what it writes outside its directory stays",
        "disk": "each file is limited, their number is not",
        "processes": "their number is not limited; they are ended with the program where they can be found",
        "memory": "each process is limited, their sum is not",
        "kernel": "it is a process like any other",
    }

    def problem(self) -> str | None:
        """Return why it can't be used on this machine."""
        needed = (os.name == "posix", hasattr(os, "waitid"), hasattr(os, "fork"))
        return None if all(needed) else "it needs Linux; use the sandbox 'docker' here"

    def start(self, limits: Limits) -> Agent:
        """Start an interpreter in a directory of its own."""
        folder = Path(tempfile.mkdtemp(prefix="assay-"))
        ours, theirs = socket.socketpair()
        path = os.pathsep.join([str(Path(sys.executable).parent), ENVIRONMENT["PATH"]])
        try:
            with theirs:
                child = subprocess.Popen(  # noqa: S603 - our own interpreter
                    [sys.executable, "-I", "-c", BOOT], stdin=theirs.fileno(), stdout=theirs.fileno(),
                    stderr=subprocess.DEVNULL, cwd="/", env={**ENVIRONMENT, "PATH": path}, start_new_session=True,
                )  # fmt: skip
        except BaseException as problem:
            ours.close()
            folder.rmdir()
            if isinstance(problem, OSError):
                raise Lost(str(problem)) from problem
            raise

        def end() -> None:
            ours.close()
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(5)  # the agent ends what it runs, and itself
            child.kill()
            child.wait()
            shutil.rmtree(folder, ignore_errors=True)

        inside = AgentConfig(str(folder / "work"), clean=[str(folder)], filtered=False, environment={"PATH": path})
        try:
            return Agent(ours, inside, end)
        except BaseException:
            end()
            raise
