"""What each hook may return; whatever else it returns is told in a sentence, and harms nobody but its plugin."""

from __future__ import annotations

import itertools
from collections.abc import Mapping

import pytest
from distributions import GOOD

from assay import PluginError, Recipe, Registry, RewardError, hookimpl, score, verifier


@verifier
def palindrome(completion: str) -> bool:
    """The completion reads the same backwards."""
    return completion == completion[::-1]


class Unprintable:
    def __repr__(self):
        raise AssertionError("asked for its repr")

    __str__ = __repr__


class Endless(Mapping):
    def __getitem__(self, name):
        return abs

    def __iter__(self):
        return (f"name{n}" for n in itertools.count())

    def __len__(self):
        return 1


class Raising(Endless):
    def __iter__(self):
        raise RuntimeError("no names today")


class Text(str):
    __slots__ = ()


ITSELF: dict = {}
ITSELF["itself"] = ITSELF

#: What no hook may return, and what is said of it.
NEVER = [
    (None, "returned None, not a"),
    (5, "returned an int, not a"),
    ("text", "returned a str, not a"),
    (Unprintable(), "returned an Unprintable, not a"),
    ((one for one in ()), "returned a generator, not a"),
]
#: The hooks that return a mapping.
MAPPINGS = ["assay_functions", "assay_recipes", "assay_engines", "assay_sandboxes", "assay_drawings"]
#: What is no mapping from names to anything.
NO_MAPPING = [
    *NEVER,
    ([], "returned a list, not a mapping from a name to"),
    (ITSELF, "returned a dict for 'itself', not"),
    ({"two words": abs}, "returned the name 'two words'; a name has letters, digits and _ alone"),
    ({"n" * 10**6 + " ": abs}, "a name has letters, digits and _ alone"),
    ({1: abs}, "returned an int where a name should stand"),
    ({Text("x"): abs}, "returned a Text where a name should stand"),
    ({"x": 5}, "returned an int for 'x', not"),
    ({"x": None}, "returned None for 'x', not"),
    ({"x": Unprintable()}, "returned an Unprintable for 'x', not"),
    (Endless(), "returned an Endless of more than 10000 entries"),
    (Raising(), "raised RuntimeError: no names today"),
]
CASES = [(hook, returned, message) for hook in MAPPINGS for returned, message in NO_MAPPING]
CASES += [("assay_verifiers", returned, message) for returned, message in NEVER]
CASES += [
    ("assay_verifiers", {"palindrome": palindrome}, "returned a dict, not a list of verifiers"),
    ("assay_verifiers", [print], "returned a builtin_function_or_method among its verifiers, which @verifier didn't"),
    ("assay_verifiers", [palindrome, palindrome], "returned two verifiers named 'palindrome'"),
    ("assay_verifiers", [palindrome] * 20_000, "of more than 10000 entries"),
    ("assay_recipes", {"x": "math.answer"}, "returned a str for 'x', not a Recipe"),
]


def offering(hook, returned):
    """A plugin whose hook returns this."""

    def implementation(self):
        return returned

    return type("Foreign", (), {hook: hookimpl(implementation)})()


@pytest.mark.parametrize(
    ("hook", "returned", "message"), CASES, ids=[f"{hook}-{n}" for n, (hook, _, _) in enumerate(CASES)]
)
def test_a_wrong_answer_is_told_in_a_sentence(hook, returned, message):
    registry = Registry(discover=False)
    with pytest.raises(PluginError) as caught:
        registry.register(offering(hook, returned), "foreign")
    told = str(caught.value)
    assert told.startswith(f"{hook} of the plugin 'foreign' ")
    assert message in told
    assert len(told) < 300
    assert "\n" not in told
    assert registry.names == []


@pytest.mark.parametrize(
    ("problem", "message"),
    [
        (ValueError("no"), "raised ValueError: no"),
        (SystemExit("no licence"), "raised SystemExit: no licence"),
        (GeneratorExit(), "raised GeneratorExit"),
        (StopIteration(), "raised StopIteration"),
        (type("Own", (BaseException,), {})("x" * 10**6), "raised Own: xxx"),
        (type("Silent", (Exception,), {"__str__": Unprintable.__repr__})(), "raised Silent"),
    ],
)
def test_whatever_a_hook_raises_is_told(problem, message):
    class Foreign:
        @hookimpl
        def assay_functions(self):
            raise problem

    with pytest.raises(PluginError) as caught:
        Registry(discover=False).register(Foreign(), "foreign")
    assert str(caught.value).startswith(f"assay_functions of the plugin 'foreign' {message}")
    assert len(str(caught.value)) < 400


def test_control_c_is_no_fault_of_a_plugin():
    class Foreign:
        @hookimpl
        def assay_functions(self):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Registry(discover=False).register(Foreign(), "foreign")


