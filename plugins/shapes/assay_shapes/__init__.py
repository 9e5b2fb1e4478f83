"""Published reward shapes for assay, named `shape.*` in rewards."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from assay import hookimpl

__all__ = ["assay_functions"]


@hookimpl
def assay_functions() -> Mapping[str, Callable[..., Any]]:
    """The functions of this plugin."""
    from assay_shapes.curves import linear, ramp
    from assay_shapes.lengths import cosine, kimi, overlong

    return {"cosine": cosine, "kimi": kimi, "overlong": overlong, "ramp": ramp, "linear": linear}
