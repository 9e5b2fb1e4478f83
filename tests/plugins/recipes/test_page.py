"""The page of all systems is what the recipes say, and leaves none out."""

from __future__ import annotations

from pathlib import Path

from assay import installed
from assay_recipes.table import page, unported

DOCS = Path(__file__).resolve().parents[3] / "docs" / "recipes.md"


def test_the_page_is_up_to_date():
    assert DOCS.read_text(encoding="utf-8") == page(), "run: python -m assay_recipes > docs/recipes.md"


def test_every_system_has_one_row():
    run = {one.number for one in installed().offers("recipe").recipes.values()}
    left = [system["number"] for system in unported()]
    assert len(left) == len(set(left))
    assert not run & set(left)
    assert run | set(left) == set(range(1, 167))
    assert page().count("\n| ") == 166 + 1 + 1  # a heading and its rule
    assert all(system["lacks"] for system in unported())
