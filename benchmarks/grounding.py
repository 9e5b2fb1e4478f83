"""Grounding: assay beside per-sample Python loops, torchvision and pycocotools; and agreement with independent oracles.

The loops are written after the published rewards' way of working: for each completion a regular expression finds the
answer's tag and its numbers, and IoU is computed on Python numbers; VLM-R1 opens the sample's image as well, for its
size, which is measured apart. For many boxes each pair's IoU is computed in Python, and the most confident answer takes
the best box that is left, as Visual-RFT does. Times are processor seconds from completion texts to scores, parsing included.

    python benchmarks/grounding.py            # CASES=100000 BOXES=100000 IMAGES=2000

torchvision is an oracle where it can be imported. A build for CUDA beside a torch for CPUs breaks transformers, so that it
belongs into a folder of its own: pip install --no-deps --target FOLDER torchvision==0.28.0, then PYTHONPATH=FOLDER.
"""

from __future__ import annotations

import itertools
import json
import os
import random
import re
import sys
import tempfile
import time
import types
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

os.environ.setdefault("OMP_NUM_THREADS", "1")
CASES, BOXES, IMAGES = (
    int(os.environ.get(name, default)) for name, default in (("CASES", 100_000), ("BOXES", 100_000), ("IMAGES", 2_000))
)
SIDE = 50


def torchvision_ops() -> Any:
    """Return torchvision.ops, `None` where it isn't installed.

    Its operators in compiled code may be missing beside a torch for CPUs; the boxes' IoUs are plain torch.
    """
    try:
        import torch

        torch.set_num_threads(1)
        try:
            import torchvision.ops
        except RuntimeError:
            for name in [name for name in sys.modules if name.startswith("torchvision")]:
                del sys.modules[name]
            sys.modules["torchvision._meta_registrations"] = types.ModuleType("torchvision._meta_registrations")
            import torchvision.ops
        return torchvision.ops
    except ImportError:
        return None


# --- the loops --------------------------------------------------------------------------------------------------------


def loop_iou(a: list[float], b: list[float]) -> float:
    x1, y1, x2, y2 = max(a[0], b[0]), max(a[1], b[1]), min(a[2], b[2]), min(a[3], b[3])
    inter = (x2 - x1) * (y2 - y1) if x1 < x2 and y1 < y2 else 0
    union = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - inter
    return float(inter) / union


def loop_single(completions: list[str], solutions: list[str], image: Path | None) -> list[float]:
    """One box a sample; the reference is a text with an answer's tag, as VLM-R1's data have it."""
    if image is not None:
        from PIL import Image
    tag, numbers = r"<answer>(.*?)</answer>", r"\[(\d+),\s*(\d+),\s*(\d+),\s*(\d+)]"
    rewards = []
    for content, solution in zip(completions, solutions, strict=True):
        wanted = json.loads(re.findall(tag, solution, re.DOTALL)[-1].strip())
        width, height = Image.open(image).size if image is not None else (640, 480)
        reward = 0.0
        try:
            found = re.search(tag, content, re.DOTALL)
            if found:
                box = re.search(numbers, found.group(1).strip())
                if box:
                    given = [int(box.group(k)) for k in (1, 2, 3, 4)]
                    given = [
                        given[0] / 640 * width,
                        given[1] / 480 * height,
                        given[2] / 640 * width,
                        given[3] / 480 * height,
                    ]
                    reward = loop_iou(given, wanted)
        except Exception:
            pass
        rewards.append(reward)
    return rewards


def loop_detection(completions: list[str], references: list[Any]) -> list[float]:
    """Greedy by confidence, IoU from 0.5 on, per class; returns F1."""
    rewards = []
    for content, wanted in zip(completions, references, strict=True):
        found = re.search(r"<answer>(.*?)</answer>", content, re.DOTALL)
        given = json.loads(found.group(1)) if found else []
        used = [False] * len(wanted)
        right = 0
        for box in sorted(given, key=lambda one: -one["confidence"]):
            best, place = 0.0, -1
            for k, target in enumerate(wanted):
                if not used[k] and target["label"] == box["label"]:
                    overlap = loop_iou(box["bbox_2d"], target["bbox_2d"])
                    if overlap > best:
                        best, place = overlap, k
            if best >= 0.5:
                used[place] = True
                right += 1
        rewards.append(2 * right / (len(given) + len(wanted)))
    return rewards


# --- speed ------------------------------------------------------------------------------------------------------------


def timed(work: Callable[[], Any], times: int = 3) -> tuple[float, Any]:
    best = float("inf")
    for _ in range(times):
        started = time.process_time()
        result = work()
        best = min(best, time.process_time() - started)
    return best, result


