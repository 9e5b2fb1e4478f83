"""The line to a container: what it reads as standard input, and what it writes as standard output."""

from __future__ import annotations

import contextlib
import socket
import struct
from typing import Any

__all__ = ["AttachedChannel"]

_STDOUT = 1


class AttachedChannel:
    """A connection that the engine has handed over, on which it sends output in frames (`attach` in its API)."""

    def __init__(self, attached: Any) -> None:
        """Take over what docker's SDK returns from `attach_socket`: a raw stream around a socket, or a socket."""
        self._attached = attached
        self._socket: socket.socket = getattr(attached, "_sock", attached)
        self._left = 0

    def sendall(self, data: bytes, /) -> None:
        """Send everything."""
        self._socket.sendall(data)

    def recv(self, count: int, /) -> bytes:
        """Return some of the standard output, nothing where the container has ended."""
        while not self._left:
            header = b""
            while len(header) < 8:
                part = self._socket.recv(8 - len(header))
                if not part:
                    return b""
                header += part
            kind, size = struct.unpack("!BxxxI", header)
            if kind == _STDOUT:
                self._left = size
            else:
                while size:
                    size -= len(self._socket.recv(size)) or size
        part = self._socket.recv(min(count, self._left))
        self._left -= len(part)
        return part

    def settimeout(self, seconds: float | None, /) -> None:
        """Bound how long the next calls may take."""
        self._socket.settimeout(seconds)

    def fileno(self) -> int:
        """Return what can be polled."""
        return self._socket.fileno()

    def shutdown(self, how: int, /) -> None:
        """Hang up; the engine then closes the container's standard input."""
        self._socket.shutdown(how)

    def close(self) -> None:
        """Let go of the connection, in this process alone."""
        for part in (getattr(self._attached, "_response", None), self._attached, self._socket):
            with contextlib.suppress(OSError, ValueError):  # each may have closed what the next one holds
                if part is not None:
                    part.close()
