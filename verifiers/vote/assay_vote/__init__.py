"""Group verifiers for assay: majority, consistency and entropy of the answers to one prompt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from assay import Verifier, hookimpl
from assay_vote.verdicts import consistency, entropy, majority

if TYPE_CHECKING:
    from assay.testing import Example

__all__ = ["assay_examples", "assay_verifiers", "consistency", "entropy", "majority"]


@hookimpl
def assay_verifiers() -> Sequence[Verifier]:
    """The verifiers of this plugin."""
    return [majority, consistency, entropy]


@hookimpl
def assay_examples() -> Mapping[str, Sequence[Example]]:
    """Groups and their verdicts, for `assay.testing`; compared as texts, so that no other plugin is needed."""
    from assay.testing import Example

    texts = {"by": "text"}
    group = {"completion": [r"\boxed{4}", r"It is \boxed{ 4 }.", r"\boxed{5}", "four"]}
    tied = {"completion": [r"\boxed{4}", r"\boxed{5}"]}
    return {
        "majority": [
            Example(group, [1.0, 1.0, 0.0, 0.0], texts),
            Example(tied, None, texts, status="abstained"),
            Example(group, None, texts | {"min_share": 0.6}, status="abstained"),
        ],
        "consistency": [Example(group, [1 / 3, 1 / 3, 0.0, 0.0], texts)],
        "entropy": [
            Example(tied, 1.0, texts),
            Example({"completion": ["<answer>a</answer>"] * 3}, 0.0, texts),
        ],
    }