def some_boxes(source: random.Random, count: int) -> list[list[int]]:
    corners = [(source.randint(0, 540), source.randint(0, 380)) for _ in range(count)]
    return [[x, y, x + source.randint(5, 100), y + source.randint(5, 100)] for x, y in corners]


def near(source: random.Random, box: list[int]) -> list[int]:
    x1, y1, x2, y2 = (max(v + source.randint(-4, 4), 0) for v in box)
    return [x1, y1, max(x2, x1 + 1), max(y2, y1 + 1)]


def single() -> None:
    from PIL import Image

    import assay
    from assay import installed
    from assay.engine import LocalEngine

    verifier = installed().verifier("grounding.iou")
    options = {name: option.default for name, option in verifier.options.items()}
    source = random.Random(0)
    references = some_boxes(source, BOXES)
    thought = "The person in the red shirt stands to the left of the table, so the box should cover the whole body."
    completions = [
        f"<think>{thought}</think>\n<answer>[{', '.join(map(str, near(source, b)))}]</answer>" for b in references
    ]
    solutions = [f"<answer> {b} </answer>" for b in references]
    rows = [{"completion": c, "reference": r} for c, r in zip(completions, references, strict=True)]
    with tempfile.TemporaryDirectory() as folder:
        image = Path(folder) / "image.jpg"
        Image.new("RGB", (640, 480)).save(image)
        opened, _ = timed(lambda: loop_single(completions, solutions, image), 1)
    bare, wanted = timed(lambda: loop_single(completions, solutions, None))
    batch, scores = timed(lambda: verifier(completions, references, **options))
    engine = LocalEngine(remember=0)
    whole, total = timed(lambda: assay.score(rows, "grounding.iou", engine=engine).total)
    engine.close()
    assert np.abs(np.array([one.score for one in scores]) - wanted).max() < 1e-12
    assert np.abs(total - wanted).max() < 1e-12
    print(f"\n{BOXES:,} completions of one box, each with its own reference\n")
    print("| | us each | loop, with its image | loop, no image |\n| --- | --- | --- | --- |")
    for name, seconds in (
        ("loop, opening the sample's image as VLM-R1 does", opened),
        ("loop, no image", bare),
        ("grounding.iou, the verifier", batch),
        ("assay.score, rows in and every verdict out", whole),
    ):
        print(f"| {name} | {seconds / BOXES * 1e6:.2f} | {opened / seconds:.1f} x | {bare / seconds:.1f} x |")


def many() -> None:
    import assay
    from assay import installed
    from assay.engine import LocalEngine

    verifier = installed().verifier("grounding.detection")
    options = {name: option.default for name, option in verifier.options.items()}
    source = random.Random(1)
    labels = ["person", "car", "dog", "chair"]
    references, completions = [], []
    for _ in range(IMAGES):
        boxes = some_boxes(source, SIDE)
        named = [source.choice(labels) for _ in boxes]
        references.append([{"bbox_2d": b, "label": label} for b, label in zip(boxes, named, strict=True)])
        answer = [
            {"bbox_2d": near(source, b), "label": label, "confidence": source.randint(50, 99) / 100}
            for b, label in zip(boxes, named, strict=True)
        ]
        source.shuffle(answer)
        completions.append(f"<think>There are many.</think><answer>{json.dumps(answer)}</answer>")
    anonymous = [[{"bbox_2d": one["bbox_2d"], "label": "object"} for one in image] for image in references]
    unnamed = [re.sub(r'"label": "\w+"', '"label": "object"', text) for text in completions]
    print(f"\n{IMAGES:,} images of {SIDE} x {SIDE} boxes\n")
    print("| | ms an image | ratio to the loop |\n| --- | --- | --- |")
    for kind, texts, wanted in (("one class", unnamed, anonymous), ("four classes", completions, references)):
        rows = [{"completion": c, "reference": r} for c, r in zip(texts, wanted, strict=True)]
        loop, f1 = timed(lambda texts=texts, wanted=wanted: loop_detection(texts, wanted), 1)
        batch, scores = timed(lambda texts=texts, wanted=wanted: verifier(texts, wanted, **options), 2)
        engine = LocalEngine(remember=0)
        whole, _ = timed(
            lambda rows=rows, engine=engine: assay.score(rows, "grounding.detection", engine=engine).total, 2
        )
        engine.close()
        worse = sum(one.score < score - 1e-9 for one, score in zip(scores, f1, strict=True))
        assert worse == 0, "an optimal matching finds at least what a greedy one finds"
        for name, seconds in (
            ("loop", loop),
            ("grounding.detection, the verifier", batch),
            ("assay.score, rows in and every verdict out", whole),
        ):
            print(f"| {name}, {kind} | {seconds / IMAGES * 1e3:.3f} | {loop / seconds:.1f} x |")
    pairs(references)


