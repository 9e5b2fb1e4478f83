"""A verifier under test: its examples as calls, judged here, on an engine, or in another process."""

from __future__ import annotations

import atexit
import copy
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property
from typing import Any

from assay._contract.example import Example
from assay._contract.verdict import Status, Verdict
from assay._contract.verifier import Verifier
from assay._plugins.registry import Registry
from assay.engine import Call
from assay.engine._async_runner import AsyncRunner
from assay.engine._pool import WorkerPool, by_value, reference_to

__all__ = ["VerifierUnderTest"]

#: What stands for an input of which nothing is known.
_GUESSES: dict[str, Any] = {"messages": [{"role": "assistant", "content": "1"}], "row": {}, "tokens": 1}


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
        return cls(verifier, tuple(registry.examples(verifier.plugin).get(verifier.leaf, ())))

    @property
    def guessed(self) -> bool:
        """Whether the plugin gives no examples, so that inputs are guesses that may deserve an error."""
        return not self.examples

    @cached_property
    def samples(self) -> tuple[Example, ...]:
        """The examples, or a guess where there are none and where a guess can harm nobody."""
        if self.examples:
            return self.examples
        if self.verifier.kind == "io" or any(option.required for option in self.verifier.options.values()):
            return ()
        inputs = {one.name: _GUESSES.get(one.name, "1") for one in self.verifier.inputs if one.required}
        if self.verifier.scope == "group":
            inputs = {name: [value] * 3 for name, value in inputs.items()}
        return (Example(inputs),)

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
        if self.verifier.is_async:
            return self._without_seconds(AsyncRunner(1).start([call]).finish())[0]
        if self.verifier.scope == "group":
            return tuple(self.verifier.judge_group(call.inputs, call.options, call.size))
        return (self.verifier.judge(call.inputs, call.options),)

    def judge_apart(self, calls: Sequence[Call]) -> list[tuple[Verdict, ...]]:
        """Judge calls in another process, each under the verifier's deadline; `seconds` are measured.

        Coroutine functions, those of kind `gpu` and those that can't be sent stay here, as they do on the engine.
        """
        if self.verifier.is_async:
            return AsyncRunner(8).start(calls).finish()
        if self.verifier.kind == "gpu" or not self.sendable:
            return [self.judge(call) for call in calls]
        return _pool().start(calls).finish()

    @cached_property
    def sendable(self) -> bool:
        """Whether another process can be given the verifier."""
        if reference_to(self.verifier) is not None:
            return True
        try:
            by_value(self.verifier)
        except Exception:
            return False
        return True

    def perfect(self) -> Iterator[tuple[Example, Call]]:
        """Yield the samples that are scored, each with its call: the ground that other inputs are tried on."""
        for example in self.samples:
            if self.guessed or (example.status == Status.SCORED and not example.needs):
                yield example, self.call(example)

    @staticmethod
    def _without_seconds(answers: list[tuple[Verdict, ...]]) -> list[tuple[Verdict, ...]]:
        return [tuple(replace(one, seconds=0.0) for one in answer) for answer in answers]

    def plain(self, verdict: Verdict) -> tuple[Any, ...]:
        """Return a verdict as something that equals itself: without seconds, artefact and NaN."""
        details = {
            k: "nan" if isinstance(v, float) and math.isnan(v) else v for k, v in sorted(verdict.details.items())
        }
        return verdict.status.value, verdict.score, verdict.reason, dict(verdict.fields), details


@cache
def _pool() -> WorkerPool:
    pool = WorkerPool(1)
    atexit.register(pool.close)
    return pool
