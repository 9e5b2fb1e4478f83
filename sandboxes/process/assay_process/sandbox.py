"""Programs as plain processes: a new session, resource limits, a fresh directory, and nothing else."""

from __future__ import annotations

import contextlib
import math
import os
import resource
import selectors
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from assay.sandbox import Execution, Limits, Program, Sandbox, Status

__all__ = ["ProcessSandbox"]


class ProcessSandbox(Sandbox):
    """Runs programs as processes of the caller's user: for trusted code only."""

    name = "process"
    strength = 0

    def problem(self) -> str | None:
        """Return why it can't be used."""
        return None if os.name == "posix" else "the process sandbox needs a POSIX system; use docker here"

    def close(self) -> None:
        """Nothing outlives a run."""

    def run(self, program: Program, limits: Limits = Limits()) -> Execution:
        """Run a program to its end or its limit."""
        with tempfile.TemporaryDirectory(prefix="assay-", ignore_cleanup_errors=True) as folder:
            work = Path(folder, "work")
            work.mkdir()
            for name, content in program.files.items():
                target = work / name
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(content)
            argv = list(program.argv)
            if program.source is not None:
                main = Path(folder, "main.py")
                main.write_text(program.source, encoding="utf-8", errors="surrogatepass")
                argv = [sys.executable, "-I", str(main)]
            environment = {
                "PATH": os.defpath,
                "HOME": str(work),
                "LANG": "C.UTF-8",
                "TMPDIR": str(work),
                **program.environment,
            }
            try:
                return _watched(argv, program, limits, work, environment)
            except OSError as problem:
                return Execution("unavailable", reason=f"the program could not be started: {problem}")


def _watched(argv: list[str], program: Program, limits: Limits, work: Path, environment: dict[str, str]) -> Execution:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.monotonic()
    child = subprocess.Popen(  # noqa: S603 - running what is asked for is what it is for
        argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=work, env=environment,
        start_new_session=True, preexec_fn=lambda: _limit(limits),
    )  # fmt: skip
    assert child.stdin
    assert child.stdout
    assert child.stderr
    status: Status = "ok"
    caught = {child.stdout.fileno(): bytearray(), child.stderr.fileno(): bytearray()}
    try:
        with selectors.DefaultSelector() as selector:
            for fd in caught:
                os.set_blocking(fd, False)
                selector.register(fd, selectors.EVENT_READ)
            os.set_blocking(child.stdin.fileno(), False)
            selector.register(child.stdin, selectors.EVENT_WRITE)
            rest = memoryview(program.stdin)
            while child.poll() is None and status == "ok":
                left = started + limits.wall - time.monotonic()
                if left <= 0:
                    status = "timeout"
                for key, _ in selector.select(min(max(left, 0), 0.02)):
                    if key.fd in caught:
                        part = os.read(key.fd, 1 << 16)
                        caught[key.fd] += part
                        if not part:
                            selector.unregister(key.fd)
                        if len(caught[key.fd]) > limits.output:
                            status = "output"
                    else:
                        try:
                            rest = rest[os.write(key.fd, rest[: 1 << 16]) :] if rest else rest
                        except BrokenPipeError:
                            rest = rest[:0]
                        if not rest:
                            selector.unregister(child.stdin)
                            child.stdin.close()
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()
        for pipe in (child.stdout, child.stderr):
            try:
                while len(caught[pipe.fileno()]) <= limits.output and (part := os.read(pipe.fileno(), 1 << 16)):
                    caught[pipe.fileno()] += part
            except BlockingIOError:
                pass
    out, err = caught.values()
    if status == "ok" and max(len(out), len(err)) > limits.output:
        status = "output"
    for pipe in (child.stdin, child.stdout, child.stderr):
        with contextlib.suppress(BrokenPipeError):
            pipe.close()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    stdout = bytes(out[: limits.output]).decode("utf-8", "backslashreplace")
    stderr = bytes(err[: limits.output]).decode("utf-8", "backslashreplace")
    if status == "ok" and child.returncode:
        status = "killed" if child.returncode < 0 else "nonzero"
        if child.returncode == -signal.SIGXCPU:
            status = "timeout"
        elif stderr.rstrip().rpartition("\n")[2].startswith("MemoryError"):
            status = "memory"
    files = {name: (work / name).read_bytes()[: limits.output] for name in program.collect if (work / name).is_file()}
    return Execution(
        status, child.returncode, stdout, stderr, time.monotonic() - started,
        after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, 0, files,
        "" if status == "ok" else f"the program ended with {status}",
    )  # fmt: skip


def _limit(limits: Limits) -> None:
    cpu = math.ceil(limits.wall if limits.cpu is None else limits.cpu)
    resource.setrlimit(resource.RLIMIT_CPU, (cpu, cpu + 1))
    resource.setrlimit(resource.RLIMIT_AS, (limits.memory, limits.memory))
    resource.setrlimit(resource.RLIMIT_FSIZE, (limits.file_size, limits.file_size))
    resource.setrlimit(resource.RLIMIT_NOFILE, (limits.open_files, limits.open_files))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
