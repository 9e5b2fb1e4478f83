"""Pictures of a run: what was rewarded, over its steps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from assay._data import jsonl
from assay.errors import ConfigError, DataError

__all__ = ["check_suffix", "draw", "read_metrics"]

#: Kinds of picture that are drawn.
SUFFIXES = (".png", ".svg")

#: Colours that stay apart for colour-blind readers (Okabe and Ito, 2008).
COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#999999", "#F0E442")


def read_metrics(folder: Path) -> list[dict[str, Any]]:
    """Return the steps that a run has logged.

    Raises:
        DataError: the folder holds no run.
    """
    path = folder / "metrics.jsonl"
    if not path.exists():
        raise DataError(f"{folder} holds no run: there is no {path.name} in it")
    return [step for _, step in jsonl.entries(path)]


def check_suffix(path: Path) -> None:
    """Refuse a picture of a kind that isn't drawn.

    Raises:
        ConfigError: it ends in neither `.png` nor `.svg`.
    """
    if path.suffix.lower() not in SUFFIXES:
        endings = " or ".join(SUFFIXES)
        raise ConfigError(f"{path} is no kind of picture that can be drawn; its name must end in {endings}")


def draw(steps: Sequence[Mapping[str, Any]], path: Path) -> Path | None:
    """Draw the named lines over the steps, and the share of samples and groups that taught nothing below.

    Returns:
        The picture's path, or `None` where no step has logged a line. The kind of picture goes by the path's suffix.
    """
    logged = [step for step in steps if any(name.startswith("lines/") for name in step)]
    if not logged:
        return None
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    names = sorted({name for step in logged for name in step if name.startswith("lines/")}, key=_total_first)
    figure, (above, below) = pyplot.subplots(2, 1, figsize=(8, 5.5), sharex=True, height_ratios=[3, 1])
    for number, name in enumerate(names):
        points = [(step["step"], step[name]) for step in logged if name in step]
        short = name.removeprefix("lines/")
        width = 2.2 if short == "total" else 1.3
        above.plot(*zip(*points, strict=True), label=short, color=COLOURS[number % len(COLOURS)], linewidth=width)
    above.set_ylabel("mean over the step's samples")
    above.legend(loc="upper left", bbox_to_anchor=(1.01, 1.0), frameon=False)
    for name, label, colour in (
        ("groups_without_signal", "groups without signal", COLOURS[5]),
        ("left_out", "samples left out", COLOURS[6]),
    ):
        points = [(step["step"], step[name]) for step in logged if name in step]
        if points:
            below.plot(*zip(*points, strict=True), label=label, color=colour, linewidth=1.3)
    below.set_ylim(-0.03, 1.03)
    below.set_ylabel("share")
    below.set_xlabel("step")
    below.legend(loc="upper left", bbox_to_anchor=(1.01, 1.0), frameon=False)
    for axes in (above, below):
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(alpha=0.25)
    figure.tight_layout()
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=130)
    pyplot.close(figure)
    return path


def _total_first(name: str) -> tuple[bool, str]:
    return name != "lines/total", name
