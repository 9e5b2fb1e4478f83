"""The same verdicts in the same order, on Ray, with a worker killed on the way."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time

import psutil
import pytest
from optional import module

ray = module("ray", "the engine on Ray needs it: pip install assay-ray")

from assay import hookimpl, score, verifier  # noqa: E402
from assay._plugins.registry import Registry  # noqa: E402
from assay_ray.engine import RayEngine  # noqa: E402

pytestmark = [pytest.mark.slow, pytest.mark.timeout(200)]


@verifier(timeout=1.0)
def told(completion: str) -> float:
    """Does what the completion asks for."""
    if completion.startswith("loop"):
        while True:
            pass
    if completion.startswith("exit"):
        os._exit(1)
    if completion.startswith("slow"):
        time.sleep(0.1)
    return int(completion.split()[1]) / 1000


class Plugin:
    @hookimpl
    def assay_verifiers(self):
        return [told]


@pytest.fixture(scope="module")
def engine():
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_AUTH_MODE", "disabled")
        engine = RayEngine(chunk=10)
        yield engine
        engine.close()


@pytest.fixture
def registry():
    registry = Registry(discover=False)
    registry.register(Plugin(), "ray_test")
    return registry


def without_seconds(scores):
    return json.dumps([{k: v for k, v in row.items() if k != "seconds"} for row in scores.table()])


def test_the_same_table_as_locally(engine, registry):
    texts = [f"{'loop' if n == 33 else 'exit' if n == 55 else 'fine'} {n}" for n in range(100)]
    rows = [{"completion": text, "prompt": str(n // 4)} for n, text in enumerate(texts)]
    reward = {"said": "ray_test.told", "total": "said - group.mean(said)"}
    local, remote = score(rows, reward, registry=registry), score(rows, reward, registry=registry, engine=engine)
    assert without_seconds(local) == without_seconds(remote)
    assert remote.status[33] == "timeout"
    assert remote.status[55] == "error"


def test_first_party_verifiers(engine):
    rows = [{"completion": f"\\boxed{{{n % 3}}}", "reference": "1"} for n in range(50)]
    assert score(rows, "math.answer + 0.1 * format.boxed", engine=engine).total.tolist() == [
        1.1 if n % 3 == 1 else 0.1 for n in range(50)
    ]


def test_a_worker_that_is_killed_loses_nothing(engine, registry):
    rows = [{"completion": f"slow {n}"} for n in range(60)]
    found = []
    thread = threading.Thread(
        target=lambda: found.append(score(rows, "ray_test.told", registry=registry, engine=engine))
    )
    thread.start()
    time.sleep(1.5)
    killed = [p for p in psutil.process_iter(["cmdline"]) if (p.info["cmdline"] or [""])[0].startswith("ray::_judge")]
    assert killed
    killed[0].kill()
    thread.join(120)
    (scores,) = found
    assert scores.status == ["scored"] * 60
    assert scores.total.tolist() == [n / 1000 for n in range(60)]


def test_from_the_command_line(tmp_path):
    (tmp_path / "rows.jsonl").write_text(
        "".join(json.dumps({"completion": f"\\boxed{{{n}}}", "reference": "1"}) + "\n" for n in range(9))
    )
    command = [
        sys.executable,
        "-m",
        "assay",
        "score",
        "rows.jsonl",
        "--reward",
        "math.answer",
        "--engine",
        "ray",
        "--json",
    ]
    run = subprocess.run(
        command,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=150,
        env=os.environ | {"RAY_AUTH_MODE": "disabled"},
    )
    assert run.returncode == 0, run.stderr
    assert json.loads(run.stdout)["components"]["math.answer"]["mean"] == pytest.approx(1 / 9, abs=1e-4)
    other = subprocess.run(
        [*command[:-3], "--engine", "raye"], cwd=tmp_path, capture_output=True, text=True, timeout=60
    )
    assert (other.returncode, "did you mean 'ray'" in other.stderr) == (2, True)
