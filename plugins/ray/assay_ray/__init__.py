"""The scoring engine on Ray: `assay score --engine ray`."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from assay import hookimpl

__all__ = ["assay_engines"]


@hookimpl
def assay_engines() -> Mapping[str, Callable[[], object]]:
    """The engine of this plugin."""
    return {"ray": _engine}


def _engine() -> object:
    # Ray takes a second to import, and this plugin is loaded wherever all are looked at.
    from assay_ray.engine import RayEngine

    return RayEngine()
