"""`assay list`."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import click

from assay._contract.verifier import Verifier
from assay._plugins.registry import Registry, installed
from assay.sandbox import PROMISES, Sandbox

__all__ = ["command", "described"]


@click.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of text.")
def command(as_json: bool) -> None:
    """Show what is installed, what each verifier checks, and its options.

    A plugin that can't be used is shown with the reason.
    """
    found = _plugins(installed())
    if as_json:
        click.echo(json.dumps({"plugins": found}, indent=2))
        return
    if not found:
        click.echo("No plugin is installed. Try: pip install assay-math assay-format")
    for plugin in found:
        head = f"{plugin['name']}  ({plugin['distribution']} {plugin['version']})".rstrip()
        click.secho(head, bold=True)
        if plugin["problem"]:
            click.secho(f"  can't be used: {plugin['problem']}", fg="red")
        for one in plugin["verifiers"]:
            click.echo(f"  {one['name']}")
            click.echo(f"      {one['checks']}")
            options = ", ".join(_option(option) for option in one["options"])
            inputs = ", ".join(one["inputs"])
            click.echo(f"      takes {inputs}" + (f"; options {options}" if options else ""))
        for name in plugin["functions"]:
            click.echo(f"  {name}  (a function)")
        for name, unkept in plugin["sandboxes"].items():
            click.echo(f"  {name}  (a sandbox; `assay sandbox check {name}` tries it)")
            for promise, instead in unkept.items():
                click.echo(f"      does not promise that {PROMISES[promise]}: {instead}")
        click.echo()


def _plugins(registry: Registry) -> list[dict[str, Any]]:
    found = []
    for plugin in registry.plugins():
        problem = registry.problem(plugin.name)
        verifiers = {} if problem else registry.verifiers(plugin.name)
        functions = {} if problem else registry.functions(plugin.name)
        sandboxes = {} if problem else registry.sandboxes(plugin.name)
        found.append(
            {
                "name": plugin.name,
                "distribution": plugin.distribution,
                "version": plugin.version,
                "problem": problem,
                "verifiers": [described(one) for one in verifiers.values()],
                "functions": [f"{plugin.name}.{leaf}" for leaf in functions],
                "sandboxes": {name: _unkept(make) for name, make in sandboxes.items()},
            }
        )
    return found


def _unkept(make: Callable[[], Sandbox]) -> dict[str, str]:
    """Return what a sandbox can't promise on this machine; nothing is started for it."""
    with make() as sandbox:
        return dict(sandbox.gaps())


def described(verifier: Verifier) -> dict[str, Any]:
    """Return everything about a verifier as plain data."""
    return {
        "name": verifier.name,
        "checks": verifier.summary,
        "inputs": [one.name + ("" if one.required else "?") for one in verifier.inputs],
        "options": [
            {
                "name": one.name,
                "type": one.type_name,
                "required": one.required,
                "default": None if one.required else _plain(one.default),
            }
            for one in verifier.options.values()
        ],
        "fields": {name: list(bounds) for name, bounds in verifier.fields.items()},
        "range": list(verifier.range),
        "scope": verifier.scope,
        "kind": verifier.kind,
        "boolean": verifier.boolean,
        "distribution": verifier.distribution,
        "version": verifier.version,
    }


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, (bool, int, float, str, list, dict)) else repr(value)


def _option(option: dict[str, Any]) -> str:
    if option["required"]:
        return f"{option['name']} ({option['type']}, required)"
    default = json.dumps(option["default"], ensure_ascii=False)
    return f"{option['name']}={default if len(default) < 40 else '...'}"
