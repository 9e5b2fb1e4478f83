"""How long a batch takes whose verifiers each take a second, beside the same verifiers one after another.

A coroutine function waits as for a service; the function that sleeps runs in a worker process, as any that isn't
bounded does. The first batch of each reward starts what it needs; the second finds it warm.
"""

from __future__ import annotations

import asyncio
import time
from typing import Any

from assay import Registry, Scorer, hookimpl, verifier

SECONDS = 1.0


@verifier
async def first(completion: str) -> float:
    """One service."""
    await asyncio.sleep(SECONDS)
    return 1.0


@verifier
async def second(completion: str) -> float:
    """Another service."""
    await asyncio.sleep(SECONDS)
    return 1.0


@verifier
def worker(completion: str) -> float:
    """Work for a worker process."""
    time.sleep(SECONDS)
    return 1.0


class Demo:
    """The plugin `demo`."""

    @hookimpl
    def assay_verifiers(self) -> list[Any]:
        return [first, second, worker]


def seconds(scorer: Scorer, rows: list[dict[str, Any]]) -> float:
    started = time.perf_counter()
    scorer.score(rows)
    return time.perf_counter() - started


def main() -> None:
    registry = Registry(discover=False)
    registry.register(Demo(), "demo")
    rewards = {
        "demo.first + demo.second": 2,
        "demo.first + demo.second + demo.worker": 3,
        "demo.first and demo.second": 2,  # the second is asked for where the first is above 0
    }
    for number, (reward, verifiers) in enumerate(rewards.items()):
        with Scorer(reward, registry=registry) as scorer:
            cold, warm = (seconds(scorer, [{"completion": f"{number} {batch}"}]) for batch in range(2))
        apart = verifiers * SECONDS
        print(f"{reward:42} {cold:.2f} s, then {warm:.2f} s; one after another {apart:.0f} s: {apart / warm:.1f} x")


if __name__ == "__main__":
    main()
