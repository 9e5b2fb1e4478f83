"""Nothing is left behind, whatever becomes of the process that runs sandboxes; and sandboxes survive what they need."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import textwrap
import threading
import time
from pathlib import Path

import psutil
import pytest
from optional import module
from places import NAMES, made, usable

from assay.sandbox import Limits, Program

REAL = [name for name in NAMES if name != "gvisor"]


def script(name, body):
    """A program that makes a sandbox, says that it runs, and does as the body says."""
    return textwrap.dedent(f"""
        import os, signal, sys, threading, time
        from assay import installed
        from assay.sandbox import Limits, Program
        sandbox = installed().sandbox({name!r})
        sandbox.run(Program(source="print(1)"))
        long = Program(source="import subprocess; subprocess.run(['sleep', '7777'])")
        def forever(): sandbox.run(long, Limits(wall=600))
        threading.Thread(target=forever, daemon=True).start()
        time.sleep(1)
        print("ready", flush=True)
        """) + textwrap.dedent(body)


def left(folder):
    """What a sandbox could leave: processes, temporary folders, control groups."""
    found = [p.info["cmdline"] for p in psutil.process_iter(["cmdline"]) if p.info["cmdline"] == ["sleep", "7777"]]
    found += [str(path) for path in folder.iterdir()]
    return found


def containers_of(pid):
    module("docker", "this sandbox needs it: pip install assay-docker")
    from assay_docker.engine import Engine

    with contextlib.closing(Engine.from_env()) as client:
        owned = client.containers.list(all=True, filters={"label": "assay.sandbox"}, ignore_removed=True)
        return [one.id for one in owned if one.labels["assay.owner"].split("/")[2] == str(pid)]


def wait_until(condition):
    """Wait, for as long as the test may take."""
    while not condition():
        time.sleep(0.1)


ENDINGS = {
    "kill -9": ("time.sleep(600)", signal.SIGKILL),
    "Ctrl-C": ("time.sleep(600)", signal.SIGINT),
    "SIGTERM": ("time.sleep(600)", signal.SIGTERM),
    "an exception": ("raise RuntimeError('on purpose')", None),
    "the end": ("pass", None),
    "os._exit": ("os._exit(3)", None),
    "Ctrl-C in a run": ("sandbox.run(long, Limits(wall=600))", signal.SIGINT),
}


@pytest.mark.parametrize("name", REAL)
@pytest.mark.parametrize("ending", ENDINGS)
def test_nothing_is_left(name, ending, tmp_path):
    usable(name).close()
    body, number = ENDINGS[ending]
    child = subprocess.Popen(
        [sys.executable, "-c", script(name, body)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=os.environ | {"TMPDIR": str(tmp_path)}
    )  # fmt: skip
    try:
        assert child.stdout.readline() == "ready\n"
        time.sleep(0.2)
        if number:
            child.send_signal(number)
        child.wait()
    finally:
        child.kill()
        child.wait()
        child.stdout.close()
    wait_until(lambda: not left(tmp_path))
    if name == "docker":
        wait_until(lambda: not containers_of(child.pid))


def test_an_orphaned_container_is_reaped_at_the_next_start():
    usable("docker").close()
    docker = module("docker", "this sandbox needs it: pip install assay-docker")

    from assay_docker.engine import Engine
    from assay_docker.sandbox import _owner

    with contextlib.closing(Engine.from_env()) as client:
        dead = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
        labels = {"assay.sandbox": "1", "assay.owner": _owner(dead.pid)}
        dead.communicate(b"\n")
        mine = {"assay.sandbox": "1", "assay.owner": _owner(os.getpid())}
        orphan, own = (client.containers.create("assay-python", ["sleep", "60"], labels=one) for one in (labels, mine))
        try:
            with made("docker") as sandbox:
                assert sandbox.problem() is None
                ids = {one.id for one in client.containers.list(all=True, ignore_removed=True)}
                assert orphan.id not in ids
                assert own.id in ids
        finally:
            for one in (orphan, own):
                with contextlib.suppress(docker.errors.NotFound):
                    one.remove(force=True)


@pytest.mark.parametrize("name", REAL)
def test_it_closes_for_good(name):
    sandbox = usable(name, workers=2)
    found = []
    thread = threading.Thread(
        target=lambda: found.append(sandbox.run(Program(source="import time; time.sleep(60)"), Limits(wall=60)))
    )
    thread.start()
    wait_until(lambda: any(not agent._ready for agent in sandbox._busy))  # it is asked to run the program
    sandbox.close()
    thread.join()
    assert found[0].status == "unavailable"
    assert sandbox.run(Program(source="pass")).status == "unavailable"
    sandbox.close()


@pytest.mark.parametrize("name", REAL)
def test_a_forked_child_uses_its_own(name):
    with usable(name, workers=1) as sandbox:
        assert sandbox.run(Program(source="print('parent')")).stdout == "parent\n"
        context = multiprocessing.get_context("fork")
        queue = context.SimpleQueue()
        child = context.Process(
            target=lambda: queue.put(sandbox.run(Program(source="print('child')")).stdout) or sandbox.close()
        )
        child.start()
        assert queue.get() == "child\n"
        child.join()
        assert child.exitcode == 0
        assert sandbox.run(Program(source="print('parent')")).stdout == "parent\n"


@pytest.mark.parametrize("name", REAL)
def test_an_interpreter_that_dies_is_replaced(name):
    with usable(name, workers=1) as sandbox:
        for _ in range(2):
            sandbox.run(Program(source="pass"))
            (agent,) = sandbox._idle
            with agent._ending:
                agent._end()  # as if somebody had killed it
                agent._ended = True
            assert sandbox.run(Program(source="print('again')")).stdout == "again\n"


@pytest.mark.parametrize("name", REAL)
def test_an_interpreter_is_replaced_after_its_uses(name):
    with usable(name, workers=1) as sandbox:
        sandbox.uses = 3
        seen = set()
        for _ in range(7):
            assert sandbox.run(Program(source="print(1)")).stdout == "1\n"
            seen.update(map(id, sandbox._idle))
            assert all(agent.executions < 3 for agent in sandbox._idle)


@pytest.mark.parametrize("name", REAL)
def test_repeated_use_leaks_nothing(name, tmp_path, monkeypatch):
    """The short form of `benchmarks/sandbox.py --leaks`."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    process = psutil.Process()
    with usable(name, workers=2) as sandbox:
        sandbox.run(Program(source="pass"))

        def held():
            return process.num_fds(), len(process.children(recursive=True)), process.num_threads()

        before = held()
        for n in range(150):
            assert sandbox.run(Program(source=f"print({n})", files={"f": b"x"}, collect=("f",))).stdout == f"{n}\n"
        # The last program's process may be seen for a moment after its answer.
        wait_until(lambda: all(now <= then for now, then in zip(held(), before, strict=True)))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_an_engine_that_dies_is_an_error_and_comes_back(tmp_path, monkeypatch):
    """On an engine of the test's own, which it may kill."""
    usable("docker").close()
    if os.geteuid() != 0 or shutil.which("dockerd") is None:
        pytest.skip("needs root and dockerd, for an engine of its own")
    module("docker", "this sandbox needs it: pip install assay-docker")
    from assay_docker.engine import Engine

    folder = Path(tempfile.mkdtemp(prefix="engine-", dir="/tmp"))  # a socket's path is short
    address = f"unix://{folder}/s"

    log = (tmp_path / "log").open("w")

    def start():
        engine = subprocess.Popen(
            ["dockerd", "-H", address, "--data-root", f"{folder}/data", "--exec-root", f"{folder}/exec", "--pidfile", f"{folder}/pid",
             "--containerd-namespace", folder.name, "--containerd-plugins-namespace", f"{folder.name}-plugins",
             "--bridge=none", "--iptables=false", "--ip6tables=false"], stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip

        def answers():
            with socket.socket(socket.AF_UNIX) as line, contextlib.suppress(OSError):
                line.connect(f"{folder}/s")
                line.sendall(b"GET /_ping HTTP/1.0\r\n\r\n")
                return b"OK" in line.recv(4096)

        wait_until(answers)
        return engine

    with contextlib.closing(Engine.from_env(timeout=300)) as client:
        image = b"".join(client.images.get("assay-python").save(named=True))
    engine = start()
    try:
        with contextlib.closing(Engine(address, timeout=300)) as client:
            client.images.load(image)
        monkeypatch.setenv("DOCKER_HOST", address)
        with made("docker", workers=2) as sandbox:
            assert sandbox.run(Program(source="print('before')")).stdout == "before\n"
            found = []
            busy = Program(source="import time; time.sleep(20); print('through')")
            thread = threading.Thread(target=lambda: found.append(sandbox.run(busy, Limits(wall=60))))
            thread.start()
            wait_until(lambda: any(not agent._ready for agent in sandbox._busy))
            engine.kill()
            engine.wait()
            thread.join()
            assert found[0].status == "unavailable", found
            assert sandbox.run(Program(source="print('away')")).status == "unavailable"
            # Where nobody reaps orphans, the engine takes its dead containerd for a living one.
            (folder / "exec/containerd/containerd.pid").unlink(missing_ok=True)
            engine = start()
            again = sandbox.run(Program(source="print('after')"))
            assert again.stdout == "after\n", again
        with contextlib.closing(Engine(address, timeout=60)) as client:
            wait_until(lambda: not client.containers.list(all=True, ignore_removed=True))
    finally:
        engine.terminate()
        engine.wait()
        log.close()
        for process in psutil.process_iter(["cmdline"]):
            if f"{folder}/exec" in " ".join(process.info["cmdline"] or []):
                process.kill()  # what the engine that was killed has left
        mounts = [line.split()[1] for line in Path("/proc/mounts").read_text().splitlines() if str(folder) in line]
        subprocess.run(["umount", *reversed(mounts)], check=False, capture_output=True)
        shutil.rmtree(folder, ignore_errors=True)
