"""`assay rescore`."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from assay._cli.score import read_reward

__all__ = ["command"]

#: Flipped samples that are shown.
SHOWN = 20


@click.command("rescore")
@click.argument("run", type=click.Path(path_type=Path))
@click.option(
    "--reward", "rewards", multiple=True, required=True, help="As for `assay score`; @RUN/run.yaml for the run's own."
)
@click.option("--fail-on-change", is_flag=True, help="Exit with 1 if any score or status has changed.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of text.")
def command(run: Path, rewards: Sequence[str], fail_on_change: bool, as_json: bool) -> None:
    """Judge the samples of a stored RUN again, and show what changed.

    `step` and `progress` are those of the log. A component that only one of the rewards has is not compared.
    """
    from assay._data.log import read_log
    from assay._scoring.scorer import Scorer

    logged = list(read_log(run))
    with Scorer(read_reward(rewards)) as scorer:
        scores = scorer.score([one.sample for one in logged])
    components: dict[str, dict[str, Any]] = {}
    flipped = []
    for one, again in zip(logged, scores.by_sample(), strict=True):
        for name, after in again.components.items():
            before = one.components.get(name)
            if before is None:
                continue
            counts = components.setdefault(name, {"samples": 0, "changed": 0, "before": [], "after": []})
            counts["samples"] += 1
            counts["before"] += [before["score"]] if before["score"] is not None else []
            counts["after"] += [after["score"]] if after["score"] is not None else []
            if (before["status"], before["score"]) != (after["status"], after["score"]):
                counts["changed"] += 1
                change: dict[str, Any] = {"id": one.sample.id, "step": one.sample.step, "component": name}
                change |= {"before": _said(before), "after": _said(after), "reason": after["reason"]}
                flipped.append(change)
    summary = {name: c | {"before": _mean(c["before"]), "after": _mean(c["after"])} for name, c in components.items()}
    if as_json:
        click.echo(json.dumps({"samples": len(logged), "components": summary, "flipped": flipped}, indent=2))
    else:
        for name, counts in summary.items():
            means = f"mean {counts['before']} -> {counts['after']}"
            click.echo(f"{name}: {counts['changed']} of {counts['samples']} changed, {means}")
        for change in flipped[:SHOWN]:
            where = f"step {change['step']}, sample {change['id']}, {change['component']}"
            click.echo(f"  {where}: {change['before']} -> {change['after']}  {change['reason']}")
        if len(flipped) > SHOWN:
            click.echo(f"  ... and {len(flipped) - SHOWN} more; --json shows all")
        click.echo(f"{len(logged)} samples")
    sys.exit(1 if fail_on_change and flipped else 0)


def _said(judged: Any) -> str:
    return str(judged["status"]) if judged["score"] is None else f"{judged['score']:g}"


def _mean(scores: list[float]) -> float | None:
    return round(sum(scores) / len(scores), 6) if scores else None
