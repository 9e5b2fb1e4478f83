"""Every form that data sets give tests in, and what each must refuse."""

from __future__ import annotations

import json
import os
import time

import pytest
from boxes import needs

import assay
import assay_code
from assay.extract import wrap
from assay_code.inside.wire import Channel, TimedOut


@pytest.fixture(scope="module")
def judged(box):
    def judge(program, reference, **options):
        language = options.get("language", "python")
        return assay_code.tests(wrap(program, f"fence:{language}"), reference, **{"sandbox": box, **options})

    return judge


ADD = "def add(a, b):\n    return a + b"
WRONG = "def add(a, b):\n    return a - b"
DOUBLE = "for _ in range(int(input())):\n    print(2 * int(input()))"


@pytest.mark.parametrize(
    ("program", "reference"),
    [
        (ADD, "assert add(1, 2) == 3\nassert add(2, 2) == 4"),
        (ADD, ["assert add(1, 2) == 3", "assert add(2, 2) == 4"]),
        (ADD, {"test_list": ["assert add(1, 2) == 3"], "test_setup_code": "import math", "test_imports": []}),
        (ADD, {"test": "def check(candidate):\n    assert candidate(1, 2) == 3\n", "entry_point": "add"}),
        (ADD, "def check(candidate):\n    assert candidate(1, 2) == 3\ncheck(add)"),
        (ADD, "cases = [((1, 2), 3), ((2, 2), 4)]\nfor given, wanted in cases:\n    assert add(*given) == wanted"),
        (ADD, "from solution import add\ndef test_one():\n    assert add(1, 2) == 3\ndef test_two():\n    assert add(0, 1) == 1"),
        (ADD, "import solution\nassert solution.add(1, 2) == 3"),
        (ADD, "import main as m\nassert m.add(1, 2) == 3\ntry:\n    assert m.add(1, 1) == 2\nexcept KeyError:\n    pass"),
        (ADD, {"pytest": "import pytest\nfrom solution import add\n@pytest.fixture\ndef two():\n    return 2\ndef test(two):\n    assert add(two, 1) == 3"}),
        (ADD, "import unittest\nfrom solution import add\nclass TestAdd(unittest.TestCase):\n    def test_it(self):\n        self.assertEqual(add(1, 2), 3)"),
        (ADD, {"function": "add", "cases": [{"args": [1, 2], "expected": 3}, {"kwargs": {"a": 1, "b": 1}, "expected": 2}]}),
        (ADD, {"fn_name": "add", "inputs": [[1, 2], [3, 4]], "outputs": [3, 7]}),
        (ADD, {"fn_name": "add", "inputs": [[1, 2], [3, 4]], "outputs": [[3], [7]]}),
        (ADD, json.dumps({"fn_name": "add", "inputs": [[1, 2]], "outputs": [3]})),
        (ADD, [{"type": "function_call", "fn_name": "add", "input": [1, 2], "output": [3]}]),
        ("class Solution:\n    def add(self, a, b):\n        return a + b", {"fn_name": "add", "inputs": [[1, 2]], "outputs": [3]}),
        ("class Solution:\n    def add(self, a, b):\n        return a + b", "assert Solution().add(1, 2) == 3"),
        ("class Solution:\n    def add(self, a, b):\n        return a + b", [{"testtype": "functional", "fn_name": "add", "input": "1\n2", "output": "3"}]),
        (DOUBLE, {"inputs": ["2\n1\n2\n", "1\n5\n"], "outputs": ["2\n4\n", "10\n"]}),
        (DOUBLE, [{"input": "1\n4", "output": "8"}]),
        (DOUBLE, [{"type": "stdin_stdout", "stdin": "1\n4", "stdout": "8"}]),
        (DOUBLE, {"inputs": [["1", "4"]], "outputs": [["8"]]}),
    ],
)  # fmt: skip
def test_forms(judged, program, reference):
    verdict = judged(program, reference)
    assert verdict.score == 1, verdict
    assert verdict.details["passed"] == verdict.details["total"]
    wrong = judged(program.replace("+", "-").replace("2 * ", "3 * "), reference)
    assert wrong.score == 0, wrong
    assert wrong.reason.startswith("case 1: ")