def pairs(references: list[Any]) -> None:
    """The overlaps alone, without reading or matching, beside the libraries'."""
    from pycocotools import mask as coco

    from assay_grounding.boxes import pairwise

    boxes = [np.array([one["bbox_2d"] for one in image], dtype=np.float64) for image in references]
    turned = [np.concatenate([one[:, :2], one[:, 2:] - one[:, :2]], axis=1) for one in boxes]
    stacked = np.stack(boxes)
    ours, _ = timed(lambda: [pairwise(stacked[k : k + 12], stacked[k : k + 12]) for k in range(0, len(stacked), 12)])
    theirs, _ = timed(lambda: [coco.iou(one, one, [0] * len(one)) for one in turned])
    print(f"| overlaps alone, assay | {ours / IMAGES * 1e3:.3f} | |")
    print(f"| overlaps alone, pycocotools | {theirs / IMAGES * 1e3:.3f} | |")
    ops = torchvision_ops()
    if ops is not None:
        import torch

        tensors = [torch.from_numpy(one) for one in boxes]
        seconds, _ = timed(lambda: [ops.box_iou(one, one) for one in tensors])
        print(
            f"| overlaps alone, torchvision {ops.__spec__ and __import__('torchvision').__version__} | {seconds / IMAGES * 1e3:.3f} | |"
        )


# --- oracles ----------------------------------------------------------------------------------------------------------


def odd_boxes(source: np.random.Generator, count: int) -> np.ndarray:
    """Random boxes, a tenth of them degenerate: no area, tiny, huge, touching, nested or equal to the one before."""
    corner = source.uniform(-50, 50, (count, 2))
    size = source.uniform(0.01, 60, (count, 2))
    kind = source.integers(0, 100, count)
    size[kind == 0, 0] = 0
    size[kind == 1] = 0
    size[kind == 2] *= 1e-6
    size[kind == 3] *= 1e6
    boxes = np.concatenate([corner, corner + size], axis=1)
    before = np.roll(boxes, 1, axis=0)
    boxes[kind == 4] = before[kind == 4]
    touching = kind == 5
    boxes[touching, 0], boxes[touching, 2] = before[touching, 2], before[touching, 2] + size[touching, 0]
    inside = kind == 6
    boxes[inside] = (
        before[inside]
        + np.array([0.25, 0.25, -0.25, -0.25])
        * (before[inside, 2:] - before[inside, :2]).repeat(2, axis=1)[:, [0, 2, 0, 2]]
    )
    return boxes


def oracle_boxes(count: int) -> list[tuple[str, int, float]]:
    from pycocotools import mask as coco

    from assay_grounding.boxes import aligned, usable

    source = np.random.default_rng(0)
    a = odd_boxes(source, count)
    b = np.where(source.random((count, 1)) < 0.5, odd_boxes(source, count), np.roll(a, 1, axis=0))
    fine = usable(a) & usable(b)
    rows = []
    found = aligned(a, b)
    assert (found[~fine] == 0).all()
    turned = [np.concatenate([one[:, :2], one[:, 2:] - one[:, :2]], axis=1) for one in (a, b)]
    theirs = np.array([coco.iou(x[None], y[None], [0])[0, 0] for x, y in zip(*turned, strict=True)])
    # The library subtracts corners from sums of sizes, so it rounds more; boxes that are huge or tiny show it.
    rows.append(("IoU of boxes, pycocotools", int(fine.sum()), float(np.abs(found - theirs)[fine].max())))
    ops = torchvision_ops()
    if ops is not None:
        import torch

        left, right = torch.from_numpy(a[fine]), torch.from_numpy(b[fine])
        for name, ours, call in (
            ("IoU", "iou", ops.box_iou),
            ("GIoU", "giou", ops.generalized_box_iou),
            ("DIoU", "diou", partial(ops.distance_box_iou, eps=0.0)),
            ("CIoU", "ciou", partial(ops.complete_box_iou, eps=0.0)),
        ):
            # Their guard against a division by zero is turned off: it alone moves CIoU by 1e-8. Equal boxes are NaN then.
            theirs = call(left[:, None], right[:, None])[:, 0, 0].numpy()
            mapped = theirs if ours == "iou" else np.clip((theirs + 1) / 2, 0, 1)
            rows.append(
                (
                    f"{name} of boxes, torchvision",
                    int(fine.sum()),
                    float(np.nanmax(np.abs(aligned(a[fine], b[fine], ours) - mapped))),
                )
            )
    return rows


