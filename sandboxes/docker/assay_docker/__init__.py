"""The sandbox in containers of a Docker engine."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from assay import hookimpl

__all__ = ["assay_sandboxes"]


@hookimpl
def assay_sandboxes() -> Mapping[str, Callable[[], object]]:
    """The sandbox of this plugin."""
    from assay_docker.sandbox import DockerSandbox

    return {"docker": DockerSandbox}
