"""`assay score --draw`: pictures of the worst, the best and the most disputed samples."""

from __future__ import annotations

import base64
import io
import json
import subprocess
import sys

import pytest
from PIL import Image

from assay import Verdict, installed
from assay._contract.sample import Sample
from assay.engine import Call
from assay_grounding.drawing import ANSWER, REFERENCE

GREY = (200, 200, 200)


@pytest.fixture
def data(tmp_path):
    Image.new("RGB", (640, 480), GREY).save(tmp_path / "scene.png")
    rows = [
        {
            "prompt": f"p{n // 4}",
            "completion": f"[{64 + 20 * n}, 96, {320 + 20 * n}, 240]",
            "reference": [64, 96, 320, 240],
            "image": "scene.png",
        }
        for n in range(20)
    ]
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return tmp_path


def score(data, reward):
    command = [
        sys.executable,
        "-m",
        "assay",
        "score",
        str(data / "rows.jsonl"),
        "--reward",
        reward,
        "--draw",
        str(data / "pictures"),
    ]
    return subprocess.run(command, capture_output=True, text=True, timeout=120)


def test_worst_best_and_disputed(data):
    result = score(data, "grounding.iou")
    assert result.returncode == 0, result.stderr
    names = sorted(path.name for path in (data / "pictures").iterdir())
    assert sum(name.startswith("worst-") for name in names) == 6
    assert sum(name.startswith("best-") for name in names) == 6
    assert "best-1-row-0-1-grounding.iou.png" in names
    # Five groups of four, of which two earn something; the lowest and the highest of each that differs.
    disputed = [name for name in names if name.startswith("disputed-")]
    assert len(disputed) >= 4
    assert {"disputed-1-row-0-1-grounding.iou.png", "disputed-1-row-3-1-grounding.iou.png"} <= set(disputed)
    with Image.open(data / "pictures" / "best-1-row-0-1-grounding.iou.png") as picture:
        assert picture.getpixel((5, 5)) == GREY
        assert picture.getpixel((80, 200)) == ANSWER  # over the reference, which it equals
    with Image.open(data / "pictures" / "disputed-1-row-3-1-grounding.iou.png") as picture:
        assert picture.getpixel((80, 200)) == REFERENCE


def test_a_reward_that_nothing_draws(data):
    result = score(data, "format.boxed")
    assert result.returncode == 2
    assert "--draw needs a verifier that draws" in result.stderr


CASES = [
    ("iou", "[0.1, 0.1, 0.5, 0.5]", [0.1, 0.2, 0.5, 0.6]), ("iou", "nothing", [1, 2, 30, 40]), ("iou", "[nan, 1, 2, 3]", [1, 2, 30, 40]), ("iou", "[1e9, 1, 2e9, 3]", [1, 2, 30, 40]), ("detection", "[]", []),
    ("detection", '[{"bbox_2d": [1, 2, 30, 40], "label": "\u732b"}]', [{"bbox_2d": [1, 2, 30, 40], "label": "cat"}]), ("point", "[5, 5]", [0, 0, 10, 10]), ("point", "[5, 5]", [5, 6]),
    ("point", "[5, 5]", {"size": [20, 30], "counts": [100, 200, 300]}), ("polygon", "[5, 5, 10, 4, 30]", [[0, 0], [10, 0], [0, 10]]), ("mask", "[1, 1, 9, 9]", {"size": [20, 30], "counts": [100, 200, 300]}),
    ("mask", '{"size": [20, 30], "counts": "zz"}', {"size": [20, 30], "counts": [100, 200, 300]}), ("temporal", "1-5, 7-9", [2, 6]), ("temporal", "[NaN, 2]", [2, 6]), ("select", "[[0, 0, 10, 10]]", [[0, 0, 10, 10]]),
]  # fmt: skip


@pytest.mark.parametrize(("leaf", "answer", "reference"), CASES)
def test_whatever_was_judged_can_be_drawn(leaf, answer, reference, tmp_path):
    verifier = installed().verifier(f"grounding.{leaf}")
    options = {name: option.default for name, option in verifier.options.items()}
    inputs = {"completion": answer, "reference": reference}
    draw = installed().offers("grounding").drawings[leaf]
    stored = io.BytesIO()
    Image.new("RGB", (64, 48), GREY).save(stored, "PNG")
    for image in (
        None,
        stored.getvalue(),
        {"bytes": stored.getvalue(), "path": None},
        [Image.new("L", (64, 48))],
        "gone.png",
        b"no image",
        5,
        base64.b64encode(stored.getvalue()).decode(),
    ):
        picture = draw(
            Call(verifier, inputs, options), Verdict(0.5, "because"), Sample(answer, row={"image": image}), tmp_path
        )
        picture.save(tmp_path / "picture.png")
        assert 100 <= picture.width <= 1000
        assert picture.height < 2000


def test_what_is_not_drawn():
    assert not installed().offers("format").drawings
    assert "count" not in installed().offers("grounding").drawings
