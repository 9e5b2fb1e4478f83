"""Formulas that say the same, however written; against truth tables, and with quantifiers."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import assay
from assay_puzzle import logic
from assay_puzzle.formula import Unreadable, read_formula


def judged(given, reference, **options):
    return logic(f"<answer>{given}</answer>", reference, **options)


SAME = [
    ("p -> q", "¬p ∨ q"), ("p implies q", r"\neg p \lor q"), ("p <-> q", "(p & q) | (~p & ~q)"), ("p xor q", "~(p <-> q)"), ("p ^ q", "p ⊕ q"),
    ("p & q & r", "r && (q and p)"), ("p -> q -> r", "(p & q) -> r"), ("p | ~p", "true"), ("p /\\ ~p", "⊥"), (r"$p \land q$", "q∧p"),
    ("P(a, f(b))", "P(a,f(b))"), ("a = b", "b = a"), ("a != b", "~(a = b)"),
    ("∀x (P(x) → Q(x))", "∀y (¬Q(y) → ¬P(y))"), ("∀x P(x)", "¬∃x ¬P(x)"), ("~∃y. P(y) & Q(y)", "∀z (P(z) → ¬Q(z))"),
    ("∀x ∀y R(x,y)", "∀y ∀x R(x,y)"), ("forall x, y. R(x, y)", "∀a ∀b R(b, a)"), ("∃x ∀y R(x,y)", "∃u ∀v R(u,v)"), ("A ∧ ∀x P(x)", "∀y P(y) ∧ A"),
    (r"\forall x (Dog(x) \rightarrow \exists y (Owns(y, x)))", "∀d (¬Dog(d) ∨ ∃o Owns(o,d))"), ("∀x (x = x)", "∀y (y = y)"),
]  # fmt: skip
DIFFERENT = [
    ("p -> q", "q -> p"), ("p & q | r", "p & (q | r)"), ("p -> q -> r", "(p -> q) -> r"), ("P(x)", "Q(x)"), ("P(x,y)", "P(y,x)"), ("p", "P"), ("p", "true"),
    ("∀x P(x)", "∃x P(x)"), ("∀x ∃y R(x,y)", "∃y ∀x R(x,y)"), ("∀x R(x,y)", "∀y R(x,y)"), ("∀x (P(x) ∧ Q(x))", "∀x (P(x) → Q(x))"), ("a = b", "a = c"),
    ("∀x P(x) ∨ Q(x)", "∀x (P(x) ∨ Q(y))"),
]  # fmt: skip


@pytest.mark.parametrize(("one", "two"), SAME)
def test_same(one, two):
    for a, b in ((one, two), (two, one)):
        verdict = judged(a, b)
        assert verdict.score == 1, verdict.reason


@pytest.mark.parametrize(("one", "two"), DIFFERENT)
def test_different(one, two):
    for a, b in ((one, two), (two, one)):
        verdict = judged(a, b)
        assert (verdict.status, verdict.score) == ("scored", 0), verdict.reason
        assert 0 <= judged(a, b, credit="table").score < 1


@pytest.mark.parametrize(
    "text",
    [
        "",
        "p q",
        "p &",
        "(p",
        "p)",
        "-> p",
        "p @ q",
        "P(",
        "f(x) = ",
        "~" * 500 + "p",
        "(" * 500 + "p" + ")" * 500,
        "p & " * 3000 + "p",
        r"\foo p",
    ],
)
def test_unreadable(text):
    assert judged(text, "p").score == 0
    assert judged("p", text).status == "bad_reference"


def test_a_reference_that_is_no_text():
    assert judged("p", 3).status == "bad_reference"


def test_credit_by_the_table_of_truth():
    assert judged("p & q", "p | q", credit="table").score == 0.5
    assert judged("p", "~p", credit="table").score == 0
    wide = " & ".join(f"a{n}" for n in range(30))
    assert judged(wide, f"{wide} & b", credit="table").score == 0.99
    assert judged(wide, f"{wide} & b", credit="table") == judged(wide, f"{wide} & b", credit="table")


ATOMS = ["p", "q", "r", "s"]
FORMULAS = st.recursive(
    st.sampled_from(ATOMS),
    lambda inner: st.one_of(
        inner.map(lambda f: f"~{f}" if f in ATOMS or f[0] in "(~" else f"~({f})"),
        st.tuples(inner, st.sampled_from(["&", "|", "->", "<->", "xor"]), inner).map(
            lambda t: f"({t[0]} {t[1]} {t[2]})"
        ),
    ),
    max_leaves=8,
)
OPERATIONS = {
    "and": all, "or": any, "implies": lambda v: not v[0] or v[1], "iff": lambda v: v[0] == v[1], "xor": lambda v: v[0] != v[1],
}  # fmt: skip


def value(formula, truth):
    if formula.kind == "atom":
        return truth[formula.name]
    parts = [value(part, truth) for part in formula.parts]
    return not parts[0] if formula.kind == "not" else bool(OPERATIONS[formula.kind](parts))


@settings(max_examples=150, deadline=None)
@given(FORMULAS, FORMULAS)
def test_against_truth_tables(one, two):
    rows = [dict(zip(ATOMS, row, strict=True)) for row in product((False, True), repeat=4)]
    same = [value(read_formula(one), row) == value(read_formula(two), row) for row in rows]
    assert judged(one, two).score == all(same)
    share = judged(one, two, credit="table").score
    assert share == (1 if all(same) else pytest.approx(min(sum(same) / 16, 0.99)))
    assert judged(one, one).score == 1
    assert judged(f"~({one})", one).score == 0


@given(st.text(alphabet="pqxPR()&|~->=,.∀∃ \\", max_size=40))
@settings(deadline=None)
def test_any_text_is_read_or_refused(text):
    try:
        read_formula(text)
    except Unreadable as problem:
        assert str(problem)


def test_in_a_reward_and_in_lint():
    rows = [{"completion": "<answer>~p | q</answer>", "reference": "p -> q"}, {"completion": "p", "reference": "p ->"}]
    scores = assay.score(rows, "puzzle.logic")
    assert scores.status == ["scored", "bad_reference"]
    from assay._scoring.lint import lint

    (report,) = lint(rows, "puzzle.logic")
    assert [problem.status for problem in report.problems] == ["bad_reference"]
