"""Binds a reward to verifiers and columns, and refuses what can't be evaluated before anything is."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from assay._contract.sample import KNOWN as FROM_SAMPLE
from assay._contract.sample import follow
from assay._contract.verifier import Option, Verifier
from assay._language import nodes
from assay._language.literals import constant, literal
from assay._language.nodes import Node
from assay._language.reward import Reward
from assay._plugins.registry import Registry
from assay.errors import Kind, PluginError, Problem, nearest, refuse

__all__ = ["BoundCall", "BoundReward", "kind_of_column", "resolve"]

#: How many rows are looked at for the types of their columns.
TYPED_ROWS = 2000


@dataclass(frozen=True)
class BoundCall:
    """A verifier with a source for each input and each option.

    Attributes:
        label: the call as a person would write it, without what is default; equal calls have equal labels.
        inputs: by name, the node that gives the value; inputs left to their own default are absent.
        options: values that are the same for every sample, validated.
        varying: options that are read from each row.
    """

    verifier: Verifier
    label: str
    inputs: Mapping[str, Node]
    options: Mapping[str, Any]
    varying: Mapping[str, nodes.ColumnRef | nodes.SampleField]


@dataclass(frozen=True)
class BoundReward:
    """A reward with everything found that it names.

    Attributes:
        calls: each verifier call by its node.
        functions: each plugin function by its name.
    """

    reward: Reward
    calls: Mapping[Node, BoundCall]
    functions: Mapping[str, Callable[..., Any]]

    def call(self, node: Node) -> BoundCall | None:
        """Return the verifier call that a node is, directly or by the name of a line; `None` if it is none."""
        while isinstance(node, nodes.LineRef):
            node = self.reward.lines[node.name]
        return self.calls.get(node)

    @property
    def paths(self) -> list[str]:
        """Every column that the reward reads, as a dotted path, those that verifiers take by an input's name too."""
        written = [node for line in self.reward.lines.values() for node in nodes.walk(line)]
        taken = [source for call in self.calls.values() for source in call.inputs.values()]
        return list(dict.fromkeys(one.path for one in (*written, *taken) if isinstance(one, nodes.ColumnRef)))


def resolve(
    reward: Reward,
    registry: Registry,
    columns: Iterable[str] | None = None,
    rows: Sequence[Mapping[str, Any]] = (),
    known: Collection[str] | None = None,
) -> BoundReward:
    """Resolve every name of a reward and check every argument.

    Args:
        reward: what to bind.
        registry: where its verifiers are found; loads only the plugins that the reward names.
        columns: the columns of the data, where they are known already.
        rows: some of the data, to check the types of columns by.
        known: which of `tokens`, `truncated`, `step` and `progress` will be there; all, if not given.

    Raises:
        RewardError: something isn't there or doesn't fit; carries every problem found.
    """
    return _Resolver(reward, registry, None if columns is None else list(columns), rows, known).resolve()


