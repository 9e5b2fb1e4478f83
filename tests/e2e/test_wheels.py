"""What an index would hand out: wheels in an empty virtual environment, far from the source tree."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import venv

import pytest
from optional import absent

pytestmark = [pytest.mark.slow, pytest.mark.timeout(580)]

ROWS = [
    {"response": r"<think>3 * 4</think><answer>\frac{24}{2}</answer>", "gold": "12"},
    {"response": r"<answer>11 or 12</answer>", "gold": "12"},
]
MAPS = ["--map", "completion=response", "--map", "reference=gold"]


@pytest.fixture(scope="module")
def wheels(root, tmp_path_factory):
    """The wheels of the core and of two plugins, each made from its own source distribution."""
    folder = tmp_path_factory.mktemp("wheels")
    for source in (root, root / "verifiers" / "math", root / "verifiers" / "format"):
        command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, source]
        made = subprocess.run([*map(str, command)], capture_output=True, text=True, timeout=120)
        assert made.returncode == 0, f"{made.stdout[-2000:]}\n{made.stderr[-2000:]}"
    return {path.name.partition("-")[0]: path for path in folder.glob("*.whl")}


@pytest.fixture(scope="module")
def stranger(root, tmp_path_factory):
    """Run a command of an empty virtual environment, in a folder that knows nothing of the source."""
    folder = tmp_path_factory.mktemp("stranger")
    venv.create(folder / "venv", with_pip=True)
    (folder / "rollouts.jsonl").write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}

    def run(command, *arguments):
        return subprocess.run(
            [str(folder / "venv" / "bin" / command), *map(str, arguments)],
            capture_output=True, text=True, timeout=300, cwd=folder, env=environment,
        )  # fmt: skip

    run.install = lambda *what: run("pip", "install", "--quiet", "-c", root / "constraints.txt", *what)
    reachable = run.install("pluggy")
    if reachable.returncode:
        absent(f"pip can't install anything here: {reachable.stderr[-300:]}")
    return run


def said(done):
    assert done.returncode == 0, f"{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
    return done.stdout


def test_the_core_alone_then_with_two_plugins(wheels, stranger, root):
    said(stranger.install(wheels["assay"]))
    place = said(stranger("python", "-c", "import assay; print(assay.__file__)"))
    assert str(root) not in place
    assert json.loads(said(stranger("assay", "list", "--json")))["plugins"] == []
    refused = stranger("assay", "score", "rollouts.jsonl", "--reward", "math.answer", *MAPS)
    assert refused.returncode == 2
    assert "pip install assay-math" in refused.stderr

    said(stranger.install(wheels["assay_math"], wheels["assay_format"]))
    listed = said(stranger("assay", "list"))
    assert "assay-math 0.1.0" in listed
    assert "format.tags" in listed
    reward = '0.9 * math.answer + 0.1 * format.tags(["think", "answer"])'
    out = stranger("assay", "score", "rollouts.jsonl", "--reward", reward, *MAPS, "--json")
    summary = json.loads(said(out))
    assert summary["components"]["math.answer"] == {"mean": 0.5, "status": {"scored": 2}}
    said(stranger("assay", "score", "rollouts.jsonl", "--reward", "math.answer", *MAPS))

    said(stranger("pip", "check"))
    files = said(stranger("pip", "show", "--files", "assay", "assay-math", "assay-format"))
    assert files.count("licenses/LICENSE") == 3
    assert files.count("py.typed") == 3
