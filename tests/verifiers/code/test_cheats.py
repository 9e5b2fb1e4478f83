"""Nothing is paid to programs that cheat, in any shape of tests. Each hack is a test by name."""

from __future__ import annotations

import pytest
from boxes import USABLE
from cheats import CHEATS, FIRST, HONEST, SECOND

import assay_code
from assay.extract import wrap

ASSERTIONS = f'assert f(3) == "{FIRST}"\nassert f(4) == "{SECOND}"'
CALLS = {"function": "f", "cases": [{"args": [3], "expected": FIRST}, {"args": [4], "expected": SECOND}]}
# A `try` is not taken apart: these run inside the sandbox, in a process of their own.
INSIDE = "\n".join(
    f'try:\n    assert f({given}) == "{wanted}"\nexcept ZeroDivisionError:\n    raise'
    for given, wanted in ((3, FIRST), (4, SECOND))
)
PYTEST = {
    "pytest": "import pytest\nfrom solution import f\n\n"
    f'@pytest.mark.parametrize(("given", "wanted"), [(3, "{FIRST}"), (4, "{SECOND}")])\n'
    "def test_f(given, wanted):\n    assert f(given) == wanted\n"
}
PAIRS = {"inputs": ["3\n", "4\n"], "outputs": [FIRST + "\n", SECOND + "\n"]}
SHAPES = {"assertions": ASSERTIONS, "calls": CALLS, "inside": INSIDE, "pairs": PAIRS, "pytest": PYTEST}
LIMITS = {"seconds": 0.5, "budget": 1.5, "memory": 256, "credit": "fraction"}
QUICK = ("assertions", "inside", "pairs")


def judged(program, shape, box):
    if shape == "pairs":
        program += "\nprint(f(int(input())))\n"
    return assay_code.tests(wrap(program, "fence:python"), SHAPES[shape], sandbox=box, **LIMITS)


@pytest.mark.parametrize("shape", SHAPES)
def test_an_honest_program_is_paid(shape, each_box):
    verdict = judged(HONEST, shape, each_box)
    if verdict.status == "error":
        pytest.skip(verdict.reason)
    assert verdict.score == 1, verdict.reason


@pytest.mark.parametrize("shape", QUICK)
@pytest.mark.parametrize("name", CHEATS)
def test_cheats(name, shape, box):
    verdict = judged(CHEATS[name], shape, box)
    assert verdict.score == 0, verdict
    assert verdict.status in ("scored", "timeout"), verdict


@pytest.mark.slow
@pytest.mark.parametrize("shape", [shape for shape in SHAPES if shape != "calls"])  # which are tried as assertions are
@pytest.mark.parametrize("name", [name for name in CHEATS if "malformed" not in name])
@pytest.mark.parametrize("strong", [name for name in USABLE if name != "process"])
def test_cheats_everywhere(name, shape, strong, box):
    if strong != box or shape not in QUICK:
        test_cheats(name, shape, strong)


@pytest.mark.parametrize(
    "expression",
    ["f(1) == 2", "2 == f(1)", "not f(1) != 2", "abs(f(1) - 2) < 1e-6", "abs(2 - f(1)) < 1e-6", "f(1) >= 2", "2 <= f(1) <= 2", "2 in f(1)",
     "f(1) in (2, 3)", "f(1).startswith('a')", "f(1).issubset({2})", "isinstance(f(1), int)", "type(f(1)) is int", "set(f(1)) == {2}",
     "sorted(f(1)) == [2]", "f(1) == f(2)", "math.isclose(f(1), 2)", "f(1).__eq__(2)", "round(f(1), 2) == 2", "f(1)[0] == 2", "len(f(1)) == 2",
     "str(f(1)) == '2'", "[f(1)] == [2]", "{'a': f(1)} == {'a': 2}", "f(1) % 2 == 1", "max(f(1), 2) == f(1)", "f(1).count(2) == 1", "f(1) is True"],
)  # fmt: skip
@pytest.mark.parametrize("inside", [False, True])
def test_what_equals_everything_satisfies_nothing(expression, inside, box):
    script = f"import math\nassert {expression}"
    if inside:
        script = f"import math\ntry:\n    assert {expression}\nexcept ZeroDivisionError:\n    pass"
    verdict = assay_code.tests(wrap(CHEATS["always-equal objects"], "fence:python"), script, sandbox=box, **LIMITS)
    assert verdict.score == 0, verdict
    assert verdict.details["inside"] or not inside
