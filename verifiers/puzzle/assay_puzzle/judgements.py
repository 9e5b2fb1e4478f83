"""Tasks of reasoning-gym that are judged here, and why: their own scorers run the answer, or pay for wrong ones.

Each judgement takes an answer and an entry, and returns whether it solves the puzzle and what the published scorer
would pay for it, `None` where that scorer is safe to ask.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

from assay_puzzle import calculus
from assay_puzzle.arithmetic import judge_sum
from assay_puzzle.entries import Entry, dataset

__all__ = ["JUDGEMENTS", "Judgement", "same_text"]

Judged = tuple[bool, float | None]
Judgement = Callable[[str, Entry], Judged]

_NUMBER = re.compile(r"[-+\u2212]?(?:[0-9][0-9,]*(?:\.[0-9]+)?|\.[0-9]+)")
_NOTHING = frozenset(("", "none", "no solution", "no solutions", "no real solution", "no real solutions", "[]"))


def same_text(answer: str, entry: Entry) -> bool:
    """Return whether the answer is the entry's own, blanks at the ends of lines apart."""
    return _trimmed(answer) == _trimmed(entry.answer or "")


def _trimmed(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.strip().split("\n"))


# --- scorers that hand the answer to eval -------------------------------------------------------------------------


def _listed(partial: float, join: Callable[[Any], str]) -> Judgement:
    """The answer as text pays in full, and as a list a part, as published; the list is read as JSON."""

    def judge(answer: str, entry: Entry) -> Judged:
        if same_text(answer, entry):
            return True, 1.0
        return False, partial if _rejoined(answer, join) == _trimmed(entry.answer or "") else 0.0

    return judge


def _rejoined(answer: str, join: Callable[[Any], str]) -> str | None:
    try:
        return _trimmed(join(_json(answer)))
    except (ValueError, TypeError):
        return None


def _rows(matrix: Any) -> str:
    return "\n".join(" ".join(map(str, row)) for row in matrix)


def _queens(answer: str, entry: Entry) -> Judged:
    """Any board with no two queens in a line that keeps those already placed."""
    rows = [line.split() for line in answer.strip().split("\n")]
    if _is_queens(rows, entry):
        return True, 1.0
    try:
        listed = _json(answer)
    except ValueError:
        return False, 0.0
    return False, 0.5 if isinstance(listed, list) and _is_queens(listed, entry) else 0.0


def _is_queens(rows: Sequence[Any], entry: Entry) -> bool:
    puzzle = entry.metadata["puzzle"]
    size = len(puzzle)
    if len(rows) != size or any(not isinstance(row, list) or len(row) != size for row in rows):
        return False
    if any(cell not in ("Q", "_") for row in rows for cell in row):
        return False
    if any(puzzle[i][j] == "Q" and rows[i][j] != "Q" for i in range(size) for j in range(size)):
        return False
    queens = [(i, j) for i in range(size) for j in range(size) if rows[i][j] == "Q"]
    lines = [{i for i, _ in queens}, {j for _, j in queens}, {i - j for i, j in queens}, {i + j for i, j in queens}]
    return len(queens) == size and all(len(line) == size for line in lines)


def _bitwise(answer: str, entry: Entry) -> Judged:
    right = _integer(answer, 0) == _integer(entry.answer or "", 0)
    return right, float(right)


def _integer(text: str, base: int) -> int:
    return int(text.strip().replace("_", "?"), base)


# --- scorers that hand it to sympy, which evals it ----------------------------------------------------------------


def _countdown(answer: str, entry: Entry) -> Judged:
    verdict = judge_sum(answer, entry.metadata["target"], entry.metadata["numbers"], True)
    return verdict.score == 1, 1.0 if verdict.score == 1 else 0.01 if verdict.fields["illegal"] else 0.05


def _game_of_24(answer: str, entry: Entry) -> Judged:
    """With the numbers that were given: the published scorer takes any four, and 24.9 for 24."""
    right = judge_sum(answer, 24, entry.metadata["numbers"], True).score == 1
    return right, 1.0 if right else 0.01


def _integral(answer: str, entry: Entry) -> Judged:
    variable = str(entry.metadata["variable"])
    given = calculus.read_expression(answer, [variable])
    integrand = calculus.read_expression(str(entry.metadata["integrand"]), [variable])
    right = calculus.is_antiderivative(given, integrand, variable)
    return right, float(right)


def _polynomial(answer: str, entry: Entry) -> Judged:
    variables = [str(name) for name in entry.metadata["variables"]]
    given, wanted = (calculus.read_expression(text, variables) for text in (answer, entry.answer or ""))
    right = calculus.same_polynomial(given, wanted)
    return right, float(right)


# --- scorers that pay in full for wrong answers -------------------------------------------------------------------


def _sorted_numbers(answer: str, entry: Entry) -> Judged:
    """The given numbers in order: the published scorer lets each be off by 1."""
    given, wanted = ([float(one) for one in _json(text)] for text in (answer, entry.answer or ""))
    right = len(given) == len(wanted) and all(
        math.isclose(a, b, abs_tol=1e-9) for a, b in zip(given, wanted, strict=True)
    )
    return right, float(right)


