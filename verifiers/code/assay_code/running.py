"""`code.runs`, `code.output` and `code.lint`: programs without tests."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from assay import PluginError, Verdict, Verifier, verifier
from assay.extract import check as check_way
from assay.extract import extract as find
from assay.sandbox import Execution
from assay_code.executing import NotCompiled, prepare, syntax_problem
from assay_code.harness import Unavailable, ended, try_program
from assay_code.inside.wire import decode
from assay_code.languages import language as spoken
from assay_code.program import program_of, syntax_error
from assay_code.sandboxes import MAX_BUDGET, Missing, bounds_of, find_sandbox

__all__ = ["lint", "output", "runs"]


@dataclass(frozen=True, slots=True)
class Run:
    """Which program is run, and how.

    Attributes:
        language: of the program.
        extract: where it stands, in the forms of `assay.extract`; by default the last fenced block of the language.
        stdin: what it reads.
        seconds: that it may take.
        memory: MiB that it may use.
        sandbox: its name, or several in order of preference; the strongest that works by default.
    """

    language: str = "python"
    extract: str | None = None
    stdin: str = ""
    seconds: float = 5.0
    memory: int = 512
    sandbox: str | None = None


@verifier(boolean=True, timeout=MAX_BUDGET + 60.0)
def runs(
    completion: str,
    *,
    run: Run = Run(),
) -> Verdict:
    """The program runs to its end without an error. What it prints is the verdict's artefact."""
    execution = _execution(completion, run)
    if isinstance(execution, Verdict):
        return execution
    return Verdict(1.0, "the program runs", details={"printed": execution.stdout[:500]}, artefact=execution.stdout)


@verifier(timeout=MAX_BUDGET + 60.0)
def output(
    completion: str,
    reference: Any,
    *,
    check: str = "math.answer",
    printed: str = "last_line",
    call: str = "",
    run: Run = Run(),
) -> Verdict:
    """The program's answer is right by another verifier: program-of-thought.

    Options:
        check: the verifier that judges the answer, with its options: `math.answer(tolerance=0.01)`.
        printed: where in the output the answer stands, in the forms of `assay.extract`.
        call: a function of the program without parameters, whose result is the answer instead of what is printed.

    The reference is the other verifier's.
    """
    judge, options = _judge(check)
    check_way(printed)
    if call:
        answer = _called(completion, call, run)
        if isinstance(answer, Verdict):
            return answer
    else:
        execution = _execution(completion, run)
        if isinstance(execution, Verdict):
            return execution
        found = find(execution.stdout, printed, lenient=True)
        if found.text is None:
            return Verdict(0.0, f"the program prints no answer: {found.reason}", artefact=execution.stdout)
        answer = found.text
    said = judge.judge({"completion": answer, "reference": reference}, options)
    details = {**said.details, "printed": answer[:500]}
    return Verdict(said.score, said.reason, said.fields, details, answer, said.status)


@verifier(boolean=True, timeout=MAX_BUDGET + 60.0)
def lint(
    completion: str, *, language: str = "python", extract: str | None = None, sandbox: str | None = None
) -> Verdict:
    """The program's syntax is right. It is never run.

    Options:
        language: of the program; python, c, cpp, javascript or bash.
        extract: where it stands, in the forms of `assay.extract`; by default the last fenced block of the language.
        sandbox: where the language's own tool reads it; Python needs none.
    """
    found = program_of(completion, extract, language)
    if found.text is None:
        return Verdict(0.0, f"no program: {found.reason}")
    try:
        if spoken(language).name == "python":
            problem = syntax_error(found.text)
        else:
            problem = syntax_problem(find_sandbox(sandbox), language, found.text)
    except (Missing, Unavailable) as problem:
        return Verdict.error(f"the sandbox can't judge: {problem}")
    return Verdict(1.0, "its syntax is right") if problem is None else Verdict(0.0, problem)


def _execution(completion: str, run: Run) -> Execution | Verdict:
    """Return the program's execution, or the verdict if it did not run to its end."""
    bounds = bounds_of(run.seconds, run.seconds, run.memory)
    found = program_of(completion, run.extract, run.language)
    if found.text is None:
        return Verdict(0.0, f"no program: {found.reason}")
    try:
        program = prepare(find_sandbox(run.sandbox), run.language, found.text)
        execution = program.run(run.stdin, run.seconds, bounds.memory)
    except NotCompiled as problem:
        return Verdict(0.0, f"the program does not compile: {problem}")
    except (Missing, Unavailable) as problem:
        return Verdict.error(f"the sandbox can't judge: {problem}")
    if execution.status == "timeout":
        return Verdict.timeout(f"the program {ended(execution, run.seconds)}")
    if execution.status != "ok":
        return Verdict(0.0, f"the program {ended(execution, run.seconds)}")
    return execution


def _called(completion: str, function: str, run: Run) -> str | Verdict:
    """Return the result of a function of the program as text, or the verdict if there is none."""
    bounds = bounds_of(run.seconds, run.seconds, run.memory)
    found = program_of(completion, run.extract, "python")
    if found.text is None:
        return Verdict(0.0, f"no program: {found.reason}")
    entries = [["step", 0, "name", function], ["step", 1, "call", ["o", 0], [], {}]]
    tests = {"module": "solution", "seconds": run.seconds, "stop": True, "entries": entries}
    try:
        trial = try_program(find_sandbox(run.sandbox), found.text, tests, bounds.limits(run.seconds + 5))
    except (Missing, Unavailable) as problem:
        return Verdict.error(f"the sandbox can't judge: {problem}")
    answer = trial.answers.get(1) or trial.answers.get(0) or trial.loaded
    if trial.late:
        return Verdict.timeout(f"{function}() {trial.end}")
    if answer is None or answer[0] != "value" or 1 not in trial.answers:
        why = trial.end or (f"raised {answer[1][0]}: {answer[2]}" if answer else "did not answer")
        return Verdict(0.0, f"{function}() {why[:200]}")
    try:
        return str(decode(answer[1], lambda node: f"a {node[2]}"))
    except Exception as problem:  # whatever the program has sent, it is the program's failure
        return Verdict(0.0, f"{function}() returned what can't be read: {str(problem)[:100]}")


@lru_cache(maxsize=64)
def _judge(check: str) -> tuple[Verifier, dict[str, Any]]:
    """Read the option `check`: a verifier's name, and its options as in a reward.

    Raises:
        ValueError: it is none, or the verifier needs more than a completion and a reference.
    """
    from assay import installed

    try:
        node = ast.parse(check, mode="eval").body
        given = {}
        if isinstance(node, ast.Call):
            given = {one.arg or "": ast.literal_eval(one.value) for one in node.keywords}
            if node.args or "" in given:
                raise ValueError("its options are given by name")
            node = node.func
        judge = installed().verifier(ast.unparse(node))
    except (SyntaxError, ValueError, PluginError) as problem:
        raise ValueError(f"the option check={check!r} names no verifier: {problem}") from None
    if unknown := given.keys() - judge.options.keys():
        raise ValueError(f"{judge.name} has no option '{min(unknown)}'; it has {', '.join(judge.options)}")
    needed = [one.name for one in judge.inputs if one.required and one.name not in ("completion", "reference")]
    if needed or judge.scope == "group" or judge.is_async:
        raise ValueError(f"{judge.name} can't judge an output: it needs more than a completion and a reference")
    options = {
        name: option.validate(given[name]) if name in given else option.default
        for name, option in judge.options.items()
    }
    return judge, options
