"""The inside of a warm sandbox: a started interpreter that forks a fresh process for each program.

The host sends this file's text to a bare interpreter in the sandbox, so it uses the standard library alone and no other
module of assay. Three kinds of process run it:

- the *agent* waits. It never sees a request, so nothing of one execution can be found in the memory of the next;
- the *supervisor*, forked for each execution, reads the request, watches the program and answers;
- the *program*, forked from the supervisor, gives up all that it could misuse and runs what was asked for.

A message is a length, a JSON header of that length, and the blobs whose sizes the header lists. A token follows each
request, which the supervisor reads once the program is apart from it and before it runs; the answer starts with it. So
an answer can't be forged even where a kernel lets a program write to its supervisor's descriptors, as gVisor's does.
"""

from __future__ import annotations

# Programs need not import again what the agent has; these are what short programs ask for most. Not `threading`, which
# makes each fork dearer.
import atexit
import bisect  # noqa: F401
import collections  # noqa: F401
import contextlib
import copy  # noqa: F401
import ctypes
import datetime  # noqa: F401
import functools
import gc
import heapq  # noqa: F401
import itertools  # noqa: F401
import json
import math
import operator  # noqa: F401
import os
import random  # noqa: F401
import re  # noqa: F401
import resource
import select
import shutil
import signal
import stat
import string  # noqa: F401
import struct
import sys
import time
import types
import typing

#: A program that waits for a processor which others hold is not late, up to this many times its limit.
PATIENCE = 10
#: Seconds between two looks at the memory of all processes, where no control group limits it.
GLANCE = 0.05
#: The exit status of a supervisor whose host has gone.
LOST = 77
#: Bytes of a token, and what the agent sends in its place, which doesn't know it.
TOKEN = 16
NO_TOKEN = bytes(TOKEN)

CLONE_NEWNS, CLONE_NEWPID = 0x00020000, 0x20000000
SYS_CLONE = {"x86_64": 56, "aarch64": 220}
MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_BIND, MS_REC = 2, 4, 8, 4096, 16384
PR_SET_DUMPABLE, PR_SET_SECCOMP, PR_SET_CHILD_SUBREAPER, PR_SET_NO_NEW_PRIVS = 4, 22, 36, 38
CAPABILITY_VERSION_3 = 0x20080522
OOM_COUNTERS = ("/sys/fs/cgroup/memory.events", "/sys/fs/cgroup/memory/memory.oom_control")

LINUX = sys.platform == "linux"
libc = ctypes.PyDLL(None, use_errno=True)
if LINUX:
    libc.prctl.argtypes = [ctypes.c_int, *[ctypes.c_ulong] * 4]
    libc.syscall.argtypes, libc.syscall.restype = [ctypes.c_long] * 6, ctypes.c_long


def checked(result: int, doing: str) -> int:
    """Return what a call of libc returned; raise OSError where it failed."""
    if result < 0:
        raise OSError(ctypes.get_errno(), f"{doing}: {os.strerror(ctypes.get_errno())}")
    return result


def read(fd: int, count: int) -> bytes:
    """Return exactly so many bytes; raise EOFError where the other side has gone."""
    parts = []
    while count:
        part = os.read(fd, min(count, 1 << 20))
        if not part:
            raise EOFError
        parts.append(part)
        count -= len(part)
    return b"".join(parts)


def receive(fd: int) -> tuple[dict[str, typing.Any], list[bytes]]:
    """Return a message: its header and its blobs."""
    header = json.loads(read(fd, *struct.unpack("!I", read(fd, 4))))
    return header, [read(fd, size) for size in header["sizes"]]


def send(fd: int, token: bytes, header: dict[str, typing.Any], blobs: list[bytes]) -> None:
    """Send an answer."""
    text = json.dumps({**header, "sizes": [len(blob) for blob in blobs]}).encode()
    rest = memoryview(b"".join([token, struct.pack("!I", len(text)), text, *blobs]))
    while rest:
        rest = rest[os.write(fd, rest) :]


# -- the agent


