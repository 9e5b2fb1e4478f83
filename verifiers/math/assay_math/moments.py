"""Days and times of day, and answers that are no more than words."""

from __future__ import annotations

import re

from assay_math.tree import Clock, Date, Node, Words

__all__ = ["moment", "words_of"]

_WORD_LIMIT = 300
_LONGEST_MOMENT = 60
_FONTS = re.compile(
    r"\\(?:text|textbf|textit|mathrm|mbox|operatorname|textrm|textnormal|mathbf|mathit|emph)(?![a-zA-Z])"
)


_MONTHS = {
    name: index
    for index, names in enumerate(
        ["january jan", "february feb", "march mar", "april apr", "may", "june jun", "july jul", "august aug", "september sept sep", "october oct", "november nov", "december dec"], 1
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


# What a day or time can't do without.
_HINT = re.compile(rf"\d[/:-]\d|\d ?[ap]\.? ?m|noon|midnight|\b(?:{_MONTH})\b", re.IGNORECASE)


def plain_text(cleaned: str) -> str:
    r"""Return an answer's words without the commands and braces that set them in type."""
    text = re.sub(r"[{}\s]+", " ", _FONTS.sub(" ", cleaned))
    return " ".join(text.split()).strip(" .,;:!\"'")


def moment(cleaned: str) -> Node | None:
    """Return the day or time that a text names, `None` where it names none."""
    if len(cleaned) > _LONGEST_MOMENT:
        return None
    low = plain_text(cleaned).casefold()
    return (_day(low) or _time(low)) if _HINT.search(low) else None


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


def words_of(cleaned: str) -> Words | None:
    """Return an answer in words, `None` if it has none."""
    text = plain_text(cleaned)
    match = re.fullmatch(r"\(?([A-Za-z])[).]?", text)
    if match:
        return Words(match[1].upper())
    if len(text) > _WORD_LIMIT or not re.search(r"\w", text):
        return None
    text = re.sub(r"\s*([^\w\s])\s*", r"\1", text.casefold())
    return Words(re.sub(r"(?<=[a-z]{2})-(?=[a-z]{2})", "", text))  # north-east
