"""Asks an engine for the verdicts that an evaluation needs, each once."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any

import numpy as np

from assay._contract.sample import Sample, follow
from assay._contract.verdict import Verdict
from assay._language import nodes
from assay._language.literals import literal
from assay._language.nodes import Node
from assay._language.resolver import BoundCall, BoundReward
from assay._language.values import Index
from assay.engine import Call, Engine

__all__ = ["VerdictStore", "known"]


class VerdictStore:
    """The verdicts of one batch.

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

    def verdicts(self, call: BoundCall, index: Index) -> list[Verdict]:
        """Return a verifier's verdict for each sample, asking the engine for those that it hasn't given."""
        verdicts = self.given.setdefault(call.label, [None] * len(self.samples))
        missing = [i for i in dict.fromkeys(index.tolist()) if verdicts[i] is None]
        if missing:
            if call.verifier.scope == "group":
                self._judge_groups(call, missing, verdicts)
            else:
                self._judge_samples(call, missing, verdicts)
        return [verdict for i in index.tolist() if (verdict := verdicts[i]) is not None]

    def _judge_samples(self, call: BoundCall, missing: list[int], verdicts: list[Verdict | None]) -> None:
        inputs, refused = self._inputs(call, missing)
        asked, calls = [], []
        for position, i in enumerate(missing):
            verdict = refused.get(position)
            options: Mapping[str, Any] = call.options
            if verdict is None and call.varying:
                options = own = dict(options)
                verdict = self._vary(call, i, own)
            if verdict is not None:
                verdicts[i] = verdict
            else:
                asked.append(i)
                calls.append(Call(call.verifier, {name: values[position] for name, values in inputs.items()}, options))
        for i, answer in zip(asked, self.engine.run(calls) if calls else [], strict=True):
            verdicts[i] = answer[0]

    def _judge_groups(self, call: BoundCall, missing: list[int], verdicts: list[Verdict | None]) -> None:
        asked: list[list[int]] = []
        calls = []
        for group in dict.fromkeys(self.samples[i].group for i in missing):
            members = self.members[group]
            inputs, refused = self._inputs(call, members)
            for position, verdict in refused.items():
                verdicts[members[position]] = verdict
            judged = [position for position in range(len(members)) if position not in refused]
            if judged:
                asked.append([members[position] for position in judged])
                lists = {name: [values[p] for p in judged] for name, values in inputs.items()}
                calls.append(Call(call.verifier, lists, call.options, size=len(judged)))
        for members, answer in zip(asked, self.engine.run(calls) if calls else [], strict=True):
            for i, verdict in zip(members, answer, strict=True):
                verdicts[i] = verdict

    def asked(self, label: str, i: int) -> Call | None:
        """Return the call by which a sample was judged under a label, `None` where it was not, or with its group."""
        call = next((one for one in self.program.calls.values() if one.label == label), None)
        verdicts = self.given.get(label)
        if call is None or verdicts is None or verdicts[i] is None or call.verifier.scope == "group":
            return None
        inputs, refused = self._inputs(call, [i])
        options = dict(call.options)
        if refused or (call.varying and self._vary(call, i, options) is not None):
            return None
        return Call(call.verifier, {name: values[0] for name, values in inputs.items()}, options)

    def exemplars(
        self, call: BoundCall, exemplar: Callable[[Any, Mapping[str, Any]], str]
    ) -> list[tuple[int, Verdict, Any]]:
        """VerdictStore, for each sample, a completion made from its reference; return place, verdict and reference."""
        positions = list(range(len(self.samples)))
        inputs, refused = self._inputs(call, positions)
        asked: list[Call] = []
        verdicts: dict[int, Verdict] = dict(refused)
        for position in positions:
            options: dict[str, Any] = dict(call.options)
            problem = verdicts.get(position) or (self._vary(call, position, options) if call.varying else None)
            if problem is not None:
                verdicts[position] = problem
                continue
            given = {name: values[position] for name, values in inputs.items()}
            try:
                given["completion"] = exemplar(given["reference"], given | options)
            except Exception as raised:
                verdicts[position] = call.verifier.failure(raised)
                continue
            asked.append(Call(call.verifier, given, options))
        answers = iter(self.engine.run(asked))
        return [(p, verdicts[p] if p in verdicts else next(answers)[0], inputs["reference"][p]) for p in positions]

    def decoys(
        self, call: BoundCall, decoys: Callable[[Mapping[str, Any], Mapping[str, Any]], Sequence[str]]
    ) -> list[tuple[int, list[tuple[str, Verdict]], Any]]:
        """VerdictStore, for each sample, wrong completions; return place, each with its verdict, and the reference.

        A sample for which none can be made is left out.
        """
        positions = list(range(len(self.samples)))
        inputs, refused = self._inputs(call, positions)
        made: list[tuple[int, str]] = []
        asked: list[Call] = []
        for position in positions:
            options: dict[str, Any] = dict(call.options)
            if position in refused or (call.varying and self._vary(call, position, options) is not None):
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
        index = np.asarray(positions, dtype=np.intp)
        required = {one.name for one in call.verifier.inputs if one.required}
        inputs: dict[str, list[Any]] = {}
        refused: dict[int, Verdict] = {}
        for name, node in call.inputs.items():
            source = node
            while isinstance(source, nodes.LineRef):
                source = self.program.reward.lines[source.name]
            if isinstance(source, nodes.Call):
                values, lacking = self._artefacts(self.program.calls[source], index)
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

    def _artefacts(self, call: BoundCall, index: Index) -> tuple[list[Any], dict[int, Verdict]]:
        values: list[Any] = []
        lacking: dict[int, Verdict] = {}
        for position, verdict in enumerate(self.verdicts(call, index)):
            values.append(verdict.artefact)
            if not verdict.status.has_score:
                lacking[position] = Verdict(None, f"{call.label}: {verdict.reason}", status=verdict.status)
            elif verdict.artefact is None:
                lacking[position] = Verdict.abstain(f"{call.label} made nothing to judge")
        return values, lacking

    def _vary(self, call: BoundCall, i: int, options: dict[str, Any]) -> Verdict | None:
        """Fill in the options that come from the row; return a verdict where one can't be used."""
        for name, node in call.varying.items():
            option = call.verifier.options[name]
            value = (
                known(self.samples[i], node.name)
                if isinstance(node, nodes.SampleField)
                else _cell(node, self.samples[i])
            )
            if value is None:
                if option.required:
                    return Verdict.error(f"{call.verifier.name} needs '{name}', and {nodes.unparse(node)} is None")
                options[name] = option.default
                continue
            try:
                options[name] = option.validate(value)
            except ValueError as problem:
                return Verdict.error(f"{call.verifier.name}: '{name}' from {nodes.unparse(node)} {problem}")
        return None


def known(sample: Sample, name: str) -> Any:
    """Return what is known of a sample under a name of the language."""
    return len(sample.completion) if name == "characters" else getattr(sample, name)


def _cell(node: Node, sample: Sample) -> Any:
    assert isinstance(node, nodes.ColumnRef)
    return follow(sample.row, node.path)


def _absent(name: str, node: Node) -> Verdict:
    """The verdict where a required input is `None`: without a reference the data is at fault, else it isn't for us."""
    if name == "reference":
        return Verdict.bad_reference(f"there is no reference: {nodes.unparse(node)} is None")
    return Verdict.abstain(f"{nodes.unparse(node)} is None")
