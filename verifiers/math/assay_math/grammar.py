r"""Reads the text of an answer into a tree: LaTeX and plain text, in time linear in its length.

A recursive descent over tokens, bounded in length, depth and the size of numbers. What can't be read as mathematics
is an answer in words, or `Unreadable` where it isn't that either.
"""

from __future__ import annotations

import re
from fractions import Fraction

from assay_math.characters import MAX_LENGTH, clean
from assay_math.construction import is_proper_fraction, number, product_of, quantity, signed, sum_of, transposed
from assay_math.cursor import MAX_DEPTH
from assay_math.errors import Unreadable
from assay_math.evaluation import NoValue, exact
from assay_math.lexer import Token, lex
from assay_math.moments import moment, words_of
from assay_math.phrases import labelled, plain
from assay_math.terms import Terms
from assay_math.tree import (
    Apply,
    Bracketed,
    Choice,
    Clock,
    Family,
    Items,
    Node,
    Number,
    Power,
    Quantity,
    Ratio,
    Relation,
    Symbol,
    Union,
    Words,
    contains,
    symbols,
)
from assay_math.vocabulary import BEGINNING, DIVIDED, FUNCTIONS, RELATIONS, TIMES

__all__ = ["Unreadable", "read"]

#: Letters that count: `a_n = 2n, n \ge 1`.
_INDICES = frozenset("ijklmnt")


def read(text: str, *, decimal_comma: bool = False) -> Node:
    r"""Return the tree of an answer.

    Args:
        text: the answer.
        decimal_comma: whether a comma is the decimal point, and a point separates thousands.

    Raises:
        Unreadable: it is empty, too long, or neither mathematics nor a few words.

    >>> read("0.5")
    Decimal(value=Fraction(1, 2), unit=Fraction(1, 10))
    """
    if len(text) > MAX_LENGTH:
        raise Unreadable(f"it has {len(text):,} characters; the limit is {MAX_LENGTH:,}")
    cleaned = clean(text)
    if not cleaned:
        raise Unreadable("it is empty")
    if len(cleaned) > 2 * MAX_LENGTH:  # one character may stand for many
        raise Unreadable(f"it has {len(cleaned):,} characters when written out")
    if (known := moment(cleaned)) is not None:
        return known
    try:
        return _answer(lex(cleaned, decimal_comma=decimal_comma))
    except RecursionError:
        raise Unreadable("it is nested too deeply") from None


def _answer(tokens: list[Token]) -> Node:
    """Read an answer as an option with its content, as mathematics, as values with names in words, or as words."""
    if (option := _option(tokens)) is not None:
        return Choice(option[0], _answer(option[1]))
    known = tokens
    tokens = plain(_unlettered(tokens))
    if tokens != known and (named_moment := moment("".join(_spaced(token) for token in tokens))) is not None:
        return named_moment
    try:
        return _Reader(tokens).whole()
    except Unreadable as problem:
        if (named := _named(tokens)) is not None:
            return named
        if (words := words_of("".join(_spaced(token) for token in tokens))) is not None:
            return words
        raise Unreadable(str(problem)) from None


def _spaced(token: Token) -> str:
    return f" {token.text}" if token.spaced else token.text


def _option(tokens: list[Token]) -> tuple[str, list[Token]] | None:
    """Return the letter and the content of `(B) 12`, `B) 12` or `B. 12`, `None` for what is no such option."""
    texts = [token.text for token in tokens[:4]]
    if texts[:1] == ["("] and texts[2:3] == [")"]:
        letter, rest = texts[1], 3
    elif texts[1:2] in ([")"], ["."], [":"]):
        letter, rest = texts[0], 2
    else:
        return None
    while rest < len(tokens) and tokens[rest].text in (":", "."):
        rest += 1
    if len(letter) != 1 or not letter.isupper() or rest >= len(tokens) or (rest == 2 and not tokens[2].spaced):
        return None
    following = tokens[rest]
    if following.text in (",", ";", "and", "or", "+", "-", "=", "^", "_", "(", "\\cap") or following.kind == "command":
        return (letter, tokens[rest:]) if following.text in ("-", "(", "\\frac", "\\sqrt", "\\dollar", "\\pi") else None
    return letter, tokens[rest:]


_NUMERALS = ("i", "ii", "iii", "iv", "v", "vi")


def _unlettered(tokens: list[Token]) -> list[Token]:
    """Return the tokens of `(a) 3, (b) 5` and `1) 3, 2) 5` without the letters of its parts."""
    if ")" not in {token.text for token in tokens[1:3]}:
        return tokens
    kept: list[Token] = []
    count, index = 0, 0
    while index < len(tokens):
        width = _part_mark([token.text for token in tokens[index : index + 3]], count)
        if width and (index == 0 or (count and kept)):
            if kept and kept[-1].text not in (",", ";", "and"):
                kept.append(Token("sign", ","))
            count, index = count + 1, index + width
        else:
            kept.append(tokens[index])
            index += 1
    return kept if count > 1 else tokens


