"""Decides whether a result is the reference's, and names the first difference where it is not."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, Literal

from assay.errors import shorten
from assay_sql.matching import alignments
from assay_sql.ordering import Expected
from assay_sql.result import Result, Row
from assay_sql.values import Forms, close, forms, same_rows

__all__ = ["Columns", "Difference", "Rules", "compare"]

Columns = Literal["position", "any", "name"]

#: Differing rows that are looked through for the pair that differs least.
_SHOWN = 50
#: Cells of a result that is compared in all ways. Of a larger one, rows that are equal to the letter are partners, even
#: where another pairing would have brought more rows within the tolerance.
_WHOLE = 200_000
#: Ways to order columns that are tried where rows tie at a LIMIT, and colors can't tell the columns apart.
_TRIED = 200


@dataclass(frozen=True, slots=True)
class Rules:
    """What counts as the same result.

    Attributes:
        columns: compared by `position`, in `any` order, or by `name`; names matter in the last alone.
        order: whether the order of rows counts where the reference orders them.
        tolerance: relative difference of floats that is forgiven.
        ignore_case: compare text without case.
    """

    columns: Columns = "position"
    order: bool = True
    tolerance: float = 1e-9
    ignore_case: bool = False


@dataclass(frozen=True, slots=True)
class Difference:
    """How a result differs: its kind (`columns`, `rows`, `order` or `values`) and a sentence."""

    kind: str
    reason: str


def compare(given: Result, wanted: Expected, rules: Rules) -> Difference | None:
    """Compare a result with what is expected.

    Takes time in proportion to n log n for n cells; columns in any order add a number of passes that is bounded.

    Returns:
        `None` where they are the same.
    """
    if len(given.names) != len(wanted.names):
        return Difference("columns", f"{_count(given.names, 'column')} instead of {len(wanted.names)}")
    if len(given.rows) != len(wanted.rows):
        return Difference("rows", f"{_count(given.rows, 'row')} instead of {len(wanted.rows)}")
    if rules.columns == "name":
        order = _by_name(given.names, wanted.names)
        if order is None:
            named = f"columns named {_listed(given.names)} instead of {_listed(wanted.names)}"
            return Difference("columns", named)
        given = Result(wanted.names, _ordered(given.rows, order))
    if not given.rows:
        return None
    blocks = wanted.blocks if rules.order and wanted.ordered else [0] * len(wanted.rows)
    spare = wanted.spare if blocks is wanted.blocks or not wanted.ordered else {0: _flat(wanted.spare)}
    spare = {block: rows for block, rows in spare.items() if rows}
    whole = _Comparison(given, wanted, blocks, spare, rules)
    if whole.same():
        return None
    return whole.difference()


class _Comparison:
    """A result and what is expected, of as many rows and columns."""

    def __init__(
        self, given: Result, wanted: Expected, blocks: list[int], spare: dict[int, list[Row]], rules: Rules
    ) -> None:
        self.given, self.wanted, self.rules = given, wanted, rules
        self.blocks, self.spare = blocks, spare
        # Both sides as they are compared, and as they were: the forms replace the values where these are not enough.
        self.mine, self.theirs = given.rows, wanted.rows
        self.forms: Forms | None = None
        # Rows without a partner, by position; only rows whose columns are in place can be paired one by one.
        self.in_place = not spare and (rules.columns != "any" or len(wanted.names) == 1)
        self.surplus: list[int] = []
        self.missing: list[int] = []
        # What is left to compare of a large result, and where its rows stood.
        self.rest: _Comparison | None = None
        self.numbers: Sequence[int] = range(len(given.rows))

    def same(self) -> bool:
        """Whether the results are the same: as they stand, or else in the forms of their values."""
        if self._agree():
            return True
        if self.in_place and len(self.surplus) < len(self.mine):
            # Most rows are equal as they stand, as a rule; the others are what is left to compare.
            rest = self._rest()
            if rest is not None and rest.same():
                return True
            if len(self.mine) * len(self.wanted.names) > _WHOLE:
                self.rest = rest
                return False
        every = [self.given.rows, self.wanted.rows, *self.spare.values()]
        self.forms = forms(every, self.rules.tolerance, self.rules.ignore_case)
        if self.forms is None:
            return False
        self.mine, self.theirs = self.forms.of_rows(self.given.rows), self.forms.of_rows(self.wanted.rows)
        return self._agree()

    def _rest(self) -> _Comparison | None:
        """The comparison of the rows without a partner, `None` where their blocks alone make them differ."""
        blocks = [self.blocks[n] for n in self.surplus]
        if blocks != [self.blocks[n] for n in self.missing]:
            return None
        given = Result(self.given.names, [self.given.rows[n] for n in self.surplus])
        wanted = Expected(self.wanted.names, [self.wanted.rows[n] for n in self.missing], blocks)
        rest = _Comparison(given, wanted, blocks, {}, self.rules)
        rest.numbers = self.surplus
        return rest

    def _agree(self) -> bool:
        self.surplus, self.missing = [], []
        if self.mine == self.theirs:
            return self._confirmed(None)
        if self.in_place:
            self.surplus, self.missing = _unpaired(self.mine, self.theirs, self.blocks)
            return not self.surplus and self._confirmed(None)
        return any(self._equal(order) and self._confirmed(order) for order in self._orders())

    def _orders(self) -> Iterator[tuple[int, ...] | None]:
        """The orders of the result's columns under which it may be the expected one; `None` is its own."""
        if self.rules.columns != "any" or len(self.wanted.names) == 1:
            yield None
        elif self.spare:
            yield from self._contained()
        else:
            yield from alignments(self.theirs, self.mine, self.blocks)

    def _contained(self) -> Iterator[tuple[int, ...]]:
        """Orders under which each column holds nothing that the expected one, with what ties at its edges, doesn't."""
        every = self.theirs + self._formed(_flat(self.spare))
        theirs = [set(column) for column in zip(*every, strict=True)]
        sets = [set(column) for column in zip(*self.mine, strict=True)]
        fitting = [[n for n, held in enumerate(sets) if held <= wanted] for wanted in theirs]
        tried = 0
        stack: list[tuple[int, ...]] = [()]
        while stack and tried < _TRIED:
            taken = stack.pop()
            if len(taken) == len(theirs):
                tried += 1
                yield taken
                continue
            stack += [(*taken, n) for n in reversed(fitting[len(taken)]) if n not in taken]
            if len(stack) > _TRIED * len(theirs):
                return

    def _equal(self, order: tuple[int, ...] | None) -> bool:
        """Whether the rows are the same, block by block, with the columns in an order."""
        mine = _ordered(self.mine, order)
        if not self.spare:
            return not _unpaired(mine, self.theirs, self.blocks)[0]
        allowed = Counter(zip(self.blocks, self.theirs, strict=True))
        for block, rows in self.spare.items():
            allowed.update((block, row) for row in self._formed(rows))
        return Counter(zip(self.blocks, mine, strict=True)) <= allowed

    def _formed(self, rows: list[Row]) -> list[Row]:
        return rows if self.forms is None else self.forms.of_rows(rows)

    def _confirmed(self, order: tuple[int, ...] | None) -> bool:
        """Whether rows of equal forms can be paired value by value."""
        if self.forms is None or not self.forms.chained:
            return True
        groups: dict[Any, tuple[list[Row], list[Row]]] = defaultdict(lambda: ([], []))
        raw = _ordered(self.given.rows, order)
        for n, row in enumerate(_ordered(self.mine, order)):
            groups[self.blocks[n], row][0].append(self._plain(raw[n]))
        for n, row in enumerate(self.theirs):
            groups[self.blocks[n], row][1].append(self._plain(self.wanted.rows[n]))
        for block, rows in self.spare.items():
            for row, formed in zip(rows, self._formed(rows), strict=True):
                groups[block, formed][1].append(self._plain(row))
        return all(
            len(mine) != len(theirs) or same_rows(mine, theirs, self.rules.tolerance)
            for mine, theirs in groups.values()
        )

    def _plain(self, row: Row) -> Row:
        """A row with its numbers as they were, and its text in its form."""
        assert self.forms is not None
        return tuple([self.forms.of(value) if isinstance(value, str) else value for value in row])

    def difference(self) -> Difference:
        """Name the first difference, for the columns as they stand."""
        if self.rest is not None:
            return self.rest.difference()
        mine, theirs, surplus, missing = self.mine, self.theirs, self.surplus, self.missing
        if not self.in_place:
            surplus, missing = _unpaired(mine, theirs, self.blocks)
        if not surplus:
            return Difference("values", "other values")
        if self.wanted.ordered and self.rules.order and Counter(mine) == Counter(theirs):
            shown = f"row {self.numbers[surplus[0]] + 1} is {_shown(self.given.rows[surplus[0]])}"
            return Difference("order", f"the rows are right, but not their order: {shown}")
        row = surplus[0]
        other = min(missing[:_SHOWN], key=lambda n: (self._apart(mine[row], theirs[n]), abs(n - row)))
        column = next(n for n, pair in enumerate(zip(mine[row], theirs[other], strict=True)) if not self._close(*pair))
        got, want = _value(self.given.rows[row][column]), _value(self.wanted.rows[other][column])
        name = self.wanted.names[column] or str(column + 1)
        more = f" ({len(surplus)} rows differ)" if len(surplus) > 1 else ""
        return Difference("values", f"row {self.numbers[row] + 1}: {got} instead of {want} in column {name}{more}")

    def _close(self, left: Any, right: Any) -> bool:
        return close(left, right, self.rules.tolerance)

    def _apart(self, left: Row, right: Row) -> int:
        different = sum(not self._close(*pair) for pair in zip(left, right, strict=True))
        return different or len(left) + 1  # a row that is the same can't be what is missing


