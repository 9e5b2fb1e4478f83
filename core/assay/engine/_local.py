"""The default engine: this machine."""

from __future__ import annotations

import dis
import threading
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from assay._contract.call import Call
from assay._contract.verdict import Verdict
from assay._contract.verifier import Verifier
from assay.engine._answering import Answering
from assay.engine._async_runner import AsyncRunner
from assay.engine._cache import Cache, Key, Keys
from assay.engine._pool import WorkerPool, by_value, reference_to

__all__ = ["LocalEngine", "Statistics"]


_RAISE = dis.opmap["RAISE_VARARGS"]


@dataclass
class Statistics:
    """How much work was asked for, and how much of it was done.

    Attributes:
        calls: calls that came in.
        evaluated: calls that a verifier was run for.
        repeated: calls that were the same as another of their batch.
        remembered: calls that an earlier batch had answered.
    """

    calls: int = 0
    evaluated: int = 0
    repeated: int = 0
    remembered: int = 0


@dataclass(frozen=True)
class _Routes:
    """Who answers which calls, by number: those aside begin first, then this thread does its own."""

    aside: Sequence[tuple[Callable[[Sequence[Call]], Answering], list[int]]]
    here: list[int]


class LocalEngine:
    """Answers calls on this machine, each distinct call of a pure verifier once.

    Bounded verifiers run in this process; coroutine functions together on one loop; all others in worker processes,
    where a call that passes its verifier's timeout is killed. Verifiers of the kind `gpu` stay in this process, which
    has the device. The four go side by side.

    Args:
        workers: how many worker processes; the machine's cores by default. None is started before it is needed.
        concurrency: how many coroutines run at a time.
        remember: how many calls are remembered across batches.
        memory: bytes of address space that a worker may have; by default half the machine's, 8 GiB at most.
    """

    def __init__(
        self, workers: int | None = None, concurrency: int = 32, remember: int = 100_000, memory: int | None = None
    ) -> None:
        self.statistics = Statistics()
        self._cache = Cache(remember)
        self._pool = WorkerPool(workers, memory)
        self._runner = AsyncRunner(concurrency)
        self._lock = threading.Lock()
        self._unsendable: set[str] = set()

    def run(self, calls: Sequence[Call]) -> list[tuple[Verdict, ...]]:
        """Answer each call; see `Engine.run`."""
        answers: dict[int, tuple[Verdict, ...]] = {}
        first: dict[Key, int] = {}
        same: dict[int, int] = {}
        todo: list[int] = []
        keys: dict[int, Key] = {}
        identify = Keys()
        for number, call in enumerate(calls):
            key = identify.call(call)
            if key is None:
                todo.append(number)
            elif key in first:
                same[number] = first[key]
            elif (known := self._cache.get(key)) is not None:
                answers[number] = known
                first[key] = number
            else:
                first[key] = number
                keys[number] = key
                todo.append(number)
        remembered = len(answers)
        answers |= self._answered(calls, todo)
        for number, key in keys.items():
            self._cache.put(key, answers[number])
        with self._lock:
            self.statistics.calls += len(calls)
            self.statistics.evaluated += len(todo)
            self.statistics.repeated += len(same)
            self.statistics.remembered += remembered
        return [answers[same.get(number, number)] for number in range(len(calls))]

    def close(self) -> None:
        """End the workers."""
        self._pool.close()

    def _answered(self, calls: Sequence[Call], todo: Sequence[int]) -> dict[int, tuple[Verdict, ...]]:
        """Have calls answered by number, all routes side by side: this takes as long as the slowest."""
        routes = self._routes(calls, todo)
        under_way: list[tuple[list[int], Answering]] = []
        answers: dict[int, tuple[Verdict, ...]] = {}
        try:
            for start, numbers in routes.aside:
                under_way.append((numbers, start([calls[number] for number in numbers])))
            answers.update(zip(routes.here, _answer([calls[number] for number in routes.here]), strict=True))
            for numbers, answering in under_way:
                answers.update(zip(numbers, answering.finish(), strict=True))
        except BaseException:
            for _, answering in under_way:
                answering.stop()
            raise
        return answers

    def _routes(self, calls: Sequence[Call], numbers: Sequence[int]) -> _Routes:
        device: list[int] = []
        here: list[int] = []
        together: list[int] = []
        apart: list[int] = []
        for number in numbers:
            verifier = calls[number].verifier
            if verifier.is_async:
                together.append(number)
            elif verifier.kind == "gpu":
                device.append(number)
            elif verifier.bounded or not self._sendable(verifier):
                here.append(number)
            else:
                apart.append(number)
        aside = [(self._pool.start, apart), (self._runner.start, together)]
        if device:
            # The device is the calling thread's; what needs none leaves the thread to it.
            aside, here = [*aside, (_start, here)], device
        return _Routes([(start, some) for start, some in aside if some], here)

    def _sendable(self, verifier: Verifier) -> bool:
        """Whether a worker can be given the verifier; one that closes over a lock, say, has to stay here."""
        if reference_to(verifier) is not None:
            return True
        name = f"{verifier.name}@{id(verifier.function)}"
        if name in self._unsendable:
            return False
        try:
            by_value(verifier)
        except Exception as problem:
            self._unsendable.add(name)
            warnings.warn(
                f"{verifier.name} can't be sent to a worker process ({problem}); it runs here, without a deadline",
                stacklevel=2,
            )
            return False
        return True


