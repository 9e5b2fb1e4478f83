"""What is checked of every verifier. Each check is a function of a subject, and fails by an assertion that says why."""

from __future__ import annotations

import copy
import functools
import inspect
import math
import os
import pickle
import random
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import Any

from assay._contract.example import Example
from assay._contract.verdict import Status, Verdict
from assay.engine import Call, LocalEngine
from assay.errors import shorten
from assay.extract import wrap
from assay.testing._adversarial_inputs import PAYLOADS, REFERENCES
from assay.testing._verifier_under_test import VerifierUnderTest

__all__ = ["CHECKS", "Check"]

Check = Callable[[VerifierUnderTest], None]

#: As many of a verifier's examples are tried with hostile inputs.
_GROUNDS = 3


def declaration(subject: VerifierUnderTest) -> None:
    """What is declared holds together, as far as `@verifier` leaves it open: a summary, defaults of their own types."""
    one = subject.verifier
    assert one.summary.strip(), f"{one.name} needs a docstring: its first line is what `assay list` shows"
    for option in one.options.values():
        if not option.required:
            try:
                option.validate(option.default)
            except ValueError as problem:
                raise AssertionError(f"the default of '{option.name}' {problem}") from None
    if one.exemplar is not None:
        inspect.signature(one.exemplar).bind("a reference", {})


def answers(subject: VerifierUnderTest) -> None:
    """Whatever it is asked it answers in time, with verdicts that keep what is declared; asked in a worker process."""
    one = subject.verifier
    if not subject.samples:
        _needs_examples(subject)
    trial = subject.trial
    said = [verdict for verdicts in trial.answers for verdict in verdicts]
    for verdict in said:
        assert not verdict.details.get("breach"), verdict.reason
    assert not trial.unsafe, f"{one.name}, asked about {_asked_last(subject)}: {trial.unsafe}"
    if subject.guessed:
        assert any(verdict.status is not Status.ERROR for verdict in said), (
            f"{one.name} fails on every input that was tried ({said[0].reason}); {_how_to_give_examples(subject)}"
        )


def _asked_last(subject: VerifierUnderTest) -> str:
    asked = [one for one in subject.samples if not one.needs]
    return _short(dict(asked[min(len(subject.trial.answers), len(asked) - 1)].inputs))


def _safe(check: Check) -> Check:
    """Ask nothing in this process of a verifier that has shown in another that it isn't safe."""

    @functools.wraps(check)
    def checked(subject: VerifierUnderTest) -> None:
        if subject.trial.unsafe:
            _skip(f"{subject.verifier.name} is asked nothing more: {subject.trial.unsafe}")
        check(subject)

    return checked


@_safe
def options(subject: VerifierUnderTest) -> None:
    """Options of another type are refused; a text that says nothing about where to look is an error, never a score."""
    for option in subject.verifier.options.values():
        if option.annotation in (Any, object):
            continue
        try:
            option.validate(_Nothing())
        except ValueError:
            continue
        raise AssertionError(f"the option '{option.name}' takes anything; its annotation should say what it takes")
    if "extract" not in subject.verifier.options or subject.verifier.is_async:
        return
    for example, call in islice(subject.perfect(), 1):
        nowhere = Call(call.verifier, call.inputs, dict(call.options) | {"extract": "nowhere:at:all"}, call.size)
        for verdict in subject.judge(nowhere):
            assert verdict.status is not Status.SCORED, (
                f"extract='nowhere:at:all' is no place to look, and {example.inputs} was scored {verdict.score}: "
                "call assay.extract.check(extract), or look for the answer before anything else"
            )


@_safe
def examples(subject: VerifierUnderTest) -> None:
    """Each example has the verdict that its plugin promises, and not all have one score."""
    _needs_examples(subject)
    lacking, scores = [], set()
    for example in subject.examples:
        names = {one.name for one in subject.verifier.inputs}
        assert example.inputs.keys() <= names, f"{sorted(example.inputs.keys() - names)} are no inputs"
        verdicts = subject.judge(subject.call(example))
        due: Sequence[float | None] = (
            example.score if isinstance(example.score, Sequence) else [example.score] * len(verdicts)
        )
        assert len(due) == len(verdicts), f"{len(verdicts)} verdicts came for {example}, not {len(due)}"
        for verdict, score in zip(verdicts, due, strict=True):
            if example.needs and verdict.status is Status.ERROR and not os.environ.get("ASSAY_REQUIRE_SERVICES"):
                lacking.append(f"{example.needs} is missing: {verdict.reason}")
                continue
            if isinstance(example.score, Sequence) and score is None:
                assert not verdict.status.has_score, f"{_shown(example)} has a score for a member that is due none"
                continue
            assert verdict.status == example.status, (
                f"{_shown(example)} has the status {verdict.status}, not {example.status}: {verdict.reason}"
            )
            if score is not None:
                assert verdict.score is not None
                assert math.isclose(verdict.score, score, rel_tol=1e-9, abs_tol=1e-9), (
                    f"{_shown(example)} scores {verdict.score:g}, not {score:g}: {verdict.reason}"
                )
            scores.add(verdict.score)
    if lacking:
        _skip("; ".join(dict.fromkeys(lacking)))
    numbers = scores - {None}
    assert len(numbers) != 1, f"every example scores {numbers.pop():g}; add one that scores something else"