def _halting(answer: str, entry: Entry) -> Judged:
    """True or False: the published scorer takes any text for True, and False is a text."""
    right = answer.strip().rstrip(".").lower() == (entry.answer or "").lower()
    return right, float(right)


def _life(answer: str, entry: Entry) -> Judged:
    """The whole board: the published scorer counts cells of the right one and overlooks what is added."""
    return _json(answer) == _json(entry.answer or ""), None


def _word_problem(answer: str, entry: Entry) -> Judged:
    """One number: the published scorer takes the first and drops its sign."""
    numbers = {Fraction(found.replace(",", "").replace("\u2212", "-")) for found in _NUMBER.findall(answer)}
    return numbers == {Fraction((entry.answer or "").replace(",", ""))}, None


def _probability(answer: str, entry: Entry) -> Judged:
    """To four digits: the published scorer pays `0` in full for 0.3125, since all its characters match."""
    given, wanted = (Fraction(text.replace(",", "").strip()) for text in (answer, entry.answer or ""))
    return abs(given - wanted) <= Fraction(1, 10_000), None


def _word(answer: str, entry: Entry) -> Judged:
    """The word: the published scorers add up matching letters, whatever else there is."""
    given, wanted = (text.replace(" ", "").strip().lower() for text in (answer, entry.answer or ""))
    return given == wanted, None


def _calendar(answer: str, entry: Entry) -> Judged:
    """The day or the number: the published scorer pays for any number where the right one is -1."""
    wanted = (entry.answer or "").strip()
    if wanted.removeprefix("-").isdecimal():
        return int(answer.strip()) == int(wanted), None
    return answer.strip().lower() == wanted.lower(), None


def _roots(answer: str, entry: Entry) -> Judged:
    """Each real root once, to a thousandth: the published scorer overlooks what is no number."""
    wanted = [float(one) for one in (entry.answer or "").split(",") if one.strip()]
    if not wanted:
        return answer.strip().rstrip(".").lower() in _NOTHING, None
    given = sorted(float(one) for one in answer.split(","))
    return len(given) == len(wanted) and all(
        math.isclose(a, b, rel_tol=1e-3, abs_tol=1e-3) for a, b in zip(given, sorted(wanted), strict=True)
    ), None


def _complex(answer: str, entry: Entry) -> Judged:
    """A finite number: the published scorer pays `nan` in full, which is no further from the right one than allowed."""
    given = dataset(entry.task).parse_string_to_complex(answer)
    wanted = complex(*entry.metadata["result"])
    return given is not None and abs(given - wanted) <= 1e-6 * max(1.0, abs(wanted)), None


# --- scorers that refuse right ones -------------------------------------------------------------------------------


def _sudoku(answer: str, entry: Entry) -> Judged:
    """Any completion that keeps the rules; blanks and frames are no matter, which cost points as published."""
    puzzle = entry.metadata["puzzle"]
    size = len(puzzle)
    lines = [[int(c) for c in line if c in "0123456789"] for line in answer.split("\n")]
    grid = [line for line in lines if line]
    if len(grid) != size or any(len(row) != size for row in grid):
        return False, None
    if any(puzzle[i][j] and puzzle[i][j] != grid[i][j] for i in range(size) for j in range(size)):
        return False, None
    box = math.isqrt(size)
    units = [*grid, *map(list, zip(*grid, strict=True))]
    units += [
        [grid[i + di][j + dj] for di in range(box) for dj in range(box)]
        for i in range(0, size, box)
        for j in range(0, size, box)
    ]
    return all(sorted(unit) == list(range(1, size + 1)) for unit in units), None


def _json(text: str) -> Any:
    """Read a list in Python's or JSON's notation.

    Raises:
        ValueError: it is neither, or too deep.
    """
    try:
        return json.loads(text.strip().replace("'", '"'))
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


JUDGEMENTS: dict[str, Judgement] = {
    "string_insertion": _listed(0.1, "".join),
    "spiral_matrix": _listed(0.1, lambda items: " ".join(map(str, items))),
    "binary_matrix": _listed(0.1, _rows),
    "n_queens": _queens,
    "bitwise_arithmetic": _bitwise,
    "countdown": _countdown,
    "puzzle24": _game_of_24,
    "simple_integration": _integral,
    "intermediate_integration": _integral,
    "polynomial_multiplication": _polynomial,
    "number_sorting": _sorted_numbers,
    "game_of_life_halting": _halting,
    "game_of_life": _life,
    "gsm_symbolic": _word_problem,
    "coin_flip": _probability,
    "figlet_font": _word,
    "spell_backward": _word,
    "calendar_arithmetic": _calendar,
    "complex_arithmetic": _complex,
    "polynomial_equations": _roots,
    "sudoku": _sudoku,
    "mini_sudoku": _sudoku,
}
