"""Code verifiers for assay: programs run in a sandbox and judged by tests that they can't see."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from assay import Verifier, hookimpl
from assay_code.running import lint, output, runs
from assay_code.testing import tests

if TYPE_CHECKING:
    from assay.testing import Example

__all__ = ["assay_examples", "assay_verifiers", "lint", "output", "runs", "tests"]


@hookimpl
def assay_verifiers() -> Sequence[Verifier]:
    """The verifiers of this plugin."""
    return [tests, runs, output, lint]


@hookimpl
def assay_examples() -> Mapping[str, Sequence[Example]]:
    """Programs and the verdicts due, for `assay.testing`."""
    from assay.testing import Example

    def program(text: str, **inputs: str) -> dict[str, str]:
        return {"completion": f"```python\n{text}\n```", **inputs}

    somewhere = "a sandbox"
    return {
        "runs": [
            Example(program("print(4)"), 1.0, needs=somewhere),
            Example(program("print(4 / 0)"), 0.0, needs=somewhere),
        ],
        "output": [
            Example(program("print(4)", reference="4"), 1.0, {"check": "text.exact"}, needs=somewhere),
            Example(program("print(5)", reference="4"), 0.0, {"check": "text.exact"}, needs=somewhere),
        ],
        "lint": [Example(program("print(4)"), 1.0), Example(program("print(4"), 0.0)],
    }
