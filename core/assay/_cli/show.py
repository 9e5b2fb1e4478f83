"""`assay show`."""

from __future__ import annotations

import json
import textwrap

import click

from assay._cli.list import described
from assay._contract.options import without_options
from assay._contract.verifier import Verifier
from assay._plugins.registry import installed

__all__ = ["command"]


@click.command("show")
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of text.")
def command(name: str, as_json: bool) -> None:
    """Show everything about one verifier (math.answer) or all of a plugin (math)."""
    registry = installed()
    verifiers = [registry.verifier(name)] if "." in name else list(registry.offers(name).verifiers.values())
    if as_json:
        details = [described(one) | {"description": without_options(one.doc)} for one in verifiers]
        click.echo(json.dumps(details[0] if "." in name else details, indent=2))
        return
    for verifier in verifiers:
        _show(verifier)


def _show(verifier: Verifier) -> None:
    click.secho(verifier.name, bold=True, nl=False)
    click.echo(f"  ({verifier.distribution} {verifier.version})".rstrip())
    click.echo(f"\n{without_options(verifier.doc)}\n")
    click.echo("Inputs")
    for one in verifier.inputs:
        source = "" if one.name in ("completion", "prompt", "messages", "row") else f"   {one.name}=row.<column>"
        click.echo(f"  {one.name}{'' if one.required else ' (optional)'}{source}")
    if verifier.options:
        click.echo("\nOptions")
        for option in verifier.options.values():
            default = "required" if option.required else f"default {option.default!r}"
            click.echo(f"  {option.name}: {option.type_name}   {default}")
            if option.doc:
                click.echo(textwrap.fill(option.doc, 100, initial_indent="      ", subsequent_indent="      "))
    if verifier.fields:
        click.echo("\nFurther scores")
        for field, (low, high) in verifier.fields.items():
            click.echo(f"  {verifier.name}.{field}   {low:g}..{high:g}")
    needed = [f"{o.name}=..." for o in verifier.options.values() if o.required]
    needed += [f"{i.name}=row.{i.name}" for i in verifier.inputs if i.name == "reference"]
    call = f"{verifier.name}({', '.join(needed)})" if needed else verifier.name
    click.echo(f"\nIn a reward\n  {call}\n")
