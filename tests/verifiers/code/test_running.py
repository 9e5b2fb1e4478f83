"""Programs without tests: that they run, what they print, their syntax."""

from __future__ import annotations

import time

import pytest
from boxes import needs
from hypothesis import given, settings
from hypothesis import strategies as st

import assay
import assay_code
from assay.extract import wrap


def program(source, language="python"):
    return f"```{language}\n{source}\n```"


def test_runs(box):
    def judged(text, **options):
        return assay_code.runs(text, sandbox=box, **options)

    assert judged(program("print(1)")).score == 1
    assert judged(program("print(1)")).artefact == "1\n"
    assert judged(program("print(int(input()) + 1)"), stdin="4").artefact == "5\n"
    assert judged(program("1 / 0")).reason == "the program exited with code 1: ZeroDivisionError: division by zero"
    assert judged(program("raise SystemExit(3)")).score == 0
    assert judged(program("while True: pass"), seconds=0.3).status == "timeout"
    assert judged(program("x = [bytes(10**7) for _ in range(1000)]"), memory=64).score == 0
    assert judged("no program at all!").score == 0
    assert judged("<code>print(1)</code>", extract="tag:code").score == 1
    # A program that tests itself, as in CodeCoT, runs to its end only if its own tests pass.
    assert judged(program("def f(): return 1\nassert f() == 2")).score == 0


def test_compiled_programs_run(box):
    needs("gcc")
    assert assay_code.runs(program("int main(void) { return 0; }", "c"), language="c", sandbox=box).score == 1
    refused = assay_code.runs(program("int main(void) { return x; }", "c"), language="c", sandbox=box)
    assert refused.score == 0
    assert "does not compile" in refused.reason


def test_output(box):
    def judged(text, reference, **options):
        return assay_code.output(text, reference, sandbox=box, **options)

    half = program("from fractions import Fraction\nprint('the sum')\nprint(Fraction(1, 4) + Fraction(1, 4))")
    assert judged(half, "0.5").score == 1
    assert judged(half, "0.5").details["printed"] == "1/2"
    assert judged(half, "0.6").score == 0
    assert judged(program("print('The answer is', 42)"), "42").score == 1
    assert judged(program("print(42)\nprint('done')"), "42").score == 0
    assert judged(program("print('<out>42</out>')\nprint('done')"), "42", printed="tag:out").score == 1
    assert judged(program("print(3.14)"), "3.141", check="math.numeric(rel=0.01)").score == 1
    assert judged(program("print(3.14)"), "3.3", check="math.numeric(rel=0.01)").score == 0
    assert judged(program("print('{\"a\": 1}')"), "x", check="format.json").score == 1
    assert judged(program("def solution():\n    return 6 * 7"), "42", call="solution").score == 1
    assert judged(program("def solution():\n    return 6 * 7"), "43", call="solution").score == 0
    assert judged(program("def other(): pass"), "42", call="solution").score == 0
    assert "KeyError" in judged(program("def solution(): raise KeyError('x')"), "42", call="solution").reason
    assert (
        judged(program("def solution():\n    while True: pass"), "42", call="solution", seconds=0.3).status == "timeout"
    )
    assert judged(program("print(1"), "1").score == 0
    assert judged(program("pass"), "1").score == 0
    assert judged(program("import time; time.sleep(9)"), "1", seconds=0.3).status == "timeout"
    assert judged(program("print(1)"), r"\frac{").status == "bad_reference"


@pytest.mark.parametrize(
    ("check", "reason"),
    [
        ("math.answr", "did you mean"),
        ("nothing.here", "nothing"),
        ("math.answer(0.1)", "by name"),
        ("math.answer(tol=0.1)", "no option 'tol'"),
        ("math.answer(tolerance='x')", "must be"),
        ("1 +", "names no verifier"),
    ],
)
def test_output_refuses_what_is_no_verifier(check, reason):
    with pytest.raises(ValueError, match=reason):
        assay_code.output(program("print(1)"), "1", check=check)


