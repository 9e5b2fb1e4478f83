"""Every call in gets its verdicts out, in order."""

from __future__ import annotations

import asyncio
import time

from assay import Verdict, verifier
from assay.engine import Call, LocalEngine


@verifier
def length(completion: str) -> float:
    return len(completion) / 10


@verifier(scope="group")
def places(completion):
    return [i / 10 for i in range(len(completion))]


@verifier(timeout=0.3)
async def remote(completion: str):
    match completion:
        case "slow":
            await asyncio.sleep(5)
        case "down":
            raise ConnectionError("refused")
    await asyncio.sleep(0.05)
    return Verdict(1.0, completion)


@verifier(scope="group")
async def together(completion):
    await asyncio.sleep(0)
    return [1.0] * len(completion)


def call(one, completion, size=1):
    return Call(one, {"completion": completion}, {}, size)


def test_order_whatever_the_kind():
    texts = ["a", "down", "ccc", "slow", "eeeee"]
    calls = [call((length, remote)[i % 2], text) for i, text in enumerate(texts)]
    answers = LocalEngine().run([*calls, call(places, ["x", "y"], 2), call(together, ["x", "y", "z"], 3)])
    assert [a[0].status for a in answers] == ["scored", "error", "scored", "error", "scored", "scored", "scored"]
    assert [a[0].score for a in answers[:5]] == [0.1, None, 0.3, None, 0.5]
    assert [len(a) for a in answers] == [1, 1, 1, 1, 1, 2, 3]
    assert "refused" in answers[1][0].reason
    assert "0.3 s" in answers[3][0].reason


def test_coroutines_run_together_under_a_limit():
    started = time.perf_counter()
    answers = LocalEngine(concurrency=10).run([call(remote, str(i)) for i in range(40)])
    assert [a[0].reason for a in answers] == [str(i) for i in range(40)]
    assert 0.19 < time.perf_counter() - started < 1.5


def test_works_where_a_loop_is_running():
    async def notebook():
        return LocalEngine().run([call(remote, "x")])

    assert asyncio.run(notebook())[0][0].score == 1


def test_no_calls():
    engine = LocalEngine()
    assert engine.run([]) == []
    engine.close()
    engine.close()
