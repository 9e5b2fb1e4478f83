"""Agreement with independent oracles, on fewer cases than `benchmarks/grounding.py`, which holds the cases, tries."""

from __future__ import annotations

import importlib.util

import pytest


@pytest.fixture(scope="module")
def benchmark(root):
    spec = importlib.util.spec_from_file_location("grounding_benchmark", root / "benchmarks" / "grounding.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(("oracle", "cases"), [("boxes", 5000), ("polygons", 1000), ("masks", 1000), ("matching", 500)])
def test_no_further_apart_than_rounding(benchmark, oracle, cases, monkeypatch):
    monkeypatch.setattr(benchmark, "torchvision_ops", lambda: None)  # what it imports is not for a run of many tests
    for name, tried, worst in getattr(benchmark, f"oracle_{oracle}")(cases):
        assert tried > 0.9 * cases
        assert worst <= 1e-9, name
