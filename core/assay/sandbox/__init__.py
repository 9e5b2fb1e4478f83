"""Places to run untrusted programs: the contract, and what warm sandboxes have in common."""

from __future__ import annotations

from assay.sandbox.contract import PROMISES, Execution, Limits, Program, Sandbox, Status
from assay.sandbox.shared import shared

__all__ = ["PROMISES", "Execution", "Limits", "Program", "Sandbox", "Status", "shared"]
