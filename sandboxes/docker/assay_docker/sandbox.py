"""Programs in warm containers of a Docker engine, through Docker's own SDK."""

from __future__ import annotations

import contextlib
import os
import secrets
import socket
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar
from weakref import WeakKeyDictionary

from docker.errors import DockerException, ImageNotFound, NotFound
from requests.exceptions import RequestException

from assay.sandbox import BOOT, ENVIRONMENT, Agent, AgentConfig, Limits, Lost, Program, WarmSandbox
from assay_docker.channel import AttachedChannel
from assay_docker.engine import Engine

__all__ = ["DEFAULT_IMAGE", "DockerSandbox"]

DEFAULT_IMAGE = "assay-python"

#: Labels of our containers: that they are ours, and the process that they belong to.
_LABEL, _OWNER = "assay.sandbox", "assay.owner"
#: Bytes that the agent and the supervisor may use beside the program, and gVisor's kernel beside them.
_OVERHEAD, _OVERHEAD_OF_GVISOR = 48 << 20, 256 << 20
#: Processes of a container at once, whatever the limits of a program allow.
_PROCESSES = 512
#: Each container has a user of its own, so that one's processes don't count as another's.
_FIRST_USER, _USERS = 1_500_000_000, 500_000_000

_UNKEPT_BY_GVISOR: Mapping[str, str] = {
    "environment": "it can look at the descriptors of its supervisor; an answer forged there is recognised",
    "signals": "it can end its supervisor and exhaust its kernel, and its container with it: an error, never a score",
}

_FAILURES = (DockerException, RequestException, OSError)


