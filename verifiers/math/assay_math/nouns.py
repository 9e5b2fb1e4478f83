"""What may be counted, and the words around it: `5 red apples left`. What is none of these takes a number back."""

from __future__ import annotations

__all__ = ["counted"]

#: Nouns whose singular, or whose only form, may follow a number.
SINGULAR = frozenset(
    """
    adult animal answer apple apartment area arrangement attempt award baby bag ball balloon banana basket bead bean bear bee bike bill bird block
    boat book bottle bowl box boy bracelet branch brick brother bucket bug bus bush button cake can candle candy car card case cat cell chair chance
    chapter chicken child children choice class clip coin color colour combination competitor cookie corner count couple course cousin cow crate crayon
    cubes customer data daughter day deer degree desk dice die digit dish divisor dog doll donut door dot dozen dress drink driver duck edge egg
    element employee envelope error event example eye face factor family fan farmer feet female finger fish flower folder foot form friend fruit
    function gallon game garden geese gift girl glass goal goat grape grade group guest gum hat head home horse house household inch information inning
    integer item jar job judge key kid kitten lady lamp lap layer leaf leaves leg lemon lesson letter level line list loaf loaves lot lunch machine
    magazine male man marble mark match meal member men mice mile minute mistake mode money month mouse move movie multiple nail night node note
    notebook number object option orange order outcome outfit owner page painting pair pairs pants paper parent part partner patient peach pear pen
    pencil penguin people percent period permutation person phone photo piece pie pig pill pillow pitcher pizza place plane plant plate player point
    polygon population position possibility post pot potato pound present price prime prize probability problem profit program project puppy pupil
    question rabbit rectangle region result revolution rib ribbon ring road room root rope rose round row rotation sale sandwich score seat second
    section seed segment serving set share sheep sheet shelf shelves shirt shoe shop shot side sister slice slope snack soldier solution song spoon
    square squirrel staff stair stamp star step stick sticker stop store story strawberry student subset sum sweater table tablet team teacher teeth
    term test ticket tie tile time tire title toy train trash tree triangle trip truck turn turtle unit value vegetable vertex vertices video view
    increase decrease change discount growth loss margin rate tax interest
    visitor volume vote voter walk wall watch water way week wheel win window wing wolf woman women word work worker worm yard year youth zero
    """.split()
)

#: Words that end in an s without naming more than one of something.
_NO_PLURAL = frozenset(
    """
    plus minus times less is was has as us this thus its his hers ours yours theirs does perhaps versus always sometimes besides besides unless
    equals exceeds remains fails becomes makes gives means holds works depends divides leaves goes adds needs gets takes seems turns says lies
    maybes otherwise across towards afterwards backwards forwards upwards downwards yes ends rounds repeats cubes squares doubles halves triples
    decreases increases changes differs lacks misses wins loses
    """.split()
) - {
    "leaves",
    "turns",
    "needs",
    "wins",
    "rounds",
    "squares",
    "cubes",
    "ends",
    "increases",
    "changes",
    "doubles",
    "triples",
}

#: What may stand before what is counted, or behind it, without changing the number.
_BESIDE = frozenset(
    """
    the a an of in for per each every total altogether overall different distinct possible more extra additional new old remaining left
    whole full complete entire red green blue yellow white black purple pink brown orange small large big long short tall high deep wide
    only exactly approximately about roughly together combined apiece daily weekly monthly yearly annually today tomorrow yesterday
    positive negative real integer complex rational even odd prime unique such these those them his her their its our my your and
    on at by from to with that are ways old young year day week month hour minute second square cubic sq cu linear
    """.split()
) - {"to", "by", "from", "at", "that", "are", "with", "negative", "even", "odd", "about"}

#: Of these, what says something of a measure, `5 feet high`, and nothing without one.
_MEASURES = frozenset(
    "short tall high deep wide long large small big old young new whole full complete entire real complex rational linear".split()
)

#: Words that can't be part of what is counted: they bound, deny, change or replace the number.
_TAKES_BACK = frozenset(
    """
    or not no nor but if unless otherwise else than instead vs versus plus minus times less fewer below above under over between until till
    squared cubed doubled halved tripled factorial divided multiplied modulo mod remainder max min maximum minimum least most almost nearly
    to by from at that are is was be been were will would should could can cannot may might must does do did has have had so because since
    wrong incorrect right correct true false maybe perhaps possibly probably either neither both except excluding without beyond past
    out off up down higher lower greater bigger smaller away negative opposite inverse reciprocal root power half third quarter log sin cos
    halves thirds fourths fifths sixths sevenths eighths ninths tenths twelfths hundredths thousandths millionths billionths elevenths
    before after what when where which who why how never ever any all none some many few several however though while whereas
    """.split()
)


def counted(words: list[str], *, measured: bool = False) -> bool:
    """Whether words say what a number counts, as `apples left`, `different ways` and `people per day` do.

    Where a unit has been said already, `5 feet high`, they are `measured`. Something that can be counted must be among them, as the last that is no remark; nothing may take the number back.
    """
    low = [word.lower() for word in words]
    if not low or len(low) > 8 or any(word in _TAKES_BACK for word in low):
        return False
    if all(word in _BESIDE for word in low):
        return low[0] not in ("a", "an", "the", "and") and (measured or _MEASURES.isdisjoint(low))
    while low and low[-1] in _BESIDE:
        low.pop()
    parts: list[list[str]] = [[]]
    for word in low:
        if word in ("of", "per", "each", "every", "in", "for", "on", "a", "an", "and", "the"):
            parts.append([])
        else:
            parts[-1].append(word)
    return all(_names(part) for part in parts if part)


def _names(words: list[str]) -> bool:
    """Whether the last of some words can be counted, and the others describe it."""
    return _countable(words[-1]) and all(word.isalpha() and not word.endswith(("ing", "ly")) for word in words[:-1])


def _countable(word: str) -> bool:
    if word in SINGULAR or word in _BESIDE:
        return True
    return len(word) > 3 and word.endswith("s") and not word.endswith("ss") and word not in _NO_PLURAL
