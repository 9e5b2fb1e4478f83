"""Plays Sokoban: what a sequence of moves does to a board."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Played", "Unplayable", "play"]

_STEPS = {"U": (-1, 0), "D": (1, 0), "L": (0, -1), "R": (0, 1)}
_SEPARATORS = frozenset(" ,;\n\t")

#: Moves that are played; a solution of reasoning-gym's boards has far fewer.
MAX_MOVES = 10_000


class Unplayable(ValueError):
    """The moves, or the board, can't be read; the message is a phrase that says why."""


@dataclass(frozen=True, slots=True)
class Played:
    """What came of it: boxes on goals and beside them at the end, and moves made."""

    on_target: int
    off_target: int
    moves: int

    @property
    def solved(self) -> bool:
        """Whether every box stands on a goal."""
        return self.off_target == 0


def play(board: str, moves: str) -> Played:
    """Play moves on a board.

    Args:
        board: rows of `+` wall, `-` floor, `@` box, `X` goal, `$` box on a goal, `*` player, `%` player on a goal.
        moves: the letters U, D, L and R, which blanks and commas may part; a step into a wall or a stuck box stays.

    Raises:
        Unplayable: there is another letter among the moves, none at all, or no player on the board.
    """
    goals, boxes, floor = set(), set(), set()
    player = None
    for i, line in enumerate(board.replace(" ", "").strip().split("\n")):
        for j, cell in enumerate(line):
            if cell != "+":
                floor.add((i, j))
            if cell in "X$%":
                goals.add((i, j))
            if cell in "@$":
                boxes.add((i, j))
            if cell in "*%":
                player = (i, j)
    if player is None:
        raise Unplayable("there is no player on the board")
    steps = [move for move in moves if move not in _SEPARATORS]
    if not steps or len(steps) > MAX_MOVES:
        raise Unplayable(f"there are {len(steps):,} moves")
    for move in steps:
        if move not in _STEPS:
            raise Unplayable(f"{move!r} is no move; there are U, D, L and R")
        down, right = _STEPS[move]
        to = (player[0] + down, player[1] + right)
        if to not in floor:
            continue
        if to in boxes:
            behind = (to[0] + down, to[1] + right)
            if behind not in floor or behind in boxes:
                continue
            boxes.remove(to)
            boxes.add(behind)
        player = to
    return Played(len(boxes & goals), len(boxes - goals), len(steps))
