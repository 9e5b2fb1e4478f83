"""The suite finds each breach of the contract, and leaves sound verifiers alone."""

from __future__ import annotations

import dataclasses
import os
import random
import signal
import sys
import threading
import time
from typing import Any

import pytest

from assay import PluginError, Verdict, hookimpl, verifier
from assay._plugins.registry import Registry
from assay.extract import extract as find
from assay.testing import CHECKS, Example, VerifierUnderTest, conformance

SOUND = [
    Example({"completion": "4", "reference": "4"}, 1.0),
    Example({"completion": "5", "reference": "4"}, 0.0),
    Example({"completion": "5", "reference": ""}, status="bad_reference"),
]


@verifier(boolean=True, bounded=True)
def sound(completion: str, reference: Any, *, extract: str = "whole", strict: bool = True) -> Verdict:
    """Equal texts."""
    if not isinstance(reference, str) or not reference.strip():
        return Verdict.bad_reference("the reference is no text")
    found = find(completion, extract)
    return Verdict(float(found.text == reference), found.reason)


@verifier
def fickle(completion: str, reference: str) -> float:
    """Another score each time."""
    return random.random()


@verifier
def hashed(completion: str, reference: str) -> Verdict:
    """A score that hangs on the order of a set, which another process has otherwise."""
    return Verdict(float(completion == reference), f"{ {'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'} }")


@verifier
def alarmed(completion: str, reference: str) -> float:
    """Sets a signal, which only the main thread may."""
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    return float(completion == reference)


@verifier
def seeding(completion: str, reference: str) -> float:
    """Seeds everybody's random numbers."""
    random.seed(len(completion))
    return float(completion == reference)


@verifier
def brittle(completion: str, reference: str) -> float:
    """Raises on what is no number."""
    return float(float(completion) == float(reference))


@verifier
def generous(completion: str, reference: str) -> float:
    """Leaves its range on long texts."""
    return float(completion == reference) + (len(completion) > 1000) * 5


@verifier
def blaming(completion: str, reference: str) -> Verdict:
    """Blames the reference for an empty completion."""
    if not completion:
        return Verdict.bad_reference("nothing to compare with")
    return Verdict(float(completion == reference))


@verifier
def late(completion: str, reference: Any) -> Verdict:
    """Looks at the reference only where there is something to compare it with."""
    if not completion:
        return Verdict(0.0, "empty")
    if not isinstance(reference, str):
        return Verdict.bad_reference("no text")
    return Verdict(float(completion == reference))


@verifier(bounded=True, timeout=0.3)
def endless(completion: str, reference: str) -> float:
    """Says that its time is bounded."""
    if completion.startswith('{"a":{'):
        time.sleep(0.5)
    return float(completion == reference)


@verifier
def careless(completion: str, reference: str, *, extract: str = "whole") -> float:
    """Never looks at where it should look."""
    return float(completion == reference)


@verifier
def mistyped(completion: str, reference: str, *, limit: int = "3") -> float:  # type: ignore[assignment]
    """A default of another type."""
    return float(completion == reference)


SHARED: list[str] = []


@verifier
def scratch(completion: str, reference: str) -> float:
    """Keeps its work where every thread sees it."""
    SHARED[:] = [completion]
    time.sleep(0.002)
    return float(SHARED[0] == reference)


@verifier
def greedy(completion: str, row: dict[str, Any]) -> float:
    """Changes its inputs."""
    return float(completion == row.pop("gold", None))


def holding():
    lock = threading.Lock()

    @verifier
    def locked(completion: str, reference: str) -> float:
        """Closes over a lock."""
        with lock:
            return float(completion == reference)

    return locked


@verifier(scope="group")
def majority(completion: list[str]) -> list[float | None]:
    """What most say."""
    most = max(sorted(set(completion)), key=completion.count)
    return [float(one == most) for one in completion]


@verifier(kind="io")
async def remote(completion: str, reference: str) -> bool:
    """A coroutine function."""
    return completion == reference


def failures(one, examples=SOUND[:2]):
    class Plugin:
        @hookimpl
        def assay_verifiers(self):
            return [one]

        @hookimpl
        def assay_examples(self):
            return {one.leaf: examples} if examples else {}

    registry = Registry(discover=False)
    registry.register(Plugin(), "tried")
    subject = VerifierUnderTest.of(registry.verifier(f"tried.{one.leaf}"), registry)
    found = {}
    for name, check in CHECKS.items():
        try:
            check(subject)
        except pytest.skip.Exception as skipped:
            found[name] = f"skipped: {skipped}"
        except (AssertionError, Exception) as problem:
            found[name] = str(problem)
    return found