@pytest.mark.parametrize(
    ("reference", "reason"),
    [
        (None, "NoneType"),
        ("", "empty"),
        ("assert add(1, 2 == 3", "no Python"),
        ("x = 1", "asserts nothing"),
        ("add(1, 2)", "asserts nothing"),
        ([], "no test"),
        ({}, "none says"),
        (7, "int"),
        ({"inputs": ["1"], "outputs": []}, "one length"),
        ({"inputs": [], "outputs": []}, "no test"),
        ([{"input": "1"}], "what must be printed"),
        ([{"args": [1], "expected": 2}], "entry_point"),
        ({"fn_name": "f", "cases": [{"args": [1]}]}, "what must come back"),
        ({"pytest": "def test_( :"}, "no Python"),
        ({"pytest": "x = 1"}, "no test"),
        ({"pytest": 3}, "mapping"),
        ({"inputs": ["1"], "outputs": ["1"], "checker": "def check(:"}, "the checker"),
        ({"inputs": ["1"], "outputs": ["1"], "checker": "x = 1"}, "no check"),
        ({"inputs": ["1"], "outputs": ["1"], "compare": "loosely"}, "loosely"),
        ("{not json", "no Python"),
        ("def check(candidate):\n    assert candidate(1, 2) == 3", "entry_point"),
    ],
)
def test_tests_that_test_nothing_are_bad_references(judged, reference, reason):
    verdict = judged("print(1)" if "inputs" in str(reference) else ADD, reference)
    assert verdict.status == "bad_reference", verdict
    assert reason in verdict.reason


@pytest.mark.parametrize(
    ("expression", "right", "wrong"),
    [
        ("f(1) == 3", "3", "4"),
        ("f(1) == 3", "3.0", "True"),
        ("f(1) == 1", "1", "True"),
        ("f(1) == True", "True", "1"),
        ("f(1) is True", "True", "1"),
        ("f(1) is None", "None", "0"),
        ("f(1) is not None", "0", "None"),
        ("f(1)", "1", "0"),
        ("not f(1)", "[]", "[0]"),
        ("f(1) == [1, 2]", "[1, 2]", "(1, 2)"),
        ("f(1) == (1, 2)", "(1, 2)", "[1, 2]"),
        ("f(1) == {'a': [1]}", "{'a': [1]}", "{'a': (1,)}"),
        ("f(1) == {'a': 1}", "__import__('collections').Counter('a')", "__import__('collections').Counter('aa')"),
        ("f(1) == {1, 2}", "{2, 1}", "[1, 2]"),
        ("f(1) in (1, 2)", "2", "3"),
        ("f(1) in [1, 2]", "2", "True"),
        ("f(1) not in (1, 2)", "3", "2"),
        ("'a' in f(1)", "'cab'", "'b'"),
        ("abs(f(1) - 0.3) < 1e-6", "0.1 + 0.2", "0.31"),
        ("math.isclose(f(1), 0.3)", "0.1 + 0.2", "0.31"),
        ("f(1) == pytest.approx(0.3)", "0.1 + 0.2", "0.31"),
        ("sorted(f(1)) == [1, 2]", "(2, 1)", "(2, 2)"),
        ("set(f(1)) == {1, 2}", "[2, 1, 2]", "[2]"),
        ("list(f(1)) == [0, 1]", "(x for x in range(2))", "(x for x in range(3))"),
        ("len(f(1)) == 2", "'ab'", "'abc'"),
        ("isinstance(f(1), int) and f(1) > 2", "3", "'3'"),
        ("type(f(1)) == int", "3", "True"),
        ("f(1)[0] == 'a' and f(1)[-1] == 'b'", "'ab'", "'ac'"),
        ("f(1).startswith('ab')", "'abc'", "'bc'"),
        ("f(1).strip().lower() == 'ab'", "' AB'", "'ac'"),
        ("all(x > 0 for x in f(1))", "[1, 2]", "[1, 0]"),
        ("round(f(1), 2) == 0.33", "1 / 3", "0.34"),
        ("1 < f(1) <= 3", "2", "1"),
        ("f(1) == 10 ** 20", "10 ** 20", "10 ** 20 + 1"),
        ("f(1) == float('inf')", "float('inf')", "1e308"),
        ("f(1) != f(2)", "x", "0"),
        ("f(f(1)) == 4", "x * 2", "x * 3"),
        ("f(1) == f'{1}'", "'1'", "1"),
        ("f(1) == complex(1, 2)", "1 + 2j", "1"),
        ("f(1) == b'ab'", "b'ab'", "'ab'"),
        ("f(x=1) == 3", "3", "4"),
        ("f(*[1]) == 3", "3", "4"),
        ("(lambda value: value == 3)(f(1))", "3", "4"),
    ],
)
@pytest.mark.parametrize("strict", [True, False])
def test_assertions(judged, expression, right, wrong, strict):
    script = f"import math\nimport pytest\nassert {expression}"
    for result, score in ((right, 1), (wrong, 0)):
        verdict = judged(f"def f(x):\n    return {result}", script, strict=strict)
        if strict and verdict.status == "bad_reference":
            assert expression in ("f(1) == f'{1}'", "f(*[1]) == 3", "(lambda value: value == 3)(f(1))")
            return
        assert verdict.score == score, verdict


