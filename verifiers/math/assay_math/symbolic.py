r"""What the fast stages can't decide, by SymPy: integrals, infinite sums, limits, derivatives, inequalities.

SymPy runs in a process of its own, which is started with the first question, has a deadline for each and is ended when
it passes one: some questions have no answer in any time. It is told our tree, node by node, and never a text; what it
can't be told, and what it can't tell, is undecided. Without SymPy everything that needs it is undecided.

    pip install 'assay-math[sympy]'
"""

from __future__ import annotations

import atexit
import json
import os
import select
import subprocess
import sys
import threading
from fractions import Fraction
from importlib.util import find_spec
from typing import Any

from assay_math.tree import (
    Apply,
    Bound,
    Bracketed,
    Decimal,
    Node,
    Number,
    Power,
    Product,
    Relation,
    Sum,
    Symbol,
    Union,
    contains,
)

__all__ = ["Untold", "equal", "needed", "solves", "told"]

#: Seconds for one question, and for the process to start.
DEADLINE, START = 2.0, 30.0
#: Largest number that SymPy is told, in bits, and the largest question, in nodes.
MAX_BITS, MAX_NODES = 512, 400
#: Functions by SymPy's own names.
_SAME = ("sin", "cos", "tan", "cot", "sec", "csc", "sinh", "cosh", "tanh", "exp", "floor", "gcd", "lcm", "factorial")
FUNCTIONS = {name: name for name in _SAME} | {
    "arcsin": "asin",
    "arccos": "acos",
    "arctan": "atan",
    "ln": "log",
    "abs": "Abs",
    "ceil": "ceiling",
    "binom": "binomial",
    "max": "Max",
    "min": "Min",
}


class Untold(ValueError):
    """A node that SymPy is not told."""


def needed(node: Node) -> bool:
    """Whether an expression's value takes SymPy: an integral, a limit, a derivative, an infinite sum or product."""
    return contains(node, lambda part: isinstance(part, Bound))


def equal(left: Node, right: Node) -> bool | None:
    """Whether two expressions are equal for all values of their letters; `None` where that can't be told."""
    return _asked("equal", left, right)


def solves(relation: Node, region: Node) -> bool | None:
    """Whether a set of reals is all that solves a relation in one letter; `None` where that can't be told."""
    return _asked("solves", relation, region)


def _asked(question: str, left: Node, right: Node) -> bool | None:
    try:
        message = json.dumps([question, told(left), told(right)])
    except (Untold, RecursionError):
        return None
    return _process().ask(message) if find_spec("sympy") is not None else None


def told(node: Node) -> list[Any]:
    """Return a tree as lists of its nodes' names and parts.

    Raises:
        Untold: a node in it is none of those that SymPy is told, or it is too large.
    """
    left = [MAX_NODES]
    return _told(node, left)


def _told(node: Node, left: list[int]) -> list[Any]:
    left[0] -= 1
    if left[0] < 0:
        raise Untold("it is too large")
    match node:
        case Number(value=value) | Decimal(value=value):
            return ["number", *_fraction(value)]
        case Symbol(name="..."):
            raise Untold("what dots stand for is not known")
        case Symbol(name=name):
            return ["symbol", name]
        case Sum(terms=parts):
            return ["sum", *(_told(part, left) for part in parts)]
        case Product(factors=parts):
            return ["product", *(_told(part, left) for part in parts)]
        case Power(base=base, exponent=exponent):
            return ["power", _told(base, left), _told(exponent, left)]
        case Apply(function="log" | "root" as function, arguments=parts):
            return [function, *(_told(part, left) for part in parts)]
        case Apply(function="percent", arguments=(part,)):
            return _told(part, left)
        case Apply(function=function, arguments=parts) if function in FUNCTIONS:
            return ["apply", FUNCTIONS[function], *(_told(part, left) for part in parts)]
        case Bound(operator=operator, variable=name, low=low, high=high, body=body):
            ends = [None if one is None else _told(one, left) for one in (low, high)]
            return ["bound", operator, name, *ends, _told(body, left)]
        case Relation(sides=(first, second), operators=(operator,)) if operator in ("<", ">", "<=", ">=", "!=", "="):
            return ["relation", operator, _told(first, left), _told(second, left)]
        case Bracketed(left="{", items=items):
            return ["set", *(_told(one, left) for one in items)]
        case Bracketed(left=opening, items=(low, high), right=closing) if opening in "([" and closing in ")]":
            return ["interval", opening == "(", closing == ")", _told(low, left), _told(high, left)]
        case Union(parts=parts):
            return ["union", *(_told(part, left) for part in parts)]
    raise Untold(f"a {type(node).__name__.lower()}")


def _fraction(value: Fraction) -> list[int]:
    if value.numerator.bit_length() > MAX_BITS or value.denominator.bit_length() > MAX_BITS:
        raise Untold("a number in it is too large")
    return [value.numerator, value.denominator]


class Process:
    """The process in which SymPy runs, of which each of ours has one; its questions wait for one another."""

    def __init__(self) -> None:
        self.owner = os.getpid()
        self._lock = threading.Lock()
        self._child: subprocess.Popen[bytes] | None = None
        atexit.register(self.end)

    def ask(self, message: str) -> bool | None:
        """Return the answer to a question, `None` where it has none in time."""
        with self._lock:
            try:
                child = self._started()
                assert child.stdin is not None
                child.stdin.write(message.encode() + b"\n")
                child.stdin.flush()
                said = self._line(child, DEADLINE)
            except OSError:
                said = None
            if said is None:
                self.end()
                return None
            answer = json.loads(said)
            return answer if isinstance(answer, bool) else None

    def end(self) -> None:
        """End the process, if it runs."""
        child, self._child = self._child, None
        if child is not None and self.owner == os.getpid():
            child.kill()
            child.wait()
            for pipe in (child.stdin, child.stdout):
                if pipe is not None:
                    pipe.close()

    def _started(self) -> subprocess.Popen[bytes]:
        if self._child is None or self._child.poll() is not None:
            self.end()
            self._child = subprocess.Popen(
                [sys.executable, "-m", "assay_math.algebra"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
            if self._line(self._child, START) is None:
                raise OSError("SymPy does not start")
        return self._child

    @staticmethod
    def _line(child: subprocess.Popen[bytes], seconds: float) -> bytes | None:
        assert child.stdout is not None
        ready, _, _ = select.select([child.stdout], [], [], seconds)
        line = child.stdout.readline() if ready else b""
        return line if line.endswith(b"\n") else None


_PROCESSES: list[Process] = []


def _process() -> Process:
    """Return this process's own; a forked child does not share its parent's."""
    if not _PROCESSES or _PROCESSES[0].owner != os.getpid():
        _PROCESSES[:] = [Process()]
    return _PROCESSES[0]
