"""`@verifier` turns a typed function into something that a reward can name."""

from __future__ import annotations

import inspect
import math
import typing
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Literal, overload

from assay._contract.verdict import Status, Verdict
from assay.errors import PluginError

__all__ = ["Input", "Option", "Verifier", "verifier"]

Range = tuple[float, float]
Kind = Literal["cpu", "io", "gpu"]
Scope = Literal["sample", "group", "batch"]

REQUIRED: Any = inspect.Parameter.empty


@dataclass(frozen=True, slots=True)
class Input:
    """A positional parameter: filled from the sample or from a column of its name."""

    name: str
    default: Any = REQUIRED

    @property
    def required(self) -> bool:
        """Whether the verifier can't be called without it."""
        return self.default is REQUIRED


@dataclass(frozen=True, slots=True)
class Option:
    """A keyword-only parameter: set in the reward, with a type and, mostly, a default."""

    name: str
    annotation: Any
    default: Any = REQUIRED

    @property
    def required(self) -> bool:
        """Whether every reward must set it."""
        return self.default is REQUIRED

    @property
    def type_name(self) -> str:
        """The type as a person would write it, `list[str]` or `float | None`."""
        return inspect.formatannotation(self.annotation).replace("typing.", "").replace("collections.abc.", "")

    def validate(self, value: Any) -> Any:
        """Return the value as the option's type.

        Strict: a text is not a number and a bool is not an int; an int may stand for a float.

        Raises:
            ValueError: the value is of another type. The message is a sentence without the option's name.
        """
        # Imported here: a plugin author's `import assay` shouldn't pay for pydantic.
        from pydantic import ConfigDict, PydanticUserError, TypeAdapter, ValidationError

        try:
            adapter = TypeAdapter(self.annotation, config=ConfigDict(strict=True, arbitrary_types_allowed=True))
        except PydanticUserError:  # a type with a configuration of its own
            adapter = TypeAdapter(self.annotation)
        try:
            return adapter.validate_python(value)
        except ValidationError as problem:
            first = problem.errors()[0]["msg"]
            raise ValueError(f"must be {self.type_name}, got {value!r}: {first}") from None


