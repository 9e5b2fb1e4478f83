"""`assay sandbox check`."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from typing import Any

import click

from assay._plugins.first_party import SANDBOXES
from assay._plugins.hooks import asking
from assay._plugins.registry import Registry, installed
from assay.errors import PluginError, nearest
from assay.sandbox import PROMISES, Program, Sandbox

__all__ = ["command"]


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
    registry = installed()
    claims = registry.claims("sandbox")
    known = {*claims.held, *(name for _, name in claims.refused), *SANDBOXES}
    for name in names:
        if name not in known and name not in registry.names:
            near = nearest(name, known)
            hint = f"did you mean '{near}'?" if near else f"there are {', '.join(sorted(known))}"
            raise PluginError(f"no plugin offers a sandbox '{name}'; {hint}")
    found = [_tried(registry, name) for name in names or sorted(known)]
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


def _tried(registry: Registry, name: str) -> dict[str, Any]:
    """Return what a sandbox does on this machine; whatever goes wrong with it is its problem."""
    try:
        make = registry.maker("sandbox", name)
        with asking(f"the sandbox '{name}'"), make() as sandbox:
            return _described(name, sandbox)
    except PluginError as problem:
        return {"name": name, "works": False, "problem": str(problem)}


def _described(name: str, sandbox: Sandbox) -> dict[str, Any]:
    problem = sandbox.problem()
    result: dict[str, Any] = {
        "name": name,
        "works": problem is None,
        "problem": problem,
        "strength": sandbox.strength,
        "not_promised": {str(promise): str(instead) for promise, instead in sandbox.gaps().items()},
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
        click.echo(f"  does not promise that {PROMISES.get(promise, promise)}: {instead}")
    click.echo()
