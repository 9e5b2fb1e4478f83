"""`assay lint`."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import Any

import click

from assay._cli.score import mapping, read_reward

__all__ = ["command"]

#: Unusable references that are shown for each verifier.
SHOWN = 20


@click.command("lint")
@click.argument("file")
@click.option("--reward", "rewards", multiple=True, required=True, help="As for `assay score`.")
@click.option("--map", "maps", multiple=True, metavar="INPUT=COLUMN", help="Where an input is found, as a dotted path.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of text.")
def command(file: str, rewards: Sequence[str], maps: Sequence[str], as_json: bool) -> None:
    """Judge every reference of a data set against itself, and list those that can't be used.

    FILE needs no completions: each verifier that can make a perfect answer from a reference is given that, and one
    that can make wrong answers is given those. Exits with 1 when a reference can't be used or doesn't equal itself,
    or when a row pays a wrong answer.
    """
    from assay._data.rows import read_rows
    from assay._scoring.lint import lint

    rows = read_rows(file)
    report = lint(rows, read_reward(rewards), mapping(maps))
    problems = sum(len(one.problems) for one in report)
    if as_json:
        data: dict[str, Any] = {
            one.verifier: {
                "rows": one.rows,
                "decoys": one.decoys,
                "skipped": one.skipped,
                "problems": [vars_of(p) for p in one.problems],
            }
            for one in report
        }
        click.echo(
            json.dumps({"rows": len(rows), "malformed": [str(m) for m in rows.malformed], "verifiers": data}, indent=2)
        )
    else:
        for malformed in rows.malformed:
            click.echo(f"malformed: {malformed}")
        for one in report:
            if one.skipped:
                click.echo(f"{one.verifier}: {one.skipped}")
                continue
            weak = sum(problem.status == "weak" for problem in one.problems)
            click.echo(f"{one.verifier}: {len(one.problems) - weak} of {one.rows} references can't be used")
            if one.decoys:
                click.echo(f"{one.verifier}: {weak} of {one.rows} rows pay wrong answers ({one.decoys} were tried)")
            for problem in one.problems[:SHOWN]:
                click.echo(f"  row {problem.row}: {problem.status}: {problem.reason}  ({problem.reference!r:.80})")
            if len(one.problems) > SHOWN:
                click.echo(f"  ... and {len(one.problems) - SHOWN} more; --json shows all")
    sys.exit(1 if problems or rows.malformed else 0)


def vars_of(problem: Any) -> dict[str, Any]:
    """Return a problem as plain data."""
    return {
        "row": problem.row,
        "status": problem.status,
        "reason": problem.reason,
        "reference": str(problem.reference)[:500],
    }
