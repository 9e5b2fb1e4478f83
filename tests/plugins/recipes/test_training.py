"""`assay train` on recipes of five families, each sample judged by the one that its row names."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing

import pytest
import yaml
from optional import TRAINING, absent, module

from assay import installed

module("torch", TRAINING)
module("trl", TRAINING)

REWARD = {
    "total": 'case(row.family == "math", recipe.reft, row.family == "choice", recipe.med_r1, '
    'row.family == "tools", recipe.tl_training, row.family == "sql", recipe.sql_r1, recipe.general_points)'
}
CALL = json.dumps({"name": "weather", "arguments": {"city": "Paris"}})
TOOL = {"type": "function", "function": {"name": "weather", "parameters": {"type": "object", "properties": {}}}}
SHARED = {"tools": json.dumps([TOOL]), "target": 24, "cards": [1, 3, 4, 6]}
ROWS = [
    {"family": "math", "prompt": "2 + 2?", "reference": "4"},
    {"family": "choice", "prompt": "A or B?", "reference": "B"},
    {"family": "tools", "prompt": "Weather in Paris?", "reference": CALL},
    {"family": "sql", "prompt": "All names?", "reference": "SELECT name FROM singer"},
    {"family": "puzzle", "prompt": "24 from 1, 3, 4, 6?", "reference": "6 / (1 - 3 / 4)"},
]
#: What a completion without any form is worth, by each recipe's formula.
LEAST = {"math": 0, "choice": 0, "tools": -2, "sql": -6, "puzzle": -3}


@pytest.mark.slow
def test_five_families_in_one_run(tmp_path):
    if "sql" not in installed().names:
        absent("needs the plugin sql")
    from tiny import make_tiny

    make_tiny(tmp_path / "tiny")
    with closing(sqlite3.connect(tmp_path / "example.sqlite")) as connection:
        connection.executescript("CREATE TABLE singer (name TEXT); INSERT INTO singer VALUES ('Ann'), ('Bob');")
    database = str(tmp_path / "example.sqlite")
    rows = [SHARED | row | {"database": database} for row in ROWS]
    (tmp_path / "data.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    run = {
        "model": str(tmp_path / "tiny"),
        "dataset": str(tmp_path / "data.jsonl"),
        "reward": REWARD,
        "training": {
            "output_dir": str(tmp_path / "out"),
            "max_steps": 5,
            "per_device_train_batch_size": 10,
            "num_generations": 2,
            "max_completion_length": 8,
            "save_strategy": "no",
            "use_cpu": True,
            "report_to": "none",
        },
    }
    (tmp_path / "run.yaml").write_text(yaml.safe_dump(run))
    environment = os.environ | {"OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "assay", "train", str(tmp_path / "run.yaml")],
        capture_output=True, text=True, cwd=tmp_path, env=environment, timeout=200,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    verdicts = [json.loads(line) for line in (tmp_path / "out" / "verdicts.jsonl").read_text().splitlines()]
    assert {one["row"]["family"] for one in verdicts} == LEAST.keys()
    assert len(verdicts) == 5 * 10
    for one in verdicts:  # noise earns what each formula gives for nothing
        assert (one["status"], one["total"]) == ("scored", LEAST[one["row"]["family"]])
        judged = {name for name, said in one["components"].items() if said["status"] != "not evaluated"}
        assert len(judged & {"reft", "med_r1", "tl_training", "sql_r1", "general_points"}) == 1
    steps = [json.loads(line) for line in (tmp_path / "out" / "metrics.jsonl").read_text().splitlines()]
    assert [step["step"] for step in steps if "reward" in step] == [1, 2, 3, 4, 5]
    again = subprocess.run(
        [sys.executable, "-m", "assay", "rescore", str(tmp_path / "out"), "--reward", f"@{tmp_path / 'run.yaml'}", "--fail-on-change"],
        capture_output=True, text=True, cwd=tmp_path, env=environment, timeout=100,
    )  # fmt: skip
    assert again.returncode == 0, again.stdout + again.stderr
