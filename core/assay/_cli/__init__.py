"""The `assay` command. Each command is a module of this package, imported when it is called."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from importlib import import_module

import click

from assay._plugins.commands import PluginCommand, plugin_commands
from assay.errors import AssayError, nearest

__all__ = ["cli", "main"]

#: Command, its module in this package, and the line that `assay --help` shows.
COMMANDS = {
    "list": ("list", "Show what is installed, what each verifier checks, and its options."),
    "show": ("show", "Show everything about one verifier or plugin."),
    "recipes": ("recipes", "Show published rewards, by task or by name."),
    "score": ("score", "Score a file of completions by a reward."),
    "rescore": ("rescore", "Judge a stored run again, and show what changed."),
    "lint": ("lint", "Find the references of a data set that can't be used."),
    "serve": ("serve", "Answer over HTTP, for trainers that ask a URL."),
    "train": ("train", "Train a model by GRPO on a reward, from a run file."),
    "report": ("report", "Draw what a run rewarded, over its steps."),
    "sandbox": ("sandbox", "Try the places where untrusted programs run, and say what is missing."),
    "new": ("new", "Start a plugin: a package that installs and passes its tests."),
}


class _Commands(click.Group):
    """Finds commands by name, so that `assay list` never imports what `assay train` needs."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*COMMANDS, *self._of_plugins()]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name in COMMANDS:
            command: click.Command = import_module(f"assay._cli.{COMMANDS[cmd_name][0]}").command
            return command
        found = self._of_plugins().get(cmd_name)
        return found.load() if found else None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        known = self.list_commands(ctx)
        if args[0] not in known and not args[0].startswith("-"):
            near = nearest(args[0], known)
            hint = f"did you mean `assay {near}`?" if near else "`assay --help` shows those that there are"
            ctx.fail(f"there is no command '{args[0]}'; {hint}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])
        if others := self._of_plugins():
            with formatter.section("From plugins"):
                formatter.write_dl([(name, f"Of {one.origin}.") for name, one in others.items()])

    @staticmethod
    def _of_plugins() -> Mapping[str, PluginCommand]:
        """Return what packages add; a name that is a command already is not theirs to take."""
        return {name: one for name, one in plugin_commands().items() if name not in COMMANDS}


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="assay")
def cli() -> None:
    """Test what a language model wrote and say what it is worth."""


def main() -> None:
    """Run the command line. Exit codes: 0 all well, 1 something was not judged, 2 a mistake of use, 130 Ctrl-C."""
    try:
        cli(standalone_mode=False)
    except click.exceptions.Exit as finished:
        sys.exit(finished.exit_code)
    except click.ClickException as problem:
        problem.show()
        sys.exit(2)
    except AssayError as problem:
        click.echo(f"assay: {problem}", err=True)
        sys.exit(2)
    except (click.Abort, KeyboardInterrupt):
        click.echo("assay: interrupted", err=True)
        sys.exit(130)
    except BrokenPipeError:
        # The reader has gone, as `| head` does. Python would complain when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
