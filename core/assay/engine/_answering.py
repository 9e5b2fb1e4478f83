"""Calls that are being answered in threads, while the caller does something else."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from assay._contract.verdict import Verdict

__all__ = ["Answering"]


class Answering:
    """What a route of the engine returns when it has begun.

    Args:
        threads: the work; they are done when every call has its answer.
        answers: gives the answers, in the order of the calls, once the threads are done.
        stop: ends the work early.
    """

    def __init__(
        self,
        threads: Sequence[threading.Thread],
        answers: Callable[[], list[tuple[Verdict, ...]]],
        stop: Callable[[], None],
    ) -> None:
        self._threads, self._answers, self.stop = threads, answers, stop

    def finish(self) -> list[tuple[Verdict, ...]]:
        """Wait, and return the answers. Ctrl-C interrupts the wait, and ends the work."""
        try:
            for thread in self._threads:
                while thread.is_alive():
                    thread.join(0.2)  # a join without end can't be interrupted
        except BaseException:
            self.stop()
            raise
        return self._answers()