def _part_mark(texts: list[str], count: int) -> int:
    """Return how many tokens the mark of the next part takes, 0 where it does not stand here."""
    letters = ("abcdefgh"[count : count + 1], "".join(_NUMERALS[count : count + 1]), str(count + 1))
    if len(texts) == 3 and texts[0] == "(" and texts[1] in letters and texts[2] == ")":
        return 3
    return 2 if len(texts) > 1 and texts[0] in letters and texts[0] and texts[1] == ")" else 0


def _named(tokens: list[Token]) -> Node | None:
    """Read `Area = 24` and `Minimum: 1, Maximum: 3`, whose names are no mathematics; `None` for anything else."""
    parts: list[list[Token]] = [[]]
    depth = 0
    for token in tokens:
        depth += (token.text in ("(", "[", "{", "\\{")) - (token.text in (")", "]", "}", "\\}"))
        if depth == 0 and token.text in (",", ";", "and"):
            parts.append([])
        else:
            parts[-1].append(token)
    parts = [part for part in parts if part]
    for several in ([tokens], parts):
        try:
            read = [_Reader(part).whole() for one in several if (part := labelled(one)) is not None]
        except Unreadable:
            continue
        if len(read) == len(several) and read:
            return read[0] if len(read) == 1 else Items(tuple(read))
    return None


