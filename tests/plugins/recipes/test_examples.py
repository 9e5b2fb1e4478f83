"""Every recipe gives the rewards that its paper's formula gives, as worked out in its file."""

from __future__ import annotations

import importlib.util
import sqlite3
from contextlib import closing

import pytest
from optional import absent

import assay
from assay import installed
from assay.engine import LocalEngine

SCRIPT = """
CREATE TABLE singer (id INTEGER, name TEXT, country TEXT);
INSERT INTO singer VALUES (1, 'Ann', 'France'), (2, 'Bob', 'Chile'), (3, 'Cy', 'France'), (4, 'Dee', 'Peru');
"""

RECIPES = installed().offers("recipe").recipes


@pytest.fixture(scope="module")
def engine():
    with closing(LocalEngine(workers=1)) as engine:
        yield engine


@pytest.fixture(scope="module")
def database(tmp_path_factory):
    """The database `example` of the recipes."""
    path = tmp_path_factory.mktemp("databases") / "example.sqlite"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(SCRIPT)
    return str(path)


def lacking(recipe):
    """Skip where a plugin or every sandbox is missing; CI demands that they are there."""
    if missing := [plugin for plugin in recipe.needs if plugin not in installed().names]:
        absent(f"needs the plugin {', '.join(missing)}")
    if any("code." in str(line) for line in recipe.reward.values()):
        try:
            installed().sandbox()
        except assay.PluginError as problem:
            absent(str(problem))


@pytest.mark.parametrize("name", RECIPES)
def test_examples(name, engine, database):
    recipe = RECIPES[name]
    lacking(recipe)
    rows = [dict(one.row) | {"group": one.group} for one in recipe.examples]
    for row in rows:
        if row.get("database") == "example":
            row["database"] = database
    scores = assay.score(rows, f"recipe.{name}", engine=engine)
    wrong = []
    for place, one in enumerate(recipe.examples):
        total, status = float(scores.total[place]), scores.status[place]
        right = (
            status not in ("scored", "timeout") if one.reward is None else total == pytest.approx(one.reward, abs=1e-6)
        )
        if not right:
            wrong.append(f"{one.row['completion']!r}: {total} ({status}: {scores.reasons[place]}), due {one.reward}")
        for line, due in one.lines.items():
            if scores.lines[line].values[place] != pytest.approx(due, abs=1e-6):
                wrong.append(f"{one.row['completion']!r}: {line} {scores.lines[line].values[place]}, due {due}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_says_what_it_is(name):
    recipe = RECIPES[name]
    assert recipe.formula
    assert recipe.known or recipe.guesses
    assert len(recipe.examples) >= 6
    cases = [one.case for one in recipe.examples]
    assert {"full", "none", "hack"} <= set(cases), cases
    assert all(one.because for one in recipe.examples)
    assay.Reward(recipe.reward)


def test_there_are_enough_that_run():
    runs = [name for name in RECIPES if all(importlib.util.find_spec(f"assay_{p}") for p in RECIPES[name].needs)]
    assert len(runs) >= 50
