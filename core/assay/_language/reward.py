"""A reward: named lines, each an expression, of which `total` is what is trained on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from assay._language import nodes
from assay._language.expression import Expression
from assay._language.nodes import Node
from assay._language.parser import RESERVED, is_line_name, parse
from assay.errors import Problem, RewardError, refuse

__all__ = ["Reward"]

#: More lines than this in one reward are a program, not a reward.
MAX_LINES = 500


class Reward:
    """A reward as read from text: its lines in the order in which they can be evaluated.

    Args:
        lines: one expression, or a mapping from a line's name to its expression. Numbers stand for themselves.
            A single expression is the line `total`.

    Raises:
        RewardError: a line can't be read, a name is unknown or taken, lines need each other in a circle, or there is
            no `total`. Carries every problem found as `problems`.

    >>> Reward({"correct": "math.answer", "total": "0.9 * correct + 0.1"}).order
    ('correct', 'total')
    """

    def __init__(self, lines: Reward | str | Expression | float | Mapping[str, Any]) -> None:
        if isinstance(lines, Reward):
            lines = lines.text
        elif not isinstance(lines, Mapping):
            lines = {"total": lines}
        problems: list[Problem] = []
        #: Each line's expression as it was written.
        self.text: dict[str, str] = {}
        for name, written in lines.items():
            if (wrong := _name_problem(name)) is not None:
                problems.append(Problem("name", str(name), str(written), (0, 1), wrong))
            elif (text := _text(written)) is None:
                wrong = f"the line holds a {type(written).__name__}, not an expression; write it as a text"
                if written is None:
                    wrong = "the line is empty; give it an expression, such as 'math.answer'"
                problems.append(Problem("syntax", name, "", (0, 0), wrong))
            else:
                self.text[name] = text
        if len(self.text) > MAX_LINES:
            raise RewardError(f"the reward has {len(self.text)} lines; the limit is {MAX_LINES}")
        #: Each line's expression as a tree.
        self.lines: dict[str, Node] = {}
        for name, text in self.text.items():
            try:
                self.lines[name] = parse(name, text, self.text)
            except RewardError as problem:
                problems.extend(problem.problems)
        if "total" not in self.text and not problems:
            shown = ", ".join(self.text) or "none"
            problems.append(Problem("total", "total", "", (0, 0), f"the reward needs a line 'total'; it has {shown}"))
        if not problems:
            problems.extend(self._own_names())
        if problems:
            raise refuse(problems)
        #: The lines' names, each after all that it uses.
        self.order = self._sorted()

    @classmethod
    def of(cls, lines: Mapping[str, Node], text: Mapping[str, str]) -> Reward:
        """Return the reward of lines that have been read already, each with its text.

        Raises:
            RewardError: the lines need each other in a circle.
        """
        reward = cls.__new__(cls)
        reward.lines, reward.text = dict(lines), dict(text)
        reward.order = reward._sorted()
        return reward

    def uses(self, name: str) -> frozenset[str]:
        """Return the names of all lines that a line needs, itself included."""
        seen: set[str] = set()
        waiting = [name]
        while waiting:
            current = waiting.pop()
            if current not in seen:
                seen.add(current)
                waiting += [n.name for n in nodes.walk(self.lines[current]) if isinstance(n, nodes.LineRef)]
        return frozenset(seen)

    def __str__(self) -> str:
        return "\n".join(f"{name}: {text}" for name, text in self.text.items())

    def __repr__(self) -> str:
        return f"Reward({self.text!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Reward) and self.lines == other.lines

    def __hash__(self) -> int:
        return hash(frozenset(self.lines.items()))

    def _own_names(self) -> list[Problem]:
        """Find the lines that hide the plugin which they themselves use, as in `format: format.tags(["think"])`."""
        found = []
        for name, node in self.lines.items():
            for one in nodes.walk(node):
                if isinstance(one, nodes.Field) and one.of == nodes.LineRef(name):
                    wrong = (
                        f"the line has the name of the plugin that it uses, so '{name}.{one.name}' would mean itself; "
                        "rename the line"
                    )
                    found.append(nodes.problem("name", one, name, self.text[name], wrong))
        return found

    def _sorted(self) -> tuple[str, ...]:
        order: list[str] = []
        open_: list[str] = []

        def visit(name: str, by: str, at: Node) -> None:
            if name in order:
                return
            if name in open_:
                circle = " -> ".join([*open_[open_.index(name) :], name])
                wrong = f"these lines need each other in a circle: {circle}"
                raise refuse([nodes.problem("name", at, by, self.text[by], wrong)])
            open_.append(name)
            for one in nodes.walk(self.lines[name]):
                if isinstance(one, nodes.LineRef):
                    visit(one.name, name, one)
            open_.pop()
            order.append(name)

        for name in self.lines:
            visit(name, name, self.lines[name])
        return tuple(order)


def _text(written: Any) -> str | None:
    if isinstance(written, (str, Expression)):
        return str(written)
    if isinstance(written, (int, float)):
        return repr(written)
    return None


def _name_problem(name: Any) -> str | None:
    if isinstance(name, bool):
        return f"YAML reads the names yes, no, on and off as {name}; put the name in quotes, or use another"
    if not isinstance(name, str) or not is_line_name(name):
        return f"{name!r} can't be a line's name; use letters, digits and _, starting with a letter"
    if name in RESERVED:
        return f"'{name}' is a name of the reward language; rename the line"
    return None
