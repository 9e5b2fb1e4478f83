r"""The smallest parts of mathematics: numerals, names, brackets, commands, functions, environments."""

from __future__ import annotations

import re
from fractions import Fraction

from assay_math.build import determinant, endless_decimal, number, plain, product_of, quantity, repeating, signed
from assay_math.environments import Environments
from assay_math.tokens import MAX_DEPTH, Unreadable
from assay_math.tree import (
    Apply,
    Bound,
    Bracketed,
    Items,
    Matrix,
    Node,
    Number,
    Power,
    Quantity,
    Such,
    Symbol,
    renamed,
)
from assay_math.vocabulary import (
    BASES,
    CLOSE,
    CLOSING,
    FUNCTIONS,
    GREEK,
    MONEY,
    NO_PRODUCT,
    OPEN,
    SAME,
    TEXT,
    TRIGONOMETRIC,
)

__all__ = ["Atoms"]

_BOUND = {"\\sum": "sum", "\\prod": "prod", "\\int": "int", "\\lim": "lim"}


class Atoms(Environments):
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
            kind, digits, _ = self.tokens[self.position]
            self.tokens[self.position] = (kind, digits[1:], False)
            return Number(Fraction(int(digits[0])))
        return self.atom()

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
        while self.peek() == "{" or self.peek() in TEXT:
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
            self.take()
            base = self.base()
            if base is not None and base > 10:
                return Apply("base", (Number(Fraction(int(word, base))), Symbol(word), Number(Fraction(base))))
            raise Unreadable(f"'{word}' is a word")
        followed = self.peek() in ("^", "_", "**")
        if 2 <= len(word) <= 4 and word.isupper() and word not in NO_PRODUCT:
            return self.subscripted(word)  # a segment or a polygon by its corners
        mixed = len(word) == 2 and word[0].isupper() and (word[1] in "xyz" or (followed and word[1] == "e"))
        if mixed or (len(word) <= 3 and word.islower() and word not in NO_PRODUCT):
            factors: list[Node] = [Symbol(one) for one in word[:-1]]
            if followed:  # in `xy^2` the exponent is y's
                self.position -= 1
                self.tokens[self.position] = ("word", word[-1], False)
                return product_of((*factors, self.power()))
            return product_of((*factors, Symbol(word[-1])))
        raise Unreadable(f"'{word}' is a word")

    def subscripted(self, name: str) -> Node:
        """Read a variable's subscript, if it has one."""
        if self.accept("_"):
            if self.accept("{"):
                parts = []
                while self.peek() not in ("}", ""):
                    parts.append(self.take())
                self.expect("}")
                name += "_" + "".join(parts)
            else:
                name += "_" + self.take()
        return Symbol(name)

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
        if command in _BOUND:
            return self.bound(_BOUND[command])
        if command in TEXT:
            return self.worded(command)
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
        if (len(name) == 1 and mark == "vec") or (len(name) > 1 and name.isupper() and mark == "overline"):
            return Symbol(name)
        return Symbol(f"{mark} {name}")

    def letter(self) -> str:
        """Take one letter, in braces or not."""
        braced = self.accept("{")
        name = self.take()
        if braced:
            self.expect("}")
        if self.peek() in ("^", "_") and self.peek(1) in ("+", "*", "{"):  # the positive ones
            name += self.take() + self.take()
            while name.count("{") > name.count("}") and self.position < len(self.tokens):
                name += self.take()
        return name

    def worded(self, command: str) -> Node:
        r"""`\text{...}`: mathematics in another font, or a word."""
        self.expect("{")
        inner = []
        while self.peek() not in ("}", ""):
            inner.append(self.take())
        self.expect("}")
        text = " ".join(inner)
        if len(inner) == 1 and len(text) == 1 and text.isalpha():
            return Symbol(f"unit {text}" if text in "ijk" and command == "\\mathbf" else text)
        if len(inner) == 1 and re.fullmatch(r"[\d.,]*\d", text):
            return self.numeral(text)
        if len(inner) == 3 and inner[1] == "/" and inner[0].isdigit() and inner[2].isdigit():
            return product_of((number(inner[0]), Power(number(inner[2]), Number(Fraction(-1)))))
        if len(inner) == 1 and text in FUNCTIONS:
            return self.function(text)
        raise Unreadable(f"'{text}' is a word")

    # --- functions ------------------------------------------------------------------------------------------------

    def function(self, name: str) -> Node:
        """Read a function's base, exponent and arguments."""
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
            return Apply("root", (self.argument(), Number(Fraction(3))))
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
        if name == "det" and isinstance(arguments[0], Matrix):
            return determinant(arguments[0])
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

    def bound(self, operator: str) -> Node:
        r"""Read `\sum_{k=1}^n`, `\int_0^1 ... dx` or `\lim_{x \to 0}` with its body."""
        low = high = None
        variable = ""
        for _ in range(2):
            if self.accept("_"):
                low = self.argument() if operator == "int" else None
                if low is None:
                    self.expect("{")
                    variable = self._variable()
                    if self.take() not in ("=", "\\to", "\\rightarrow"):
                        raise Unreadable("the variable of a sum or limit has no bound")
                    low = self.sum()
                    if self.peek() in ("^", "+", "-") and operator == "lim":  # from one side
                        raise Unreadable("a limit from one side has no value here")
                    self.expect("}")
            elif self.accept("^"):
                high = self.argument()
        if operator == "int":
            end = next((k for k in range(self.position, len(self.tokens)) if self._differential(k)), None)
            if end is None:
                raise Unreadable("an integral has no differential")
            body = self.among(self.position, end).sum() if end > self.position else Number(Fraction(1))
            variable = self.tokens[end][1][1:] or self.tokens[end + 1][1]
            self.position = end + (1 if len(self.tokens[end][1]) == 2 else 2)
            return Bound("int", variable, low, high, body)
        if not variable:
            raise Unreadable("a sum or limit has no variable")
        body = self.product()
        if variable in ("i", "e"):  # here it is no constant
            body, variable = renamed(body, {variable: Symbol(f"{variable}'")}), f"{variable}'"
        return Bound(operator, variable, low, high, body)

    def _variable(self) -> str:
        if self.kind() != "word" or len(self.peek()) != 1:
            raise Unreadable("a sum or limit has no variable")
        return self.take()

    def _differential(self, at: int) -> bool:
        kind, token, _ = self.tokens[at]
        if kind != "word" or token[0] != "d":
            return False
        return len(token) == 2 or (len(token) == 1 and at + 1 < len(self.tokens) and self.tokens[at + 1][1].isalpha())
