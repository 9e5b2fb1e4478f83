r"""The smallest parts of mathematics: numerals, names, brackets, commands, functions, environments."""

from __future__ import annotations

import re
from fractions import Fraction

from assay_math.construction import endless_decimal, number, plain, product_of, quantity, repeating, signed
from assay_math.cursor import MAX_DEPTH
from assay_math.errors import Unreadable
from assay_math.functions import BOUND, Functions
from assay_math.lexer import Token
from assay_math.phrases import ENGLISH, MEANINGS
from assay_math.tree import (
    Apply,
    Bound,
    Bracketed,
    Items,
    Node,
    Number,
    Power,
    Quantity,
    Such,
    Symbol,
    Words,
)
from assay_math.vocabulary import (
    BASES,
    CLOSE,
    CLOSING,
    FUNCTIONS,
    GREEK,
    MONEY,
    OPEN,
)

__all__ = ["Terms"]


#: English of three letters and less, which is no product of letters.
WORDS = frozenset(
    [
        "yes",
        "no",
        "is",
        "of",
        "the",
        "in",
        "to",
        "per",
        "day",
        "and",
        "or",
        "if",
        "are",
        "has",
        "had",
        "its",
        "was",
        "not",
        "but",
        "nor",
        "any",
        "all",
        "odd",
        "sum",
        "men",
        "box",
        "cat",
        "dog",
        "red",
        "one",
        "two",
        "six",
        "ten",
    ]
)


#: English of two letters, by its capital.
_SHORT = frozenset("In On At No Is It Of Or So To Up We He Me My If As An Am By Do Go Us Hi Ok Be".split())  # noqa: SIM905


def is_product(word: str) -> bool:
    """Whether letters in a row are a product, `mgh` or `nRT`, and no word."""
    if len(word) <= 3 and word.islower():
        return True
    vowels = any(letter in "aeiouAEIOU" for letter in word)
    if len(word) == 2:
        return word not in _SHORT
    if len(word) > 5 or word[1:].islower():
        return len(word) <= 4 and not vowels
    return True


def corners(name: str) -> str:
    """Return a segment or polygon by its corners, from the first letter on: BA is AB, and DCBA is ABCD.

    Numbers in Roman digits stay as they are.
    """
    if set(name) <= set("IVXLCDM") or len(name) > 4:
        return name
    turns = [name[index:] + name[:index] for index in range(len(name))]
    return min(turns + [turn[::-1] for turn in turns])


