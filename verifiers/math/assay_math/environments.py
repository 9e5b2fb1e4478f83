r"""Matrices, and values by cases: what stands between `\begin` and `\end`."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import Self

from assay_math.construction import determinant
from assay_math.cursor import Cursor
from assay_math.errors import Unreadable
from assay_math.lexer import Token
from assay_math.tree import Cases, Items, Matrix, Node, Symbol

__all__ = ["Environments"]

_MATRICES = ("pmatrix", "bmatrix", "matrix", "vmatrix", "array", "smallmatrix", "Bmatrix")
_SYSTEMS = ("cases", "dcases", "rcases", "aligned", "align", "align*", "gathered", "split")
_CONDITION = ("if", "for", "when", "where")


class Environments(Cursor, ABC):
    """Reads environments by the grammar's rules, which are `reader`'s."""

    def __init__(self, tokens: Iterable[Token]) -> None:
        super().__init__(tokens)
        self.in_set = False  # where a colon means "such that"

    @abstractmethod
    def items(self) -> Node:
        """Read values separated by commas and words."""

    @abstractmethod
    def relation(self) -> Node:
        """Read a chain of relations."""

    @abstractmethod
    def sum(self) -> Node:
        """Read a sum."""

    @abstractmethod
    def product(self) -> Node:
        """Read a product."""

    @abstractmethod
    def power(self) -> Node:
        """Read a power."""

    @abstractmethod
    def begins_factor(self) -> bool:
        """Whether what comes can be a factor without a sign of multiplication."""

    def whole(self) -> Node:
        """Read all tokens as values.

        Raises:
            Unreadable: some are left over.
        """
        node = self.items()
        if self.position < len(self.tokens):
            raise Unreadable(f"'{self.peek()}' was not expected")
        return node

    def among(self, start: int, end: int) -> Self:
        """Return a reader of some of the tokens alone."""
        other = type(self)(self.tokens[start:end])
        other.depth = self.depth + 1
        return other

    def environment(self) -> Node:
        """Read a matrix, or values by cases."""
        self.expect("{")
        name = self.take()
        if self.accept("*"):
            name += "*"
        self.expect("}")
        if name in _SYSTEMS:
            return self.cases()
        if name not in _MATRICES:
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
        self._end()
        if len({len(one) for one in rows}) > 1:
            raise Unreadable("the rows of the matrix differ in length")
        matrix = Matrix(tuple(rows))
        return determinant(matrix) if name == "vmatrix" else matrix

    def cases(self) -> Node:
        """Read rows of a value and its condition; rows without conditions are a system of relations."""
        rows: list[list[tuple[int, int]]] = [[]]
        start, depth = self.position, 0
        while self.peek() != "\\end" or depth:
            token = self.peek()
            if self.position >= len(self.tokens):
                raise Unreadable("an environment is never closed")
            depth += {"{": 1, "\\begin": 1, "}": -1, "\\end": -1}.get(token, 0)
            if depth == 0 and token in ("\\\\", "&"):
                rows[-1].append((start, self.position))
                start = self.position + 1
                if token == "\\\\":
                    rows.append([])
            self.take()
        rows[-1].append((start, self.position))
        self._end()
        cells = [[self.among(*cell) for cell in row if cell[1] > cell[0]] for row in rows]
        read = [_case(row) for row in cells if row]
        if not read:
            raise Unreadable("an environment is empty")
        if len(read) == 1 and read[0][1] is _ALONE:
            return read[0][0]
        if all(condition is _ALONE for _, condition in read):
            return Items(tuple(value for value, _ in read), "and")
        if any(condition is _ALONE for _, condition in read):
            raise Unreadable("a case has no condition")
        return Cases(tuple(read))

    def _end(self) -> None:
        self.position += 1
        self.expect("{")
        self.take()
        self.accept("*")
        self.expect("}")


_ALONE = Symbol("no condition")


def _case(cells: list[Environments]) -> tuple[Node, Node | None]:
    """Read one row of cases: its value and its condition."""
    value = cells[0]
    condition = cells[1] if len(cells) == 2 else None
    if condition is None and len(cells) == 1:
        split = next(
            (k for k, token in enumerate(value.tokens) if token.text in ("if", "for", "when", "otherwise")), None
        )
        if split is None:
            return value.whole(), _ALONE
        value, condition = value.among(0, split), value.among(split, len(value.tokens))
    if condition is None or len(cells) > 2:  # an aligned system: x &= 1
        joined = cells[0].among(0, len(cells[0].tokens))
        joined.tokens = [token for cell in cells for token in cell.tokens]
        return joined.whole(), _ALONE
    while value.tokens and value.tokens[-1].text in (",", ";", "."):
        value.tokens.pop()
    if condition.peek() in ("otherwise", "else"):
        return value.whole(), None
    if condition.tokens and condition.tokens[0].text in ("=", "<", ">"):
        condition.tokens = value.tokens + condition.tokens
        return condition.whole(), _ALONE
    while condition.tokens and condition.tokens[0].text in (*_CONDITION, ","):
        condition.tokens.pop(0)
    while condition.tokens and condition.tokens[-1].text in (",", ";", "."):
        condition.tokens.pop()
    return value.whole(), condition.whole()
