"""The built-in functions of the reward language: what they take, and their arithmetic."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["ARITY", "CONSTANTS", "ELEMENTWISE", "OPERATORS", "STATISTICS", "Arity"]

Floats = npt.NDArray[np.float64]

CONSTANTS = {"pi": math.pi}

#: Statistics over the samples of one prompt, by their name after `group.`
STATISTICS = ("mean", "min", "max", "std", "rank", "zscore", "any", "count", "size")


@dataclass(frozen=True, slots=True)
class Arity:
    """How many values a function takes, and the names that it knows."""

    least: int
    most: int
    usage: str
    named: tuple[str, ...] = ()


MANY = 1000

ARITY = {
    "abs": Arity(1, 1, "one value"),
    "exp": Arity(1, 1, "one value"),
    "log": Arity(1, 1, "one value"),
    "sqrt": Arity(1, 1, "one value"),
    "cos": Arity(1, 1, "one value"),
    "tanh": Arity(1, 1, "one value"),
    "min": Arity(2, MANY, "two or more values"),
    "max": Arity(2, MANY, "two or more values"),
    "clip": Arity(3, 3, "a value, its lower and its upper bound"),
    "ratio": Arity(3, 3, "a dividend, a divisor and the value where the divisor is 0"),
    "case": Arity(3, MANY, "condition, value, condition, value, ..., otherwise"),
    "sum": Arity(1, MANY, "one or more values"),
    "mean": Arity(1, MANY, "one or more values, and weights=[...]", ("weights",)),
    "default": Arity(2, 2, "a value, its replacement where it abstains, and on_error=", ("on_error",)),
    "scored": Arity(1, 1, "one value"),
}

#: Functions of one value.
ELEMENTWISE: dict[str, Callable[[Floats], Floats]] = {
    "abs": np.abs,
    "exp": np.exp,
    "log": np.log,
    "sqrt": np.sqrt,
    "cos": np.cos,
    "tanh": np.tanh,
}

OPERATORS: dict[str, Callable[[Floats, Floats], Floats]] = {
    "+": np.add,
    "-": np.subtract,
    "*": np.multiply,
    "/": np.divide,
    "**": np.power,
}
