"""What every test may use."""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from hypothesis import Phase, settings

ROOT = Path(__file__).resolve().parents[1]

#: `make mutate` tries each property thousands of times over: few examples, always the same ones, and none is shrunk.
settings.register_profile(
    "mutation",
    max_examples=15,
    derandomize=True,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    report_multiple_bugs=False,
)
if "MUTANT_UNDER_TEST" in os.environ:
    sys.setrecursionlimit(3 * sys.getrecursionlimit())  # two more frames stand between any two functions
    if os.environ["MUTANT_UNDER_TEST"] == "stats":
        del os.environ["MUTANT_UNDER_TEST"]  # which test reaches what is noted in this process, and in no other


if signal.getsignal(signal.SIGINT) is signal.SIG_IGN and threading.current_thread() is threading.main_thread():
    # A shell has it ignored in what it starts in the background, and so would every program that a test interrupts.
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real data beside the repository; a test that needs it skips where it is absent."""
    folder = Path(os.environ.get("ASSAY_SHARED", ROOT.parent / "shared"))
    if not folder.is_dir():
        pytest.skip(f"the shared data is not at {folder}; set ASSAY_SHARED to where it is")
    return folder


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository."""
    return ROOT


def descriptors() -> set[str]:
    """Return what this process's descriptors lead to; a socket or a pipe has a number that no other has."""
    found = set()
    for entry in Path("/proc/self/fd").glob("*"):  # empty where there is no such folder
        with contextlib.suppress(OSError):  # the one that reads the folder has gone
            found.add(str(entry.readlink()))
    return found


@pytest.fixture(autouse=True)
def dropped_unclosed():
    """Where a test leaves a file or socket open, let Python warn of it now if it was dropped: in this test, as an error.

    Else it would be collected, and warned of, in the middle of somebody else's. A collection takes a while, so the tests
    that leave nothing open have none.
    """
    before = descriptors()
    yield
    if descriptors() - before:
        gc.collect()


@pytest.fixture
def crowd():
    """So many busy processes that whatever else runs gets a fifth of a processor, and takes five times as long."""
    busy = [
        subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in os.sched_getaffinity(0) for _ in range(4)
    ]
    yield
    for one in busy:
        one.kill()
        one.wait()


@pytest.fixture
def held():
    """A function that says what this process's descriptors lead to."""
    return descriptors
