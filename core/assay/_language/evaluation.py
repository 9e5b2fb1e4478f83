"""Evaluates a bound reward over a batch of samples: lazily, in float64, with a status beside every value."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from assay._contract.sample import Sample, follow
from assay._language import nodes
from assay._language.calls import VerdictStore, known
from assay._language.functions import ELEMENTWISE, OPERATORS
from assay._language.groups import BROADCAST, RELATIVE
from assay._language.literals import literal
from assay._language.nodes import Node
from assay._language.resolver import BoundCall, BoundReward
from assay._language.values import (
    ABSTAINED,
    BAD_REFERENCE,
    CODES,
    ERROR,
    PENDING,
    SCORED,
    SKIPPED,
    TIMEOUT,
    Column,
    Index,
)
from assay.engine import Engine

__all__ = ["Evaluation", "to_float"]

Mask = npt.NDArray[np.bool_]


class Evaluation:
    """One batch under one reward.

    It goes in rounds. A round evaluates what can be evaluated; where a verdict is missing, the value is pending, and so
    is what depends on it. Then all verdicts that the round has missed are asked for at once, so that a batch takes as
    long as its slowest verifier, not as all of them. A branch is looked at when its condition is known, so that nothing
    is judged that isn't needed.

    Every line and every verifier call is evaluated at most once per sample; what has been evaluated is kept in `lines`
    and in `verdicts`.
    """

    def __init__(self, program: BoundReward, samples: Sequence[Sample], engine: Engine) -> None:
        self.program, self.samples = program, samples
        size = len(samples)
        #: The values of each line over the whole batch.
        self.lines = {name: Column.empty(size) for name in program.reward.order}
        self.verdicts = VerdictStore(program, samples, engine)

    def run(self) -> None:
        """Evaluate `total` and `weight`, and every line that they don't use, for the log."""
        everybody = np.arange(len(self.samples))
        reward = self.program.reward
        needed = reward.uses("total") | (reward.uses("weight") if "weight" in reward.lines else frozenset())
        roots = [name for name in reward.order if name in ("total", "weight") or name not in needed]
        while True:
            for name in roots:
                self.line(name, everybody)
            if not self.verdicts.ask():
                return
            for column in self.lines.values():
                column.status[column.status == PENDING] = SKIPPED

    def line(self, name: str, index: Index) -> Column:
        """Return a line's values for some samples, evaluating those that haven't been."""
        column = self.lines[name]
        missing = index[column.status[index] == SKIPPED]
        if missing.size:
            missing = np.unique(missing)
            # Other lines may hold texts, to be compared; these two are what a trainer computes with.
            value = self._number if name in ("total", "weight") else self.value
            column.put(missing, value(self.program.reward.lines[name], missing))
        return column.take(index)

    def value(self, node: Node, index: Index) -> Column:
        """Return an expression's values for the samples at `index`, in its order."""
        if not index.size:
            return Column(np.empty(0), np.empty(0, np.uint8))
        match node:
            case nodes.Number(value=value):
                return Column.constant(float(value), index.size)
            case nodes.NoneLiteral():
                column = Column.constant(np.nan, index.size)
                column.fail(np.ones(index.size, bool), ABSTAINED, "left out by None")
                return column
            case nodes.Text() | nodes.ListLiteral():
                return self._objects([literal(node)] * index.size, nodes.unparse(node))
            case nodes.ColumnRef(path=path):
                return self._objects([follow(self.samples[i].row, path) for i in index.tolist()], nodes.unparse(node))
            case nodes.SampleField(name=name):
                return self._objects([known(self.samples[i], name) for i in index.tolist()], name)
            case nodes.LineRef(name=name):
                return self.line(name, index)
            case nodes.Call() if node in self.program.calls:
                return self._scores(self.program.calls[node], "score", index)
            case nodes.Call():
                return self._plugin_function(node, index)
            case nodes.Field(of=of, name=name):
                call = self.program.call(of)
                assert call is not None
                return self._scores(call, name, index)
            case nodes.Negate(operand=operand):
                return self._strict(node, [self._number(operand, index)], lambda v: -v[0])
            case nodes.Not(operand=operand):
                return self._strict(node, [self._number(operand, index)], lambda v: np.where(v[0] > 0, 0.0, 1.0))
            case nodes.Arithmetic(operator=operator, left=left, right=right):
                sides = [self._number(left, index), self._number(right, index)]
                return self._strict(node, sides, lambda v: OPERATORS[operator](v[0], v[1]))
            case nodes.Compare():
                return self._compare(node, index)
            case nodes.Member():
                return self._member(node, index)
            case nodes.IsNone(operand=operand, negated=negated):
                return self._is_none(operand, negated, index)
            case nodes.IfElse(condition=condition, then=then, otherwise=otherwise):
                return self._choose(self._number(condition, index), then, otherwise, index)
            case nodes.Or(left=left, right=right):
                return self._either(left, right, index)
            case nodes.And(left=left, right=right):
                return self._all(left, right, index)
            case nodes.Apply():
                return self._apply(node, index)
            case nodes.Group():
                return self._group(node, index)
        raise TypeError(f"not a node of the reward language: {node!r}")

    # --- leaves ---------------------------------------------------------------------------------------------------

    @staticmethod
    def _objects(values: list[Any], source: str) -> Column:
        """Values as they came; `None` abstains."""
        column = Column(np.empty(len(values), object), np.zeros(len(values), np.uint8))
        for position, value in enumerate(values):
            column.values[position] = value
            if value is None:
                column.status[position] = ABSTAINED
                column.reasons[position] = f"{source} is None"
        return column

    def _number(self, node: Node, index: Index) -> Column:
        """Return an expression as float64; what isn't a number there is an error of that sample."""
        return self._as_numbers(node, self.value(node, index))

    @staticmethod
    def _as_numbers(node: Node, column: Column) -> Column:
        if column.values.dtype != object:
            return column
        numbers = Column(np.full(column.values.size, np.nan), column.status.copy(), dict(column.reasons))
        for position, value in enumerate(column.values.tolist()):
            if numbers.status[position] > TIMEOUT:
                continue
            number = to_float(value)
            if number is None or not math.isfinite(number):
                what = f"a {type(value).__name__}" if number is None else str(value)
                numbers.status[position] = ERROR
                numbers.reasons[position] = f"{nodes.unparse(node)} is {what}, and a finite number is needed"
            else:
                numbers.values[position] = number
        return numbers

    # --- verifiers ------------------------------------------------------------------------------------------------

    def _scores(self, call: BoundCall, name: str, index: Index) -> Column:
        column = Column(np.full(index.size, np.nan), np.zeros(index.size, np.uint8))
        for position, verdict in enumerate(self.verdicts.want(call, index.tolist())):
            if verdict is None:
                column.status[position] = PENDING
                continue
            code = CODES[verdict.status]
            score = verdict.score if name == "score" else verdict.fields.get(name)
            if code == TIMEOUT:
                score = 0.0
            elif code == SCORED and score is None:
                code = ABSTAINED
                column.reasons[position] = f"{call.label} has no {name} here"
            column.status[position] = code
            if score is not None and code <= TIMEOUT:
                column.values[position] = score
            if verdict.reason and code != SCORED:
                column.reasons[position] = verdict.reason
        return column

    def _plugin_function(self, node: nodes.Call, index: Index) -> Column:
        function = self.program.functions[node.name]
        arguments = [(None, one) for one in node.positional] + list(node.named)
        operands = {k: self._number(one, index) for k, (_, one) in enumerate(arguments) if not _is_literal(one)}
        fixed = {k: literal(one) for k, (_, one) in enumerate(arguments) if _is_literal(one)}

        def apply(values: list[npt.NDArray[np.float64]]) -> npt.NDArray[np.float64]:
            given = fixed | dict(zip(operands, values, strict=True))
            positional = [given[k] for k, (name, _) in enumerate(arguments) if name is None]
            named = {name: given[k] for k, (name, _) in enumerate(arguments) if name is not None}
            result = np.asarray(function(*positional, **named), dtype=np.float64)
            return np.broadcast_to(result, (len(values[0]) if values else index.size,))

        try:
            return self._strict(node, list(operands.values()) or [Column.constant(0.0, index.size)], apply)
        except Exception as problem:
            column = self._strict(node, [*operands.values(), Column.constant(0.0, index.size)], lambda v: v[-1])
            awaited = column.status == PENDING
            column.fail(~awaited, ERROR, f"{node.name} raised {type(problem).__name__}: {problem}")
            return column

    # --- strict operations ----------------------------------------------------------------------------------------

    @staticmethod
    def _strict(
        node: Node,
        operands: list[Column],
        operate: Callable[[list[npt.NDArray[np.float64]]], npt.NDArray[np.float64]],
        reason: str = "",
    ) -> Column:
        """Apply an operation where every operand has a score; elsewhere the worst status stands."""
        result = Column(np.full(operands[0].values.size, np.nan), operands[0].status.copy(), dict(operands[0].reasons))
        for other in operands[1:]:
            result.status, result.reasons = result.worst(other)
        judged = result.judged
        if judged.any():
            with np.errstate(all="ignore"):
                values = np.asarray(operate([one.values[judged] for one in operands]), dtype=np.float64)
            result.values[judged] = values
            broken = judged.copy()
            broken[judged] = ~np.isfinite(values)
            if broken.any():
                result.fail(broken, ERROR, reason or _why(node))
        return result

    def _compare(self, node: nodes.Compare, index: Index) -> Column:
        columns = [self.value(one, index) for one in node.operands]
        if any(_holds_objects(column) for column in columns):
            return self._compare_objects(node, columns)
        numbers = [self._as_numbers(one, column) for one, column in zip(node.operands, columns, strict=True)]

        def operate(values: list[npt.NDArray[np.float64]]) -> npt.NDArray[np.float64]:
            holds = np.ones(values[0].shape, bool)
            for operator, left, right in zip(node.operators, values, values[1:], strict=False):
                holds &= _COMPARE[operator](left, right)
            return holds.astype(np.float64)

        return self._strict(node, numbers, operate)

    @staticmethod
    def _compare_objects(node: nodes.Compare, columns: list[Column]) -> Column:
        """Compare texts and lists by equality alone, without coercion."""
        result = Column(np.full(columns[0].values.size, np.nan), columns[0].status.copy(), dict(columns[0].reasons))
        for other in columns[1:]:
            result.status, result.reasons = result.worst(other)
        for position in np.flatnonzero(result.judged).tolist():
            values = [column.values[position] for column in columns]
            holds, wrong = True, None
            for operator, left, right in zip(node.operators, values, values[1:], strict=False):
                if _kind(left) != _kind(right):
                    wrong = f"{nodes.unparse(node)} compares a {_kind(left)} with a {_kind(right)}"
                elif operator not in ("==", "!="):
                    wrong = f"{nodes.unparse(node)}: texts are compared with == and != alone"
                else:
                    holds = holds and (bool(left == right) == (operator == "=="))
            if wrong is None:
                result.values[position] = float(holds)
            else:
                result.status[position], result.reasons[position] = ERROR, wrong
        return result

    def _member(self, node: nodes.Member, index: Index) -> Column:
        item, container = self.value(node.item, index), self.value(node.container, index)
        status, reasons = item.worst(container)
        result = Column(np.full(index.size, np.nan), status, reasons)
        for position in np.flatnonzero(result.judged).tolist():
            value, among = item.values[position], container.values[position]
            if isinstance(among, (list, tuple, set, np.ndarray)):
                found = any(_kind(value) == _kind(one) and bool(value == one) for one in among)
                result.values[position] = float(found != node.negated)
            else:
                wrong = f"{nodes.unparse(node.container)} is a {_kind(among)}, and 'in' needs a list"
                result.status[position], result.reasons[position] = ERROR, wrong
        return result

    def _is_none(self, operand: Node, negated: bool, index: Index) -> Column:
        column = self.value(operand, index)
        none = column.status == ABSTAINED
        values = np.where(none != negated, 1.0, 0.0)
        asked = Column(values, np.where(none, SCORED, column.status), dict(column.reasons))
        asked.values[asked.status > TIMEOUT] = np.nan
        for position in np.flatnonzero(none).tolist():
            asked.reasons.pop(position, None)
        return asked

    # --- lazy operations ------------------------------------------------------------------------------------------

    def _choose(self, condition: Column, then: Node, otherwise: Node, index: Index) -> Column:
        result = Column(np.full(index.size, np.nan), condition.status.copy(), dict(condition.reasons))
        true = condition.true
        for where, branch in ((true, then), (condition.judged & ~true, otherwise)):
            positions = np.flatnonzero(where)
            if positions.size:
                taken = self.value(branch, index[positions])
                timed_out = np.flatnonzero((condition.status[positions] == TIMEOUT) & (taken.status == SCORED))
                if timed_out.size:
                    taken = taken.take(np.arange(positions.size))
                    taken.status[timed_out] = TIMEOUT
                result.put(positions, taken)
        return result

    def _either(self, left: Node, right: Node, index: Index) -> Column:
        result = self._number(left, index).take(np.arange(index.size))
        falls = (result.judged & ~result.true) | (result.status == ABSTAINED) | (result.status == BAD_REFERENCE)
        positions = np.flatnonzero(falls)
        if positions.size:
            second = self._number(right, index[positions])
            # Where the second has nothing to say, the judgement of the first stays.
            says = np.flatnonzero(second.status != ABSTAINED)
            result.put(positions[says], second.take(says))
        return result

    def _all(self, left: Node, right: Node, index: Index) -> Column:
        result = self._number(left, index).take(np.arange(index.size))
        positions = np.flatnonzero(result.true)
        if positions.size:
            result.put(positions, self._number(right, index[positions]))
        return result

    def _apply(self, node: nodes.Apply, index: Index) -> Column:
        name = node.function
        if name in ("ratio", "default"):
            return (self._ratio if name == "ratio" else self._default)(node, index)
        operands = [self._number(one, index) for one in node.operands]
        if name in ("sum", "mean"):
            return self._pooled(node, operands)
        if name == "scored":
            awaited = operands[0].status == PENDING
            return Column(
                np.where(awaited, np.nan, operands[0].judged), np.where(awaited, PENDING, SCORED).astype(np.uint8)
            )
        if name in ("min", "max"):
            reduce = np.minimum.reduce if name == "min" else np.maximum.reduce
            return self._strict(node, operands, lambda v: reduce(v))
        if name == "clip":
            return self._clip(node, operands)
        return self._strict(node, operands, lambda v: ELEMENTWISE[name](v[0]))

    def _clip(self, node: nodes.Apply, operands: list[Column]) -> Column:
        def operate(v: list[npt.NDArray[np.float64]]) -> npt.NDArray[np.float64]:
            return np.where(v[1] > v[2], np.nan, np.minimum(np.maximum(v[0], v[1]), v[2]))

        return self._strict(node, operands, operate, f"the lower bound is above the upper one in {nodes.unparse(node)}")

    def _ratio(self, node: nodes.Apply, index: Index) -> Column:
        dividend, divisor = self._number(node.operands[0], index), self._number(node.operands[1], index)
        status, reasons = dividend.worst(divisor)
        both = Column(np.where(status <= TIMEOUT, divisor.values, np.nan), status, reasons)
        with np.errstate(invalid="ignore"):
            zero = both.judged & (both.values == 0)
        result = both.take(np.arange(index.size))
        positions = np.flatnonzero(both.judged & ~zero)
        quotient = nodes.Arithmetic("/", node.operands[0], node.operands[1])
        sides = [dividend.take(positions), divisor.take(positions)]
        if positions.size:
            result.put(positions, self._strict(quotient, sides, lambda v: v[0] / v[1]))
        positions = np.flatnonzero(zero)
        if positions.size:
            result.put(positions, self._number(node.operands[2], index[positions]))
        return result

    def _default(self, node: nodes.Apply, index: Index) -> Column:
        result = self._number(node.operands[0], index).take(np.arange(index.size))
        replacements = [(ABSTAINED, node.operands[1]), *((ERROR, value) for _, value in node.named)]
        for code, replacement in replacements:
            positions = np.flatnonzero(result.status == code)
            if positions.size:
                result.put(positions, self._number(replacement, index[positions]))
        return result

    @staticmethod
    def _pooled(node: nodes.Apply, operands: list[Column]) -> Column:
        """`sum` and `mean` over the operands that didn't abstain."""
        weights = np.ones(len(operands))
        for _, given in node.named:
            weights = np.asarray(literal(given), dtype=np.float64)
        status = np.stack([one.status for one in operands])
        worse = np.where(status == ABSTAINED, SCORED, status).max(axis=0)
        nobody = (status == ABSTAINED).all(axis=0)
        result = Column(np.full(worse.size, np.nan), np.where(nobody, ABSTAINED, worse).astype(np.uint8))
        for position in np.flatnonzero(result.status != SCORED).tolist():
            blamed = next(one for one in operands if one.status[position] == result.status[position])
            if position in blamed.reasons:
                result.reasons[position] = blamed.reasons[position]
        says = status <= TIMEOUT
        values = np.where(says, np.stack([one.values for one in operands]), 0.0)
        with np.errstate(all="ignore"):
            pooled = (values * weights[:, None]).sum(axis=0)
            if node.function == "mean":
                pooled = pooled / (says * weights[:, None]).sum(axis=0)
        judged = result.judged
        result.values[judged] = pooled[judged]
        broken = judged & ~np.isfinite(pooled)
        if broken.any():
            result.fail(
                broken, ERROR, f"nothing with a weight above 0 was judged, or an overflow, in {nodes.unparse(node)}"
            )
        return result

    # --- groups ---------------------------------------------------------------------------------------------------

    def _group(self, node: nodes.Group, index: Index) -> Column:
        groups = list(dict.fromkeys(self.samples[i].group for i in index.tolist()))
        members = np.asarray([i for group in groups for i in self.verdicts.members[group]], dtype=np.intp)
        result = Column(np.full(index.size, np.nan), np.zeros(index.size, np.uint8))
        everyone = Column.constant(1.0, members.size)
        operand = everyone if node.operand is None else self._number(node.operand, members)
        among = everyone if node.where is None else self._number(node.where, members)
        where = {i: position for position, i in enumerate(members.tolist())}
        counted = operand.judged & among.true
        awaited = (operand.status == PENDING) | (among.status == PENDING)
        waiting = {self.samples[i].group for i in members[awaited].tolist()}
        pools = {
            group: [float(operand.values[where[i]]) for i in self.verdicts.members[group] if counted[where[i]]]
            for group in groups
        }
        for position, i in enumerate(index.tolist()):
            group = self.samples[i].group
            if group in waiting:
                result.status[position] = PENDING
                continue
            pool = pools[group]
            own = where[i]
            if node.statistic in RELATIVE:
                result.status[position] = operand.status[own]
                if own in operand.reasons:
                    result.reasons[position] = operand.reasons[own]
                if not operand.judged[own]:
                    continue
            if node.statistic == "size":
                result.values[position] = len(pool)
            elif not pool:
                result.status[position] = ABSTAINED
                result.reasons[position] = f"nobody was scored in {nodes.unparse(node)}"
            elif node.statistic in RELATIVE:
                value, inside = float(operand.values[own]), bool(counted[own])
                result.values[position] = RELATIVE[node.statistic](value, pool, inside)
            else:
                result.values[position] = BROADCAST[node.statistic](pool)
        broken = result.judged & ~np.isfinite(result.values)
        if broken.any():
            result.fail(broken, ERROR, _why(node))
        return result


