"""Format verifiers for assay: tags, regular expressions, JSON Schema, boxed answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from assay import Verifier, hookimpl
from assay_format.answers import answer, boxed
from assay_format.jsons import json
from assay_format.patterns import regex
from assay_format.tags import tag_count, tags

if TYPE_CHECKING:
    from assay.testing import Example

__all__ = ["answer", "assay_examples", "assay_verifiers", "boxed", "json", "regex", "tag_count", "tags"]


@hookimpl
def assay_verifiers() -> Sequence[Verifier]:
    """The verifiers of this plugin."""
    return [tags, tag_count, regex, json, boxed, answer]


@hookimpl
def assay_examples() -> Mapping[str, Sequence[Example]]:
    """A valid sample or two for each verifier, for `assay.testing`."""
    from assay.testing import Example

    def examples(right: str, wrong: str, **options: object) -> list[Example]:
        return [Example({"completion": right}, 1.0, options), Example({"completion": wrong}, 0.0, options)]

    layout = "<think>a</think>\n<answer>b</answer>"
    return {
        "tags": [
            *examples(layout, "b", tags=["think", "answer"]),
            Example({"completion": "<think>a</think>"}, 0.25, {"tags": ["think", "answer"], "credit": "fraction"}),
        ],
        "tag_count": examples(layout, "b", tags=["think", "answer"]),
        "regex": examples("aab", "abc", pattern="^a+b$"),
        "json": [
            *examples('{"n": 1}', '{"n": 1', keys=["n"]),
            *examples('{"n": 1}', '{"n": "1"}', schema={"properties": {"n": {"type": "integer"}}}),
        ],
        "boxed": examples(r"\boxed{1}", r"\boxed{1} \boxed{2}"),
        "answer": examples("<answer>1</answer>", "one"),
    }
