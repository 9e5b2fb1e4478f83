"""The default engine: this machine."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Sequence
from dataclasses import replace

from assay.engine.call import Call
from assay.verdict import Verdict

__all__ = ["LocalEngine"]


class LocalEngine:
    """Answers calls in this process: functions one after another, coroutine functions together on one loop.

    Args:
        concurrency: how many coroutines run at a time.
    """

    def __init__(self, concurrency: int = 32) -> None:
        self.concurrency = concurrency

    def run(self, calls: Sequence[Call]) -> list[tuple[Verdict, ...]]:
        """Answer each call; see `Engine.run`."""
        answers: dict[int, tuple[Verdict, ...]] = {}
        waiting = [position for position, call in enumerate(calls) if call.verifier.is_async]
        if waiting:
            found = self._together([calls[position] for position in waiting])
            answers.update(zip(waiting, found, strict=True))
        for position, call in enumerate(calls):
            if position not in answers:
                answers[position] = _answer(call)
        return [answers[position] for position in range(len(calls))]

    def close(self) -> None:
        """Nothing is held."""

    def _together(self, calls: Sequence[Call]) -> list[tuple[Verdict, ...]]:
        """Run coroutines on a loop in a thread of its own: the caller, in a notebook, may have a loop already."""
        found: list[tuple[Verdict, ...]] = []

        async def gather() -> None:
            limit = asyncio.Semaphore(self.concurrency)
            found.extend(await asyncio.gather(*(_await(call, limit) for call in calls)))

        thread = threading.Thread(target=lambda: asyncio.run(gather()), name="assay-async", daemon=True)
        thread.start()
        thread.join()
        return found


def _answer(call: Call) -> tuple[Verdict, ...]:
    started = time.perf_counter()
    if call.verifier.scope == "group":
        verdicts = call.verifier.judge_group(call.inputs, call.options, call.size)
    else:
        verdicts = [call.verifier.judge(call.inputs, call.options)]
    seconds = (time.perf_counter() - started) / call.size
    return tuple(replace(verdict, seconds=seconds) for verdict in verdicts)


async def _await(call: Call, limit: asyncio.Semaphore) -> tuple[Verdict, ...]:
    verifier = call.verifier
    async with limit:
        started = time.perf_counter()
        try:
            arguments = [call.inputs.get(one.name, one.default) for one in verifier.inputs]
            async with asyncio.timeout(verifier.timeout):
                returned = await verifier.function(*arguments, **call.options)
            verdicts = (
                verifier.verdicts(returned, call.size) if verifier.scope == "group" else [verifier.verdict(returned)]
            )
        except TimeoutError:
            # An endpoint that doesn't answer says nothing about the completion.
            verdicts = [Verdict.error(f"{verifier.name} took more than {verifier.timeout:g} s")] * call.size
        except Exception as problem:
            verdicts = [verifier.failure(problem)] * call.size
        seconds = (time.perf_counter() - started) / call.size
    return tuple(replace(verdict, seconds=seconds) for verdict in verdicts)