@pytest.mark.parametrize(
    ("hooks", "message"),
    [
        ({"assay_functions": {"palindrome": abs}}, "'palindrome' as a verifier and as a function"),
        (
            {"assay_recipes": {"palindrome": Recipe("palindrome", "P", "t", {"total": "1"})}},
            "a verifier and as a recipe",
        ),
        ({"assay_drawings": {"strange": abs}}, "has a drawing for 'strange', and no such verifier"),
    ],
)
def test_names_that_collide_or_belong_to_nothing(hooks, message):
    plugin = offering("assay_verifiers", [palindrome])
    for hook, returned in hooks.items():
        setattr(type(plugin), hook, getattr(type(offering(hook, returned)), hook))
    with pytest.raises(PluginError, match=f"the plugin 'foreign' .*{message}"):
        Registry(discover=False).register(plugin, "foreign")


@pytest.mark.parametrize(
    ("returned", "message"),
    [
        ([], "returned a list, not a mapping"),
        ({"strange": []}, "has examples for 'strange', and no such verifier"),
        ({"palindrome": 5}, "returned an int, not a list of examples for 'palindrome'"),
        ({"palindrome": [{"completion": "x"}]}, "returned a dict among its examples for 'palindrome', not an Example"),
    ],
)
def test_examples_are_checked_when_they_are_asked_for(returned, message):
    plugin = offering("assay_verifiers", [palindrome])
    type(plugin).assay_examples = type(offering("assay_examples", returned)).assay_examples
    registry = Registry(discover=False)
    registry.register(plugin, "foreign")
    with pytest.raises(PluginError, match=f"assay_examples of the plugin 'foreign' {message}"):
        registry.offers("foreign").examples()
    assert score([{"completion": "ABBA"}], "foreign.palindrome", registry=registry).total.tolist() == [1]


def test_recipes_of_a_lazy_mapping_are_checked_one_by_one():
    good = Recipe("good", "P", "t", {"total": "1"})

    class Lazy(Mapping):
        def __getitem__(self, name):
            return {"good": good, "text": "1"}[name]

        def __iter__(self):
            return iter(["good", "text", "gone"])

        def __len__(self):
            return 3

    registry = Registry(discover=False)
    registry.register(offering("assay_recipes", Lazy()), "foreign")
    assert registry.recipe("foreign.good") is good
    for name, message in (("text", "returned a str for 'text', not a Recipe"), ("gone", "raised KeyError: 'gone'")):
        with pytest.raises(PluginError, match=f"the recipe '{name}' of the plugin 'foreign' {message}"):
            registry.recipe(f"foreign.{name}")


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"paper": 5}, "has paper as int, not as a text"),
        ({"reward": ["1"]}, "has reward as list, not as a mapping"),
        ({"needs": "math"}, "has needs as str, not as a list"),
        ({"needs": [1]}, "something else than texts"),
        ({"reward": {"main": "1"}}, "needs the line 'total'"),
    ],
)
def test_a_recipe_that_could_not_be_listed_can_not_be_made(wrong, message):
    with pytest.raises(PluginError, match=message):
        Recipe(**{"name": "x", "paper": "P", "task": "t", "reward": {"total": "1"}} | wrong)


@pytest.mark.parametrize(
    ("made", "message"),
    [
        ("1 / 0", "raised ZeroDivisionError"),
        ("exit('no cluster')", "raised SystemExit: no cluster"),
        ("5", "was made as an int, which has no methods run and close"),
        ("None", "was made as None, which has no methods run and close"),
    ],
)
def test_an_engine_that_can_not_be_made(made, message):
    registry = Registry(discover=False)
    registry.register(offering("assay_engines", {"far": lambda: eval(made)}), "foreign")
    with pytest.raises(PluginError, match=f"the engine 'far' of the plugin 'foreign' {message}"):
        registry.engine("far")


def test_two_engines_of_one_name():
    class Engine:
        def run(self, calls):
            return []

        def close(self):
            pass

    registry = Registry(discover=False)
    for name in ("one", "two"):
        registry.register(offering("assay_engines", {"far": Engine, "near": Engine}), name)
    registry.register(offering("assay_engines", {"near": Engine}), "near")
    with pytest.raises(PluginError, match="the plugins one and two both offer the engine 'far'; uninstall one"):
        registry.engine("far")
    assert isinstance(registry.engine("near"), Engine)


#: A hook's name and body that is wrong in one way or another; each is a plugin of its own.
WRONG = {
    "sandboxes": ("assay_sandboxes", "[]"),
    "recipes": ("assay_recipes", "{'x': 5}"),
    "functions": ("assay_functions", "{'f': 5}"),
    "engines": ("assay_engines", "['ray']"),
    "drawings": ("assay_drawings", "5"),
    "leaving": ("assay_verifiers", "exit('goodbye')"),
    "misspelt": ("assay_verifier", "[]"),
}