@dataclass(frozen=True)
class Verifier:
    """A named, typed function that judges samples.

    Made by `@verifier`; the registry adds the plugin's name, the distribution and its version.

    Attributes:
        function: what the author wrote.
        leaf: its name inside the plugin.
        name: `plugin.leaf`, or the leaf alone until a registry has taken it in.
        inputs: positional parameters in order.
        options: keyword-only parameters by name, in order.
        range: the bounds of `score`.
        fields: further named scores and their bounds.
        scope: `sample`; `group` for a function that takes lists over one whole group and returns a list; `batch` for
            one that takes lists over any samples and says of each what it would say of it alone.
        kind: what it waits for: `cpu`, `io` or `gpu`.
        timeout: seconds that one call may take before it is killed.
        bounded: its time is bounded by construction, so that it may run in the caller's process without a deadline.
        pure: equal inputs and options give equal verdicts, so that they may be cached.
        boolean: the score is 0 or 1 and may stand alone as a condition.
        version: changes when verdicts change; part of every cache key.
        exemplar: makes, from a reference and the options (and other inputs, by name), a completion that should score
            full marks.
        decoys: makes, from the inputs without the completion and the options, completions that should not.
        distribution: the package it came from.
    """

    function: Callable[..., Any]
    leaf: str
    inputs: tuple[Input, ...]
    options: Mapping[str, Option]
    range: Range = (0.0, 1.0)
    fields: Mapping[str, Range] = field(default_factory=dict)
    scope: Scope = "sample"
    kind: Kind = "cpu"
    timeout: float = 10.0
    bounded: bool = False
    pure: bool = True
    boolean: bool = False
    version: str = ""
    exemplar: Callable[[Any, Mapping[str, Any]], str] | None = None
    decoys: Callable[[Mapping[str, Any], Mapping[str, Any]], Sequence[str]] | None = None
    plugin: str = ""
    distribution: str = ""

    @property
    def name(self) -> str:
        """`plugin.leaf`."""
        return f"{self.plugin}.{self.leaf}" if self.plugin else self.leaf

    @property
    def doc(self) -> str:
        """The author's docstring, unindented."""
        return inspect.getdoc(self.function) or ""

    @property
    def summary(self) -> str:
        """The first line of the docstring: what the verifier checks."""
        return self.doc.partition("\n")[0]

    @cached_property
    def is_async(self) -> bool:
        """Whether the function is a coroutine function."""
        return inspect.iscoroutinefunction(self.function)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the author's function as it stands, for tests and for use from other plugins."""
        return self.function(*args, **kwargs)

    def installed_as(self, plugin: str, distribution: str, version: str) -> Verifier:
        """Return a copy that knows where it came from."""
        return replace(self, plugin=plugin, distribution=distribution, version=self.version or version)

    def verdict(self, returned: Any) -> Verdict:
        """Turn what the function returned into a verdict that keeps the contract.

        A float or bool is a score, `None` an abstention. What breaks the contract (NaN, a score outside the
        declared range, a missing field, another type) is the verifier's fault, hence the status `error`.
        """
        if returned is None:
            return Verdict.abstain("")
        if isinstance(returned, Verdict):
            return self._kept(returned)
        # numpy scalars and 0-d tensors have __float__; a text has not, and is never parsed as a number here.
        try:
            return self._kept(Verdict(returned.__float__()))
        except (AttributeError, TypeError, ValueError):
            kind = type(returned).__name__
            return Verdict.error(f"{self.name} returned a {kind}, not a number, a bool, None or a Verdict")

    def _kept(self, returned: Verdict) -> Verdict:
        """Hold a verdict to the ranges and fields that were declared."""
        if not returned.status.has_score:
            return returned
        if not self.fields and returned.score is not None and self.range[0] <= returned.score <= self.range[1]:
            return returned
        named = {"score": (returned.score, self.range)}
        for name, bounds in self.fields.items():
            if returned.status is Status.SCORED and name not in returned.fields:
                return Verdict.error(f"{self.name} declares the field '{name}' and did not return it")
            named[name] = (returned.fields.get(name), bounds)
        for name, (value, (low, high)) in named.items():
            if value is None:
                continue
            if math.isnan(value):
                return Verdict.error(f"{self.name} returned NaN as its {name}")
            if returned.status is Status.SCORED and not low <= value <= high:
                return Verdict.error(f"{self.name} returned {value:g} as its {name}, outside {low:g}..{high:g}")
        return returned

    def failure(self, problem: BaseException) -> Verdict:
        """Return the verdict for an exception that the function let escape."""
        text = str(problem).strip().partition("\n")[0]
        return Verdict.error(f"{self.name} raised {type(problem).__name__}" + (f": {text[:300]}" if text else ""))

    def judge(self, inputs: Mapping[str, Any], options: Mapping[str, Any]) -> Verdict:
        """Judge one sample in this thread and return a verdict, whatever the function does short of hanging."""
        try:
            if self.scope == "batch":
                return self.verdicts(self.function(*([one] for one in self._positional(inputs)), **options), 1)[0]
            return self.verdict(self.function(*self._positional(inputs), **options))
        except Exception as problem:
            return self.failure(problem)

    def judge_batch(self, inputs: Sequence[Mapping[str, Any]], options: Mapping[str, Any]) -> list[Verdict]:
        """Judge samples that share their options in this thread: each gets the verdict that `judge` gives it.

        With `scope="batch"` the function is called once for all of them. If that raises, they are judged one by one,
        so that one sample's failure stays its own.
        """
        if self.scope == "batch" and len(inputs) > 1:
            columns = [
                [one[i.name] for one in inputs] if i.required else [one.get(i.name, i.default) for one in inputs]
                for i in self.inputs
            ]
            try:
                return self.verdicts(self.function(*columns, **options), len(inputs))
            except Exception:
                return [self.judge(one, options) for one in inputs]
        return [self.judge(one, options) for one in inputs]

    def judge_group(self, inputs: Mapping[str, Sequence[Any]], options: Mapping[str, Any], size: int) -> list[Verdict]:
        """Judge the `size` members of one group in this thread; each input is a list over the members."""
        try:
            return self.verdicts(self.function(*self._positional(inputs), **options), size)
        except Exception as problem:
            return [self.failure(problem)] * size

    def verdicts(self, returned: Any, size: int) -> list[Verdict]:
        """Turn what a group or batch verifier returned into a verdict for each of `size` members."""
        each = list(returned)
        if len(each) != size:
            wrong = f"{self.name} returned {len(each)} verdicts for a {self.scope} of {size}"
            return [Verdict.error(wrong)] * size
        return [self.verdict(one) for one in each]

    def _positional(self, inputs: Mapping[str, Any]) -> list[Any]:
        return [inputs[i.name] if i.required else inputs.get(i.name, i.default) for i in self.inputs]


