"""Runs coroutine verifiers together: a limit, retries, a deadline, and a pause for a service that is down."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from assay._contract.call import Call
from assay._contract.verdict import Status, Verdict
from assay.engine._answering import Answering

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
        self._lock = threading.Lock()

    def start(self, calls: Sequence[Call]) -> Answering:
        """Begin to answer calls, on a loop in a thread of its own: a caller in a notebook has a loop already."""
        found: list[tuple[Verdict, ...]] = []
        loop = asyncio.new_event_loop()

        async def gather() -> None:
            limit = asyncio.Semaphore(self.concurrency)
            found.extend(await asyncio.gather(*(self._answer(call, limit) for call in calls)))

        def work() -> None:
            with asyncio.Runner(loop_factory=lambda: loop) as runner, contextlib.suppress(asyncio.CancelledError):
                runner.run(gather())

        def stop() -> None:
            with contextlib.suppress(RuntimeError):  # it has ended
                loop.call_soon_threadsafe(lambda: [task.cancel() for task in asyncio.all_tasks(loop)])

        thread = threading.Thread(target=work, name="assay-async", daemon=True)
        thread.start()
        return Answering([thread], lambda: found, stop)

    async def _answer(self, call: Call, limit: asyncio.Semaphore) -> tuple[Verdict, ...]:
        verifier = call.verifier
        async with limit:
            started = time.perf_counter()
            if (reason := self._paused(verifier.name)) is not None:
                return (Verdict.error(reason),) * call.size
            verdicts = await self._try(call)
        failed = all(one.status is Status.ERROR for one in verdicts)
        self._note(verifier.name, verdicts[0].reason if failed else None)
        seconds = (time.perf_counter() - started) / call.size
        return tuple(verdict.timed(seconds) for verdict in verdicts)

    def _paused(self, name: str) -> str | None:
        """Return why a verifier is not asked now, `None` if it may be."""
        with self._lock:
            health = self._health.setdefault(name, _Health())
            if time.monotonic() >= health.paused_until:
                return None
            return f"{name} failed {PATIENCE} times in a row and is left alone for {PAUSE:g} s; {health.last}"

    def _note(self, name: str, failure: str | None) -> None:
        """Keep how a call went: the reason of its failure, or `None`."""
        with self._lock:
            health = self._health[name]
            if failure is None:
                health.failures = 0
                return
            health.failures += 1
            health.last = f"the last time: {failure}"
            if health.failures >= PATIENCE:
                health.failures, health.paused_until = 0, time.monotonic() + PAUSE

    async def _try(self, call: Call) -> list[Verdict]:
        from tenacity import AsyncRetrying, retry_if_exception, stop_after_attempt, wait_exponential_jitter

        verifier = call.verifier
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
                        returned = await verifier.apply(call.inputs, call.options)
            if verifier.scope == "group":
                return verifier.verdicts(returned, call.size, call.options)
            return [verifier.verdict(returned, call.options)]
        except TimeoutError:
            # An endpoint that doesn't answer says nothing about the completion.
            return [Verdict.error(f"{verifier.name} took more than {verifier.timeout:g} s")] * call.size
        except asyncio.CancelledError as problem:
            if (task := asyncio.current_task()) is not None and task.cancelling():
                raise  # the batch is being ended
            return [verifier.failure(problem)] * call.size
        except BaseException as problem:  # also SystemExit; Ctrl-C is the main thread's
            return [verifier.failure(problem)] * call.size


def _passing(problem: BaseException) -> bool:
    """Whether a failure may pass: a broken connection, or an answer that says 'later'."""
    if isinstance(problem, OSError) and not isinstance(problem, TimeoutError):
        return True
    status = getattr(problem, "status_code", None) or getattr(getattr(problem, "response", None), "status_code", None)
    return isinstance(status, int) and (status in (408, 425, 429) or 500 <= status <= 599)
