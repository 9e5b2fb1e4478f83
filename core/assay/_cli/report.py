"""`assay report`."""

from __future__ import annotations

from pathlib import Path

import click

from assay.errors import DataError

__all__ = ["command"]


@click.command("report")
@click.argument("run", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="The picture, .png or .svg.")
def command(run: Path, out: Path | None) -> None:
    """Draw what the run in the folder RUN rewarded, over its steps."""
    from assay._report import check_suffix, draw, read_metrics

    path = out or run / "rewards.png"
    check_suffix(path)
    picture = draw(read_metrics(run), path)
    if picture is None:
        raise DataError(f"{run} has logged no step of training yet")
    click.echo(picture)
