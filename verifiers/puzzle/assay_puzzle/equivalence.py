"""Whether two formulas say the same: by a SAT solver, with quantified parts as atoms that are compared in turn."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Mapping
from itertools import permutations, product

from assay_puzzle.cnf import satisfiable
from assay_puzzle.formula import Formula

__all__ = ["Comparison", "agreement"]

#: Atoms up to which a truth table is counted whole; beyond, rows are drawn.
MAX_TABLE_ATOMS = 12
SAMPLED_ROWS = 4096
#: Variables of one block of like quantifiers whose order is tried.
MAX_BLOCK = 4


class Comparison:
    """Turns formulas into clauses over shared atoms.

    A quantified part is an atom of its own. Two such parts share one where they have the same quantifier (an
    existential one is the negation of a universal one) and, with their variables renamed alike, equivalent bodies:
    sound, and not complete, since first-order equivalence can't be decided.

    Attributes:
        incomplete: whether there is a quantified part, so that formulas found different may yet be equivalent.
    """

    def __init__(self) -> None:
        self.incomplete = False
        self._atoms: dict[str, int] = {}
        self._quantified: list[tuple[tuple[str, ...], Formula, int]] = []
        self._clauses: list[list[int]] = []
        self._last = 0

    def equivalent(self, one: Formula, two: Formula) -> bool:
        """Return whether the formulas are found to say the same.

        Raises:
            Undecided: the solver gave up.
        """
        a, b = self.literal(one), self.literal(two)
        return a == b or not satisfiable([*self._clauses, [a, b], [-a, -b]])

    def literal(self, formula: Formula) -> int:
        """Return a literal that stands for the formula, adding the clauses that define it."""
        kind = formula.kind
        if kind in ("atom", "true"):
            key = formula.name if kind == "atom" else " true"
            if key not in self._atoms:
                self._atoms[key] = self._new()
                if kind == "true":
                    self._clauses.append([self._atoms[key]])
            return self._atoms[key]
        if kind == "not":
            return -self.literal(formula.parts[0])
        if kind == "some":
            return -self._universal(*_block(formula, "some", negated=True))
        if kind == "all":
            return self._universal(*_block(formula, "all", negated=False))
        parts = [self.literal(part) for part in formula.parts]
        if kind == "and":
            return -self._any([-part for part in parts])
        if kind == "or":
            return self._any(parts)
        if kind == "implies":
            return self._any([-parts[0], parts[1]])
        same = self._same(*parts)
        return same if kind == "iff" else -same

    def _new(self) -> int:
        self._last += 1
        return self._last

    def _any(self, parts: list[int]) -> int:
        one = self._new()
        self._clauses += [[-one, *parts], *([one, -part] for part in parts)]
        return one

    def _same(self, a: int, b: int) -> int:
        one = self._new()
        self._clauses += [[-one, -a, b], [-one, a, -b], [one, a, b], [one, -a, -b]]
        return one

    def _universal(self, names: tuple[str, ...], body: Formula) -> int:
        self.incomplete = True
        for others, other, known in self._quantified:
            if len(others) != len(names):
                continue
            orders = permutations(others) if len(others) <= MAX_BLOCK else iter([others])
            for order in orders:
                fresh = [f"{n}'bound" for n in range(len(names))]
                left = _renamed(body, dict(zip(names, fresh, strict=True)))
                right = _renamed(other, dict(zip(order, fresh, strict=True)))
                inner = Comparison()
                if inner.equivalent(left, right):
                    return known
        one = self._new()
        self._quantified.append((names, body, one))
        return one


def agreement(one: Formula, two: Formula) -> float:
    """Return the share of the rows of their common truth table in which two formulas agree.

    Quantified parts are atoms by their text. Over more than `MAX_TABLE_ATOMS` atoms the rows are drawn, the same ones
    each time.
    """
    names = sorted({*_names(one), *_names(two)})
    if len(names) <= MAX_TABLE_ATOMS:
        rows: Iterator[tuple[bool, ...]] = product((False, True), repeat=len(names))
        total = 1 << len(names)
    else:
        source = random.Random(0)  # noqa: S311 - the same rows each time
        rows = (tuple(source.random() < 0.5 for _ in names) for _ in range(SAMPLED_ROWS))
        total = SAMPLED_ROWS
    same = 0
    for row in rows:
        truth = dict(zip(names, row, strict=True))
        same += _true(one, truth) == _true(two, truth)
    return same / total


def _block(formula: Formula, kind: str, *, negated: bool) -> tuple[tuple[str, ...], Formula]:
    """Return the variables of a run of like quantifiers and the body, negated for an existential run."""
    names = []
    while formula.kind == kind and formula.name not in names:
        names.append(formula.name)
        formula = formula.parts[0]
    return tuple(names), Formula("not", parts=(formula,)) if negated else formula


def _renamed(formula: Formula, names: Mapping[str, str]) -> Formula:
    if formula.kind == "atom":
        return Formula("atom", _terms_renamed(formula.name, names))
    if formula.kind in ("all", "some"):
        inner = {old: new for old, new in names.items() if old != formula.name}  # bound anew
        return Formula(formula.kind, formula.name, (_renamed(formula.parts[0], inner),))
    return Formula(formula.kind, formula.name, tuple(_renamed(part, names) for part in formula.parts))


def _terms_renamed(atom: str, names: Mapping[str, str]) -> str:
    renamed = re.sub(r"([A-Za-z0-9_']+)(\(?)", lambda m: m[0] if m[2] else names.get(m[1], m[1]), atom)
    if "=" in renamed and "(" not in renamed:
        return "=".join(sorted(renamed.split("=")))
    return renamed


def _names(formula: Formula) -> Iterator[str]:
    if formula.kind == "atom":
        yield formula.name
    elif formula.kind in ("all", "some"):
        yield str(formula)
    else:
        for part in formula.parts:
            yield from _names(part)


def _true(formula: Formula, truth: Mapping[str, bool]) -> bool:
    kind, parts = formula.kind, formula.parts
    if kind == "atom":
        return truth[formula.name]
    if kind in ("all", "some"):
        return truth[str(formula)]
    if kind == "true":
        return True
    if kind == "not":
        return not _true(parts[0], truth)
    if kind == "and":
        return all(_true(part, truth) for part in parts)
    if kind == "or":
        return any(_true(part, truth) for part in parts)
    if kind == "implies":
        return not _true(parts[0], truth) or _true(parts[1], truth)
    same = _true(parts[0], truth) == _true(parts[1], truth)
    return same if kind == "iff" else not same
