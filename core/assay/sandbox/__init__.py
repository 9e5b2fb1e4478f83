"""Places to run untrusted programs: the contract, and what warm sandboxes have in common."""

from __future__ import annotations

from assay.sandbox._base import PROMISES, Execution, Limits, Program, Sandbox, Status
from assay.sandbox._pool import BOOT, ENVIRONMENT, Agent, AgentConfig, Channel, Lost, WarmSandbox
from assay.sandbox._singletons import shared

__all__ = [
    "BOOT",
    "ENVIRONMENT",
    "PROMISES",
    "Agent",
    "AgentConfig",
    "Channel",
    "Execution",
    "Limits",
    "Lost",
    "Program",
    "Sandbox",
    "Status",
    "WarmSandbox",
    "shared",
]
