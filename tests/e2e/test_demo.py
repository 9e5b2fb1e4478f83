"""What `make demo` runs."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from optional import TRAINING, module


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_the_demo_learns_what_it_has_not_seen(root, tmp_path):
    module("trl", TRAINING)
    run = subprocess.run(
        [sys.executable, str(root / "examples" / "demo" / "demo.py"), "--seed", "1", "--out", str(tmp_path / "demo")],
        capture_output=True, text=True, timeout=280, cwd=tmp_path, env=os.environ | {"OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    assert run.returncode == 0, run.stderr[-3000:]
    result = json.loads((tmp_path / "demo" / "result.json").read_text())
    assert result["before"] < 0.3
    assert result["after"] >= 0.9
    assert (tmp_path / "demo" / "rewards.png").stat().st_size > 10_000
    assert "accuracy, held out" in run.stdout
