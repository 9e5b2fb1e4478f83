"""What an option costs that is bound to a column, beside the same option as a literal.

Each reward is scored over the same rows in one process, the two in turn; the best of the rounds counts.
"""

from __future__ import annotations

import time
from typing import Any, Literal

import assay
from assay import Registry, hookimpl, verifier

ROWS, ROUNDS = 2000, 9


@verifier(bounded=True)
def f(completion: str, *, limit: int = 3, kinds: list[Literal["a", "b"]] | None = None) -> float:
    """The completion is no longer than the limit."""
    return float(len(completion) <= limit)


class Demo:
    """The plugin `demo`."""

    @hookimpl
    def assay_verifiers(self) -> list[Any]:
        return [f]


def main() -> None:
    registry = Registry(discover=False)
    registry.register(Demo(), "demo")
    rows = [{"completion": f"{n}", "limit": 2 + n % 3, "kinds": [["a"], ["b"], ["a", "b"]][n % 3]} for n in range(ROWS)]
    rewards = {
        "a literal": "demo.f(limit=3)",
        "one option bound to a column": "demo.f(limit=row.limit)",
        "two options bound to columns": "demo.f(limit=row.limit, kinds=row.kinds)",
    }
    best = dict.fromkeys(rewards, float("inf"))
    for _ in range(ROUNDS):
        for what, reward in rewards.items():
            started = time.perf_counter()
            assay.score(rows, reward, registry=registry)
            best[what] = min(best[what], time.perf_counter() - started)
    for what, seconds in best.items():
        print(f"{what:32} {seconds / ROWS * 1e6:6.1f} us/sample   {seconds / best['a literal']:.2f} x")


if __name__ == "__main__":
    main()
