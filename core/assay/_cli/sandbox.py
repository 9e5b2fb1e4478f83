"""`assay sandbox check`."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from typing import Any

import click

from assay._plugins.registry import FIRST_PARTY, installed
from assay.errors import PluginError
from assay.sandbox import PROMISES, Program, Sandbox

__all__ = ["command"]

#: What this repository offers, so that a sandbox that is not installed is named too.
_KNOWN = ("bubblewrap", "docker", "process")


@click.group("sandbox")
def command() -> None:
    """Ask about the places where untrusted programs run."""


@command.command("check")
@click.argument("names", nargs=-1)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of text.")
def check(names: Sequence[str], as_json: bool) -> None:
    """Try each sandbox, or those named, on this machine: what works, what is missing, how to get it.

    Exit code 0 where every sandbox that was named works, or, without names, where any for untrusted code does.
    """
    offered = installed().sandboxes()
    if unknown := [name for name in names if name not in offered and name not in _KNOWN]:
        raise PluginError(f"no plugin offers a sandbox '{unknown[0]}'; there are {', '.join(sorted(offered))}")
    found: list[dict[str, Any]] = []
    for name in names or sorted({*offered, *_KNOWN}):
        if name in offered:
            with offered[name]() as sandbox:
                found.append(_tried(sandbox))
        else:
            problem = f"it is not installed: pip install {FIRST_PARTY[name]}"
            found.append({"name": name, "works": False, "problem": problem})
    working = [one for one in found if one["works"] and one["strength"] > 0]
    default = max(working, key=lambda one: one["strength"])["name"] if working else None
    if as_json:
        click.echo(json.dumps({"sandboxes": found, "default": default}, indent=2))
    else:
        for one in found:
            _show(one)
        if not names:
            click.echo(f"The default on this machine: {default or 'none; no sandbox for untrusted code works'}")
    sys.exit(0 if (all(one["works"] for one in found) if names else working) else 1)


def _tried(sandbox: Sandbox) -> dict[str, Any]:
    problem = sandbox.problem()
    result: dict[str, Any] = {
        "name": sandbox.name,
        "works": problem is None,
        "problem": problem,
        "strength": sandbox.strength,
        "not_promised": dict(sandbox.gaps()),
    }
    if problem is None:
        started = time.perf_counter()
        sandbox.run(Program(source="pass"))
        result["milliseconds"] = round(1000 * (time.perf_counter() - started), 1)
    return result


def _show(one: dict[str, Any]) -> None:
    click.secho(one["name"], bold=True)
    if one["works"]:
        trusted = "" if one["strength"] else ", for trusted code only: it is never chosen unless it is named"
        click.secho(f"  works ({one['milliseconds']} ms for an empty program){trusted}", fg="green")
    else:
        click.secho(f"  can't be used: {one['problem']}", fg="red")
    for promise, instead in one.get("not_promised", {}).items():
        click.echo(f"  does not promise that {PROMISES[promise]}: {instead}")
    click.echo()