class _Reader(Terms):
    """One answer; each method reads one rule of the grammar."""

    def items(self) -> Node:
        """Groups separated by semicolons, where what a group holds is separated by commas."""
        first = self._items()
        if self.peek() != ";":
            return first
        groups = [first]
        while self.accept(";") and self.position < len(self.tokens):
            groups.append(self._items())
        if not any(isinstance(one, Items) for one in groups):
            return Items(tuple(groups))
        return Items(tuple(Bracketed("(", one.items, ")") if isinstance(one, Items) else one for one in groups))

    def _items(self) -> Node:
        """Relations separated by commas, `and` and `or`."""
        self.accept("either", "both")
        items, joined, logic = [self.relation()], "", False
        while self.peek() == "," or self.joins():
            while True:
                logic = logic or self.kind() == "command"
                if word := self.join():
                    joined = word
                elif not self.accept(","):
                    break
            if self.position >= len(self.tokens):
                break
            items.append(self.relation())
        if len(items) == 1:
            return items[0]
        whole = [one for one in items if _names_integers(one)]
        if whole and len(whole) < len(items):
            names = {one.sides[0].name for one in whole}  # type: ignore[attr-defined]
            counted = any(one.sides[1].name != "the_Z" for one in whole)  # type: ignore[attr-defined]
            return Family(tuple(one for one in items if one not in whole), frozenset(names), counted)
        if len(items) > 1 and joined != "or" and (several := _none_of(items)) is not None:
            return several
        if joined != "or" and len(items) == 2 and (_counts(*items) or _is_domain(*items)):
            return items[0]
        return Items(tuple(items), joined if joined == "or" or logic or any(map(_says, items)) else "")

    def relation(self) -> Node:
        if self.peek() == "\\approx":
            self.take()
        sides, operators = [self.called() or self.ratio()], []
        while self.peek() in RELATIONS:
            operators.append(RELATIONS[self.take()])
            sides.append(self.ratio())
        if self.peek() != "\\pmod":  # f(x) \equiv 0: it is zero everywhere
            operators = ["=" if one == "mod" else one for one in operators]
        node = Relation(tuple(sides), tuple(operators)) if operators else sides[0]
        if self.accept("\\bmod"):
            remainder = Apply("mod", (sides[-1], self.argument()))
            return Relation((*sides[:-1], remainder), tuple(operators)) if operators else remainder
        if self.accept("\\pmod"):
            return Apply("congruent", (sides[-1], self.argument()))
        return node

    def called(self) -> Node | None:
        r"""Read a function, its value at a point or its derivative before an equals sign, `None` if none is there."""
        here = self.position
        if self.peek() == "\\frac" and self.peek(1) == "{" and self.peek(2)[:1] in ("d", "\\partial"[:1]):
            words: list[str] = []
            while self.peek() not in ("=", "") and len(words) < 20:
                words.append(self.take())
            if self.peek() == "=" and words.count("{") == words.count("}") == 2 and _is_derivative(words):
                return Words("".join(words))
            self.position = here
            return None
        name = self.take() if self.kind() in ("word", "text") else ""
        if len(name) != 1:
            self.position = here
            return None
        if self.accept("_"):
            name = self.subscript(name)
        if [self.peek(ahead) for ahead in range(5)] == ["^", "{", "-", "1", "}"]:
            self.position += 5
            name += "^-1"
        while self.accept("'"):
            name += "'"
        arguments = self.arguments() if self.accept("(") else []
        if arguments and self.peek() == "=":
            return Apply(f"{name}()", tuple(arguments))
        self.position = here
        return None

    def arguments(self) -> list[Node]:
        """Take letters and numbers up to a closing bracket; none where anything else comes."""
        read: list[Node] = []
        while True:
            if self.kind() == "number":
                read.append(number(self.take()))
            elif self.kind() in ("word", "text") and len(self.peek()) == 1:
                read.append(Symbol(self.take()))
            else:
                return []
            if self.accept(")"):
                return read[:1] if len(read) > 1 and all(isinstance(one, Symbol) for one in read) else read
            if not self.accept(","):
                return []

    def ratio(self) -> Node:
        parts = [self.union()]
        while (self.peek() == ":" and not self.in_set) or self.peek() == "to":
            self.take()
            hour = parts[-1]
            if self.kind() == "number" and len(self.peek()) == 2 and self.peek()[0] == "0" and isinstance(hour, Number):
                return Clock(int(hour.value) % 24, int(self.take()), 0, "")  # nobody writes a ratio of 7 : 05
            parts.append(self.union())
        return Ratio(tuple(parts)) if len(parts) > 1 else parts[0]

    def union(self) -> Node:
        parts = [self.sum()]
        while self.accept("\\cup"):
            parts.append(self.sum())
        whole = Union(tuple(parts)) if len(parts) > 1 else parts[0]
        if self.accept("\\setminus", "\\backslash"):
            return Apply("without", (whole, self.sum()))
        if self.accept("\\cap"):
            return Apply("intersection", (whole, self.sum()))
        return whole

    def sum(self) -> Node:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise Unreadable(f"it is nested more than {MAX_DEPTH} deep")
        terms: list[Node] = []
        both: Node | None = None
        sign = 1
        while self.peek() in ("+", "-"):
            sign = -sign if self.take() == "-" else sign
        if self.accept("\\pm", "\\mp"):
            both = self.product()
        else:
            terms.append(signed(sign, self.product()))
        while isinstance(terms[-1] if terms else None, Quantity) and self.kind() == "number":  # 2 hours 30 minutes
            terms.append(self.minutes_of_arc() or self.product())
        while self.peek() in ("+", "-", "\\pm", "\\mp"):
            operator = self.take()
            if operator in ("\\pm", "\\mp"):
                if both is not None:
                    raise Unreadable("it has more than one plus-minus")
                both = self.product()
                continue
            sign = -1 if operator == "-" else 1
            while self.peek() in ("+", "-"):
                sign = -sign if self.take() == "-" else sign
            terms.append(signed(sign, self.product()))
        self.depth -= 1
        if both is not None:
            return Items((sum_of((*terms, both)), sum_of((*terms, signed(-1, both)))))
        return sum_of(tuple(terms))

    def minutes_of_arc(self) -> Node | None:
        """Read `30'` and `15''` behind degrees, `None` where none come."""
        if self.peek(1) not in ("'", "\\prime", '"'):
            return None
        value = number(self.take())
        size = 3600 if self.accept('"') else 60
        while self.accept("'"):
            size = 60 if size == 60 and self.peek() != "'" else 3600
        return Quantity(product_of((value, Number(Fraction(1, size)))), "\\circ")

    def product(self) -> Node:
        factors = [self.unary()]
        while True:
            token = self.peek()
            if token in TIMES:
                self.take()
                factors.append(self.unary())
            elif token in DIVIDED and self.position + 1 < len(self.tokens):
                self.take()
                factors.append(Power(self.unary(), Number(Fraction(-1))))
            elif token == "%":
                self.take()
                if any(isinstance(one, Apply) and one.function == "percent" for one in factors):
                    raise Unreadable("a product has two percent signs")
                factors = [Apply("percent", (product_of((*factors, Number(Fraction(1, 100)))),))]
            elif self.begins_unit():
                factors = [quantity(product_of(tuple(factors)), self.unit())]
                if not (self.kind() == "word" and self.begins_factor()):
                    return factors[0]
            elif self.begins_factor():
                mixed = self.mixed(factors[-1])
                if mixed is not None:
                    factors[-1] = mixed
                elif (
                    self.kind() == "number"
                    and self.last().text not in ("!", ")")
                    and not _is_numeric_power(factors[-1])
                ):
                    # `2 3` is not 6, and nobody writes `x 2` for 2x
                    raise Unreadable("a number follows without an operator")
                else:
                    factors.append(self.power())
            else:
                return product_of(tuple(factors))

    def mixed(self, whole: Node) -> Node | None:
        r"""`1\frac{1}{2}`, and `1 1/2` in plain text."""
        here = self.position
        if not (isinstance(whole, Number) and whole.value.denominator == 1 and self.last().kind == "number"):
            return None
        if self.peek() == "\\frac":
            part = self.atom()
            if is_proper_fraction(part):
                return sum_of((whole, part))
            if _is_fraction(part) and self.peek() != "\\pi":  # 2 7/5: is it seven fifths more, or times?
                raise Unreadable("a whole number stands before an improper fraction")
        elif self.kind() == "number" and self.tokens[here].spaced and self.peek(1) == "/" and self.kind(2) == "number":
            numerator, denominator = self.peek(), self.peek(2)
            if numerator.isdigit() and denominator.isdigit() and 0 < int(numerator) < int(denominator):
                self.position += 3
                return Number(whole.value + Fraction(int(numerator), int(denominator)))
        self.position = here
        return None

    def begins_factor(self) -> bool:
        kind, token = self.kind(), self.peek()
        if kind == "number":
            return True
        if kind == "word":
            return token not in ("and", "or", "to", "if")
        if kind == "text":
            return token not in ("and", "or", "to", "if", "for", "where", "when", "otherwise")
        if kind == "command":
            return token in BEGINNING or token[1:] in FUNCTIONS
        return token in ("(", "[", "{")

    def unary(self) -> Node:
        if self.accept("-"):
            return signed(-1, self.unary())
        if self.accept("+"):
            return self.unary()
        return self.power()

    def power(self) -> Node:
        base = self.atom()
        for _ in range(MAX_DEPTH):
            if self.peek() in ("^", "**"):
                if self.at_degrees():
                    return base  # a degree sign is a unit
                self.take()
                turned = transposed(base, self.peek(1) if self.peek() == "{" else self.peek())
                exponent = self.exponent()
                base = Power(base, exponent) if turned is None else turned
            elif self.peek() == "!" and self.peek(1) != "=":
                self.take()
                base = Apply("factorial", (base,))
            elif self.peek() == "'" and isinstance(base, Symbol):
                self.take()
                base = Symbol(base.name + "'")
            else:
                return base
        raise Unreadable("too many exponents and factorials follow each other")


