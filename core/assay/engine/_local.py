"""The default engine: this machine."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from assay._contract.call import Call
from assay._contract.verdict import Verdict
from assay._contract.verifier import Verifier
from assay.engine._async_runner import AsyncRunner
from assay.engine._cache import Cache, Key, Keys
from assay.engine._pool import WorkerPool, by_value, reference_to

__all__ = ["LocalEngine", "Statistics"]


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


class LocalEngine:
    """Answers calls on this machine, each distinct call of a pure verifier once.

    Bounded verifiers run in this process; coroutine functions together on one loop; all others in worker processes,
    where a call that passes its verifier's timeout is killed. Verifiers of the kind `gpu` stay in this process, which
    has the device.

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
        self._memory = Cache(remember)
        self._pool = WorkerPool(workers, memory)
        self._remote = AsyncRunner(concurrency)
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
            elif (known := self._memory.get(key)) is not None:
                answers[number] = known
                first[key] = number
                self.statistics.remembered += 1
            else:
                first[key] = number
                keys[number] = key
                todo.append(number)
        for work, numbers in self._routes(calls, todo):
            found = work([calls[number] for number in numbers])
            answers.update(zip(numbers, found, strict=True))
        for number, key in keys.items():
            self._memory.put(key, answers[number])
        self.statistics.calls += len(calls)
        self.statistics.evaluated += len(todo)
        self.statistics.repeated += len(same)
        return [answers[same.get(number, number)] for number in range(len(calls))]

    def close(self) -> None:
        """End the workers."""
        self._pool.close()

    _Work = Callable[[Sequence[Call]], list[tuple[Verdict, ...]]]

    def _routes(self, calls: Sequence[Call], numbers: Sequence[int]) -> list[tuple[_Work, list[int]]]:
        here: list[int] = []
        together: list[int] = []
        apart: list[int] = []
        for number in numbers:
            verifier = calls[number].verifier
            if verifier.is_async:
                together.append(number)
            elif verifier.bounded or verifier.kind == "gpu" or not self._sendable(verifier):
                here.append(number)
            else:
                apart.append(number)
        routes: list[tuple[LocalEngine._Work, list[int]]] = [
            (self._pool.run, apart),
            (self._remote.run, together),
            (_answer, here),
        ]
        return [(work, some) for work, some in routes if some]

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
        verdicts = first.verifier.judge_batch([calls[number].inputs for number in numbers], first.options)
        seconds = (time.perf_counter() - started) / len(numbers)
        for number, verdict in zip(numbers, verdicts, strict=True):
            answers[number] = (verdict.timed(seconds),)
    return answers


def _alone(call: Call) -> tuple[Verdict, ...]:
    started = time.perf_counter()
    if call.verifier.scope == "group":
        verdicts = call.verifier.judge_group(call.inputs, call.options, call.size)
    else:
        verdicts = [call.verifier.judge(call.inputs, call.options)]
    seconds = (time.perf_counter() - started) / call.size
    return tuple([verdict.timed(seconds) for verdict in verdicts])
