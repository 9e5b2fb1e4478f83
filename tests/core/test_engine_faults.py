"""Verifiers that do to the engine what no verifier should: each harms its own call at most."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest

from assay import verifier
from assay.engine import Call, LocalEngine


def call(one, completion):
    return Call(one, {"completion": completion}, {})


@pytest.fixture
def engine():
    engine = LocalEngine(workers=2, memory=600 * 2**20)
    yield engine
    engine.close()


@verifier(timeout=20.0)
def forks(completion: str):
    """Says what it is told; told to fork, its child comes back too, and says something else."""
    if completion.startswith("fork"):
        own = float(completion.split()[1])
        return 0.125 if os.fork() == 0 else own
    return float(completion)


@verifier(timeout=20.0)
def scribbles(completion: str):
    """Writes to every descriptor that it can find, from a thread, while it says what it is told."""

    def scribble():
        for one in Path("/proc/self/fd").iterdir():
            with contextlib.suppress(OSError):
                os.write(int(one.name), b"\x00" * 64)

    if completion.startswith("scribble"):
        thread = threading.Thread(target=scribble)
        thread.start()
        thread.join()
    return float(completion.split()[-1])


@pytest.mark.parametrize("workers", [1, 2])
def test_the_child_of_a_verifier_that_forks_answers_nobody(workers):
    engine = LocalEngine(workers=workers)
    told = ["0.0", "0.1", "fork 0.2", "0.3", "0.4", "0.5", "fork 0.6", "0.7"]
    for batch in (told, ["0.3", "0.4", "0.45"]):
        found = [answer[0].score for answer in engine.run([call(forks, one) for one in batch])]
        assert found == [float(one.split()[-1]) for one in batch]
    engine.close()


def test_what_a_verifier_writes_to_its_workers_line_is_no_answer():
    engine = LocalEngine(workers=1)
    told = ["0.1", "scribble 0.2", "0.3", "0.4"]
    found = [answer[0] for answer in engine.run([call(scribbles, one) for one in told])]
    assert [one.score for one in found] == [0.1, None, 0.3, 0.4]
    assert found[1].status == "error"
    assert "answered what it was not asked" in found[1].reason
    engine.close()


@verifier(timeout=1.0)
def leaves_a_child(completion: str):
    """Starts a process that would live for an hour, and does not end either."""
    Path(completion).write_text(str(subprocess.Popen(["sleep", "3600"]).pid))
    while True:
        time.sleep(1)


def gone(pid):
    """Wait until a process has ended; one that nobody has waited for counts as such."""
    with contextlib.suppress(psutil.NoSuchProcess):
        process = psutil.Process(pid)
        while process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
            time.sleep(0.02)
    return True


def test_what_a_killed_worker_has_started_ends_with_it(engine, tmp_path):
    marks = [tmp_path / "one", tmp_path / "two"]
    assert [a[0].status for a in engine.run([call(leaves_a_child, str(mark)) for mark in marks])] == ["timeout"] * 2
    assert all(gone(int(mark.read_text())) for mark in marks)


LEAVING = """
import subprocess, sys, time
from pathlib import Path
from assay import verifier
from assay.engine import Call, LocalEngine

@verifier(timeout=3600.0)
def leaves_a_child(completion: str):
    Path(completion).write_text(str(subprocess.Popen(["sleep", "3600"]).pid))
    time.sleep(3600)

LocalEngine(workers=1).run([Call(leaves_a_child, {"completion": sys.argv[1]}, {})])
"""


def test_nothing_that_a_verifier_has_started_outlives_the_scoring_process(tmp_path):
    mark = tmp_path / "mark"
    scoring = subprocess.Popen([sys.executable, "-c", LEAVING, str(mark)])
    while not (mark.exists() and mark.read_text()):
        assert scoring.poll() is None
        time.sleep(0.02)
    scoring.kill()
    scoring.wait()
    assert gone(int(mark.read_text()))


ENDINGS = {
    "exit": SystemExit(3),
    "interrupt": KeyboardInterrupt(),
    "cancelled": asyncio.CancelledError(),
    "generator": GeneratorExit(),
}


def ending(completion):
    if completion in ENDINGS:
        raise ENDINGS[completion]
    return float(completion)


@verifier(bounded=True)
def ends_here(completion: str) -> float:
    return ending(completion)


@verifier(scope="batch", bounded=True)
def ends_a_batch(completion):
    return [ending(one) for one in completion]


@verifier
async def ends_a_loop(completion: str) -> float:
    await asyncio.sleep(0)
    return ending(completion)


@pytest.mark.parametrize("one", [ends_here, ends_a_batch, ends_a_loop], ids=lambda one: one.leaf)
@pytest.mark.parametrize("how", ENDINGS)
def test_what_is_no_exception_is_its_own_calls_error(engine, one, how):
    found = [answer[0] for answer in engine.run([call(one, text) for text in ("0.1", how, "0.3", "0.4")])]
    assert [verdict.score for verdict in found] == [0.1, None, 0.3, 0.4]
    assert found[1].status == "error"
    assert type(ENDINGS[how]).__name__ in found[1].reason


LOOPING = """
import signal, time
import assay
from assay import hookimpl, verifier
from assay._plugins.registry import Registry

@verifier(bounded=True)
def endless(completion: str):
    print("begun", flush=True)
    while True:
        time.sleep(0.01)

class Plugin:
    @hookimpl
    def assay_verifiers(self):
        return [endless]

signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell may have had it ignored
registry = Registry(discover=False)
registry.register(Plugin(), "demo")
try:
    assay.score([{"completion": "x"}], "demo.endless", registry=registry)
except KeyboardInterrupt:
    print("interrupted")
"""


def test_ctrl_c_ends_a_run_in_the_middle_of_a_verifier():
    scoring = subprocess.Popen([sys.executable, "-c", LOOPING], stdout=subprocess.PIPE, text=True)
    assert scoring.stdout.readline() == "begun\n"
    scoring.send_signal(signal.SIGINT)
    assert scoring.communicate()[0] == "interrupted\n"
