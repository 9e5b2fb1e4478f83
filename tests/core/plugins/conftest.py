"""Distributions on a real path."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys

import pytest
from distributions import put


@pytest.fixture
def install(tmp_path, monkeypatch):
    """Put a distribution on this process's path."""
    monkeypatch.syspath_prepend(str(tmp_path))

    def installed(distribution, *rest, **options):
        module = put(tmp_path, distribution, *rest, **options)
        importlib.invalidate_caches()
        monkeypatch.delitem(sys.modules, module, raising=False)
        return module

    return installed


@pytest.fixture
def elsewhere(tmp_path):
    """A path with distributions that a command of its own process sees before all others."""

    class Elsewhere:
        folder = tmp_path

        def put(self, *arguments, **options):
            return put(tmp_path, *arguments, **options)

        def run(self, *arguments, cwd=None):
            path = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
            return subprocess.run(
                [sys.executable, *map(str, arguments)],
                capture_output=True, text=True, timeout=120, cwd=cwd or tmp_path, env=os.environ | {"PYTHONPATH": path},
            )  # fmt: skip

        def assay(self, *arguments, **options):
            return self.run("-m", "assay", *arguments, **options)

    return Elsewhere()
