"""`assay score`."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import IO, Any

import click

from assay._contract.sample import Sample
from assay._contract.scores import Scores
from assay._contract.verdict import NOT_EVALUATED, Status
from assay._data import jsonl
from assay.errors import ConfigError, DataError, shorten

__all__ = ["command", "mapping", "read_reward"]

#: Samples that are scored and written together; a group is never split.
BATCH = 256


@click.command("score")
@click.argument("file")
@click.option(
    "--reward", "rewards", multiple=True, required=True,
    help="An expression; or name=expression, several times; or @FILE.yaml with a 'reward' (or the lines themselves).",
)  # fmt: skip
@click.option("--map", "maps", multiple=True, metavar="INPUT=COLUMN", help="Where an input is found, as a dotted path.")
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), help="Write a verdict per line, as it is given."
)
@click.option("--json", "as_json", is_flag=True, help="Print the summary as one JSON object.")
@click.option(
    "--engine",
    "engine_name",
    default="local",
    show_default=True,
    help="Who evaluates: local, or a plugin's, such as ray.",
)
@click.option("--limit", type=click.IntRange(min=1), help="Score only so many rows.")
@click.option(
    "--draw",
    "pictures",
    type=click.Path(file_okay=False, path_type=Path),
    help="Draw the worst, the best and the most disputed samples into this folder, where a verifier can.",
)
def command(
    file: str,
    rewards: Sequence[str],
    maps: Sequence[str],
    out: Path | None,
    as_json: bool,
    engine_name: str,
    limit: int | None,
    pictures: Path | None,
) -> None:
    r"""Score a FILE of completions (JSONL, JSON, CSV, Parquet, a folder, or - for standard input) by a reward.

    \b
        assay score rollouts.jsonl --reward math.answer --map completion=response --map reference=gold
        assay score rollouts.jsonl --reward 'right=math.answer' --reward 'total=right + 0.1 * format.boxed'

    With --out, what was judged is on disk as soon as it is judged; the same command again goes on where it stopped.
    Exits with 0 when every sample was judged, 1 when some were not, 2 on a mistake in the command.
    """
    from assay._cli.sample_images import Gallery
    from assay._contract.sample import known_fields, read_samples
    from assay._data.rows import read_rows
    from assay._plugins.registry import installed
    from assay._scoring.scorer import Scorer

    columns = mapping(maps)
    lines = read_reward(rewards)
    engine = None if engine_name == "local" else installed().engine(engine_name)
    with closing(engine) if engine else nullcontext(), Scorer(lines, engine=engine) as scorer:
        rows = read_rows(file, limit)
        try:
            # The place in the file, and not a column `id`, which may not be unique: every row gets its verdict.
            samples = [replace(sample, id=index) for index, sample in enumerate(read_samples(rows, columns))]
        except DataError as problem:
            raise DataError(f"{file}: {problem}") from None
        scorer.check(dict.fromkeys([*rows.columns, *columns]), [s.row for s in samples[:2000]], known_fields(samples))
        for one in rows.malformed:
            click.echo(f"assay: left out {one}", err=True)
        summary = _Summary(len(rows.malformed))
        header = {"assay": 1, "reward": scorer.reward.text, "map": columns, "file": _fingerprint(samples)}
        with _Output(out, header, summary) as output:
            gallery = Gallery(scorer.registry) if pictures else None
            for batch in _progress(list(_batches(samples)), output):
                scores = scorer.score(batch)
                output.write(scores)
                if gallery is not None:
                    gallery.add(scores)
    click.echo(json.dumps(summary.as_data(), indent=2) if as_json else summary.as_text())
    if gallery is not None and pictures is not None:
        for path in gallery.draw(pictures, Path() if file == "-" else Path(file).resolve().parent):
            click.echo(path, err=True)
    sys.exit(0 if summary.complete else 1)


def read_reward(rewards: Sequence[str]) -> dict[str, Any]:
    """Return named lines from `--reward` arguments.

    Raises:
        ConfigError: a file is missing or not YAML, or expressions without a name are given several times.
    """
    lines: dict[str, Any] = {}
    for text in rewards:
        name, equals, expression = text.partition("=")
        if text.startswith("@"):
            lines |= _reward_file(Path(text[1:]))
        elif equals and name.strip().isidentifier() and not expression.startswith("="):
            lines[name.strip()] = expression.strip()
        elif "total" in lines:
            raise ConfigError("--reward is given several times without names; write name=expression")
        else:
            lines["total"] = text
    if len(lines) == 1 and "total" not in lines:
        lines["total"] = next(iter(lines))
    return lines


def _reward_file(path: Path) -> dict[str, Any]:
    import yaml

    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as problem:
        raise ConfigError(f"{path} can't be read: {problem.strerror}") from None
    except yaml.YAMLError as problem:
        raise ConfigError(f"{path} is not YAML: {problem}") from None
    if isinstance(document, dict) and "reward" in document:
        document = document["reward"]
    return dict(document) if isinstance(document, dict) else {"total": document}


def mapping(maps: Sequence[str]) -> dict[str, str]:
    """Return where inputs are found from `--map` arguments.

    Raises:
        ConfigError: one isn't INPUT=COLUMN.
    """
    columns = {}
    for one in maps:
        name, equals, path = one.partition("=")
        if not equals or not name.strip() or not path.strip():
            raise ConfigError(f"--map takes INPUT=COLUMN, as in --map reference=answer, not '{one}'")
        columns[name.strip()] = path.strip()
    return columns


def _batches(samples: Sequence[Sample]) -> Iterator[list[Sample]]:
    """Batches of whole groups, which may lie scattered over the file."""
    groups: dict[Any, list[Sample]] = {}
    for sample in samples:
        groups.setdefault(sample.group, []).append(sample)
    batch: list[Sample] = []
    for members in groups.values():
        batch.extend(members)
        if len(batch) >= BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _progress(batches: list[list[Sample]], output: _Output) -> Iterator[list[Sample]]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    bar = Progress(
        TextColumn("scoring"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(),
        console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty(),
    )  # fmt: skip
    with bar:
        task = bar.add_task("scoring", total=sum(map(len, batches)))
        for batch in batches:
            left = [sample for sample in batch if not output.has(sample)]
            # A group of which one member is missing is scored again as a whole: its statistics need all of it.
            if left:
                yield batch
            bar.advance(task, len(batch))


def _fingerprint(samples: Sequence[Sample]) -> str:
    digest = hashlib.sha256()
    for sample in samples:
        digest.update(repr((sample.id, len(sample.completion), sample.completion[:200])).encode(errors="replace"))
    return digest.hexdigest()[:16]


class _Summary:
    """Counts by component and status."""

    def __init__(self, malformed: int) -> None:
        self.malformed = malformed
        self.samples = 0
        self.components: dict[str, dict[str, Any]] = {}
        self.statuses: dict[str, int] = {}

    def add(self, status: str, components: Mapping[str, Mapping[str, Any]]) -> None:
        self.samples += 1
        self.statuses[status] = self.statuses.get(status, 0) + 1
        for name, one in components.items():
            counts = self.components.setdefault(name, {"sum": 0.0, "scores": 0, "statuses": {}})
            counts["statuses"][one["status"]] = counts["statuses"].get(one["status"], 0) + 1
            if one["score"] is not None:
                counts["sum"] += one["score"]
                counts["scores"] += 1

    @property
    def complete(self) -> bool:
        """Whether every sample was judged."""
        judged = self.statuses.get(Status.SCORED, 0) + self.statuses.get(Status.TIMEOUT, 0)
        return judged == self.samples and not self.malformed

    def as_data(self) -> dict[str, Any]:
        return {
            "samples": self.samples,
            "malformed": self.malformed,
            "status": self.statuses,
            "components": {
                name: {"mean": c["sum"] / c["scores"] if c["scores"] else None, "status": c["statuses"]}
                for name, c in self.components.items()
            },
        }

    def as_text(self) -> str:
        columns = [*(status.value for status in Status), NOT_EVALUATED]
        used = [c for c in columns if any(c in one["statuses"] for one in self.components.values()) or c == "scored"]
        rows = [["", "mean", *used]]
        for name, one in self.components.items():
            mean = f"{one['sum'] / one['scores']:.4f}" if one["scores"] else "-"
            rows.append([shorten(name, 50), mean, *(str(one["statuses"].get(c, 0)) for c in used)])
        widths = [max(len(row[k]) for row in rows) for k in range(len(rows[0]))]
        text = "\n".join(
            "  ".join([row[0].ljust(widths[0]), *(cell.rjust(w) for cell, w in zip(row[1:], widths[1:], strict=True))])
            for row in rows
        )
        left = (
            f"\n{self.malformed} malformed line{'s' if self.malformed != 1 else ''} left out" if self.malformed else ""
        )
        return f"{text}\n\n{self.samples} samples{left}"


class _Output:
    """A line of JSON per sample, appended as it is judged; begins with a line that says what it belongs to."""

    def __init__(self, path: Path | None, header: Mapping[str, Any], summary: _Summary) -> None:
        self.path, self.header, self.summary = path, header, summary
        self.file: IO[str] | None = None
        self.written: set[Any] = set()

    def __enter__(self) -> _Output:
        if self.path is None:
            return self
        if self.path.exists() and self.path.stat().st_size:
            self._resume(self.path)
        self.file = self.path.open("a", encoding="utf-8")
        if not self.written and self.file.tell() == 0:
            self.file.write(jsonl.written(self.header))
        return self

    def __exit__(self, *_: object) -> None:
        if self.file is not None:
            self.file.close()

    def has(self, sample: Sample) -> bool:
        return sample.id in self.written

    def write(self, scores: Scores) -> None:
        for one in scores.by_sample():
            if self.has(one.sample):
                continue
            self.summary.add(one.status, one.components)
            self.written.add(one.sample.id)
            if self.file is not None:
                entry = {
                    "row": one.sample.id,
                    "id": one.sample.row.get("id"),
                    "total": one.total,
                    "status": one.status,
                    "reason": one.reason,
                    "components": one.components,
                }
                self.file.write(jsonl.written(entry))
        if self.file is not None:
            self.file.flush()

    def _resume(self, path: Path) -> None:
        header, *verdicts = [entry for _, entry in jsonl.entries(path)] or [{}]
        if not header and jsonl.written(self.header).encode().startswith(path.read_bytes()):
            path.write_bytes(b"")  # the header itself was cut off
            return
        if header != json.loads(json.dumps(self.header)):
            raise ConfigError(
                f"{path} holds verdicts of another file, reward or mapping; give another --out, or remove it"
            )
        for verdict in verdicts:
            self.written.add(verdict["row"])
            self.summary.add(verdict["status"], verdict["components"])
        jsonl.keep(path, lambda _: True)
