"""`assay list`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import click

from assay._cli import COMMANDS
from assay._contract.verifier import Verifier
from assay._plugins.commands import PluginCommand, plugin_commands
from assay._plugins.hooks import asking
from assay._plugins.offers import Offers
from assay._plugins.registry import Plugin, Registry, installed
from assay.errors import PluginError
from assay.sandbox import PROMISES

__all__ = ["command", "described"]


@click.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of text.")
def command(as_json: bool) -> None:
    """Show what is installed, what each verifier checks, and its options.

    A plugin that can't be used is shown with the reason, and so is a part of one that can't.
    """
    registry = installed()
    plugins = [_plugin(registry, plugin) for plugin in registry.plugins()]
    commands = [_command(one) for one in plugin_commands().values()]
    if as_json:
        click.echo(json.dumps({"plugins": plugins, "commands": commands}, indent=2))
        return
    if not plugins:
        click.echo("No plugin is installed. Try: pip install assay-math assay-format")
    for plugin in plugins:
        _show(plugin)
    for one in commands:
        click.secho(f"assay {one['name']}  ({one['distribution']})", bold=True)
        _show_problem(one["problem"])


def _plugin(registry: Registry, plugin: Plugin) -> dict[str, Any]:
    found: dict[str, Any] = {
        "name": plugin.name,
        "distribution": plugin.distribution,
        "version": plugin.version,
        "problem": None,
        "faults": [],
        "verifiers": [],
        "functions": [],
        "recipes": 0,
        "engines": [],
        "sandboxes": {},
        "observes": plugin.observes,
    }
    try:
        offers = registry.offers(plugin.name)
    except PluginError as problem:
        return found | {"problem": str(problem)}
    faults = list(_faults(registry, plugin.name, offers))
    try:
        # A default of a stranger's option may be anything.
        with asking(f"the plugin '{plugin.name}' can't be described: it"):
            json.dumps(offered := _offered(plugin.name, offers))
            found |= offered
    except PluginError as problem:
        faults.append(str(problem))
    for name, make in offers.sandboxes.items():
        try:
            # Nothing is started for this.
            with asking(f"the sandbox '{name}' of the plugin '{plugin.name}'"), make() as sandbox:
                found["sandboxes"][name] = {str(key): str(value) for key, value in sandbox.gaps().items()}
        except PluginError as problem:
            faults.append(str(problem))
    return found | {"faults": faults}


def _offered(plugin: str, offers: Offers) -> dict[str, Any]:
    return {
        "verifiers": [described(one) for one in offers.verifiers.values()],
        "functions": [f"{plugin}.{leaf}" for leaf in offers.functions],
        "recipes": len(offers.recipes),
        "engines": list(offers.engines),
    }


def _faults(registry: Registry, plugin: str, offers: Offers) -> Iterator[str]:
    """Yield what is wrong with a plugin that can be used, a sentence each."""
    try:
        offers.examples()
    except PluginError as problem:
        yield str(problem)
    for leaf in offers.recipes:
        try:
            offers.recipes[leaf]
        except PluginError as problem:
            yield str(problem)
    for claims in (registry.claims("sandbox"), registry.claims("engine")):
        yield from (why for (claimant, _), why in claims.refused.items() if claimant == plugin)


def _command(found: PluginCommand) -> dict[str, Any]:
    problem = None
    try:
        if found.name in COMMANDS:
            raise PluginError("assay has a command of this name")
        found.load()
    except PluginError as trouble:
        problem = str(trouble)
    return {"name": found.name, "distribution": found.origin, "problem": problem}


def _show(plugin: dict[str, Any]) -> None:
    click.secho(f"{plugin['name']}  ({plugin['distribution']} {plugin['version']})".rstrip(), bold=True)
    _show_problem(plugin["problem"])
    for fault in plugin["faults"]:
        click.secho(f"  {fault}", fg="red")
    for one in plugin["verifiers"]:
        click.echo(f"  {one['name']}")
        click.echo(f"      {one['checks']}")
        options = ", ".join(_option(option) for option in one["options"])
        inputs = ", ".join(one["inputs"])
        click.echo(f"      takes {inputs}" + (f"; options {options}" if options else ""))
    for name in plugin["functions"]:
        click.echo(f"  {name}  (a function)")
    if plugin["recipes"]:
        click.echo(f"  {plugin['recipes']} recipes  (`assay recipes` shows them)")
    for name in plugin["engines"]:
        click.echo(f"  {name}  (an engine, for `assay score --engine {name}`)")
    for name, unkept in plugin["sandboxes"].items():
        click.echo(f"  {name}  (a sandbox; `assay sandbox check {name}` tries it)")
        for promise, instead in unkept.items():
            click.echo(f"      does not promise that {PROMISES.get(promise, promise)}: {instead}")
    if plugin["observes"] and not plugin["problem"]:
        click.echo("  sees each scored batch, whatever the reward names")
    click.echo()


def _show_problem(problem: str | None) -> None:
    if problem:
        click.secho(f"  can't be used: {problem}", fg="red")


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
                "doc": one.doc,
            }
            for one in verifier.options.values()
        ],
        "fields": {name: list(bounds) for name, bounds in verifier.fields.items()},
        "range": list(verifier.range),
        "scope": verifier.scope,
        "kind": verifier.kind,
        "boolean": bool(verifier.boolean),
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
