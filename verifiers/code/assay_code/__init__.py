"""Code verifiers for assay: programs run in a sandbox and judged by tests that they can't see."""

from __future__ import annotations

from collections.abc import Sequence

from assay import Verifier, hookimpl
from assay_code.running import lint, output, runs
from assay_code.testing import tests

__all__ = ["assay_verifiers", "lint", "output", "runs", "tests"]


@hookimpl
def assay_verifiers() -> Sequence[Verifier]:
    """The verifiers of this plugin."""
    return [tests, runs, output, lint]
