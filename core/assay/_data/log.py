"""The log of a run: every sample with its verdicts, on disk as soon as it is judged, so that it can be judged again."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from assay._contract.sample import Sample
from assay._contract.scores import Scores
from assay.errors import DataError

__all__ = ["Logged", "RunLog", "read_log"]


@dataclass(frozen=True, slots=True)
class Logged:
    """One sample of a log.

    Attributes:
        sample: as it was judged, with step, tokens and all.
        total: the reward that it was given, `None` if none could be.
        status: of the total.
        components: score, status, reason and seconds of each named line and verifier call.
    """

    sample: Sample
    total: float | None
    status: str
    components: Mapping[str, Mapping[str, Any]]


class RunLog:
    """Appends scored batches to a file, a line of JSON per sample; a batch is whole on disk when `write` returns.

    Args:
        path: the file; its folder is made. What it holds already is kept, up to a line that was cut off.
        before: drop what was logged at this step and later, for a run that resumes there.
    """

    def __init__(self, path: Path, before: int | None = None) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists():
            kept = [line for line in _whole_lines(path) if before is None or json.loads(line)["step"] < before]
            path.write_text("".join(line + "\n" for line in kept), encoding="utf-8")
        self._file: IO[str] = path.open("a", encoding="utf-8")

    def write(self, scores: Scores) -> None:
        """Append a batch."""
        places = len(scores.lines) + sum(name not in scores.lines for name in scores.verifiers)
        table = scores.table()
        for position, sample in enumerate(scores.samples):
            rows = table[position * places : (position + 1) * places]
            kept = ("score", "status", "reason", "seconds")
            total = float(scores.total[position])
            entry = {
                "step": sample.step,
                "progress": sample.progress,
                "group": sample.group,
                "id": sample.id,
                "prompt": list(sample.messages[:-1]) or sample.prompt,
                "completion": sample.completion,
                "tokens": sample.tokens,
                "truncated": sample.truncated,
                "row": {name: value for name, value in sample.row.items() if name not in ("prompt", "completion")},
                "total": None if total != total else total,
                "status": scores.status[position],
                "components": {row["component"]: {name: row[name] for name in kept} for row in rows},
            }
            self._file.write(json.dumps(entry, ensure_ascii=False, default=str) + "\n")
        self._file.flush()
        os.fsync(self._file.fileno())

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def read_log(run: Path) -> Iterator[Logged]:
    """Yield every sample of a run's log.

    Args:
        run: a log file, or the folder of a run, which holds one per process.

    Raises:
        DataError: there is no log.
    """
    files = sorted(run.glob("verdicts*.jsonl")) if run.is_dir() else [run]
    if not files or not all(file.is_file() for file in files):
        raise DataError(f"{run} holds no log of a run: there is no verdicts.jsonl in it")
    for file in files:
        for number, line in enumerate(_whole_lines(file), 1):
            entry = json.loads(line)
            if "completion" not in entry or "components" not in entry:
                raise DataError(
                    f"{file}, line {number}: this is no log of a run; it has no completion or no components"
                )
            group = entry.get("group")
            yield Logged(
                Sample.read(
                    entry["completion"],
                    entry.get("prompt") or None,
                    row=entry.get("row") or {},
                    group=tuple(group) if isinstance(group, list) else group,
                    id=entry.get("id"),
                    **{name: entry.get(name) for name in ("tokens", "truncated", "step", "progress")},
                ),
                entry.get("total"),
                entry.get("status", ""),
                entry["components"],
            )


def _whole_lines(path: Path) -> Iterator[str]:
    for line in path.read_text(encoding="utf-8").split("\n"):
        try:
            if isinstance(json.loads(line or "null"), dict):
                yield line
        except ValueError:
            continue  # cut off in the middle