@_safe
def determinism(subject: VerifierUnderTest) -> None:
    """Equal inputs give equal verdicts, also in another order and in another process; inputs are left alone."""
    calls = [subject.call(example) for example in subject.samples]
    kept = [pickle.dumps((dict(call.inputs), dict(call.options))) for call in calls]
    first = [subject.judge(call) for call in calls]
    for call, before in zip(calls, kept, strict=True):
        inputs, options = pickle.loads(before)  # noqa: S301 - pickled two lines above
        assert _same((dict(call.inputs), dict(call.options)), (inputs, options)), (
            f"the verifier changes its inputs: {_short((call.inputs, call.options))} was {_short((inputs, options))}"
        )
    if not subject.verifier.pure:
        return
    again = [subject.judge(call) for call in reversed(calls)][::-1]
    apart = subject.judge_apart(calls)
    for call, one, two, three in zip(calls, first, again, apart, strict=True):
        _equal(subject, call, one, two, "a second time")
        _equal(subject, call, one, three, "in another process")


@_safe
def batch(subject: VerifierUnderTest) -> None:
    """A batch on the engine gives what each call gives alone, in the order asked, repeats included."""
    calls = [subject.call(example) for example in subject.samples]
    if not subject.verifier.pure or not calls:
        return
    alone = [subject.judge(call) for call in calls]
    order = [n for _ in range(3) for n in range(len(calls))]
    random.Random(0).shuffle(order)  # noqa: S311 - any order will do
    engine = LocalEngine(workers=1)
    try:
        together = engine.run([calls[n] for n in order])
    finally:
        engine.close()
    for n, verdicts in zip(order, together, strict=True):
        _equal(subject, calls[n], alone[n], verdicts, "in a batch")


