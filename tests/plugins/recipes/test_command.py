"""`assay recipes` and `assay recipes show`."""

from __future__ import annotations

import json

from click.testing import CliRunner

from assay import installed
from assay._cli import cli


def run(*arguments):
    return CliRunner().invoke(cli, ["recipes", *arguments], catch_exceptions=True)


def test_the_list_is_by_task_and_whole():
    said = run()
    assert said.exit_code == 0
    for name, one in installed().offers("recipe").recipes.items():
        assert f"recipe.{name} " in said.output
        assert f"\n{one.task}\n" in f"\n{said.output}"


def test_the_list_as_data():
    found = json.loads(run("--json").output)["recipes"]
    assert {one["name"] for one in found} == {f"recipe.{name}" for name in installed().offers("recipe").recipes}
    assert all(one["paper"] and one["task"] and "total" in one["reward"] for one in found)


def test_one_is_shown():
    said = run("show", "phi_4_reasoning")
    assert said.exit_code == 0
    for part in ("Phi-4-reasoning", "8 / 13 * answer", "Known", "Guessed", "Columns", "Examples"):
        assert part in said.output
    assert run("show", "recipe.phi_4_reasoning").output == said.output
    shown = json.loads(run("show", "phi_4_reasoning", "--json").output)
    assert shown["examples"][0]["reward"] == 0.6153846


def test_one_that_is_not_there():
    said = run("show", "phi_4_resoning")
    assert said.exit_code != 0
    assert "did you mean recipe.phi_4_reasoning?" in str(said.exception)