class DockerSandbox(WarmSandbox):
    """Runs programs in containers without network or capabilities, on a read-only root."""

    name = "docker"
    strength = 1
    unkept: ClassVar[Mapping[str, str]] = {
        "kernel": "programs talk to the host's kernel, through filters of system calls; the runtime `runsc` mends it",
    }

    def __init__(
        self, *, image: str | None = None, runtime: str | None = None, cpus: float = 1.0, workers: int | None = None
    ) -> None:
        """Start nothing yet.

        Args:
            image: one with `python3`; `None` for the variable `ASSAY_DOCKER_IMAGE`, or else `assay-python`.
            runtime: a runtime of the engine; `None` for the variable `ASSAY_DOCKER_RUNTIME`, or else its default.
            cpus: processors that a program may use at once.
            workers: programs that run at a time, `None` for one a core.
        """
        super().__init__(workers=workers)
        self.image = image or os.environ.get("ASSAY_DOCKER_IMAGE") or DEFAULT_IMAGE
        self.runtime = runtime or os.environ.get("ASSAY_DOCKER_RUNTIME") or None
        self._gvisor = self.runtime is not None and "runsc" in self.runtime
        self._overhead = _OVERHEAD_OF_GVISOR if self._gvisor else _OVERHEAD
        self._cpus = cpus
        self._engine: Engine | None = None
        self._engine_lock = threading.RLock()
        self._containers: WeakKeyDictionary[Agent, tuple[Any, int]] = WeakKeyDictionary()
        self._works = False

    def problem(self) -> str | None:
        """Return why it can't be used on this machine, by trying."""
        if self._works:
            return None
        try:
            self._client().images.get(self.image)
        except ImageNotFound:
            return (
                f"the engine has no image '{self.image}': make one with `python -m assay_docker.image {self.image}`, "
                "or name one that has python3 in ASSAY_DOCKER_IMAGE"
            )
        except _FAILURES as problem:
            return (
                f"no Docker engine answers ({_said(problem)}): install one (apt-get install docker.io), start it, "
                "allow this user to reach it, or say in DOCKER_HOST where it is"
            )
        tried = self.run(Program(source="print(6 * 7)"), Limits(wall=30))
        self._works = tried.status == "ok" and tried.stdout == "42\n"
        return None if self._works else tried.reason or tried.stderr

    def gaps(self) -> Mapping[str, str]:
        """Return the promises that can't be kept: gVisor gives programs a kernel of their own, with its own gaps."""
        return _UNKEPT_BY_GVISOR if self._gvisor else self.unkept

    def adapt(self, agent: Agent, limits: Limits) -> bool:
        """Limit the memory of the container; gVisor's is limited once and for all when it starts."""
        container, memory = self._containers[agent]
        if limits.memory == memory:
            return True
        size = limits.memory + self._overhead
        try:
            with self._engine_lock:
                container.update(mem_limit=size, memswap_limit=size)
        except _FAILURES:
            return False
        self._containers[agent] = container, limits.memory
        return True

    def start(self, limits: Limits) -> Agent:
        """Start a container."""
        user = _FIRST_USER + secrets.randbelow(_USERS)
        size = limits.memory
        container = channel = None

        def end() -> None:
            if container is not None:
                # Its standard input is closed, so it ends by itself; where the engine is away, the next start reaps it.
                with contextlib.suppress(*_FAILURES), self._engine_lock:
                    container.remove(force=True)

        try:
            with self._engine_lock:
                container = self._client().containers.create(
                    self.image, ["-I", "-c", BOOT], entrypoint=["python3"], runtime=self.runtime,
                    labels={_LABEL: "1", _OWNER: _owner(os.getpid())},
                    network_mode="none", cap_drop=["ALL"], security_opt=["no-new-privileges"], read_only=True,
                    user=f"{user}:{user}", hostname="sandbox", working_dir="/", environment=dict(ENVIRONMENT),
                    mem_limit=size + self._overhead, memswap_limit=size + self._overhead, pids_limit=_PROCESSES,
                    nano_cpus=int(self._cpus * 1e9), tmpfs={"/tmp": f"rw,exec,nosuid,nodev,mode=1777,size={size}"},  # noqa: S108
                    stdin_open=True, auto_remove=True, init=False, log_config={"type": "none"},
                )  # fmt: skip
                channel = AttachedChannel(container.attach_socket(params={"stdin": 1, "stdout": 1, "stream": 1}))
                container.start()
            inside = AgentConfig(
                "/tmp/work", reaper="agent", clean=["/tmp", "/dev/shm", "/dev/mqueue"], drop=True, spare=2,  # noqa: S108
                address_space=self._gvisor,
            )  # fmt: skip
            agent = Agent(channel, inside, end)
        except BaseException as problem:
            if channel is not None:
                channel.close()
            end()
            if isinstance(problem, _FAILURES):
                raise Lost(_said(problem)) from problem
            raise
        self._containers[agent] = container, size
        return agent

    def close(self) -> None:
        """End every container, and the connection to the engine."""
        super().close()
        with self._engine_lock:
            if self._engine is not None:
                self._engine.close()
                self._engine = None

    def forget(self) -> None:
        """Leave a parent's containers to the parent, and its connection too."""
        super().forget()
        self._engine, self._engine_lock = None, threading.RLock()

    def _client(self) -> Engine:
        """Return the connection to the engine; when it is first made, remove what killed processes have left."""
        with self._engine_lock:
            if self._engine is None:
                engine = Engine.from_env(timeout=60)
                self._engine = engine
                for container in engine.containers.list(all=True, filters={"label": _LABEL}, ignore_removed=True):
                    if _is_orphan(container.labels.get(_OWNER, "")):
                        with contextlib.suppress(NotFound, DockerException):
                            container.remove(force=True)
            return self._engine


def _owner(pid: int) -> str:
    """Return what names a process of a machine for good, though its id may be used again: its start is part of it."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        began = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    except OSError:
        boot = began = "?"
    return f"{socket.gethostname()}/{boot}/{pid}/{began}"


def _is_orphan(owner: str) -> bool:
    """Return whether an owner lived on this machine, and does no more."""
    machine, _, rest = owner.partition("/")
    pid = rest.split("/")[1] if rest.count("/") == 2 else ""
    return machine == socket.gethostname() and pid.isdigit() and owner != _owner(int(pid))


def _said(problem: BaseException) -> str:
    explanation = getattr(problem, "explanation", None)
    return str(explanation or problem or type(problem).__name__)