@_safe
def threads(subject: VerifierUnderTest) -> None:
    """Eight threads at once get what one gets: no signal, no shared scratch."""
    calls = [subject.call(example) for example in subject.samples]
    if not subject.verifier.pure or not calls:
        return
    alone = [subject.judge(call) for call in calls]
    work = [n for _ in range(max(4, 32 // len(calls))) for n in range(len(calls))]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda n: subject.judge(calls[n]), work))
    for n, verdicts in zip(work, found, strict=True):
        _equal(subject, calls[n], alone[n], verdicts, "in a thread")


@_safe
def pickling(subject: VerifierUnderTest) -> None:
    """The verifier can be sent to a worker, and its verdicts come back as they were."""
    if subject.verifier.kind == "cpu":
        assert subject.sendable, f"{subject.verifier.name} can't be pickled: it holds a lock, a handle or the like"
    for example in subject.samples:
        for verdict in subject.judge(subject.call(example)):
            if verdict.artefact is None:
                there_and_back = pickle.loads(pickle.dumps(verdict))  # noqa: S301 - of our own making
                assert _same(subject.plain(there_and_back), subject.plain(verdict)), f"{verdict} changes on its way"


@_safe
def hostile(subject: VerifierUnderTest) -> None:
    """Whatever the model writes is judged, in time: never an error, never the reference's fault, never out of range."""
    if not any(one.name == "completion" for one in subject.verifier.inputs):
        return
    if next(subject.perfect(), None) is None:
        _needs_examples(subject)
    for example, call in islice(subject.perfect(), _GROUNDS):
        texts = dict(_texts(subject, example, call))
        calls = [subject.call(example, completion=text) for text in texts.values()]
        for name, verdicts in zip(texts, subject.judge_apart(calls), strict=True):
            for verdict in verdicts:
                _judged(subject, verdict, f"a completion of {name}")


@_safe
def references(subject: VerifierUnderTest) -> None:
    """A reference is bad or good whatever the completion says, and an odd one is no error."""
    if subject.verifier.scope == "group" or not any(one.name == "reference" for one in subject.verifier.inputs):
        return
    _needs_examples(subject)
    for example, _ in islice(subject.perfect(), 1):
        said = [example.inputs.get("completion", ""), "", "nan", "{" * 100]
        for name, reference in REFERENCES.items():
            calls = [subject.call(example, reference=reference, completion=text) for text in said]
            found = [answer[0] for answer in subject.judge_apart(calls)]
            for verdict in found:
                assert verdict.status is not Status.ERROR, (
                    f"with {name} as the reference: {verdict.reason}; an unusable reference is Verdict.bad_reference"
                )
            bad = {verdict.status is Status.BAD_REFERENCE for verdict in found}
            assert len(bad) == 1, (
                f"{name} is a bad reference for one completion and not for another: look at the reference first"
            )


@_safe
def surroundings(subject: VerifierUnderTest) -> None:
    """The process is left as it was: random state, signal handlers, directory, environment, recursion limit."""
    calls = [subject.call(example) for example in subject.samples]
    for call in calls:
        subject.judge(call)  # what is set up once, by an import, is no concern
    random.random()  # noqa: S311 - so that seeding as before shows
    before = _state()
    for call in calls:
        subject.judge(call)
    for name, value in _state().items():
        assert value == before.get(name, value), f"{subject.verifier.name} changes the process's {name}"


CHECKS: dict[str, Check] = {
    check.__name__: check
    for check in (
        declaration, answers, options, examples, determinism, batch, threads, pickling, hostile, references,
        surroundings,
    )
}  # fmt: skip


class _Nothing:
    """A value of a type that no option takes."""


def _needs_examples(subject: VerifierUnderTest) -> None:
    if subject.guessed:
        _skip(f"{subject.verifier.name} has no examples; {_how_to_give_examples(subject)}")


def _how_to_give_examples(subject: VerifierUnderTest) -> str:
    return (
        f"give some by the hook assay_examples of '{subject.verifier.plugin}', which returns "
        f"{{'{subject.verifier.leaf}': [Example(...)]}}"
    )


def _skip(reason: str) -> None:
    import pytest

    pytest.skip(reason)


def _texts(subject: VerifierUnderTest, example: Example, call: Call) -> Iterator[tuple[str, str]]:
    """Yield hostile completions: as they are, where the verifier looks for its answer, and a good one disfigured."""
    where = call.options.get("extract")
    for name, text in PAYLOADS.items():
        yield name, text
        if isinstance(where, str):
            yield f"{name}, as the answer", wrap(text, where)
    good = example.inputs.get("completion", "")
    if isinstance(good, (list, tuple)):
        good = good[0]
    if isinstance(good, str):
        yield "the example, cut in half", good[: len(good) // 2]
        yield "the example, backwards", good[::-1]
        yield "the example, many times", good * min(1000, 200_000 // max(len(good), 1))
        yield "the example with null bytes", "\x00".join(good)
        yield "the example inside reasoning that never ends", f"<think>{good}"


def _judged(subject: VerifierUnderTest, verdict: Verdict, what: str) -> None:
    one = subject.verifier
    if one.bounded:
        assert verdict.seconds < one.timeout, (
            f"{what} took {verdict.seconds:.1f} s, and {one.name} says that its time is bounded"
        )
    assert verdict.status is not Status.ERROR, f"{what} makes {one.name} fail: {verdict.reason}"
    assert verdict.status is not Status.BAD_REFERENCE, f"{what} is blamed on the reference: {verdict.reason}"


def _equal(subject: VerifierUnderTest, call: Call, one: Sequence[Verdict], two: Sequence[Verdict], when: str) -> None:
    assert len(one) == len(two)
    for a, b in zip(one, two, strict=True):
        assert _same(subject.plain(a), subject.plain(b)), (
            f"{_short(call.inputs)} gave {subject.plain(a)}, and {when} {subject.plain(b)}"
        )


def _same(one: Any, two: Any) -> bool:
    try:
        return bool(one == two) or pickle.dumps(one) == pickle.dumps(copy.deepcopy(two))
    except ValueError:  # arrays have no single truth
        return pickle.dumps(one) == pickle.dumps(two)


def _state() -> dict[str, Any]:
    state: dict[str, Any] = {
        "random state": random.getstate(),
        "directory": str(os.getcwd()),  # noqa: PTH109 - a text, also where the directory is gone
        "environment": dict(os.environ),
        "recursion limit": sys.getrecursionlimit(),
        "standard output": sys.stdout,
        "limit on digits": sys.get_int_max_str_digits(),
    }
    for name in ("SIGALRM", "SIGINT", "SIGTERM"):
        if hasattr(signal, name):
            state[f"handler of {name}"] = signal.getsignal(getattr(signal, name))
    if "numpy" in sys.modules:
        state["random state of numpy"] = str(sys.modules["numpy"].random.get_state())
    return state


def _shown(example: Example) -> str:
    return f"the example {_short(dict(example.inputs))}" + (f" with {dict(example.options)}" if example.options else "")


def _short(value: Any) -> str:
    return shorten(repr(value), 300)
