"""Format verifiers for assay: tags, regular expressions, JSON Schema, boxed answers."""

from __future__ import annotations

from collections.abc import Sequence

from assay import Verifier, hookimpl
from assay_format.answers import answer, boxed
from assay_format.jsons import json
from assay_format.patterns import regex
from assay_format.tags import tag_count, tags

__all__ = ["answer", "assay_verifiers", "boxed", "json", "regex", "tag_count", "tags"]


@hookimpl
def assay_verifiers() -> Sequence[Verifier]:
    """The verifiers of this plugin."""
    return [tags, tag_count, regex, json, boxed, answer]
