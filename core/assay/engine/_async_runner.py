"""Runs coroutine verifiers together: a limit, retries, a deadline, and a pause for a service that is down."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from assay._contract.call import Call
from assay._contract.verdict import Status, Verdict

__all__ = ["AsyncRunner"]

#: Attempts at one call, and the seconds before the second; each later wait is twice as long, with jitter.
ATTEMPTS, FIRST_WAIT = 3, 0.1
#: Failures in a row after which a service is left alone, and for how many seconds.
PATIENCE, PAUSE = 20, 30.0


@dataclass
class _Health:
    failures: int = 0
    paused_until: float = 0.0
    last: str = ""


class AsyncRunner:
    """Answers calls of coroutine functions on one loop.

    A connection that fails, a service that answers 408, 425, 429 or 5xx, is tried again with growing waits. After a
    run of failures a verifier is not asked for a while, and its verdicts say so: a service that is down should
    neither be hammered nor hold up the run.

    Args:
        concurrency: how many calls are under way at a time.
    """

    def __init__(self, concurrency: int) -> None:
        self.concurrency = concurrency
        self._health: dict[str, _Health] = {}

    def run(self, calls: Sequence[Call]) -> list[tuple[Verdict, ...]]:
        """Answer each call, in order, on a loop in a thread of its own: a caller in a notebook has a loop already."""
        found: list[tuple[Verdict, ...]] = []

        async def gather() -> None:
            limit = asyncio.Semaphore(self.concurrency)
            found.extend(await asyncio.gather(*(self._answer(call, limit) for call in calls)))

        thread = threading.Thread(target=lambda: asyncio.run(gather()), name="assay-async", daemon=True)
        thread.start()
        while thread.is_alive():
            thread.join(0.2)  # a join without end can't be interrupted
        return found

    async def _answer(self, call: Call, limit: asyncio.Semaphore) -> tuple[Verdict, ...]:
        verifier = call.verifier
        health = self._health.setdefault(verifier.name, _Health())
        async with limit:
            started = time.perf_counter()
            if time.monotonic() < health.paused_until:
                reason = (
                    f"{verifier.name} failed {PATIENCE} times in a row and is left alone for {PAUSE:g} s; {health.last}"
                )
                return (Verdict.error(reason),) * call.size
            verdicts = await self._try(call)
        if all(one.status is Status.ERROR for one in verdicts):
            health.failures += 1
            health.last = f"the last time: {verdicts[0].reason}"
            if health.failures >= PATIENCE:
                health.failures, health.paused_until = 0, time.monotonic() + PAUSE
        else:
            health.failures = 0
        seconds = (time.perf_counter() - started) / call.size
        return tuple(verdict.timed(seconds) for verdict in verdicts)

    async def _try(self, call: Call) -> list[Verdict]:
        from tenacity import AsyncRetrying, retry_if_exception, stop_after_attempt, wait_exponential_jitter

        verifier = call.verifier
        arguments = [call.inputs.get(one.name, one.default) for one in verifier.inputs]
        try:
            async with asyncio.timeout(verifier.timeout):
                returned: Any = None
                async for attempt in AsyncRetrying(
                    stop=stop_after_attempt(ATTEMPTS),
                    wait=wait_exponential_jitter(initial=FIRST_WAIT, max=verifier.timeout / 4, jitter=FIRST_WAIT),
                    retry=retry_if_exception(_passing),
                    reraise=True,
                ):
                    with attempt:
                        returned = await verifier.function(*arguments, **call.options)
            return verifier.verdicts(returned, call.size) if verifier.scope == "group" else [verifier.verdict(returned)]
        except TimeoutError:
            # An endpoint that doesn't answer says nothing about the completion.
            return [Verdict.error(f"{verifier.name} took more than {verifier.timeout:g} s")] * call.size
        except Exception as problem:
            return [verifier.failure(problem)] * call.size


def _passing(problem: BaseException) -> bool:
    """Whether a failure may pass: a broken connection, or an answer that says 'later'."""
    if isinstance(problem, OSError) and not isinstance(problem, TimeoutError):
        return True
    status = getattr(problem, "status_code", None) or getattr(getattr(problem, "response", None), "status_code", None)
    return isinstance(status, int) and (status in (408, 425, 429) or 500 <= status <= 599)
