"""Evaluates batches of verifier calls: every call in gets its verdicts out, in order, always."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assay._contract.call import Call, Engine
from assay._lazy import lazily

if TYPE_CHECKING:
    from assay.engine._local import LocalEngine

__all__ = ["Call", "Engine", "LocalEngine"]

# A worker process is started from this package, and needs no engine of its own.
__getattr__, __dir__ = lazily(__name__, {"LocalEngine": "assay.engine._local"}, __all__)
