"""Every call in gets its verdicts out, in order, whatever the verifiers do."""

from __future__ import annotations

import asyncio
import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from assay import Verdict, verifier
from assay.engine import Call, LocalEngine


@verifier(bounded=True)
def length(completion: str) -> float:
    return len(completion) / 10


@verifier(scope="group")
def places(completion):
    return [i / 10 for i in range(len(completion))]


@verifier(timeout=0.3)
async def remote(completion: str):
    match completion:
        case "slow":
            await asyncio.sleep(5)
        case "down":
            raise ConnectionError("refused")
    await asyncio.sleep(0.05)
    return Verdict(1.0, completion)


@verifier(scope="group")
async def together(completion):
    await asyncio.sleep(0)
    return [1.0] * len(completion)


class Unpicklable(Exception):
    def __reduce__(self):
        raise TypeError("no")


@verifier(timeout=2.0)
def wild(completion: str):
    """Does what it is told, in a worker."""
    match completion.split():
        case ["loop", *_]:
            while True:
                pass
        case ["sleep", *_]:
            time.sleep(60)
        case ["exit", *_]:
            os._exit(3)
        case ["system-exit", *_]:
            raise SystemExit(4)
        case ["kill", *_]:
            os.kill(os.getpid(), 9)
        case ["segfault", *_]:
            ctypes.string_at(0)
        case ["memory", *_]:
            held = []
            while True:  # past the limit at once: filling memory in steps can take longer than the deadline
                held.append(bytearray(2**30))
        case ["huge", *_]:
            return Verdict(1.0, details={"x": "y" * (100 * 2**20)})
        case ["raise", *_]:
            raise Unpicklable("odd")
        case ["lock", *_]:
            return Verdict(1.0, artefact=threading.Lock())
        case ["print", *_]:
            print("noise" * 1000)  # noqa: T201
            os.write(1, b"more noise")
            return 0.5
    return float(completion.split()[-1]) / 1000


WANTED = {
    "loop": "timeout", "sleep": "timeout", "exit": "error", "system-exit": "error", "kill": "error", "segfault": "error",
    "memory": "error", "huge": "error", "raise": "error", "lock": "error", "print": "scored",
}  # fmt: skip


def call(one, completion, size=1):
    return Call(one, {"completion": completion}, {}, size)


@pytest.fixture
def engine():
    engine = LocalEngine(workers=2, memory=600 * 2**20)
    yield engine
    engine.close()


def children():
    return [p for p in psutil.Process().children(recursive=True) if "assay.engine._worker" in " ".join(p.cmdline())]


def test_order_whatever_the_kind(engine):
    texts = ["a", "down", "ccc", "slow", "eeeee"]
    calls = [call((length, remote)[i % 2], text) for i, text in enumerate(texts)]
    answers = engine.run([*calls, call(places, ["x", "y"], 2), call(together, ["x", "y", "z"], 3), call(wild, "5")])
    assert [a[0].status for a in answers] == [
        "scored",
        "error",
        "scored",
        "error",
        "scored",
        "scored",
        "scored",
        "scored",
    ]
    assert [a[0].score for a in answers[:5]] == [0.1, None, 0.3, None, 0.5]
    assert [len(a) for a in answers] == [1, 1, 1, 1, 1, 2, 3, 1]
    assert "refused" in answers[1][0].reason
    assert "0.3 s" in answers[3][0].reason


def test_coroutines_run_together_under_a_limit():
    met, under_way, most = asyncio.Barrier(10), 0, 0

    @verifier(timeout=60.0)
    async def meeting(completion: str):
        """Waits until ten are there."""
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await met.wait()
        under_way -= 1
        return Verdict(1.0, completion)

    answers = LocalEngine(concurrency=10).run([call(meeting, str(i)) for i in range(40)])
    assert [a[0].reason for a in answers] == [str(i) for i in range(40)]
    assert most == 10


def test_no_more_coroutines_are_under_way_than_the_limit():
    under_way, most = set(), []

    @verifier
    async def counted(completion):
        under_way.add(completion)
        most.append(len(under_way))
        await asyncio.sleep(0.01)
        under_way.remove(completion)
        return 1.0

    LocalEngine(concurrency=3).run([call(counted, str(i)) for i in range(10)])
    assert max(most) == 3


