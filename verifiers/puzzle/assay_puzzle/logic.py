"""Equivalence of formulas: `puzzle.logic`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from assay import Verdict, verifier
from assay.extract import check, wrap
from assay.extract import extract as find
from assay_puzzle.cnf import Undecided
from assay_puzzle.equivalence import Comparison, agreement
from assay_puzzle.formula import Formula, Unreadable, read_formula

__all__ = ["logic"]

#: Where the formula stands, unless the reward says otherwise.
WHERE = "tag:answer|boxed|fence|after:answer:|last_line"


def _exemplar(reference: Any, options: Mapping[str, Any]) -> str:
    return wrap(str(reference), options["extract"])


# Not bounded: a solver decides, and how long it takes hangs on the formulas.
@verifier(timeout=20.0, exemplar=_exemplar)
def logic(completion: str, reference: Any, *, credit: Literal["all", "table"] = "all", extract: str = WHERE) -> Verdict:
    r"""The formula says the same as the reference, however it is written.

    Propositional formulas are compared by a SAT solver. A quantified part is equal to another with equivalent bodies
    once variables are renamed, and runs of like quantifiers reordered; that is sound and not complete, since nothing
    decides first-order equivalence. Atoms must have the same names: `P(x)` is not `Q(x)`.

    Options:
        credit: `all`, or the share of the `table` of truth in which both agree, as in Yang et al., "Harnessing the
            Power of Large Language Models for Natural Language to First-Order Logic Translation" (2023).
        extract: where the formula stands, in the forms of `assay.extract`.

    Notations: `not ~ ! \neg`, `and & && \land /\`, `or | || \lor \/`, `implies -> => \to`, `iff <-> <=> \iff`,
    `xor ^ \oplus`, `forall \forall`, `exists \exists`, `true`, `false`, `=`, `!=`, and the signs of Unicode.
    """
    check(extract)
    if not isinstance(reference, str):
        return Verdict.bad_reference(f"the reference is a {type(reference).__name__}, not a formula")
    try:
        wanted = read_formula(reference)
    except Unreadable as problem:
        return Verdict.bad_reference(f"the reference is no formula: {problem}")
    found = find(completion, extract)
    if found.text is None:
        return Verdict(0.0, f"no formula: {found.reason}")
    try:
        given = read_formula(found.text)
    except Unreadable as problem:
        return Verdict(0.0, f"no formula: {problem}")
    return _compared(given, wanted, credit == "table")


def _compared(given: Formula, wanted: Formula, table: bool) -> Verdict:
    comparison = Comparison()
    try:
        if comparison.equivalent(given, wanted):
            return Verdict(1.0, "equivalent")
    except Undecided as problem:
        return Verdict(0.0, f"not known to be equivalent: {problem}")
    reason = "not found to be equivalent" if comparison.incomplete else "not equivalent"
    if not table:
        return Verdict(0.0, reason)
    # Two formulas that differ never get full marks, also where the rows that are drawn show no difference.
    share = min(agreement(given, wanted), 0.99)
    return Verdict(share, f"{reason}; they agree in {share:.0%} of the rows")
