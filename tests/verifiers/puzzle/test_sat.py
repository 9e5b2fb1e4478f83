"""Any valid certificate is accepted and no other, for each of SATQuest's five problems, against brute force."""

from __future__ import annotations

from itertools import combinations, product

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import assay
from assay_puzzle import sat

UNSAT = [[1, 2], [-1], [-2, 1], [3]]
SAT = [[1, 2], [-1, 3], [-2, -3]]


def judged(text, cnf, kind):
    return sat(f"<answer>{text}</answer>", cnf, kind=kind)


@pytest.mark.parametrize(
    ("text", "cnf", "kind", "score"),
    [
        ("satisfiable", SAT, "dp", 1), ("1", SAT, "dp", 1), ("UNSAT", SAT, "dp", 0), ("unsatisfiable", UNSAT, "dp", 1), ("0", UNSAT, "dp", 1),
        ("maybe", SAT, "dp", 0), ("satisfiable or unsatisfiable", SAT, "dp", 0), ("not satisfiable", UNSAT, "dp", 0),
        ("101", SAT, "sp", 1), ("1 0 1", SAT, "sp", 1), ("[1, 0, 1]", SAT, "sp", 1), ("010", SAT, "sp", 1), ("111", SAT, "sp", 0),
        ("1 -2 3", SAT, "sp", 1), ("v 1 -2 3 0", SAT, "sp", 1), ("1 3 -2", SAT, "sp", 1), ("x1=True, x2=False, x3=True", SAT, "sp", 1),
        ("x_1 = 1, x_3 = 1, ¬x_2", SAT, "sp", 1), ("x1, not x2, x3", SAT, "sp", 1), ("1 3", SAT, "sp", 0), ("2 -3", SAT, "sp", 0), ("-1 2 -3", SAT, "sp", 1),
        ("1 -1 2 -2 3 -3", SAT, "sp", 0), ("x1=True, x1=False, x3=True", SAT, "sp", 0), ("4", SAT, "sp", 0), ("unsatisfiable", SAT, "sp", 0),
        ("unsat", UNSAT, "sp", 1), ("101", UNSAT, "sp", 0), ("10", SAT, "sp", 0), ("1011", SAT, "sp", 0), ("", SAT, "sp", 0), ("the answer is x1", SAT, "sp", 0),
        ("001", UNSAT, "maxsat", 1), ("101", UNSAT, "maxsat", 1), ("000", UNSAT, "maxsat", 0), ("101", SAT, "maxsat", 1), ("111", SAT, "maxsat", 0),
        ("1", UNSAT, "mcs", 1), ("2", UNSAT, "mcs", 1), ("0100", UNSAT, "mcs", 1), ("1, 2", UNSAT, "mcs", 0), ("4", UNSAT, "mcs", 0), ("1 4", UNSAT, "mcs", 0),
        ("1 2 3", UNSAT, "mus", 1), ("[1, 2, 3]", UNSAT, "mus", 1), ("1110", UNSAT, "mus", 1), ("1 2 3 4", UNSAT, "mus", 0), ("1 2", UNSAT, "mus", 0),
        ("1 2 2 3", UNSAT, "mus", 0), ("0 1 2", UNSAT, "mus", 0), ("5", UNSAT, "mus", 0), ("0000", UNSAT, "mus", 0),
    ],
)  # fmt: skip
def test_certificates(text, cnf, kind, score):
    verdict = judged(text, cnf, kind)
    assert verdict.score == score, verdict.reason


def test_formulas_in_every_form():
    dimacs = "c a comment\np cnf 3 3\n1 2 0\n-1 3 0 -2\n-3 0\n%\n0\n"
    for cnf in (dimacs, "[[1, 2], [-1, 3], [-2, -3]]", SAT, tuple(map(tuple, SAT))):
        assert judged("101", cnf, "sp").score == 1


