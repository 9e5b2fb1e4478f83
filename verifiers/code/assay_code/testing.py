"""`code.tests`: a program passes the tests of its row."""

from __future__ import annotations

import time
from typing import Any, Literal

from assay import Verdict, verifier
from assay.sandbox import Sandbox
from assay_code.comparing import COMPARISONS, differs
from assay_code.executing import NotCompiled, Ready, prepare
from assay_code.harness import Unavailable, ended, try_program
from assay_code.lifting import lift
from assay_code.outcome import Outcome, sampled, shown, verdict
from assay_code.plan import NoTest
from assay_code.program import joined, program_of, syntax_error
from assay_code.reference import Calls, Files, Pairs, Script, read_tests
from assay_code.sandboxes import MAX_BUDGET, Missing, bounds_of, find_sandbox
from assay_code.trying import Bounds, calls_plan, try_files, try_plan

__all__ = ["tests"]


@verifier(timeout=MAX_BUDGET + 60.0)
def tests(
    completion: str,
    reference: Any,
    *,
    language: str = "python",
    extract: str | None = None,
    entry_point: str | None = None,
    prefix: str = "",
    setup: str | list[str] = "",
    credit: Literal["all", "fraction"] = "all",
    sample: int | None = None,
    compare: Literal["exact", "tokens", "float"] | None = None,
    tolerance: float | None = None,
    strict: bool = False,
    seconds: float = 5.0,
    budget: float = 60.0,
    memory: int = 512,
    sandbox: str | None = None,
) -> Verdict:
    """The program passes the tests of its row, run in a sandbox that never sees what they expect.

    Options:
        language: of the program: python, c, cpp, javascript, bash or prolog; others than Python for pairs of input
            and output alone.
        extract: where the program stands, in the forms of `assay.extract`; by default the last fenced block of the
            language.
        entry_point: the function that is tested, where the tests don't name it.
        prefix: code that the program goes on from, as HumanEval's prompts are.
        setup: statements that stand before a test script's own, such as imports.
        credit: `all`, or the `fraction` of tests that pass.
        sample: how many of the tests are tried, chosen by the tests themselves; all by default. Of pairs and calls.
        compare: how output is compared; `exact` by default, `float` where there is a tolerance.
        tolerance: by which numbers may differ, absolutely or relatively.
        strict: refuse tests of which a part can't be compared outside the sandbox.
        seconds: that one test may take.
        budget: seconds for all of them.
        memory: MiB that the program may use.
        sandbox: its name, or several in order of preference; the strongest that works by default.

    The reference is an assertion script, a list of assertions, pairs of input and output, calls, or files for pytest.
    """
    bounds = bounds_of(seconds, budget, memory)
    try:
        wanted = read_tests(reference, entry_point, setup if isinstance(setup, str) else "\n".join(setup))
        found = program_of(completion, extract, language)
        if not isinstance(wanted, Pairs) and language.lower() not in ("python", "py", "python3"):
            return Verdict.bad_reference(f"programs in {language} are tested by pairs of input and output alone")
        judge = _Judge(bounds, credit, sample, compare, tolerance, strict, prefix)
        judge.check(wanted)
        if found.text is None:
            return Verdict(0.0, f"no program: {found.reason}")
        return judge.judge(wanted, joined(prefix, found.text), language, find_sandbox(sandbox))
    except NoTest as problem:
        return Verdict.bad_reference(str(problem))
    except (Missing, Unavailable) as problem:
        return Verdict.error(f"the sandbox can't judge: {problem}")


