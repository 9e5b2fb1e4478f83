"""The `assay` command. Each command is a module of this package, imported when it is called."""

from __future__ import annotations

import os
import sys
from importlib import import_module

import click

from assay.errors import AssayError

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
        self._ask_plugins()
        return [*COMMANDS, *sorted(self.commands)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name in COMMANDS:
            command: click.Command = import_module(f"assay._cli.{COMMANDS[cmd_name][0]}").command
            return command
        self._ask_plugins()
        return super().get_command(ctx, cmd_name)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        own = [(name, line) for name, (_, line) in COMMANDS.items()]
        self._ask_plugins()
        others = [(name, command.get_short_help_str(80)) for name, command in sorted(self.commands.items())]
        with formatter.section("Commands"):
            formatter.write_dl(own)
        if others:
            with formatter.section("From plugins"):
                formatter.write_dl(others)

    def _ask_plugins(self) -> None:
        from assay._plugins.registry import installed

        registry = installed()
        for name in registry.names:
            registry.problem(name)  # loads it; a plugin that can't be loaded has no commands
        registry.hook.assay_commands(cli=self)


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