@pytest.mark.parametrize(
    ("one", "examples"),
    [
        (sound, SOUND),
        (majority, [Example({"completion": ["a", "b", "a"]}, [1.0, 0.0, 1.0])]),
        (remote, SOUND[:2]),
    ],
    ids=lambda value: getattr(value, "leaf", ""),
)
def test_leaves_sound_verifiers_alone(one, examples):
    assert failures(one, examples) == {}


@pytest.mark.parametrize(
    ("one", "check", "reason"),
    [
        (fickle, "determinism", "a second time"),
        (hashed, "determinism", "in another process"),
        (alarmed, "threads", "main thread"),
        (seeding, "surroundings", "random state"),
        (brittle, "hostile", "makes tried.brittle fail"),
        (generous, "hostile", "outside 0..1"),
        (blaming, "hostile", "blamed on the reference"),
        (late, "references", "look at the reference first"),
        (endless, "hostile", "says that its time is bounded"),
        (careless, "options", "no place to look"),
        (mistyped, "declaration", "the default of 'limit' must be int"),
        (scratch, "threads", "in a thread"),
        (holding(), "pickling", "it holds a lock"),
    ],
    ids=lambda value: getattr(value, "leaf", ""),
)
def test_finds(one, check, reason):
    assert reason in failures(one)[check]


def test_finds_that_inputs_are_changed():
    examples = [Example({"completion": "4", "row": {"gold": gold}}) for gold in ("4", "5")]
    assert "changes its inputs" in failures(greedy, examples)["determinism"]


@pytest.mark.parametrize(
    ("examples", "reason"),
    [
        ([Example({"completion": "4", "reference": "4"}, 0.5)], "scores 1, not 0.5"),
        ([Example({"completion": "4", "reference": "4"}, 1.0)], "every example scores 1"),
        ([Example({"completion": "4", "reference": ""}, 1.0)], "has the status bad_reference, not scored"),
        ([Example({"completion": "4", "gold": "4"}, 1.0)], "are no inputs"),
        ([Example({"completion": "4", "reference": "4"}, 1.0, {"strickt": True})], "no option strickt"),
    ],
)
def test_holds_examples_to_their_word(examples, reason):
    assert reason in failures(sound, examples)["examples"]


def test_without_examples_says_what_it_could_not_check():
    found = failures(sound, [])
    assert set(found) == {"examples", "references"}
    assert "assay_examples of 'tried'" in found["examples"]


@verifier
def raising(completion: str, reference: str) -> float:
    """Never comes to an end that counts."""
    raise KeyError("gold")


@verifier
def beyond(completion: str, reference: str) -> float:
    """Seven of one."""
    return 7.0


@verifier(scope="group")
def lonely(completion: list[str]) -> list[float]:
    """One verdict for all."""
    return [1.0]


@verifier(timeout=600)
def asleep(completion: str, reference: str) -> float:
    """Takes its time."""
    time.sleep(300)
    return 1.0


@verifier
def nan(completion: str) -> float:
    """No number."""
    return float("nan")


@verifier
def wordy(completion: str) -> str:
    """A text."""
    return "good"


@verifier(boolean=True)
def halfway(completion: str) -> float:
    """Says that it is boolean."""
    return 0.5


@verifier(timeout=600)
def talkative(completion: str) -> float:
    """Prints without end."""
    while True:
        print("x" * 1000)  # noqa: T201


@verifier
def forking(completion: str) -> float:
    """Goes on twice."""
    os.fork()
    return 1.0


@verifier
def leaving(completion: str) -> float:
    """Leaves."""
    sys.exit(3)


@verifier
def killed(completion: str) -> float:
    """Leaves without a word."""
    os._exit(3)


@verifier
def yielding(completion: str):
    """Makes a generator where a score is due."""
    yield 1.0


@verifier(scope="group")
def unending(completion: list[str]):
    """Verdicts without end."""
    while True:
        yield 1.0


@verifier(scope="batch", bounded=True)
def unpaired(completion: list[str]) -> list[float]:
    """One verdict, whatever the batch."""
    return [1.0]


