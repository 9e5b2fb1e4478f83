r"""Reads the text of an answer into a tree: LaTeX and plain text, in time linear in its length.

A recursive descent over tokens, bounded in length, depth and the size of numbers. What can't be read as mathematics
is an answer in words, or `Unreadable` where it isn't that either.
"""

from __future__ import annotations

import re
from fractions import Fraction

from assay_math.atoms import Atoms
from assay_math.build import is_proper_fraction, product_of, quantity, signed, sum_of, transposed
from assay_math.phrases import choice, phrase, words_of
from assay_math.text import MAX_LENGTH, clean
from assay_math.tokens import MAX_DEPTH, Unreadable
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
)
from assay_math.vocabulary import BEGINNING, DIVIDED, FUNCTIONS, RELATIONS, TEXT, TIMES

__all__ = ["Unreadable", "read"]

# `..., where k is an integer`, `for any integer k`, `(k \in \mathbb{Z})`: the parameter of a family.
_WHOLE = r"(?:integers?|whole numbers?|natural numbers?|\\mathbb\s*\{?\s*[ZN]\s*\}?(?:\s*\^\s*\{?[+*]\}?|\s*_\s*\{?\\?[>+\w]+\s*\d*\}?)?)"
_PARAMETER = re.compile(
    rf"\s*[,;]?\s*\(?\s*(?:where|for|with)?\s*(?:any|all|every|some|each)?\s*(?:(?:integers?|natural numbers?)\s+([a-zA-Z])|"
    rf"([a-zA-Z])\s*(?:is|are|be|\\in|in)\s*(?:an?|any|the|some)?\s*(?:positive|non-?negative)?\s*{_WHOLE})\s*\)?\s*$"
)
#: Longest clause that says what a letter is, in characters.
_CLAUSE = 120
# What stands for a function or derivative before its formula.
_FUNCTION = re.compile(r"([A-Za-z](?:_\{?\w+\}?)?(?:\^\{-1\})?'*)\s*\(\s*([A-Za-z])\s*(?:,[^()=]*)?\)\s*=(?!=)")
_DERIVATIVE = re.compile(r"\\frac\s*\{\s*(?:d|\\partial)[^{}=]*\}\s*\{\s*(?:d|\\partial)[^{}=]*\}\s*=(?!=)")


def read(text: str) -> Node:
    r"""Return the tree of an answer.

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
    if (known := phrase(cleaned)) is not None:
        return known
    if (option := choice(cleaned)) is not None:
        return Choice(option[0], _read(option[1]))
    return _read(cleaned)


def _read(cleaned: str) -> Node:
    try:
        return _mathematics(cleaned)
    except Unreadable as problem:
        labelled = _labelled(cleaned)
        if labelled is not None:
            return labelled
        words = words_of(cleaned)
        if words is None:
            raise Unreadable(str(problem)) from None
        return words
    except RecursionError:
        raise Unreadable("it is nested too deeply") from None


def _mathematics(cleaned: str) -> Node:
    if (match := _FUNCTION.match(cleaned)) is not None:
        return Relation((Apply(f"{match[1]}()", (Symbol(match[2]),)), _mathematics(cleaned[match.end() :])), ("=",))
    if (match := _DERIVATIVE.match(cleaned)) is not None:
        return Relation((Words(re.sub(r"\s", "", match[0][:-1])), _mathematics(cleaned[match.end() :])), ("=",))
    if "integer" not in cleaned and "number" not in cleaned and "\\mathbb" not in cleaned:
        return _Reader(cleaned).whole()
    plain = " ".join(re.sub(r"\\(?:text|mathrm|textrm|mbox) ?\{([^{}]*)\}", r" \1 ", cleaned).split())
    tail = max(0, len(plain) - _CLAUSE)
    if (match := _PARAMETER.search(plain, tail)) is not None and plain[: match.start()].strip():
        node = _Reader(plain[: match.start()]).whole()
        counted = re.search(r"natural|whole|positive|\\mathbb ?\{? ?N|[\^_]", match[0]) is not None
        return Family(node.items if isinstance(node, Items) else (node,), frozenset({match[1] or match[2]}), counted)
    return _Reader(cleaned).whole()


def _labelled(cleaned: str) -> Node | None:
    """Read `Area = 24`, whose label is no mathematics and whose value is."""
    label, equals, value = cleaned.rpartition("=")
    if not equals:
        label, equals, value = re.sub(r"\b(?:are|equals|is equal to|was|will be)\b", "is", cleaned).rpartition(" is ")
    if not equals or not value.strip() or len(label) > 80 or label.rstrip().endswith(("<", ">", "!", "=")):
        return None
    if "=" in label or re.search(r"\b(?:and|not|n't|or|if|either|maybe|perhaps|neither)\b", label):
        return None
    if label.count("{") != label.count("}") or label.count("(") != label.count(")"):
        return None
    words = words_of(label)
    if words is None:
        return None
    try:
        return Relation((words, _Reader(value).whole()), ("=",))
    except Unreadable:
        return None


class _Reader(Atoms):
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
                logic = logic or (self.kind() == "command" and self.peek() not in TEXT)
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
        return Items(tuple(items), joined if joined == "or" or logic or any(map(_says, items)) else "")

    def relation(self) -> Node:
        if self.peek() == "\\approx":
            self.take()
        sides, operators = [self.ratio()], []
        while self.peek() in RELATIONS:
            operators.append(RELATIONS[self.take()])
            sides.append(self.ratio())
        node = Relation(tuple(sides), tuple(operators)) if operators else sides[0]
        if self.accept("\\pmod"):
            return Apply("congruent", (sides[-1], self.argument()))
        return node

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
            terms.append(self.product())
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
                elif self.kind() == "number" and self.tokens[self.position - 1][1] not in ("!", ")"):
                    # `2 3` is not 6, and nobody writes `x 2` for 2x
                    raise Unreadable("a number follows without an operator")
                else:
                    factors.append(self.power())
            else:
                return product_of(tuple(factors))

    def mixed(self, whole: Node) -> Node | None:
        r"""`1\frac{1}{2}`, and `1 1/2` in plain text."""
        here = self.position
        if not (isinstance(whole, Number) and whole.value.denominator == 1 and self.tokens[here - 1][0] == "number"):
            return None
        if self.peek() == "\\frac":
            part = self.atom()
            if is_proper_fraction(part):
                return sum_of((whole, part))
        elif self.kind() == "number" and self.tokens[here][2] and self.peek(1) == "/" and self.kind(2) == "number":
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
        if kind == "command":
            return token in BEGINNING or token[1:] in FUNCTIONS or (token in TEXT and not self.joins())
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
                if self.peek(1) == "\\circ" or (self.peek(1) == "{" and self.peek(2) == "\\circ"):
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


def _says(node: Node) -> bool:
    """Whether `and` before a node may join conditions, or parts of one quantity."""
    return isinstance(node, (Relation, Quantity))


def _names_integers(node: Node) -> bool:
    match node:
        case Relation(sides=(Symbol(), Symbol(name=name)), operators=("in",)):
            return name.startswith(("the_Z", "the_N"))
    return False
