"""Judges a system's predictions for Spider's questions end to end, and says how those that are wrong are wrong.

Spider's databases are not redistributed with its schemas, so each schema gets a suite of small ones, generated with the
constants of its reference queries. The data is `tables.json`, `gold.txt` and `predict.txt` in `../shared/data/spider`
(or under ASSAY_SHARED).

    python benchmarks/predictions.py
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import assay
from assay_sql.catalog import Catalog
from assay_sql.constants import constants
from assay_sql.generation import SHAPES, generate
from assay_sql.query import Refused, read

#: Databases for each schema: one of each shape.
DATABASES = int(os.environ.get("DATABASES", str(len(SHAPES))))


def questions(folder: Path) -> list[dict[str, str]]:
    """A row for each question; a blank line parts interactions."""
    gold = folder.joinpath("gold.txt").read_text(encoding="utf-8").splitlines()
    predicted = folder.joinpath("predict.txt").read_text(encoding="utf-8").splitlines()
    rows = []
    for reference, prediction in zip(gold, predicted, strict=True):
        if reference.strip():
            query, _, database = reference.rpartition("\t")
            rows.append({"reference": query, "database": database.strip(), "completion": prediction})
    return rows


def databases(folder: Path, rows: list[dict[str, str]], out: Path) -> int:
    """Write a suite for each schema that a row needs; returns how many databases."""
    schemas = {one["db_id"]: one for one in json.loads(folder.joinpath("tables.json").read_text(encoding="utf-8"))}
    written = 0
    for name in dict.fromkeys(row["database"] for row in rows):
        catalog, trees = Catalog.read(schemas[name]), []
        for row in rows:
            if row["database"] == name:
                try:
                    trees.append(read(row["reference"], "sqlite").tree)
                except Refused:
                    continue
        (out / name).mkdir()
        for seed in range(DATABASES):
            generate(catalog, seed, constants(trees, catalog)).write(out / name / f"{seed:02}.sqlite")
            written += 1
    return written


def main() -> None:
    shared = Path(os.environ.get("ASSAY_SHARED", Path(__file__).resolve().parents[2] / "shared"))
    folder = shared / "data" / "spider"
    if not folder.exists():
        sys.exit(f"Spider's files are not at {folder}; set ASSAY_SHARED")
    rows = questions(folder)
    with tempfile.TemporaryDirectory() as out:
        started = time.perf_counter()
        written = databases(folder, rows, Path(out))
        print(f"{written} databases generated in {time.perf_counter() - started:.1f} s")
        reward = f"sql.execution(root={out!r})"
        with assay.Scorer(reward) as scorer:
            for name, completions in (
                ("predict.txt", [row["completion"] for row in rows]),
                ("gold.txt itself", [row["reference"] for row in rows]),
            ):
                judged = [row | {"completion": text} for row, text in zip(rows, completions, strict=True)]
                started = time.perf_counter()
                scores = scorer.score(judged)
                seconds = time.perf_counter() - started
                verdicts = next(iter(scores.verdicts.values()))
                kinds = Counter(
                    str(one.details.get("kind", one.status.value)) if one.score is not None else one.status.value
                    for one in verdicts
                )
                print(f"\n{name}: {len(rows)} questions in {seconds:.1f} s, {len(rows) / seconds:.0f}/s")
                for kind, count in kinds.most_common():
                    example = next(
                        one.reason for one in verdicts if kind in (one.details.get("kind"), one.status.value)
                    )
                    print(f"  {kind:<14}{count:>5}  {example[:110]}")


if __name__ == "__main__":
    main()
