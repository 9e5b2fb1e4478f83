"""Makes a pytest test of the checks, one case for each verifier and check."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from assay._plugins.registry import Registry, installed
from assay.errors import PluginError
from assay.testing._checks import CHECKS
from assay.testing._verifier_under_test import VerifierUnderTest

__all__ = ["conformance"]


def conformance(*plugins: str, registry: Registry | None = None) -> Callable[..., None]:
    """Return a test function for pytest that holds plugins to the contract.

    Args:
        plugins: names of plugins, or of single verifiers as `plugin.leaf`; every installed plugin by default.
        registry: where they are found; the installed plugins by default.

    Raises:
        PluginError: a plugin that is named can't be loaded.

    >>> test_conformance = conformance("format")
    """
    import pytest

    found = registry or installed()
    cases = []
    for name in plugins or found.names:
        plugin, _, leaf = name.partition(".")
        try:
            verifiers = [found.verifier(name)] if leaf else list(found.offers(plugin).verifiers.values())
        except PluginError as problem:
            if plugins:
                raise
            cases.append(pytest.param(None, str(problem), id=f"{name}-import"))
            continue
        cases += [pytest.param(one, check, id=f"{one.name}-{check}") for one in verifiers for check in CHECKS]

    subject = functools.cache(lambda one: VerifierUnderTest.of(found.verifier(one), found))

    def test_conformance(verifier: Any, check: str) -> None:
        assert verifier is not None, check
        CHECKS[check](subject(verifier.name))

    test: Callable[..., None] = pytest.mark.parametrize(("verifier", "check"), cases)(test_conformance)
    return test
