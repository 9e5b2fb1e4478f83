"""The page of all systems: which run as recipes, and what the others lack."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import yaml
from assay_recipes import assay_recipes

from assay import Recipe

__all__ = ["page", "unported"]

_HEAD = """\
# Recipes

```sh
pip install 'assay-recipes[all]'
```

A recipe is the reward of a published system: its lines in the [reward language](reward.md), the columns that it needs, what is known and what is a guess, and examples whose rewards were worked out
from the paper's formula. {recipes} recipes cover {run} of the {all} systems below; the others have a row that says what they lack.

```yaml
# run.yaml
reward: recipe.phi_4_reasoning
```

```console
$ assay recipes
$ assay recipes show phi_4_reasoning
```

`assay score rollouts.jsonl --reward recipe.med_r1 --map reference=gold` scores a file. A recipe may also be a part of a reward. Then its total is a line of its name, and its other lines are logged as `name_line`;
arguments say where its columns are found:

```python
import assay

rows = [
    {{"completion": r"\\boxed{{4}}", "gold": "4", "family": "math"}},
    {{"completion": "<think>CT</think><answer>C</answer>", "gold": "C", "family": "medicine"}},
]
scores = assay.score(
    rows,
    'recipe.reft(reference=row.gold) if row.family == "math" else recipe.med_r1(reference=row.gold) / 2',
)
assert scores.total.tolist() == [1.0, 1.0]
```

What is a hack in an example is paid by the published code, or by the plain reading that is named beside it, and not here.

## Your own

A package of yours brings recipes by a hook; a reward calls them `yours.name`, or `recipe.name` where no other package has one of that name.

```python
from pathlib import Path

from assay import hookimpl, read_recipes


@hookimpl
def assay_recipes():
    return read_recipes(Path(__file__).parent / "recipes")  # a file NAME.yaml for each
```

A file has the keys `paper`, `task`, `formula`, `reward`, `columns`, `known`, `guesses`, `lacks`, `needs` (plugins), `row` (columns that the examples share) and `examples`. An example has `completion`, `reward`
(`null` where the sample is left out), `case` (`full`, `partial`, `none`, `left out`, `hack`), `because`, and columns of its own; examples with the same `group` answer the same prompt.

## All systems

This page is written by `python -m assay_recipes > docs/recipes.md`.

"""


def unported() -> list[dict[str, Any]]:
    """Return the systems without a recipe: each with its `number`, its `paper` and what it `lacks`."""
    text = (Path(__file__).parent / "unported.yaml").read_text(encoding="utf-8")
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
    head = _HEAD.format(recipes=len(recipes), run=len(by_number), all=len(rows))
    table = "\n".join(rows[number] for number in sorted(rows))
    return (
        f"{head}Recipes by task: {counts}.\n\n"
        f"| | system | runs | recipes | what it lacks, or what was guessed |\n| --- | --- | --- | --- | --- |\n{table}\n"
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
