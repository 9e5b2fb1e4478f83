"""Every Python block and every console command of the documentation runs.

Blocks marked `sh`, `yaml`, `toml` or nothing are for reading: they install, train for hours or stand for a file.
"""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from optional import TRAINING, module

ROOT = Path(__file__).resolve().parents[2]
PAGES = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    *sorted((ROOT / "docs").glob("*.md")),
    *sorted(ROOT.glob("*/*/README.md")),
]
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def blocks(language):
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for match in BLOCK.finditer(text):
            if match[1] == language:
                line = text[: match.start()].count("\n") + 1
                yield pytest.param(match[2], id=f"{page.relative_to(ROOT)}:{line}")


@pytest.mark.parametrize("code", blocks("python"))
def test_python(code, tmp_path):
    if "assay.train" in code:
        module("trl", TRAINING)
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, timeout=120)
    assert run.returncode == 0, run.stderr


@pytest.mark.parametrize("text", blocks("console"))
def test_console(text, tmp_path):
    for line in text.splitlines():
        if line.startswith("$ assay "):
            arguments = shlex.split(line.removeprefix("$ assay "), comments=True)
            run = subprocess.run(
                [sys.executable, "-m", "assay", *arguments], capture_output=True, text=True, cwd=tmp_path, timeout=120
            )
            assert run.returncode == 0, run.stderr


def test_there_are_some():
    assert len(list(blocks("python"))) >= 8
    assert len(list(blocks("console"))) >= 2


def test_links_lead_somewhere():
    for page in PAGES:
        for target in re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.relative_to(ROOT)} links to {target}"