def test_a_coroutine_gets_its_inputs_and_options():
    @verifier
    async def said(completion, reference="nothing", *, times: int = 1):
        return Verdict(1.0, f"{completion} {reference} {times}")

    calls = [Call(said, {"completion": "a"}, {"times": 2}), Call(said, {"completion": "b", "reference": "c"}, {})]
    assert [a[0].reason for a in LocalEngine().run(calls)] == ["a nothing 2", "b c 1"]


class Answered(Exception):
    def __init__(self, status_code):
        super().__init__(f"HTTP {status_code}")
        self.status_code = status_code


class Response:
    def __init__(self, status_code):
        self.status_code = status_code


class Refused(Exception):
    """As clients have it that keep the answer beside the exception."""

    def __init__(self, status_code):
        super().__init__("refused")
        self.response = Response(status_code)


MAY_PASS = [
    ConnectionError("refused"),
    OSError("no route"),
    *map(Answered, (408, 425, 429, 500, 503, 599)),
    Refused(503),
]
MAY_NOT = [ValueError("no"), TimeoutError(), *map(Answered, (400, 404, 409, 426, 499, 600, "503")), Refused(404)]


@pytest.mark.parametrize(
    ("problem", "attempts", "status"),
    [*((one, 3, "scored") for one in MAY_PASS), *((one, 1, "error") for one in MAY_NOT)],
    ids=lambda one: f"{type(one).__name__}-{getattr(one, 'status_code', '')}" if isinstance(one, Exception) else None,
)
def test_what_may_pass_is_tried_again(problem, attempts, status):
    tries = []

    @verifier(pure=False)
    async def flaky(completion):
        tries.append(completion)
        if len(tries) < 3:
            raise problem
        return 1.0

    assert LocalEngine().run([call(flaky, "x")])[0][0].status == status
    assert len(tries) == attempts


def test_what_does_not_pass_is_given_up_after_three_attempts():
    tries = []

    @verifier(pure=False)
    async def down(completion):
        tries.append(completion)
        raise ConnectionError("refused")

    ((verdict,),) = LocalEngine().run([call(down, "x")])
    assert (verdict.status, len(tries)) == ("error", 3)
    assert "refused" in verdict.reason


def test_a_service_that_is_down_is_left_alone():
    """A real endpoint that refuses every connection."""
    tries = []

    @verifier(pure=False, timeout=5)
    async def down(completion):
        tries.append(completion)
        await asyncio.open_connection("127.0.0.1", 9)
        return 1.0

    engine = LocalEngine(concurrency=4)
    answers = [a[0] for a in engine.run([call(down, str(i)) for i in range(200)])]
    assert {a.status for a in answers} == {"error"}
    assert len(tries) < 100
    assert "left alone" in answers[-1].reason
    assert "Connect" in answers[-1].reason


def test_only_failures_in_a_row_count_against_a_service():
    """One answer between nineteen failures and nineteen more: each call is still made, the next one too."""
    asked = []

    @verifier(pure=False)
    async def shaky(completion):
        asked.append(completion)
        if completion != "fine":
            raise ValueError("out of order")
        return 1.0

    texts = [*(f"bad {i}" for i in range(19)), "fine", *(f"worse {i}" for i in range(19)), "fine"]
    answers = LocalEngine(concurrency=1).run([call(shaky, text) for text in texts])
    assert asked == texts
    assert not any("left alone" in verdict.reason for (verdict,) in answers)


def test_twenty_failures_in_a_row_are_enough():
    asked = []

    @verifier(pure=False)
    async def broken(completion):
        asked.append(completion)
        raise ValueError("out of order")

    answers = LocalEngine(concurrency=1).run([call(broken, str(i)) for i in range(25)])
    assert len(asked) == 20
    assert [("left alone" in verdict.reason) for (verdict,) in answers] == [False] * 20 + [True] * 5


def test_works_where_a_loop_is_running():
    async def notebook():
        return LocalEngine().run([call(remote, "x")])

    assert asyncio.run(notebook())[0][0].score == 1


def test_no_calls_start_no_process():
    engine = LocalEngine()
    assert engine.run([]) == []
    assert engine.run([call(length, "x")])[0][0].score == 0.1
    assert children() == []
    engine.close()
    engine.close()


@pytest.mark.parametrize("what", WANTED)
def test_a_call_that_misbehaves_harms_no_other(engine, what):
    calls = [call(wild, f"{what} {i}" if i == 20 else f"fine {i}") for i in range(60)]
    answers = [a[0] for a in engine.run(calls)]
    assert answers[20].status == WANTED[what], answers[20].reason
    assert [a.score for i, a in enumerate(answers) if i != 20] == [i / 1000 for i in range(60) if i != 20]


