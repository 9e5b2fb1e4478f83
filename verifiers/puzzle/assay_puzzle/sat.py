"""Satisfiability and its relatives: `puzzle.sat`."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Literal

from assay import Verdict, verifier
from assay.extract import check
from assay.extract import extract as find
from assay_puzzle.cnf import CNF, BadFormula, Subsets, Undecided, least_missed, read_cnf, satisfiable

__all__ = ["sat"]

#: Where the certificate stands, unless the reward says otherwise.
WHERE = "tag:answer|boxed|after:answer:|last_line"

#: The five problems, and the names that SATQuest's data set has for them.
Kind = Literal["sp", "dp", "maxsat", "mcs", "mus", "SATSP", "SATDP", "SATDP_SAT", "SATDP_UNSAT", "MaxSAT", "MCS", "MUS"]

#: Characters of a certificate, for each variable and clause of its formula.
_ROOM = 24
#: Clauses of a subset whose minimality is tried, one solver call each.
MAX_SUBSET = 2_000

_YES = frozenset(("1", "yes", "true", "sat", "satisfiable"))
_NO = frozenset(("0", "no", "false", "unsat", "unsatisfiable"))
_LITERAL = re.compile(r"-?[0-9]+")
_NAMED = re.compile(
    r"(not\s+|[~!\u00ac-]\s*)?[a-z]+_?\{?([0-9]+)\}?\s*(?:(?:=|:|is|->|\u2192)\s*(true|false|1|0|t|f))?", re.IGNORECASE
)


class _Unreadable(Exception):
    """The certificate can't be read."""


# Not bounded: a solver decides, and how long it takes hangs on the formula.
@verifier(boolean=True, timeout=30.0, fields=["satisfied"])
def sat(completion: str, cnf: Any, *, kind: Kind = "sp", extract: str = WHERE) -> Verdict:
    """The certificate is valid for the formula: any valid one, decided by a SAT solver and not by a stored answer.

    The five problems of Zhao et al., "SATQuest: A Verifier for Logical Reasoning Evaluation and Reinforcement
    Fine-Tuning of LLMs" (2025).

    Options:
        kind: `dp`, whether the formula is satisfiable; `sp`, an assignment that satisfies it (or that there is none);
            `maxsat`, an assignment that satisfies as many clauses as any; `mcs`, clauses without which the rest is
            satisfiable, none of them to spare; `mus`, clauses that contradict each other, none of them to spare.
            SATQuest's own names, `SATDP` and so on, mean the same.
        extract: where the certificate stands, in the forms of `assay.extract`.

    The column `cnf` is a DIMACS text, a list of clauses, or that as JSON. An assignment is written as a bit for each
    variable (`101`), as literals (`1 -2 3`) or by names (`x1=True, x2=False`); a set of clauses as a bit for each
    clause or as their numbers, from 1. The field `satisfied` is the share of clauses that an assignment satisfies.
    """
    check(extract)
    try:
        formula = read_cnf(cnf)
        known = _satisfiable(formula)
    except (BadFormula, Undecided) as problem:
        return Verdict.bad_reference(f"the formula can't be used: {problem}")
    judge = _JUDGES[kind.lower()]
    if known and judge in (_correction, _contradiction):
        return Verdict.bad_reference("the formula is satisfiable: it has no contradiction to find or to correct")
    found = find(completion, extract)
    if found.text is None:
        return _verdict(False, f"no answer: {found.reason}")
    text = found.text.strip().strip("$.").strip()
    if len(text) > 1_000 + _ROOM * (formula.variables + len(formula.clauses)):
        return _verdict(False, f"the answer has {len(text):,} characters")
    try:
        return judge(text, formula, known)
    except _Unreadable as problem:
        return _verdict(False, f"the answer can't be read: {problem}")
    except Undecided as problem:
        return _verdict(False, f"the certificate can't be checked: {problem}")


@lru_cache(maxsize=1024)
def _satisfiable(formula: CNF) -> bool:
    return satisfiable(formula.clauses)


def _decision(text: str, formula: CNF, known: bool) -> Verdict:
    word = text.lower()
    if word not in _YES and word not in _NO:
        raise _Unreadable(f"{text[:40]!r} is neither 'satisfiable' nor 'unsatisfiable'")
    right = (word in _YES) == known
    return Verdict(float(right), f"it is {'' if known else 'un'}satisfiable", {"satisfied": None}, {"chance": 0.5})


def _assignment(text: str, formula: CNF, known: bool) -> Verdict:
    if text.lower() in _NO - {"0"} or (text == "0" and formula.variables != 1):
        return _verdict(not known, f"it is {'' if known else 'un'}satisfiable")
    missed, share = _missed(text, formula)
    return _verdict(not missed, f"{missed} of {len(formula.clauses)} clauses are not satisfied", share)


