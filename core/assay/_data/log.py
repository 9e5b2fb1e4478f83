"""The log of a run: every sample with its verdicts, on disk as soon as it is judged, so that it can be judged again."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from assay._contract.sample import RUN_FIELDS, Sample
from assay._contract.scores import SampleScore, Scores
from assay._data import jsonl
from assay.errors import DataError

__all__ = ["RunLog", "read_log"]


class RunLog:
    """Appends scored batches to a file, a line of JSON per sample; a batch is whole on disk when `write` returns.

    Args:
        path: the file; its folder is made. What it holds already is kept, up to a line that was cut off.
        before: drop what was logged at this step and later, for a run that resumes there.
    """

    def __init__(self, path: Path, before: int | None = None) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists():
            jsonl.keep(path, lambda entry: before is None or entry["step"] < before)
        self._file: IO[str] = path.open("a", encoding="utf-8")

    def write(self, scores: Scores) -> None:
        """Append a batch."""
        for one in scores.by_sample():
            sample = one.sample
            before = sample.messages if sample.missing else sample.messages[:-1]
            entry = {
                "step": sample.step,
                "progress": sample.progress,
                "group": sample.group,
                "id": sample.id,
                "prompt": list(before) or sample.prompt,
                "completion": None if sample.missing else sample.completion,
                "tokens": sample.tokens,
                "truncated": sample.truncated,
                "row": {name: value for name, value in sample.row.items() if name not in ("prompt", "completion")},
                "total": one.total,
                "status": one.status,
                "reason": one.reason,
                "components": one.components,
            }
            self._file.write(jsonl.written(entry))
        self._file.flush()
        os.fsync(self._file.fileno())

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def read_log(run: Path) -> Iterator[SampleScore]:
    """Yield every sample of a run's log, as it was judged, with step, tokens and all.

    Args:
        run: a log file, or the folder of a run, which holds one per process.

    Raises:
        DataError: there is no log.
    """
    files = sorted(run.glob("verdicts*.jsonl")) if run.is_dir() else [run]
    if not files or not all(file.is_file() for file in files):
        raise DataError(f"{run} holds no log of a run: there is no verdicts.jsonl in it")
    for file in files:
        for number, entry in jsonl.entries(file):
            if "completion" not in entry or "components" not in entry:
                raise DataError(
                    f"{file}, line {number}: this is no log of a run; it has no completion or no components"
                )
            group = entry.get("group")
            sample = Sample.read(
                entry["completion"],
                entry.get("prompt") or None,
                row=entry.get("row") or {},
                group=tuple(group) if isinstance(group, list) else group,
                id=entry.get("id"),
                **{name: entry.get(name) for name in RUN_FIELDS},
            )
            reason = entry.get("reason", "")
            yield SampleScore(sample, entry.get("total"), entry.get("status", ""), reason, entry["components"])
