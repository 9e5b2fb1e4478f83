"""Formulas in conjunctive normal form: read, and asked of a SAT solver (PySAT's Glucose) under a limit."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

__all__ = ["CNF", "BadFormula", "Subsets", "Undecided", "least_missed", "read_cnf", "satisfiable"]

#: Literals that a formula may have.
MAX_LITERALS = 500_000
#: Conflicts after which the solver gives up: some seconds of work.
MAX_CONFLICTS = 200_000

Clauses = Sequence[Sequence[int]]


class BadFormula(ValueError):
    """The text is no formula; the message is a phrase that says why."""


class Undecided(Exception):
    """The solver gave up."""


@dataclass(frozen=True, slots=True)
class CNF:
    """Clauses over variables 1 to `variables`."""

    variables: int
    clauses: tuple[tuple[int, ...], ...]


def read_cnf(source: Any) -> CNF:
    """Read DIMACS text, or clauses as lists of literals, or those as JSON.

    Raises:
        BadFormula: it is none of them, has no clause, or is too large.
    """
    if isinstance(source, str):
        return _read_text(source)
    if hasattr(source, "tolist"):
        source = source.tolist()
    if not isinstance(source, (list, tuple)):
        raise BadFormula(f"a formula is a DIMACS text or a list of clauses, not a {type(source).__name__}")
    return _checked(0, [one.tolist() if hasattr(one, "tolist") else one for one in source])


@lru_cache(maxsize=1024)
def _read_text(text: str) -> CNF:
    if text.lstrip().startswith("["):
        try:
            return _checked(0, json.loads(text))
        except (json.JSONDecodeError, RecursionError) as problem:
            raise BadFormula(f"it is no JSON: {problem}") from None
    variables, literals = 0, []
    for line in text.splitlines():
        words = line.split()
        if not words or words[0] == "c":
            continue
        if words[0] == "%":  # how the files of SATLIB end
            break
        if words[0] == "p":
            if len(words) < 4 or words[1] != "cnf" or not words[2].isdecimal():
                raise BadFormula(f"its first line is {line[:40]!r}, not 'p cnf VARIABLES CLAUSES'")
            variables = int(words[2])
            continue
        try:
            literals += [int(word) for word in words]
        except ValueError:
            raise BadFormula(f"the line {line[:40]!r} is no clause") from None
    clauses: list[list[int]] = [[]]
    for literal in literals:
        if literal:
            clauses[-1].append(literal)
        else:
            clauses.append([])
    if clauses[-1]:
        raise BadFormula("its last clause doesn't end in 0")
    return _checked(variables, clauses[:-1])


def _checked(variables: int, clauses: Any) -> CNF:
    total = highest = 0
    if not isinstance(clauses, list) or not clauses:
        raise BadFormula("it has no clause")
    for clause in clauses:
        if not isinstance(clause, (list, tuple)):
            raise BadFormula(f"a clause is a list of literals, not {str(clause)[:40]!r}")
        for literal in clause:
            if type(literal) is not int or literal == 0:
                raise BadFormula(f"{str(literal)[:40]!r} is no literal")
            highest = max(highest, abs(literal))
        total += len(clause)
    if total > MAX_LITERALS or max(highest, variables) > MAX_LITERALS:
        raise BadFormula(f"it has {total:,} literals of {max(highest, variables):,} variables")
    return CNF(max(highest, variables), tuple(tuple(clause) for clause in clauses))


def satisfiable(clauses: Iterable[Sequence[int]]) -> bool:
    """Return whether clauses can be true together.

    Raises:
        Undecided: the solver gave up after `MAX_CONFLICTS` conflicts.
    """
    from pysat.solvers import Solver

    with Solver(name="glucose4", bootstrap_with=[list(clause) for clause in clauses]) as solver:
        return _decided(solver)


class Subsets:
    """Asks of one formula whether some of its clauses can be true together, and of others, without starting anew.

    Used as a context. Each clause is given a variable that switches it on.
    """

    def __init__(self, formula: CNF) -> None:
        from pysat.solvers import Solver

        first = formula.variables + 1
        self._solver: Any = Solver(
            name="glucose4", bootstrap_with=[[*clause, -(first + n)] for n, clause in enumerate(formula.clauses)]
        )
        self._first = first

    def __enter__(self) -> Subsets:
        return self

    def __exit__(self, *problem: object) -> None:
        self._solver.delete()

    def satisfiable(self, chosen: Iterable[int]) -> bool:
        """Return whether the clauses of these places can be true together.

        Raises:
            Undecided: the solver gave up after `MAX_CONFLICTS` conflicts.
        """
        return _decided(self._solver, [self._first + n for n in chosen])


@lru_cache(maxsize=1024)
def least_missed(formula: CNF) -> int:
    """Return how few clauses an assignment can leave unsatisfied.

    Each model that is found bounds the next one, until there is none.

    Raises:
        Undecided: the solver gave up after `MAX_CONFLICTS` conflicts.
    """
    from pysat.card import CardEnc
    from pysat.solvers import Solver

    spare = list(range(formula.variables + 1, formula.variables + len(formula.clauses) + 1))
    soft = [[*clause, given_up] for clause, given_up in zip(formula.clauses, spare, strict=True)]
    best = len(spare)
    while best:
        fewer = CardEnc.atmost(lits=spare, bound=best - 1, top_id=spare[-1])
        with Solver(name="glucose4", bootstrap_with=[*soft, *fewer.clauses]) as solver:
            if not _decided(solver):
                break
            true = set(solver.get_model())
        best = sum(true.isdisjoint(clause) for clause in formula.clauses)
    return best


def _decided(solver: Any, assumptions: Sequence[int] = ()) -> bool:
    solver.conf_budget(MAX_CONFLICTS)
    answer: bool | None = solver.solve_limited(assumptions=list(assumptions))
    if answer is None:
        raise Undecided(f"no decision after {MAX_CONFLICTS:,} conflicts")
    return answer
