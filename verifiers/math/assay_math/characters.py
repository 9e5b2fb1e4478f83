r"""The text of an answer, cleaned of everything that says nothing: spacing, `\left`, `$`, markdown, labels."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache

__all__ = ["MAX_LENGTH", "clean", "squeeze", "undoubled"]

#: Longer answers are not read: no reference of a data set comes near.
MAX_LENGTH = 4000

# Characters with a spelling in LaTeX. What NFKC makes of the others (superscripts, full-width forms) is right as it is.
_CHARACTERS = {
    "\u2212": "-", "\u2013": "-", "\u2014": "-", "\u2010": "-", "\u2011": "-", "\ufe63": "-",
    "\u00d7": r"\times ", "\u00b7": r"\cdot ", "\u22c5": r"\cdot ", "\u2217": "*", "\u00f7": "/", "\u2044": "/", "\u2215": "/",
    "\u2264": r"\le ", "\u2265": r"\ge ", "\u2260": r"\ne ", "\u2248": r"\approx ", "\u00b1": r"\pm ", "\u2213": r"\mp ",
    "\u221e": r"\infty ", "\u221a": r"\sqrt ", "\u221b": r"\cbrt ", "\u00b0": r"^\circ ", "\u2218": r"\circ ",
    "\u222a": r"\cup ", "\u2229": r"\cap ", "\u2208": r"\in ", "\u2209": r"\notin ", "\u2205": r"\emptyset ", "\u2216": r"\setminus ",
    "\u211d": r"\mathbb{R}", "\u2124": r"\mathbb{Z}", "\u2115": r"\mathbb{N}", "\u211a": r"\mathbb{Q}", "\u2102": r"\mathbb{C}",
    "\u2032": "'", "\u2019": "'", "\u00a0": " ", "\u2009": " ", "\u202f": " ", "\u200b": "", "\ufeff": "", "\u2061": "", "\u2062": "",
    "\u27e8": r"\langle ", "\u27e9": r"\rangle ", "\u2223": "|", "\u00a3": r"\pounds ", "\u20ac": r"\euro ", "\u20b9": r"\rupee ", "\u00a5": r"\yen ", "\u00a2": r"\cent ",
    "\u2026": r"\ldots ", "\u25a1": "", "\u3002": ".", "\u3001": ",", "\u5143": " yuan ", "\u220e": "", "\u2713": "", "\u22c0": r"\land ", "\u2227": r"\land ", "\u2228": r"\lor ", "\u2211": r"\sum ",
    "\u222b": r"\int ", "\u220f": r"\prod ",
    "\u2192": r"\to ", "\u21d2": r"\implies ", "\u2261": r"\equiv ", "\u2225": r"\parallel ", "\u22a5": r"\perp ", "\u2220": r"\angle ",
}  # fmt: skip
_GREEK = {
    character: f"\\{name} "
    for character, name in zip(
        "αβγδεζηθικλμνξπρστυφχψωΓΔΘΛΞΠΣΦΨΩϕϵ",
        [
            "alpha",
            "beta",
            "gamma",
            "delta",
            "epsilon",
            "zeta",
            "eta",
            "theta",
            "iota",
            "kappa",
            "lambda",
            "mu",
            "nu",
            "xi",
            "pi",
            "rho",
            "sigma",
            "tau",
            "upsilon",
            "phi",
            "chi",
            "psi",
            "omega",
            "Gamma",
            "Delta",
            "Theta",
            "Lambda",
            "Xi",
            "Pi",
            "Sigma",
            "Phi",
            "Psi",
            "Omega",
            "phi",
            "epsilon",
        ],
        strict=True,
    )
}
_TABLE = str.maketrans(_CHARACTERS | _GREEK)
_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁽⁾ⁿⁱˣ", "0123456789+-()nix")
_SUPERSCRIPT = re.compile("[⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁽⁾ⁿⁱˣ]+")
_SUBSCRIPTS = str.maketrans("₀₁₂₃₄₅₆₇₈₉₊₋ₙₖ", "0123456789+-nk")
_SUBSCRIPT = re.compile("[₀₁₂₃₄₅₆₇₈₉₊₋ₙₖ]+")
_FRACTION = re.compile(r"((?<!\d)\d{1,9}|)([\u00bc-\u00be\u2150-\u215e])")

# A backslash command that was damaged when the text was read as a string with escapes.
_DAMAGED = {"\t": r"\t", "\r": r"\r", "\f": r"\f", "\b": r"\b", "\v": r"\v", "\a": r"\a", "\n": r"\n"}
_DAMAGED_COMMAND = re.compile(
    "\t(?=ext|imes|an\\b|heta|frac|au\\b)|\r(?=ight|angle|ho\\b|ceil|floor|m\\{)|\f(?=rac|box|orall)|\b(?=inom|oxed|egin|eta|ar\\b|mod)"
    "|\n(?=eq\\b|abla\\b|otin\\b)|\v(?=ec|ee)|\a(?=lpha|pprox|ngle)"
)

_SPACING = re.compile(
    r"(?<!\\)\\(?:[,;:!>/ ]|(?:quad|qquad|enspace|thinspace|space|large|Large|LARGE|small|normalsize|displaystyle|textstyle|limits|nolimits|phantom\{[^{}]*\})(?![a-zA-Z]))"
)
_SIZE = re.compile(r"\\(?:left|right|middle|[bB]igg?[lrm]?)(?![a-zA-Z])\s*")
_NULL_DELIMITER = re.compile(r"\\(?:left|right)\s*\.")
_DOLLARS = re.compile(r"(?<!\\)\$\$?|\\[()\[\]]")
_MONEY = re.compile(r"\$\s*-?[\d.]")
_SEPARATED = re.compile(r"(?<=\d)\s*(?:,\\!|\{\s*,\s*\}|\\[,!](?=\d{3}\b))\s*(?=\d{3}(?!\d))")
_FRACTIONS = re.compile(r"\\[dtc]frac(?![a-zA-Z])")
_BINOMIALS = re.compile(r"\\[dt]binom(?![a-zA-Z])")
_MARKDOWN = re.compile(r"\*\*|__|`")
_DECORATION = re.compile(
    r"\\(?:color|textcolor)\s*\{[^{}]*\}|\\(?:underline|boxed|fbox|mathstrut|checkmark|blacksquare|square|Box|qed|strut)(?![a-zA-Z])"
)
_THOUSANDS = re.compile(r"(?<![\d.,])\d{1,3}(?:[ ]\d{3})+(?![\d,]|[ ]\d)")
_TIMES_TEN = re.compile(r"(?<=\d)\s*[xX]\s*(?=10\s*(?:\^|\*\*))")
_CHOOSE = re.compile(  # `nCr` has its order; of an index above and one below, either is written for the larger
    r"(?:\{\})?(?:\^|_)\s*\{?(\d+)\}?\s*\{?C\}?\s*_\s*\{?(\d+)\}?|(?<![A-Za-z\\])C_\{?(\d+)\}?\^\{?(\d+)\}?|(?<![\w\\.])(\d+) ?C ?(\d+)(?![\w.])"
)
# `x = 3 \quad y = -2`: a space as wide as a comma.
_TWO_NAMES = re.compile(r"(?<=[\w})])\s*\\q?quad\s*(?=[a-zA-Z](?:_\{?\w+\}?)?\s*=)")
# `(1011)_2` and `1011_{(2)}`
_BASE = re.compile(r"\((\d+)\)_(?=\{?\d)|_\{\((\d+)\)\}|_\((\d+)\)")
_SYSTEM = re.compile(r"\\\{\s*\\begin\{array\}\s*\{[^{}]*\}(.*?)\\end\{array\}(?!\s*\\\})", re.DOTALL)
_MODULO = re.compile(
    r"\(\s*(?:\\(?:text|mathrm|operatorname)\s*\{\s*mod\s*\}|\\?(?:mod|bmod)(?![a-z]))\s*([^()]*)\)|\\(?:bmod|mod)(?![a-z])\s*\{?(\w+)\}?"
)
# Intervals with their brackets turned outwards, as in France: `]1, 3[`
_INSIDE = r"\s*([^\[\]()]{1,60}[,;][^\[\]()]{1,60}?)\s*"
_TURNED_LEFT = re.compile(rf"(?:^|(?<=[\s=}}]))\]{_INSIDE}([\[\]])")
_TURNED_RIGHT = re.compile(rf"\[{_INSIDE}\[")
_ORDINAL = re.compile(r"(?<=\d)\s*\^\s*\{\s*\\text\s*\{\s*(st|nd|rd|th)\s*\}\s*\}")
_ARROW = re.compile(r"\\overrightarrow(?![a-zA-Z])")


Replacement = str | Callable[[re.Match[str]], str]

#: What is decoration, and notation that has another spelling: what must be in the text, the pattern, what it becomes.
#: The order matters in three places. Brackets lose their `\\left` before anything looks at what they hold, digits lose
#: what separates their thousands before spacing goes, and everything else follows spacing.
_STEPS: list[tuple[str, re.Pattern[str], Replacement]] = [
    ("\\", _NULL_DELIMITER, ""),
    ("\\", _SIZE, ""),
    ("", _DOLLARS, " "),
    (",", _SEPARATED, ""),
    ("\\", _SEPARATED, ""),
    ("quad", _TWO_NAMES, ", "),
    ("\\", _SPACING, " "),
    ("\\", _DECORATION, ""),
    (" ", _THOUSANDS, lambda match: match[0].replace(" ", "")),
    ("_", _BASE, lambda match: f"{match[1]}_" if match[1] else f"_{{{match[2] or match[3]}}}"),
    ("10", _TIMES_TEN, r"\\times "),
    ("C", _CHOOSE, lambda match: _binomial(match)),
    ("mod", _MODULO, lambda match: _modulo(match)),
    ("array", _SYSTEM, r"\\begin{cases}\1\\end{cases}"),
    ("frac", _FRACTIONS, r"\\frac"),
    ("binom", _BINOMIALS, r"\\binom"),
    ("arrow", _ARROW, r"\\vec"),
    ("^", _ORDINAL, r"\1"),
    ("]", _TURNED_LEFT, lambda match: f"({match[1]}{')' if match[2] == '[' else ']'}"),
    ("[", _TURNED_RIGHT, r"[\1)"),
    ("**", _MARKDOWN, ""),
    ("`", _MARKDOWN, ""),
    ("__", _MARKDOWN, ""),
]


@lru_cache(maxsize=20_000)
def clean(text: str) -> str:
    r"""Return the text of an answer without decoration, in ASCII and LaTeX.

    Keeps what may matter: case, brackets, words.

    >>> clean("$\\left( \\dfrac{1}{2},\\, 3 \\right)$.")
    '( \\frac{1}{2}, 3 )'
    """
    text = _DAMAGED_COMMAND.sub(lambda match: _DAMAGED[match[0]], undoubled(text))
    text = " ".join(text.split())
    if not text.isascii():
        text = _in_ascii(text)
    money = text.startswith("$") and text.count("$") % 2 == 1 and _MONEY.match(text) is not None
    text = text.replace(r"\$", r"\dollar ")
    for needed, pattern, replacement in _STEPS:
        if needed in text:
            text = pattern.sub(replacement, text)
    text = text.replace("...", r"\ldots ").replace("~", " ").replace(r"\%", "%")
    text = text.strip().removeprefix("=").strip()
    while (text and text[-1] in ".;:") or text.endswith(("\\", "!\\")):
        text = text[:-1].rstrip()
    return (r"\dollar " + text) if money else text


def _modulo(match: re.Match[str]) -> str:
    r"""`(mod 5)` and the one behind an equivalence name a class; `12 mod 5` is a remainder."""
    of_class = match[1] is not None or "equiv" in match.string
    return f"{chr(92)}{'pmod' if of_class else 'bmod'}{{{match[1] or match[2]}}}"


def _in_ascii(text: str) -> str:
    """Return a text with its characters as LaTeX spells them; raised and lowered ones before NFKC levels them."""
    text = _FRACTION.sub(_vulgar, text)
    text = _SUPERSCRIPT.sub(lambda match: f"^{{{match[0].translate(_SUPERSCRIPTS)}}}", text)
    text = _SUBSCRIPT.sub(lambda match: f"_{{{match[0].translate(_SUBSCRIPTS)}}}", text)
    return unicodedata.normalize("NFKC", text.translate(_TABLE)).translate(_TABLE)


def undoubled(text: str) -> str:
    r"""Return a text whose every backslash was escaped once too often, `\\\\frac`, as it was; others as they are."""
    if "\\\\" not in text or "\\begin" in text or re.search(r"\\[a-zA-Z]", text.replace("\\\\", "")):
        return text
    return re.sub(r"\\\\(?=[a-zA-Z{}%$,!;: ])", lambda _: "\\", text)


def squeeze(text: str) -> str:
    """Return a cleaned text without spacing, but for that between digits, for comparison as text."""
    return re.sub(r"\s+", "", re.sub(r"(?<=\d)\s+(?=\d)", "\0", text))


def _vulgar(match: re.Match[str]) -> str:
    numerator, _, denominator = unicodedata.normalize("NFKC", match[2]).partition("\u2044")
    return f"{match[1]}\\frac{{{numerator}}}{{{denominator}}}"


def _binomial(match: re.Match[str]) -> str:
    top, bottom = (one for one in match.groups() if one is not None)
    if match[3] is not None:
        top, bottom = sorted((top, bottom), key=int, reverse=True)
    return f"\\binom{{{top}}}{{{bottom}}}"
