"""How a worker and its parent talk: a length of eight bytes, and a pickle."""

from __future__ import annotations

import struct
from typing import Any

import cloudpickle

__all__ = ["HEAD", "MAX_FRAME", "pack"]

#: A verdict larger than this is an error of its verifier; the parent must not be sunk by one answer.
MAX_FRAME = 64 * 2**20
HEAD = struct.Struct("!Q")


def pack(message: Any) -> bytes:
    """Return a message as a frame."""
    body: bytes = cloudpickle.dumps(message)
    return HEAD.pack(len(body)) + body