@verifier(kind="io", timeout=600)
async def waiting(completion: str, reference: str) -> float:
    """Never hears back, and blocks its loop."""
    time.sleep(300)
    return 1.0


@verifier
def partly(completion: str, reference: str) -> float:
    """Reads numbers alone."""
    return float(int(completion) == int(reference))


@verifier
def emptying(completion: str, row: dict[str, Any]) -> float:
    """Changes its inputs."""
    row.clear()
    return float(completion == "1")


def stuck():
    lock = threading.Lock()

    @verifier(timeout=600)
    def locked(completion: str) -> float:
        """Closes over a lock that it never gets."""
        with lock, lock:
            return 1.0

    return locked


SLEEPS = [Example({"completion": "4", "reference": "4"}, 1.0), Example({"completion": "5", "reference": "4"}, 0.0)]


@pytest.mark.parametrize(
    ("one", "check", "reason"),
    [
        (raising, "answers", "fails on every input that was tried (tried.raising raised KeyError: 'gold'); give some"),
        (beyond, "answers", "returned 7 as its score, outside 0..1"),
        (lonely, "answers", "returned 1 verdicts for a group of 3"),
        (asleep, "answers", "did not answer within 5 s"),
        (nan, "answers", "returned NaN"),
        (wordy, "answers", "returned a str"),
        (halfway, "answers", "declares itself boolean and returned 0.5"),
        (talkative, "answers", "did not answer within 5 s"),
        (forking, "answers", "forks the process"),
        (leaving, "answers", "ends the process that it runs in, or can't be sent there: raised SystemExit: 3"),
        (killed, "answers", "its worker process ended with exit code 3"),
        (yielding, "answers", "returned a generator"),
        (unending, "answers", "returned more than 3 verdicts for a group of 3"),
        (unpaired, "answers", "returned 1 verdicts for a batch of"),
        (stuck(), "answers", "did not answer within 5 s"),
        (partly, "hostile", "makes tried.partly fail"),
        (alarmed, "threads", "main thread"),
        (emptying, "determinism", "changes its inputs"),
    ],
    ids=lambda value: getattr(value, "leaf", ""),
)
def test_finds_without_examples(one, check, reason):
    assert reason in failures(one, [])[check]


def test_nothing_more_is_asked_of_what_hangs():
    found = failures(asleep, [])
    assert [name for name, reason in found.items() if not reason.startswith("skipped")] == ["answers"]
    assert "is asked nothing more: it did not answer" in found["surroundings"]


def test_examples_are_asked_under_a_deadline_too():
    late = dataclasses.replace(waiting, timeout=1.0)
    assert "did not answer within 1 s" in failures(late, SLEEPS)["answers"]
    late = dataclasses.replace(asleep, timeout=1.0)
    assert "did not answer within 1 s" in failures(late, SLEEPS)["answers"]


def test_what_cant_be_guessed_is_not_asked():
    @verifier
    def choosy(completion: str, *, pattern: str) -> float:
        """Has an option that must be set."""
        raise KeyError

    for one in (waiting, choosy):  # a coroutine function's service may cost money
        assert failures(one, [])["answers"].startswith(f"skipped: tried.{one.leaf} has no examples")


def test_a_service_that_is_missing_is_skipped_unless_it_is_required(monkeypatch):
    @verifier
    def service(completion: str) -> Verdict:
        """Nobody is there."""
        return Verdict.error("connection refused")

    examples = [Example({"completion": "x"}, 1.0, needs="a service")]
    monkeypatch.delenv("ASSAY_REQUIRE_SERVICES", raising=False)
    assert "skipped: a service is missing" in failures(service, examples)["examples"]
    monkeypatch.setenv("ASSAY_REQUIRE_SERVICES", "1")
    assert "not scored: connection refused" in failures(service, examples)["examples"]


def test_examples_of_no_verifier_are_refused():
    class Plugin:
        @hookimpl
        def assay_verifiers(self):
            return [sound]

        @hookimpl
        def assay_examples(self):
            return {"sond": SOUND}

    registry = Registry(discover=False)
    registry.register(Plugin(), "tried")
    with pytest.raises(PluginError, match="'sond'"):
        registry.offers("tried").examples()
    with pytest.raises(PluginError, match="no plugin named"):
        conformance("nowhere")


test_three_lines_are_enough = conformance("format.boxed")
