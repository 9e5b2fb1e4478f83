"""Programs in Linux namespaces: bubblewrap builds the place, and a warm interpreter in it forks them."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import ClassVar
from weakref import WeakKeyDictionary

from assay.sandbox import BOOT, ENVIRONMENT, Agent, AgentConfig, Execution, Limits, Lost, Program, WarmSandbox
from assay_bubblewrap.cgroup import MemoryGroup

__all__ = ["BubblewrapSandbox"]

#: Our interpreter, without a `..` whose folder isn't there inside; a link stays, for it tells a virtual environment.
_PYTHON = os.path.normpath(sys.executable)
#: The user that programs are, inside.
_USER = 1000
#: Where root's programs get users of their own outside: ids that no distribution gives to anybody.
_FIRST_USER = 1_500_000_000
#: Bytes that the agent and the supervisor may use beside the program.
_OVERHEAD = 48 << 20


class BubblewrapSandbox(WarmSandbox):
    """Runs programs in namespaces of their own, as a user without privileges, behind a filter of system calls."""

    name = "bubblewrap"
    strength = 2
    unkept: ClassVar[Mapping[str, str]] = {
        "kernel": "programs talk to the host's kernel, through a filter of system calls",
    }

    def __init__(self, *, workers: int | None = None) -> None:
        """Start nothing yet.

        Args:
            workers: programs that run at a time, `None` for one a core.
        """
        super().__init__(workers=workers)
        self._groups: WeakKeyDictionary[Agent, tuple[MemoryGroup, int]] = WeakKeyDictionary()
        self._works = False
        self._grouped: bool | None = None

    def problem(self) -> str | None:
        """Return why it can't be used on this machine, by trying."""
        if self._works:
            return None
        if sys.platform != "linux":
            return "it needs Linux; use the sandbox 'docker' here"
        if shutil.which("bwrap") is None:
            return "bubblewrap is not installed: apt-get install bubblewrap (dnf, pacman and apk call it so too)"
        tried = self.run(Program(source="print(6 * 7)"), Limits(wall=30))
        self._works = tried.status == "ok" and tried.stdout == "42\n"
        return None if self._works else f"{tried.reason or tried.stderr}{_advice(tried.reason)}"

    def gaps(self) -> Mapping[str, str]:
        """Return the promises that can't be kept on this machine."""
        if self._grouped is None:
            group = MemoryGroup.make()
            self._grouped = group is not None
            if group:
                group.remove()
        loose = "no control group can be made here: each process is limited, their sum is looked at 20 times a second"
        return self.unkept if self._grouped else {**self.unkept, "memory": loose}

    def adapt(self, agent: Agent, limits: Limits) -> bool:
        """Limit the memory of all processes of the program together."""
        if agent in self._groups:
            group, _ = self._groups[agent]
            self._groups[agent] = group, group.kills()
            try:
                group.limit(limits.memory + _OVERHEAD)
            except OSError:
                return False
        return True

    def fate(self, agent: Agent, limits: Limits) -> Execution | None:
        """Return that a program whose agent was lost used too much memory, if it did."""
        if agent in self._groups:
            group, before = self._groups[agent]
            if group.kills() > before:
                return Execution("memory", -9, reason=f"it used more than {limits.memory >> 20} MiB of memory")
        return None

    def start(self, limits: Limits) -> Agent:
        """Start an interpreter in namespaces."""
        group = MemoryGroup.make()
        ours, theirs = socket.socketpair()
        told, tell = os.pipe()
        wait, go = os.pipe()
        errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed below
        python = [_PYTHON, "-I", "-c", BOOT]
        root = os.geteuid() == 0
        command = ["bwrap", *_namespaces(root), "--info-fd", str(tell), "--userns-block-fd", str(wait), *_places()]
        if group:
            command += ["--ro-bind", str(group.events), group.inside]
        path = os.pathsep.join([str(Path(_PYTHON).parent), ENVIRONMENT["PATH"]])
        monitor = inner = None

        def end() -> None:
            ours.close()
            if inner is not None:
                with contextlib.suppress(ProcessLookupError):
                    signal.pidfd_send_signal(inner, signal.SIGKILL)  # the first of its namespace: all end with it
                os.close(inner)
            if monitor is not None:
                if inner is None:
                    monitor.kill()
                monitor.wait()
            if group:
                group.remove()

        try:
            try:
                monitor = subprocess.Popen(  # noqa: S603
                    [*command, "--remount-ro", "/", "--", *python],
                    stdin=theirs.fileno(), stdout=theirs.fileno(), stderr=errors, pass_fds=(tell, wait),
                    env={**ENVIRONMENT, "PATH": path}, cwd="/", start_new_session=True,
                )  # fmt: skip
            finally:
                theirs.close()
                os.close(tell)
                os.close(wait)
            try:
                pid = _first_process(told)
                inner = os.pidfd_open(pid)
                _map_users(pid, root)
                if group:
                    group.limit(limits.memory + _OVERHEAD)
                    group.admit(pid)
                os.write(go, b".")
                inside = AgentConfig(
                    "/tmp/work", namespaces=True, reaper="supervisor", uid=_USER if root else None, drop=True,  # noqa: S108
                    spare=0 if root else 2, glance=group is None, environment={"PATH": path},
                )  # fmt: skip
                agent = Agent(ours, inside, end)
            except (OSError, Lost) as problem:
                end()
                errors.seek(0)
                said = errors.read(2000).decode("utf-8", "replace").strip()
                raise Lost(said or str(problem)) from problem
            except BaseException:
                end()
                raise
        finally:
            os.close(told)
            os.close(go)
            errors.close()
        if group:
            self._groups[agent] = group, 0
        return agent


