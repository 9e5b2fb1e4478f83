r"""Functions with their arguments, and what binds a letter: sums, products, integrals, limits, derivatives."""

from __future__ import annotations

from abc import abstractmethod
from fractions import Fraction

from assay_math.construction import determinant, product_of, signed
from assay_math.environments import Environments
from assay_math.errors import Unreadable
from assay_math.tree import Apply, Bound, Matrix, Node, Number, Power, Quantity, Symbol, renamed
from assay_math.vocabulary import FUNCTIONS, SAME, TRIGONOMETRIC

__all__ = ["BOUND", "Functions"]

#: What binds a letter, by its command.
BOUND = {"\\sum": "sum", "\\prod": "prod", "\\int": "int", "\\lim": "lim"}


class Functions(Environments):
    """Reads functions by the grammar's rules; what an argument and an exponent are, `terms` says."""

    @abstractmethod
    def argument(self) -> Node:
        """Read braces, or a single character."""

    @abstractmethod
    def exponent(self) -> Node:
        """Read what stands after a `^`."""

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
        if self.peek() == "(" or (self.peek() == "\\{" and name in ("max", "min", "gcd", "lcm")):
            closing = ")" if self.take() == "(" else "\\}"
            arguments = [self.sum()]
            while self.accept(","):
                arguments.append(self.sum())
            self.expect(closing)
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
            variable = self.tokens[end].text[1:] or self.tokens[end + 1].text
            self.position = end + (1 if len(self.tokens[end].text) == 2 else 2)
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
        if kind not in ("word", "text") or token[0] != "d":
            return False
        return len(token) == 2 or (len(token) == 1 and at + 1 < len(self.tokens) and self.tokens[at + 1].text.isalpha())

    def derived(self) -> str | None:
        r"""Take the rest of `\frac{d}{dx}` and return its variable; `None` where nothing is derived."""
        ahead = [self.peek(index) for index in range(6)]
        if [*ahead[:4], ahead[5]] != ["{", "d", "}", "{", "}"] or len(ahead[4]) != 2 or ahead[4][0] != "d":
            return None
        self.position += 6
        if self.begins_factor():
            return ahead[4][1]
        self.position -= 6
        return None
