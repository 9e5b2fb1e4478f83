"""How a worker and its parent talk: a length of eight bytes, a seal, and a pickle.

The seal is a secret that the parent tells a worker at its start. What comes back without it was written by somebody
else, such as a verifier that writes to every descriptor it finds, and is never unpickled.
"""

from __future__ import annotations

import struct
from typing import Any

import cloudpickle

__all__ = ["HEAD", "MAX_FRAME", "NO_SEAL", "SEAL_SIZE", "pack"]

#: A verdict larger than this is an error of its verifier; the parent must not be sunk by one answer.
MAX_FRAME = 64 * 2**20
HEAD = struct.Struct("!Q")
SEAL_SIZE = 16
#: What the parent's own messages bear: a worker reads from nobody else.
NO_SEAL = bytes(SEAL_SIZE)


def pack(message: Any, seal: bytes = NO_SEAL) -> bytes:
    """Return a message as a frame."""
    body: bytes = cloudpickle.dumps(message)
    return HEAD.pack(len(body)) + seal + body
