"""What takes SymPy is decided by it, in a process of its own; what it can't tell in time is undecided."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from assay_math import answer, symbolic
from assay_math.grammar import read

needs_sympy = pytest.mark.skipif(
    subprocess.run([sys.executable, "-c", "import sympy"], capture_output=True, check=False).returncode != 0,
    reason="SymPy is missing: pip install 'assay-math[sympy]'",
)

PAIRS = [
    (r"\frac13", r"\int_0^1 x^2\,dx", 1), (r"\frac14", r"\int_0^1 x^2\,dx", 0), (r"\int_0^2 x^2\,dx", r"\int_0^1 x^2\,dx", 0),
    (r"\int_0^1 t^2\,dt", r"\int_0^1 x^2\,dx", 1), (r"\frac{\pi^2}{6}", r"\sum_{n=1}^\infty \frac{1}{n^2}", 1), ("2", r"\sum_{n=1}^\infty \frac{1}{n^2}", 0),
    ("2", r"\sum_{n=0}^{\infty} \frac{1}{2^n}", 1), ("1", r"\lim_{x\to 0} \frac{\sin x}{x}", 1), ("0", r"\lim_{x\to 0} \frac{\sin x}{x}", 0),
    ("e", r"\lim_{n\to\infty} \left(1+\frac1n\right)^n", 1), (r"\frac{x^3}{3}+C", r"\int x^2\,dx", 1), (r"\frac{x^2}{3}+C", r"\int x^2\,dx", 0),
    (r"\frac{x^3}{3}", r"\int x^2\,dx", 0), ("3x^2", r"\frac{d}{dx} x^3", 1), ("3x", r"\frac{d}{dx} x^3", 0), (r"\frac{a^2}{2}", r"\int_0^a x\,dx", 1),
    (r"(-\infty,-2)\cup(1,\infty)", r"\frac{x-1}{x+2} > 0", 1), (r"(-\infty,-2)\cup[1,\infty)", r"\frac{x-1}{x+2} > 0", 0),
]  # fmt: skip


def judged(given, reference):
    return answer.judge({"completion": f"\\boxed{{{given}}}", "reference": reference}, {})


@needs_sympy
@pytest.mark.parametrize(("given", "reference", "score"), PAIRS)
def test_a_reference_that_takes_sympy(given, reference, score):
    verdict = judged(given, reference)
    assert (verdict.score, verdict.status) == (score, "scored"), verdict.reason


@pytest.mark.parametrize(("reference", "given", "score"), [row for row in PAIRS if row[2] and "int" not in row[0]])
def test_an_answer_that_leaves_the_question_to_be_computed_is_wrong(reference, given, score):
    assert judged(given, reference).score == 0


@needs_sympy
def test_what_takes_too_long_is_undecided_and_the_next_question_is_answered(monkeypatch):
    monkeypatch.setattr(symbolic, "DEADLINE", 0.001)
    verdict = judged(r"\frac12", r"\prod_{k=1}^\infty \left(1-\frac{1}{(k+1)^2}\right)")
    assert verdict.score == 0
    assert verdict.fields == {"understood": 1.0, "undecided": 1.0}
    assert verdict.reason.startswith("undecided: ")
    monkeypatch.undo()
    assert judged(r"\frac13", r"\int_0^1 x^2\,dx").score == 1


@needs_sympy
def test_a_killed_process_is_started_again():
    assert judged(r"\frac13", r"\int_0^1 x^2\,dx").score == 1
    child = symbolic._process()._child
    os.kill(child.pid, 9)
    child.wait()
    assert judged(r"\frac13", r"\int_0^1 x^2\,dx").score == 1


def test_without_sympy_what_takes_it_is_undecided():
    code = (
        "import sys; sys.modules['sympy'] = None\n"
        "from assay_math import answer\n"
        "verdict = answer(r'\\boxed{\\frac13}', r'\\int_0^1 x^2\\,dx')\n"
        "print(verdict.score, verdict.fields['undecided'])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["0.0", "1.0"]


@pytest.mark.parametrize("text", [r"\text{__import__}", "f(x)", "x_{__class__}", "10^{10^{10}}", "9" * 400])
def test_sympy_is_told_nodes_and_no_text(text):
    """Names reach it as names of symbols only; what has no node there, or is large, does not reach it."""
    try:
        told = symbolic.told(read(text))
    except symbolic.Untold:
        return
    assert told[0] in ("symbol", "power", "product", "number")