@pytest.mark.parametrize(
    ("program", "script", "lifted"),
    [
        ("def f(x): return x * x", "for x, y in [(1, 1), (2, 4)]:\n    assert f(x) == y", True),
        ("def f(x): return x * x", "cases = {1: 1, 3: 9}\nfor x, y in cases.items():\n    assert f(x) == y, f'{x}'", True),
        ("def f(x): return x * x", "got = f(3)\nassert got == 9\nassert got > 8", True),
        ("def f(x): return [x, x + 1]", "a = f(1)\nb = sorted(a)\nassert b == [1, 2]", True),
        ("def f(x): return [x, x + 1]", "a, b = f(1)\nassert (a, b) == (1, 2)", False),
        ("def f(x):\n    if x < 0: raise ValueError('no')", "import pytest\nwith pytest.raises(ValueError):\n    f(-1)", True),
        ("def f(x):\n    if x < 0: raise ValueError('no')", "try:\n    f(-1)\n    assert False\nexcept ValueError as e:\n    assert 'no' in str(e)", False),
        ("class E(ValueError): pass\ndef f(x):\n    raise E('no')", "from solution import f, E\nimport pytest\nwith pytest.raises(E):\n    f(-1)", False),
        ("def f(x): x.sort()", "a = [3, 1, 2]\nf(a)\nassert a == [1, 2, 3]", False),
        ("def f(x): x.sort()", "a = [3, 1, 2]\nassert f(a) is None\nassert a == [1, 2, 3]", False),
        ("def f(x): x.sort()", "a = [3, 1, 2]\nf(a)\nfor x, y in zip(a, [1, 2, 3]):\n    assert x == y", False),
        ("def f(x): x.sort()", "a = [3, 1, 2]\nb = a\nf(a)\nassert b == [1, 2, 3]", False),
        ("def f(x): return x", "if __name__ == '__main__':\n    assert f(1) == 1", True),
        ("def f(x): return x", "def check(candidate):\n    assert candidate(1) == 1\nif __name__ == '__main__':\n    check(f)", True),
        ("def f(g, x): return g(x)", "assert f(lambda x: x + 1, 2) == 3", False),
        ("def f(g, x): return g(x)", "assert f(len, [1, 2]) == 2", False),
        ("class S:\n    def __init__(self): self.a = []\n    def push(self, x): self.a.append(x)\n    def pop(self): return self.a.pop()\n"
         "    def __len__(self): return len(self.a)", "s = S()\ns.push(1)\ns.push(2)\nassert s.pop() == 2\nassert s.pop() == 1", True),
        ("class S:\n    def __init__(self): self.a = []\n    def push(self, x): self.a.append(x)\n"
         "    def __len__(self): return len(self.a)", "s = S()\ns.push(1)\nassert len(s) == 1\nassert s.a == [1]", False),
        ("class V:\n    def __init__(self, x): self.x = x\n    def __add__(self, o): return V(self.x + o.x)\n"
         "    def __eq__(self, o): return self.x == o.x", "assert V(1) + V(2) == V(3)\nassert (V(1) + V(2)).x == 3\nassert V(1) != V(2)", False),
        ("N = 3\ndef f(): return N", "assert f() == N", True),
        ("counter = 0\ndef f():\n    global counter\n    counter += 1\n    return counter", "assert f() == 1\nassert f() == 2", True),
        ("def sum(a, b): return a + b", "assert sum(10, 15) == 25", True),
        ("def f(x):\n    yield from range(x)", "g = f(3)\nassert next(g) == 0\nassert next(g) == 1\nassert list(g) == [2]", False),
        ("async def f(x): return x", "import asyncio\nassert asyncio.iscoroutinefunction(len) is False", False),
        ("def f(x): return x", "def helper(v):\n    return v + 1\nassert f(helper(1)) == 2", False),
        ("def f(x): return x", "def test_a():\n    y = 1\n    assert f(y) == 1\ndef test_b():\n    return\n    assert False", False),
        ("from datetime import date\ndef f(): return date(2024, 1, 2)", "from datetime import date\nassert f() == date(2024, 1, 2)", False),
        ("from decimal import Decimal\ndef f(): return Decimal('1.1')", "from decimal import Decimal\nassert str(f()) == '1.1'", True),
    ],
)  # fmt: skip
def test_scripts(judged, program, script, lifted):
    verdict = judged(program, script)
    if "asyncio" in script:
        assert verdict.score == 1
        return
    assert verdict.score == 1, verdict
    assert (verdict.details["inside"] == 0) is lifted, verdict
    assert ("inside the sandbox" in verdict.reason) is not lifted
    refused = judged(program, script, strict=True)
    assert refused.status == ("scored" if lifted else "bad_reference"), refused
    silent = judged("def f(*args, **named): return None\nS = V = E = sum = f\nN = 7", script)
    assert silent.score == 0, silent


