"""Two processes give what one gives."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from tiny import SAID

SCRIPT = Path(__file__).with_name("two_processes.py")
SHARDED = Path(__file__).with_name("sharded.py")


def launch(processes, *arguments, script=SCRIPT):
    command = [
        sys.executable,
        "-m",
        "torch.distributed.run",
        "--standalone",
        "--nproc_per_node",
        str(processes),
        str(script),
        *map(str, arguments),
    ]
    path = os.pathsep.join(filter(None, (str(SCRIPT.parent), os.environ.get("PYTHONPATH"))))
    run = subprocess.run(
        command, capture_output=True, text=True, timeout=240,
        env=os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": path, "CUDA_VISIBLE_DEVICES": ""},
    )  # fmt: skip
    assert run.returncode == 0, run.stderr[-3000:]


@pytest.mark.slow
@pytest.mark.parametrize("loss_type", ["dapo", "grpo"])
def test_each_sample_once_in_order_with_the_same_gradient(tiny, tmp_path, loss_type):
    """Twelve samples in three groups of four: with six on each process, the middle group lies across both."""
    for processes in (1, 2):
        launch(processes, tiny, tmp_path / f"out{processes}", loss_type)
    one, two = (json.loads((tmp_path / f"out{n}").read_text()) for n in (1, 2))
    assert (one["processes"], two["processes"]) == (1, 2)
    assert two["seen"] == one["seen"] == sorted(text for texts in SAID.values() for text in texts)
    assert two["columns"] == one["columns"]
    assert two["columns"]["right"] == [None if t[0] == "e" else float(t[0]) for texts in SAID.values() for t in texts]
    grads = [torch.load(tmp_path / f"out{n}.pt") for n in (1, 2)]
    scale = max(float(g.abs().max()) for g in grads[0].values())
    for name, want in grads[0].items():
        assert float((grads[1][name] - want).abs().max()) < 1e-5 * scale, name


@pytest.mark.slow
@pytest.mark.parametrize("own_unit", ["no", "yes"], ids=["the head in the root unit", "the head a unit of its own"])
def test_the_loss_step_of_a_sharded_model_is_trls(tiny, own_unit):
    """FSDP2 over two processes: the same log-probabilities and gradients as by TRL's own function."""
    launch(2, tiny, own_unit, script=SHARDED)
