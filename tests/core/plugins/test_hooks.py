"""A hook that is misspelt or not marked would never be called: its plugin is refused, with the hook that is meant."""

from __future__ import annotations

import re
import types
from pathlib import Path

import pytest
from distributions import GOOD

from assay import PluginError, Registry, hookimpl
from assay._plugins.hooks import HOOKS


def module(code):
    made = types.ModuleType("foreign")
    exec("from assay import hookimpl, verifier\n" + code, vars(made))
    return made


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("@hookimpl\ndef assay_verifier(): return []", "assay_verifier is no hook; did you mean assay_verifiers?"),
        ("@hookimpl\ndef assay_verifers(): return []", "assay_verifers is no hook; did you mean assay_verifiers?"),
        ("@hookimpl\ndef verifiers(): return []", "verifiers is no hook; did you mean assay_verifiers?"),
        ("@hookimpl\ndef assay_score(scores): pass", "assay_score is no hook; did you mean assay_scored?"),
        ("@hookimpl\ndef assay_qqqqqq(): pass", "assay_qqqqqq is no hook; there are assay_drawings, assay_engines"),
        ("def assay_verifiers(): return []", "assay_verifiers without @hookimpl"),
        ("def assay_scored(scores): pass", "assay_scored without @hookimpl"),
        ("assay_verifiers = []", "assay_verifiers without @hookimpl"),
        ("def assay_verifier(): return []", "assay_verifier is no hook; did you mean assay_verifiers?"),
        (
            "class C:\n    @hookimpl\n    def f(self): pass\nassay_recipe = C().f",
            "assay_recipe is no hook; did you mean",
        ),
        ("@hookimpl(specname='assay_verifier')\ndef f(): return []", "assay_verifier is no hook; did you mean"),
        (
            "@hookimpl\ndef assay_verifiers(): return []\n@hookimpl(specname='assay_verifiers')\ndef f(): return []",
            "implements assay_verifiers twice",
        ),
        ("@hookimpl\nasync def assay_verifiers(): return []", "a coroutine as assay_verifiers"),
        ("@hookimpl\ndef assay_verifiers(mine): return []", "mine"),
    ],
)
def test_what_would_never_be_called_is_named(code, message):
    with pytest.raises(PluginError) as caught:
        Registry(discover=False).register(module(code), "foreign")
    assert str(caught.value).startswith("the plugin 'foreign' ")
    assert message in str(caught.value)


@pytest.mark.parametrize(
    "code",
    [
        "import assay_recipes",  # the package is named like the hook
        "def assay_path(): pass",
        "assay_verifier = 5",
        "@hookimpl(optionalhook=True)\ndef assay_of_tomorrow(): pass",
        "@hookimpl(specname='assay_verifiers')\ndef mine(): return []",
    ],
)
def test_what_is_no_mistake(code):
    Registry(discover=False).register(module(code), "foreign")


def test_methods_count_like_functions():
    class Unmarked:
        def assay_verifiers(self):
            return []

    with pytest.raises(PluginError, match="assay_verifiers without @hookimpl"):
        Registry(discover=False).register(Unmarked(), "foreign")


def test_nothing_of_a_plugin_is_touched_but_its_hooks():
    class Trap:
        @property
        def assay_engine(self):
            raise AssertionError("a property was asked")

        def __getattr__(self, name):
            raise AssertionError(f"{name} was asked")

        @hookimpl
        def assay_functions(self):
            return {"one": abs}

    registry = Registry(discover=False)
    registry.register(Trap(), "trap")
    assert list(registry.offers("trap").functions) == ["one"]


def test_the_nearest_hook_is_named_where_a_reward_is_scored_and_in_the_list(elsewhere):
    elsewhere.put("assay-typo", "typo", GOOD.replace("assay_verifiers", "assay_verifier"))
    elsewhere.put("assay-plain", "plain", GOOD.replace("@hookimpl\n", "\n"))
    listed = elsewhere.assay("list").stdout
    assert "can't be used: the plugin 'typo' has assay_verifier, but assay_verifier is no hook; did you mean" in listed
    assert "can't be used: the plugin 'plain' has assay_verifiers without @hookimpl" in listed
    run = elsewhere.run("-c", "import assay\nassay.score([{'completion': 'x'}], 'typo.palindrome')")
    assert "did you mean assay_verifiers?" in run.stderr


def test_the_page_has_every_hook_and_no_other():
    page = (Path(__file__).parents[3] / "docs" / "plugins.md").read_text()
    assert sorted(re.findall(r"^\| `(assay_\w+)\(", page, re.MULTILINE)) == sorted(HOOKS)
