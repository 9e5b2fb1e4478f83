"""`assay train` from a run file: settings, refusals, a run on real questions, resumed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time

import pytest
import yaml

from assay import ConfigError
from assay.train._config import read_run

RUN = {
    "reward": {"right": "math.answer(reference=row.answer)", "brief": "-tokens / 100", "total": "right + 0.1 * brief"},
    "training": {
        "max_steps": 5,
        "per_device_train_batch_size": 4,
        "num_generations": 4,
        "max_completion_length": 8,
        "save_steps": 3,
    },
}


@pytest.fixture
def write(tmp_path):
    def put(**changes):
        path = tmp_path / "run.yaml"
        document = (
            {"model": "nobody/nothing", "dataset": {"path": str(tmp_path / "data.jsonl"), "prompt": "question"}}
            | RUN
            | changes
        )
        document["training"] = {"output_dir": str(tmp_path / "out")} | document["training"]
        path.write_text(yaml.safe_dump(document))
        if not (tmp_path / "data.jsonl").exists():
            (tmp_path / "data.jsonl").write_text('{"question": "1+1?", "answer": "2"}\n' * 4)
        return path

    return put


def assay(*arguments, **options):
    command = [sys.executable, "-c", "from assay._cli import main; main()", *map(str, arguments)]
    return subprocess.run(
        command,
        capture_output=True,
        text=True,
        timeout=240,
        env=os.environ | {"OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"},
        **options,
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("model: [", "is not YAML"),
        ("- a\n- b", "must hold the keys"),
        ("model: x\ndataset: y", "'reward' is missing"),
        ("model: x\ndatasets: y\nreward: 1", r"line 2: there is no key 'datasets'; did you mean 'dataset'"),
        (
            "model: x\nreward: 1\ndataset:\n  path: y\n  promt: q",
            r"line 5: there is no key 'dataset.promt'; did you mean 'prompt'",
        ),
        ("model: 3\nreward: 1\ndataset: y", r"line 1: 'model' can't be 3"),
        ("model: x\nreward: [a]\ndataset: y", "reward"),
        ("model: x\nreward:\n  a: b: c\ndataset: y", "quote the expression"),
    ],
)
def test_run_files_that_are_refused(tmp_path, text, message):
    path = tmp_path / "run.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=message):
        read_run(path)


def test_settings(write):
    config = read_run(
        write(reward="math.answer"),
        ["training.learning_rate=1e-6", "reward.total=0.5", "dataset.limit=3", "training.report_to=none"],
    )
    assert config.training["learning_rate"] == 1e-6
    assert config.reward == {"total": 0.5}
    assert config.dataset.limit == 3
    with pytest.raises(ConfigError, match="--set takes key=value"):
        read_run(write(), ["training.max_steps"])


def test_yaml_reads_numbers_as_people_write_them(tmp_path):
    path = tmp_path / "run.yaml"
    path.write_text(
        "model: m\ndataset: d.jsonl\nreward: 1\ntraining: {learning_rate: 1e-6, warmup_steps: 5, x: -2.5E+3}"
    )
    assert read_run(path).training == {"learning_rate": 1e-6, "warmup_steps": 5, "x": -2500.0}
    assert read_run(path).dataset.path == "d.jsonl"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"reward": "math.anser"}, "did you mean math.answer"),
        ({"reward": "math.answer(reference=row.gold)"}, "no column 'gold'"),
        ({"reward": "math.answer"}, "needs 'reference'"),
        ({"reward": {"no": "1", False: "1", "total": "1"}}, "YAML reads the names"),
        ({"training": {"learning_rat": 1e-6}}, "did you mean 'learning_rate'"),
        ({"training": {"num_generations": 3, "per_device_train_batch_size": 4}}, "TRL refuses"),
        ({"dataset": "gone.jsonl"}, "there is no file"),
        ({"dataset": {"path": "DATA", "prompt": "qestion"}}, "no column 'qestion'"),
        ({}, "'nobody/nothing' is no local path"),
    ],
)
def test_mistakes_are_found_before_the_model_is_loaded(write, tmp_path, changes, message):
    path = write()
    if isinstance(changes.get("dataset"), dict):
        changes["dataset"]["path"] = str(tmp_path / "data.jsonl")
    run = assay("train", write(**changes))
    assert run.returncode == 2, run.stderr
    assert message in run.stderr
    assert "Traceback" not in run.stderr
    assert path.exists()


def test_check_stops_before_training(write, tmp_path):
    run = assay("train", write(), "--check")
    assert (run.returncode, "4 prompts" in run.stdout) == (0, True), run.stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
def test_real_questions_trained_and_resumed(shared, tiny, write, tmp_path):
    """Five steps on GSM8K's training questions, stopped after three and resumed."""
    data = {"path": str(shared / "data" / "gsm8k" / "train.jsonl"), "prompt": "question", "limit": 200}
    path = write(model=str(tiny), dataset=data)
    first = assay("train", path, "--set", "training.max_steps=3")
    assert first.returncode == 0, first.stderr
    assert "total" in first.stdout
    again = assay("train", path)
    assert (again.returncode, "--resume" in again.stderr) == (2, True)
    resumed = assay("train", path, "--resume")
    assert resumed.returncode == 0, resumed.stderr
    steps = [json.loads(line) for line in (tmp_path / "out" / "metrics.jsonl").read_text().splitlines()]
    logged = [step for step in steps if "reward" in step]
    assert [step["step"] for step in logged] == [1, 2, 3, 4, 5]
    assert all({"lines/right", "lines/brief", "lines/total", "left_out"} <= step.keys() for step in logged)
    for name in ("model.safetensors", "run.yaml", "rewards.png", "tokenizer.json"):
        assert (tmp_path / "out" / name).exists(), name
    again = assay("rescore", tmp_path / "out", "--reward", f"@{tmp_path / 'out' / 'run.yaml'}", "--fail-on-change")
    assert again.returncode == 0, again.stdout + again.stderr
    assert "20 samples" in again.stdout
    drawn = assay("report", tmp_path / "out", "--out", tmp_path / "again.svg")
    assert drawn.returncode == 0
    assert (tmp_path / "again.svg").read_text().count("<svg") == 1


@pytest.mark.slow
def test_ctrl_c_saves_a_checkpoint(tiny, write, tmp_path):
    path = write(model=str(tiny), training={"max_steps": 10_000, "per_device_train_batch_size": 4, "num_generations": 4, "max_completion_length": 4, "save_strategy": "no"})  # fmt: skip
    process = subprocess.Popen(
        [sys.executable, "-c", "from assay._cli import main; main()", "train", str(path)],
        stderr=subprocess.PIPE, text=True, env=os.environ | {"OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"},
    )  # fmt: skip
    metrics = tmp_path / "out" / "metrics.jsonl"
    while not (metrics.exists() and metrics.read_text().count("\n") > 2):
        assert process.poll() is None, process.communicate()[1]
        time.sleep(0.2)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate()
    assert process.returncode == 130, errors
    assert "--resume" in errors
    assert list((tmp_path / "out").glob("checkpoint-*"))