def test_lint(box, tmp_path):
    def judged(text, **options):
        return assay_code.lint(text, sandbox=box, **options)

    mark = tmp_path / "ran"
    assert judged(program(f"open({str(mark)!r}, 'w')")).score == 1
    assert not mark.exists()
    assert judged(program("def f(:")).reason.startswith("line 1: ")
    assert judged(program("return 1")).score == 0
    assert judged(program("while True: pass")).score == 1
    assert judged("").score == 0
    assert judged(program("x\0y")).score == 0
    with pytest.raises(ValueError, match="prolog"):
        judged(program("x.", "prolog"), language="prolog")


@pytest.mark.parametrize(
    ("tool", "language", "right", "wrong"),
    [
        ("gcc", "c", "int main(void) { for (;;); }", "int main(void) {"),
        ("g++", "cpp", "int main() { for (;;); }", "int main() {"),
        ("node", "javascript", "while (true) {}", "while (true) {"),
        ("bash", "bash", "while true; do :; done", "while true; do :;"),
    ],
)
def test_lint_of_other_languages(tool, language, right, wrong, box):
    needs(tool)
    assert assay_code.lint(program(right, language), language=language, sandbox=box).score == 1
    assert assay_code.lint(program(wrong, language), language=language, sandbox=box).score == 0


@pytest.mark.parametrize("text", ["(" * 100_000, "-" * 100_000 + "1", "a." * 60_000 + "a", "[" * 150 + "]" * 150, "x\n" * 90_000,
                                  "lambda: " * 20_000 + "1", "\0", "\ud800", "if x:\n" + " " * 5 + "\tpass", "9" * 100_000])  # fmt: skip
def test_hostile_sources_cost_little(text, box):
    started = time.process_time()
    for verdict in (
        assay_code.lint(program(text)),
        assay_code.tests(program(text), "assert f(1) == 2", sandbox=box, seconds=2.0, budget=2.0),
    ):
        assert verdict.status in ("scored", "timeout"), verdict
    assert time.process_time() - started < 10  # of this process; what the sandbox takes is limited


@given(st.text(max_size=200))
@settings(max_examples=300, deadline=None)
def test_any_text_can_be_linted(text):
    assert assay_code.lint(program(text)).status == "scored"
    assert assay_code.lint(text).status == "scored"


def test_rewards_of_published_systems(box):
    rows = [
        {"completion": program("print(6 * 7)"), "answer": "42", "engine": "python", "domain": "math"},
        {"completion": program("print(41)"), "answer": "42", "engine": "python", "domain": "math"},
        {"completion": program("print("), "answer": "42", "engine": "python", "domain": "math"},
        {"completion": r"\boxed{42}", "answer": "42", "engine": "text", "domain": "math"},
    ]
    reft = {
        "correct": f'code.output(reference=row.answer, sandbox="{box}") if row.engine == "python" else math.answer(reference=row.answer)',
        "found": f'code.runs(sandbox="{box}") if row.engine == "python" else format.answer',
        "total": "1 if correct > 0 else 0.1 * found",
    }
    assert assay.score(rows, reft).total.tolist() == [1.0, 0.1, 0.0, 1.0]
    klear = {
        "tests": f'2 * code.tests(reference=row.tests, credit="fraction", sample=row.n_tests, sandbox="{box}") - 1',
        "opened": 'format.tag_count(["think"])',
        "total": "-2 if opened == 0 else -0.5 if opened < 1 else tests",
    }
    text = "<think>x</think>" + wrap("def f(x): return 1", "fence:python")
    tests = ["assert f(1) == 1", "assert f(2) == 2"]
    rows = [{"completion": text, "tests": tests, "n_tests": 15}, {"completion": "hm", "tests": tests, "n_tests": 15}]
    assert assay.score(rows, klear).total.tolist() == [0.0, -2.0]


def test_a_sandbox_with_another_python_gets_the_harness_as_source(box):
    from assay import installed
    from assay.sandbox import Program
    from assay_code import harness

    refused = installed().sandbox(box).run(Program(source=harness._BOOT.format(size=0, magic=b"other")))
    assert (refused.exit_code, refused.stdout) == (harness._OTHER, "another Python\n")
    harness._OTHER_PYTHONS.add(box)
    try:
        assert assay_code.tests(program("def f(): return 1"), "assert f() == 1", sandbox=box).score == 1
    finally:
        harness._OTHER_PYTHONS.remove(box)
