"""From nothing: an empty virtual environment, the core and a scaffolded plugin by pip, listed, scored, trained on."""

from __future__ import annotations

import json
import os
import subprocess
import venv
from pathlib import Path

import pytest
import yaml
from optional import TRAINING, absent, module

pytestmark = [pytest.mark.slow, pytest.mark.timeout(580)]


def run(*command, **options):
    done = subprocess.run([*map(str, command)], capture_output=True, text=True, timeout=560, **options)
    assert done.returncode == 0, f"{done.stdout[-2000:]}\n{done.stderr[-3000:]}"
    return done.stdout


def test_a_stranger_installs_scaffolds_scores_and_trains(root, tmp_path):
    module("trl", TRAINING)
    from tiny import make_tiny

    make_tiny(tmp_path / "tiny")
    venv.create(tmp_path / "venv", with_pip=True)
    python, assay = tmp_path / "venv" / "bin" / "python", tmp_path / "venv" / "bin" / "assay"
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"} | {
        "OMP_NUM_THREADS": "1",
        "HF_HUB_OFFLINE": "1",
    }
    install = [python, "-m", "pip", "install", "--quiet", "-c", root / "constraints.txt"]
    reachable = subprocess.run([*map(str, install), "pluggy"], capture_output=True, text=True, timeout=120)
    if reachable.returncode:
        absent(f"pip can't install anything here: {reachable.stderr[-300:]}")

    run(*install, f"{root}[train]")
    run(assay, "new", "rhyme", cwd=tmp_path)
    run(*install, tmp_path / "assay-rhyme", "pytest")
    assert "rhyme.palindrome" in run(assay, "list", env=environment)
    run(python, "-m", "pytest", "-q", tmp_path / "assay-rhyme", env=environment)

    rows = [{"completion": "Anna"}, {"completion": "Bob!"}]
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    summary = json.loads(
        run(assay, "score", "rows.jsonl", "--reward", "rhyme.palindrome", "--json", cwd=tmp_path, env=environment)
    )
    assert summary["components"]["rhyme.palindrome"]["mean"] == 0.5

    (tmp_path / "prompts.jsonl").write_text('{"prompt": "Say it backwards: "}\n' * 8)
    document = {
        "model": str(tmp_path / "tiny"),
        "dataset": str(tmp_path / "prompts.jsonl"),
        "reward": {"same": "rhyme.palindrome", "total": "same - 0.01 * tokens"},
        "training": {
            "max_steps": 5,
            "per_device_train_batch_size": 4,
            "num_generations": 4,
            "max_completion_length": 6,
            "save_strategy": "no",
        },
    }
    (tmp_path / "run.yaml").write_text(yaml.safe_dump(document))
    run(assay, "train", "run.yaml", cwd=tmp_path, env=environment)
    metrics = (Path(tmp_path) / "runs" / "run" / "metrics.jsonl").read_text().splitlines()
    steps = [json.loads(line) for line in metrics if '"reward"' in line]
    assert [step["step"] for step in steps] == [1, 2, 3, 4, 5]
    assert all("lines/same" in step for step in steps)
