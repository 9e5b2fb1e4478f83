r"""Answers that are words rather than mathematics: yes and no, no solution, spelled numbers, dates, times, choices."""

from __future__ import annotations

import re
from fractions import Fraction

from assay_math.tree import (
    Bracketed,
    Clock,
    Date,
    Family,
    Node,
    Number,
    Product,
    Quantity,
    Sum,
    Symbol,
    Words,
)
from assay_math.units import MAGNITUDES

__all__ = ["phrase", "plain_text", "words_of"]

_WORD_LIMIT = 300
_FONTS = re.compile(
    r"\\(?:text|textbf|textit|mathrm|mbox|operatorname|textrm|textnormal|mathbf|mathit|emph)(?![a-zA-Z])"
)

# What a phrase can't do without: a word, or digits as a date has them.
_WORDS = re.compile(r"(?:^|[^\\a-zA-Z])[a-zA-Z]{2}|\\(?:text|math|oper|mbox|emph)|\d[/-]\d|:\d\d")

_YES = {"yes", "true", "correct"}
_NO = {"no", "false", "incorrect"}
_EMPTY = re.compile(
    r"(?:there (?:is|are) )?(?:no|zero) (?:(?:such|real|integer|possible|positive|valid|rational|complex) )*"
    r"(?:solutions?|roots?|values?|integers?|numbers?)(?: exists?)?|(?:the )?empty set|null set"
)
_NOTHING = {"none", "none exist", "impossible", "not possible", "it is impossible", "this is impossible"}
_UNDEFINED = {"undefined", "does not exist", "dne", "doesn't exist", "not defined"}
_LIMITLESS = re.compile(
    r"(?:(?:the|this) )?(?:(?:it|series|sequence|integral|limit) )?(?:is )?(?:diverge(?:s|nt)?|does(?: not|n't) converge)"
)
_CONVERGES = re.compile(r"(?:(?:the|this) )?(?:(?:it|series|sequence|integral|limit) )?(?:is )?converge(?:s|nt)?")
_PARITY = re.compile(r"(?:the set of )?(?:(?:all|any|every) )?(?:the )?(odd|even) (?:integers?|numbers?)")
_MULTIPLES = re.compile(r"(?:the set of )?(?:(?:all|any|every) )?(?:the )?(?:integer )?multiples? of (\d{1,9})")
_ENDLESS = {
    "infinitely many",
    "infinitely many solutions",
    "infinite solutions",
    "infinite number of solutions",
    "there are infinitely many",
}
_REALS = re.compile(
    r"(?:for )?(?:all|any|every)(?: real)? x|(?:the set of )?(?:all )?(?:the )?(?:real numbers|reals)|(?:any|every) real number"
)
_WHOLE = re.compile(
    r"(?:the set of )?(?:all|any|every)(?: the)? (?:(positive|natural|nonnegative|non-negative) )?(?:integers?|numbers?)"
)

_MONTHS = {
    name: index
    for index, names in enumerate(
        "january jan|february feb|march mar|april apr|may|june jun|july jul|august aug|september sept sep|october oct|november nov|december dec".split("|"), 1
    )
    for name in names.split()
}  # fmt: skip
_MONTH = "|".join(sorted(_MONTHS, key=len, reverse=True))
_WEEKDAY = r"(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day,? )?"
_DATES = [
    re.compile(rf"{_WEEKDAY}(?P<month>{_MONTH})\.? (?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?:,? (?P<year>\d{{4}}))?"),
    re.compile(
        rf"{_WEEKDAY}(?:the )?(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?: of)? (?P<month>{_MONTH})\.?(?:,? (?P<year>\d{{4}}))?"
    ),
    re.compile(rf"(?P<month>{_MONTH})\.?,? (?P<year>\d{{4}})"),
    re.compile(r"(?P<year>[12]\d{3})-(?P<month>\d{1,2})-(?P<day>\d{1,2})"),
]
_SLASHED = re.compile(r"(\d{1,2})/(\d{1,2})/([12]\d{3})")
_CLOCK = re.compile(r"(\d{1,2})(?::([0-5]\d))?(?::([0-5]\d))? ?([ap])\.? ?m\.?|(noon|midnight)")

