"""A verifier under test: its examples as calls, judged here, on an engine, or in another process."""

from __future__ import annotations

import copy
import math
import typing
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from assay._contract.example import Example
from assay._contract.verdict import Status, Verdict
from assay._contract.verifier import Verifier
from assay._plugins.registry import Registry
from assay.engine import Call
from assay.engine._async_runner import AsyncRunner
from assay.testing._trial import Trial, answer, pool, sendable, tried

__all__ = ["VerifierUnderTest"]

#: What stands for an input of which nothing is known but its name, in turn.
_GUESSES: tuple[Any, ...] = ("1", "the answer is 1", ["1"], {"a": 1})
_KNOWN: dict[str, Any] = {"messages": [{"role": "assistant", "content": "1"}], "row": {"a": 1}, "tokens": 1}
#: What stands for an input of a type.
_OF_TYPE: dict[Any, Any] = {bool: True, int: 1, float: 1.0, str: "1", list: ["1"], dict: {"a": 1}}
#: Seconds that a call of the suite may take where inputs are guesses, and at the most where they are examples.
_GUESS_SECONDS, _EXAMPLE_SECONDS = 5.0, 60.0


@dataclass(frozen=True)
class VerifierUnderTest:
    """One verifier and what its plugin says of it.

    Attributes:
        verifier: as the registry has it.
        examples: what the plugin's hook `assay_examples` gives for it.
    """

    verifier: Verifier
    examples: tuple[Example, ...]

    @classmethod
    def of(cls, verifier: Verifier, registry: Registry) -> VerifierUnderTest:
        """Return the subject for a verifier of a registry; asks its plugin for examples."""
        return cls(verifier, tuple(registry.offers(verifier.plugin).examples().get(verifier.leaf, ())))

    @property
    def guessed(self) -> bool:
        """Whether the plugin gives no examples, so that inputs are guesses that may deserve an error."""
        return not self.examples

    @cached_property
    def samples(self) -> tuple[Example, ...]:
        """The examples, or guesses where there are none and where a guess can harm nobody."""
        if self.examples:
            return self.examples
        if self.verifier.kind == "io" or any(option.required for option in self.verifier.options.values()):
            return ()
        found: list[Example] = []
        for guess in _GUESSES:
            inputs = {one.name: self._guess(one.name, guess) for one in self.verifier.inputs if one.required}
            if self.verifier.scope == "group":
                inputs = {name: [value] * 3 for name, value in inputs.items()}
            if all(one.inputs != inputs for one in found):
                found.append(Example(inputs))
        return tuple(found)

    def _guess(self, name: str, guess: Any) -> Any:
        if name in _KNOWN:
            return copy.deepcopy(_KNOWN[name])
        if name in ("completion", "prompt"):
            return guess if isinstance(guess, str) else str(guess)
        hint = typing.get_type_hints(self.verifier.function).get(name)
        if self.verifier.scope != "sample":  # a list of what one sample has
            hint = next(iter(typing.get_args(hint)), None)
        value = _of_type(hint)
        return guess if value is None or isinstance(guess, type(value)) else value

    @cached_property
    def trial(self) -> Trial:
        """How the verifier took the samples, in a process that could be killed; those that need a service left out."""
        calls = [self.call(one) for one in self.samples if not one.needs]
        if self.verifier.scope == "batch":
            calls += self._together(calls)
        return tried(calls, self.seconds)

    def _together(self, calls: Sequence[Call]) -> list[Call]:
        """Return a call of all samples whose options are the same, for a verifier of batches."""
        alike = [call for call in calls if call.options == calls[0].options]
        if len(alike) < 2:
            return []
        inputs = {
            one.name: [call.inputs.get(one.name, one.default) for call in alike]
            for one in self.verifier.inputs
            if all(one.required or one.name in call.inputs for call in alike)
        }
        return [Call(self.verifier, inputs, alike[0].options, len(alike))]

    @property
    def seconds(self) -> float:
        """What one call may take here."""
        return min(self.verifier.timeout, _GUESS_SECONDS if self.guessed else _EXAMPLE_SECONDS)

    def call(self, example: Example, **changed: Any) -> Call:
        """Return an example as an engine gets it: options validated, defaults filled in.

        Args:
            example: one of `samples`.
            changed: inputs with another value than the example's. Under group scope the value is one further
                member's, whose other inputs are the last member's.
        """
        # A copy: what a verifier does to its inputs must not reach the next check.
        inputs = copy.deepcopy(dict(example.inputs))
        if self.verifier.scope == "group":
            if changed:
                inputs = {name: [*values, changed.get(name, values[-1])] for name, values in inputs.items()}
            size = len(next(iter(inputs.values())))
        else:
            inputs, size = inputs | changed, 1
        return Call(self.verifier, inputs, self.options(example.options), size)

    def options(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Return all options by name, validated.

        Raises:
            AssertionError: a required option isn't given, or one is given that isn't there.
        """
        known = self.verifier.options
        assert not given.keys() - known.keys(), f"there is no option {', '.join(given.keys() - known.keys())}"
        missing = [name for name, one in known.items() if one.required and name not in given]
        assert not missing, f"an example must set the required option {', '.join(missing)}"
        return {name: one.validate(given[name]) if name in given else one.default for name, one in known.items()}

    def judge(self, call: Call) -> tuple[Verdict, ...]:
        """Judge a call here: in this thread, or on a loop of its own for a coroutine function."""
        return answer(call)

    def judge_apart(self, calls: Sequence[Call]) -> list[tuple[Verdict, ...]]:
        """Judge calls in another process, each under a deadline; `seconds` are measured.

        Coroutine functions, those of kind `gpu` and those that can't be sent stay here, as they do on the engine.
        """
        if self.verifier.is_async:
            return AsyncRunner(8).start(calls).finish()
        if self.verifier.kind == "gpu" or not self.sendable:
            return [self.judge(call) for call in calls]
        late = replace(self.verifier, timeout=self.seconds)
        return pool().start([replace(call, verifier=late) for call in calls]).finish()

    @cached_property
    def sendable(self) -> bool:
        """Whether another process can be given the verifier."""
        return sendable(self.verifier)

    def perfect(self) -> Iterator[tuple[Example, Call]]:
        """Yield the samples that are scored, each with its call: the ground that other inputs are tried on."""
        for example, verdicts in zip(self.samples, self.trial.answers, strict=False) if self.guessed else ():
            if all(verdict.status is Status.SCORED for verdict in verdicts):
                yield example, self.call(example)
        for example in self.examples:
            if example.status == Status.SCORED and not example.needs:
                yield example, self.call(example)

    def plain(self, verdict: Verdict) -> tuple[Any, ...]:
        """Return a verdict as something that equals itself: without seconds, artefact and NaN."""
        details = {
            k: "nan" if isinstance(v, float) and math.isnan(v) else v for k, v in sorted(verdict.details.items())
        }
        return verdict.status.value, verdict.score, verdict.reason, dict(verdict.fields), details


def _of_type(annotation: Any) -> Any:
    """Return a value of a type, `None` where none can be guessed."""
    origin = typing.get_origin(annotation)
    value = _OF_TYPE.get(origin or annotation)
    inner = _OF_TYPE.get(next(iter(typing.get_args(annotation)), None)) if origin is list else None
    return copy.deepcopy(value if inner is None else [inner])
