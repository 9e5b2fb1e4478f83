"""Recipes in rewards: written out, renamed, given their columns, and refused where they can't stand."""

from __future__ import annotations

import pytest
from hypothesis import assume, given, reject, settings
from hypothesis import strategies as st

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


EXPRESSIONS = st.recursive(
    st.sampled_from(["row.a", "row.b", "2", "-1", "0.5"]),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["+", "-", "*", "/", "**", "<", "==", ">="]), inner).map(" ".join),
        inner.map(lambda e: f"-{e}"),
        inner.map(lambda e: f"not {e}"),
        inner.map(lambda e: f"({e})"),
        inner.map(lambda e: f"max({e}, row.b)"),
        inner.map(lambda e: f"group.mean({e})"),
        st.tuples(inner, inner).map(lambda t: f"{t[0]} or {t[1]}"),
        st.tuples(inner, inner).map(lambda t: f"{t[0]} and {t[1]}"),
        st.tuples(inner, inner, inner).map(lambda t: f"(({t[0]}) if {t[1]} else ({t[2]}))"),
    ),
    max_leaves=5,
)
CELLS = st.sampled_from([0.0, 1.0, -2.0, 0.25, 3.0, None])
TABLES = st.lists(st.fixed_dictionaries({"a": CELLS, "b": CELLS}), min_size=1, max_size=4)


@given(EXPRESSIONS, EXPRESSIONS, TABLES)
@settings(max_examples=4 * settings.default.max_examples, deadline=None)
def test_a_recipe_over_an_expression_is_the_recipe_over_a_column_of_its_values(recipe, argument, rows):
    """What stands beside an argument in the recipe never changes what the argument means."""
    formula = recipe.replace("row.a", "row.x")
    registry = Registry(discover=False)
    registry.register(plugin(r={"part": formula, "total": f"1 - row.x * 2 + part - {formula}"}), "lab")
    rows = [row | {"completion": "c", "group": 0} for row in rows]
    try:
        values = assay.score(rows, argument, registry=registry)
        called = assay.score(rows, f"lab.r(x={argument})", registry=registry)
    except RewardError:
        reject()
    assume(set(values.status) <= {"scored", "abstained"})  # a column can't hold an error
    filled = [
        row | {"x": None if status == "abstained" else value}
        for row, value, status in zip(rows, values.total.tolist(), values.status, strict=True)
    ]
    plain = assay.score(filled, "lab.r", registry=registry)
    assert (called.status, repr(called.total)) == (plain.status, repr(plain.total))
    written = with_recipes(Reward(f"lab.r(x={argument})"), registry)
    assert Reward(written.text) == written


def test_an_argument_keeps_its_own_brackets(registry):
    registry.register(plugin(r="1 - row.difficulty"), "demo")
    rows = [{"completion": "x", "a": 0.3, "b": 0.2}]
    scores = assay.score(rows, "demo.r(difficulty=row.a + row.b)", registry=registry)
    assert scores.total.tolist() == [0.5]


def test_a_number_behind_a_sign_is_a_negative_number(registry):
    registry.register(plugin(r="1 - -row.x ** -row.y"), "sign")
    written = with_recipes(Reward("sign.r(x=2, y=-1)"), registry)
    assert written.text == {"total": "1 - -2 ** 1"}
    assert Reward(written.text) == written


def test_published_recipes_take_expressions():
    reward = assay.Scorer("recipe.judgelrm(first=row.gold - row.shift)").reward
    assert reward.text["error"] == "abs(s.first - (row.gold - row.shift)) + abs(s.second - row.second)"
    assert "(row.steps + 1 + 1)" in assay.Scorer("recipe.embodied_planning(n=row.steps + 1)").reward.text["prefix"]


@pytest.mark.parametrize("name", assay.installed().offers("recipe").recipes)
def test_every_published_recipe_reads_back_from_its_text(name):
    for text in (f"recipe.{name}", f"0 * recipe.{name}"):
        try:
            written = with_recipes(Reward(text), assay.installed())
        except RewardError as problem:
            assert "weight" in str(problem)
            continue
        assert Reward(written.text) == written


def test_recipes_may_build_on_each_other(registry):
    registry.register(plugin(base="row.x + 1", top={"half": "0.5 * mid.base(x=row.y - 1)", "total": "half * 2"}), "mid")
    rows = [{"completion": "c", "y": 3.0, "z": 5.0}]
    assert assay.score(rows, "mid.top", registry=registry).total.tolist() == [3.0]
    assert assay.score(rows, "mid.top(y=row.z) - mid.top", registry=registry).total.tolist() == [2.0]


def test_recipes_in_a_circle_are_refused(registry):
    registry.register(plugin(one="1 + ring.two", two="2 * ring.one", self="ring.self"), "ring")
    for reward in ("ring.one", "0.5 * ring.two", "ring.self", "1 + ring.self"):
        with pytest.raises(RewardError, match="circle"):
            text(reward, registry)


def test_arguments_that_double_again_and_again_are_refused(registry):
    registry.register(
        plugin(r0="row.x * row.x", **{f"r{n}": f"big.r{n - 1}(x=row.x + row.x)" for n in range(1, 40)}), "big"
    )
    with pytest.raises(RewardError, match="becomes too large"):
        text("big.r39", registry)


@pytest.mark.parametrize(
    ("reward", "pointed"),
    [
        ("1 + lab.exact(level=row.hrad)", "row.hrad"),
        ("lab.exact(level=row.hrad + 1)", "row.hrad"),
        ("lab.short(reference=row.gold + 1)", "row.gold + 1"),
    ],
)
def test_a_mistake_in_an_argument_points_at_what_the_user_wrote(registry, reward, pointed):
    rows = [{"completion": "a", "reference": "a", "gold": 1, "hard": 1}]
    with pytest.raises(RewardError) as caught:
        assay.score(rows, reward, registry=registry)
    assert {(one.text, one.text[slice(*one.at)]) for one in caught.value.problems} == {(reward, pointed)}


def test_a_mistake_in_a_recipe_points_at_the_recipe(registry):
    with pytest.raises(RewardError) as caught:
        assay.score([{"completion": "a", "reference": "a"}], "1 + lab.exact", registry=registry)
    (problem,) = caught.value.problems
    assert (problem.line, problem.text[slice(*problem.at)]) == ("exact_bonus", "row.level")


def test_only_a_column_can_be_looked_into(registry):
    registry.register(plugin(r="row.meta.level + 1", s="1 if 'x' in row.tags else 0"), "deep")
    rows = [{"completion": "c", "info": {"level": 2}, "labels": ["x"]}]
    assert assay.score(rows, "deep.r(meta=row.info)", registry=registry).total.tolist() == [3.0]
    assert assay.score(rows, "deep.s(tags=row.labels)", registry=registry).total.tolist() == [1.0]
    assert assay.score(rows, "deep.s(tags=['x'])", registry=registry).total.tolist() == [1.0]
    for reward, message in (
        ("deep.r(meta=1 + row.x)", "must be a column"),
        ("deep.s(tags=1 + row.x)", "a column or a list"),
    ):
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
    with pytest.raises(PluginError, match="assay_recipes of the plugin 'odd' returned a list, not a mapping"):
        registry.register(Odd(), "odd")