_UNITS = {word: value for value, word in enumerate(
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen".split()
)}  # fmt: skip
_TENS = {
    word: 10 * value for value, word in enumerate("twenty thirty forty fifty sixty seventy eighty ninety".split(), 2)
}
_ORDINALS = {"first": 1, "second": 2, "third": 3, "fifth": 5, "eighth": 8, "ninth": 9, "twelfth": 12}
_PARTS = {
    "half": 2,
    "third": 3,
    "quarter": 4,
    "fourth": 4,
    "fifth": 5,
    "sixth": 6,
    "seventh": 7,
    "eighth": 8,
    "ninth": 9,
    "tenth": 10,
}

# Words after a number that take it back: `eighteen or so`, `two at least`.
_DOUBT = {"or", "and", "at", "to", "not", "plus", "minus", "if", "maybe"}

_CHOICE = re.compile(
    r"\(([A-Z])\)[\s:.]*(?![,;)]|and\b|or\b|\\(?:text|cup|cap|mathrm))(\S.*)|([A-Z])[).:]\s+(.+)", re.DOTALL
)
_OPTION = re.compile(r"(?:option|choice|answer choice|statement)\s*\(?([A-Z])\)?[.:]?", re.IGNORECASE)


def plain_text(cleaned: str) -> str:
    r"""Return an answer's words without the commands and braces that set them in type."""
    text = re.sub(r"[{}\s]+", " ", _FONTS.sub(" ", cleaned))
    return " ".join(text.split()).strip(" .,;:!\"'")


def phrase(cleaned: str) -> Node | None:
    """Return what a phrase means, `None` where it is no phrase that is known."""
    if len(cleaned) > _WORD_LIMIT or _WORDS.search(cleaned) is None:
        return None
    text = plain_text(cleaned)
    low = text.casefold()
    if found := (_said(low) or _day(low) or _time(low) or _spelled(low)):
        return found
    if match := _OPTION.fullmatch(text):
        return Words(match[1].upper())
    return None


def choice(cleaned: str) -> tuple[str, str] | None:
    r"""Return the letter and the content of `(B) 12`, `B. 12` or `\text{(B)}\ 12`."""
    if cleaned[0] not in "(\\" and cleaned[1:2] not in (")", ".", ":"):
        return None
    text = re.sub(_FONTS.pattern + r"\s*\{\s*(\(?[A-Z]\)?[.:]?)\s*\}", r"\1 ", cleaned)
    match = _CHOICE.fullmatch(text.strip())
    if match is None:
        return None
    return (match[1], match[2]) if match[1] else (match[3], match[4])


def _said(low: str) -> Node | None:
    head = re.match(r"(yes|no|true|false)(?:,|;|\.) ", low)
    word = head[1] if head else low
    if word in _YES or word in _NO:
        return Words("yes" if word in _YES else "no")
    if low in _NOTHING or _EMPTY.fullmatch(low):
        return Bracketed("{", (), "}")
    if _REALS.fullmatch(low):
        return Symbol("the_R")
    if (match := _WHOLE.fullmatch(low)) is not None:
        return Symbol("the_Z^+" if match[1] in ("positive", "natural") else "the_N" if match[1] else "the_Z")
    if (match := _PARITY.fullmatch(low)) is not None:
        twice = Product((Number(Fraction(2)), Symbol("k")))
        member = twice if match[1] == "even" else Sum((twice, Number(Fraction(1))))
        return Family((member,), frozenset({"k"}))
    if (match := _MULTIPLES.fullmatch(low)) is not None:
        return Family((Product((Number(Fraction(int(match[1]))), Symbol("k"))),), frozenset({"k"}))
    if low in _UNDEFINED:
        return Words("undefined")
    if _LIMITLESS.fullmatch(low) or _CONVERGES.fullmatch(low):
        return Words("convergent" if _CONVERGES.fullmatch(low) else "divergent")
    return Symbol("oo") if low in _ENDLESS else None