def test_the_programs_own_names_change_no_test(judged):
    liar = "def abs(x): return 0\ndef f(x): return 7"
    assert judged(liar, "assert abs(f(1) - 3) < 1e-6").score == 0
    assert judged(liar, "try:\n    assert abs(f(1) - 3) < 1e-6\nexcept KeyError:\n    pass").score == 0
    prompt = "def encode(x):\n    return x + 1\n\ndef decode(x):\n    '''Undo encode.'''\n"
    script = "def check(candidate):\n    for i in range(3):\n        assert candidate(encode(i)) == i"
    options = {"prefix": prompt, "entry_point": "decode"}
    assert judged("def decode(x):\n    return x - 1", script, **options).score == 1
    assert judged("def encode(x):\n    return x\ndef decode(x):\n    return x", script, **options).score == 0


@pytest.mark.timing
def test_fraction_counts_each_case_and_a_hang_costs_itself_alone(judged):
    program = (
        "import os, time\ndef f(x):\n    if x == 1: time.sleep(60)\n    if x == 2: os._exit(0)\n"
        "    if x == 3: raise KeyError(3)\n    if x == 4: return 'wrong'\n    if x == 5: raise SystemExit\n    return x"
    )
    script = "\n".join(f"assert f({n}) == {n}" for n in range(8))
    calls = {"function": "f", "cases": [{"args": [n], "expected": n} for n in range(8)]}
    inside = "\n".join(f"try:\n    assert f({n}) == {n}\nexcept ZeroDivisionError:\n    pass" for n in range(8))
    for reference in (script, calls, inside):
        verdict = judged(program, reference, credit="fraction", seconds=0.5)
        assert verdict.score == 3 / 8, verdict
        assert verdict.details["cases"] == ["passed", "timeout", *["failed"] * 4, "passed", "passed"]
        assert "case 2: " in verdict.reason
        assert "timed out after 0.5 s" in verdict.reason
        whole = judged(program, reference, seconds=0.5)
        assert whole.status == "timeout", whole
    pairs = {"inputs": [f"{n}\n" for n in range(8)], "outputs": [f"{n}\n" for n in range(8)]}
    verdict = judged(program + "\nprint(f(int(input())))", pairs, credit="fraction", seconds=0.5)
    assert verdict.score == 3 / 8
    assert "KeyError" in judged(program, "assert f(3) == 3").reason