def serve() -> typing.Callable[[], None]:
    """Fork a supervisor for each request; exit when the host has gone. Return, in a program's process, what it runs."""
    config, filters = receive(0)
    kernel_filter = dict(zip(config["machines"], filters)).get(os.uname().machine, b"")
    source, answer, void = os.dup(0), os.dup(1), os.open(os.devnull, os.O_RDWR)
    for fd in (0, 1, 2):
        os.dup2(void, fd)
    os.close(void)
    if LINUX:
        # No other process of the same user can open what this one holds, read its memory or trace it.
        libc.prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)
    # What an interpreter makes when it is first needed costs a program two milliseconds, unless it is there already.
    exec(compile("pass", "<program>", "exec"), {})  # noqa: S102
    with open(os.devnull, encoding="utf-8") as warmed:
        json.loads(json.dumps({"text": warmed.read()}))
    gc.collect()
    gc.disable()
    gc.freeze()
    os.write(answer, b".")
    waiting = select.poll()
    waiting.register(source, select.POLLIN)
    while True:
        waiting.poll()
        pid = divide(config)
        if pid == 0:
            try:
                return supervise(config, kernel_filter, source, answer)
            except Exception as problem:
                unavailable(answer, NO_TOKEN, f"{type(problem).__name__}: {problem}")
        status = os.waitpid(pid, os.WUNTRACED)[1]
        if os.WIFSTOPPED(status):  # a program of the same user can do that
            os.kill(pid, signal.SIGKILL)
            status = os.waitpid(pid, 0)[1]
        if config["reaper"] == "agent":
            end_all()
        for place in filter(os.path.isdir, config["clean"]):
            empty(place)
        if os.WIFEXITED(status) and os.WEXITSTATUS(status) == LOST:
            for place in config["clean"]:
                with contextlib.suppress(OSError):
                    os.rmdir(place)
            os._exit(0)
        if status:
            ending = {"status": "killed", "exit_code": -9, "reason": "the program ended its supervisor"}
            send(answer, NO_TOKEN, ending, [b"", b""])
        os.write(answer, b".")


def divide(config: dict[str, typing.Any]) -> int:
    """Fork. Where namespaces are wanted, the child is process 1 of a namespace of its own, with mounts of its own."""
    if not config["namespaces"]:
        return os.fork()
    flags = CLONE_NEWPID | CLONE_NEWNS | signal.SIGCHLD
    return checked(libc.syscall(SYS_CLONE[os.uname().machine], flags, 0, 0, 0, 0), "a process in new namespaces")


def end_all() -> None:
    """Kill every process in sight but the first and this one, and reap those that are ours."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(-1, signal.SIGKILL)
    with contextlib.suppress(ChildProcessError):
        while True:
            os.waitpid(-1, 0)


def end_descendants() -> None:
    """Kill what is left of a program where other processes are in sight: its orphans have become ours."""
    with contextlib.suppress(ChildProcessError):
        while True:
            if os.waitpid(-1, os.WNOHANG)[0] == 0:
                for pid, fields in processes():
                    if int(fields[1]) == os.getpid():
                        with contextlib.suppress(ProcessLookupError):
                            os.kill(pid, signal.SIGKILL)
                time.sleep(0.001)


def empty(place: str) -> None:
    """Remove what a folder holds, however it is protected or nested; the folder stays."""
    for name in os.listdir(place):
        path = os.path.join(place, name)
        try:
            if os.path.isdir(path) and not os.path.islink(path):
                shutil.rmtree(path)
            else:
                os.unlink(path)
        except (OSError, RecursionError):
            os.spawnvp(os.P_WAIT, "chmod", ["chmod", "-R", "u+rwx", path])
            os.spawnvp(os.P_WAIT, "rm", ["rm", "-rf", path])
    if os.listdir(place):
        os._exit(1)  # the next execution must not find it: this agent ends, and its sandbox with it


# -- the supervisor


def supervise(
    config: dict[str, typing.Any], kernel_filter: bytes, source: int, answer: int
) -> typing.Callable[[], None]:
    """Run one program and answer; return only in the program's process, with what becomes the program."""
    if LINUX:
        libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    try:
        request, (stdin, code, *contents) = receive(source)
    except EOFError:
        os._exit(LOST)
    limits = request["limits"]
    try:
        if config["namespaces"]:
            mount(limits)
        (theirs_in, entry), (exit_out, theirs_out), (exit_err, theirs_err) = os.pipe(), os.pipe(), os.pipe()
        ours, theirs = (entry, exit_out, exit_err), (theirs_in, theirs_out, theirs_err)
        (failure, fail), (wait, go) = os.pipe(), os.pipe()
        before = oom_kills()
        pid = os.fork()
    except OSError as problem:
        unavailable(answer, NO_TOKEN, problem)
    if pid == 0:
        request["files"] = list(zip(request["files"], contents))
        return functools.partial(become, config, kernel_filter, request, code, theirs, wait, fail)
    for fd in (*theirs, fail):
        os.close(fd)
    token = read(source, TOKEN)
    os.write(go, b".")
    if told := os.read(failure, 4096):
        unavailable(answer, token, told.decode("utf-8", "replace"))
    outcome = Watch(config, limits, pid, source).until_end(ours, stdin)
    if outcome["status"] in ("ok", "killed") and oom_kills() > before:
        outcome.update(status="memory", reason=f"it used more than {limits['memory'] >> 20} MiB of memory")
    blobs = [outcome.pop("stdout"), outcome.pop("stderr")]
    collected = []
    for name in request["collect"]:
        content = collect(config["work"], name, limits["output"])
        if content is not None and len(content) > limits["output"]:
            outcome.update(status="output", reason=f"its file {name} is larger than {limits['output']:,} bytes")
        elif content is not None:
            collected.append(name)
            blobs.append(content)
    try:
        send(answer, token, {**outcome, "files": collected}, blobs)
    except OSError:
        os._exit(LOST)
    os._exit(0)


