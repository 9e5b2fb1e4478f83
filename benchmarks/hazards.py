"""Verifiers for the engine's benchmark; in a module of their own, so that workers can import them."""

from __future__ import annotations

import os
import time

from assay import verifier


@verifier(timeout=1.0)
def hazardous(completion: str) -> float:
    """Does what the completion asks for."""
    what, _, number = completion.partition(" ")
    if what == "loop":
        while True:
            pass
    if what == "allocate":
        held = []
        while True:
            held.append(bytearray(2**26))
    if what == "exit":
        os._exit(1)
    if what == "raise":
        raise ValueError("asked for")
    return int(number) % 100 / 100


@verifier
def trivial(completion: str) -> float:
    """The least that a verifier can do."""
    return 1.0


@verifier(bounded=True)
def trivial_bounded(completion: str) -> float:
    """The same, in the caller's process."""
    return 1.0


@verifier
def busy(completion: str) -> float:
    """Five milliseconds of a core's time."""
    end = time.process_time() + 0.005
    while time.process_time() < end:
        pass
    return 1.0
