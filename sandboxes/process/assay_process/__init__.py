"""The sandbox for trusted code: a process under resource limits."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from assay import hookimpl

__all__ = ["assay_sandboxes"]


@hookimpl
def assay_sandboxes() -> Mapping[str, Callable[[], object]]:
    """The sandbox of this plugin."""
    from assay_process.sandbox import ProcessSandbox

    return {"process": ProcessSandbox}
