"""Runs whole programs of any language: input in, output out."""

from __future__ import annotations

from collections.abc import Mapping

from assay.sandbox import Execution, Limits, Program, Sandbox
from assay_code.harness import Unavailable, ended
from assay_code.languages import language

__all__ = ["NotCompiled", "Ready", "prepare", "syntax_problem"]

#: Seconds and bytes for a compiler.
_COMPILER = Limits(wall=60.0, memory=2 << 30, output=16 << 20)
#: JavaScript's engine reserves address space far beyond what it uses.
_NODE_MEMORY = 4 << 30


#: Sandboxes and the tools that were found there.
_present: set[tuple[str, str]] = set()


class NotCompiled(Exception):
    """The compiler refuses the program; the message is what it says."""


class Ready:
    """A program that can be run many times.

    Args:
        box: where.
        name: its language.
        source: its text.
        files: what its command needs.
    """

    def __init__(self, box: Sandbox, name: str, source: str, files: Mapping[str, bytes]) -> None:
        self.box, self.language, self.source, self.files = box, language(name), source, files

    def run(self, stdin: str, seconds: float, memory: int) -> Execution:
        """Run it once.

        Raises:
            Unavailable: the sandbox could not.
        """
        data = stdin.encode("utf-8", "surrogatepass")
        if self.language.run:
            if self.language.name == "javascript":
                memory = max(memory, _NODE_MEMORY)
            program = Program(argv=self.language.run, stdin=data, files=self.files)
        else:
            program = Program(source=self.source, stdin=data)
        execution = self.box.run(program, Limits(wall=seconds, memory=memory, output=8 << 20))
        if execution.status == "unavailable":
            raise Unavailable(execution.reason)
        return execution


def prepare(box: Sandbox, name: str, source: str) -> Ready:
    """Compile a program, where its language wants it.

    Raises:
        NotCompiled: the compiler refuses it.
        Unavailable: the sandbox could not run the compiler.
    """
    spoken = language(name)
    files = {spoken.file: source.encode("utf-8", "surrogatepass")}
    if spoken.compile:
        execution = _tool(box, Program(argv=spoken.compile, files=files, collect=(spoken.product,)))
        if execution.status != "ok" or spoken.product not in execution.files:
            raise NotCompiled(_complaint(execution))
        files = {spoken.product: execution.files[spoken.product]}
    if spoken.run:
        _require(box, spoken.run[0])
    return Ready(box, name, source, files)


def syntax_problem(box: Sandbox, name: str, source: str) -> str | None:
    """Return what a language's own tool says against a program's syntax; it is read and never run.

    Raises:
        Unavailable: the sandbox could not run the tool.
        ValueError: the language has none.
    """
    spoken = language(name)
    if not spoken.check:
        raise ValueError(f"there is no tool that only checks the syntax of {spoken.name}")
    files = {spoken.file: source.encode("utf-8", "surrogatepass")}
    execution = _tool(box, Program(argv=spoken.check, files=files))
    return None if execution.status == "ok" else _complaint(execution)


def _tool(box: Sandbox, program: Program) -> Execution:
    _require(box, program.argv[0])
    node = program.argv[0] == "node"
    execution = box.run(program, Limits(60.0, memory=_NODE_MEMORY) if node else _COMPILER)
    if execution.status == "unavailable":
        raise Unavailable(execution.reason)
    return execution


def _require(box: Sandbox, tool: str) -> None:
    """Look whether the sandbox has a tool, once; a program can end with any exit code, so that tells nothing.

    Raises:
        Unavailable: it has not.
    """
    if (box.name, tool) not in _present:
        execution = box.run(Program(argv=("/bin/sh", "-c", f"command -v {tool}")), Limits(10.0))
        if execution.status == "unavailable":
            raise Unavailable(execution.reason)
        if execution.status != "ok":
            raise Unavailable(f"{tool} is not installed in the sandbox {box.name}")
        _present.add((box.name, tool))


def _complaint(execution: Execution) -> str:
    if execution.status != "nonzero":
        return ended(execution, execution.seconds)
    lines = execution.stderr.strip().splitlines()
    said = next((line for line in lines if "error" in line.lower()), lines[0] if lines else "it says nothing")
    return said.strip()[:300]