def _most(text: str, formula: CNF, known: bool) -> Verdict:
    missed, share = _missed(text, formula)
    least = 0 if known else least_missed(formula)
    reason = f"{missed} of {len(formula.clauses)} clauses are not satisfied, and at best {least}"
    return _verdict(missed == least, reason, share)


def _correction(text: str, formula: CNF, known: bool) -> Verdict:
    chosen = _subset(text, formula)
    rest = [number for number in range(len(formula.clauses)) if number not in chosen]
    with Subsets(formula) as subsets:
        if not subsets.satisfiable(rest):
            return _verdict(False, "without them the rest is still unsatisfiable")
        for number in sorted(chosen):
            if subsets.satisfiable([*rest, number]):
                return _verdict(False, f"clause {number + 1} can be spared")
    return _verdict(True, f"a correction of {len(chosen)} clauses, none to spare")


def _contradiction(text: str, formula: CNF, known: bool) -> Verdict:
    chosen = sorted(_subset(text, formula))
    with Subsets(formula) as subsets:
        if subsets.satisfiable(chosen):
            return _verdict(False, "they can be satisfied together")
        for spare in chosen:
            if not subsets.satisfiable(number for number in chosen if number != spare):
                return _verdict(False, f"clause {spare + 1} can be spared")
    return _verdict(True, f"a contradiction of {len(chosen)} clauses, none to spare")


_JUDGES: dict[str, Callable[[str, CNF, bool], Verdict]] = {
    "dp": _decision,
    "satdp": _decision,
    "satdp_sat": _decision,
    "satdp_unsat": _decision,
    "sp": _assignment,
    "satsp": _assignment,
    "maxsat": _most,
    "mcs": _correction,
    "mus": _contradiction,
}


def _missed(text: str, formula: CNF) -> tuple[int, float]:
    """Return how many clauses an assignment leaves unsatisfied, and the share that it satisfies."""
    true = _literals(text, formula.variables)
    missed = sum(true.isdisjoint(clause) for clause in formula.clauses)
    return missed, 1 - missed / len(formula.clauses)


def _literals(text: str, variables: int) -> set[int]:
    bits = _bits(text, variables)
    if bits is not None:
        return {n + 1 if bit == "1" else -n - 1 for n, bit in enumerate(bits)}
    if re.search("[a-z]", text, re.IGNORECASE) and not re.match(r"v\s", text):
        literals = [
            int(number) * (-1 if bool(no) ^ ((value or "true")[0].lower() in "f0") else 1)
            for no, number, value in _NAMED.findall(text)
        ]
        if _NAMED.sub("", text).strip(" ,;{}[]()\n\t&\u2227"):
            raise _Unreadable(f"there is more than assignments in {text[:40]!r}")
    else:
        literals = _integers(text.removeprefix("v"))
        if literals and literals[-1] == 0:
            literals.pop()
    if not literals:
        raise _Unreadable(f"there is no assignment in {text[:40]!r}")
    chosen = set(literals)
    for literal in chosen:
        if literal == 0 or abs(literal) > variables:
            raise _Unreadable(f"there is no variable {abs(literal)}")
        if -literal in chosen:
            raise _Unreadable(f"variable {abs(literal)} is both true and false")
    return chosen


def _subset(text: str, formula: CNF) -> set[int]:
    count = len(formula.clauses)
    bits = _bits(text, count)
    if bits is not None:
        chosen = {n for n, bit in enumerate(bits) if bit == "1"}
    else:
        numbers = _integers(text)
        chosen = {number - 1 for number in numbers}
        if not chosen <= set(range(count)):
            raise _Unreadable(f"the clauses are numbered from 1 to {count}")
        if len(chosen) < len(numbers):
            raise _Unreadable("a clause is named twice")
    if not chosen:
        raise _Unreadable("it names no clause")
    if len(chosen) > MAX_SUBSET:
        raise _Unreadable(f"it names {len(chosen):,} clauses; at most {MAX_SUBSET:,} are checked")
    return chosen


def _bits(text: str, count: int) -> str | None:
    """Return a bit for each of `count` things, `None` where the text is something else."""
    bare = re.sub(r"[\s,\[\]()]", "", text)
    return bare if len(bare) == count and set(bare) <= {"0", "1"} else None


def _integers(text: str) -> list[int]:
    words = re.sub(r"[,;\[\](){}]", " ", text).split()
    if not words or not all(_LITERAL.fullmatch(word) and len(word) < 10 for word in words):
        raise _Unreadable(f"{text[:40]!r} is no list of numbers")
    return [int(word) for word in words]


def _verdict(right: bool, reason: str, share: float | None = None) -> Verdict:
    return Verdict(float(right), reason, {"satisfied": share})
