"""Evaluates batches of verifier calls: every call in gets its verdicts out, in order, always."""

from __future__ import annotations

from assay._contract.call import Call, Engine
from assay.engine._local import LocalEngine

__all__ = ["Call", "Engine", "LocalEngine"]