def test_one_plugin_that_is_wrong_harms_no_other(install):
    install("assay-fine", "fine", GOOD)
    for name, (hook, body) in WRONG.items():
        install(f"foreign-{name}", name, f"{GOOD}\n    @hookimpl\n    def {hook}():\n        return {body}\n")
    registry = Registry()
    assert score([{"completion": "Anna"}], "fine.palindrome", registry=registry).total.tolist() == [1]
    assert "process" in registry.sandboxes()
    assert registry.sandbox("process").problem() is None
    with pytest.raises(PluginError, match="there is no recipe 'unheard'"):
        registry.recipe("recipe.unheard")
    with pytest.raises(PluginError, match="no plugin named 'unheard'"):
        registry.engine("unheard")
    for name, (hook, _) in WRONG.items():
        assert hook in registry.problem(name)
        with pytest.raises(RewardError, match=hook):
            score([{"completion": "Anna"}], f"{name}.palindrome", registry=registry)


STRANGE = """
from assay import hookimpl, verifier

class Unprintable:
    def __repr__(self):
        raise ValueError("no words")

@verifier
def judged(completion: str, *, how: object = {default}) -> bool:
    "It is as it should be."
    return True

@hookimpl
def assay_verifiers():
    return [judged]

@hookimpl
def assay_examples():
    return {{"other": []}}

@hookimpl
def assay_recipes():
    from assay import read_recipes
    from pathlib import Path
    return read_recipes(Path(__file__).parent / "recipes")
"""


def test_a_part_that_is_wrong_is_told_by_the_list_and_the_rest_works(elsewhere):
    (elsewhere.folder / "recipes").mkdir()
    (elsewhere.folder / "recipes" / "torn.yaml").write_text("paper: [")
    (elsewhere.folder / "recipes" / "good.yaml").write_text("{paper: P, task: t, reward: '1'}")
    elsewhere.put("foreign-mute", "mute", STRANGE.format(default="Unprintable()"))
    elsewhere.put("foreign-ring", "ring", STRANGE.format(default="(lambda x: x.append(x) or x)([])"))
    listed = elsewhere.assay("list")
    assert (listed.returncode, listed.stderr) == (0, "")
    for name, message in (("mute", "raised ValueError: no words"), ("ring", "raised ValueError: Circular reference")):
        told = listed.stdout.partition(f"\n{name}  (foreign-{name} 1.2)\n")[2].partition("\n\n")[0]
        assert f"can't be described: it {message}" in told
        assert f"assay_examples of the plugin '{name}' has examples for 'other', and no such verifier" in told
        assert f"the recipe 'torn' of the plugin '{name}' raised PluginError" in told
        assert "can't be used" not in told
    assert elsewhere.assay("list", "--json").returncode == 0
    recipes = elsewhere.assay("recipes")
    assert recipes.returncode == 0
    assert "mute.good" in recipes.stdout
    assert "left out the recipe 'torn' of the plugin 'mute'" in recipes.stderr
    code = "import assay\nprint(assay.score([{'completion': 'x'}], 'mute.judged + mute.good').total.tolist())"
    run = elsewhere.run("-c", code)
    assert run.stdout == "[2.0]\n", run.stderr


def test_commands_name_what_is_wrong_and_go_on(elsewhere):
    elsewhere.put("assay-fine", "fine", GOOD)
    for name, (hook, body) in WRONG.items():
        elsewhere.put(f"foreign-{name}", name, f"{GOOD}\n    @hookimpl\n    def {hook}():\n        return {body}\n")
    listed = elsewhere.assay("list")
    assert (listed.returncode, listed.stderr) == (0, "")
    assert "fine.palindrome" in listed.stdout
    for name, (hook, _) in WRONG.items():
        told = listed.stdout.partition(f"\n{name}  (foreign-{name} 1.2)\n")[2].splitlines()[0]
        assert told.startswith("  can't be used: ")
        assert hook in told
        assert f"{name}.palindrome" not in listed.stdout
    for command in (["recipes"], ["sandbox", "check", "process"]):
        run = elsewhere.assay(*command)
        assert (run.returncode, run.stderr) == (0, "")
    code = (
        "from assay import score\n"
        "rows = [{'completion': '```python\\ndef add(a, b):\\n    return a + b\\n```', 'tests': ['assert add(1, 2) == 3']}]\n"
        "print(score(rows, 'code.tests(reference=row.tests, sandbox=\"process\")').total.tolist())\n"
    )
    run = elsewhere.run("-c", code)
    assert run.stdout == "[1.0]\n", run.stderr
