"""Scoring one answer, as a reward does it."""

from __future__ import annotations

import pytest

import assay
from assay.engine import LocalEngine


@pytest.fixture(scope="session")
def engine():
    made = LocalEngine(workers=1)
    yield made
    made.close()


@pytest.fixture(scope="session")
def judge(engine):
    """Judge one completion; returns its verdict."""

    def judge(call, completion, reference, **columns):
        name = call if call.startswith("grounding.") else f"grounding.{call}"
        scores = assay.score([{"completion": completion, "reference": reference, **columns}], name, engine=engine)
        (verdicts,) = scores.verdicts.values()
        return verdicts[0]

    return judge
