"""Rewards of published systems, named `recipe.*` in rewards."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from assay import hookimpl

if TYPE_CHECKING:
    from assay import Recipe

__all__ = ["assay_recipes"]


@hookimpl
def assay_recipes() -> Mapping[str, Recipe]:
    """The recipes of this plugin, each a file in the folder `published`."""
    from assay import read_recipes

    return read_recipes(Path(__file__).parent / "published")