class _Resolver:
    def __init__(
        self,
        reward: Reward,
        registry: Registry,
        columns: list[str] | None,
        rows: Sequence[Mapping[str, Any]],
        known: Collection[str] | None,
    ) -> None:
        self.reward, self.registry, self.columns, self.rows = reward, registry, columns, rows[:TYPED_ROWS]
        self.known = known
        self.problems: list[Problem] = []
        self.calls: dict[Node, BoundCall] = {}
        self.functions: dict[str, Callable[..., Any]] = {}
        self.refused: set[Node] = set()
        #: Of the lines that have been looked at.
        self.types: dict[str, str] = {}
        self.line = ""

    def resolve(self) -> BoundReward:
        program = BoundReward(self.reward, self.calls, self.functions)
        for name in self.reward.order:
            self.line = name
            for node in nodes.walk(self.reward.lines[name]):
                self._resolve(node)
        for name in self.reward.order:
            self.line = name
            self._check(self.reward.lines[name], program)
            self.types[name] = self.type_of(self.reward.lines[name])
            if name in ("total", "weight") and self.types[name] in ("text", "list"):
                self._problem("type", self.reward.lines[name], f"'{name}' must be a number, not a text")
        if self.problems:
            raise refuse(self.problems)
        return program

    def _problem(self, kind: Kind, node: Node, message: str) -> None:
        problem = nodes.problem(kind, node, self.line, self.reward.text[self.line], message)
        if problem not in self.problems:
            self.problems.append(problem)

    # --- names ----------------------------------------------------------------------------------------------------

    def _resolve(self, node: Node) -> None:
        if isinstance(node, nodes.ColumnRef):
            self._column(node)
        elif isinstance(node, nodes.SampleField):
            there = self.known is None or node.name not in _MAY_LACK or node.name in self.known
            if not there:
                self._problem("column", node, _MAY_LACK[node.name])
        elif isinstance(node, nodes.Call) and node not in self.calls and node not in self.refused:
            self._resolve_call(node)

    def _column(self, node: nodes.ColumnRef) -> None:
        path = node.path
        if self.columns is None or path in self.columns or path.split(".")[0] in self.columns:
            return
        near = nearest(path, self.columns)
        shown = ", ".join(self.columns[:20]) or "none"
        hint = f"did you mean row.{near}?" if near else f"there are {shown}"
        self._problem("column", node, f"the data has no column '{path}'; {hint}")

    def _resolve_call(self, node: nodes.Call) -> None:
        plugin, _, leaf = node.name.partition(".")
        try:
            functions = self.registry.offers(plugin).functions
            if leaf in functions:
                self.functions[node.name] = functions[leaf]
                return
            verifier = self.registry.verifier(node.name)
        except PluginError as problem:
            self.refused.add(node)
            self._problem("plugin", node, str(problem))
            return
        before = len(self.problems)
        given = self._arguments(node, verifier)
        if given is not None:
            call = self._bound(node, verifier, given)
            if len(self.problems) == before:
                self.calls[node] = call
                return
        self.refused.add(node)

    def _arguments(self, node: nodes.Call, verifier: Verifier) -> dict[str, Node] | None:
        """Return what is given by name, positional options included."""
        options = list(verifier.options)
        if len(node.positional) > len(options):
            takes = f"has the options {', '.join(options)}" if options else "has no options"
            surplus = node.positional[len(options)]
            self._problem("argument", surplus, f"{verifier.name} {takes}; inputs are given by name")
            return None
        given = dict(zip(options, node.positional, strict=False))
        names = [*options, *(i.name for i in verifier.inputs)]
        # What an expansion has added has no name in a text, and stands for itself.
        places = [*node.names_at, *(value.at for _, value in node.named[len(node.names_at) :])]
        for (name, value), at in zip(node.named, places, strict=True):
            if name not in names:
                near = nearest(name, names)
                hint = f"did you mean '{near}'?" if near else f"it has {', '.join(names)}"
                self._problem(
                    "argument", replace(value, at=at), f"{verifier.name} has no option or input '{name}'; {hint}"
                )
                return None
            if name in given:
                self._problem("argument", replace(value, at=at), f"{verifier.name}: '{name}' is given twice")
                return None
            given[name] = value
        return given

    def _bound(self, node: nodes.Call, verifier: Verifier, given: dict[str, Node]) -> BoundCall:
        inputs: dict[str, Node] = {}
        for one in verifier.inputs:
            source = given.pop(one.name, None)
            if source is not None:
                if not self._is_source(source):
                    self._problem(
                        "argument",
                        source,
                        f"{verifier.name}: the input '{one.name}' takes a column "
                        f"(row.{one.name}), a text, what is known of the sample, or another verifier",
                    )
                inputs[one.name] = source
            elif one.name in FROM_SAMPLE:
                inputs[one.name] = nodes.SampleField(one.name, at=node.at, source=node.source)
            elif self.columns is None or one.name in self.columns:
                inputs[one.name] = nodes.ColumnRef(one.name, at=node.at, source=node.source)
            elif one.required:
                shown = ", ".join(self.columns[:20]) or "none"
                near = nearest(one.name, self.columns) or "<column>"
                self._problem(
                    "column",
                    node,
                    f"{verifier.name} needs '{one.name}' and the data has no such column; "
                    f"bind it to one, as in {verifier.name}({one.name}=row.{near}). There are {shown}",
                )
        options: dict[str, Any] = {}
        varying: dict[str, nodes.ColumnRef | nodes.SampleField] = {}
        shown_options: dict[str, Node] = {}
        for name, option in verifier.options.items():
            source = given.get(name)
            if source is None:
                if option.required:
                    self._problem("argument", node, f"{verifier.name} needs the option '{name}' ({option.type_name})")
                options[name] = option.default
            elif isinstance(source, (nodes.ColumnRef, nodes.SampleField)):
                if verifier.scope == "group":
                    self._problem(
                        "argument",
                        source,
                        f"{verifier.name} judges whole groups, so its option '{name}' can't differ from row to row",
                    )
                varying[name] = source
                shown_options[name] = source
                if isinstance(source, nodes.ColumnRef):
                    self._option_column(verifier, option, source)
            else:
                value = self._literal(verifier, option, source)
                options[name] = value
                if option.required or value != option.default or type(value) is not type(option.default):
                    shown_options[name] = source
        bound = [(key, nodes.ColumnRef(key)) for key in inputs]
        own = {
            key: value for key, value in inputs.items() if (key, value) not in bound and value != nodes.SampleField(key)
        }
        label = nodes.unparse(nodes.Call(verifier.name, (), (*own.items(), *shown_options.items())))
        return BoundCall(verifier, label, inputs, options, varying)

    def _is_source(self, node: Node) -> bool:
        while isinstance(node, nodes.LineRef):
            node = self.reward.lines[node.name]
        if isinstance(node, (nodes.Call, nodes.ColumnRef, nodes.SampleField)):
            return True
        try:
            return literal(node) is not None
        except ValueError:
            return False

    def _literal(self, verifier: Verifier, option: Option, node: Node) -> Any:
        try:
            return option.validate(literal(node))
        except ValueError as problem:
            self._problem("argument", node, f"{verifier.name}: '{option.name}' {problem}")
            return option.default

    def _option_column(self, verifier: Verifier, option: Option, cell: nodes.ColumnRef) -> None:
        """Refuse an option bound to a column of which no value is of the option's type."""
        values = [value for value in (follow(row, cell.path) for row in self.rows[:50]) if value is not None]
        problem = None
        for value in values:
            try:
                option.validate(value)
            except ValueError as wrong:
                problem = wrong
            else:
                return
        if problem is not None:
            self._problem("type", cell, f"{verifier.name}: '{option.name}' {problem}")

    # --- types and conditions -------------------------------------------------------------------------------------

    def _check(self, node: Node, program: BoundReward) -> None:
        """Check fields and conditions."""
        match node:
            case nodes.Field(of=of, name=name):
                self._field(node, of, name, program)
            case nodes.IfElse(condition=condition):
                self._condition(condition, program)
            case nodes.Not(operand=condition):
                self._condition(condition, program)
            case nodes.Group(where=condition) if condition is not None:
                self._condition(condition, program)
            case nodes.Apply(function="mean", named=named, operands=operands):
                for _, weights in named:
                    self._weights(weights, len(operands))
            case nodes.Call() if node in self.calls:
                for value in self.calls[node].inputs.values():
                    self._check(value, program)
                return
        for child in nodes.children(node):
            self._check(child, program)

    def _field(self, node: nodes.Field, of: Node, name: str, program: BoundReward) -> None:
        while isinstance(of, nodes.LineRef):
            of = self.reward.lines[of.name]
        if of in self.refused:
            return
        call = program.call(of)
        if call is None:
            self._problem("type", node, f"'.{name}' asks for a score of a verifier, and this is not one verifier")
        elif name != "score" and name not in call.verifier.fields:
            near = nearest(name, call.verifier.fields)
            has = ", ".join(["score", *call.verifier.fields])
            hint = f"did you mean '{near}'?" if near else f"it has {has}"
            self._problem("name", node, f"{call.verifier.name} has no field '{name}'; {hint}")

    def _condition(self, node: Node, program: BoundReward) -> None:
        call = program.call(node)
        if call is not None and not call.verifier.is_boolean(call.options):
            self._problem(
                "type",
                node,
                f"{call.verifier.name} is graded, so it needs a threshold as a condition: "
                f"'{nodes.unparse(node)} > 0' is what a bare score would mean",
            )

    def _weights(self, node: Node, count: int) -> None:
        values = [constant(item) for item in node.items] if isinstance(node, nodes.ListLiteral) else [None]
        if any(value is None or value < 0 for value in values):
            self._problem("argument", node, "weights must be a list of literal numbers, none of them negative")
        elif len(values) != count:
            self._problem("argument", node, f"there are {count} values and {len(values)} weights")
        elif not any(values):
            self._problem("argument", node, "at least one weight must be above 0")

    def type_of(self, node: Node) -> str:
        """Return `number`, `text`, `list` or `any`, and report what mixes them."""
        match node:
            case nodes.Text():
                return "text"
            case nodes.ListLiteral(items=items):
                for item in items:
                    self.type_of(item)
                return "list"
            case nodes.NoneLiteral():
                return "any"
            case nodes.SampleField(name=name):
                return "text" if name in ("completion", "prompt") else "number"
            case nodes.ColumnRef(path=path):
                return _kind(self.rows, path)
            case nodes.LineRef(name=name):
                return self.types[name]  # a line comes after those that it uses
            case nodes.IfElse(condition=condition, then=then, otherwise=otherwise):
                self._number(condition)
                kinds = {self.type_of(then), self.type_of(otherwise)} - {"any"}
                return kinds.pop() if len(kinds) == 1 else "any"
            case nodes.Compare(operands=operands, operators=operators):
                self._comparison(node, operands, [self.type_of(one) for one in operands], operators)
            case nodes.Member(item=item, container=container):
                kind = self.type_of(item)
                if isinstance(container, nodes.ListLiteral):
                    for one in container.items:
                        self._comparison(node, (item, one), (kind, self.type_of(one)), ("==",))
                elif self.type_of(container) in ("text", "number"):
                    self._problem(
                        "type",
                        container,
                        f"'in' needs a column of lists, and {nodes.unparse(container)} "
                        f"holds a {self.type_of(container)}",
                    )
            case nodes.IsNone(operand=operand):
                self.type_of(operand)
            case nodes.Call(positional=positional, named=named) if node.name in self.functions:
                for one in (*positional, *(value for _, value in named)):
                    if constant(one) is None and not isinstance(one, (nodes.Text, nodes.ListLiteral)):
                        self._number(one)
            case nodes.Call() | nodes.Field():
                pass
            case nodes.Apply(operands=operands, named=named):
                for one in (*operands, *(value for key, value in named if key != "weights")):
                    self._number(one)
            case _:
                for child in nodes.children(node):
                    self._number(child)
        return "number"

    def _number(self, node: Node) -> None:
        if isinstance(node, nodes.NoneLiteral):
            self._problem("type", node, "None stands for 'leave the sample out' and can only be the value of a branch")
        kind = self.type_of(node)
        if kind in ("text", "list"):
            self._problem("type", node, f"{nodes.unparse(node)} is a {kind}, and a number is needed here")

    def _comparison(self, node: Node, operands: Sequence[Node], kinds: Sequence[str], operators: Sequence[str]) -> None:
        known = {kind for kind in kinds if kind != "any"}
        if len(known) > 1:
            sides = ", ".join(
                f"{nodes.unparse(one)} is a {k}" for one, k in zip(operands, kinds, strict=True) if k != "any"
            )
            self._problem("type", node, f"a text, a number and a list are never equal: {sides}")
        elif "text" in known and any(operator not in ("==", "!=") for operator in operators):
            self._problem("type", node, "texts are compared with == and != alone")


def kind_of_column(rows: Sequence[Mapping[str, Any]], columns: Collection[str], path: str) -> str | None:
    """Return what binding sees of a column: `number`, `text`, `list` or `any`, and `None` where it isn't there."""
    return _kind(rows[:TYPED_ROWS], path) if path in columns or path.split(".")[0] in columns else None


def _kind(rows: Sequence[Mapping[str, Any]], path: str) -> str:
    kinds = set()
    for row in rows:
        value = follow(row, path)
        if isinstance(value, str):
            kinds.add("text")
        elif isinstance(value, (list, tuple, set)):
            kinds.add("list")
        elif value is not None:
            kinds.add("number" if hasattr(value, "__float__") else "any")
    return kinds.pop() if len(kinds) == 1 else "any"


_COLUMN = "; it takes a column of that name (columns={'tokens': 'length'} renames one)"
#: What only some data tells, and what to say where it doesn't.
_MAY_LACK = {
    "tokens": "the completion's length in tokens isn't known for this data" + _COLUMN,
    "truncated": "whether the completion was cut isn't known for this data" + _COLUMN,
    "step": "'step' is known while training, and this data has no column 'step' from a run's log",
    "progress": "'progress' is known while training, and this data has no column 'progress' from a run's log",
}