def unavailable(answer: int, token: bytes, problem: object) -> typing.NoReturn:
    """Answer that the program never ran."""
    reason = f"the program could not be run: {problem}"
    send(answer, token, {"status": "unavailable", "exit_code": None, "reason": reason}, [b"", b""])
    os._exit(0)


def mount(limits: dict[str, typing.Any]) -> None:
    """Give this process's namespaces an empty /tmp, and a /proc that shows their own processes alone."""
    size = f"size={limits['memory']},nr_inodes=65536,mode=1777".encode()
    # An interpreter that is installed under /tmp itself is carried into the empty one.
    carried = {os.path.realpath(one): -1 for one in (sys.prefix, sys.base_prefix) if one.startswith("/tmp/")}
    for path in carried:
        carried[path] = os.open(path, os.O_PATH | os.O_DIRECTORY)
    checked(libc.mount(b"tmpfs", b"/tmp", b"tmpfs", MS_NOSUID | MS_NODEV, size), "an empty /tmp")
    for path, place in carried.items():
        os.makedirs(path, exist_ok=True)
        source = f"/proc/self/fd/{place}".encode()
        checked(libc.mount(source, path.encode(), None, MS_BIND | MS_REC, None), "the interpreter under /tmp")
        os.close(place)
    flags = MS_NOSUID | MS_NODEV | MS_NOEXEC
    if libc.mount(b"proc", b"/proc", b"proc", flags, b"subset=pid") < 0:
        checked(libc.mount(b"tmpfs", b"/proc", b"tmpfs", flags, b"size=0"), "an empty /proc")


def oom_kills() -> int:
    """Return how often the kernel has killed for memory in this control group, 0 where that can't be seen."""
    for path in OOM_COUNTERS:
        with contextlib.suppress(OSError), open(path) as file:
            return int(dict(line.split() for line in file).get("oom_kill", 0))
    return 0


def processes() -> typing.Iterator[tuple[int, list[str]]]:
    """Yield the id of each process in sight, and the fields of its `stat` after its name."""
    with contextlib.suppress(OSError):
        for name in os.listdir("/proc"):
            if name.isdigit():
                with contextlib.suppress(OSError), open(f"/proc/{name}/stat", errors="replace") as file:
                    yield int(name), file.read().rpartition(")")[2].split()


