"""A composed reward of grounding, format and length trains, and the image columns come through as they are."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
import yaml
from optional import TRAINING, module

module("torch", TRAINING)
module("trl", TRAINING)

from tiny import make_tiny  # noqa: E402

REWARD = {
    "overlap": 'grounding.iou(metric="giou", scale="0..1000", reference_scale="pixels", reference=row.solution)',
    "shape": 'format.tags(["think", "answer"], credit="fraction")',
    "brief": "-tokens / 100",
    "total": "overlap + 0.5 * shape + 0.1 * brief",
}


@pytest.mark.slow
def test_five_steps_with_image_columns(tmp_path):
    make_tiny(tmp_path / "model")
    images = [{"path": f"images/{n}.png", "bytes": None} for n in range(8)]
    rows = [
        {
            "question": f"Where is thing {n}?",
            "solution": [10.0 + n, 20.0, 110.0 + n, 220.5],
            "width": 640 + n,
            "height": 480,
            "image_path": image["path"],
            "picture": image,
            "image": image["path"],
            "views": [image["path"], f"images/{n}-side.png"],
        }
        for n, image in enumerate(images)
    ]
    (tmp_path / "data.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    run = {
        "model": str(tmp_path / "model"),
        "dataset": {"path": str(tmp_path / "data.jsonl"), "prompt": "question"},
        "reward": REWARD,
        "training": {"max_steps": 5, "per_device_train_batch_size": 4, "num_generations": 4, "max_completion_length": 8, "output_dir": str(tmp_path / "out"), "save_strategy": "no"},
    }  # fmt: skip
    (tmp_path / "run.yaml").write_text(yaml.safe_dump(run, sort_keys=False))
    done = subprocess.run(
        [sys.executable, "-m", "assay", "train", str(tmp_path / "run.yaml")],
        capture_output=True, text=True, timeout=240, env=os.environ | {"OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    steps = [json.loads(line) for line in (tmp_path / "out" / "metrics.jsonl").read_text().splitlines()]
    assert [step["step"] for step in steps if "reward" in step] == [1, 2, 3, 4, 5]
    judged = [json.loads(line) for line in (tmp_path / "out" / "verdicts.jsonl").read_text().splitlines()]
    assert len(judged) == 20
    by_question = {row["question"]: row for row in rows}
    for one in judged:
        assert one["status"] == "scored"
        assert {"overlap", "shape", "brief", "total"} <= one["components"].keys()
        given = by_question[one["prompt"] if isinstance(one["prompt"], str) else one["prompt"][-1]["content"]]
        for column in ("solution", "width", "height", "image_path", "picture", "image", "views"):
            assert one["row"][column] == given[column]
