"""Reads shapes out of text: JSON, box and location tokens, WKT, number lists. The final answer alone is looked at."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from assay.extract import Extraction, check
from assay.extract import extract as find
from assay_grounding.records import collect
from assay_grounding.shapes import MAX_SHAPES, Kind, Shapes
from assay_grounding.times import spans_in

__all__ = ["NUMBER", "WHERE", "Where", "read_answer", "read_reference", "read_text", "says_none"]

#: Where an answer is looked for, unless the reward says otherwise.
WHERE = "tag:answer|whole"
#: Characters of an answer that are read; no honest answer comes near.
MAX_LENGTH = 2_000_000

# Every repetition is possessive, so that no text takes more than linear time.
NUMBER = r"[-+\u2212]?(?:\d++(?:\.\d*+)?(?:[eE][-+]?\d++)?|\.\d++(?:[eE][-+]?\d++)?|nan\b|inf(?:inity)?\b)"
_NUMBER = re.compile(NUMBER, re.IGNORECASE)
_GAP = r"(?:\s*+[,;]\s*+|\s++)"
_LIST = re.compile(rf"[\[(]\s*+({NUMBER}(?:{_GAP}{NUMBER})*+)\s*+,?\s*+[\])]", re.IGNORECASE)
_BARE = re.compile(rf"\s*+{NUMBER}(?:{_GAP}{NUMBER})*+\s*+[.]?\s*+", re.IGNORECASE)
_FENCE = re.compile(r"```[\w-]*+[ \t]*+\n?(.*?)```", re.DOTALL)
_LOCATED = re.compile(r"((?:<loc_?\d{1,4}>\s*+)++)([^<;\n]*+)")
_LOCATION = re.compile(r"<loc(_?)(\d{1,4})>")
_BOXED = re.compile(
    r"(?:(?:<ref>|<\|object_ref_start\|>)([^<]*+)(?:</ref>|<\|object_ref_end\|>)\s*+)?"
    r"(?:<box>|<\|box_start\|>)([^<]*+)(?:</box>|<\|box_end\|>)"
)
_POINTED = re.compile(r"<points?\b([^<>]*+)>([^<]*+)(?:</points?>)?")
_ATTRIBUTE = re.compile(rf"\b([xy])(\d*+)\s*+=\s*+[\"']?({NUMBER})", re.IGNORECASE)
_WKT = re.compile(r"\b(MULTI)?(POLYGON|POINT)\s*+(?:Z\s*+)?(?=\()", re.IGNORECASE)
_PARENTHESIS = re.compile(r"[()]")
_NONE = re.compile(
    r"(?:\[\s*\]|\{\s*\}|null|nil|n/?a|none|nothing|"
    r"(?:there (?:is|are) )?(?:none of (?:them|these|those|the above|the candidates)|"
    r"no(?:ne)? (?:such )?(?:match|match(?:es|ing)|object|box|target|instance|person|candidate)(?:e?s)?"
    r"(?: (?:found|present|match(?:es)?|boxes|objects?))?))\s*[.!]?",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Where:
    """Where a completion's answer stands.

    Attributes:
        extract: where the completion's answer stands, in the forms of `assay.extract`.
        lenient: let the last of several different answers win.

    Raises:
        ValueError: `extract` says nothing about where to look.
    """

    extract: str = WHERE
    lenient: bool = False

    def __post_init__(self) -> None:
        check(self.extract)

    def find(self, completion: str) -> Extraction:
        """Return the text of the final answer."""
        return find(completion, self.extract, lenient=self.lenient)


def read_answer(completion: str, where: Where, kind: Kind) -> Shapes:
    """Return the shapes of a completion's final answer."""
    found = where.find(completion)
    if found.text is None:
        return Shapes(problem=f"no answer: {found.reason}")
    if len(found.text) > MAX_LENGTH:
        return Shapes(problem=f"the answer has {len(found.text):,} characters")
    shapes = read_text(found.text, kind)
    if len(shapes) > MAX_SHAPES:
        return Shapes(problem=f"the answer holds more than {MAX_SHAPES:,} shapes")
    return shapes


def read_reference(reference: Any, kind: Kind) -> Shapes:
    """Return the shapes of a reference: plain data, or a text in any notation that an answer may have.

    An empty list says that there is nothing to be found.
    """
    if isinstance(reference, (bytes, bytearray)):
        return Shapes(problem="the reference is bytes")
    if isinstance(reference, str):
        found = find(reference, WHERE, lenient=True)
        return read_text(found.text or "", kind)
    shapes = Shapes()
    collect(reference, kind, shapes)
    if not shapes:
        if isinstance(reference, (Sequence, Mapping)) and not reference:
            shapes.none = True
        else:
            shapes.problem = f"there is no {kind} in it"
    return shapes


def read_text(text: str, kind: Kind) -> Shapes:
    """Return the shapes that a text holds, by the first notation that it uses."""
    for read in (_tokens, _json, _wkt, _lists):
        shapes = read(text, kind)
        if shapes.values or shapes.none:
            return shapes
    if says_none(text):
        return Shapes(none=True)
    return Shapes(problem=f"there is no {kind} in the answer: {text[:60]!r}")


def says_none(text: str) -> bool:
    """Whether a text says, and says nothing else than, that there is nothing.

    >>> says_none("None of them."), says_none("[]"), says_none("none is bigger than [1, 2]")
    (True, True, False)
    """
    stripped = text.strip(" \n\t\"'`")
    return len(stripped) < 60 and _NONE.fullmatch(stripped) is not None


def _numbers(text: str) -> list[float]:
    return [float(one.replace("\u2212", "-")) for one in _NUMBER.findall(text)]


