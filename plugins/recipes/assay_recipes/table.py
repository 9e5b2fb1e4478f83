"""The page of all systems: which run as recipes, and what the others lack."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import yaml

from assay import Recipe
from assay_recipes import assay_recipes

__all__ = ["page", "unported"]

_HERE = Path(__file__).parent


def unported() -> list[dict[str, Any]]:
    """Return the systems without a recipe: each with its `number`, its `paper` and what it `lacks`."""
    text = (_HERE / "unported.yaml").read_text(encoding="utf-8")
    found: list[dict[str, Any]] = yaml.safe_load(text)
    return found


def page() -> str:
    """Return the page as Markdown."""
    recipes = assay_recipes()
    by_number: dict[int, list[Recipe]] = {}
    for one in recipes.values():
        by_number.setdefault(one.number, []).append(one)
    rows = {number: _row(number, some) for number, some in by_number.items()}
    for system in unported():
        rows[system["number"]] = (
            f"| {system['number']} | {_cell(system['paper'])} | no | | {_cell('; '.join(system['lacks']))} |"
        )
    tasks = Counter(one.task for one in recipes.values())
    counts = ", ".join(f"{task} {count}" for task, count in sorted(tasks.items()))
    head = (
        (_HERE / "page.md.txt")
        .read_text(encoding="utf-8")
        .format(recipes=len(recipes), run=len(by_number), all=len(rows))
    )
    table = "\n".join(rows[number] for number in sorted(rows))
    return (
        f"{head}Recipes by task: {counts}.\n\n"
        "| | system | runs | recipes | what it lacks, or what was guessed |\n| --- | --- | --- | --- | --- |\n"
        f"{table}\n"
    )


def _row(number: int, recipes: list[Recipe]) -> str:
    """A system runs in part where its training has more than the reward."""
    names = ", ".join(f"`recipe.{one.name}`" for one in recipes)
    lacks = [fact for one in recipes for fact in one.lacks]
    needs = sorted({plugin for one in recipes for plugin in one.needs})
    notes = [f"Lacks: {' '.join(lacks)}"] if lacks else []
    notes += [f"Guessed: {' '.join(recipes[0].guesses)}"] if recipes[0].guesses else []
    notes += [f"Needs `{'`, `'.join(needs)}`."] if needs else []
    paper = recipes[0].paper.split(", the variant")[0]
    return f"| {number} | {_cell(paper)} | {'in part' if lacks else 'yes'} | {names} | {_cell(' '.join(notes))} |"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")