@verifier(kind="io", timeout=0.3)
def endpoint(completion: str):
    time.sleep(60)


def test_a_service_that_answers_too_late_says_nothing_about_the_completion(engine):
    ((late,),) = engine.run([call(endpoint, "x")])
    assert (late.status, late.score) == ("error", None)
    assert "0.3 s" in late.reason


@verifier(timeout=30.0)
def crashing(completion: str):
    """Notes its attempt in a file, and ends its worker until there are as many as asked for."""
    path, attempts = completion.split("|")
    with Path(path).open("a") as file:
        file.write("x")
    if Path(path).stat().st_size < int(attempts):
        os._exit(3)
    return 0.5


def test_a_call_whose_worker_died_is_tried_once_more(engine, tmp_path):
    ((verdict,),) = engine.run([call(crashing, f"{tmp_path / 'once'}|2")])
    assert (verdict.status, verdict.score) == ("scored", 0.5)


def test_a_call_whose_worker_died_twice_is_an_error(engine, tmp_path):
    ((verdict,),) = engine.run([call(crashing, f"{tmp_path / 'always'}|9")])
    assert verdict.status == "error"
    assert "exit code 3" in verdict.reason
    assert (tmp_path / "always").read_text() == "xx"


def test_faults_of_every_kind_at_once_from_another_thread(engine):
    kinds = list(WANTED)
    calls = [call(wild, f"{kinds[i // 40 % len(kinds)]} {i}" if i % 40 == 7 else f"fine {i}") for i in range(600)]
    found = []
    thread = threading.Thread(target=lambda: found.extend(engine.run(calls)))
    thread.start()
    thread.join(90)
    assert not thread.is_alive()
    for i, (verdict,) in enumerate(found):
        if i % 40 == 7:
            assert verdict.status == WANTED[kinds[i // 40 % len(kinds)]], (i, verdict)
        else:
            assert verdict.score == i / 1000
    engine.close()
    assert children() == []


def test_a_deadline_counts_from_the_start_of_its_own_call(engine):
    """Twenty calls of 0.3 s wait behind each other, on two workers, for longer than their deadline of 2 s."""
    calls = [call(napping, str(i)) for i in range(20)]
    assert {a[0].status for a in engine.run(calls)} == {"scored"}


@verifier(timeout=2.0)
def napping(completion: str):
    time.sleep(0.3)
    return 1.0


def test_waiting_for_a_processor_is_not_late(engine, request):
    (alone,) = engine.run([call(busy, "alone")])[0]
    request.getfixturevalue("crowd")
    (verdict,) = engine.run([call(replace(busy, timeout=3 * alone.score), "crowded")])[0]
    assert verdict.status == "scored", verdict
    assert verdict.seconds > verdict.score


@verifier(range=(0, 100))
def busy(completion: str):
    """The processor time that a little work takes."""
    started = time.process_time()
    sum(i * i for i in range(3_000_000))
    return time.process_time() - started


def test_identical_calls_are_evaluated_once(engine):
    answers = engine.run([call(length, "abcde"[i % 5] * 3) for i in range(16)])
    assert len(answers) == 16
    assert (engine.statistics.evaluated, engine.statistics.repeated) == (5, 11)
    engine.run([call(length, "abcde"[i % 5] * 3) for i in range(16)])
    assert (engine.statistics.evaluated, engine.statistics.remembered) == (5, 5)


def test_equal_numbers_of_different_types_are_different_calls(engine):
    @verifier(bounded=True)
    def kind(completion):
        return Verdict(1.0, type(completion).__name__)

    answers = engine.run([call(kind, value) for value in (1, 1.0, True, "1", [1], None)])
    assert [a[0].reason for a in answers] == ["int", "float", "bool", "str", "list", "NoneType"]


def test_errors_and_impure_verifiers_are_never_remembered(engine):
    seen = []

    @verifier(bounded=True, pure=False)
    def impure(completion):
        seen.append(completion)
        return 1.0

    @verifier(bounded=True)
    def failing(completion):
        seen.append(completion)
        raise ConnectionError("down")

    for _ in range(2):
        engine.run([call(impure, "x"), call(impure, "x"), call(failing, "y"), call(failing, "y")])
    assert (seen.count("x"), seen.count("y")) == (4, 2)


def test_a_function_of_a_script_or_notebook_travels(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(
        "import os\nfrom assay import score, verifier, hookimpl\nfrom assay._plugins.registry import Registry\nfactor = 0.5\n"
        "@verifier\ndef half(completion):\n    return factor if os.getpid() != parent else 0.0\n"
        "class P:\n    @hookimpl\n    def assay_verifiers(self):\n        return [half]\n"
        "parent = os.getpid()\nr = Registry(discover=False)\nr.register(P(), 'mine')\n"
        "print(score([{'completion': 'x'}], 'mine.half', registry=r).total.tolist())\n"
    )
    run = subprocess.run([sys.executable, script], capture_output=True, text=True, timeout=60)
    assert run.stdout.strip() == "[0.5]", run.stderr


def test_a_verifier_of_a_module_that_no_other_process_can_find(tmp_path, engine):
    import importlib.util

    path = tmp_path / "somewhere.py"
    path.write_text(
        "from assay import verifier\nimport os\nHERE = os.getpid()\ndef helper(text):\n    return float(text == 'x')\n"
        "@verifier\ndef hidden(completion):\n    return helper(completion) if os.getpid() != HERE else 0.5\n"
    )
    spec = importlib.util.spec_from_file_location("module_of_no_path", path)
    module = sys.modules["module_of_no_path"] = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
        assert [a[0].score for a in engine.run([call(module.hidden, "x"), call(module.hidden, "y")])] == [1.0, 0.0]
    finally:
        del sys.modules["module_of_no_path"]


def test_what_can_not_travel_stays_here(engine):
    lock = threading.Lock()

    @verifier
    def locked(completion):
        with lock:
            return 1.0

    with pytest.warns(UserWarning, match="can't be sent to a worker"):
        assert engine.run([call(locked, "x")])[0][0].score == 1


INTERRUPTED = """
import signal, sys, threading, time
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell may have had it ignored
sys.path.insert(0, {folder!r})
from test_engine import Call, LocalEngine, wild
engine = LocalEngine(workers=2)
engine.run([Call(wild, {{"completion": "fine 1"}}, {{}})])
print("ready", flush=True)
engine.run([Call(wild, {{"completion": f"sleep {{i}}"}}, {{}}) for i in range(100)])
"""


@pytest.mark.parametrize("how", ["SIGINT", "SIGKILL"])
def test_workers_are_gone_when_the_parent_is(how):

    code = INTERRUPTED.format(folder=str(Path(__file__).parent))
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline().strip() == "ready"
    time.sleep(0.5)
    workers = psutil.Process(process.pid).children(recursive=True)
    assert workers
    process.send_signal(getattr(signal, how))
    process.communicate()
    _, alive = psutil.wait_procs(workers, timeout=60)
    assert alive == []


def test_inside_a_dataloader_worker():
    """Its workers are daemonic, and may not have children of multiprocessing's."""
    from optional import TRAINING, module  # the other processes of these tests import this file without it

    torch = module("torch", TRAINING)

    loader = torch.utils.data.DataLoader(Scored(), num_workers=1, batch_size=None, multiprocessing_context="spawn")
    assert [float(x) for x in loader] == [0.0, 0.001, 0.002]


class Scored:
    """A data set whose rows are scored where they are loaded."""

    def __len__(self):
        return 3

    def __getitem__(self, index):
        if index >= 3:
            raise IndexError
        engine = LocalEngine(workers=1)
        try:
            return engine.run([call(wild, f"fine {index}")])[0][0].score
        finally:
            engine.close()


@pytest.mark.timing
def test_the_cost_of_a_call_is_small(engine):
    trivial = [call(quick, str(i)) for i in range(20_000)]
    engine.run(trivial[:100])
    started = time.perf_counter()
    assert {a[0].status for a in engine.run(trivial)} == {"scored"}
    assert (time.perf_counter() - started) / len(trivial) < 0.0005


@verifier
def quick(completion: str):
    return 1.0


sizes_seen = []


@verifier(scope="batch", bounded=True)
def batched(completion: list[str], *, times: list[int] | None = None) -> list[float]:
    """A tenth of each length; notes how many came at once."""
    sizes_seen.append(len(completion))
    return [len(one) / 10 / len(times or [1]) for one in completion]


def test_a_batch_verifier_is_called_once_for_equal_options(engine):
    sizes_seen.clear()
    calls = [
        Call(batched, {"completion": text}, {"times": [1] * (n % 2 + 1)})
        for n, text in enumerate(["a", "bb", "ccc", "dd", "a", "a"])
    ]
    found = [one[0].score for one in engine.run(calls)]
    assert found == [0.1, 0.1, 0.3, 0.1, 0.1, 0.05]
    assert sorted(sizes_seen) == [2, 3]  # the fifth call repeats the first
    assert [one[0].score for one in engine.run(calls)] == found
    assert sorted(sizes_seen) == [2, 3]


def test_a_batch_verifier_in_a_worker_is_asked_one_by_one(engine):
    @verifier(scope="batch", timeout=5.0)
    def apart(completion: list[str]) -> list[float]:
        return [len(one) / 10 for one in completion]

    found = engine.run([Call(apart, {"completion": "x" * n}, {}) for n in range(5)])
    assert [one[0].score for one in found] == [0.0, 0.1, 0.2, 0.3, 0.4]


@verifier(timeout=60.0)
async def waits(completion: str):
    """Leaves a mark, and waits for those of the others: `folder own other other`."""
    folder, own, *others = completion.split()
    Path(folder, own).touch()
    while not all(Path(folder, other).exists() for other in others):
        await asyncio.sleep(0.01)
    return 1.0


def waiting(**declared):
    def wait(completion: str):
        folder, own, *others = completion.split()
        Path(folder, own).touch()
        while not all(Path(folder, other).exists() for other in others):
            time.sleep(0.01)
        return 1.0

    return verifier(**declared)(wait)


@verifier(timeout=60.0)
def waits_apart(completion: str):
    """As `waits`, in a worker."""
    folder, own, *others = completion.split()
    Path(folder, own).touch()
    while not all(Path(folder, other).exists() for other in others):
        time.sleep(0.01)
    return 1.0


def test_all_routes_run_side_by_side(engine, tmp_path):
    """Each of five calls ends only when all have begun: one after another, they would wait for ever."""
    kinds = [waits, waits, waits_apart, waiting(bounded=True), waiting(kind="gpu", timeout=60.0)]
    names = [str(number) for number in range(len(kinds))]
    calls = [
        call(kind, " ".join([str(tmp_path), own, *(other for other in names if other != own)]))
        for own, kind in zip(names, kinds, strict=True)
    ]
    assert [answer[0].score for answer in engine.run(calls)] == [1.0] * len(kinds)


def test_statistics_count_every_call_of_many_threads():
    engine = LocalEngine(workers=1)
    work = [[call(length, str(n % 7)) for n in range(200)] for _ in range(8)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(engine.run, work))
    engine.close()
    counted = engine.statistics
    assert counted.calls == 1600
    assert counted.evaluated + counted.repeated + counted.remembered == 1600


def test_there_are_as_many_workers_as_the_process_may_use_processors():
    code = (
        "import os; os.sched_setaffinity(0, {min(os.sched_getaffinity(0))}); from assay._cpus import usable_cpus; "
        "from assay.engine._pool import WorkerPool; print(usable_cpus(), WorkerPool().workers)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert run.stdout.split() == ["1", "1"], run.stderr


def test_a_worker_starts_where_the_system_refuses_its_limit_on_memory():
    """A hard limit below the one that is asked for can't be raised, so that `setrlimit` raises, as it does on macOS."""
    code = """if True:
        import resource
        from assay import verifier
        from assay.engine import Call, LocalEngine

        hard = resource.getrlimit(resource.RLIMIT_AS)[1]
        below = 8 * 2**30
        resource.setrlimit(resource.RLIMIT_AS, (below, below if hard == resource.RLIM_INFINITY else min(below, hard)))

        @verifier
        def limit(completion: str) -> float:
            import resource

            try:
                resource.setrlimit(resource.RLIMIT_AS, (2**40, 2**40))
            except ValueError:
                return 1.0
            return 0.0

        engine = LocalEngine(workers=1, memory=2**40)
        print(engine.run([Call(limit, {"completion": ""}, {})])[0][0])
        engine.close()
    """
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert "score=1.0" in done.stdout, done.stdout + done.stderr


def test_a_worker_starts_without_what_only_its_parent_needs():
    code = "import sys; import assay.engine._worker; print({'asyncio', 'numpy', 'pydantic', 'tenacity'} & set(sys.modules))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert run.stdout.strip() == "set()", run.stderr
