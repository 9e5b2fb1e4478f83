"""A real server, asked over a real socket."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

import pytest
from optional import module

module("uvicorn", "serving needs it: pip install 'assay[serve]'")


@pytest.fixture(scope="module")
def serve():
    running = []

    def start(*arguments, token=None):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        environment = {k: v for k, v in os.environ.items() if k != "ASSAY_TOKEN"} | (
            {"ASSAY_TOKEN": token} if token else {}
        )
        process = subprocess.Popen(
            [sys.executable, "-m", "assay", "serve", "--port", str(port), *arguments], env=environment
        )
        running.append(process)
        url = f"http://127.0.0.1:{port}"
        for _ in range(100):
            try:
                if urllib.request.urlopen(f"{url}/healthz", timeout=1).read() == b"ok":
                    return url
            except OSError:
                time.sleep(0.1)
        raise AssertionError("the server did not start")

    yield start
    for process in running:
        process.terminate()
        process.wait(10)


def post(url, body, **headers):
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json", **headers}, method="POST")
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as problem:
        with problem:
            return problem.code, json.loads(problem.read())


def test_the_shapes(serve):
    url = serve("--reward", "right=math.answer", "--reward", "total=2 * right", "--max-body", "2000")
    rows = [
        {"completion": r"\boxed{4}", "reference": "4"},
        {"completion": "5", "reference": "4"},
        {"completion": "5", "reference": None},
    ]
    status, answer = post(f"{url}/score", {"rows": rows})
    assert status == 200
    assert answer["rewards"] == [2.0, 0.0, None]
    assert answer["status"] == ["scored", "scored", "bad_reference"]
    assert answer["components"]["right"] == [1.0, 0.0, None]
    asked = {"query": ["2+2? \\boxed{4}", "2+2? 5"], "prompts": ["2+2? ", "2+2? "], "labels": ["4", "4"]}
    assert post(f"{url}/get_reward", asked) == (
        200,
        {"rewards": [2.0, 0.0], "scores": [2.0, 0.0], "extra_logs": {"right": [1.0, 0.0], "total": [2.0, 0.0]}},
    )
    status, answer = post(f"{url}/get_reward", asked | {"labels": ["4", None]})
    assert (status, "could not be judged" in answer["error"]) == (503, True)
    metrics = urllib.request.urlopen(f"{url}/metrics").read().decode()
    assert 'assay_samples_total{status="bad_reference"}' in metrics
    for body, code in [
        (b"{", 400),
        (b"[]", 400),
        ({"rows": []}, 400),
        ({"rows": [{"a": 1}]}, 422),
        ({"rows": ["x" * 3000]}, 413),
        ({"rows": [{"completion": "x"}]}, 422),
    ]:
        status, answer = post(f"{url}/score", body)
        assert status == code, answer
        assert answer["error"]


def test_a_token_and_a_reward_for_what_is_missing(serve):
    url = serve("--reward", "math.answer", "--missing", "-1", token="secret")
    asked = {"query": ["5"], "prompts": [""], "labels": [None]}
    assert post(f"{url}/get_reward", asked)[0] == 401
    assert post(f"{url}/get_reward", asked, Authorization="Bearer wrong")[0] == 401
    assert post(f"{url}/get_reward", asked, Authorization="Bearer secret")[1]["rewards"] == [-1.0]


def test_an_open_address_needs_a_token():
    run = subprocess.run(
        [sys.executable, "-m", "assay", "serve", "--reward", "1", "--host", "0.0.0.0"],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert run.returncode == 2
    assert "token" in run.stderr
