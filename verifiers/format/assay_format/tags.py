"""Tags: `format.tags` for a whole layout, `format.tag_count` for partial credit by marks."""

from __future__ import annotations

import re
from collections import Counter
from functools import lru_cache
from itertools import pairwise
from typing import Literal

from assay import Verdict, verifier

__all__ = ["tag_count", "tags"]


@verifier(boolean={"credit": "all"}, bounded=True)
def tags(
    completion: str,
    *,
    tags: list[str],
    outside: bool = False,
    empty: bool = False,
    credit: Literal["all", "fraction", "span"] = "all",
) -> Verdict:
    """Each tag stands exactly once, in order, side by side, and nothing stands outside of them.

    A name given twice must stand twice. Tags are matched to the letter: `<Think>` and `<think class="x">` are text.

    Options:
        tags: the names in order, as in `["think", "answer"]`.
        outside: allow text before, between and after the tags.
        empty: allow tags that hold nothing but blanks.
        credit: `all` scores 1 only for the whole layout; `fraction` gives an equal share for each tag that stands as
            often as it should and holds something, one for the order and one for having nothing outside; `span` is the
            share of the text, blanks apart, that stands in well-formed tags.
    """
    if not tags:
        raise ValueError("format.tags needs at least one tag")
    marks = [
        (match[2], bool(match[1]), match.start(), match.end()) for match in _marks(tuple(tags)).finditer(completion)
    ]
    reason = _first_problem(completion, tags, marks, outside, empty)
    if credit == "all":
        return Verdict(float(not reason), reason or "every tag in its place")
    if credit == "span":
        return _span(completion, tags, marks, reason)
    opened, closed = Counter(m[0] for m in marks if not m[1]), Counter(m[0] for m in marks if m[1])
    wanted = Counter(tags)
    held = {name: all(content.strip() for content in _contents(completion, name, marks)) for name in wanted}
    right = sum(opened[name] == closed[name] == wanted[name] and (empty or held[name]) for name in tags)
    in_order = [m[:2] for m in marks] == [(name, closing) for name in tags for closing in (False, True)]
    kept = in_order and (outside or not _outside(completion, marks))
    return Verdict((right + in_order + kept) / (len(tags) + 2), reason or "every tag in its place")


@verifier(bounded=True)
def tag_count(completion: str, *, tags: list[str]) -> Verdict:
    """The share of the opening and closing marks that stand exactly once, whatever their order.

    The partial credit of Open-R1's tag count reward: a quarter for each of four marks, for any number of tags.

    Options:
        tags: the names, as in `["think", "answer"]`.
    """
    if not tags:
        raise ValueError("format.tag_count needs at least one tag")
    found = Counter(match[0] for match in _marks(tuple(tags)).finditer(completion))
    wanted = [mark for name in dict.fromkeys(tags) for mark in (f"<{name}>", f"</{name}>")]
    wrong = [f"{mark} stands {_times(found[mark])}" for mark in wanted if found[mark] != 1]
    return Verdict(1 - len(wrong) / len(wanted), ", ".join(wrong[:4]) or "every mark once")


_Mark = tuple[str, bool, int, int]  # name, whether it closes, start, end


@lru_cache(maxsize=256)
def _marks(names: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(rf"<(/?)({'|'.join(re.escape(name) for name in dict.fromkeys(names))})>")


def _first_problem(text: str, names: list[str], marks: list[_Mark], outside: bool, empty: bool) -> str:
    """Return what is wrong first, nothing if the layout is whole."""
    found, wanted = Counter((m[0], m[1]) for m in marks), Counter(names)
    for name in dict.fromkeys(names):
        for closing, mark in ((False, f"<{name}>"), (True, f"</{name}>")):
            if found[name, closing] != wanted[name]:
                times = _times(found[name, closing])
                return f"{mark} stands {times}" + (f", not {_times(wanted[name])}" if wanted[name] > 1 else "")
    if [m[:2] for m in marks] != [(name, closing) for name in names for closing in (False, True)]:
        return f"the tags are not in the order {', '.join(names)}, side by side"
    if not outside and (stray := _outside(text, marks)):
        return f"there is text outside the tags: {stray[:40]!r}"
    if not empty:
        for opening, closing_mark in zip(marks[::2], marks[1::2], strict=True):
            if not text[opening[3] : closing_mark[2]].strip():
                return f"<{opening[0]}> is empty"
    return ""


def _outside(text: str, marks: list[_Mark]) -> str:
    """Return the text outside pairs of marks that follow each other."""
    edges = [0, *(edge for mark in marks for edge in (mark[2], mark[3])), len(text)]
    # Gaps before an opening mark, and the one at the end, lie outside.
    return " ".join(part for i in range(0, len(edges), 4) if (part := text[edges[i] : edges[i + 1]].strip()))


def _contents(text: str, name: str, marks: list[_Mark]) -> list[str]:
    own = [m for m in marks if m[0] == name]
    return [text[a[3] : b[2]] for a, b in pairwise(own) if not a[1] and b[1]]


def _span(text: str, names: list[str], marks: list[_Mark], reason: str) -> Verdict:
    blank = re.compile(r"\s+")
    whole = len(blank.sub("", text))
    inside, left = 0, Counter(names)
    for a, b in pairwise(marks):
        if a[0] == b[0] and not a[1] and b[1] and left[a[0]] > 0:
            left[a[0]] -= 1
            inside += len(blank.sub("", text[a[2] : b[3]]))
    return Verdict(inside / whole if whole else 0.0, reason or "every tag in its place")


def _times(count: int) -> str:
    return {0: "nowhere", 1: "once", 2: "twice"}.get(count, f"{count} times")
