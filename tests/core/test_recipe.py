"""What the file of a recipe holds, and what is said of one that holds something else."""

from __future__ import annotations

import pytest

from assay import PluginError, read_recipes
from assay._contract.recipe import Recipe, RecipeExample

LEAST = {"paper": "A paper", "task": "toys", "reward": "math.answer"}
WHOLE = LEAST | {
    "reward": {"right": "math.answer", "total": "2 * right"},
    "columns": {"level": "how hard it is"},
    "formula": "twice right",
    "known": "one fact",
    "guesses": ["a", "b"],
    "lacks": "a curriculum",
    "needs": "math",
    "number": 7,
    "row": {"level": 2, "reference": "4"},
    "examples": [
        {"completion": "4", "reward": 2.0, "case": "full", "because": "2 * 1", "group": "g", "lines": {"right": 1.0}},
        {"completion": "5", "reward": None, "row": {"level": 3, "source": "book"}, "tokens": 9},
    ],
}


def test_everything_that_a_file_may_say():
    assert Recipe.read("toy", WHOLE) == Recipe(
        name="toy",
        paper="A paper",
        task="toys",
        reward={"right": "math.answer", "total": "2 * right"},
        columns={"level": "how hard it is"},
        formula="twice right",
        known=["one fact"],
        guesses=["a", "b"],
        lacks=["a curriculum"],
        needs=["math"],
        number=7,
        examples=[
            RecipeExample({"level": 2, "reference": "4", "completion": "4"}, 2.0, "full", "2 * 1", "g", {"right": 1.0}),
            RecipeExample(
                {"level": 3, "reference": "4", "source": "book", "completion": "5", "tokens": 9}, None, "partial", "", "1", {}
            ),
        ],
    )  # fmt: skip


def test_what_a_file_need_not_say():
    recipe = Recipe.read("toy", LEAST)
    assert recipe == Recipe("toy", "A paper", "toys", {"total": "math.answer"}, examples=[])
    assert (recipe.number, recipe.formula, recipe.known, recipe.columns) == (0, "", (), {})


@pytest.mark.parametrize("key", ["known", "guesses", "lacks", "needs"])
def test_one_of_several_need_not_stand_in_a_list(key):
    assert getattr(Recipe.read("toy", LEAST | {key: "one"}), key) == ["one"]
    assert getattr(Recipe.read("toy", LEAST | {key: ["one", "two"]}), key) == ["one", "two"]


@pytest.mark.parametrize("case", ["full", "partial", "none", "hack", "left out"])
def test_the_cases_of_an_example(case):
    (example,) = Recipe.read("toy", LEAST | {"examples": [{"completion": "x", "reward": 1, "case": case}]}).examples
    assert example.case == case


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (["paper"], "'toy' is no mapping"),
        (LEAST | {"author": "x"}, "'toy' has no key 'author'; there are columns, examples, formula.*, row, task$"),
        (LEAST | {"name": "x"}, "has no key 'name'"),
        (LEAST | {3: "x"}, "has no key '3'"),
        (LEAST | {"paper": ""}, "'toy' lacks the key 'paper'"),
        (LEAST | {"task": None}, "lacks the key 'task'"),
        ({"paper": "x", "task": "y"}, "lacks the key 'reward'"),
        (LEAST | {"reward": {"right": "math.answer"}}, "'toy' needs the line 'total'"),
        (LEAST | {"examples": ["x"]}, "example 0 of the recipe 'toy' needs a completion and a reward"),
        (LEAST | {"examples": [{"completion": "x"}]}, "example 0 .*needs a completion and a reward"),
        (LEAST | {"examples": [{"reward": 1}]}, "example 0 .*needs a completion and a reward"),
        (
            LEAST | {"examples": [{"completion": "x", "reward": 1}, {"completion": "x", "reward": 1, "case": "odd"}]},
            "example 1 of the recipe 'toy': a case is one of full, partial, none, hack, left out",
        ),
    ],
)
def test_a_file_that_says_something_else_is_refused(data, message):
    with pytest.raises(PluginError, match=message):
        Recipe.read("toy", data)


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "second.yaml").write_text("{paper: A paper, task: toys, reward: math.answer}")
    (tmp_path / "first.yaml").write_text("{paper: Über, task: toys, reward: {total: 1}}", encoding="utf-8")
    (tmp_path / "broken.yaml").write_text("{paper: ")
    (tmp_path / "bytes.yaml").write_bytes(b"paper: \xff")
    (tmp_path / "notes.txt").write_text("no recipe")
    return tmp_path


def test_a_folder_offers_its_files_in_order(folder):
    recipes = read_recipes(folder)
    assert list(recipes) == ["broken", "bytes", "first", "second"]
    assert len(recipes) == 4
    assert "first" in recipes
    assert "notes" not in recipes
    assert recipes["first"].paper == "Über"
    assert recipes["second"].name == "second"
    assert list(read_recipes(str(folder))) == list(recipes)
    with pytest.raises(KeyError):
        recipes["third"]


@pytest.mark.parametrize("name", ["broken", "bytes"])
def test_a_file_that_can_not_be_read_harms_no_other(folder, name):
    recipes = read_recipes(folder)
    assert recipes["first"].task == "toys"
    with pytest.raises(PluginError, match=rf"the recipe .*{name}\.yaml can't be read: "):
        recipes[name]


def test_no_folder_and_no_name(folder):
    with pytest.raises(PluginError, match="nowhere is no folder of recipes"):
        read_recipes(folder / "nowhere")
    (folder / "two-words.yaml").touch()
    with pytest.raises(PluginError, match="'two-words' can't be a recipe's name"):
        read_recipes(folder)
