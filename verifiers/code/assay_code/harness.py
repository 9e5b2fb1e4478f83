"""Runs a program's tests in a sandbox and reads what came of them.

The code under `inside` goes there with every execution. What it reports is believed only where it carries the secret
that was sent along, and only as to what the program answered: whether that is right is decided here.
"""

from __future__ import annotations

import importlib.util
import marshal
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.resources import files
from typing import Any

from assay.sandbox import Execution, Limits, Program, Sandbox
from assay_code.inside.wire import MAX_MESSAGE, dumps, loads

__all__ = ["Trial", "Unavailable", "ended", "try_program"]

#: What an execution needs, each after what it imports; statements and files need more than steps do.
_MODULES = {
    "steps": ("wire", "host", "supervisor"),
    "script": ("wire", "host", "supervisor", "script"),
    "pytest": ("wire", "host", "supervisor", "script", "files"),
}
#: What the sandbox's Python runs. The modules come first in its standard input; what comes after them is for the
#: tests' process alone, and stays in the pipe until the program's has been forked.
_BOOT = """import marshal, os, sys
if {magic} not in (None, sys.modules["_frozen_importlib_external"].MAGIC_NUMBER):
    print("another Python")
    sys.exit(86)
parts, left = [], {size}
while left:
    parts.append(os.read(0, left))
    left -= len(parts[-1])
for name, code in marshal.loads(b"".join(parts)):
    module = type(sys)(name)
    sys.modules[name] = module
    exec(code if type(code) is not str else compile(code, name, "exec"), module.__dict__)
del parts, code
sys.modules["assay_code.inside.supervisor"].main()
"""
_OTHER = 86
#: Sandboxes whose Python is of another version than ours.
_OTHER_PYTHONS: set[str] = set()
#: Bytes of what the harness may report.
_OUTPUT = 8 * MAX_MESSAGE


class Unavailable(Exception):
    """The sandbox could not run the program; this says nothing about it."""


@dataclass(slots=True)
class Trial:
    """What the sandbox reports.

    Attributes:
        execution: the execution itself.
        loaded: what loading the program answered; `None` where it did not come so far.
        answers: by step.
        cases: failures of statements that ran inside, by case; an empty text for one that passed.
        found: names of the tests that pytest collected.
        end: why it ended before its time; an empty text if it did not.
        late: whether the program exhausted its time.
    """

    execution: Execution
    loaded: list[Any] | None = None
    answers: dict[int, list[Any]] = field(default_factory=dict)
    cases: dict[Any, str] = field(default_factory=dict)
    found: list[str] = field(default_factory=list)
    end: str = ""
    late: bool = False


def try_program(box: Sandbox, program: str, tests: dict[str, Any], limits: Limits) -> Trial:
    """Run a program's tests.

    Args:
        box: where.
        program: Python source.
        tests: what `inside.supervisor` reads, less the program and the secret.
        limits: for the whole execution, the harness included.

    Raises:
        Unavailable: the sandbox could not run it.
    """
    nonce = secrets.token_hex(16)
    sent = dumps({**tests, "program": program, "nonce": nonce}).encode()
    steps_alone = all(entry[0] == "step" for entry in tests.get("entries", ()))
    needs = "pytest" if "pytest" in tests else "steps" if steps_alone else "script"
    for compiled in (True, False):
        if compiled and box.name in _OTHER_PYTHONS:
            continue
        modules = _modules(needs, compiled)
        source = _BOOT.format(size=len(modules), magic=importlib.util.MAGIC_NUMBER if compiled else None)
        execution = box.run(Program(source=source, stdin=modules + sent), limits)
        if execution.status == "unavailable":
            raise Unavailable(execution.reason)
        if not (compiled and execution.exit_code == _OTHER and execution.stdout == "another Python\n"):
            break
        _OTHER_PYTHONS.add(box.name)
    return _read(execution, nonce, tests["seconds"])


def output_limit() -> int:
    """Bytes that an execution of the harness may print."""
    return _OUTPUT


def _read(execution: Execution, nonce: str, seconds: float) -> Trial:
    trial = Trial(execution)
    finished = False
    for line in execution.stdout.split("\n"):
        mark, _, text = line.partition(" ")
        if mark != nonce:
            continue
        try:
            kind, *rest = loads(text)
            if kind == "load" and trial.loaded is None:
                trial.loaded = _answer(rest[0], "names")
            elif kind == "step" and rest[0] not in trial.answers:
                trial.answers[rest[0]] = _answer(rest[1], "value")
            elif kind == "case":
                trial.cases[rest[0]] = trial.cases.get(rest[0]) or str(rest[1])
            elif kind == "found":
                trial.found.append(str(rest[0]))
            elif kind == "skip":
                trial.found.remove(str(rest[0]))  # the tests themselves leave it out
            elif kind in ("end", "closed", "late"):
                finished = True
                trial.end = str(rest[0]) if kind == "closed" else ""
                trial.late = kind == "late"
            elif kind == "unavailable":
                raise Unavailable(str(rest[0]))
            else:
                raise ValueError("it is said twice")
        except (ValueError, TypeError, IndexError, RecursionError):
            trial.end = "what the sandbox reports can't be read"
            return trial
    if trial.late:
        trial.end = f"timed out after {seconds:g} s"
    elif not finished:
        trial.end = ended(execution, execution.seconds)
        trial.late = execution.status == "timeout"
        if execution.status in ("ok", "nonzero") and trial.loaded is None and "Error" in execution.stderr:
            raise Unavailable(f"the harness failed: {execution.stderr.strip().splitlines()[-1][:200]}")
    return trial


def _answer(said: Any, right: str) -> list[Any]:
    """Return what the program's process answered, or a failure where it is no answer: it may have said anything."""
    match said:
        case [str(kind), _, *_] if kind == right:
            return list(said)
        case ["raise", [str(), *_] as names, str()] if all(isinstance(name, str) for name in names):
            return list(said)
    return ["ended", "wrote to the tests' own channel"]


def ended(execution: Execution, seconds: float) -> str:
    """Return a sentence for how an execution ended."""
    last: Sequence[str] = [line for line in execution.stderr.strip().splitlines() if line.strip()][-1:]
    why = f": {last[0].strip()[:200]}" if last else ""
    return {
        "ok": "the program ended before its tests did",
        "nonzero": f"exited with code {execution.exit_code}{why}",
        "timeout": f"timed out after {seconds:.3g} s",
        "memory": "ran out of memory",
        "output": "printed too much",
        "killed": f"was killed by signal {-(execution.exit_code or 0)}",
    }.get(execution.status, execution.reason)


@lru_cache(maxsize=6)
def _modules(needs: str, compiled: bool) -> bytes:
    """Return our modules as the sandbox's Python is sent them: compiled for this version of Python, or as source."""
    folder = files("assay_code.inside")
    found: list[tuple[str, Any]] = []
    for name in _MODULES[needs]:
        text = (folder / f"{name}.py").read_text(encoding="utf-8")
        code = compile(text, f"<{name}>", "exec", dont_inherit=True, optimize=2) if compiled else text
        found.append((f"assay_code.inside.{name}", code))
    return marshal.dumps(found) if compiled else marshal.dumps(found, 2)
