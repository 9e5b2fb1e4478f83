"""How programs of each language are checked, compiled and run: by argument vectors and files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["LANGUAGES", "Language", "language"]


@dataclass(frozen=True, slots=True)
class Language:
    """One language.

    Attributes:
        name: as a fenced block is labelled.
        file: the name of the source file.
        run: the command; none for Python, whose interpreter is the sandbox's own.
        compile: a command that makes `product` of the source.
        product: the file that `run` needs beside, or instead of, the source.
        check: a command that only reads the source, and fails where its syntax is wrong.
    """

    name: str
    file: str
    run: tuple[str, ...] = ()
    compile: tuple[str, ...] = ()
    product: str = ""
    check: tuple[str, ...] = ()


# A file that comes out of one execution and goes into the next has lost its permission to be executed.
_NATIVE = ("/bin/sh", "-c", "chmod +x program && exec ./program")
_SWIPL = ("swipl", "-q", "-g", "main", "-t", "halt(1)", "program.pl")

LANGUAGES: Mapping[str, Language] = {
    one.name: one
    for one in (
        Language("python", "solution.py"),
        Language(
            "c", "program.c", _NATIVE, ("gcc", "-O2", "-o", "program", "program.c", "-lm"), "program",
            ("gcc", "-fsyntax-only", "program.c"),
        ),
        Language(
            "cpp", "program.cpp", _NATIVE, ("g++", "-O2", "-o", "program", "program.cpp"), "program",
            ("g++", "-fsyntax-only", "program.cpp"),
        ),
        Language("javascript", "program.js", ("node", "program.js"), check=("node", "--check", "program.js")),
        Language("bash", "program.sh", ("bash", "program.sh"), check=("bash", "-n", "program.sh")),
        Language("prolog", "program.pl", _SWIPL),
    )
}  # fmt: skip
_ALIASES = {"py": "python", "python3": "python", "js": "javascript", "node": "javascript", "c++": "cpp", "cc": "cpp"}


def language(name: str) -> Language:
    """Return the language of a name.

    Raises:
        ValueError: there is none.
    """
    found = LANGUAGES.get(_ALIASES.get(name.lower(), name.lower()))
    if found is None:
        raise ValueError(f"the language '{name}' is not known; there are {', '.join(LANGUAGES)}")
    return found
