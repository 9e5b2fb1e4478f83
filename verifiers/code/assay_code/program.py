"""Finds the program in a completion."""

from __future__ import annotations

import warnings

from assay.extract import Extraction, final_part
from assay.extract import extract as find
from assay_code.languages import language

__all__ = ["MAX_SOURCE", "joined", "program_of", "syntax_error"]

#: Characters of a program.
MAX_SOURCE = 200_000


def program_of(completion: str, extract: str | None, name: str) -> Extraction:
    """Return the program.

    Args:
        completion: what the model wrote.
        extract: where the program stands, in the forms of `assay.extract`; `None` for the last fenced block of the
            language, or the last without a label, or the whole text if it has no fence.
        name: the language.

    Raises:
        ValueError: `extract` is no way to find it, or the language is not known.
    """
    wanted = language(name).name
    if extract is not None:
        found = find(completion, extract)
    else:
        found = find(completion, f"fence:{wanted}|fence")
        if not found.found:
            # Not through `extract`, which cuts the blanks before the first line: they may be indentation.
            text = final_part(completion)
            if text.strip() and "```" not in text:
                found = Extraction(text, "the whole text")
    if found.text is not None and len(found.text) > MAX_SOURCE:
        return Extraction(None, f"the program has {len(found.text):,} characters")
    return found


def joined(prefix: str, program: str) -> str:
    """Return a program after the code that it goes on from, as in HumanEval.

    A body whose first line has lost its indentation gets it back.
    """
    if not prefix:
        return program
    glue = "" if prefix.endswith("\n") else "\n"
    whole = prefix + glue + program
    if syntax_error(whole) is not None:
        for indented in ("    " + program, "\n".join("    " + line for line in program.split("\n"))):
            if syntax_error(prefix + glue + indented) is None:
                return prefix + glue + indented
    return whole


def syntax_error(source: str) -> str | None:
    """Return what is wrong with a Python source, `None` if it can be compiled. Nothing of it runs."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(source, "<program>", "exec", dont_inherit=True)
    except SyntaxError as problem:
        return f"line {problem.lineno}: {problem.msg}"
    except (ValueError, RecursionError, MemoryError) as problem:
        return str(problem) or "it is nested too deeply"
    return None
