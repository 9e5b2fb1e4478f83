"""Recipes in rewards: written out, renamed, given their columns, and refused where they can't stand."""

from __future__ import annotations

import pytest

import assay
from assay import PluginError, RewardError, hookimpl, read_recipes, verifier
from assay._contract.recipe import Recipe
from assay._language import Reward
from assay._language.expansion import with_recipes
from assay._plugins.registry import Registry


@verifier
def same(completion: str, reference: str, *, scale: float = 1.0) -> float:
    """The completion is the reference."""
    return scale * float(completion == reference)


LINES = {"right": "lab.same", "bonus": "0.5 if row.level > 1 else 0", "total": "right * (1 + bonus)"}


def plugin(**recipes):
    made = {name: Recipe.read(name, {"paper": "A paper", "task": "toys", "reward": r}) for name, r in recipes.items()}

    class Lab:
        @hookimpl
        def assay_verifiers(self):
            return [same]

        @hookimpl
        def assay_recipes(self):
            return made

    return Lab()


@pytest.fixture
def registry():
    registry = Registry(discover=False)
    registry.register(plugin(exact=LINES, short="lab.same()", heavy={"weight": "2", "total": "lab.same"}), "lab")
    return registry


def text(reward, registry):
    return with_recipes(Reward(reward), registry).text


ROWS = [{"completion": "a", "reference": "a", "level": 2}, {"completion": "b", "reference": "a", "level": 2}]


def test_alone_it_gives_the_reward_its_own_lines(registry):
    assert text("lab.exact", registry) == LINES
    assert assay.score(ROWS, "lab.exact", registry=registry).total.tolist() == [1.5, 0.0]


def test_a_strangers_recipe_is_found_by_the_common_name(registry):
    assert text("recipe.exact", registry) == LINES


def test_as_a_part_its_lines_get_its_name(registry):
    found = text({"total": "1 + 2 * lab.exact"}, registry)
    assert found == {
        "total": "1 + 2 * exact",
        "exact_right": "lab.same",
        "exact_bonus": "0.5 if row.level > 1 else 0",
        "exact": "exact_right * (1 + exact_bonus)",
    }


def test_arguments_say_where_columns_are(registry):
    found = text("lab.exact(reference=row.gold, level=row.hard)", registry)
    assert found["right"] == "lab.same(reference=row.gold)"
    assert found["bonus"] == "0.5 if row.hard > 1 else 0"
    assert text("lab.short(reference=row.gold)", registry) == {"total": "lab.same(reference=row.gold)"}
    rows = [{"completion": "a", "gold": "a", "hard": 1}]
    scores = assay.score(rows, "lab.exact(reference=row.gold, level=row.hard)", registry=registry)
    assert scores.total.tolist() == [1.0]


def test_two_uses_with_other_columns_are_two_lines(registry):
    found = text("lab.short(reference=row.a) + lab.short(reference=row.b) + lab.short(reference=row.a)", registry)
    assert found["total"] == "short + short_2 + short"
    assert found["short_2"] == "lab.same(reference=row.b)"


def test_a_line_of_the_same_name_gives_way_to_none(registry):
    found = text({"short": "1", "total": "short + lab.short"}, registry)
    assert found["total"] == "short + short_2"


def test_routing_evaluates_the_branch_that_is_taken(registry):
    rows = [{"completion": "a", "reference": "a", "level": 1, "which": "x"}, {**ROWS[0], "which": "y"}]
    scores = assay.score(rows, 'lab.short if row.which == "x" else lab.exact', registry=registry)
    assert scores.total.tolist() == [1.0, 1.5]
    assert scores.lines["exact"].status == ["not evaluated", "scored"]


@pytest.mark.parametrize(
    ("reward", "message"),
    [
        ("recipe.exakt", "no recipe 'exakt'|not installed"),
        ("lab.exact(level=row.hard, colour=row.c)", "has no column 'colour'"),
        ("lab.exact(row.gold)", "takes its columns by name"),
        ("1 + lab.heavy", "line 'weight'"),
        ({"exact_right": "1", "total": "1 + lab.exact"}, "needs the name 'exact_right'"),
    ],
)
def test_what_is_refused(registry, reward, message):
    with pytest.raises(RewardError, match=message):
        text(reward, registry)


def test_a_weight_stands_in_a_whole_reward(registry):
    assert text("lab.heavy", registry) == {"weight": "2", "total": "lab.same"}


def test_two_plugins_with_one_name_are_told_apart(registry):
    registry.register(plugin(exact="1"), "other")
    with pytest.raises(PluginError, match=r"lab and other .* name one as lab\.exact"):
        registry.recipe("recipe.exact")
    assert text("other.exact", registry) == {"total": "1"}


def test_lint_reads_recipes(registry):
    from assay._scoring.lint import lint

    with pytest.raises(RewardError, match="no column 'level'"):
        lint([{"reference": "a"}], "lab.exact", registry=registry)


def test_a_folder_is_read_when_asked(tmp_path):
    (tmp_path / "good.yaml").write_text(
        "paper: P\ntask: t\nreward: {total: 1}\nknown: a fact\nrow: {reference: x}\n"
        "examples: [{completion: c, reward: 1, case: full, because: all}]\n"
    )
    (tmp_path / "bad.yaml").write_text("paper: P\ntask: t\nreward: 1\npapers: 2\n")
    (tmp_path / "broken.yaml").write_text("paper: [")
    (tmp_path / "short.yaml").write_text("paper: P\n")
    found = read_recipes(tmp_path)
    assert list(found) == ["bad", "broken", "good", "short"]
    assert found["good"].known == ["a fact"]
    assert found["good"].examples[0].row == {"reference": "x", "completion": "c"}
    for name, message in (("bad", "no key 'papers'"), ("broken", "can't be read"), ("short", "lacks the key 'task'")):
        with pytest.raises(PluginError, match=message):
            found[name]
    with pytest.raises(KeyError):
        found["absent"]
    with pytest.raises(PluginError, match="no folder"):
        read_recipes(tmp_path / "absent")


def test_a_hook_that_breaks_the_contract_is_named():
    class Odd:
        @hookimpl
        def assay_recipes(self):
            return [1]

    registry = Registry(discover=False)
    registry.register(Odd(), "odd")
    with pytest.raises(PluginError, match="no mapping"):
        registry.recipes("odd")
