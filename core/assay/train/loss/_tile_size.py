"""How many tokens a tile holds: as many as pay, within what is free."""

from __future__ import annotations

import math
from pathlib import Path

import torch

__all__ = ["available", "tile_tokens"]

#: Bytes of a tile that pay on each kind of device: more costs cache, less costs traffic to the accumulated gradient.
_BEST = {"cpu": 64 << 20, "cuda": 2 << 30}
_LEAST = {"cpu": 256, "cuda": 1024}
_MOST = {"cpu": 512, "cuda": 4096}
#: Uncompiled, every step of the arithmetic makes a tile of its own: they should fit the cache together.
_UNCOMPILED = 4 << 20


def tile_tokens(tokens: int, vocabulary: int, size: int, device: torch.device, compiled: bool = True) -> int:
    """Return the number of tokens for a tile, such that all tiles are about equally large.

    Args:
        tokens: how many there are.
        vocabulary: of the head.
        size: bytes of a logit.
        device: where the tile will be.
        compiled: whether compiled code works on it.
    """
    kind = "cpu" if device.type == "cpu" else "cuda"
    row = vocabulary * size
    most = min(max(_BEST[kind] // row, _LEAST[kind]), _MOST[kind]) if compiled else max(_UNCOMPILED // row, 16)
    free = available(device)
    if free is not None:
        most = min(most, free // 4 // row)
    most = max(most, 2)
    return math.ceil(tokens / math.ceil(tokens / most)) if tokens else most


def available(device: torch.device) -> int | None:
    """Return the bytes that are free on a device, `None` where that can't be known."""
    if device.type == "cuda":
        free, _ = torch.cuda.mem_get_info(device)
        return int(free + torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device))
    if device.type != "cpu":
        return None
    bounds = [_host(), _group()]
    return min((bound for bound in bounds if bound is not None), default=None)


def _host() -> int | None:
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:")), None)


def _group() -> int | None:
    """What the container's limit leaves (control groups, version 2); cached files give way when memory is asked for."""
    folder = Path("/sys/fs/cgroup")
    try:
        most = (folder / "memory.max").read_text(encoding="ascii").strip()
        used = int((folder / "memory.current").read_text(encoding="ascii"))
        counts = dict(line.split() for line in (folder / "memory.stat").read_text(encoding="ascii").splitlines())
    except (OSError, ValueError):
        return None
    return max(0, int(most) - used + int(counts.get("inactive_file", 0))) if most.isdigit() else None