def _raised_by_code(problem: BaseException) -> bool:
    """Whether a verifier raised this: `SystemExit`, and a `KeyboardInterrupt` that a `raise` says in so many words.

    A real Ctrl-C interrupts whatever instruction is running.
    """
    if not isinstance(problem, KeyboardInterrupt):
        return True
    trace = problem.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return trace is not None and trace.tb_frame.f_code.co_code[trace.tb_lasti] == _RAISE


def _start(calls: Sequence[Call]) -> Answering:
    """Begin to answer calls in a thread of this process, which can't be ended early."""
    found: list[tuple[Verdict, ...]] = []
    thread = threading.Thread(target=lambda: found.extend(_answer(calls)), name="assay-here", daemon=True)
    thread.start()
    return Answering([thread], lambda: found, lambda: None)


def _answer(calls: Sequence[Call]) -> list[tuple[Verdict, ...]]:
    """Answer calls in this thread; those of a batch verifier whose options are the same, at once."""
    answers: list[tuple[Verdict, ...]] = [()] * len(calls)
    batches: dict[Key, list[int]] = {}
    identify = Keys()
    for number, call in enumerate(calls):
        options = identify.options(call) if call.verifier.scope == "batch" else None
        if options is None:
            answers[number] = _alone(call)
        else:
            batches.setdefault((call.verifier.name, call.verifier.function, options), []).append(number)
    for numbers in batches.values():
        started = time.perf_counter()
        first = calls[numbers[0]]
        try:
            verdicts = first.verifier.judge_batch([calls[number].inputs for number in numbers], first.options)
        except BaseException as problem:
            if not _raised_by_code(problem):
                raise
            verdicts = [_alone(calls[number])[0] for number in numbers]
        seconds = (time.perf_counter() - started) / len(numbers)
        for number, verdict in zip(numbers, verdicts, strict=True):
            answers[number] = (verdict.timed(seconds),)
    return answers


def _alone(call: Call) -> tuple[Verdict, ...]:
    started = time.perf_counter()
    try:
        if call.verifier.scope == "group":
            verdicts = call.verifier.judge_group(call.inputs, call.options, call.size)
        else:
            verdicts = [call.verifier.judge(call.inputs, call.options)]
    except BaseException as problem:
        if not _raised_by_code(problem):
            raise
        verdicts = [call.verifier.failure(problem)] * call.size
    seconds = (time.perf_counter() - started) / call.size
    return tuple([verdict.timed(seconds) for verdict in verdicts])
