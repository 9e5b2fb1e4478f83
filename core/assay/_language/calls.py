"""Asks an engine for the verdicts that an evaluation needs, each once."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from assay._contract.sample import Sample, follow
from assay._contract.verdict import Verdict
from assay._language import nodes
from assay._language.literals import literal
from assay._language.nodes import Node
from assay._language.resolver import BoundCall, BoundReward
from assay.engine import Call, Engine

__all__ = ["VerdictStore", "known"]


@dataclass(frozen=True, slots=True)
class _Asked:
    """A call, and the samples that its verdicts are for."""

    label: str
    positions: list[int]
    call: Call


class VerdictStore:
    """The verdicts of one batch, and what has still to be asked for.

    Attributes:
        given: the verdicts of each verifier call by its label: one per sample, `None` where it wasn't needed.
        members: the positions of each group's samples.
    """

    def __init__(self, program: BoundReward, samples: Sequence[Sample], engine: Engine) -> None:
        self.program, self.samples, self.engine = program, samples, engine
        self.given: dict[str, list[Verdict | None]] = {}
        self.members: dict[Hashable, list[int]] = {}
        for position, sample in enumerate(samples):
            self.members.setdefault(sample.group, []).append(position)
        #: By label: a call, and the samples for which its verdict is missing, in the order in which they were wanted.
        self._wanted: dict[str, tuple[BoundCall, dict[int, None]]] = {}
        #: By label and cells: the options that a row's cells give, or why they can't be used.
        self._varied: dict[str, dict[Hashable, Mapping[str, Any] | Verdict]] = {}

    def want(self, call: BoundCall, positions: Sequence[int]) -> list[Verdict | None]:
        """Return a verifier's verdict for each sample; what is missing is `None`, and given after the next `ask`."""
        verdicts = self.given.setdefault(call.label, [None] * len(self.samples))
        if missing := [i for i in positions if verdicts[i] is None]:
            self._wanted.setdefault(call.label, (call, {}))[1].update(dict.fromkeys(missing))
        return [verdicts[i] for i in positions]

    def ask(self) -> bool:
        """Have everything judged that was wanted, as one batch; return whether there was anything.

        A call whose input another verifier makes is not asked where that has still to be judged; the other one is.
        Who wants it must want it again.
        """
        asked: list[_Asked] = []
        if not self._wanted:
            return False
        while self._wanted:
            wanted, self._wanted = self._wanted, {}
            for call, positions in wanted.values():
                if call.verifier.scope == "group":
                    groups = dict.fromkeys(self.samples[i].group for i in positions)
                    asked += [one for group in groups for one in self._of_group(call, self.members[group])]
                else:
                    asked += self._of_samples(call, list(positions))
        answers = self.engine.run([one.call for one in asked]) if asked else []
        for one, answer in zip(asked, answers, strict=True):
            verdicts = self.given[one.label]
            for i, verdict in zip(one.positions, answer, strict=True):
                verdicts[i] = verdict
        return True

    def verdicts(self, call: BoundCall, positions: Sequence[int]) -> list[Verdict]:
        """Return a verifier's verdict for each sample, asking until all are given."""
        while None in (found := self.want(call, positions)):
            self.ask()
        return [verdict for verdict in found if verdict is not None]

    def _of_samples(self, call: BoundCall, positions: list[int]) -> list[_Asked]:
        ready = self._ready(call, positions)
        verdicts = self.given[call.label]
        inputs, refused = self._inputs(call, ready)
        asked = []
        for position, i in enumerate(ready):
            options = refused.get(position) or self._options(call, i)
            if isinstance(options, Verdict):
                verdicts[i] = options
            else:
                own = {name: values[position] for name, values in inputs.items()}
                asked.append(_Asked(call.label, [i], Call(call.verifier, own, options)))
        return asked

    def _of_group(self, call: BoundCall, members: list[int]) -> list[_Asked]:
        if len(self._ready(call, members)) < len(members):
            return []
        inputs, refused = self._inputs(call, members)
        for position, verdict in refused.items():
            self.given[call.label][members[position]] = verdict
        judged = [position for position in range(len(members)) if position not in refused]
        if not judged:
            return []
        lists = {name: [values[position] for position in judged] for name, values in inputs.items()}
        made = Call(call.verifier, lists, call.options, size=len(judged))
        return [_Asked(call.label, [members[position] for position in judged], made)]

    def _ready(self, call: BoundCall, positions: list[int]) -> list[int]:
        """Return the samples whose inputs are all there; want the verdicts that make the others."""
        lacking: set[int] = set()
        for node in call.inputs.values():
            source = self.program.call(node)
            if source is not None:
                lacking |= {i for i, one in zip(positions, self.want(source, positions), strict=True) if one is None}
        return [i for i in positions if i not in lacking] if lacking else positions

    def asked(self, label: str, i: int) -> Call | None:
        """Return the call by which a sample was judged under a label, `None` where it was not, or with its group."""
        call = next((one for one in self.program.calls.values() if one.label == label), None)
        verdicts = self.given.get(label)
        if call is None or verdicts is None or verdicts[i] is None or call.verifier.scope == "group":
            return None
        inputs, refused = self._inputs(call, [i])
        options = self._options(call, i)
        if refused or isinstance(options, Verdict):
            return None
        return Call(call.verifier, {name: values[0] for name, values in inputs.items()}, options)

    def exemplars(
        self, call: BoundCall, exemplar: Callable[[Any, Mapping[str, Any]], str]
    ) -> list[tuple[int, Verdict, Any]]:
        """Judge, for each sample, a completion made from its reference; return place, verdict and reference."""
        positions = list(range(len(self.samples)))
        inputs, refused = self._inputs(call, positions)
        asked: list[Call] = []
        verdicts: dict[int, Verdict] = dict(refused)
        for position in positions:
            options = verdicts.get(position) or self._options(call, position)
            if isinstance(options, Verdict):
                verdicts[position] = options
                continue
            given = {name: values[position] for name, values in inputs.items()}
            try:
                given["completion"] = exemplar(given["reference"], given | dict(options))
            except Exception as raised:
                verdicts[position] = call.verifier.failure(raised)
                continue
            asked.append(Call(call.verifier, given, options))
        answers = iter(self.engine.run(asked))
        return [(p, verdicts[p] if p in verdicts else next(answers)[0], inputs["reference"][p]) for p in positions]

    def decoys(
        self, call: BoundCall, decoys: Callable[[Mapping[str, Any], Mapping[str, Any]], Sequence[str]]
    ) -> list[tuple[int, list[tuple[str, Verdict]], Any]]:
        """Judge, for each sample, wrong completions; return place, each with its verdict, and the reference.

        A sample for which none can be made is left out.
        """
        positions = list(range(len(self.samples)))
        inputs, refused = self._inputs(call, positions)
        made: list[tuple[int, str]] = []
        asked: list[Call] = []
        for position in positions:
            options = self._options(call, position)
            if position in refused or isinstance(options, Verdict):
                continue
            given = {name: values[position] for name, values in inputs.items() if name != "completion"}
            for completion in decoys(given, options):
                made.append((position, completion))
                asked.append(Call(call.verifier, {**given, "completion": completion}, options))
        judged: dict[int, list[tuple[str, Verdict]]] = {}
        for (position, completion), answer in zip(made, self.engine.run(asked) if asked else [], strict=True):
            judged.setdefault(position, []).append((completion, answer[0]))
        return [(position, each, inputs["reference"][position]) for position, each in judged.items()]

    def _inputs(self, call: BoundCall, positions: list[int]) -> tuple[dict[str, list[Any]], dict[int, Verdict]]:
        """Return each input's values, and a verdict for each sample that lacks one."""
        required = {one.name for one in call.verifier.inputs if one.required}
        inputs: dict[str, list[Any]] = {}
        refused: dict[int, Verdict] = {}
        for name, node in call.inputs.items():
            source = node
            while isinstance(source, nodes.LineRef):
                source = self.program.reward.lines[source.name]
            if isinstance(source, nodes.Call):
                values, lacking = self._artefacts(self.program.calls[source], positions)
                refused = lacking | refused
            elif isinstance(source, nodes.SampleField):
                values = [known(self.samples[i], source.name) for i in positions]
            elif isinstance(source, nodes.ColumnRef):
                values = [follow(self.samples[i].row, source.path) for i in positions]
            else:
                values = [literal(source)] * len(positions)
            inputs[name] = values
            if name in required:
                for position, value in enumerate(values):
                    if value is None and position not in refused:
                        refused[position] = _absent(name, node)
        return inputs, refused

    def _artefacts(self, call: BoundCall, positions: Sequence[int]) -> tuple[list[Any], dict[int, Verdict]]:
        values: list[Any] = []
        lacking: dict[int, Verdict] = {}
        for position, verdict in enumerate(self.verdicts(call, positions)):
            values.append(verdict.artefact)
            if not verdict.status.has_score:
                lacking[position] = Verdict(None, f"{call.label}: {verdict.reason}", status=verdict.status)
            elif verdict.artefact is None:
                lacking[position] = Verdict.abstain(f"{call.label} made nothing to judge")
        return values, lacking

    def _options(self, call: BoundCall, i: int) -> Mapping[str, Any] | Verdict:
        """Return the options for a sample, one mapping for equal ones; a verdict where its row's can't be used."""
        if not call.varying:
            return call.options
        sample = self.samples[i]
        cells = [
            known(sample, node.name) if isinstance(node, nodes.SampleField) else follow(sample.row, node.path)
            for node in call.varying.values()
        ]
        try:
            key: Hashable = tuple([_identity(cell) for cell in cells])
        except Exception:  # what can't be pickled can't be told apart
            return self._vary(call, cells)
        seen = self._varied.setdefault(call.label, {})
        if key not in seen:
            seen[key] = self._vary(call, cells)
        return seen[key]

    @staticmethod
    def _vary(call: BoundCall, cells: Sequence[Any]) -> Mapping[str, Any] | Verdict:
        options = dict(call.options)
        for (name, node), value in zip(call.varying.items(), cells, strict=True):
            option = call.verifier.options[name]
            if value is None:
                if option.required:
                    return Verdict.error(f"{call.verifier.name} needs '{name}', and {nodes.unparse(node)} is None")
                options[name] = option.default
                continue
            try:
                options[name] = option.validate(value)
            except ValueError as problem:
                return Verdict.error(f"{call.verifier.name}: '{name}' from {nodes.unparse(node)} {problem}")
        return options


def _identity(cell: Any) -> Hashable:
    """Return what tells a cell from others: 1, 1.0 and True are three different ones."""
    if cell is None or type(cell) in (bool, int, float, str):
        return type(cell), cell
    return pickle.dumps(cell)


def known(sample: Sample, name: str) -> Any:
    """Return what is known of a sample under a name of the language."""
    return len(sample.completion) if name == "characters" else getattr(sample, name)


def _absent(name: str, node: Node) -> Verdict:
    """The verdict where a required input is `None`: without a reference the data is at fault, else it isn't for us."""
    if name == "reference":
        return Verdict.bad_reference(f"there is no reference: {nodes.unparse(node)} is None")
    return Verdict.abstain(f"{nodes.unparse(node)} is None")
