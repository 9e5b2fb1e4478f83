r"""What people say around mathematics, as a table: a wording on the left, the mathematics that it means on the right.

A wording is a pattern over whole tokens (`lexer`), so that it fits however the words are set in type:

=============  ======================================================================================
`word`         that word, whatever its case; any other token, such as `,` or `\in`, stands for itself
`(a|b c)`      one of these
`[a|b]`        one of these, or nothing
`<e>` `<f>`    an expression: any tokens, at least one
`<n>` `<m>`    a number, with a sign or as a fraction
`<x>` `<y>`    a letter, with an index or not
`<corners>`    a triangle by its corners
`<set>`        the name of a set of numbers: `\mathbb{Z}`
`<equation>`   an expression with an equals sign
`<bound>`      a letter with a relation behind it
`<unit>`       up to three words
`<rest>`       any tokens, which are dropped
`'('`          a bracket that stands for itself
=============  ======================================================================================

The whole answer must fit a row. The first row that fits is applied, and the outcome is looked up again, so that "the
answer is at most three" takes two. A new wording is a new row.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from assay_math.lexer import Token, lex
from assay_math.vocabulary import FRACTIONS, MULTIPLIERS, ORDINALS

__all__ = ["ENGLISH", "MEANINGS", "labelled", "plain"]

#: Commands of this table's own, for answers that are words by nature.
MEANINGS = {
    "\\yes": "yes",
    "\\no": "no",
    "\\undefined": "undefined",
    "\\divergent": "divergent",
    "\\convergent": "convergent",
}

_REALS = "(real numbers|reals|real number|real values)"
_ALL = "[the set of] [all|any|every|each] [the|of the]"
_WITH = "[,] ['('] [where|for|with] [any|all|every|some|each]"
_IS = "(is|are|equals|is equal to|are equal to|would be|will be|must be|should be|was|were)"
_ANSWER = "[the|my|our|your] [final|correct|right|exact|required|desired|numerical] (answer|answers|result|results|solution|solutions|value|values)"
_SOLUTIONS = "[real|integer|possible|positive|valid|rational|complex|such|other|common]"
_THINGS = "(solution|solutions|root|roots|value|values|integer|integers|number|numbers|pair|pairs|triple|triples|function|functions)"

PHRASES: list[tuple[str, str]] = [
    # Around an answer
    ("(so|thus|hence|therefore|then|finally) [,] <e>", "<e>"),
    ("(we|i) (find|found|get|got|have|obtain|conclude|see|know|deduce) [that] <e>", "<e>"),
    ("(this|that|which|it) (gives|yields|means|implies|follows) [us] [that] <e>", "<e>"),
    (f"{_ANSWER} {_IS} [therefore|thus|then] [:] <e>", "<e>"),
    (f"{_ANSWER} (:|=) <e>", "<e>"),
    (f"(it|that|this) {_IS} [:] <e>", "<e>"),
    ("[the] [final] answer <e>", "<e>"),
    ("<e> is (the|our|my) [final|correct|only|unique|required|desired] (answer|solution|result|value)", "<e>"),
    ("<e> (.|;|,) i hope (it|this|that) is correct", "<e>"),
    ("<e> i hope (it|this|that) is correct", "<e>"),
    ("<e> ['('] the only (solution|answer|value|one) [')']", "<e>"),
    ("<e> '(' (unit|units|square units|cubic units|approx|approx .|approximately|exact|exactly|only|rounded) ')'", "<e>"),
    ("<e> (only|exactly|approximately)", "<e>"),
    ("(only|just|exactly|precisely) <e>", "<e>"),
    ("(about|approximately|approx|approx .|around|roughly|nearly|almost) <e>", "<e>"),
    ("(option|choice|answer choice|statement|letter) ['('] <x> [')'] [:|.]", "<x>"),
    ("triangle <corners>", r"\triangle <corners>"),
    *((f"<x> [must be] {kind}", f"<x> is {kind}") for kind in ("even", "odd", "prime", "composite")),
    # Yes and no
    ("[it is|that is|this is] (yes|true|correct)", r"\yes"),
    ("[it is|that is|this is] (no|false|incorrect)", r"\no"),
    ("(yes|true|correct) (,|;|.|:) <rest>", r"\yes"),
    ("(no|false|incorrect) (,|;|.|:) <rest>", r"\no"),
    # Nothing, everything, and what has no value
    (f"[there is|there are|there exist|there exists|has|it has] (no|0) {_SOLUTIONS} {_SOLUTIONS} {_THINGS} [exist|exists|to the equation|to this equation]", r"\emptyset"),
    ("[the] (empty set|null set)", r"\emptyset"),
    ("(none|none exist|there are none|no such numbers exist|no such number exists)", r"\emptyset"),
    ("[it is|this is|that is] (impossible|not possible)", r"\emptyset"),
    ("[there are|it has|has] (infinitely many|infinite|an infinite number of) [solutions]", r"\infty"),
    ("[it is|is|the value is|the limit is|the expression is] (undefined|not defined)", r"\undefined"),
    ("[it|the limit|this limit|the value|the integral] (does not exist|doesn't exist|dne|do not exist)", r"\undefined"),
    ("[the|this] [it|series|sequence|integral|limit|sum] [is] (diverges|diverge|divergent|does not converge|doesn't converge)", r"\divergent"),
    ("[the|this] [it|series|sequence|integral|limit|sum] [is] (converges|converge|convergent)", r"\convergent"),
    # Sets of numbers
    ("[for] (all|any|every) [real] <x>", r"\mathbb{R}"),
    ("[for] (all|any|every) [real|positive] [number|numbers|integer|integers|natural numbers] <bound>", "<bound>"),
    (f"{_ALL} {_REALS}", r"\mathbb{R}"),
    (f"<x> (is|can be|may be) (any|every|a) {_REALS}", r"\mathbb{R}"),
    (f"{_ALL} [{_REALS}|real|values|numbers] [of] [<x>] [,] (except|excluding|other than|but not|but|besides|except for|with the exception of) [for] <e>", r"\mathbb{R} \setminus \{<e>\}"),
    (f"{_ALL} [{_REALS}|values|numbers] [of] [<x>] [,] (such that|so that|with|where|for which|satisfying) <e>", "<e>"),
    (f"{_ALL} ({_REALS}|numbers|values) [of] [<x>] (greater|more|larger) than <e>", "x > <e>"),
    (f"{_ALL} ({_REALS}|numbers|values) [of] [<x>] (less|smaller) than <e>", "x < <e>"),
    (f"{_ALL} ({_REALS}|numbers|values) [of] [<x>] (at least|greater than or equal to|not less than|no less than) <e>", r"x \ge <e>"),
    (f"{_ALL} ({_REALS}|numbers|values) [of] [<x>] (at most|less than or equal to|not greater than|no greater than) <e>", r"x \le <e>"),
    (f"{_ALL} ({_REALS}|numbers|values) [of] [<x>] between <e> and <f>", "<e> < x < <f>"),
    ("[the set of] (all|any|every|each) [the] (positive|natural) (integers|numbers|integer|number)", r"\mathbb{Z}^+"),
    ("[the] natural numbers", r"\mathbb{Z}^+"),
    ("[the set of] (all|any|every|each) [the] (nonnegative|non - negative|whole) (integers|numbers|integer|number)", r"\mathbb{N}"),
    ("[the set of] (all|any|every|each) [the] (integers|integer|numbers)", r"\mathbb{Z}"),
    (f"{_ALL} even (integers|numbers|integer|number)", r"2k, k \in \mathbb{Z}"),
    (f"{_ALL} odd (integers|numbers|integer|number)", r"2k + 1, k \in \mathbb{Z}"),
    (f"{_ALL} [integer] (multiples|multiple) of <n>", r"<n> k, k \in \mathbb{Z}"),
    # Relations
    ("<e> (is|are|must be|should be|can be) (at most|no more than|not more than|less than or equal to|smaller than or equal to|no greater than|not greater than|no larger than|not larger than) <f>", r"<e> \le <f>"),
    ("<e> (is|are|must be|should be) (at least|no less than|not less than|greater than or equal to|larger than or equal to|more than or equal to|no smaller than|no fewer than|not smaller than) <f>", r"<e> \ge <f>"),
    ("<e> (does not|doesn't|cannot|can not|must not|can't) exceed <f>", r"<e> \le <f>"),
    ("<e> (is|are|must be|should be) [strictly] (greater|more|larger|bigger) than <f>", "<e> > <f>"),
    ("<e> (is|are|must be|should be) [strictly] (less|smaller|fewer) than <f>", "<e> < <f>"),
    ("<e> exceeds <f>", "<e> > <f>"),
    ("<x> (is|lies) between <e> and <f> [,] ['('] inclusive [')']", r"<e> \le <x> \le <f>"),
    ("<x> (is|lies) [strictly] between <e> and <f>", "<e> < <x> < <f>"),
    ("<e> (is not equal to|does not equal|cannot equal|cannot be|is not) <n>", r"<e> \ne <n>"),
    ("<x> (is|must be) positive", "<x> > 0"),
    ("<x> (is|must be) negative", "<x> < 0"),
    ("<x> (is|must be) (nonnegative|non - negative)", r"<x> \ge 0"),
    ("<x> (is|must be) (nonzero|non - zero)", r"<x> \ne 0"),
    # Numbers in words
    ("<n> (out of|of|in|of every|in every|out of every|for every|over) <m>", r"\frac{<n>}{<m>}"),
    ("<n> divided by <m>", r"\frac{<n>}{<m>}"),
    ("<n> times <m>", r"<n> \cdot <m>"),
    ("<n> (plus|added to) <m>", "<n> + <m>"),
    ("<n> minus <m>", "<n> - <m>"),
    ("<n> choose <m>", r"\binom{<n>}{<m>}"),
    ("<n> to the power [of] <m>", "(<n>)^{<m>}"),
    ("<n> squared", "(<n>)^2"),
    ("<n> cubed", "(<n>)^3"),
    ("<n> factorial", "(<n>)!"),
    ("the (square root|root) of <n>", r"\sqrt{<n>}"),
    ("(negative|minus) <n>", "-<n>"),
    ("<n> and a half [<unit>]", r"(<n> + \frac{1}{2}) <unit>"),
    ("<n> and a quarter [<unit>]", r"(<n> + \frac{1}{4}) <unit>"),
    ("<n> and a third [<unit>]", r"(<n> + \frac{1}{3}) <unit>"),
    ("half a dozen", "6"),
    ("(a|one|1) dozen", "12"),
    ("half (a|an) <unit>", r"\frac{1}{2} <unit>"),
    *((f"(a|an|one) {part}", rf"\frac{{1}}{{{size}}}") for part, size in FRACTIONS.items()),
    ("half", r"\frac{1}{2}"),
    *((f"<n> {part}", rf"\frac{{<n>}}{{{size}}}") for part, size in FRACTIONS.items() if part.endswith("s") and size != 4),
    *((f"a {word}", str(size)) for word, size in MULTIPLIERS.items()),
    *((place, f"{number} th") for place, number in ORDINALS.items()),
    # What is said of a letter behind a formula
    ("<equation> [,] [and] for (all|every|any|each) [real|rational|integer|positive|nonnegative] [numbers|number|integers|values of] <x> [\\in <set>]", "<equation>"),
    ("<equation> [,] (where|for) <x> \\in <reals>", "<equation>"),
    ("<equation> [,] (where|for|with) <x> (,|and) <y> \\in <reals>", "<equation>"),
    (f"<e> {_WITH} [real|arbitrary] (constant|constants) <x> [')']", "<e>"),
    (f"<e> {_WITH} <x> (is|are|be|being) [a|an|any|some|the] [real|arbitrary|arbitrary real] [integration] (constant|constants|constant of integration|real number|real) [')']", "<e>"),
    (f"<e> {_WITH} (natural numbers|natural number|positive integers|positive integer|whole numbers) <x> [')']", r"<e>, <x> \in \mathbb{N}"),
    (f"<e> {_WITH} (integers|integer) <x> [')']", r"<e>, <x> \in \mathbb{Z}"),
    (f"<e> {_WITH} <x> (is|are|be|being) [a|an|any|some|the] (positive|nonnegative|non - negative|natural|whole) (integer|integers|number|numbers) [')']", r"<e>, <x> \in \mathbb{N}"),
    (f"<e> {_WITH} <x> (is|are|be|being) [a|an|any|some|the|arbitrary] (integer|integers) [')']", r"<e>, <x> \in \mathbb{Z}"),
    ("<e> [,] '(' <x> \\in <set> ')'", r"<e>, <x> \in <set>"),
    ("<e> [,] (where|for|with|for all|for any|for every|for some) <x> (\\in|in) <set>", r"<e>, <x> \in <set>"),
    ("<e> [,] (where|for|for all|when) <x> (\\ge|\\geq|\\geqslant|>=) <n>", r"<e>, <x> \ge <n>"),
    ("<e> [,] (where|for|for all|when) <x> > <n>", "<e>, <x> > <n>"),
    ("<e> [,] '(' <x> (\\ge|\\geq|\\geqslant|>=) <n> ')'", r"<e>, <x> \ge <n>"),
    ("<e> [,] '(' <x> > <n> ')'", "<e>, <x> > <n>"),
]  # fmt: skip

#: Names before a value, tried where the answer is no mathematics as it stands.
LABELS: list[tuple[str, str]] = [
    ("<label> (=|:) <e>", "<label> = <e>"),
    (f"[the|its] <label> {_IS} [:] <e>", "<label> = <e>"),
]

_NUMBER = r"(?:[-+] )?(?:\d[^ ]* / \d[^ ]* |\\frac \{ \d[^ ]* \} \{ \d[^ ]* \} |\.?\d[^ ]* )"
_LETTER = r"(?:[A-Za-z]|\\[a-z]+) (?:_ (?:\{ (?:[^ {}]+ )+\} |[^ ]+ ))?"
# Words that deny, doubt or bound what a label would say for certain.
_NO_LABEL = (
    "not|no|least|most|less|more|than|if|unless|nor|neither|either|or|maybe|perhaps|possibly|probably|except|and|cannot|"
    "greater|fewer|between|above|below|n't|isn't|aren't|wasn't|never|but|instead|wrong|incorrect|guess|twice|half|double|triple|"
    "plus|minus|times|squared|cubed|negative|opposite|reciprocal|inverse|error|false"
)
_SLOTS = {
    "e": r"(?:[^ ]+ )+?",
    "f": r"(?:[^ ]+ )+?",
    "rest": r"(?:[^ ]+ )+",
    "n": _NUMBER,
    "m": _NUMBER,
    "x": _LETTER,
    "y": _LETTER,
    "set": r"\\mathbb (?:\{ )?[A-Z] (?:\} )?(?:[_^] (?:\{ (?:[^ ]+ )+?\} |[^ ]+ ))?",
    "reals": r"\\mathbb (?:\{ )?[RQC] (?:\} )?(?:[_^] (?:\{ (?:[^ ]+ )+?\} |[^ ]+ ))?",
    "bound": r"[A-Za-z] (?:[<>]=? |\\(?:le|ge|ne|in|leq|geq|neq|leqslant|geqslant) )(?:[^ ]+ )+",
    "equation": r"(?:[^ ]+ )+?= (?:[^ ]+ )+?",
    "unit": r"(?:[a-z]+ ){1,3}",
    "corners": r"[a-z]{3} ",
    "label": rf"(?:(?!(?:{_NO_LABEL}|is|are) )[^ =;,.]+ ){{1,12}}?",
}
#: Longest answer, in tokens, that is looked up.
_LONGEST = 120
#: How many rows may apply one after another.
_ROUNDS = 8


@dataclass(frozen=True, slots=True)
class _Row:
    pattern: re.Pattern[str]
    needed: frozenset[str]  # one of these words stands in what fits
    meaning: tuple[Token, ...]


@dataclass(frozen=True, slots=True)
class _Table:
    rows: list[_Row]
    places: dict[str, list[int]]  # the rows of which each word is needed


def plain(tokens: Sequence[Token]) -> list[Token]:
    """Return the tokens of what an answer means, its words put into mathematics where the table has them."""
    for _ in range(_ROUNDS):
        found = _applied(tokens, _TABLE)
        if found is None:
            break
        tokens = found
    return list(tokens)


def labelled(tokens: Sequence[Token]) -> list[Token] | None:
    """Return the tokens of `Area = 24`, the name made one token; `None` where no name stands before a value."""
    found = _applied(tokens, _LABEL_TABLE)
    return None if found is None else plain(found)


def _applied(tokens: Sequence[Token], table: _Table) -> list[Token] | None:
    if not 0 < len(tokens) <= _LONGEST:
        return None
    known = {place for token in tokens for place in table.places.get(token.text.lower(), ())}
    if not known:
        return None
    line = "".join(f"{_written(token)} " for token in tokens)
    for place in sorted(known):
        match = table.rows[place].pattern.fullmatch(line)
        if match is not None:
            return _meant(table.rows[place], match, line, tokens)
    return None


def _written(token: Token) -> str:
    return token.text.lower() if token.kind in ("word", "text") and len(token.text) > 1 else token.text


def _meant(row: _Row, match: re.Match[str], line: str, tokens: Sequence[Token]) -> list[Token]:
    meant: list[Token] = []
    for token in row.meaning:
        if token.kind != "slot":
            meant.append(token)
        elif match[token.text] is not None:
            start = line.count(" ", 0, match.start(token.text))
            end = start + match[token.text].count(" ")
            if token.text == "label":
                meant.append(Token("label", " ".join(one.text for one in tokens[start:end])))
            else:
                meant += tokens[start:end]
    return meant


def _row(wording: str, meaning: str) -> _Row:
    pattern, needed = _compiled(wording)
    parts = re.split(r"(<[a-z]+>)", meaning)
    tokens: list[Token] = []
    for part in parts:
        if part.startswith("<") and part.endswith(">") and part[1:-1] in _SLOTS:
            tokens.append(Token("slot", part[1:-1]))
        else:
            tokens += lex(part)
    return _Row(re.compile(pattern), needed, tuple(tokens))


def _table(rows: Sequence[tuple[str, str]]) -> _Table:
    read = [_row(*row) for row in rows]
    places: dict[str, list[int]] = {}
    for place, row in enumerate(read):
        for word in row.needed:
            places.setdefault(word, []).append(place)
    return _Table(read, places)


_ELEMENT = re.compile(r"<(?P<slot>[a-z]+)>|(?P<mark>[\[\]|()])|'(?P<quoted>.)'|(?P<word>[^ \[\]|()<>]+|[<>]=?)")


def _rarity(words: Collection[str]) -> tuple[int, int]:
    """Order sets of words by how little of what people write has one of them: few, and long."""
    return len(words), -sum(map(len, words))


def _compiled(wording: str) -> tuple[str, frozenset[str]]:
    """Return a wording as a regular expression over tokens that each end in a space, and words of which it has one."""
    pattern: list[str] = []
    needed: list[set[str]] = []  # by each place that is not optional, the words that may stand there
    slots: set[str] = set()
    open_groups: list[str] = []
    for element in _ELEMENT.finditer(wording):
        slot, mark = element["slot"], element["mark"]
        if slot is not None:
            pattern.append(f"(?P={slot})" if slot in slots else f"(?P<{slot}>{_SLOTS[slot]})")
            slots.add(slot)
        elif mark in ("[", "("):
            open_groups.append(mark)
            pattern.append("(?:")
            if open_groups == ["("]:
                needed.append(set())
        elif mark in ("]", ")"):
            pattern.append(")?" if open_groups.pop() == "[" else ")")
        elif mark == "|":
            pattern.append("|")
        else:
            word = element["quoted"] or element["word"]
            pattern.append(f"[{word}{word.upper()}] " if word in "ai" else f"{re.escape(word)} ")
            if not open_groups:
                needed.append({word})
            elif open_groups == ["("]:
                needed[-1].add(word)
    rarest = min(needed, key=_rarity)
    return "".join(pattern), frozenset(rarest)


_TABLE = _table(PHRASES)
_LABEL_TABLE = _table(LABELS)
#: Every word of the table, which no product of letters is.
ENGLISH = frozenset(
    word for wording, _ in (*PHRASES, *LABELS) for word in re.findall(r"(?<![\\<a-z])[a-z]{2,}(?![a-z>])", wording)
)