def _unpaired(mine: list[Row], theirs: list[Row], blocks: list[int]) -> tuple[list[int], list[int]]:
    """The positions of rows on either side that have no equal of their own block on the other."""
    if blocks[-1] == len(blocks) - 1:  # each row is a block
        apart = [n for n, pair in enumerate(zip(mine, theirs, strict=True)) if pair[0] != pair[1]]
        return apart, apart
    keys: Iterable[Any] = mine if not blocks[-1] else zip(blocks, mine, strict=True)
    others: Iterable[Any] = theirs if not blocks[-1] else zip(blocks, theirs, strict=True)
    left, surplus = Counter(others), []
    for n, key in enumerate(keys):
        count = left.get(key, 0)
        if count:
            left[key] = count - 1
        else:
            surplus.append(n)
    missing: list[int] = []
    if surplus:
        others = theirs if not blocks[-1] else zip(blocks, theirs, strict=True)
        for n, key in enumerate(others):
            if left[key]:
                left[key] -= 1
                missing.append(n)
    return surplus, missing


def _ordered(rows: list[Row], order: tuple[int, ...] | None) -> list[Row]:
    if order is None:
        return rows
    if len(order) == 1:
        return rows
    return list(map(itemgetter(*order), rows))


def _by_name(given: Sequence[str], wanted: Sequence[str]) -> tuple[int, ...] | None:
    """Where each wanted name stands among the given ones, without case; of a name that stands twice in their order."""
    places: dict[str, list[int]] = defaultdict(list)
    for n, name in enumerate(given):
        places[name.lower()].append(n)
    found = []
    for name in wanted:
        if not places[name.lower()]:
            return None
        found.append(places[name.lower()].pop(0))
    return tuple(found)


def _flat(spare: dict[int, list[Row]]) -> list[Row]:
    return [row for rows in spare.values() for row in rows]


def _count(things: Sequence[Any], name: str) -> str:
    return f"{len(things)} {name}{'' if len(things) == 1 else 's'}"


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:8]) + (", ..." if len(names) > 8 else "")


def _value(value: Any) -> str:
    if value is None:
        return "NULL"
    return shorten(repr(value) if isinstance(value, (str, bytes, tuple)) else str(value), 60)


def _shown(row: Row) -> str:
    return "(" + ", ".join(map(_value, row[:6])) + (", ...)" if len(row) > 6 else ")")
