"""The loss step compiles once for all shapes, and survives everything that can keep it from compiling."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from assay.train.loss._compiled import Compiled

SCRIPT = Path(__file__).with_name("compiling.py")
needs_compiler = pytest.mark.skipif(
    not any(shutil.which(name) for name in ("g++", "clang++", "c++")), reason="no C++ compiler: apt-get install g++"
)


def start(*sizes, **environment):
    return subprocess.Popen(
        [sys.executable, str(SCRIPT), *map(str, sizes)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env=os.environ | {"OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": "", "TORCHINDUCTOR_COMPILE_THREADS": "1"} | environment,
    )  # fmt: skip


def finish(process):
    out, err = process.communicate(timeout=280)
    assert process.returncode == 0, err[-3000:]
    result = json.loads(out.splitlines()[-1])
    assert result["worst"] < 2e-6
    return result, err


@pytest.mark.slow
@needs_compiler
def test_one_graph_for_all_shapes(tmp_path):
    """Eleven numbers of tokens, a schedule of clip ranges, and two ranks that start at once with an empty cache."""
    ranks = [start(17, 1, 2, 3, 40, 64, 65, 100, 8, 9, 333, TORCHINDUCTOR_CACHE_DIR=str(tmp_path)) for _ in range(2)]
    for rank in ranks:
        result, err = finish(rank)
        assert result["graphs"] == 2  # with gradients, and without
        assert not result["failed"]
        assert "uncompiled" not in err


@pytest.mark.slow
@pytest.mark.parametrize(
    ("environment", "why"),
    [({"TORCH_COMPILE_DISABLE": "1"}, "the environment says so"), ({"CXX": "/nowhere/g++"}, "InvalidCxxCompiler"),
     ({"CXX": "/bin/false"}, "")],
    ids=["disabled", "no compiler", "a compiler that fails"],
)  # fmt: skip
def test_without_a_compiler(tmp_path, environment, why):
    result, err = finish(start(17, 40, TORCHINDUCTOR_CACHE_DIR=str(tmp_path), **environment))
    assert result["failed"]
    assert err.count("runs uncompiled, with the same results but slower") == 1
    assert why in err


def test_a_compilation_that_fails_is_said_once(monkeypatch, caplog):
    """What can't be traced whole is a failed compilation too."""

    def untraceable(x):
        if x.sum() > 0:  # a branch on data
            return x + 1
        return x - 1

    for _ in range(2):
        function = Compiled(untraceable)
        assert torch.equal(function(torch.ones(4)), torch.full((4,), 2.0))
        assert function.failed
        assert torch.equal(function(-torch.ones(4)), torch.full((4,), -2.0))
    assert len([r for r in caplog.records if "uncompiled" in r.message]) == 1


@needs_compiler
def test_more_graphs_than_pytorch_allows(caplog):
    """Only the calls that need another graph run uncompiled; the others keep theirs, and the run goes on."""

    def power(x, exponent):
        return x**exponent + (0 if torch.compiler.is_compiling() else 0.5)  # tells who answered

    function = Compiled(power)
    with torch._dynamo.config.patch(recompile_limit=2, specialize_int=True, automatic_dynamic_shapes=False):
        answers = [float(function(torch.full((4,), 2.0), exponent)[0]) for exponent in (1, 2, 3, 4, 1, 3)]
    assert answers == [2.0, 4.0, 8.5, 16.5, 2.0, 8.5]
    assert not function.failed
    assert len([r for r in caplog.records if "a call of the loss step's power runs uncompiled" in r.message]) == 1


def test_an_error_of_the_function_itself_is_not_swallowed():
    def broken(x):
        raise MemoryError("no room")

    function = Compiled(broken)
    with pytest.raises(MemoryError, match="no room"):
        function(torch.ones(4))
