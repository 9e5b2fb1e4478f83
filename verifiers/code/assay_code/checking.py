"""Makes the comparisons of a plan, outside the sandbox, with what the program answered."""

from __future__ import annotations

import ast
from typing import Any

from assay_code.harness import Trial
from assay_code.inside.wire import decode
from assay_code.outcome import Outcome, shown
from assay_code.plain import Opaque, evaluate
from assay_code.plan import Check, Plan, built_on
from assay_code.syntax import parse

__all__ = ["equation", "outcomes"]


class _Failed(Exception):
    """A step has no result; `late` where the program's time ran out on it."""

    def __init__(self, reason: str, late: bool = False) -> None:
        super().__init__(reason)
        self.late = late


def outcomes(plan: Plan, trial: Trial) -> dict[int, Outcome]:
    """Return what came of each case that the trial has settled.

    A case is settled when a check of it failed, when all have passed, or when its statement has run inside. What the
    program had no time left for is not.
    """
    found: dict[int, Outcome] = {}
    results = _Results(plan, trial)
    broken = _broken(plan, trial)
    waiting: set[int] = set()
    for check in plan.checks:
        if check.case in found and found[check.case].ending != "passed":
            continue
        scope = plan.scopes[check.case]
        if scope in broken and broken[scope][0] <= check.case:
            found[check.case] = broken[scope][1]
            continue
        outcome = _check(check, results)
        if outcome is None:
            waiting.add(check.case)
        else:
            found[check.case] = outcome
    for case in plan.inside:
        scope = plan.scopes[case]
        if case in trial.cases:
            failure = trial.cases[case]
            found[case] = Outcome("failed", failure) if failure else Outcome("passed")
        elif scope in broken and broken[scope][0] <= case:
            found[case] = broken[scope][1]
    return {case: one for case, one in found.items() if one.ending != "passed" or case not in waiting}


def _broken(plan: Plan, trial: Trial) -> dict[int, tuple[int, Outcome]]:
    """Return, by scope, the case from which on a call has failed whose result nobody compares."""
    found: dict[int, tuple[int, Outcome]] = {}
    for step, (scope, case) in plan.bare.items():
        answer = trial.answers.get(step)
        if answer is not None and answer[0] != "value" and scope not in found:
            late = answer[0] == "late"
            found[scope] = case, Outcome("timeout" if late else "failed", _said(answer))
    return found


def _said(answer: list[Any] | None) -> str:
    if answer is None:
        return "was not asked"
    if answer[0] == "raise":
        return f"raised {str(answer[1][0])[:100]}: {str(answer[2])[:200]}" if answer[2] else f"raised {answer[1][0]}"
    return str(answer[1])


class _Results:
    """The results of steps, decoded when they are first looked at."""

    def __init__(self, plan: Plan, trial: Trial) -> None:
        self.trial = trial
        self.last = {entry[1]: entry for entry in plan.entries if entry[0] == "step"}
        self.known: dict[int, Any] = {}

    def answer(self, step: int) -> list[Any] | None:
        """Return a step's answer, or that of what it is built on where that failed; `None` if nobody was asked."""
        entry = self.last.get(step)
        for inner in built_on(entry) if entry else ():
            earlier = self.answer(inner)
            if earlier is not None and earlier[0] != "value":
                return earlier
        return self.trial.answers.get(step)

    def value(self, step: int) -> Any:
        answer = self.answer(step)
        if answer is None or answer[0] != "value":
            raise _Failed(_said(answer), bool(answer and answer[0] == "late"))
        if step not in self.known:
            try:
                self.known[step] = decode(answer[1], _opaque)
            except Exception as problem:  # whatever the program has sent, it is the program's failure
                raise _Failed(f"returned what can't be read: {str(problem)[:100]}") from None
        return self.known[step]


def _opaque(node: list[Any]) -> Opaque:
    if node[0] != "o":
        raise ValueError("no value is written so")
    return Opaque(str(node[2])[:80] if len(node) > 2 else "object")


def _check(check: Check, results: _Results) -> Outcome | None:
    """Return what came of a check, `None` where the program was not asked."""
    answers = [results.answer(step) for step in check.steps.values()]
    failed = any(answer is not None and answer[0] != "value" for answer in answers)
    if None in answers and not failed:
        return None
    if check.raises:
        answer = answers[0] or []
        if answer[0] == "raise" and set(check.raises) & {str(name) for name in answer[1]}:
            return Outcome("passed")
        said = "it returned" if answer[0] == "value" else _said(answer)
        wanted = " or ".join(check.raises)
        return Outcome("timeout" if answer[0] == "late" else "failed", f"{check.text}: expected {wanted}, but {said}")
    names: dict[str, Any] = dict(check.names)
    got = []
    try:
        for name, step in check.steps.items():
            value = results.value(step)
            names[name] = _as_json(value) if check.loose else value
            got.append(names[name])
    except _Failed as problem:
        return Outcome("timeout" if problem.late else "failed", f"{check.text}: {_expected(check, names)}{problem}")
    assert check.test is not None
    try:
        if evaluate(check.test, names):
            return Outcome("passed")
    except Exception as problem:  # what the comparison raises in Python, it raises here
        odd = next((one for one in got if isinstance(one, Opaque)), None)
        why = f"returned a {odd.kind}, which is no plain data" if odd else f"{type(problem).__name__}: {problem}"
        return Outcome("failed", f"{check.text}: {why[:200]}")
    values = ", ".join(shown(one) for one in got)
    return Outcome("failed", f"{check.text}: {_expected(check, names)}got {values}")


def _expected(check: Check, names: dict[str, Any]) -> str:
    """Return what was expected, where the check is a plain equation."""
    test = check.test
    if not (isinstance(test, ast.Compare) and len(test.ops) == 1 and isinstance(test.ops[0], (ast.Eq, ast.Is))):
        return ""
    for side in (test.comparators[0], test.left):
        if not any(isinstance(one, ast.Name) and one.id in check.steps for one in ast.walk(side)):
            try:
                return f"expected {shown(evaluate(side, names))}, "
            except Exception:  # whatever it is, it was said before
                return ""
    return ""


def _as_json(value: Any, depth: int = 0) -> Any:
    """Return a value with tuples as the lists that JSON would make of them."""
    if type(value) in (list, tuple):
        return [_as_json(one, depth + 1) for one in value]
    if type(value) is dict:
        return {key: _as_json(one, depth + 1) for key, one in value.items()}
    return value


def equation(names: dict[str, Any], step: int, expected: Any, text: str, case: int, alternatives: bool) -> Check:
    """Return the check that a step's result is what was expected."""
    source = "result == expected or result == alternative" if alternatives else "result == expected"
    return Check(case, _parsed(source), {**names, "expected": expected}, {"result": step}, (), text, loose=True)


def _parsed(source: str) -> ast.expr:
    statement = parse(source).body[0]
    assert isinstance(statement, ast.Expr)
    return statement.value
