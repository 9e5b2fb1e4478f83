"""Answer checking for assay: exact, symmetric, bounded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from assay import Verifier, hookimpl
from assay_math.answer import answer, numeric

if TYPE_CHECKING:
    from assay.testing import Example

__all__ = ["answer", "assay_examples", "assay_verifiers", "numeric"]


@hookimpl
def assay_verifiers() -> Sequence[Verifier]:
    """The verifiers of this plugin."""
    return [answer, numeric]


@hookimpl
def assay_examples() -> Mapping[str, Sequence[Example]]:
    """Valid samples for each verifier, for `assay.testing`."""
    from assay.testing import Example

    half = {"completion": r"So it is \boxed{\frac{1}{2}}.", "reference": "0.5"}
    return {
        "answer": [
            Example(half, 1.0),
            Example(half | {"reference": r"\frac{1}{3}"}, 0.0),
            Example(half | {"reference": r"\frac{1}{"}, status="bad_reference"),
        ],
        "numeric": [
            Example(half, 1.0),
            Example(half | {"reference": "0.4"}, 0.75, {"ramp": "relative"}),
            Example(half | {"reference": "x"}, status="bad_reference"),
        ],
    }
