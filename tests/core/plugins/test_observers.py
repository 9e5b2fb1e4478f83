"""Observers are found by metadata, loaded where something is scored, and called whatever the reward names."""

from __future__ import annotations

import warnings

import pytest
from distributions import GOOD

from assay import PluginError, Registry, hookimpl, score

GROUPS = ("assay", "assay.observers")
WATCH = """
    from assay import hookimpl

    seen = []

    @hookimpl
    def assay_scored(scores):
        seen.append(scores)
"""


def test_an_observer_sees_what_other_plugins_judged(install):
    import importlib

    install("assay-fine", "fine", GOOD)
    module = install("assay-watch", "watch", WATCH, groups=("assay.observers",))
    registry = Registry()
    scores = score([{"completion": "Anna"}], "fine.palindrome", registry=registry)
    other = score([{"completion": "Anna"}], "1", registry=registry)
    assert importlib.import_module(module).seen == [scores, other]


def test_a_plugin_of_verifiers_may_observe_too(install):
    import importlib

    module = install("assay-both", "both", GOOD + WATCH, groups=GROUPS)
    registry = Registry()
    assert registry.names.count("both") == 1
    assert registry.problem("both") is None
    scores = score([{"completion": "Anna"}], "both.palindrome", registry=registry)
    assert importlib.import_module(module).seen == [scores]


@pytest.mark.parametrize(
    ("code", "groups", "message"),
    [
        (GOOD, GROUPS, "in the entry-point group assay.observers and has no hook assay_scored"),
        (
            WATCH,
            ("assay",),
            r'needs the line wrong = "assay_wrong" under \[project.entry-points."assay.observers"\] too',
        ),
        (WATCH.replace("def assay_scored(", "async def assay_scored("), GROUPS, "a coroutine as assay_scored"),
        ("raise SystemExit('no licence')", GROUPS, "SystemExit: no licence"),
        (WATCH.replace("(scores)", "(scores, more)"), GROUPS, "more"),
    ],
)
def test_one_that_could_not_be_called_is_refused(install, code, groups, message):
    install("assay-fine", "fine", GOOD)
    install("assay-wrong", "wrong", code, groups=groups)
    registry = Registry()
    with pytest.raises(PluginError, match=message):
        registry.offers("wrong")
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        assert score([{"completion": "Anna"}], "fine.palindrome", registry=registry).total.tolist() == [1]
    assert len(told) == ("assay.observers" in groups)  # else nobody has asked for it


@pytest.mark.parametrize("problem", ["ValueError('no')", "SystemExit(1)", "GeneratorExit()"])
def test_one_that_raises_is_warned_about_and_the_next_is_called(install, problem):
    import importlib

    install("assay-bad", "bad", WATCH.replace("seen.append(scores)", f"raise {problem}"), groups=GROUPS)
    module = install("assay-watch", "watch", WATCH, groups=GROUPS)
    registry = Registry()
    with pytest.warns(UserWarning, match=f"assay_scored of the plugin 'bad' raised {problem.partition('(')[0]}"):
        scores = score([{"completion": "Anna"}], "1", registry=registry)
    assert importlib.import_module(module).seen == [scores]


def test_one_of_this_process_needs_no_package():
    seen = []

    class Watch:
        @hookimpl
        def assay_scored(self, scores):
            seen.append(scores)

    registry = Registry(discover=False)
    registry.register(Watch(), "watch")
    assert seen == [score([{"completion": "x"}], "1", registry=registry)]
