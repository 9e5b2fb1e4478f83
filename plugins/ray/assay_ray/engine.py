"""Evaluates calls as Ray tasks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import ray

from assay import Verdict
from assay.engine import Call, LocalEngine

__all__ = ["RayEngine"]

#: Calls in one task: enough to hide what a task costs, few enough to spread over a cluster.
CHUNK = 64
#: How often a task is run again when its worker or machine is lost.
RETRIES = 3

_engine: LocalEngine | None = None


def _judge(calls: list[Call]) -> list[tuple[Verdict, ...]]:
    """Runs in Ray's worker, which keeps its engine from task to task."""
    global _engine
    if _engine is None:
        _engine = LocalEngine(workers=1)
    return _engine.run(calls)


class RayEngine:
    """Answers calls on a Ray cluster, in order.

    Starts Ray on this machine if it isn't running and `RAY_ADDRESS` names no cluster.

    Args:
        chunk: calls in one task.
    """

    def __init__(self, chunk: int = CHUNK) -> None:
        self.chunk = chunk
        self._started = not ray.is_initialized()
        if self._started:
            ray.init(include_dashboard=False, logging_level="ERROR", log_to_driver=False)
        task = ray.remote(_judge)
        self._tasks: dict[bool, Any] = {
            True: task.options(max_retries=RETRIES, num_gpus=1),
            False: task.options(max_retries=RETRIES, num_cpus=1),
        }

    def run(self, calls: Sequence[Call]) -> list[tuple[Verdict, ...]]:
        """Answer each call; a task that is lost for good makes its calls errors."""
        chunks: list[list[int]] = []
        for gpu in (False, True):
            numbers = [n for n, call in enumerate(calls) if (call.verifier.kind == "gpu") is gpu]
            chunks += [numbers[i : i + self.chunk] for i in range(0, len(numbers), self.chunk)]
        pending = [
            self._tasks[calls[chunk[0]].verifier.kind == "gpu"].remote([calls[n] for n in chunk]) for chunk in chunks
        ]
        answers: dict[int, tuple[Verdict, ...]] = {}
        for chunk, task in zip(chunks, pending, strict=True):
            try:
                found = ray.get(task)
            except ray.exceptions.RayError as problem:
                reason = f"Ray lost the task: {str(problem).strip().splitlines()[0]}"
                found = [(Verdict.error(reason),) * calls[n].size for n in chunk]
            answers.update(zip(chunk, found, strict=True))
        return [answers[n] for n in range(len(calls))]

    def close(self) -> None:
        """Stop Ray, if this engine has started it."""
        if self._started and ray.is_initialized():
            ray.shutdown()
        self._started = False
