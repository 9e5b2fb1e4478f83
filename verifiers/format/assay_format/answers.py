"""Whether there is an answer at all: `format.boxed`, `format.answer`."""

from __future__ import annotations

from typing import Literal

from assay import Verdict, verifier
from assay.extract import extract as find

__all__ = ["answer", "boxed"]


@verifier(boolean={"credit": "all"}, bounded=True)
def boxed(completion: str, *, credit: Literal["all", "fraction"] = "all") -> Verdict:
    r"""There is one answer in `\boxed{...}`, outside the reasoning.

    Options:
        credit: with `fraction`, a box that is never closed, or several that differ, score 0.5.
    """
    found = find(completion, "boxed")
    if found.text is not None:
        return Verdict(1.0, "one boxed answer")
    return Verdict(0.5 if credit == "fraction" and found.found else 0.0, found.reason)


@verifier(boolean=True, bounded=True)
def answer(completion: str, *, extract: str = "boxed|tag:answer") -> Verdict:
    """An answer can be found where it should stand, whatever it says.

    Options:
        extract: where it should stand, in the forms of `assay.extract`.
    """
    found = find(completion, extract)
    return Verdict(float(found.text is not None), found.reason)
