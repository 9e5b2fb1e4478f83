r"""Reads the text of an answer into a tree: LaTeX and plain text, in time linear in its length.

A recursive descent over tokens, bounded in length, depth and the size of numbers. What can't be read as mathematics
is an answer in words, or `None` where it isn't that either.
"""

from __future__ import annotations

import re
from fractions import Fraction

from assay_math.build import is_proper_fraction, number, plain, product_of, signed, sum_of
from assay_math.text import MAX_LENGTH, clean
from assay_math.tokens import MAX_DEPTH, Tokens, Unreadable
from assay_math.tree import (
    Apply,
    Bracketed,
    Items,
    Matrix,
    Node,
    Number,
    Power,
    Quantity,
    Relation,
    Symbol,
    Union,
    Words,
)
from assay_math.vocabulary import (
    BEGINNING,
    CLOSE,
    CLOSING,
    DIVIDED,
    FUNCTIONS,
    GREEK,
    NO_PRODUCT,
    OPEN,
    RELATIONS,
    SAME,
    TEXT,
    TIMES,
    TRIGONOMETRIC,
)

__all__ = ["Unreadable", "read"]


_WORD_LIMIT = 300


def read(text: str) -> Node:
    r"""Return the tree of an answer.

    Raises:
        Unreadable: it is empty, too long, or neither mathematics nor a few words.

    >>> read("0.5")
    Decimal(value=Fraction(1, 2), unit=Fraction(1, 10))
    """
    cleaned = clean(text) if len(text) <= MAX_LENGTH else ""
    if len(text) > MAX_LENGTH:
        raise Unreadable(f"it has {len(text):,} characters; the limit is {MAX_LENGTH:,}")
    if not cleaned:
        raise Unreadable("it is empty")
    try:
        return _Reader(cleaned).answer()
    except Unreadable as problem:
        words = words_of(cleaned)
        if words is None:
            raise Unreadable(str(problem)) from None
        return words
    except RecursionError:
        raise Unreadable("it is nested too deeply") from None


def words_of(cleaned: str) -> Words | None:
    """Return an answer in words, `None` if it has none."""
    text = re.sub(r"\\(?:text|textbf|textit|mathrm|mbox|operatorname|textrm)(?![a-zA-Z])", " ", cleaned)
    text = " ".join(re.sub(r"[{}\s]+", " ", text).split()).strip(" .,;:!\"'")
    match = re.fullmatch(r"\(?([A-Za-z])[).]?", text)
    if match:
        return Words(match[1].upper())
    if len(text) > _WORD_LIMIT or not re.search(r"\w", text):
        return None
    return Words(re.sub(r"\s*([^\w\s])\s*", r"\1", text.casefold()))