def test_waiting_for_a_processor_is_not_late(judged, crowd):
    started = time.process_time()
    wanted = sum(i * i for i in range(2_000_000))
    own = time.process_time() - started
    tests = f"assert f(2_000_000) == {wanted}\nassert f(2_000_000) == {wanted}"
    assert judged("def f(n): return sum(i * i for i in range(n))", tests, seconds=3 * own, budget=100.0).score == 1


def test_an_answer_that_is_there_is_in_time():
    """However late it is looked for."""
    source, sink = os.pipe()
    channel = Channel(source, sink)
    channel.send(["first"])
    channel.send(["second"])
    assert channel.receive(time.monotonic() - 100) == '["first"]'
    assert channel.receive(time.monotonic() - 100) == '["second"]'
    with pytest.raises(TimedOut):
        channel.receive(time.monotonic() - 100)
    os.close(source)
    os.close(sink)


def test_all_or_nothing_stops_early(judged):
    verdict = judged("import sys\nprint(1)", {"inputs": [""] * 5, "outputs": ["1", "2", "1", "1", "1"]})
    assert verdict.score == 0
    assert verdict.details["cases"] == ["passed", "failed", "skipped", "skipped", "skipped"]
    assert verdict.reason == "case 2: expected '2' as line 1, got '1'"


def test_reasons_are_sentences(judged):
    assert judged(WRONG, "assert add(1, 2) == 3").reason == "case 1: add(1, 2) == 3: expected 3, got -1"
    assert judged(ADD, "assert add(1, 2) == 3").reason == "the case passes"
    assert judged("def add(a, b): return a / 0", "assert add(1, 2) == 3").reason == (
        "case 1: add(1, 2) == 3: expected 3, raised ZeroDivisionError: division by zero"
    )
    assert "loading the program raised" in judged("1 / 0\n" + ADD, "assert add(1, 2) == 3").reason
    assert "is no Python: line 1" in judged("def add(a, b: return a", "assert add(1, 2) == 3").reason
    assert "no program" in assay_code.tests("```python\ndef add(a, b):", "assert add(1, 2) == 3").reason


@pytest.mark.parametrize(
    ("printed", "expected", "exact", "tokens", "near"),
    [
        ("1 2\n3\n", "1 2\n3", True, True, True),
        ("1 2  \n3\n\n\n", "1 2\n3", True, True, True),
        ("1 2\r\n3\r\n", "1 2\n3", True, True, True),
        ("1\n2\n3", "1 2 3", False, True, True),
        ("1  2", "1 2", False, True, True),
        ("", "1", False, False, False),
        ("1", "", False, False, False),
        ("1\n2", "1", False, False, False),
        ("1", "1\n2", False, False, False),
        ("0.3333333", "0.33333334", False, False, True),
        ("1e3", "1000", False, False, True),
        ("0.34", "0.33", False, False, False),
        ("nan", "nan", True, True, True),
        ("nan", "1", False, False, False),
        ("inf", "1", False, False, False),
        ("yes", "Yes", False, False, False),
        ("1_0", "10", False, False, False),
    ],
)
def test_comparisons(printed, expected, exact, tokens, near):
    from assay_code.comparing import differs

    for compare, same in (("exact", exact), ("tokens", tokens), ("float", near)):
        assert (differs(printed, expected, compare, 1e-6) is None) is same, compare


def test_tolerance_and_comparison_by_option_and_by_row(judged):
    third = "print(1 / 3)"
    assert judged(third, {"inputs": [""], "outputs": ["0.3333333"]}).score == 0
    assert judged(third, {"inputs": [""], "outputs": ["0.3333333"]}, tolerance=1e-6).score == 1
    assert judged(third, {"inputs": [""], "outputs": ["0.3333333"], "compare": "float"}).score == 1
    assert judged("print(1)\nprint(2)", {"inputs": [""], "outputs": ["1 2"]}, compare="tokens").score == 1
    calls = {"function": "f", "cases": [{"args": [], "expected": [0.3333333, {"a": 2}]}]}
    assert judged("def f(): return (1 / 3, {'a': 2})", calls).score == 0
    assert judged("def f(): return (1 / 3, {'a': 2})", calls, tolerance=1e-6).score == 1
    assert judged("def f(): return [1 / 3, {'a': 2}]", calls, tolerance=1e-6).score == 1


