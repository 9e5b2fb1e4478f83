"""`assay new`."""

from __future__ import annotations

import keyword
import re
from importlib.resources import files
from pathlib import Path

import click

from assay.errors import ConfigError

__all__ = ["command"]


@click.command("new")
@click.argument("name")
@click.option(
    "--dir", "parent", type=click.Path(file_okay=False, path_type=Path), default=Path(), help="Where to put it."
)
def command(name: str, parent: Path) -> None:
    """Start the plugin NAME: a package assay-NAME that installs and passes its tests as it stands."""
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name) or keyword.iskeyword(name):
        raise ConfigError(
            f"'{name}' can't be a plugin's name: it stands in rewards as {name}.leaf, so it takes small letters, "
            "digits and _, starting with a letter"
        )
    from assay._language.parser import RESERVED

    if name in RESERVED:
        raise ConfigError(f"'{name}' is a name of the reward language; choose another")
    folder = parent / f"assay-{name.replace('_', '-')}"
    if folder.exists():
        raise ConfigError(f"{folder} is there already; choose another name or --dir")
    template = files("assay._cli") / "scaffold"
    for source, target in {
        "pyproject.toml.txt": "pyproject.toml",
        "README.md.txt": "README.md",
        "plugin.py.txt": f"assay_{name}/__init__.py",
        "test_plugin.py.txt": f"tests/test_{name}.py",
    }.items():
        path = folder / target
        path.parent.mkdir(parents=True, exist_ok=True)
        text = (template / source).read_text(encoding="utf-8")
        path.write_text(text.replace("{{name}}", name).replace("{{distribution}}", folder.name), encoding="utf-8")
    (folder / f"assay_{name}" / "py.typed").touch()
    click.echo(f"{folder} is ready. Next:\n\n  pip install -e {folder}\n  assay show {name}\n  pytest {folder}")
