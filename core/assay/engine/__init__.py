"""Evaluates batches of verifier calls: every call in gets its verdicts out, in order, always."""

from __future__ import annotations

from assay.engine.call import Call, Engine
from assay.engine.local import LocalEngine

__all__ = ["Call", "Engine", "LocalEngine"]
