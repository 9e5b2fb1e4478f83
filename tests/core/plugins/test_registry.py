"""Plugins as they are found on a real path: by their metadata, without importing what no reward names."""

from __future__ import annotations

import sys

import pytest
from distributions import GOOD

from assay import PluginError, Registry, RewardError, hookimpl, score, verifier


def test_a_plugin_is_loaded_only_when_it_is_named(install):
    module = install("assay-lazy", "lazy", GOOD)
    registry = Registry()
    assert "lazy" in registry.names
    assert module not in sys.modules
    score([{"completion": "Anna"}], "1", registry=registry)
    assert module not in sys.modules
    assert score([{"completion": "Anna"}], "lazy.palindrome", registry=registry).total.tolist() == [1]
    assert module in sys.modules


def test_remembers_where_a_verifier_came_from(install):
    install("assay-origin", "origin", GOOD)
    found = Registry().verifier("origin.palindrome")
    assert (found.name, found.distribution, found.version) == ("origin.palindrome", "assay-origin", "1.2")


def test_two_packages_with_one_name_are_refused_by_both_names(install):
    install("assay-first", "twin", GOOD)
    install("assay-second", "twin", GOOD)
    registry = Registry()
    for _ in range(2):
        with pytest.raises(PluginError, match=r"assay-(first|second) 1.2 and assay-(first|second) 1.2 both provide"):
            registry.verifier("twin.palindrome")
    with pytest.raises(RewardError, match="both provide"):
        score([{"completion": "x"}], "twin.palindrome", registry=registry)


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("import nothing_of_this_name", "ModuleNotFoundError: No module named 'nothing_of_this_name'"),
        ("raise SystemExit('no licence')", "SystemExit: no licence"),
        ("def (", "SyntaxError"),
        ("from assay import hookimpl\n@hookimpl\ndef assay_verifiers():\n    return [print]", "@verifier didn't make"),
        ("from assay import hookimpl\n@hookimpl\ndef assay_verifiers():\n    return 1 / 0", "ZeroDivisionError"),
        ("from assay import hookimpl\n@hookimpl\ndef assay_verifiers(wrong):\n    return []", "wrong"),
        (GOOD.replace("return [palindrome]", "return [palindrome, palindrome]"), "two verifiers named 'palindrome'"),
        (
            GOOD + "\n    @hookimpl\n    def assay_functions():\n        return {'palindrome': abs}",
            "as a verifier and as a function",
        ),
        (
            "from assay import verifier\n@verifier\ndef f(completion, *, loose=1):\n    return 1",
            "needs a type annotation",
        ),
    ],
)
def test_a_broken_plugin_is_fatal_only_to_who_names_it(install, code, message):
    install("assay-broken", "broken", code)
    install("assay-fine", "fine", GOOD)
    registry = Registry()
    assert score([{"completion": "Anna"}], "fine.palindrome", registry=registry).total.tolist() == [1]
    for _ in range(2):
        assert message in (registry.problem("broken") or "")
    with pytest.raises(RewardError) as caught:
        score([{"completion": "Anna"}], "broken.x", registry=registry)
    assert message in str(caught.value)
    assert registry.problem("fine") is None


def test_unknown_names_say_what_is_close_and_what_to_install(install):
    install("assay-known", "known", GOOD)
    registry = Registry()
    with pytest.raises(PluginError, match=r"did you mean known\.palindrome"):
        registry.verifier("known.palindrom")
    with pytest.raises(PluginError, match="did you mean 'known'"):
        registry.verifier("knwon.palindrome")
    with pytest.raises(PluginError, match="pip install assay-math"):
        Registry(discover=False).verifier("math.answer")
    with pytest.raises(PluginError, match="assay list"):
        registry.verifier("zzz.x")


def test_a_name_registered_by_hand_can_not_be_taken_twice():
    class Plugin:
        @hookimpl
        def assay_verifiers(self):
            return []

    registry = Registry(discover=False)
    registry.register(Plugin(), "mine")
    with pytest.raises(PluginError, match="both provide a plugin named 'mine'"):
        registry.register(Plugin(), "mine")


def test_functions_are_named_like_verifiers():
    class Shapes:
        @hookimpl
        def assay_functions(self):
            return {"half": lambda x: x / 2}

    registry = Registry(discover=False)
    registry.register(Shapes(), "shape")
    assert score([{"completion": "four"}], "shape.half(characters)", registry=registry).total.tolist() == [2]


def test_the_first_party_plugins_are_found_like_any_other():
    registry = Registry()
    for name in ("format", "math"):
        assert registry.problem(name) is None
        assert all(one.distribution == f"assay-{name}" for one in registry.offers(name).verifiers.values())


def test_a_verifier_of_this_process_needs_no_package():
    @verifier
    def short(completion: str, *, limit: int = 3) -> bool:
        return len(completion) <= limit

    class Here:
        @hookimpl
        def assay_verifiers(self):
            return [short]

    registry = Registry(discover=False)
    registry.register(Here(), "here")
    assert score([{"completion": "abc"}], "here.short", registry=registry).total.tolist() == [1]
