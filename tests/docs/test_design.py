"""The design page says what is there."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "design.md").read_text(encoding="utf-8")


def rooms():
    for path in (ROOT / "core" / "assay").iterdir():
        if path.is_dir() and (path / "__init__.py").exists():
            yield f"{path.name}/"
        elif path.suffix == ".py" and path.name != "__init__.py":
            yield path.stem


def test_the_table_names_every_room_and_no_other():
    table = PAGE.partition("| room | what it holds |\n| --- | --- |\n")[2].partition("\n\n")[0]
    named = [name for row in table.splitlines() for name in re.findall(r"`([^`]+)`", row.split("|")[1])]
    assert sorted(named) == sorted(rooms())


def test_modules_that_the_page_names_exist():
    table = PAGE.partition("| room | what it holds |")[2].partition("\n\n")[0]
    stems = {path.stem for path in (ROOT / "core" / "assay").rglob("*.py")}
    folders = {f"{path.name}/" for path in (ROOT / "core" / "assay").rglob("*") if path.is_dir()}
    for name in re.findall(r"`(\w+/?)`", table):
        assert name in stems | folders | {"engine", "sandbox", "_data", "Scorer", "assay"}, name


def test_the_house_is_drawn_without_a_circle():
    run = subprocess.run([sys.executable, ROOT / "docs" / "house.py"], capture_output=True, text=True, timeout=60)
    assert run.returncode == 0, run.stderr
    assert " 0 files in circles" in run.stdout
    assert "(" not in run.stdout


def test_a_circle_is_drawn_in_brackets(tmp_path):
    package = tmp_path / "core" / "assay"
    (package / "inner").mkdir(parents=True)
    for name, text in {
        "__init__": "",
        "top": "import assay.one",
        "one": "from assay import two",
        "two": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from assay.one import x",
        "inner/__init__": "",
        "inner/low": "",
    }.items():
        (package / f"{name}.py").write_text(text)
    command = [sys.executable, ROOT / "docs" / "house.py", tmp_path]
    run = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert run.stdout.splitlines() == [
        "5 files in 4 rooms, 3 arrows between rooms, 2 files in circles", "", "top", "inner 2  ( one  two )"
    ], run.stderr  # fmt: skip
