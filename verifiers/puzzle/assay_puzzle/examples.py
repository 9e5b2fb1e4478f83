"""Small puzzles with right and wrong answers, by verifier."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from assay.testing import Example

__all__ = ["EXAMPLES"]

_CARDS: dict[str, Any] = {"numbers": [1, 3, 4, 6]}
_FORMULA = "p cnf 2 3\n1 2 0\n-1 0\n-2 1 0\n"  # unsatisfiable
_SATISFIABLE = [[1, 2], [-1, 2]]


def _answers(cnf: Any, kind: str, right: str, wrong: str) -> list[Example]:
    return [
        Example({"completion": f"<answer>{text}</answer>", "cnf": cnf}, score, {"kind": kind})
        for text, score in ((right, 1.0), (wrong, 0.0))
    ]


_ENTRY: dict[str, Any] = {
    "answer": "42*(30 - 4 - 23)",
    "metadata": {"source_dataset": "countdown", "numbers": [30, 23, 42, 4], "target": 126},
}
_BOARD: dict[str, Any] = {"source_dataset": "sokoban", "gamestr": "+ + + + +\n+ * @ X +\n+ + + + +\n"}

EXAMPLES: Mapping[str, Sequence[Example]] = {
    "gym": [
        Example({"completion": "<answer>(30 - 23 - 4) * 42</answer>", "reference": _ENTRY}, 1.0),
        Example({"completion": "<answer>30 + 23 + 42 + 4</answer>", "reference": _ENTRY}, 0.0),
        Example({"completion": "<answer>30</answer>", "reference": _ENTRY}, 0.05, {"credit": "published"}),
        Example({"completion": "R", "reference": "R", "metadata": _BOARD}, 1.0),
        Example({"completion": "R", "reference": "L", "metadata": _BOARD}, status="bad_reference"),
    ],
    "arithmetic": [
        Example({"completion": "<answer>6 / (1 - 3 / 4) = 24</answer>"}, 1.0, _CARDS),
        Example({"completion": "<answer>6 * 4</answer>"}, 0.0, _CARDS),
        Example({"completion": "<answer>24</answer>"}, status="bad_reference", options={"numbers": []}),
    ],
    "sat": [
        *_answers(_SATISFIABLE, "sp", "x1=False, x2=True", "1 -2"),
        *_answers(_FORMULA, "dp", "unsatisfiable", "satisfiable"),
        *_answers([[1], [1], [-1]], "maxsat", "1", "0"),
        *_answers(_FORMULA, "mcs", "1", "1, 2"),
        *_answers(_FORMULA, "mus", "111", "110"),
        Example({"completion": "<answer>1</answer>", "cnf": "p cnf"}, status="bad_reference"),
    ],
    "logic": [
        Example({"completion": r"<answer>\neg p \lor q</answer>", "reference": "p -> q"}, 1.0),
        Example({"completion": "<answer>q -> p</answer>", "reference": "p -> q"}, 0.0),
        Example({"completion": "<answer>q -> p</answer>", "reference": "p -> q"}, 0.5, {"credit": "table"}),
        Example({"completion": "<answer>q</answer>", "reference": "p ->"}, status="bad_reference"),
    ],
}
