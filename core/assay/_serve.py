"""A reward over HTTP, for trainers that ask a URL."""

from __future__ import annotations

import asyncio
import hmac
import json
from collections.abc import Mapping
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from assay._contract.scores import Scores, nullable
from assay._scoring.scorer import Scorer
from assay.errors import AssayError

__all__ = ["application"]


def application(
    scorer: Scorer,
    *,
    columns: Mapping[str, str] | None = None,
    token: str | None = None,
    max_body: int = 64 * 2**20,
    concurrency: int = 4,
    missing: float | None = None,
) -> Starlette:
    """Return an ASGI application that scores what is posted to it.

    Args:
        scorer: what scores.
        columns: where inputs are found in posted rows, as for `assay.score`.
        token: what a request must bear; none by default.
        max_body: bytes that a request's body may have.
        concurrency: requests that are scored at a time; as many again may wait, others are told to come back.
        missing: the reward that `/get_reward` gives where none could be given. Without it such a batch is refused: a
            client that can't tell an outage from a wrong answer should not be told that the answer was wrong.

    Routes: `POST /score` takes `{"rows": [...]}` and gives totals, statuses, reasons and components; `POST /get_reward`
    takes and gives what OpenRLHF's remote reward does; `/healthz`; `/metrics` for Prometheus.
    """
    registry = CollectorRegistry()
    judged = Counter("assay_samples", "Samples scored, by status.", ["status"], registry=registry)
    seconds = Histogram("assay_request_seconds", "Seconds per scored request.", registry=registry)
    running = asyncio.Semaphore(concurrency)
    waiting = 0

    async def posted(request: Request) -> dict[str, Any]:
        if token is not None:
            given = request.headers.get("authorization", "")
            if not hmac.compare_digest(given.encode(), f"Bearer {token}".encode()):
                raise HTTPException(401, "the request bears no token, or another", {"WWW-Authenticate": "Bearer"})
        body = bytearray()
        async for part in request.stream():
            body += part
            if len(body) > max_body:
                raise HTTPException(413, f"the body has more than {max_body:,} bytes")
        try:
            document = json.loads(body)
        except (ValueError, RecursionError) as problem:
            raise HTTPException(400, f"the body is not JSON: {problem}") from None
        if not isinstance(document, dict):
            raise HTTPException(400, "the body must be a JSON object")
        return document

    async def scored(rows: Any) -> Scores:
        nonlocal waiting
        if not isinstance(rows, list) or not rows:
            raise HTTPException(400, "'rows' must be a list of objects, one per completion")
        if running.locked() and waiting >= concurrency:
            raise HTTPException(503, "too many requests at a time", {"Retry-After": "1"})
        waiting += 1
        try:
            async with running:
                with seconds.time():
                    scores = await asyncio.to_thread(scorer.score, rows, columns)
        except AssayError as problem:
            raise HTTPException(422, str(problem)) from None
        finally:
            waiting -= 1
        for status in scores.status:
            judged.labels(status).inc()
        return scores

    async def score(request: Request) -> Response:
        scores = await scored((await posted(request)).get("rows"))
        return JSONResponse(
            {
                "rewards": nullable(scores.total),
                "status": scores.status,
                "reasons": scores.reasons,
                "components": {name: nullable(line.values) for name, line in (scores.verifiers | scores.lines).items()},
            }
        )

    async def get_reward(request: Request) -> Response:
        body = await posted(request)
        queries, prompts, labels = body.get("query"), body.get("prompts"), body.get("labels")
        if not isinstance(queries, list) or not isinstance(prompts, list) or len(queries) != len(prompts):
            raise HTTPException(400, "'query' and 'prompts' must be lists of one length")
        if not isinstance(labels, list) or len(labels) != len(queries):
            labels = [None] * len(queries)
        rows = [
            {"prompt": p, "completion": str(q).removeprefix(str(p)), "reference": label}
            for q, p, label in zip(queries, prompts, labels, strict=True)
        ]
        scores = await scored(rows)
        rewards = nullable(scores.total)
        lacking = [f"sample {i}: {scores.reasons[i]}" for i, one in enumerate(rewards) if one is None]
        if lacking and missing is None:
            detail = f"{len(lacking)} samples could not be judged ({lacking[0]}); --missing gives them a reward"
            raise HTTPException(503, detail)
        filled = [missing if one is None else one for one in rewards]
        lines = {name: nullable(line.values) for name, line in scores.lines.items()}
        return JSONResponse({"rewards": filled, "scores": filled, "extra_logs": lines})

    async def healthz(_: Request) -> Response:
        return PlainTextResponse("ok")

    async def metrics(_: Request) -> Response:
        return PlainTextResponse(generate_latest(registry), media_type="text/plain; version=0.0.4")

    async def refused(_: Request, problem: Exception) -> Response:
        assert isinstance(problem, HTTPException)
        return JSONResponse({"error": problem.detail}, problem.status_code, problem.headers)

    return Starlette(
        routes=[
            Route("/score", score, methods=["POST"]),
            Route("/get_reward", get_reward, methods=["POST"]),
            Route("/healthz", healthz),
            Route("/metrics", metrics),
        ],
        exception_handlers={HTTPException: refused},
    )