class _Reader(Tokens):
    """One answer; each method reads one rule of the grammar."""

    # --- grammar --------------------------------------------------------------------------------------------------

    def answer(self) -> Node:
        node = self.items()
        if self.position < len(self.tokens):
            raise Unreadable(f"'{self.peek()}' was not expected")
        return node

    def items(self) -> Node:
        """Relations separated by commas, semicolons, `and` and `or`."""
        items = [self.relation()]
        while self.peek() in (",", ";") or self.joins():
            while self.accept(",", ";") or self.join():
                pass
            if self.position >= len(self.tokens):
                break
            items.append(self.relation())
        return items[0] if len(items) == 1 else Items(tuple(items))

    def relation(self) -> Node:
        sides, operators = [self.union()], []
        while self.peek() in RELATIONS:
            operators.append(RELATIONS[self.take()])
            sides.append(self.union())
        return Relation(tuple(sides), tuple(operators)) if operators else sides[0]

    def union(self) -> Node:
        parts = [self.sum()]
        while self.accept("\\cup"):
            parts.append(self.sum())
        if self.accept("\\setminus", "\\backslash"):
            return Apply("without", (parts[0], self.sum()))
        return Union(tuple(parts)) if len(parts) > 1 else parts[0]

    def sum(self) -> Node:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise Unreadable(f"it is nested more than {MAX_DEPTH} deep")
        terms: list[Node] = []
        both: list[tuple[int, Node]] = []  # terms after a plus-minus, by their place
        sign = 1
        while self.peek() in ("+", "-"):
            sign = -sign if self.take() == "-" else sign
        if self.accept("\\pm", "\\mp"):
            both.append((0, self.product()))
        else:
            terms.append(signed(sign, self.product()))
        while self.peek() in ("+", "-", "\\pm", "\\mp"):
            operator = self.take()
            if operator in ("\\pm", "\\mp"):
                both.append((len(terms), self.product()))
                continue
            sign = -1 if operator == "-" else 1
            while self.peek() in ("+", "-"):
                sign = -sign if self.take() == "-" else sign
            terms.append(signed(sign, self.product()))
        self.depth -= 1
        if both:
            if len(both) > 1:
                raise Unreadable("it has more than one plus-minus")
            other = both[0][1]
            plus, minus = (*terms, other), (*terms, signed(-1, other))
            return Items((sum_of(plus), sum_of(minus)))
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
                name = "ratio" if token == ":" else ""
                divisor = self.unary()
                if name:
                    factors = [Apply("ratio", (product_of(tuple(factors)), divisor))]
                else:
                    factors.append(Power(divisor, Number(Fraction(-1))))
            elif token == "%":
                self.take()
                factors.append(Number(Fraction(1, 100)))
                factors = [Apply("percent", (product_of(tuple(factors)),))]
            elif self.begins_unit():
                return Quantity(product_of(tuple(factors)), self.unit())
            elif self.begins_factor():
                mixed = self.mixed(factors[-1])
                if mixed is not None:
                    factors[-1] = mixed
                elif self.kind() == "number":  # `2 3` is not 6, and nobody writes `x 2` for 2x
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
            return token not in ("and", "or")
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
                base = Power(base, self.exponent())
            elif self.peek() == "!" and self.peek(1) != "=":
                self.take()
                base = Apply("factorial", (base,))
            elif self.peek() == "'" and isinstance(base, Symbol):
                self.take()
                base = Symbol(base.name + "'")
            else:
                return base
        raise Unreadable("too many exponents and factorials follow each other")

    def exponent(self) -> Node:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise Unreadable(f"it is nested more than {MAX_DEPTH} deep")
        node = self._exponent()
        if self.peek() in ("^", "**") and self.peek(1) != "\\circ":  # a tower is read from the top
            self.take()
            node = Power(node, self.exponent())
        self.depth -= 1
        return node

    def _exponent(self) -> Node:
        if self.accept("{"):
            node = self.sum()
            self.expect("}")
            return node
        if self.accept("-"):
            return signed(-1, self.exponent())
        if self.accept("+"):
            return self.exponent()
        if self.kind() == "number":  # `x^23` in LaTeX is x^2 3; people who write it mean x^23
            return number(self.take())
        return self.atom()

    def argument(self) -> Node:
        r"""What `\frac` and `\sqrt` take: braces, or a single character."""
        if self.accept("{"):
            node = self.sum()
            self.expect("}")
            return node
        if self.kind() == "number" and self.peek().isdigit() and len(self.peek()) > 1:
            kind, digits, _ = self.tokens[self.position]
            self.tokens[self.position] = (kind, digits[1:], False)
            return Number(Fraction(int(digits[0])))
        return self.atom()

    # --- atoms ----------------------------------------------------------------------------------------------------

    def atom(self) -> Node:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise Unreadable(f"it is nested more than {MAX_DEPTH} deep")
        node = self._atom()
        self.depth -= 1
        return node

    def _atom(self) -> Node:
        kind = self.kind()
        token = self.take()
        if kind == "number":
            return self.numeral(token)
        if kind == "word":
            return self.name(token)
        if token in OPEN:
            return self.brackets(token)
        if token in ("|", "\\lvert", "\\vert"):
            node = self.sum()
            if self.take() not in ("|", "\\rvert", "\\vert"):
                raise Unreadable("a '|' is never closed")
            return Apply("abs", (node,))
        if kind == "command":
            return self.command(token)
        raise Unreadable(f"'{token}' was not expected" if token else "it ends too early")

    def numeral(self, token: str) -> Node:
        if self.peek() == "_" and token.replace(".", "", 1).isalnum():
            here = self.position
            self.take()
            base = self.argument()
            if isinstance(base, Number) and base.value.denominator == 1 and 2 <= base.value <= 36:
                try:
                    return Apply(
                        "base", (Number(Fraction(int(token, int(base.value)))), Number(number(token).value), base)
                    )
                except ValueError:
                    raise Unreadable(f"{token} is no number in base {base.value}") from None
            self.position = here
        if "." in token and self.accept("\\overline", "\\bar", "\\dot"):
            digits = self.digits()
            whole, _, fixed = token.partition(".")
            start = Fraction(int(whole or 0)) + (Fraction(int(fixed), 10 ** len(fixed)) if fixed else 0)
            return Number(start + Fraction(int(digits), (10 ** len(digits) - 1) * 10 ** len(fixed)))
        return number(token)

    def name(self, word: str) -> Node:
        if word in FUNCTIONS:
            return self.function(word)
        if word in ("pi", "Pi"):
            return Symbol("pi")
        if word.lower() in ("infinity", "inf", "oo"):
            return Symbol("oo")
        if len(word) == 1:
            if self.peek() == "(" and word in "fghFGHPp" and not self.tokens[self.position][2]:
                return self.applied(word)
            return self.subscripted(word)
        if len(word) <= 3 and word.islower() and word not in NO_PRODUCT:
            factors: list[Node] = [Symbol(one) for one in word[:-1]]
            if self.peek() in ("^", "_", "**"):  # in `xy^2` the exponent is y's
                self.position -= 1
                self.tokens[self.position] = ("word", word[-1], False)
                return product_of((*factors, self.power()))
            return product_of((*factors, Symbol(word[-1])))
        raise Unreadable(f"'{word}' is a word")

    def subscripted(self, name: str) -> Node:
        if self.peek() == "_":
            self.take()
            if self.accept("{"):
                parts = []
                while self.peek() not in ("}", ""):
                    parts.append(self.take())
                self.expect("}")
                name += "_" + "".join(parts)
            else:
                name += "_" + self.take()
            return Symbol(name)
        return Symbol(name)

    def applied(self, name: str) -> Node:
        self.expect("(")
        arguments = [self.sum()]
        while self.accept(","):
            arguments.append(self.sum())
        self.expect(")")
        return Apply(f"{name}()", tuple(arguments))

    def brackets(self, left: str) -> Node:
        closing = CLOSING[left]
        if self.peek() in CLOSE | {"}"}:
            right = self.take()
            return Bracketed(plain(left), (), plain(right))
        if left == "{":
            node = self.items()
            self.expect("}")
            return node if not isinstance(node, Items) else Bracketed("{", node.items, "}")
        inside = self.items()
        if left in ("\\{", "\\lbrace") and self.peek() in ("|", "\\mid", ":"):
            self.take()
            condition = self.items()
            self.expect(closing)
            return Apply("such_that", (inside, condition))
        right = self.take()
        if right not in CLOSE:
            raise Unreadable(f"a '{left}' is never closed")
        items = inside.items if isinstance(inside, Items) else (inside,)
        if left == "(" and right == ")" and len(items) == 1:
            return items[0]
        if left == "[" and right == "]" and len(items) == 1:
            return items[0]
        return Bracketed(plain(left), items, plain(right))

    def command(self, command: str) -> Node:
        if command == "\\frac":
            top, bottom = self.argument(), self.argument()
            return product_of((top, Power(bottom, Number(Fraction(-1)))))
        if command == "\\sqrt":
            if self.accept("["):
                index = self.sum()
                self.expect("]")
                return Power(self.argument(), Power(index, Number(Fraction(-1))))
            return Power(self.argument(), Number(Fraction(1, 2)))
        if command == "\\cbrt":
            return Power(self.argument(), Number(Fraction(1, 3)))
        if command == "\\binom":
            return Apply("binom", (self.argument(), self.argument()))
        if command in ("\\pi",):
            return Symbol("pi")
        if command == "\\infty":
            return Symbol("oo")
        if command in ("\\emptyset", "\\varnothing"):
            return Bracketed("{", (), "}")
        if command in GREEK:
            return self.subscripted(GREEK[command])
        if command[1:] in FUNCTIONS:
            return self.function(command[1:])
        if command in ("\\lfloor", "\\lceil"):
            node = self.sum()
            self.expect(command.replace("\\l", "\\r"))
            return Apply("floor" if command == "\\lfloor" else "ceil", (node,))
        if command == "\\dollar":
            return Quantity(self.product(), "\\dollar")
        if command in ("\\overline", "\\bar", "\\vec", "\\hat", "\\widehat", "\\overrightarrow"):
            return Apply(command[1:], (self.argument(),))
        if command == "\\mathbb":
            self.expect("{")
            name = self.take()
            self.expect("}")
            return Symbol(f"the_{name}")
        if command in TEXT:
            return self.worded()
        if command == "\\begin":
            return self.environment()
        raise Unreadable(f"'{command}' is not known")

    def worded(self) -> Node:
        r"""`\text{...}`: mathematics in another font, or a word."""
        self.expect("{")
        inner = []
        while self.peek() not in ("}", ""):
            inner.append(self.take())
        self.expect("}")
        text = " ".join(inner)
        if len(inner) == 1 and len(text) == 1 and text.isalpha():
            return Symbol(text)
        if len(inner) == 1 and re.fullmatch(r"[\d.,]*\d", text):
            return number(text)
        if len(inner) == 1 and text in FUNCTIONS:
            return self.function(text)
        raise Unreadable(f"'{text}' is a word")

    def function(self, name: str) -> Node:
        name = SAME.get(name, name)
        base = exponent = None
        for _ in range(2):
            if self.accept("_"):
                base = self.argument()
            elif self.peek() == "^" and name in TRIGONOMETRIC:
                self.take()
                exponent = self.exponent()
        if name == "sqrt":
            return Power(self.argument(), Number(Fraction(1, 2)))
        if name == "cbrt":
            return Power(self.argument(), Number(Fraction(1, 3)))
        if self.peek() == "(":
            self.take()
            arguments = [self.sum()]
            while self.accept(","):
                arguments.append(self.sum())
            self.expect(")")
        elif self.peek() == "{":
            arguments = [self.argument()]
        else:
            arguments = [self.bare_argument()]
        if name == "log10":
            name, base = "log", Number(Fraction(10))
        if base is not None:
            arguments.append(base)
        if exponent == Number(Fraction(-1)) and f"arc{name}" in FUNCTIONS:
            return Apply(f"arc{name}", tuple(arguments))
        applied = Apply(name, tuple(arguments))
        return applied if exponent is None else Power(applied, exponent)

    def bare_argument(self) -> Node:
        r"""In `\sin 2x + 1` the argument is `2x`."""
        if self.accept("-"):
            return signed(-1, self.bare_argument())
        factors = [self.power()]
        while self.kind() in ("word", "command") and self.begins_factor() and self.peek()[1:] not in FUNCTIONS:
            factors.append(self.power())
        if self.begins_unit():
            return Quantity(product_of(tuple(factors)), self.unit())
        return product_of(tuple(factors))

    def environment(self) -> Node:
        self.expect("{")
        name = self.take()
        self.expect("}")
        if name not in ("pmatrix", "bmatrix", "matrix", "vmatrix", "array", "smallmatrix", "Bmatrix"):
            raise Unreadable(f"the environment '{name}' is not known")
        if name == "array" and self.accept("{"):
            while self.peek() not in ("}", ""):
                self.take()
            self.expect("}")
        rows: list[tuple[Node, ...]] = []
        row: list[Node] = []
        while self.peek() != "\\end":
            if self.accept("\\\\"):
                if row:
                    rows.append(tuple(row))
                row = []
            elif not self.accept("&", "\\hline"):
                row.append(self.sum())
            if self.position >= len(self.tokens):
                raise Unreadable("a matrix is never closed")
        if row:
            rows.append(tuple(row))
        self.position += 1
        self.expect("{")
        self.take()
        self.expect("}")
        if len({len(one) for one in rows}) > 1:
            raise Unreadable("the rows of the matrix differ in length")
        matrix = Matrix(tuple(rows))
        return Apply("det", (matrix,)) if name == "vmatrix" else matrix
