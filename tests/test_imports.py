"""Who may import whom: the contracts of pyproject.toml hold, cover everything, and notice each way of breaking them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PLUGINS = sorted(one.parent for one in ROOT.glob("*/*/assay_*/__init__.py"))


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    """A copy of the sources, to break."""
    copy = tmp_path_factory.mktemp("house")
    shutil.copy(ROOT / "pyproject.toml", copy)
    for package in (ROOT / "core" / "assay", *PLUGINS):
        shutil.copytree(package, copy / package.relative_to(ROOT), ignore=shutil.ignore_patterns("__pycache__"))
    return copy


def linted(house):
    paths = [house / "core", *(house / package.relative_to(ROOT).parent for package in PLUGINS)]
    return subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache", "--no-logo"],
        capture_output=True, text=True, cwd=house, timeout=60, env=os.environ | {"PYTHONPATH": os.pathsep.join(map(str, paths))},
    )  # fmt: skip


def test_the_contracts_hold(house):
    run = linted(house)
    assert run.returncode == 0, run.stdout
    assert "0 broken" in run.stdout


def test_every_plugin_is_under_contract():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
    plugins = {package.name for package in PLUGINS}
    contracts = {one["type"]: one for one in settings["contracts"]}
    assert set(settings["root_packages"]) == plugins | {"assay"}
    assert set(contracts["forbidden"]["forbidden_modules"]) == plugins
    assert set(contracts["independence"]["modules"]) == plugins
    assert contracts["layers"]["exhaustive"]


@pytest.mark.parametrize(
    ("file", "line", "broken"),
    [
        ("core/assay/_contract/sample.py", "from assay._language import Reward", "assay._contract is not allowed to import"),
        ("core/assay/_data/rows.py", "import assay._scoring.scorer", "assay._data is not allowed to import"),
        ("core/assay/engine/_ipc.py", "from assay.sandbox import Sandbox", "assay.engine is not allowed to import assay.sandbox"),
        ("core/assay/errors.py", "from assay import Scorer", "assay.errors is not allowed to import"),
        ("core/assay/_language/nodes.py", "from assay._language.reward import Reward", "No cycles are allowed in assay._language"),
        ("core/assay/_scoring/scorer.py", "import assay_math", "assay is not allowed to import assay_math"),
        ("verifiers/vote/assay_vote/clusters.py", "import assay_math", "assay_vote is not allowed to import assay_math"),
        ("verifiers/math/assay_math/units.py", "from assay._contract.sample import Sample", "assay_math.units -> assay._contract.sample"),
        ("plugins/ray/assay_ray/engine.py", "from assay.engine._pool import WorkerPool", "assay_ray.engine -> assay.engine._pool"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("when", ["always", "for types"])
def test_an_import_that_breaks_one_is_noticed(house, file, line, broken, when):
    path = house / file
    before = path.read_text(encoding="utf-8")
    added = line if when == "always" else f"from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    {line}"
    path.write_text(f"{before}\n{added}\n", encoding="utf-8")
    try:
        run = linted(house)
    finally:
        path.write_text(before, encoding="utf-8")
    assert run.returncode == 1
    assert broken in " ".join(run.stdout.split()), run.stdout


def test_a_room_that_has_no_layer_is_noticed(house):
    new = house / "core" / "assay" / "_attic.py"
    new.write_text("", encoding="utf-8")
    try:
        run = linted(house)
    finally:
        new.unlink()
    assert run.returncode == 1
    assert "assay._attic" in run.stdout