class Watch:
    """Feeds a program, collects what it says, and ends it when it has used up a limit."""

    def __init__(self, config: dict[str, typing.Any], limits: dict[str, typing.Any], pid: int, source: int) -> None:
        self.config, self.limits, self.pid, self.source = config, limits, pid, source
        self.own = {1, os.getpid()} if config["reaper"] else set()
        self.cpu = limits["wall"] if limits["cpu"] is None else limits["cpu"]
        self.started = time.monotonic()

    def until_end(self, pipes: tuple[int, int, int], stdin: bytes) -> dict[str, typing.Any]:
        """Return how the program ended, and its output up to the limit."""
        entry, *exits = pipes
        caught = {fd: bytearray() for fd in exits}
        poller = select.poll()
        poller.register(self.source, 0)  # hears only that the host has gone
        for fd in pipes:
            os.set_blocking(fd, False)
        for fd in exits:
            poller.register(fd, select.POLLIN)
        poller.register(entry, select.POLLOUT)
        ended = None
        with contextlib.suppress(OSError, AttributeError):  # gVisor and macOS have none; there, look often
            ended = os.pidfd_open(self.pid)
            poller.register(ended, select.POLLIN)
        rest, verdict, status = memoryview(stdin), None, None
        pause, due = 0.0, self.started + min(self.limits["wall"], self.cpu / (os.cpu_count() or 1))
        if self.config["glance"]:
            due = min(due, self.started + GLANCE)
        while verdict is None:
            pause = max(due - time.monotonic(), 0)
            events = poller.poll(math.ceil(1000 * (pause if ended is not None else min(pause, 0.002))))
            for fd, _ in events:
                if fd in caught:
                    part = drain(fd, caught[fd], self.limits["output"])
                    if part == "end":
                        poller.unregister(fd)
                    elif part == "full":
                        verdict = "output", f"it wrote more than {self.limits['output']:,} bytes"
                elif fd == entry:
                    try:
                        rest = rest[os.write(entry, rest[: 1 << 16]) :] if rest else rest
                    except BrokenPipeError:
                        rest = rest[:0]
                    if not rest:
                        poller.unregister(entry)
                        os.close(entry)
                elif fd == self.source:
                    self.end()
                    os._exit(LOST)
            if (ended is None or not events or any(fd == ended for fd, _ in events)) and self.has_ended():
                break
            if verdict is None and time.monotonic() >= due:
                verdict, due = self.judge()
        seconds = time.monotonic() - self.started
        status = self.end()
        for fd, text in caught.items():
            if drain(fd, text, self.limits["output"]) == "full" and verdict is None:
                verdict = "output", f"it wrote more than {self.limits['output']:,} bytes"
        usage = resource.getrusage(resource.RUSAGE_CHILDREN)
        spent = usage.ru_utime + usage.ru_stime
        stdout, stderr = (bytes(text[: self.limits["output"]]) for text in caught.values())
        code = os.waitstatus_to_exitcode(status)
        if verdict is None:
            verdict = named(code, stderr, spent >= self.cpu)
        return {
            "status": verdict[0], "reason": verdict[1], "exit_code": code, "stdout": stdout, "stderr": stderr,
            "seconds": seconds, "cpu_seconds": spent, "peak_memory": usage.ru_maxrss * (1024 if LINUX else 1),
        }  # fmt: skip

    def has_ended(self) -> bool:
        """Whether the program's first process has ended; it is left to be reaped, so that its id stays its own."""
        return os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None

    def judge(self) -> tuple[tuple[str, str] | None, float]:
        """Return what limit is used up, if one is, and when to look again."""
        now, wall = time.monotonic(), self.limits["wall"]
        spent, resident = self.used()
        if spent >= self.cpu:
            return ("timeout", f"it used {self.cpu:g} s of processor time"), now
        own = now - self.started
        if own < PATIENCE * wall:
            own -= self.waited()
        if own >= wall:
            # A program that has ended meanwhile is not late: this process is.
            return (None if self.has_ended() else ("timeout", f"it ran for more than {wall:g} s")), now
        if self.config["glance"] and resident > self.limits["memory"]:
            return ("memory", f"it used more than {self.limits['memory'] >> 20} MiB of memory"), now
        pause = min(wall - own, (self.cpu - spent) / (os.cpu_count() or 1))
        return None, now + max(min(pause, GLANCE) if self.config["glance"] else pause, 0.005)

    def used(self) -> tuple[float, int]:
        """Return the seconds that the program's processes have used, and the bytes that they use."""
        ticks = resident = 0
        for pid, fields in processes():
            if (pid not in self.own) if self.own else pid == self.pid:
                ticks += sum(map(int, fields[11:15]))
                if self.config["glance"]:
                    with (
                        contextlib.suppress(OSError, ValueError, IndexError),
                        open(f"/proc/{pid}/smaps_rollup") as file,
                    ):
                        resident += 1024 * next(int(line.split()[1]) for line in file if line.startswith("Pss:"))
        gone = resource.getrusage(resource.RUSAGE_CHILDREN)
        return ticks / os.sysconf("SC_CLK_TCK") + gone.ru_utime + gone.ru_stime, resident

    def waited(self) -> float:
        """Return the seconds for which the program was ready to run and had no processor."""
        try:
            with open(f"/proc/{self.pid}/schedstat") as file:
                return int(file.read().split()[1]) / 1e9
        except (OSError, IndexError):
            return 0.0

    def end(self) -> int:
        """End every process of the program; return the exit status of its first."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        if self.config["reaper"]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(-1, signal.SIGKILL)
        status = os.waitpid(self.pid, 0)[1]
        if self.config["reaper"]:
            with contextlib.suppress(ChildProcessError):
                while True:
                    os.waitpid(-1, 0)
        else:
            end_descendants()
        return status


def drain(fd: int, text: bytearray, limit: int) -> str:
    """Take what a pipe holds. Return `end` where nobody writes to it any more, `full` past the limit, else `more`."""
    while len(text) <= limit:
        try:
            part = os.read(fd, 1 << 16)
        except BlockingIOError:
            return "more"
        if not part:
            return "end"
        text += part
    return "full"


def named(code: int, stderr: bytes, spent: bool) -> tuple[str, str]:
    """Return the status of a program that ended by itself, and a sentence."""
    if code == 0:
        return "ok", ""
    if code == -signal.SIGXCPU or (code == -signal.SIGKILL and spent):
        return "timeout", "it used up its processor time"
    last = stderr.rstrip().rpartition(b"\n")[2]
    if last.startswith(b"MemoryError") or b"std::bad_alloc" in last:
        return "memory", "it could have no more memory"
    if code < 0:
        with contextlib.suppress(ValueError):
            return "killed", f"it was ended by {signal.Signals(-code).name}"
        return "killed", f"it was ended by signal {-code}"
    return "nonzero", f"it ended with exit code {code}"


def collect(work: str, name: str, limit: int) -> bytes | None:
    """Return up to a byte more than the limit of a regular file below the working directory; follow no link."""
    folder = None
    try:
        folder = os.open(work, os.O_RDONLY | os.O_DIRECTORY)
        *parents, leaf = name.split("/")
        for parent in parents:
            if stat.S_ISLNK(os.lstat(parent, dir_fd=folder).st_mode):  # gVisor knows no O_NOFOLLOW for folders
                return None
            below = os.open(parent, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=folder)
            os.close(folder)
            folder = below
        with open(os.open(leaf, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=folder), "rb") as file:
            return file.read(limit + 1) if stat.S_ISREG(os.fstat(file.fileno()).st_mode) else None
    except OSError:
        return None
    finally:
        if folder is not None:
            os.close(folder)


# -- the program


def become(
    config: dict[str, typing.Any], kernel_filter: bytes, request: dict[str, typing.Any], code: bytes,
    pipes: tuple[int, int, int], wait: int, fail: int,
) -> None:  # fmt: skip
    """Turn this process into the program; never returns."""
    os.read(wait, 1)
    try:
        confine(config, kernel_filter, request, pipes, fail)
        os.environ.clear()
        os.environ.update({"HOME": config["work"], "TMPDIR": os.path.dirname(config["work"]), **config["environment"]})
        os.environ.update(request["environment"])
    except BaseException as problem:
        os.write(fail, f"{type(problem).__name__}: {problem}".encode("utf-8", "replace") or b"?")
        os._exit(126)
    os.close(fail)
    argv = request["argv"]
    if not argv:
        execute(code)
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
    try:
        os.execvp(argv[0], argv)
    except OSError as problem:
        os.write(2, f"{argv[0]}: {problem.strerror}\n".encode("utf-8", "replace"))
        os._exit(127 if isinstance(problem, FileNotFoundError) else 126)


def confine(
    config: dict[str, typing.Any], kernel_filter: bytes, request: dict[str, typing.Any], pipes: tuple[int, int, int],
    fail: int,
) -> None:  # fmt: skip
    """Give up privileges, descriptors and resources, for good."""
    limits = request["limits"]
    os.setsid()
    for target, fd in enumerate(pipes):
        os.dup2(fd, target)
    os.closerange(3, fail)
    os.closerange(fail + 1, resource.getrlimit(resource.RLIMIT_NOFILE)[0])
    gc.enable()
    if config["uid"] is not None:
        os.setgroups([])
        os.setresgid(config["uid"], config["uid"], config["uid"])
        os.setresuid(config["uid"], config["uid"], config["uid"])
    os.umask(0o022)
    lay(config["work"], request["files"])
    cpu = math.ceil(limits["wall"] if limits["cpu"] is None else limits["cpu"])
    limit(resource.RLIMIT_CPU, cpu, cpu + 1)
    limit(resource.RLIMIT_AS if config["address_space"] else resource.RLIMIT_DATA, limits["memory"])
    limit(resource.RLIMIT_FSIZE, limits["file_size"])
    limit(resource.RLIMIT_NOFILE, limits["open_files"])
    limit(resource.RLIMIT_CORE, 0)
    if config["spare"] is not None:
        limit(resource.RLIMIT_NPROC, limits["processes"] + config["spare"])
    if LINUX:
        checked(libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no new privileges")
        checked(libc.prctl(PR_SET_DUMPABLE, 1, 0, 0, 0), "a /proc/self of its own")
        with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w") as file:
            file.write("1000")  # where memory runs out, the program goes before its supervisor
        if config["drop"]:
            header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0)
            checked(libc.capset(header, (ctypes.c_uint32 * 6)()), "dropping capabilities")
    if kernel_filter:
        filters = ctypes.create_string_buffer(kernel_filter, len(kernel_filter))
        program = ctypes.create_string_buffer(
            struct.pack("HxxxxxxP", len(kernel_filter) // 8, ctypes.addressof(filters))
        )
        checked(libc.prctl(PR_SET_SECCOMP, 2, ctypes.addressof(program), 0, 0), "a filter of system calls")


def limit(what: int, soft: int, hard: int | None = None) -> None:
    """Lower a limit; one that is lower already stays."""
    hard = soft if hard is None else hard
    ceiling = resource.getrlimit(what)[1]
    if ceiling != resource.RLIM_INFINITY:
        soft, hard = min(soft, ceiling), min(hard, ceiling)
    resource.setrlimit(what, (soft, hard))


def lay(work: str, files: list[tuple[str, bytes]]) -> None:
    """Make the working directory, with its files, and enter it."""
    os.mkdir(work, 0o700)
    if LINUX and os.path.islink("/dev/shm"):
        os.mkdir(os.path.realpath("/dev/shm"), 0o1777)
    os.chdir(work)
    for name, content in files:
        if os.path.dirname(name):
            os.makedirs(os.path.dirname(name), exist_ok=True)
        with open(name, "wb") as file:
            file.write(content)


def execute(code: bytes) -> typing.NoReturn:
    """Run Python source as the main module of this interpreter, end as an interpreter does."""
    for fd, (name, mode, errors) in enumerate(
        [("stdin", "r", "strict"), ("stdout", "w", "strict"), ("stderr", "w", "backslashreplace")]
    ):
        stream: typing.Any = open(fd, mode, 1 if fd == 2 else -1, encoding="utf-8", errors=errors, closefd=False)
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)
    main = types.ModuleType("__main__")
    sys.modules["__main__"], sys.argv = main, [""]
    status = 0
    try:
        exec(compile(code, "<program>", "exec", dont_inherit=True), main.__dict__)  # noqa: S102 - what it is for
    except SystemExit as leaving:
        status = leaving.code if isinstance(leaving.code, int) else 0 if leaving.code is None else 1
        if leaving.code is not None and not isinstance(leaving.code, int):
            print(leaving.code, file=sys.stderr)  # noqa: T201
    except BaseException as problem:
        status = 1
        trace = problem.__traceback__
        problem.__traceback__ = trace.tb_next if trace else None  # its first frame is ours
        sys.excepthook(type(problem), problem, problem.__traceback__)
    finish = getattr(sys.modules.get("threading"), "_shutdown", None)
    for last in (finish, atexit._run_exitfuncs):
        with contextlib.suppress(BaseException):
            if last:
                last()
    for written in (sys.stdout, sys.stderr):
        try:
            if not written.closed:
                written.flush()
        except (OSError, ValueError):
            status = status or 120
        except BaseException:
            status = 1
    os._exit(status & 0xFF)


_program = serve()
_program()
