"""The default engine: this machine."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import replace

from assay.engine.call import Call
from assay.verdict import Verdict

__all__ = ["LocalEngine"]


class LocalEngine:
    """Answers calls in this process, coroutine functions together on one loop."""

    def run(self, calls: Sequence[Call]) -> list[tuple[Verdict, ...]]:
        """Answer each call; see `Engine.run`."""
        return [self._answer(call) for call in calls]

    def close(self) -> None:
        """Nothing is held."""

    def _answer(self, call: Call) -> tuple[Verdict, ...]:
        started = time.perf_counter()
        verifier = call.verifier
        if verifier.is_async:
            verdicts = [asyncio.run(self._await(call))]
        elif verifier.scope == "group":
            verdicts = verifier.judge_group(call.inputs, call.options, call.size)
        else:
            verdicts = [verifier.judge(call.inputs, call.options)]
        seconds = (time.perf_counter() - started) / call.size
        return tuple(replace(verdict, seconds=seconds) for verdict in verdicts)

    async def _await(self, call: Call) -> Verdict:
        verifier = call.verifier
        try:
            returned = await verifier.function(
                *(call.inputs.get(i.name, i.default) for i in verifier.inputs), **call.options
            )
            return verifier.verdict(returned)
        except Exception as problem:
            return verifier.failure(problem)