def _chunks(numbers: list[float], size: int) -> Iterator[list[float]]:
    """Numbers in shapes of `size`; none at all where they don't come out even."""
    if numbers and len(numbers) % size == 0:
        for start in range(0, len(numbers), size):
            yield numbers[start : start + size]


def _tokens(text: str, kind: Kind) -> Shapes:
    """`<box>`, `<|box_start|>`, `<loc0123>`, `<point>`."""
    shapes = Shapes()
    if "<" not in text:
        return shapes
    size = 2 if kind == "point" else 4
    if "<loc" in text and kind != "span":
        shapes.own = "0..1"
        before = 0
        for match in _LOCATED.finditer(text):
            places = _LOCATION.findall(match[1])
            florence = bool(places[0][0])
            label = match[2].strip() or None
            if florence:  # Florence-2 names what it locates before the tokens, PaliGemma after them
                label = re.split(r"[<>\n;]", text[before : match.start()])[-1].strip() or None
            before = match.start(2) if florence else match.end()
            for chunk in _chunks([float(value) for _, value in places], size):
                shapes.add(_located(chunk, florence), label)
    elif ("<box>" in text or "<|box_start|>" in text) and kind in ("box", "polygon", "mask"):
        for match in _BOXED.finditer(text):
            for chunk in _chunks(_numbers(match[2]), size):
                shapes.add(chunk, (match[1] or "").strip() or None)
    elif "<point" in text and kind == "point":
        for match in _POINTED.finditer(text):
            attributes = _ATTRIBUTE.findall(match[1])
            numbers = [float(value.replace("\u2212", "-")) for _, _, value in attributes]
            if numbers and [axis.lower() for axis, _, _ in attributes] == ["x", "y"] * (len(numbers) // 2):
                shapes.own = "0..1"  # Molmo writes percent of the image (Deitke et al. 2024, section 2)
                numbers = [one / 100 for one in numbers]
            elif not attributes:
                numbers = _numbers(match[2])
            for chunk in _chunks(numbers, 2):
                shapes.add(chunk, match[2].strip() or None if attributes else None)
    return shapes


def _located(bins: list[float], florence: bool) -> list[float]:
    """Turn location tokens into 0..1.

    PaliGemma writes y before x, in 1024 bins, by their lower edges (Beyer et al. 2024, section 3.2.1); Florence-2 x
    before y, in 1000 bins, by their middles (Xiao et al. 2023, section 3).
    """
    if florence:
        return [(one + 0.5) / 1000 for one in bins]
    swapped = [bins[1], bins[0], bins[3], bins[2]] if len(bins) == 4 else bins[::-1]
    return [one / 1024 for one in swapped]


def _json(text: str, kind: Kind) -> Shapes:
    """JSON in the last fenced block, as a whole, or from the first bracket to the last."""
    if "{" not in text and "[" not in text and text.strip() != "null":
        return Shapes()
    fenced = _FENCE.findall(text)[-1:]
    first = min((place for place in (text.find("{"), text.find("[")) if place >= 0), default=-1)
    last = max(text.rfind("}"), text.rfind("]"))
    candidates = [*fenced, text, text[first : last + 1] if 0 <= first < last else ""]
    # Python's way of quoting, as models write it that were asked for a list of dictionaries.
    candidates += [one.replace("'", '"') for one in candidates if "'" in one and '"' not in one]
    for candidate in candidates:
        try:
            value = json.loads(candidate)
        except (ValueError, RecursionError):
            continue
        shapes = Shapes()
        if isinstance(value, str):
            continue
        collect(value, kind, shapes)
        if not shapes and (value is None or value in ([], {})):
            shapes.none = True
        if shapes or shapes.none:
            return shapes
    return Shapes()


def _wkt(text: str, kind: Kind) -> Shapes:
    """`POINT (x y)`, `POLYGON ((x y, ...), (hole))` and their MULTI forms."""
    shapes = Shapes()
    if kind not in ("point", "polygon", "mask"):
        return shapes
    place = 0
    while (match := _WKT.search(text, place)) is not None:
        body = _parenthesised(text, match.end())
        if not body:
            break
        place = match.end() + len(body)
        is_point = match[2].upper() == "POINT"
        if is_point and kind == "point":
            for chunk in _chunks(_numbers(body), 2):
                shapes.add(chunk)
        elif not is_point and kind != "point":
            for part in re.split(r"\)\s*+\)\s*+,\s*+\(\s*+\(", body):
                rings = [_numbers(ring) for ring in re.split(r"\)\s*+,\s*+\(", part)]
                if all(len(ring) >= 6 and len(ring) % 2 == 0 for ring in rings):
                    shapes.add(rings)
    return shapes


def _parenthesised(text: str, start: int) -> str:
    """Return what stands from an opening parenthesis to its closing one, nothing where it is never closed."""
    depth = 0
    for match in _PARENTHESIS.finditer(text, start):
        depth += 1 if match[0] == "(" else -1
        if depth == 0:
            return text[start : match.end()]
    return ""


def _lists(text: str, kind: Kind) -> Shapes:
    """Numbers in brackets or parentheses, or an answer that is numbers and nothing else."""
    shapes = Shapes()
    if kind == "span":
        for span in spans_in(text):
            shapes.add(span)
        return shapes
    lists = [_numbers(match[1]) for match in _LIST.finditer(text)]
    if not lists and _BARE.fullmatch(text):
        lists = [_numbers(text)]
    data: Any = lists
    if kind == "box" and lists and all(len(one) == 2 for one in lists) and len(lists) % 2 == 0:
        data = [lists[i] + lists[i + 1] for i in range(0, len(lists), 2)]  # (x1,y1),(x2,y2)
    elif lists and len(lists) == 1:
        data = lists[0]
    collect(data, kind, shapes)
    return shapes