_users = iter(range(_FIRST_USER + os.getpid() * 64 % 500_000_000, 2**31 - 2))
_users_lock = threading.Lock()


def _namespaces(root: bool) -> list[str]:
    """Return bubblewrap's options for the namespaces and for what the agent needs in them to make more."""
    user = "0" if root else str(_USER)
    options = ["--unshare-user", "--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts"]
    options += ["--unshare-cgroup-try", "--as-pid-1", "--hostname", "sandbox", "--uid", user, "--gid", user]
    for capability in ("SYS_ADMIN", "SYS_PTRACE", "SETUID", "SETGID", "SETPCAP", "DAC_OVERRIDE", "KILL"):
        options += ["--cap-add", f"CAP_{capability}"]
    return options


def _places() -> Iterator[str]:
    """Yield bubblewrap's options for what can be seen: the system's programs and the interpreter, read-only."""
    yield from ("--ro-bind", "/usr", "/usr")
    for name in ("bin", "sbin", "lib", "lib32", "lib64", "libx32"):
        place = Path("/", name)
        if place.is_symlink():
            yield from ("--symlink", str(place.readlink()), str(place))
        elif place.is_dir():
            yield from ("--ro-bind", str(place), str(place))
    yield from ("--dir", "/etc")
    for name in ("alternatives", "ld.so.cache", "ld.so.conf", "ld.so.conf.d"):
        yield from ("--ro-bind-try", f"/etc/{name}", f"/etc/{name}")
    for prefix in sorted(
        {Path(os.path.normpath(one)) for one in (sys.base_prefix, sys.prefix, Path(sys.base_prefix).resolve())}
    ):
        if not prefix.is_relative_to("/usr"):
            for parent in reversed(prefix.parents[:-1]):
                yield from ("--dir", str(parent))  # else only their owner could pass
            yield from ("--ro-bind", str(prefix), str(prefix))
    yield from ("--proc", "/proc", "--dir", "/tmp", "--dir", "/dev")  # noqa: S108
    for device in ("null", "zero", "full", "random", "urandom"):
        yield from ("--dev-bind", f"/dev/{device}", f"/dev/{device}")
    for name, target in {"fd": "fd", "stdin": "fd/0", "stdout": "fd/1", "stderr": "fd/2"}.items():
        yield from ("--symlink", f"/proc/self/{target}", f"/dev/{name}")
    yield from ("--symlink", "/tmp/shm", "/dev/shm")  # noqa: S108


def _first_process(told: int) -> int:
    """Return the id of the sandbox's first process, which bubblewrap tells once it has made it."""
    text = b""
    while part := os.read(told, 4096):
        text += part
        with contextlib.suppress(ValueError):
            return int(json.loads(text)["child-pid"])
    raise OSError("bubblewrap ended before it had made the sandbox")


def _map_users(pid: int, root: bool) -> None:
    """Say who the users inside are outside: for root's programs somebody who owns nothing, else the caller."""
    process = Path("/proc", str(pid))
    if root:
        with _users_lock:
            user = next(_users)
        maps = dict.fromkeys(("uid_map", "gid_map"), f"0 0 1\n{_USER} {user} 1\n")
    else:
        (process / "setgroups").write_text("deny")
        maps = {"uid_map": f"{_USER} {os.geteuid()} 1\n", "gid_map": f"{_USER} {os.getegid()} 1\n"}
    for name, text in maps.items():
        (process / name).write_text(text)


def _advice(reason: str) -> str:
    """Return what to do about a reason that bubblewrap gives, as the continuation of a sentence."""
    if "ermission denied" in reason or "not permitted" in reason or "No space left" in reason:
        return (
            ". This machine refuses user namespaces: outside a container, `sysctl -w user.max_user_namespaces=10000` "
            "and, where they exist, `kernel.unprivileged_userns_clone=1` and "
            "`kernel.apparmor_restrict_unprivileged_userns=0`; inside one, run it with "
            "`--security-opt seccomp=unconfined --security-opt apparmor=unconfined`, or use the sandbox 'docker'"
        )
    return ""