def oracle_polygons(count: int) -> list[tuple[str, int, float]]:
    """Rotated boxes and concave outlines, by the verifier, beside shapely's set algebra on the same corners."""
    import shapely

    from assay_grounding.polygons import polygon

    source = np.random.default_rng(1)
    texts, wanted, left, right = [], [], [], []
    for k in range(count):
        pair = []
        for _ in range(2):
            if k % 2:
                cx, cy, w, h = source.uniform(2, 20, 4)
                angle = float(source.choice([0, 45, 90, source.uniform(-180, 180)]))
                box = shapely.affinity.rotate(
                    shapely.box(cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2), angle, origin=(cx, cy)
                )
                pair.append(([cx, cy, w, h, angle], box))
            else:
                size = int(source.integers(3, 9))
                turn = np.sort(source.uniform(0, 2 * np.pi, size))
                reach = source.uniform(1, 20, size)
                star = np.stack([reach * np.cos(turn), reach * np.sin(turn)], axis=1) + source.uniform(-5, 5, 2)
                star = star if k % 10 else np.round(star)  # corners on a grid meet, and collapse
                pair.append((star.tolist(), shapely.make_valid(shapely.Polygon(star))))
        if source.random() < 0.02:
            pair[1] = pair[0]
        if any(not one.area > 0 for _, one in pair):
            continue
        texts.append(json.dumps(pair[0][0]))
        wanted.append(pair[1][0])
        left.append(pair[0][1])
        right.append(pair[1][1])
    found = polygon(texts, wanted)
    scores = np.array([np.nan if one.score is None else one.score for one in found])
    union = shapely.area(shapely.union(np.array(left), np.array(right)))
    theirs = 1 - shapely.area(shapely.symmetric_difference(np.array(left), np.array(right))) / union
    return [("IoU of rotated and concave outlines, shapely", len(found), float(np.abs(scores - theirs).max()))]


def oracle_masks(count: int) -> list[tuple[str, int, float]]:
    """The verifier beside counting pixels."""
    from pycocotools import mask as coco

    from assay_grounding.masks import mask

    source = np.random.default_rng(2)
    texts, wanted, theirs = [], [], []
    for k in range(count):
        high, wide = source.integers(1, 24, 2)
        a, b = (source.random((2, high, wide)) < source.choice([0.02, 0.3, 0.7, 1.0])).astype(np.uint8)
        if k % 50 == 0:
            a = b
        if not b.any():
            b[0, 0] = 1
        runs = [coco.encode(np.asfortranarray(one)) for one in (a, b)]
        packed = [{"size": [int(v) for v in one["size"]], "counts": one["counts"].decode()} for one in runs]
        texts.append(json.dumps(packed[0]))
        wanted.append(packed[1])
        theirs.append(float((a & b).sum() / (a | b).sum()))
    scores = np.array([one.score for one in mask(texts, wanted)])
    return [("IoU of masks, counted pixels", count, float(np.abs(scores - theirs).max()))]


def oracle_matching(count: int) -> list[tuple[str, int, float]]:
    """The assignment beside the best of all permutations."""
    from assay_grounding.matching import assign

    source = np.random.default_rng(3)
    worst = 0.0
    for _ in range(count):
        n, m = (int(v) for v in source.integers(1, 6, 2))
        overlap = source.random((n, m)) * (source.random((n, m)) < 0.7)
        admissible = (overlap >= source.choice([0.1, 0.5])) & (overlap > 0)
        rows, columns = assign(overlap, admissible)
        table, allowed = (overlap, admissible) if n >= m else (overlap.T, admissible.T)
        value = np.where(allowed, table + 100.0, 0.0).tolist()
        best = max(
            sum(value[row][column] for column, row in enumerate(order))
            for order in itertools.permutations(range(max(n, m)), min(n, m))
        )
        worst = max(worst, abs(float((overlap[rows, columns] + 100.0).sum()) - best))
    return [("matching, all permutations", count, worst)]


def oracles() -> None:
    print(f"\nAgreement with independent oracles, {CASES:,} cases of boxes and as many of the rest together\n")
    print("| what, and beside what | cases | largest difference |\n| --- | --- | --- |")
    failed = []
    for rows in (
        oracle_boxes(CASES),
        oracle_polygons(CASES // 2),
        oracle_masks(CASES // 4),
        oracle_matching(CASES // 4),
    ):
        for name, cases, worst in rows:
            print(f"| {name} | {cases:,} | {worst:.1e} |")
            if not worst <= 1e-9:
                failed.append(name)
    if failed:
        sys.exit(f"more than 1e-9 apart: {', '.join(failed)}")


if __name__ == "__main__":
    single()
    many()
    oracles()
