"""Reads the commonest answer, one box, by one regular expression; what it doesn't match is read with all care.

It must read nothing else than `reading` reads; a test holds the two together.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

__all__ = ["one_box"]

_N = r"([-+]?\d++(?:\.\d*+)?)"
# Reasoning without any other tag, an answer in its tag or bare, in a fence or not, as a list or as a record.
_ONE_BOX = re.compile(
    r"\s*+(?:<think>[^<]*+</think>\s*+)?+(<answer>\s*+)?+(?:```(?:json)?+\s*+)?+(?:\[\s*+)?(?:\{\s*+\"bbox_2d\"\s*+:\s*+)?+"
    rf"\[\s*+{_N}\s*+,\s*+{_N}\s*+,\s*+{_N}\s*+,\s*+{_N}\s*+\]"
    r"(?:\s*+(?:,\s*+\"label\"\s*+:\s*+\"[^\"\\<`\[({]*+\"\s*+)?+\})?+\s*+\]?+\s*+(?:```\s*+)?+(?(1)</answer>\s*+)"
)


def one_box(completions: Sequence[str]) -> tuple[list[int], npt.NDArray[np.float64]]:
    """Return the places of the completions whose answer is plainly one box, and these boxes (n, 4) as written."""
    match = _ONE_BOX.fullmatch
    places: list[int] = []
    numbers: list[str] = []
    for place, completion in enumerate(completions):
        found = match(completion)
        if found is not None:
            places.append(place)
            numbers += found.group(2, 3, 4, 5)
    return places, np.array(list(map(float, numbers)), dtype=np.float64).reshape(-1, 4)