def _day(low: str) -> Node | None:
    for pattern in _DATES:
        if match := pattern.fullmatch(low):
            parts = match.groupdict()
            month = parts["month"]
            number = _MONTHS[month] if month in _MONTHS else int(month)
            return _date(parts.get("year"), number, parts.get("day"))
    if match := _SLASHED.fullmatch(low):
        first, second = int(match[1]), int(match[2])
        # 7/4 is July 4 where it can be; which of the two it is, the other side says (`compare`).
        month, day = (first, second) if first <= 12 else (second, first)
        return _date(match[3], month, str(day))
    return None


def _date(year: str | None, month: int, day: str | None) -> Node | None:
    if not 1 <= month <= 12 or (day is not None and not 1 <= int(day) <= 31):
        return None
    return Date(None if year is None else int(year), month, None if day is None else int(day))


def _time(low: str) -> Node | None:
    match = _CLOCK.fullmatch(low)
    if match is None:
        return None
    if match[5]:
        return Clock(12, 0, 0, "pm" if match[5] == "noon" else "am")
    hour = int(match[1])
    return Clock(hour, int(match[2] or 0), int(match[3] or 0), match[4] + "m") if 1 <= hour <= 12 else None


def _spelled(low: str) -> Node | None:
    """Read `twenty-one`, `two thirds`, `three apples`, `3rd` and `third`."""
    if match := re.fullmatch(r"(\d{1,9})(?:st|nd|rd|th)", low):
        return Quantity(Number(Fraction(int(match[1]))), "place")
    words = low.replace("-", " ").split()
    if not words or len(words) > 12:
        return None
    if len(words) == 1 and words[0] in _ORDINALS:
        return Quantity(Number(Fraction(_ORDINALS[words[0]])), "place")
    if len(words) == 1 and words[0].endswith("th") and (base := words[0][:-2]) in _UNITS:
        return Quantity(Number(Fraction(_UNITS[base])), "place")
    total, current, used = 0, 0, 0
    for word in words:
        if word in _UNITS or word in _TENS:
            current += _UNITS.get(word, _TENS.get(word, 0))
        elif word == "hundred" and current:
            current *= 100
        elif word in MAGNITUDES and word != "dozen" and current:
            total, current = total + current * MAGNITUDES[word], 0
        elif not (word == "and" and used and used + 1 < len(words)):
            break
        used += 1
    if used == 0:
        if words[0] == "half" or words[:2] == ["one", "half"]:
            return Number(Fraction(1, 2)) if len(words) <= 2 else None
        return None
    value = Fraction(total + current)
    rest = words[used:]
    if len(rest) == 1 and (part := rest[0].rstrip("s") if rest[0] != "halves" else "half") in _PARTS:
        return Number(value / _PARTS[part])
    if not rest:
        return Number(value)
    if len(rest) > 3 or not all(word.isalpha() and word not in _DOUBT for word in rest):
        return None
    return Quantity(Number(value), " ".join(rest))


def words_of(cleaned: str) -> Words | None:
    """Return an answer in words, `None` if it has none."""
    text = plain_text(cleaned)
    match = re.fullmatch(r"\(?([A-Za-z])[).]?", text)
    if match:
        return Words(match[1].upper())
    if len(text) > _WORD_LIMIT or not re.search(r"\w", text):
        return None
    text = re.sub(r"(?<=[a-z]{2})-(?=[a-z]{2})", "", text.casefold())  # north-east
    return Words(re.sub(r"\s*([^\w\s])\s*", r"\1", text))