class _Judge:
    """What `code.tests` was asked for."""

    def __init__(
        self,
        bounds: Bounds,
        credit: str,
        sample: int | None,
        compare: str | None,
        tolerance: float | None,
        strict: bool,
        prefix: str,
    ) -> None:
        self.bounds, self.credit, self.sample = bounds, credit, sample
        self.compare, self.tolerance, self.strict, self.prefix = compare, tolerance, strict, prefix
        self.stop = credit == "all"

    def check(self, wanted: Calls | Files | Pairs | Script) -> None:
        """Refuse tests that can't be used, whatever the program is.

        Raises:
            NoTest: with a sentence that says why.
        """
        if isinstance(wanted, Script):
            plan = lift(wanted.source, wanted.entry_point, wanted.module, self.prefix)
            if self.strict and plan.inside:
                text = plan.cases[min(plan.inside)]
                raise NoTest(f"strict: this can't be compared outside the sandbox: {text}")
        elif isinstance(wanted, Files):
            if self.strict:
                raise NoTest("strict: files for pytest are compared inside the sandbox")
            for name, source in wanted.sources.items():
                if (problem := syntax_error(source)) is not None:
                    raise NoTest(f"{name} is no Python: {problem}")
        elif isinstance(wanted, Calls):
            calls_plan(wanted, list(range(len(wanted.cases))), self.tolerance)
        else:
            if wanted.compare is not None and wanted.compare not in COMPARISONS:
                raise NoTest(f"the tests ask for the comparison {wanted.compare!r}; there are {', '.join(COMPARISONS)}")
            if wanted.checker and (problem := syntax_error(wanted.checker)) is not None:
                raise NoTest(f"the checker is no Python: {problem}")

    def judge(self, wanted: Calls | Files | Pairs | Script, program: str, language: str, box: Sandbox) -> Verdict:
        """Try the program and return the verdict."""
        if isinstance(wanted, Pairs):
            return self.pairs(wanted, program, language, box)
        if (problem := syntax_error(program)) is not None:
            return Verdict(0.0, f"the program is no Python: {problem}")
        if isinstance(wanted, Script):
            plan = lift(wanted.source, wanted.entry_point, wanted.module, self.prefix)
            found = try_plan(box, program, plan, wanted.module, self.bounds, self.stop)
            return verdict(found, self.credit, box.name, len(plan.inside))
        if isinstance(wanted, Calls):
            plan = calls_plan(wanted, self.chosen(wanted.cases), self.tolerance)
            return verdict(try_plan(box, program, plan, "solution", self.bounds, self.stop), self.credit, box.name)
        outcomes = list(try_files(box, program, wanted, self.bounds, self.stop).values())
        return verdict(outcomes, self.credit, box.name, len(outcomes))

    def chosen(self, cases: tuple[Any, ...]) -> list[int]:
        return sampled(len(cases), self.sample, repr(cases)[:100_000])

    def pairs(self, wanted: Pairs, program: str, language: str, box: Sandbox) -> Verdict:
        """Run the program on each input and compare what it prints."""
        try:
            ready = prepare(box, language, program)
        except NotCompiled as problem:
            return Verdict(0.0, f"the program does not compile: {problem}")
        started = time.monotonic()
        found: list[Outcome] = []
        for index in self.chosen(wanted.cases):
            if self.stop and found and found[-1].ending != "passed":
                found.append(Outcome("skipped"))
            elif time.monotonic() - started > self.bounds.budget:
                found.append(Outcome("timeout", f"the budget of {self.bounds.budget:g} s for all cases was used up"))
            else:
                found.append(self.pair(wanted, index, ready))
        return verdict(found, self.credit, box.name)

    def pair(self, wanted: Pairs, index: int, ready: Ready) -> Outcome:
        """Run the program once."""
        case = wanted.cases[index]
        execution = ready.run(case.stdin, self.bounds.seconds, self.bounds.memory)
        if execution.status != "ok":
            ending = "timeout" if execution.status == "timeout" else "failed"
            return Outcome(ending, ended(execution, self.bounds.seconds))  # type: ignore[arg-type]
        if wanted.checker:
            return self.checked(wanted.checker, case.stdin, execution.stdout, case.expected, ready.box)
        compare = self.compare or wanted.compare or ("exact" if self.tolerance is None else "float")
        wrong = differs(
            execution.stdout, case.expected or "", compare, 1e-6 if self.tolerance is None else self.tolerance
        )
        return Outcome("passed") if wrong is None else Outcome("failed", wrong)

    def checked(self, checker: str, stdin: str, printed: str, expected: str | None, box: Sandbox) -> Outcome:
        """Ask the row's own checker, in an execution of its own: the program is not there any more.

        Raises:
            NoTest: it defines no `check`, or says something else than a number.
        """
        call = ["step", 1, "call", ["o", 0], [stdin, printed, expected], {}]
        tests = {
            "module": "checker", "seconds": self.bounds.seconds, "stop": True,
            "entries": [["step", 0, "name", "check"], call],
        }  # fmt: skip
        trial = try_program(box, checker, tests, self.bounds.limits(self.bounds.seconds + 5))
        if trial.loaded is None or trial.loaded[0] != "names" or trial.answers.get(0, ["raise"])[0] != "value":
            raise NoTest("the checker can't be loaded, or defines no check(stdin, stdout, expected)")
        answer = trial.answers.get(1)
        if answer is None or answer[0] != "value":
            why = trial.end or (f"{answer[1][0]}: {answer[2]}" if answer else "nothing")
            return Outcome("failed", f"the checker says nothing of {shown(printed)}: {why[:200]}")
        said = False if answer[1] is None else answer[1]
        if not isinstance(said, (bool, int, float)) or not 0 <= said <= 1:
            raise NoTest(f"the checker returned {shown(said)}, not True, False or a number from 0 to 1")
        if said == 1:
            return Outcome("passed")
        return Outcome("failed", f"the checker refuses {shown(printed)}", float(said))
