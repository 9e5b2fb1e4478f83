"""Every MATH reference equals rewritings of itself and differs from corruptions; all are made by rule, none by hand."""

from __future__ import annotations

import json
import re
from fractions import Fraction

import pytest

from assay.extract import extract
from assay_math import answer

NUMBER = re.compile(r"-?\d+")
FRACTION = re.compile(r"(-?)\\[dt]?frac\{(\d+)\}\{(\d+)\}")
LIST = re.compile(r"[^()\[\]{}]+(?:,[^()\[\]{}]+)+")
WORD = re.compile(r"(?:\\text(?:bf)?\{)?\(?[A-Za-z]{2,}\)?\}?")
OPENERS = ("(", "[", r"\left(", r"\left[", r"\left (")


def rewritings(text):
    """Yield (what was done, the text written otherwise): equal to the text by the rule that made it."""
    yield "dollars", f"${text}$"
    yield "a full stop", f"{text}."
    yield "thin spaces", rf"\,{text}\;"
    yield "an introduction", f"The answer is {text}"
    if r"\frac" in text:
        yield "dfrac", text.replace(r"\frac", r"\dfrac")
    if "," in text and "\\!" not in text and not re.search(r"\d,\d{3}|\{,\}", text):
        yield "spaces after commas", re.sub(r"(?<!\\),\s*", " , ", text)
    if NUMBER.fullmatch(text):
        yield "a decimal", f"{text}.0"
        yield "a fraction", rf"\frac{{{2 * int(text)}}}{{2}}"
        yield "a label", f"x = {text}"
        yield "a unit", rf"{text} \text{{ units}}"
    if (match := FRACTION.fullmatch(text)) and int(match[3]):
        value = Fraction(int(match[2]), int(match[3]))
        yield "a scaled fraction", rf"{match[1]}\frac{{{3 * int(match[2])}}}{{{3 * int(match[3])}}}"
        yield "a slash", f"{match[1]}{match[2]}/{match[3]}"
        if not any(value.denominator % prime == 0 for prime in (3, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47)):
            number = value.numerator * 10**12 / value.denominator / 10**12
            if Fraction(str(number)) == value:
                yield "the decimal", f"{match[1]}{number}"
    if LIST.fullmatch(text) and "=" not in text and not re.search(r"\d,\d{3}", text) and "\\" not in text:
        yield "another order", ",".join(reversed(text.split(",")))


def corruptions(text):
    """Yield texts that answer otherwise: by one more, with the other sign, with something added or taken away."""
    numbers = list(re.finditer(r"\d+", text))
    if numbers:
        first, last = numbers[0], numbers[-1]
        for match in {first.start(): first, last.start(): last}.values():
            if not text[: match.start()].rstrip().endswith(("_", "_{")):  # a digit is the same number in two bases
                yield f"{text[: match.start()]}{int(match[0]) + 2}{text[match.end() :]}"
        yield f"{text}, {int(last[0]) + 7}"
    if NUMBER.fullmatch(text) or FRACTION.fullmatch(text):
        yield text[1:] if text.startswith("-") else f"-{text}" if text.strip("0") else "10"
    yield rf"{text} \text{{ or }} 123457" if not WORD.fullmatch(text) else f"{text} or other"
    yield "31415927" if "31415927" not in text else "1"


@pytest.fixture(scope="module")
def references(shared):
    with (shared / "data" / "math" / "test.jsonl").open(encoding="utf-8") as lines:
        solutions = [json.loads(line)["solution"] for line in lines]
    return [extract(solution, "boxed", lenient=True).text for solution in solutions]


def test_every_reference_equals_its_rewritings(references):
    assert len(references) == 5000
    refused = []
    for text in references:
        made = list(rewritings(text))
        assert len(made) >= 3
        for rule, other in made:
            verdict = answer(f"\\boxed{{{other}}}", text)
            if verdict.score != 1:
                refused.append((rule, other, text, verdict.reason))
    assert refused == []


def test_every_reference_differs_from_its_corruptions(references):
    paid = []
    for text in references:
        made = list(dict.fromkeys(corruptions(text)))
        assert len(made) >= 2
        for other in made:
            verdict = answer(f"\\boxed{{{other}}}", text)
            if verdict.score != 0 or verdict.status != "scored":
                paid.append((other, text, verdict.reason))
    assert paid == []