class Terms(Functions):
    """What the grammar's smallest rules read; the rules above them are `reader`'s."""

    def exponent(self) -> Node:
        """Read what stands after a `^`; a tower is read from the top."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise Unreadable(f"it is nested more than {MAX_DEPTH} deep")
        node = self._exponent()
        if self.peek() in ("^", "**") and self.peek(1) != "\\circ":
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
            digits = self.split_first()
            return Number(Fraction(int(digits)))
        if self.kind() == "word" and len(self.peek()) > 1 and self.peek() not in FUNCTIONS:
            return Symbol(self.split_first())
        return self.atom()

    def split_first(self) -> str:
        """Take the first character of the next token, as a command without braces does."""
        kind, text, _ = self.tokens[self.position]
        self.tokens[self.position] = Token(kind, text[1:], False)
        return text[0]

    def radicand(self) -> Node:
        r"""What `\sqrt` takes: LaTeX sets `\sqrt12` as the root of 1, but nobody who writes it means that."""
        return number(self.take()) if self.kind() == "number" else self.argument()

    def atom(self) -> Node:
        """Read a numeral, a name, something in brackets, or a command with what it takes."""
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
        if kind == "text":
            return self.worded(token)
        if kind == "label":
            return Words(token.lower())
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

    # --- numerals and names ---------------------------------------------------------------------------------------

    def numeral(self, token: str) -> Node:
        """Read a number in any base, with repeated digits, or with an ellipsis."""
        based = self.based(token)
        if based is not None:
            return based
        if "." in token and self.accept("\\overline", "\\bar", "\\dot"):
            return repeating(token, self.digits())
        if (
            "." in token
            and self.peek() == "("
            and not self.spaced()
            and self.kind(1) == "number"
            and self.peek(2) == ")"
        ):
            digits = self.peek(1)
            if digits.isdigit():
                self.position += 3
                return repeating(token, digits)
        if "." in token and self.peek() in ("\\ldots", "\\dots", "\\cdots") and self.peek(1) not in (",", ";"):
            self.take()
            return endless_decimal(token) or number(token)
        return number(token)

    def based(self, token: str) -> Node | None:
        """Read `1A_{16}`, `1011_two`, `1011 base 2`; `None` where no base follows."""
        here = self.position
        digits = token
        if self.kind() == "word" and not self.spaced() and self.peek(1) == "_" and self.peek().isupper():
            digits += self.take()
        base: int | None = None
        if self.accept("_"):
            base = self.base()
        elif self.peek() == "base" or (self.peek() == "(" and self.peek(1) == "base"):
            closing = self.accept("(")
            self.take()
            base = self.base()
            if closing and not self.accept(")"):
                base = None
        if base is None or not digits.isalnum():
            self.position = here
            return None
        try:
            value = Number(Fraction(int(digits, base)))
        except ValueError:
            raise Unreadable(f"{digits} is no number in base {base}") from None
        written = Number(number(token).value) if digits == token else Symbol(digits)
        return Apply("base", (value, written, Number(Fraction(base))))

    def base(self) -> int | None:
        """Take a number's base, in digits or as a word; nothing where there is none."""
        depth = 0
        while self.peek() == "{":
            depth += self.take() == "{"
        token = self.take()
        for _ in range(depth):
            if not self.accept("}"):
                return None
        base = int(token) if token.isdigit() and len(token) < 3 else BASES.get(token.lower(), 0)
        return base if 2 <= base <= 36 else None

    def name(self, word: str) -> Node:
        """Read a variable, several in a row, a constant, or a function with its argument."""
        if word in FUNCTIONS:
            return self.function(word)
        if word in ("pi", "Pi"):
            return Symbol("pi")
        if word.lower() in ("infinity", "inf", "oo"):
            return Symbol("oo")
        if len(word) == 1:
            if self.peek() == "(" and not self.spaced():
                if word in "fghFGHPp":
                    return self.applied(word)
                if word == "C" and self.kind(1) == "number" and self.peek(2) == "," and self.peek(4) == ")":
                    return Apply("binom", self.applied(word).arguments)
            return self.subscripted(word)
        if word.isalnum() and word.isupper() and self.peek() == "_" and re.fullmatch("[A-F]+", word):
            here = self.position
            self.take()
            base = self.base()
            if base is not None and base > 10:
                return Apply("base", (Number(Fraction(int(word, base))), Symbol(word), Number(Fraction(base))))
            self.position = here
        followed = self.peek() in ("^", "_", "**")
        english = word if len(word) == 2 else word.lower()  # `Be^x` is no verb
        if english in ENGLISH or english in WORDS:
            raise Unreadable(f"'{word}' is a word")
        if 2 <= len(word) <= 4 and word.isupper():
            return self.subscripted(corners(word))
        if is_product(word) or (followed and len(word) == 2 and word[1] == "e"):
            factors: list[Node] = [Symbol(one) for one in word[:-1]]
            if followed:  # in `xy^2` the exponent is y's
                self.position -= 1
                self.tokens[self.position] = Token("word", word[-1], False)
                return product_of((*factors, self.power()))
            return product_of((*factors, Symbol(word[-1])))
        raise Unreadable(f"'{word}' is a word")

    def subscripted(self, name: str) -> Node:
        """Read a variable's subscript, if it has one."""
        return Symbol(self.subscript(name) if self.accept("_") else name)

    def subscript(self, name: str) -> str:
        """Take what stands after a `_` and return the name with it."""
        if not self.accept("{"):
            return f"{name}_{self.take()}"
        parts = []
        while self.peek() not in ("}", ""):
            parts.append(self.take())
        self.expect("}")
        return f"{name}_{''.join(parts)}"

    def applied(self, name: str) -> Apply:
        """Read the arguments of a function without a meaning."""
        self.expect("(")
        arguments = [self.relation()]
        while self.accept(","):
            arguments.append(self.relation())
        self.expect(")")
        return Apply(f"{name}()", tuple(arguments))

    # --- brackets -------------------------------------------------------------------------------------------------

    def brackets(self, left: str) -> Node:
        """Read a group, tuple, interval or set."""
        closing = CLOSING[left]
        if self.peek() in CLOSE | {"}"}:
            right = self.take()
            return Bracketed(plain(left), (), plain(right))
        if left == "{":
            node = self.choose()
            self.expect("}")
            return node if not isinstance(node, Items) else Bracketed("{", node.items, "}")
        outer, self.in_set = self.in_set, plain(left) == "{"
        inside = self.items()
        if self.in_set and self.accept("|", "\\mid", ":", "\\vert"):
            condition = self.items()
            self.in_set = outer
            if self.take() not in (closing, plain(closing)):
                raise Unreadable("a set is never closed")
            return Such(inside, condition.items if isinstance(condition, Items) else (condition,))
        self.in_set = outer
        right = self.take()
        if right not in CLOSE and not (plain(left) == "{" and right == "}"):
            raise Unreadable(f"a '{left}' is never closed")
        items = inside.items if isinstance(inside, Items) else (inside,)
        if (left, right) in (("(", ")"), ("[", "]")) and len(items) == 1:
            return items[0]
        return Bracketed(plain(left), items, plain(right))

    def choose(self) -> Node:
        r"""`{n \choose k}`, or what braces group."""
        node = self.items()
        if self.accept("\\choose"):
            return Apply("binom", (node, self.sum()))
        return node

    # --- commands -------------------------------------------------------------------------------------------------

    def command(self, command: str) -> Node:
        """Read a LaTeX command with its arguments."""
        if command == "\\frac":
            if (variable := self.derived()) is not None:
                return Bound("diff", variable, None, None, self.product())
            top, bottom = self.argument(), self.argument()
            return product_of((top, Power(bottom, Number(Fraction(-1)))))
        if command == "\\sqrt":
            if self.accept("["):
                index = self.sum()
                self.expect("]")
                return Apply("root", (self.argument(), index))
            return Power(self.radicand(), Number(Fraction(1, 2)))
        if command == "\\cbrt":
            return Apply("root", (self.radicand(), Number(Fraction(3))))
        if command == "\\binom":
            return Apply("binom", (self.argument(), self.argument()))
        if command in ("\\pi", "\\infty"):
            return Symbol("pi" if command == "\\pi" else "oo")
        if command in ("\\ldots", "\\dots", "\\cdots"):
            return Symbol("...")
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
        if command in MONEY:
            return quantity(*self._money(command))
        if command in (
            "\\angle",
            "\\triangle",
            "\\overline",
            "\\bar",
            "\\vec",
            "\\hat",
            "\\widehat",
            "\\overrightarrow",
        ):
            return self.marked(command[1:])
        if command == "\\mathbb":
            return Symbol(f"the_{self.letter()}")
        if command in BOUND:
            return self.bound(BOUND[command])
        if command in MEANINGS:
            return Words(MEANINGS[command])
        if command == "\\begin":
            return self.environment()
        raise Unreadable(f"'{command}' is not known")

    def _money(self, currency: str) -> tuple[Node, str]:
        value = self.product()
        if isinstance(value, Quantity):
            return value.value, f"{currency} {value.unit}"
        return value, currency

    def marked(self, mark: str) -> Node:
        r"""Read a name with a mark: `\overline{AB}`, `\angle ABC`, `\hat{i}`."""
        if self.peek() == "{" and self.kind(1) == "word" and self.peek(2) == "}":
            self.position += 1
            name = self.take()
            self.position += 1
        elif self.kind() == "word":
            name = self.take()
        elif self.peek() == "{" and self.peek(1) in ("\\imath", "\\jmath"):
            name = self.peek(1)[1]
            self.position += 3
        else:
            return Apply(mark, (self.argument(),))
        if len(name) == 1 and name in "ijk" and mark in ("hat", "vec", "widehat"):
            return Symbol(f"unit {name}")
        if len(name) == 1 and mark == "vec":
            return Symbol(name)
        if len(name) > 1 and name.isupper() and mark == "overline":
            return Symbol(corners(name))
        return Symbol(f"{mark} {name}")

    def letter(self) -> str:
        """Take one letter, in braces or not."""
        braced = self.accept("{")
        name = self.take()
        if braced:
            self.expect("}")
        if self.peek() in ("^", "_") and self.peek(1) in ("+", "-", "*", "{"):
            mark = self.take() + self.take()
            while mark.count("{") > mark.count("}") and self.position < len(self.tokens):
                mark += self.take()
            sign = mark.strip("^_{}").replace("\\geq", "\\ge")
            name += {"+": "^+", ">0": "^+", "-": "^-", "<0": "^-"}.get(sign, f"_{sign}")
        return name

    def worded(self, word: str) -> Node:
        r"""Read letters set as words: a variable, a function, or a word, which no mathematics begins with."""
        if len(word) == 1:
            return self.subscripted(word)
        if word in FUNCTIONS:
            return self.function(word)
        if word.lower() in ("infinity", "inf"):
            return Symbol("oo")
        raise Unreadable(f"'{word}' is a word")
