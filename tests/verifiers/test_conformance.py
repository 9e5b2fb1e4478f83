"""Every verifier that is installed passes the same tests, whoever wrote it."""

from __future__ import annotations

from assay import installed
from assay.testing import conformance

test_conformance = conformance()


def test_every_option_says_what_it_is():
    registry = installed()
    verifiers = [one for plugin in registry.names for one in registry.offers(plugin).verifiers.values()]
    assert len(verifiers) > 30
    assert [f"{one.name}({name})" for one in verifiers for name, o in one.options.items() if not o.doc] == []
