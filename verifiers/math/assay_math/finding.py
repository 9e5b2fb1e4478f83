r"""Where the answer of a completion stands: boxes by what they mean, then the other places of `assay.extract`."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from assay.extract import check, extract, final_part

__all__ = ["Box", "Found", "boxes", "find", "side_by_side"]

#: Boxes of one completion that are looked at; the last ones.
MAX_BOXES = 40

_OPENED = re.compile(r"\\(?:boxed|fbox)[ \t\n]*\{")
_BRACE = re.compile(r"\\.|[{}]", re.DOTALL)
# A box with nothing in it, as questions have them for the reader to fill.
_PLACEHOLDER = re.compile(
    r"(?:\s|~|\?|_|\.|\$|\{\}|\\[,;:!_ ]|\\q?quad|\\[hv]?phantom\s*\{[^{}]*\}|\\(?:ldots|dots|cdots|square|Box)"
    r"|\\hspace\*?\s*\{[^{}]*\}|\\text\s*\{[\s?_.]*\}|\\)*"
)
# What stands between boxes that are one answer of several parts.
_BETWEEN = re.compile(r"(?:[\s,;$.]|\\[,;()\[\] ]|\\q?quad|\\text\s*\{\s*(?:and|or)\s*\}|and|or)*")
# The letter of a part before its box.
_LETTERED = re.compile(r"(?:\(?\b([a-h]|i{1,3}|iv|[1-8])\)|\b[Pp]art\s+\(?([a-hA-H]|[1-8])\)?)[^()\n]{0,60}$")
_PERCENT = re.compile(r"\s*\$?\s*(?:\\?%|percent(?:age)?\b|per cent\b|pct\b)")


@dataclass(frozen=True, slots=True)
class Box:
    """What stands in a box, and where the box begins and ends in its text."""

    content: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Found:
    """A completion's answer, `None` where it has none or more than one, and why."""

    text: str | None
    reason: str


def find(completion: str, where: str, *, lenient: bool, same: Callable[[str, str], bool]) -> Found:
    """Return the answer of a completion.

    Args:
        completion: the text.
        where: the places in which it may stand, in the forms of `assay.extract`.
        lenient: let the last of several different answers win.
        same: whether two answers are one by what they mean.

    Raises:
        ValueError: `where` is none of the forms.
    """
    check(where)
    first, _, rest = where.partition("|")
    if first == "boxed" and (found := boxes(final_part(completion))):
        filled = [box for box in found if _PLACEHOLDER.fullmatch(box.content) is None]
        if filled:
            return _boxed(final_part(completion), filled, lenient, same)
        if not rest:
            return Found(None, "its box is empty")
        completion, where = _without(final_part(completion), found), rest
    result = extract(completion, where, lenient=lenient)
    return Found(result.text, result.reason)


def boxes(text: str) -> list[Box]:
    r"""Return the outermost boxes of a text in order; none where one is never closed. Takes time linear in the text.

    >>> [box.content for box in boxes(r"\boxed{1} and \boxed{\frac{1}{2}}")]
    ['1', '\\frac{1}{2}']
    """
    found: list[Box] = []
    opened = _OPENED.search(text)
    while opened is not None:
        depth, end = 1, None
        for brace in _BRACE.finditer(text, opened.end()):
            depth += {"{": 1, "}": -1}.get(brace[0], 0)
            if depth == 0:
                end = brace
                break
        if end is None:
            return []
        # Tabs stay: one may be what an escape has made of a LaTeX command.
        content = _unwrapped(text[opened.end() : end.start()].strip(" \n"))
        found.append(Box(content, opened.start(), end.end()))
        opened = _OPENED.search(text, end.end())
    return found


def _unwrapped(content: str) -> str:
    """Return what a box in a box holds; the content itself where there is more beside the inner one."""
    match = _OPENED.match(content)
    if match is None or not content.endswith("}") or content.count("{") != content.count("}"):
        return content
    inner = content[match.end() : -1]
    return content if "\\boxed" in inner or _unbalanced(inner) else inner


def _unbalanced(text: str) -> bool:
    depth = 0
    for brace in _BRACE.finditer(text):
        depth += {"{": 1, "}": -1}.get(brace[0], 0)
        if depth < 0:
            return True
    return depth != 0


def side_by_side(text: str, found: list[Box]) -> str | None:
    """Return the contents of boxes at the end with only `and` and commas between them, `None` if there are none."""
    last = len(found)
    first = last - 1
    while first > 0 and _BETWEEN.fullmatch(text[found[first - 1].end : found[first].start]):
        first -= 1
    contents = [box.content for box in found[first:]]
    return ", ".join(contents) if len(set(contents)) > 1 else None


def _boxed(text: str, found: list[Box], lenient: bool, same: Callable[[str, str], bool]) -> Found:
    last = found[-1]
    content = last.content
    if _PERCENT.match(text, last.end) and not content.rstrip().endswith("%"):
        content = f"{content}\\%"
    if len(found) == 1:
        return Found(content, "found by boxed")
    different = _different(found, content, same)
    if different is None:
        return Found(content, "found by boxed")
    if (several := side_by_side(text, found)) is not None:
        return Found(several, "found by boxed")
    if (parts := _parts(text, found)) is not None:
        return Found(parts, "found by boxed, part by part")
    if lenient:
        return Found(content, "found by boxed")
    return Found(None, f"there are different answers: {_short(different)} and {_short(content)}")


def _different(found: list[Box], content: str, same: Callable[[str, str], bool]) -> str | None:
    """Return a box that means something else than the last, `None` if all mean the same."""
    others = [box.content for box in found[-MAX_BOXES:-1] if box.content != found[-1].content]
    return next((one for one in dict.fromkeys(others) if not same(one, content)), None)


def _parts(text: str, found: list[Box]) -> str | None:
    """Return the answers of lettered parts as a list, `None` where the boxes are none."""
    position, letters = 0, []
    for box in found:
        match = _LETTERED.search(text, max(position, box.start - 80), box.start)
        if match is None:
            return None
        letters.append((match[1] or match[2]).lower())
        position = box.end
    return ", ".join(box.content for box in found) if len(set(letters)) == len(letters) else None


def _without(text: str, found: list[Box]) -> str:
    kept, position = [], 0
    for box in found:
        kept.append(text[position : box.start])
        position = box.end
    return " ".join((*kept, text[position:]))


def _short(text: str) -> str:
    return repr(text if len(text) <= 40 else text[:37] + "...")