CHECKER = "def check(stdin, stdout, expected):\n    return sorted(stdout.split()) == sorted(stdin.split())"


def test_a_checker_of_the_rows_own(judged):
    tests = {"inputs": ["3 1 2", "b a"], "outputs": ["", ""], "checker": CHECKER}
    assert judged("print(*sorted(input().split()))", tests).score == 1
    assert judged("print(*reversed(input().split()))", tests).score == 1
    assert judged("print(1)", tests).score == 0
    half = {**tests, "checker": "def check(stdin, stdout, expected): return 0.5"}
    assert judged("print(1)", half, credit="fraction").score == 0.5
    assert judged("print(1)", half).score == 0
    broken = {**tests, "checker": "def check(stdin, stdout, expected): return 'yes'"}
    assert judged("print(1)", broken).status == "bad_reference"
    raising = {**tests, "checker": "def check(stdin, stdout, expected): return int(stdout) > 0"}
    assert judged("print('x')", raising).score == 0


def test_only_the_first_line_printed(judged):
    """open-r1: printing only the first expected line scored 1."""
    tests = {"inputs": ["3\n1\n2\n3\n"], "outputs": ["2\n4\n6\n"]}
    assert judged(DOUBLE, tests).score == 1
    assert judged("print(2)", tests).score == 0
    assert judged("print(2)\nprint(4)", tests).score == 0
    assert judged("print(2)\nprint(4)\nprint(6)\nprint(8)", tests).score == 0


def test_late_and_large_output(judged):
    """SandboxFusion: output that came late or was large was lost."""
    program = "import sys, time\ntime.sleep(0.3)\nsys.stdout.write('x' * 3_000_000)\nsys.stdout.flush()\ntime.sleep(0.2)\nprint('end')"
    assert judged(program, {"inputs": [""], "outputs": ["x" * 3_000_000 + "end"]}).score == 1
    assert judged("def f(): return 'x' * 3_000_000", "assert f() == 'x' * 3_000_000").score == 1


def test_sample_is_the_tests_own(judged):
    tests = {"function": "f", "cases": [{"args": [n], "expected": n} for n in range(50)]}
    first = judged("def f(x): return x if x % 2 else -1", tests, sample=10, credit="fraction")
    assert first.details["total"] == 10
    assert first == judged("def f(x): return x if x % 2 else -1", tests, sample=10, credit="fraction")
    with pytest.raises(ValueError, match="sample"):
        judged("def f(x): return x", tests, sample=0)


def test_an_exit_code_excuses_nothing(judged):
    needs("gcc", "node")
    tests = {"inputs": [""], "outputs": ["1"]}
    for program in ("int main(void) { return 127; }", "int main(void) { return 126; }"):
        assert judged(program, tests, language="c").score == 0
    assert judged("process.exit(127)", tests, language="javascript").score == 0
    inside = "x = f()\ntry:\n    assert x == 1\nexcept KeyError:\n    pass"
    assert judged("def f(): raise ImportError('import numpy')", inside).score == 0
    assert judged("def g(): pass", "from solution import f\n" + inside).score == 0


def test_the_entry_point_may_be_what_the_prompt_leaves_open(judged):
    prompt = "def twice(x):\n    return 2 * x\n\ndef half(x):\n    'The other way.'\n"
    script = "def check(candidate):\n    assert candidate(twice(3)) == 3"
    assert judged("def half(x):\n    return x / 2", script, prefix=prompt).score == 1
    assert judged("def half(x):\n    return x", script, prefix=prompt).score == 0