@overload
def verifier(function: Callable[..., Any], /) -> Verifier: ...
@overload
def verifier(
    *,
    name: str | None = ...,
    range: Range = ...,
    fields: Mapping[str, Range] | Sequence[str] = ...,
    scope: Scope = ...,
    kind: Kind | None = ...,
    timeout: float = ...,
    bounded: bool = ...,
    pure: bool = ...,
    boolean: bool | None = ...,
    version: str = ...,
    exemplar: Callable[[Any, Mapping[str, Any]], str] | None = ...,
    decoys: Callable[[Mapping[str, Any], Mapping[str, Any]], Sequence[str]] | None = ...,
) -> Callable[[Callable[..., Any]], Verifier]: ...


def verifier(
    function: Callable[..., Any] | None = None,
    /,
    *,
    name: str | None = None,
    range: Range = (0.0, 1.0),
    fields: Mapping[str, Range] | Sequence[str] = (),
    scope: Scope = "sample",
    kind: Kind | None = None,
    timeout: float = 10.0,
    bounded: bool = False,
    pure: bool = True,
    boolean: bool | None = None,
    version: str = "",
    exemplar: Callable[[Any, Mapping[str, Any]], str] | None = None,
    decoys: Callable[[Mapping[str, Any], Mapping[str, Any]], Sequence[str]] | None = None,
) -> Verifier | Callable[[Callable[..., Any]], Verifier]:
    """Make a verifier of a function; use it bare or with arguments.

    Positional parameters are inputs: `prompt`, `completion`, `messages`, `row`, `tokens`, `truncated`, or any column
    of the data set (`reference` by custom). Keyword-only parameters are options; each needs a type annotation.
    The function returns a float, a bool, `None` (abstain) or a `Verdict`; with `scope="group"` or `"batch"` it takes
    a list per input and returns a list.

    Args:
        function: what to make a verifier of, where the decorator is used bare.
        name: the leaf's name; the function's by default.
        range: the bounds of the score; 0..1 by default.
        fields: names of further scores, with their bounds where these aren't 0..1.
        scope: `sample`, `group` or `batch`. A batch holds any samples whose options are the same, one or thousands;
            what is said of one must not depend on the others.
        kind: `cpu` by default, `io` for a coroutine function.
        timeout: seconds that one call may take.
        bounded: its time is bounded by construction: it runs in the caller's process.
        pure: equal inputs give equal verdicts.
        boolean: the score is 0 or 1; taken from the return annotation `bool` where it is not given.
        version: the verifier's own version; the distribution's by default.
        exemplar: makes, from a reference and the options (and other inputs, by name), a completion that should score
            full marks; `assay lint` finds unusable references by it.
        decoys: makes, from the inputs by name and the options, completions that are wrong for certain and should not
            score full marks; `assay lint` finds rows by it that pay wrong answers.

    Raises:
        PluginError: the signature breaks these rules. The message names the parameter.
    """

    def make(function: Callable[..., Any]) -> Verifier:
        leaf = name or function.__name__
        hints = _hints(function)
        inputs, options = [], {}
        for parameter in inspect.signature(function).parameters.values():
            if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
                raise PluginError(f"verifier {leaf}: '{parameter}' hides what it needs; name each input and option")
            if parameter.kind is parameter.KEYWORD_ONLY:
                if parameter.name not in hints:
                    raise PluginError(f"verifier {leaf}: the option '{parameter.name}' needs a type annotation")
                options[parameter.name] = Option(parameter.name, hints[parameter.name], parameter.default)
            else:
                inputs.append(Input(parameter.name, parameter.default))
        if not leaf.isidentifier():
            raise PluginError(f"'{leaf}' can't be a verifier's name: it must be usable as a name in an expression")
        if scope == "batch" and inspect.iscoroutinefunction(function):
            raise PluginError(
                f"verifier {leaf}: a coroutine function can't have scope='batch'; calls run together anyway"
            )
        if "score" in fields:
            raise PluginError(f"verifier {leaf}: 'score' is the verdict's own score and can't be a field as well")
        return Verifier(
            function=function,
            leaf=leaf,
            inputs=tuple(inputs),
            options=options,
            range=range,
            fields=dict(fields) if isinstance(fields, Mapping) else dict.fromkeys(fields, (0.0, 1.0)),
            scope=scope,
            kind=kind or ("io" if inspect.iscoroutinefunction(function) else "cpu"),
            timeout=timeout,
            bounded=bounded,
            pure=pure,
            boolean=hints.get("return") is bool if boolean is None else boolean,
            version=version,
            exemplar=exemplar,
            decoys=decoys,
        )

    return make if function is None else make(function)


def _hints(function: Callable[..., Any]) -> dict[str, Any]:
    try:
        return typing.get_type_hints(function)
    except Exception as problem:
        raise PluginError(f"verifier {function.__name__}: its annotations can't be resolved: {problem}") from problem
