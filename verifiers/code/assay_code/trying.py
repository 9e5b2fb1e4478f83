"""Tries programs by tests of each shape."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from assay.errors import shorten
from assay.sandbox import Limits, Sandbox
from assay_code.checking import equation, outcomes
from assay_code.harness import Trial, Unavailable, output_limit, try_program
from assay_code.inside.wire import MAX_DEPTH, NotPlain, encode
from assay_code.outcome import Outcome
from assay_code.plain import Approx
from assay_code.plan import NoTest, Plan, built_on
from assay_code.reference import Calls, Files

__all__ = ["Bounds", "calls_plan", "try_files", "try_plan"]

#: Seconds that the harness itself may take to start.
_START = 5.0


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a program may use.

    Attributes:
        seconds: for one case or one call.
        budget: seconds for all cases together.
        memory: bytes.
    """

    seconds: float
    budget: float
    memory: int

    def limits(self, wall: float) -> Limits:
        """Return the limits of an execution that holds several cases."""
        return Limits(wall=wall, memory=self.memory, output=output_limit())


def try_plan(box: Sandbox, program: str, plan: Plan, module: str, bounds: Bounds, stop: bool) -> list[Outcome]:
    """Try a program by a plan and return what came of each case.

    A case that ends the program, or that it hangs in, costs only itself: the program is started again for the rest.

    Args:
        box: where.
        program: Python source.
        plan: what is asked and expected.
        module: the program's name as a module.
        bounds: what it may use.
        stop: whether the first failure settles everything.

    Raises:
        Unavailable: the sandbox could not run it, or lacks what the tests import.
    """
    started = time.monotonic()
    found: dict[int, Outcome] = {}
    while len(found) < len(plan.cases):
        left = bounds.budget - (time.monotonic() - started)
        if left <= 0:
            late = Outcome("timeout", f"the budget of {bounds.budget:g} s for all cases was used up")
            found |= {case: late for case in range(len(plan.cases)) if case not in found}
            break
        entries = _entries(plan, set(found))
        tests = {
            "module": module, "seconds": bounds.seconds, "stop": stop, "entries": entries,
            "targets": sorted(plan.targets), "seeded": bool(plan.inside),
        }  # fmt: skip
        trial = try_program(box, program, tests, bounds.limits(left + _START))
        if trial.loaded is None or trial.loaded[0] != "names":
            return [_unloaded(trial)] * len(plan.cases)
        blamed = _blame(entries, trial)
        now = {case: one for case, one in outcomes(plan, trial).items() if case not in found}
        if blamed is not None and blamed not in now and blamed not in found:
            now[blamed] = Outcome("timeout" if trial.late else "failed", f"{plan.cases[blamed]}: {trial.end}")
        found |= now
        if stop and any(one.ending != "passed" for one in found.values()):
            break
        if not now:
            rest = Outcome("timeout" if trial.late else "failed", trial.end or "the program was not asked")
            found |= {case: rest for case in range(len(plan.cases)) if case not in found}
    return [found.get(case, Outcome("skipped")) for case in range(len(plan.cases))]


def _unloaded(trial: Trial) -> Outcome:
    if trial.loaded is None:
        return Outcome("timeout" if trial.late else "failed", trial.end or "the program could not be loaded")
    if trial.loaded[0] != "raise":
        return Outcome("failed", f"the program {trial.loaded[1]}")
    _, names, text = trial.loaded
    return Outcome("failed", f"loading the program raised {names[0]}{': ' if text else ''}{text}"[:300])