_COMPARE: dict[str, Callable[[Any, Any], npt.NDArray[np.bool_]]] = {
    "==": np.equal,
    "!=": np.not_equal,
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
}


def to_float(value: Any) -> float | None:
    """Return a cell as a number, infinity for an integer past float64, `None` for anything but a number."""
    if isinstance(value, (str, bytes)) or not hasattr(value, "__float__"):
        return None
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        return math.inf if isinstance(value, int) else None


def _holds_objects(column: Column) -> bool:
    """Whether a column holds something other than numbers."""
    if column.values.dtype != object:
        return False
    return any(value is not None and to_float(value) is None for value in column.values.tolist())


def _kind(value: Any) -> str:
    if isinstance(value, str):
        return "text"
    if isinstance(value, (list, tuple, set)):
        return "list"
    return "number" if to_float(value) is not None else type(value).__name__


def _is_literal(node: Node) -> bool:
    return isinstance(node, (nodes.Text, nodes.ListLiteral, nodes.NoneLiteral, nodes.Number))


def _why(node: Node) -> str:
    """Name the sub-expression that has no finite value."""
    text = nodes.unparse(node)
    if isinstance(node, nodes.Arithmetic) and node.operator == "/":
        return f"division by zero or overflow in {text}"
    if isinstance(node, nodes.Arithmetic) and node.operator == "**":
        return f"overflow, or a negative number to a fraction, in {text}"
    if isinstance(node, nodes.Apply) and node.function in ("log", "sqrt"):
        return f"{node.function} of a number outside its domain in {text}"
    return f"overflow in {text}"