@pytest.mark.parametrize(
    ("cnf", "reason"),
    [
        ("", "no clause"), ("p cnf 2 1\n1 2", "doesn't end in 0"), ("p sat 3\n", "first line"), ("1 x 0", "is no clause"), ([], "no clause"),
        ([[1, 0]], "no literal"), ([["1"]], "no literal"), ([[True]], "no literal"), (3, "not a int"), ("[[1, 2", "no JSON"), ([1, 2], "list of literals"),
        ([[10**9]], "variables"), ({"a": 1}, "not a dict"),
    ],
)  # fmt: skip
def test_formulas_that_can_not_be_used(cnf, reason):
    verdict = judged("1", cnf, "sp")
    assert verdict.status == "bad_reference"
    assert reason in verdict.reason


def test_nothing_to_correct_is_the_data_s_fault():
    for kind in ("mcs", "mus"):
        assert judged("1", SAT, kind).status == "bad_reference"


def test_a_formula_too_hard_is_not_held_against_the_completion(monkeypatch):
    holes = 8  # nine pigeons
    pigeons = [[p * holes + h + 1 for h in range(holes)] for p in range(holes + 1)]
    clashes = [
        [-(p * holes + h + 1), -(q * holes + h + 1)] for h in range(holes) for p, q in combinations(range(holes + 1), 2)
    ]
    monkeypatch.setattr("assay_puzzle.cnf.MAX_CONFLICTS", 10)
    assert judged("1", pigeons + clashes, "sp").status == "bad_reference"


def test_satisfied_is_a_field():
    assert judged("111", SAT, "sp").fields["satisfied"] == pytest.approx(2 / 3)
    assert judged("sat", SAT, "dp").fields["satisfied"] is None


CLAUSES = st.lists(
    st.lists(st.integers(1, 4).flatmap(lambda n: st.sampled_from([n, -n])), min_size=1, max_size=3),
    min_size=1,
    max_size=7,
)


def holds(clauses, bits):
    return [any(bits[abs(literal) - 1] == (literal > 0) for literal in clause) for clause in clauses]


def possible(clauses):
    return any(all(holds(clauses, bits)) for bits in product((False, True), repeat=4))


@settings(max_examples=150, deadline=None)
@given(CLAUSES, st.tuples(*[st.booleans()] * 4))
def test_assignments_against_brute_force(clauses, bits):
    clauses = [*clauses, [4, -4]]  # so that there are four variables
    text = "".join("01"[bit] for bit in bits)
    kept = sum(holds(clauses, bits))
    best = max(sum(holds(clauses, other)) for other in product((False, True), repeat=4))
    assert judged(text, clauses, "sp").score == (kept == len(clauses))
    assert judged(text, clauses, "maxsat").score == (kept == best)
    assert judged("sat", clauses, "dp").score == (best == len(clauses))


@settings(max_examples=150, deadline=None)
@given(CLAUSES, st.data())
def test_subsets_against_brute_force(clauses, data):
    clauses = [*clauses, [1], [-1]]
    assume(not possible(clauses))
    chosen = data.draw(st.sets(st.sampled_from(range(len(clauses))), min_size=1))
    text = ", ".join(str(n + 1) for n in sorted(chosen))
    inside = [clauses[n] for n in sorted(chosen)]
    outside = [clause for n, clause in enumerate(clauses) if n not in chosen]
    mus = not possible(inside) and all(
        possible([c for k, c in enumerate(inside) if k != n]) for n in range(len(inside))
    )
    mcs = possible(outside) and not any(possible([*outside, clause]) for clause in inside)
    if set(text) <= set("01, ") and len(chosen) == len(clauses):
        return
    assert judged(text, clauses, "mus").score == mus
    assert judged(text, clauses, "mcs").score == mcs


def test_in_a_reward():
    rows = [
        {"completion": f"<answer>{text}</answer>", "cnf": SAT, "kind": kind}
        for text, kind in (("101", "sp"), ("sat", "dp"), ("101", "dp"))
    ]
    assert assay.score(rows, "puzzle.sat(kind=row.kind)").total.tolist() == [1, 1, 0]


def test_satquest_s_own_names_and_every_value_has_a_judge():
    kinds = sat.options["kind"].annotation.__args__
    answers = {"dp": "0", "sp": "unsat", "maxsat": "001", "mcs": "1", "mus": "1 2 3"}
    for kind in kinds:
        name = kind.lower().removeprefix("sat").partition("_")[0]
        assert judged(answers[name], UNSAT, kind).score == 1, kind