def _is_numeric_power(node: Node) -> bool:
    """Whether a number may follow: `2^3 3^2 5`."""
    return isinstance(node, Power) and isinstance(node.base, Number)


def _is_fraction(node: Node) -> bool:
    try:
        return exact(node) is not None
    except NoValue:
        return False


def _is_derivative(words: list[str]) -> bool:
    inside = "".join(words).removeprefix("\\frac").replace("\\partial", "d")
    return re.fullmatch(r"\{d[^{}]*\}\{d[^{}]*\}", inside) is not None


def _none_of(items: list[Node]) -> Node | None:
    r"""Read `x \ne 1, 2` as two conditions, `None` for anything else."""
    match items:
        case [Relation(sides=(name, _), operators=("!=",)) as first, *rest] if not any(
            isinstance(one, Relation) for one in rest
        ):
            return Items((first, *(Relation((name, one), ("!=",)) for one in rest)), "and")
    return None


def _is_domain(formula: Node, condition: Node) -> bool:
    r"""Whether a condition says that a letter of an equation is any real number: `f(x) = kx, k \in \mathbb{R}`."""
    match formula, condition:
        case Relation(operators=("=",)), Relation(sides=(Symbol(name=letter), Symbol(name="the_R")), operators=("in",)):
            return letter in symbols(formula)
    return False


def _counts(formula: Node, condition: Node) -> bool:
    r"""Whether a condition says no more than from where a formula's index counts: `a_n = 2n, n \ge 2`."""
    match condition:
        case Relation(sides=(Symbol(name=index), Number()), operators=(">=" | ">",)):
            pass
        case Relation(sides=(Number(), Symbol(name=index)), operators=("<=" | "<",)):
            pass
        case _:
            return False
    bound = isinstance(formula, Relation) and formula.operators != ("=",)
    return (
        index in _INDICES
        and contains(formula, lambda part: part == Symbol(index))
        and not bound
        and formula != Symbol(index)
    )


def _says(node: Node) -> bool:
    """Whether `and` before a node may join conditions, or parts of one quantity."""
    return isinstance(node, (Relation, Quantity))


def _names_integers(node: Node) -> bool:
    match node:
        case Relation(sides=(Symbol(), Symbol(name=name)), operators=("in",)):
            return name.startswith(("the_Z", "the_N"))
    return False
