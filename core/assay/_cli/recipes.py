"""`assay recipes`."""

from __future__ import annotations

import json
from typing import Any

import click

from assay._contract.recipe import Recipe
from assay._plugins.registry import RECIPES, Registry, installed
from assay.errors import PluginError, shorten

__all__ = ["command"]


@click.group("recipes", invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of text.")
@click.pass_context
def command(context: click.Context, as_json: bool) -> None:
    """Show published rewards by task; `assay recipes show NAME` shows one."""
    if context.invoked_subcommand is not None:
        return
    registry = installed()
    found = _found(registry)
    if as_json:
        click.echo(json.dumps({"recipes": [_described(name, one) for name, one in found.items()]}, indent=2))
        return
    if not found:
        click.echo("No recipe is installed. Try: pip install assay-recipes")
    for task in sorted({one.task for one in found.values()}):
        click.secho(task, bold=True)
        for name, one in found.items():
            if one.task == task:
                missing = [plugin for plugin in one.needs if plugin not in registry.names]
                needs = f"  (needs the plugin {', '.join(missing)})" if missing else ""
                click.echo(f"  {name:32} {one.paper}{needs}")
        click.echo()


@command.command("show")
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of text.")
def show(name: str, as_json: bool) -> None:
    """Show a recipe: its paper, its lines, the columns it needs, what is known and what is a guess, examples."""
    full = name if "." in name else f"{RECIPES}.{name}"
    recipe = installed().recipe(full)
    if as_json:
        click.echo(json.dumps(_described(full, recipe) | {"examples": _examples(recipe)}, indent=2, default=str))
        return
    click.secho(full, bold=True)
    click.echo(f"{recipe.paper}\n")
    if recipe.formula:
        click.echo(f"{recipe.formula.strip()}\n")
    click.echo("reward:")
    for line, text in recipe.reward.items():
        click.echo(f"  {line}: {text}")
    if recipe.columns:
        click.echo("\nColumns")
        for column, holds in recipe.columns.items():
            click.echo(f"  {column}: {holds}")
    for title, facts in (("Known", recipe.known), ("Guessed", recipe.guesses), ("Not in it", recipe.lacks)):
        if facts:
            click.echo(f"\n{title}")
            for fact in facts:
                click.echo(f"  - {fact}")
    if recipe.examples:
        click.echo("\nExamples")
        for one in recipe.examples:
            due = "left out" if one.reward is None else f"{one.reward:g}"
            click.echo(f"  {due:>9}  {shorten(' '.join(str(one.row['completion']).split()), 90)}")
            click.echo(f"             {one.case}: {one.because}")
    click.echo(f"\nIn a reward\n  {full}\n")


def _found(registry: Registry) -> dict[str, Recipe]:
    """Return every recipe that can be read, by its full name, and say which can't."""
    found = {}
    for plugin, offers in registry.usable():
        for leaf in offers.recipes:
            try:
                found[f"{plugin}.{leaf}"] = offers.recipes[leaf]
            except PluginError as problem:
                click.echo(f"assay: left out {problem}", err=True)
    return found


def _described(name: str, recipe: Recipe) -> dict[str, Any]:
    return {
        "name": name,
        "paper": recipe.paper,
        "task": recipe.task,
        "formula": recipe.formula,
        "reward": dict(recipe.reward),
        "columns": dict(recipe.columns),
        "known": list(recipe.known),
        "guesses": list(recipe.guesses),
        "lacks": list(recipe.lacks),
        "needs": list(recipe.needs),
    }


def _examples(recipe: Recipe) -> list[dict[str, Any]]:
    return [
        {"row": dict(one.row), "reward": one.reward, "case": one.case, "because": one.because, "group": one.group}
        for one in recipe.examples
    ]