def _entries(plan: Plan, settled: set[int]) -> list[list[Any]]:
    """Return what of the plan is still to be done: the cases that are not settled, and what these are built on."""
    if not settled:
        return plan.entries
    steps = {entry[1]: entry for entry in plan.entries if entry[0] == "step"}
    wanted: set[int] = set()
    todo = [step for check in plan.checks if check.case not in settled for step in check.steps.values()]
    todo += [step for step, (scope, _) in plan.bare.items() if _is_open(plan, scope, settled)]
    todo += [entry[2] for entry in plan.entries if entry[0] == "bind" and entry[3]]
    while todo:
        step = todo.pop()
        if step not in wanted:
            wanted.add(step)
            todo += built_on(steps[step])
    return [
        entry
        for entry in plan.entries
        if (entry[0] == "step" and entry[1] in wanted)
        or entry[0] == "bind"
        or (entry[0] == "run" and (entry[1] is None or entry[1] not in settled))
    ]


def _is_open(plan: Plan, scope: int, settled: set[int]) -> bool:
    return any(other == scope and case not in settled for case, other in enumerate(plan.scopes))


def _blame(entries: list[list[Any]], trial: Trial) -> int | None:
    """Say which step or case was being tried when the program ended; a step gets that as its answer.

    Raises:
        Unavailable: a statement of the tests failed that asks nothing of the program: the sandbox lacks a package.
    """
    setup = trial.cases.get(None, "")
    if setup.startswith(("import ", "from ")):  # of the program nothing is imported by a statement
        raise Unavailable(f"the tests' own import fails in the sandbox: {setup}")
    if setup and not trial.end:
        trial.end = setup
    if not trial.end:
        return None
    for entry in entries:
        if entry[0] == "step" and entry[1] not in trial.answers:
            trial.answers[entry[1]] = ["late" if trial.late else "ended", trial.end]
            return None
        if entry[0] == "run" and entry[1] is not None and entry[1] not in trial.cases:
            case: int = entry[1]
            return case
    return None


def calls_plan(tests: Calls, chosen: list[int], tolerance: float | None) -> Plan:
    """Return the plan of a function's calls.

    Raises:
        NoTest: an argument can't be handed over.
    """
    plan = Plan(entries=[["step", 0, "function", tests.function]])
    for case, index in enumerate(chosen):
        call = tests.cases[index]
        try:
            args = [encode(one, _refuse) for one in call.args]
            named = {key: encode(one, _refuse) for key, one in call.named.items()}
        except (NotPlain, RecursionError):
            raise NoTest(f"an argument is no plain data, or nested more than {MAX_DEPTH} deep") from None
        plan.entries.append(["step", case + 1, "call", ["o", 0], args, named])
        shown = ", ".join([*map(repr, call.args), *(f"{key}={one!r}" for key, one in call.named.items())])
        text = f"{tests.function}({shorten(shown, 120)})"
        expected: Any = call.expected if tolerance is None else Approx(call.expected, tolerance, tolerance)
        names = {"alternative": call.expected[0]} if call.wrapped else {}
        plan.checks.append(equation(names, case + 1, expected, text, case, call.wrapped))
        plan.cases.append(text)
        plan.scopes.append(case)
    return plan


def _refuse(value: Any) -> Any:
    raise NotPlain(f"a {type(value).__name__} is no plain data")


def try_files(box: Sandbox, program: str, tests: Files, bounds: Bounds, stop: bool) -> dict[str, Outcome]:
    """Try a program by pytest files and return what came of each test, by its name.

    Raises:
        Unavailable: the sandbox could not run them.
        NoTest: there is no test in them.
    """
    sent = {"module": tests.module, "seconds": bounds.seconds, "stop": stop, "pytest": dict(tests.sources)}
    trial = try_program(box, program, sent, bounds.limits(bounds.budget + _START))
    if trial.loaded is None or trial.loaded[0] != "names":
        return {"": _unloaded(trial)}
    found = {
        str(name): Outcome("failed", f"{name}: {failure}") if failure else Outcome("passed")
        for name, failure in trial.cases.items()
    }
    for name in trial.found:
        if name not in found:
            ended = Outcome("timeout" if trial.late else "failed", f"{name}: {trial.end}")
            found[name] = ended if trial.end else Outcome("skipped")
    if not found:
        if trial.end:
            return {"": Outcome("timeout" if trial.late else "failed", trial.end)}
        raise NoTest("pytest finds no test in the files")
    return found
