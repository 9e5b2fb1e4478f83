r"""Finds the final answer in a completion. Shared by all verifiers, so that all are strict in the same way.

Strict means: nothing is dug out of the reasoning, and two different final answers are no answer. `lenient=True` lets
the last of several win.

How to look is a text:

=================  =====================================================================================
`boxed`            what stands in `\boxed{...}` (or `\fbox{...}`), braces nested
`tag:answer`       what stands between `<answer>` and `</answer>`
`after:####`       what follows the marker, to the end of its line; after a marker that ends in `>`, the rest
`fence:python`     the last fenced block of that language; `fence` alone, of any
`json:a.b`         the value at a path of the JSON object that the answer is, or holds in a fence
`last_number`      the last number
`last_line`        the last line that isn't blank
`whole`            everything
`regex:PATTERN`    what a regular expression matches: its group `answer`, its first group, or all
=================  =====================================================================================

Several may be joined by `|`: the first that finds something decides, also when what it finds is ambiguous.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from assay.errors import shorten

__all__ = ["Extraction", "check", "extract", "final_part", "occurrences", "wrap"]

#: Seconds that a user's own regular expression may take on one text.
REGEX_SECONDS = 0.5

_REASONING = re.compile(r"<(/?)(?:think|thinking|reasoning)\s*>", re.IGNORECASE)
_REASONING_TAGS = ("think", "thinking", "reasoning")
_METHODS = ("boxed", "tag", "after", "fence", "json", "last_number", "last_line", "whole", "regex")
_SPLIT = re.compile(r"\|(?=(?:boxed|fence|json|last_number|last_line|whole)(?:\||$|:)|(?:tag|after|regex):)")
_BRACES = re.compile(r"\\(?:boxed|fbox)[ \t\n]*\{|\\.|[{}]", re.DOTALL)
_BARE_BOX = re.compile(r"\\boxed\s*([^\s{}\\$.,;]+)")
_NUMBER = re.compile(r"(?<![\w.])[-+\u2212]?(?:\d[\d,]*(?:\.\d+)?|\.\d+)(?:[eE][-+]?\d+)?(?:/\d+)?%?")
# What holds no answer on a line of its own: the end of a heading, the bracket before a formula.
_DECORATION = " \t*_#:$[]\\"
_NEXT_LINE = re.compile(r"[\s*_#:$\[\]\\]*\n[\s#]*([^\n]*)")
_ALIASES = {"py": "python", "python3": "python", "js": "javascript", "c++": "cpp", "sh": "bash", "shell": "bash"}


@dataclass(frozen=True, slots=True)
class Extraction:
    """What was found.

    Attributes:
        text: the answer, `None` where there is none or more than one.
        reason: a short sentence that says what was found or why nothing was.
        found: whether there was something to look at; an ambiguous answer was found, and its `text` is `None`.
    """

    text: str | None
    reason: str
    found: bool = True


_Found = tuple[list[str], str]


def extract(text: str, how: str, *, lenient: bool = False) -> Extraction:
    r"""Return the final answer of a text.

    Args:
        text: a completion.
        how: where to look; see the module's table.
        lenient: let the last of several different answers win, and look into the reasoning if there is nothing else.

    Raises:
        ValueError: `how` is none of the forms. Takes time linear in the text's length, a `regex:` apart.

    >>> extract(r"<think>\boxed{3}</think> So \boxed{4}.", "boxed").text
    '4'
    """
    final = final_part(text)
    reasons = []
    for method, argument in _read(how):
        whole_text = argument.lower() in _REASONING_TAGS if method == "tag" else argument.rstrip().endswith("think>")
        candidates, missing = _LOOK[method](text if whole_text else final, argument)
        if not candidates and lenient and not missing.startswith("a "):
            candidates, missing = _LOOK[method](text, argument)
        if not candidates and missing.startswith("a "):  # something was begun here, and broke off
            return Extraction(None, missing)
        distinct = list(dict.fromkeys(_squeeze(one) for one in candidates)) if len(candidates) > 1 else candidates
        if len(distinct) > 1 and not lenient and method not in ("fence", "last_number", "last_line"):
            shown = " and ".join(repr(shorten(one, 40)) for one in distinct[:3])
            return Extraction(None, f"there are {len(distinct)} different answers: {shown}")
        if candidates and candidates[-1].strip():
            # Tabs stay: one may be what an escape has made of a LaTeX command.
            return Extraction(candidates[-1].strip(" \n"), f"found by {method}")
        reasons.append(missing or f"the answer in {method} is empty")
    return Extraction(None, "; ".join(dict.fromkeys(reasons)), found=False)


def occurrences(text: str, how: str) -> list[str]:
    """Return all that stands where `how` looks, in order, the reasoning included.

    For verifiers that count or measure parts of a text; who judges an answer wants `extract`.

    Raises:
        ValueError: `how` is none of the forms.

    >>> occurrences("<think>a<step>1</step></think><step>2</step>", "tag:step")
    ['1', '2']
    """
    for method, argument in _read(how):
        candidates, _ = _LOOK[method](text, argument)
        if candidates:
            return candidates
    return []


def check(how: str) -> None:
    """Refuse a text that says nothing about where to look.

    Raises:
        ValueError: with a sentence that lists the forms.
    """
    _read(how)


def wrap(answer: str, how: str) -> str:
    r"""Return a completion in which `extract` finds the answer, by the first of the ways that `how` allows.

    >>> wrap("4", "tag:answer|whole")
    '<answer>4</answer>'
    """
    method, argument = _read(how)[0]
    if method == "boxed":
        return f"\\boxed{{{answer}}}"
    if method == "tag":
        return f"<{argument}>{answer}</{argument}>"
    if method == "after":
        return f"{argument} {answer}"
    if method == "fence":
        return f"```{argument}\n{answer}\n```"
    if method == "json":
        value: Any = answer
        for part in reversed(argument.split(".") if argument else []):
            value = {part: value}
        return json.dumps(value)
    return answer


def final_part(text: str) -> str:
    """Return a completion without its reasoning.

    `<think>...</think>` is cut out; after a `<think>` that is never closed everything is reasoning, and before a
    `</think>` that was never opened (the chat template opened it) everything was.
    """
    kept: list[str] = []
    depth, start = 0, 0
    for match in _REASONING.finditer(text):
        if match[1]:
            if depth == 0:
                kept.clear()
            depth = max(depth - 1, 0)
            start = match.end()
        else:
            if depth == 0:
                kept.append(text[start : match.start()])
            depth += 1
    if depth == 0:
        kept.append(text[start:])
    return "".join(kept)


@lru_cache(maxsize=256)
def _read(how: str) -> tuple[tuple[str, str], ...]:
    steps = []
    rest = how
    while rest:
        if rest.startswith("regex:"):
            step, rest = rest, ""
        else:
            split = _SPLIT.search(rest)
            step, rest = (rest[: split.start()], rest[split.end() :]) if split else (rest, "")
        method, colon, argument = step.partition(":")
        needs = method in ("tag", "after", "regex")
        if (
            method not in _METHODS
            or (needs and not argument)
            or (colon and not needs and method not in ("fence", "json"))
        ):
            raise ValueError(
                f"'{step}' is no way to find an answer; there are boxed, tag:NAME, after:MARKER, fence:LANGUAGE, "
                "json:PATH, last_number, last_line, whole and regex:PATTERN, and several joined by |"
            )
        if method == "regex":
            _compile(argument)
        steps.append((method, argument))
    if not steps:
        raise ValueError("it must say where the answer is, for example 'boxed' or 'tag:answer|last_line'")
    return tuple(steps)


def _boxed(text: str, _: str) -> _Found:
    """One pass with a stack, so that a million unclosed braces cost no more than a million others."""
    stack: list[tuple[int, int] | None] = []
    closed: list[tuple[int, int, int]] = []  # start, and the content's bounds
    last_opened = -1
    for match in _BRACES.finditer(text):
        token = match[0]
        if token == "}":
            box = stack.pop() if stack else None
            if box is not None:
                closed.append((box[0], box[1], match.start()))
        elif token == "{":
            stack.append(None)
        elif len(token) > 2:
            stack.append((match.start(), match.end()))
            last_opened = match.start()
    outer: list[tuple[int, int, int]] = []
    for whole in sorted(closed):
        if not outer or whole[0] > outer[-1][2]:
            outer.append(whole)
    if any(box is not None and box[0] >= last_opened for box in stack):
        return [], r"a \boxed{ is never closed"
    contents = [_unwrap(text[start:end]) for _, start, end in outer]
    contents += [] if contents else [match[1] for match in _BARE_BOX.finditer(text)]
    return contents, r"there is no \boxed{}"


def _unwrap(content: str) -> str:
    inner = content.strip()
    match = re.match(r"\\(?:boxed|fbox)[ \t\n]*\{", inner)
    if match and inner.endswith("}") and "\\boxed" not in inner[match.end() :] and inner.count("{") == inner.count("}"):
        return inner[match.end() : -1]
    return content


def _tag(text: str, name: str) -> _Found:
    marks = re.finditer(rf"<(/?)\s*{re.escape(name)}\s*>", text, re.IGNORECASE)
    contents: list[str] = []
    opened: int | None = None
    for mark in marks:
        if not mark[1]:
            if opened is not None:
                return [], f"a <{name}> is opened before the last one is closed"
            opened = mark.end()
        elif opened is not None:
            contents.append(text[opened : mark.start()])
            opened = None
    if opened is not None:
        return [], f"a <{name}> is never closed"
    return contents, f"there is no <{name}>"


def _after(text: str, marker: str) -> _Found:
    missing = f"there is no {marker!r}"
    if (marker.strip() or marker).lower() not in text.lower():
        return [], missing
    left = r"(?<!\w)" if marker[0].isascii() and marker[0].isalnum() else ""
    pattern = re.compile(left + re.escape(marker.strip() or marker), re.IGNORECASE)
    if marker.rstrip().endswith(">"):
        found = [match.end() for match in pattern.finditer(text)]
        return ([text[found[-1] :]], missing) if found else ([], missing)
    contents = []
    position = 0
    while (match := pattern.search(text, position)) is not None:
        end = text.find("\n", match.end())
        end = len(text) if end < 0 else end
        content = text[match.end() : end]
        if not content.strip(_DECORATION):  # the answer stands on the next line that holds something
            below = _NEXT_LINE.match(text, end)
            content, end = (below[1], below.end()) if below else ("", end)
        contents.append(content.lstrip(" \t:\uff1a"))
        position = max(end, match.end())
    return contents, missing


_TAGS_BEFORE = re.compile(r"^(?:</?[a-zA-Z][\w-]{0,40}>\s*)+(?=```|~~~)")
_TAGS_AFTER = re.compile(r"(?<=```|~~~)(?:\s*</?[a-zA-Z][\w-]{0,40}>)+$")


def _fence(text: str, language: str) -> _Found:
    """Line by line, as CommonMark has it: a block ends at a fence of its own kind that is no shorter."""
    wanted = _ALIASES.get(language.lower(), language.lower())
    blocks = []
    block: list[str] | None = None
    mark, length, named = "", 0, ""
    for line in text.split("\n"):
        bare = line.strip()
        if "<" in bare:  # a tag may stand on the line of a fence: `<answer>```sql`, and "```</answer>"
            bare = (_TAGS_BEFORE if block is None else _TAGS_AFTER).sub("", bare)
        run = len(bare) - len(bare.lstrip(bare[0])) if bare[:3] in ("```", "~~~") else 0
        if block is None:
            if run and (info := bare[run:].strip()).count("`") == 0:
                block, mark, length = [], bare[0], run
                name = info.split(maxsplit=1)[0].lower() if info else ""
                named = _ALIASES.get(name, name)
        elif run >= length and run == len(bare) and bare[0] == mark:
            if not wanted or named == wanted:
                blocks.append("\n".join(block))
            block = None
        else:
            block.append(line)
    if block is not None:
        return [], "a fenced block is never closed"
    return blocks, f"there is no fenced block{' of ' + language if language else ''}"


def _json(text: str, path: str) -> _Found:
    missing = "there is no JSON value" + (f" at '{path}'" if path else "")
    blocks, _ = _fence(text, "json")
    first, last = text.find("{"), text.rfind("}")
    for candidate in (*blocks[-1:], text.strip(), text[first : last + 1] if 0 <= first < last else ""):
        try:
            value: Any = json.loads(candidate)
        except (ValueError, RecursionError):
            continue
        for part in path.split(".") if path else ():
            if isinstance(value, dict):
                value = value.get(part)
            elif isinstance(value, list) and part.isdecimal() and int(part) < len(value):
                value = value[int(part)]
            else:
                value = None
        if value is None:
            return [], missing
        return [value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)], ""
    return [], missing


def _last_number(text: str, _: str) -> _Found:
    numbers = _NUMBER.findall(text)
    return [numbers[-1].rstrip(",")] if numbers else [], "there is no number"


def _last_line(text: str, _: str) -> _Found:
    return text.rstrip().splitlines()[-1:], "there is no text after the reasoning"


def _whole(text: str, _: str) -> _Found:
    return [text], "there is no text after the reasoning"


def _regex(text: str, pattern: str) -> _Found:
    compiled = _compile(pattern)
    group: str | int = "answer" if "answer" in compiled.groupindex else min(compiled.groups, 1)
    try:
        found = [match[group] or "" for match in compiled.finditer(text, timeout=REGEX_SECONDS)]
    except TimeoutError:
        return [], f"the regular expression took more than {REGEX_SECONDS:g} s"
    return found, "the regular expression matches nothing"


@lru_cache(maxsize=256)
def _compile(pattern: str) -> Any:
    # `regex`, not `re`: it can be given a deadline, from any thread.
    import regex

    try:
        return regex.compile(pattern, regex.DOTALL | regex.MULTILINE)
    except regex.error as problem:
        raise ValueError(f"'{shorten(pattern, 40)}' is not a regular expression: {problem}") from None


_LOOK: dict[str, Callable[[str, str], _Found]] = {
    "boxed": _boxed,
    "tag": _tag,
    "after": _after,
    "fence": _fence,
    "json": _json,
    "last_number": _last_number,
    "last_line": _last_line,
    "whole": _whole,
    "regex": _regex,
}


def _squeeze(text: str) -> str:
    return "".join(text.split()).rstrip(".")
