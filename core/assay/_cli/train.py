"""`assay train`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

import click

from assay.errors import ConfigError

__all__ = ["command"]


@click.command("train")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--set", "settings", multiple=True, metavar="KEY=VALUE", help="Change the run file: training.max_steps=100."
)
@click.option("--resume", is_flag=True, help="Go on from the last checkpoint in the output folder.")
@click.option("--check", is_flag=True, help="Check the run file, the reward and the data, and stop there.")
def command(file: Path, settings: Sequence[str], resume: bool, check: bool) -> None:
    """Train a model by GRPO on a reward, from a run FILE.

    Ctrl-C ends the step, saves a checkpoint and stops; --resume goes on from there.
    """
    from assay.train import read_run

    config = read_run(file, settings)
    missing = [name for name in ("torch", "trl", "transformers", "datasets", "accelerate") if find_spec(name) is None]
    if missing:
        raise ConfigError(f"training needs {', '.join(missing)}: pip install 'assay[train]'")
    from assay.train import check_run, summary, train

    if check:
        click.echo(f"{file}: {check_run(config, file)} prompts; the reward can be evaluated for them")
        return
    finished = train(config, file, resume=resume)
    rows = summary(finished.history)
    width = max((len(name) for name, _, _ in rows), default=0)
    for name, early, late in rows:
        click.echo(f"{name.ljust(width)}  {early:8.4f} -> {late:8.4f}")
    if finished.picture is not None:
        click.echo(f"\n{finished.picture}")
    if finished.interrupted:
        click.echo(f"assay: stopped at your wish; go on with: assay train {file} --resume", err=True)
        sys.exit(130)