def test_programs_go_on_from_a_prompt(judged):
    prompt = 'def add(a, b):\n    """Add."""\n'
    script = "assert add(1, 2) == 3"
    assert assay_code.tests("    return a + b\n", script, prefix=prompt).score == 1
    assert assay_code.tests("    c = a\n    return c + b\n", script, prefix=prompt).score == 1
    assert judged("return a + b", script, prefix=prompt).score == 1
    assert judged("    c = a\n    return c + b", script, prefix=prompt).score == 1
    assert judged(ADD, script, prefix=prompt).score == 1
    assert judged("    return a - b", script, prefix=prompt).score == 0


def test_where_the_program_stands(judged):
    text = f"```python\n{WRONG}\n```\nBetter:\n```python\n{ADD}\n```\nIt prints\n```\n3\n```"
    assert assay_code.tests(text, "assert add(1, 2) == 3").score == 1
    assert assay_code.tests(f"<think>```python\n{ADD}\n```</think>none", "assert add(1, 2) == 3").score == 0
    assert assay_code.tests(f"<code>{ADD}</code>", "assert add(1, 2) == 3", extract="tag:code").score == 1
    assert assay_code.tests(ADD, "assert add(1, 2) == 3").score == 1
    assert assay_code.tests(f"```\n{ADD}\n```", "assert add(1, 2) == 3").score == 1
    assert assay_code.tests("", "assert add(1, 2) == 3").score == 0


C = '#include <stdio.h>\nint main(void) { int n; scanf("%d", &n); printf("%d\\n", 2 * n); return 0; }'
CPP = "#include <iostream>\nint main() { long n; std::cin >> n; std::cout << 2 * n << std::endl; }"
JS = "const n = parseInt(require('fs').readFileSync(0, 'utf8'));\nconsole.log(2 * n);"
BASH = "read n\necho $((2 * n))"


@pytest.mark.parametrize(
    ("tool", "language", "program"),
    [("gcc", "c", C), ("g++", "cpp", CPP), ("node", "javascript", JS), ("bash", "bash", BASH)],
)
def test_other_languages(judged, tool, language, program):
    needs(tool)
    tests = {"inputs": ["4\n", "-1\n"], "outputs": ["8\n", "-2\n"]}
    verdict = judged(program, tests, language=language)
    assert verdict.score == 1, verdict
    assert judged(program.replace("2 *", "3 *"), tests, language=language).score == 0
    broken = judged(program.replace("(", "((", 1), tests, language=language)
    assert broken.score == 0, broken
    assert judged(program, "assert f(1) == 2", language=language).status == "bad_reference"


def test_no_sandbox_is_an_error_and_never_a_score():
    for name in ("nowhere", "nowhere, elsewhere"):
        verdict = assay_code.tests(wrap(ADD, "fence:python"), "assert add(1, 2) == 3", sandbox=name)
        assert verdict.status == "error"
        assert "nowhere" in verdict.reason
    assert assay_code.runs("```python\nx\n```", sandbox="nowhere").status == "error"
    assert assay_code.output("```python\nx\n```", "1", sandbox="nowhere").status == "error"


def test_what_the_tests_import_and_the_sandbox_lacks_is_an_error(judged):
    script = "import a_package_that_nobody_has\ntry:\n    assert add(1, 2) == 3\nexcept KeyError:\n    pass"
    assert judged(ADD, script).status == "error"


def test_options_are_checked(judged):
    for options in ({"seconds": 0.0}, {"seconds": 2.0, "budget": 1.0}, {"budget": 1e6}, {"memory": 1}):
        with pytest.raises(ValueError, match="option"):
            judged(ADD, "assert add(1, 2) == 3", **options)
    with pytest.raises(ValueError, match="cobol"):
        judged(ADD, "assert add(1, 2) == 3", language="cobol")


def test_in_a_reward(box):
    rows = [
        {"completion": wrap(ADD, "fence:python"), "tests": "assert add(1, 2) == 3"},
        {"completion": wrap(WRONG, "fence:python"), "tests": "assert add(1, 2) == 3\nassert add(0, 0) == 0"},
        {"completion": wrap(ADD, "fence:python"), "tests": "nothing"},
    ]
    call = f'code.tests(reference=row.tests, credit="fraction", sandbox="{box}")'
    scores = assay.score(rows, call)
    assert scores.status == ["scored", "scored", "bad_reference"]
    assert scores.total[:2].tolist() == [1.0, 0.5]
