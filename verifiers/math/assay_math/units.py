"""What may follow a number: units, which convert into each other, money, and names of things counted.

Conversion is pint's, loaded when two units first differ in writing. Only single words of letters ever reach it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from fractions import Fraction
from functools import lru_cache
from typing import Any

from assay_math.nouns import counted

__all__ = ["CURRENCIES", "MAGNITUDES", "agree", "known", "normal", "understood"]

#: Number words that stand after a number as its unit does.
MAGNITUDES = {
    "dozen": 12, "hundred": 100, "thousand": 1000, "million": 10**6, "billion": 10**9, "trillion": 10**12,
}  # fmt: skip

# Money by currency and worth; a law, not a measure, makes a cent of a dollar.
CURRENCIES: dict[str, tuple[str, Fraction]] = {
    **dict.fromkeys(["\\dollar", "dollar", "usd", "buck"], ("dollar", Fraction(1))),
    **dict.fromkeys(["\\cent", "cent", "penny", "pennies"], ("dollar", Fraction(1, 100))),
    **dict.fromkeys(["\\euro", "euro", "eur"], ("euro", Fraction(1))),
    **dict.fromkeys(["\\pounds", "gbp", "quid"], ("sterling", Fraction(1))),
    "pence": ("sterling", Fraction(1, 100)),
    **dict.fromkeys(["\\yen", "yen", "jpy"], ("yen", Fraction(1))),
    **dict.fromkeys(["yuan", "rmb", "cny", "renminbi"], ("yuan", Fraction(1))),
    **dict.fromkeys(["\\rupee", "rupee", "rs", "inr"], ("rupee", Fraction(1))),
}

# How people write what pint knows by another name.
_SPELLINGS = {
    "mph": "mile hour^-1", "kph": "kilometer hour^-1", "kmh": "kilometer hour^-1", "kmph": "kilometer hour^-1", "fps": "foot second^-1",
    "sec": "second", "secs": "second", "hrs": "hour", "mins": "minute", "lbs": "pound", "gm": "gram", "gms": "gram", "yr": "year", "yrs": "year", "rpm": "revolution minute^-1",
    "cc": "centimeter^3", "sqft": "foot^2", "feet": "foot", "inches": "inch", "ft": "foot", "deg": "\\circ", "degree": "\\circ", "degrees": "\\circ",
    "°": "\\circ", "metre": "meter", "metres": "meter", "litre": "liter", "litres": "liter", "ohms": "ohm", "\\Omega": "ohm", "celsius": "degC", "fahrenheit": "degF",
}  # fmt: skip

_ABBREVIATIONS = (
    "m km cm mm dm nm ft in inch yd mi g kg mg lb lbs oz s sec ms min mins h hr hrs day days L l mL ml cL dL N kN J kJ W kW MW V A mA Hz kHz MHz "
    "Pa kPa MPa atm mol K C F eV keV MeV cal kcal mph kph rad rpm kWh Wh T Wb mT ohm usd USD cents cm2 m2 ha bar u units unit"
)
_KNOWN = frozenset(_ABBREVIATIONS.split())

_WORD = re.compile(r"\\?[a-zA-Z]+|[\^/()]|-?\d+")
_FILLER = {
    "of",
    "the",
    "a",
    "an",
    "in",
    "total",
    "more",
    "each",
    "about",
    "approximately",
    "different",
    "possible",
    "and",
}
_IGNORED = {"\\cdot", "\\times", "\\mathrm", "\\text", "\\rm", "\\quad"}
_POWERS = {"square": 2, "sq": 2, "squared": 2, "cubic": 3, "cu": 3, "cubed": 3}

Unit = tuple[tuple[str, int], ...]

# Five pounds of weight are not £5, but who writes the sign can only mean the money.
_POUNDS: set[Unit] = {(("pound", 1),), (("\\pounds", 1),)}


@lru_cache(maxsize=10_000)
def normal(unit: str) -> Unit:
    r"""Return a unit as words with their powers, in one order: `m/s^2`, `m s^{-2}` and `metres per second squared`.

    >>> normal("square cm") == normal("cm ^ 2")
    True
    """
    powers: dict[str, int] = {}
    sign, prefix, last, index = 1, 0, "", 0
    tokens = _WORD.findall(
        unit.replace("- ", "-").replace("pounds sterling", "\\pounds").replace("pound sterling", "\\pounds")
    )
    while index < len(tokens):
        word = tokens[index]
        index += 1
        if word in ("/", "per"):
            sign = -1
        elif word == "^" or re.fullmatch(r"-?\d+", word):
            if word == "^":
                if index < len(tokens) and re.fullmatch(r"-?\d+", tokens[index]):
                    word = tokens[index]
                    index += 1
                else:
                    continue
            if last:
                powers[last] = powers[last] * int(word[:4])
        elif word.lower() in _POWERS:
            if last and word.lower() in ("squared", "cubed"):
                powers[last] *= _POWERS[word.lower()]
            else:
                prefix = _POWERS[word.lower()]
        elif word in ("(", ")") or word in _IGNORED or (word.lower() in _FILLER and len(tokens) > 1):
            continue
        else:
            spelled = _SPELLINGS.get(word) or _SPELLINGS.get(word.lower()) or _singular(word)
            for one in spelled.split():
                name, _, power = one.partition("^")
                powers[name] = powers.get(name, 0) + sign * int(power or 1) * (prefix or 1)
                last = name
            prefix = 0
    if "\\circ" in powers:
        powers = _temperature(powers)
    return tuple(sorted((name, power) for name, power in powers.items() if power and (name, power) != ("unit", 1)))


def _temperature(powers: dict[str, int]) -> dict[str, int]:
    for scale in ("C", "F", "degC", "degF"):
        if scale in powers:
            return {f"deg{scale[-1]}": 1}
    return powers


def _singular(word: str) -> str:
    if word in CURRENCIES or len(word) < 3:
        return word
    low = word.lower()
    if low in CURRENCIES:
        return low
    if low.endswith("ies") and len(low) > 4:
        return low[:-3] + "y"
    if low.endswith(("ches", "shes", "xes", "sses")):
        return low[:-2]
    if low.endswith("s") and not low.endswith("ss") and len(low) > 3:
        low = low[:-1]
    return low if low.isalpha() and (word[0].islower() or word[1:].islower()) else word


def agree(left: str, right: str) -> Fraction | None:
    """Return how many of the right unit make one of the left, `None` if the units don't agree.

    Two names of things counted agree when one says no more than the other: `dollars` and `dollars per day`.
    """
    a, b = normal(left), normal(right)
    if a == b or not a or not b or {a, b} == _POUNDS:
        return Fraction(1)
    first, second = _measured(a), _measured(b)
    if first and second and first[1] == second[1]:
        return first[0] / second[0]
    powers, other_powers = dict(a), dict(b)
    names, others = set(powers), set(other_powers)
    if any(powers[name] != other_powers[name] for name in names & others):
        return None
    if first and second:
        shorter, longer = sorted((powers, other_powers), key=len)
        counted = [name for name in longer if name not in shorter]
        same = all(name in longer for name in shorter)
        # "dollars" and "dollars per day" say the same; "m" and "m per second" don't.
        return Fraction(1) if same and all(longer[name] < 0 for name in counted) and names & set(CURRENCIES) else None
    if first or second:
        known_one, other_one = (names, others) if first else (others, names)
        return Fraction(1) if known_one < other_one else None
    return Fraction(1) if names <= others or others <= names else None


def known(unit: str) -> bool:
    """Whether a text is a unit rather than a word."""
    return unit in _KNOWN or unit.lower() in CURRENCIES or _spelled(unit)


def understood(unit: str) -> bool:
    """Whether what follows a number is its unit or what it counts, and no words that change it."""
    words = [word for word in _WORD.findall(unit) if word not in _IGNORED and word not in ("(", ")", "^")]
    named: list[str] = []
    measured = False
    for word in words:
        if word in ("/", "per") or word.lstrip("-").isdigit() or word.startswith("\\"):
            if named and not counted(named, measured=measured):
                return False
            named, measured = [], measured or word.startswith("\\")
        elif known(word) or word.lower() in _MORE or word.lower() in MAGNITUDES:
            measured = True
        else:
            named.append(word)
    return not named or counted(named, measured=measured)


#: Words of units that `known` can't take in mathematics, where their letters are a product.
_MORE = frozenset(
    "sq square squared cu cubic cubed degree degrees celsius fahrenheit kelvin percent percentage percentages pct rad radian radians unit units st nd rd th place place "
    "gm gms sterling won peso pesos franc francs ruble rubles krona baht lira rand shilling shillings buck bucks grand cent cents quid dozen score gross pair "
    "byte bytes bit bits kb mb gb tb knot knots mole moles molar ppm dpi lumen lux tesla weber henry farad siemens becquerel acre acres hectare hectares "
    "sqft rpm fps mph kph kmh kmph cc mi yd ml km cm mm kg mg ft lb lbs oz hr hrs yr yrs min mins sec secs deg usd eur gbp jpy cny inr rmb yuan yen bpm wpm mpg".split()
)


def _spelled(unit: str) -> bool:
    low = unit.lower().rstrip("s")
    return low in _LONG or unit in _SPELLINGS


_LONG = frozenset(
    "meter metre kilometer kilometre centimeter centimetre millimeter foot inch yard mile gram kilogram pound ounce ton tonne second minute hour "
    "day week month year liter litre milliliter gallon quart pint cup newton joule watt volt ampere pascal kelvin mole degree radian acre hectare".split()
)


def _measured(unit: Unit) -> tuple[Fraction, Any] | None:
    """Return a unit's size in base units and its dimension, `None` if a word of it is no unit of measure."""
    size, dimensions = Fraction(1), dict[str, int]()
    for name, power in unit:
        one = _measure(name)
        if one is None or abs(power) > 12:
            return None
        size *= one[0] ** power
        for dimension, by in one[1]:
            dimensions[dimension] = dimensions.get(dimension, 0) + by * power
    return size, frozenset((name, by) for name, by in dimensions.items() if by)


@lru_cache(maxsize=2_000)
def _measure(word: str) -> tuple[Fraction, Iterable[tuple[str, int]]] | None:
    if word in CURRENCIES:
        currency, worth = CURRENCIES[word]
        return worth, ((currency, 1),)
    if word == "\\circ":
        return Fraction(1), (("\\circ", 1),)
    if word in ("degC", "degF"):  # a zero of its own: no factor converts it
        return Fraction(1), ((word, 1),)
    if not re.fullmatch(r"[a-zA-Z]{1,20}", word):
        return None
    registry = _registry()
    for spelling in (word, word.lower()):
        names = registry.parse_unit_name(spelling, case_sensitive=True)
        if names and (len(spelling) < 4 or spelling in _LONG or not names[0][0] or names[0][1] in _LONG):
            factor, root = registry.get_root_units(names[0][0] + names[0][1])
            return Fraction(factor), tuple((str(key), int(power)) for key, power in root._units.items())
    return None


@lru_cache(maxsize=1)
def _registry() -> Any:
    import pint

    return pint.UnitRegistry(non_int_type=Fraction)
