"""`@verifier` turns a typed function into something that a reward can name."""

from __future__ import annotations

import inspect
import keyword
import math
import typing
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING, Any, Generic, Literal, overload

from assay._contract.options import REQUIRED, Option, OptionGroup, documented, is_group
from assay._contract.reserved import RESERVED
from assay._contract.verdict import Status, Verdict
from assay.errors import PluginError, nearest

if TYPE_CHECKING:
    from typing_extensions import ParamSpec, TypeVar

    # With defaults, so that `Verifier` alone is a verifier of any function.
    P = ParamSpec("P", default=...)
    R = TypeVar("R", default=Any)
else:
    from typing import ParamSpec, TypeVar

    P, R = ParamSpec("P"), TypeVar("R")

__all__ = ["Input", "Option", "OptionGroup", "Verifier", "verifier"]

Range = tuple[float, float]
Kind = Literal["cpu", "io", "gpu"]
Scope = Literal["sample", "group", "batch"]
#: Whether the score is 0 or 1: always, or as long as these options have these values.
Boolean = bool | Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Input:
    """A positional parameter: filled from the sample or from a column of its name."""

    name: str
    default: Any = REQUIRED

    @property
    def required(self) -> bool:
        """Whether the verifier can't be called without it."""
        return self.default is REQUIRED


@dataclass(frozen=True)
class Verifier(Generic[P, R]):
    """A named, typed function that judges samples.

    Made by `@verifier`; the registry adds the plugin's name, the distribution and its version.

    Attributes:
        function: what the author wrote.
        leaf: its name inside the plugin.
        name: `plugin.leaf`, or the leaf alone until a registry has taken it in.
        inputs: positional parameters in order.
        options: by name, in the order of the keyword-only parameters; the fields of a group stand where the group does.
        groups: the parameters that take several options as one object.
        range: the bounds of `score`.
        fields: further named scores and their bounds.
        scope: `sample`; `group` for a function that takes lists over one whole group and returns a list; `batch` for
            one that takes lists over any samples and says of each what it would say of it alone.
        kind: what it waits for: `cpu`, `io` or `gpu`.
        timeout: seconds that one call may take before it is killed.
        bounded: its time is bounded by construction, so that it may run in the caller's process without a deadline.
        pure: equal inputs and options give equal verdicts, so that they may be cached.
        boolean: the score is 0 or 1 and may stand alone as a condition; a mapping where that holds as long as these
            options have these values.
        version: changes when verdicts change; part of every cache key.
        exemplar: makes, from a reference and the options (and other inputs, by name), a completion that should score
            full marks.
        decoys: makes, from the inputs without the completion and the options, completions that should not.
        distribution: the package it came from.
    """

    function: Callable[P, R]
    leaf: str
    inputs: tuple[Input, ...]
    options: Mapping[str, Option]
    groups: tuple[OptionGroup, ...] = ()
    range: Range = (0.0, 1.0)
    fields: Mapping[str, Range] = field(default_factory=dict)
    scope: Scope = "sample"
    kind: Kind = "cpu"
    timeout: float = 10.0
    bounded: bool = False
    pure: bool = True
    boolean: Boolean = False
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

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """Call the author's function as it stands, for tests and for use from other plugins.

        The options of a group may be given one by one as well, as in a reward.
        """
        given: Any = self._in_groups(kwargs) if self.groups else kwargs
        return self.function(*args, **given)

    def apply(self, inputs: Mapping[str, Any], options: Mapping[str, Any]) -> R:
        """Call the author's function with inputs and options by name, as an engine has them.

        Args:
            inputs: what is missing keeps its default.
            options: validated, and all of them.
        """
        call: Callable[..., R] = self.function
        return call(*self._positional(inputs), **(self._in_groups(options) if self.groups else options))

    def _in_groups(self, options: Mapping[str, Any]) -> dict[str, Any]:
        """Return options as the function takes them: those of a group as one object, unless that is given already."""
        given = {}
        taken: set[str] = set()
        for group in self.groups:
            if isinstance(options.get(group.parameter), group.of):
                given[group.parameter] = options[group.parameter]
                taken.add(group.parameter)
            else:
                given[group.parameter] = group.gather(options)
                taken |= group.options.keys()
        return given | {name: value for name, value in options.items() if name not in taken}

    def is_boolean(self, options: Mapping[str, Any]) -> bool:
        """Whether the score is 0 or 1 under these options; `False` if that hangs on one that isn't among them."""
        if isinstance(self.boolean, Mapping):
            return all(name in options and options[name] == value for name, value in self.boolean.items())
        return self.boolean

    def installed_as(self, plugin: str, distribution: str, version: str) -> Verifier[P, R]:
        """Return a copy that knows where it came from."""
        return replace(self, plugin=plugin, distribution=distribution, version=self.version or version)

    def verdict(self, returned: Any, options: Mapping[str, Any]) -> Verdict:
        """Turn what the function returned under these options into a verdict that keeps the contract.

        A float or bool is a score, `None` an abstention. What breaks the contract (NaN, a score outside the
        declared range, 0.5 from a boolean verifier, a missing field, another type) is the verifier's fault, hence the
        status `error`.
        """
        if returned is None:
            return Verdict.abstain("")
        if isinstance(returned, Verdict):
            return self._kept(returned, options)
        # numpy scalars and 0-d tensors have __float__; a text has not, and is never parsed as a number here.
        try:
            return self._kept(Verdict(returned.__float__()), options)
        except (AttributeError, TypeError, ValueError):
            return self._breach(f"returned a {type(returned).__name__}, not a number, a bool, None or a Verdict")

    def _breach(self, how: str) -> Verdict:
        """The verdict where the function ran and what it returned breaks the contract; the details say `breach`."""
        return Verdict.error(f"{self.name} {how}", breach=True)

    def _kept(self, returned: Verdict, options: Mapping[str, Any]) -> Verdict:
        """Hold a verdict to the ranges and fields that were declared."""
        if not returned.status.has_score:
            return returned
        if self.boolean and returned.score not in (0.0, 1.0) and self.is_boolean(options):
            return self._breach(f"declares itself boolean and returned {returned.score:g}")
        if not self.fields and returned.score is not None and self.range[0] <= returned.score <= self.range[1]:
            return returned
        named = {"score": (returned.score, self.range)}
        for name, bounds in self.fields.items():
            if returned.status is Status.SCORED and name not in returned.fields:
                return self._breach(f"declares the field '{name}' and did not return it")
            named[name] = (returned.fields.get(name), bounds)
        for name, (value, (low, high)) in named.items():
            if value is None:
                continue
            if math.isnan(value):
                return self._breach(f"returned NaN as its {name}")
            if returned.status is Status.SCORED and not low <= value <= high:
                return self._breach(f"returned {value:g} as its {name}, outside {low:g}..{high:g}")
        return returned

    def failure(self, problem: BaseException) -> Verdict:
        """Return the verdict for an exception that the function let escape."""
        text = str(problem).strip().partition("\n")[0]
        return Verdict.error(f"{self.name} raised {type(problem).__name__}" + (f": {text[:300]}" if text else ""))

    def judge(self, inputs: Mapping[str, Any], options: Mapping[str, Any]) -> Verdict:
        """Judge one sample in this thread and return a verdict, whatever the function does short of hanging."""
        try:
            if self.scope == "batch":
                alone = {name: [value] for name, value in self._all(inputs).items()}
                return self.verdicts(self.apply(alone, options), 1, options)[0]
            return self.verdict(self.apply(inputs, options), options)
        except Exception as problem:
            return self.failure(problem)

    def judge_batch(self, inputs: Sequence[Mapping[str, Any]], options: Mapping[str, Any]) -> list[Verdict]:
        """Judge samples that share their options in this thread: each gets the verdict that `judge` gives it.

        With `scope="batch"` the function is called once for all of them. If that raises, they are judged one by one,
        so that one sample's failure stays its own.
        """
        if self.scope == "batch" and len(inputs) > 1:
            columns = {
                i.name: [one[i.name] for one in inputs]
                if i.required
                else [one.get(i.name, i.default) for one in inputs]
                for i in self.inputs
            }
            try:
                return self.verdicts(self.apply(columns, options), len(inputs), options)
            except Exception:
                return [self.judge(one, options) for one in inputs]
        return [self.judge(one, options) for one in inputs]

    def judge_group(self, inputs: Mapping[str, Sequence[Any]], options: Mapping[str, Any], size: int) -> list[Verdict]:
        """Judge the `size` members of one group in this thread; each input is a list over the members."""
        try:
            return self.verdicts(self.apply(inputs, options), size, options)
        except Exception as problem:
            return [self.failure(problem)] * size

    def verdicts(self, returned: Any, size: int, options: Mapping[str, Any]) -> list[Verdict]:
        """Turn what a group or batch verifier returned into a verdict for each of `size` members."""
        each = list(islice(returned, size + 1))  # a generator may never end
        if len(each) != size:
            many = f"more than {size}" if len(each) > size else str(len(each))
            return [self._breach(f"returned {many} verdicts for a {self.scope} of {size}")] * size
        return [self.verdict(one, options) for one in each]

    def _positional(self, inputs: Mapping[str, Any]) -> list[Any]:
        return [inputs[i.name] if i.required else inputs.get(i.name, i.default) for i in self.inputs]

    def _all(self, inputs: Mapping[str, Any]) -> dict[str, Any]:
        return dict(zip((i.name for i in self.inputs), self._positional(inputs), strict=True))


@overload
def verifier(function: Callable[P, R], /) -> Verifier[P, R]: ...
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
    boolean: Boolean | None = ...,
    version: str = ...,
    exemplar: Callable[[Any, Mapping[str, Any]], str] | None = ...,
    decoys: Callable[[Mapping[str, Any], Mapping[str, Any]], Sequence[str]] | None = ...,
) -> Callable[[Callable[P, R]], Verifier[P, R]]: ...


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
    boolean: Boolean | None = None,
    version: str = "",
    exemplar: Callable[[Any, Mapping[str, Any]], str] | None = None,
    decoys: Callable[[Mapping[str, Any], Mapping[str, Any]], Sequence[str]] | None = None,
) -> Any:
    """Make a verifier of a function; use it bare or with arguments.

    Positional parameters are inputs: `prompt`, `completion`, `messages`, `row`, `tokens`, `truncated`, or any column
    of the data set (`reference` by custom). Keyword-only parameters are options; each needs a type annotation. One
    that is annotated with a frozen dataclass is a group of options: its fields are options like any others, spelled
    one by one in rewards, and the function gets them as one object. The function returns a float, a bool, `None`
    (abstain) or a `Verdict`; with `scope="group"` or `"batch"` it takes a list per input and returns a list.

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
        boolean: the score is 0 or 1, and any other is an error; taken from the return annotation `bool` where it is not
            given. A mapping, as in `{"credit": "all"}`, where that holds as long as these options have these values.
        version: the verifier's own version; the distribution's by default.
        exemplar: makes, from a reference and the options (and other inputs, by name), a completion that should score
            full marks; `assay lint` finds unusable references by it.
        decoys: makes, from the inputs by name and the options, completions that are wrong for certain and should not
            score full marks; `assay lint` finds rows by it that pay wrong answers.

    Raises:
        PluginError: the signature breaks these rules, or something that is declared can't be. The message names it.
    """

    def make(function: Callable[P, R]) -> Verifier[P, R]:
        hints = _hints(function)
        signature = inspect.signature(function).parameters.values()
        leaf = name or function.__name__
        try:
            bounds = dict(fields) if isinstance(fields, Mapping) else dict.fromkeys(fields, (0.0, 1.0))
            asynchronous = inspect.iscoroutinefunction(function)
            if scope == "batch" and asynchronous:
                raise PluginError("a coroutine function can't have scope='batch'; calls run together anyway")
            _refuse_name(leaf)
            _refuse_choices(scope, kind, timeout)
            _refuse_ranges(range, bounds)
            judged = hints.get("return") is bool if boolean is None else boolean
            if judged and not range[0] <= 0 < 1 <= range[1]:
                raise PluginError(f"a boolean verifier scores 0 or 1, and its range is {range[0]:g}..{range[1]:g}")
            inputs = _inputs(signature)
            options, groups = _options(signature, hints, documented(inspect.getdoc(function) or ""))
            if isinstance(judged, Mapping) and (unknown := judged.keys() - options.keys()):
                raise PluginError(f"boolean= speaks of '{min(unknown)}', and there is no such option")
        except PluginError as problem:
            raise PluginError(f"verifier {leaf}: {problem}") from problem.__cause__
        return Verifier(
            function=function,
            leaf=leaf,
            inputs=inputs,
            options=options,
            groups=groups,
            range=range,
            fields=bounds,
            scope=scope,
            kind=kind or ("io" if asynchronous else "cpu"),
            timeout=timeout,
            bounded=bounded,
            pure=pure,
            boolean=judged,
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


def _inputs(signature: Collection[inspect.Parameter]) -> tuple[Input, ...]:
    inputs = []
    for parameter in signature:
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            raise PluginError(f"'{parameter}' hides what it needs; name each input and option")
        if parameter.kind is not parameter.KEYWORD_ONLY:
            inputs.append(Input(parameter.name, parameter.default))
    return tuple(inputs)


def _options(
    signature: Collection[inspect.Parameter], hints: Mapping[str, Any], docs: Mapping[str, str]
) -> tuple[dict[str, Option], tuple[OptionGroup, ...]]:
    """Return the options in order, those of groups among them, and the groups.

    Raises:
        PluginError: one has no type, or two have one name.
    """
    taken = {
        one.name: "an option" if one.kind is one.KEYWORD_ONLY else "an input"
        for one in signature
        if one.kind is not one.KEYWORD_ONLY or not is_group(hints.get(one.name))
    }
    options: dict[str, Option] = {}
    groups = []
    for one in signature:
        if one.kind is not one.KEYWORD_ONLY:
            continue
        if one.name not in hints:
            raise PluginError(f"the option '{one.name}' needs a type annotation")
        hint = hints[one.name]
        if not is_group(hint):
            options[one.name] = Option(one.name, hint, one.default, docs.get(one.name, ""))
            continue
        group = OptionGroup.read(one.name, hint, one.default)
        for name, option in group.options.items():
            if name in taken:
                raise PluginError(f"'{name}' of {hint.__name__} is {taken[name]} already; a name can be used once")
            taken[name] = f"an option of {hint.__name__}"
            options[name] = replace(option, doc=docs.get(name, option.doc))
        groups.append(group)
    return options, tuple(groups)


def _refuse_name(leaf: str) -> None:
    if not leaf.isidentifier() or keyword.iskeyword(leaf):
        raise PluginError(f"'{leaf}' can't be a verifier's name: it must be usable as a name in an expression")
    if leaf in RESERVED:
        raise PluginError(f"'{leaf}' is a name of the reward language; give the verifier another by name=")


def _refuse_choices(scope: str, kind: str | None, timeout: float) -> None:
    for what, value, known in (("scope", scope, typing.get_args(Scope)), ("kind", kind, typing.get_args(Kind))):
        if value is not None and value not in known:
            near = nearest(str(value), known)
            hint = f"did you mean '{near}'?" if near else f"it is one of {', '.join(known)}"
            raise PluginError(f"there is no {what} {value!r}; {hint}")
    if isinstance(timeout, bool) or not isinstance(timeout, (int, float)) or not 0 < timeout < math.inf:
        raise PluginError(f"the timeout is {timeout!r}; it must be a positive number of seconds")


def _refuse_ranges(range: Range, fields: Mapping[str, Range]) -> None:
    if "score" in fields:
        raise PluginError("'score' is the verdict's own score and can't be a field as well")
    for name, bounds in {"score": range, **fields}.items():
        try:
            low, high = map(float, bounds)
        except (TypeError, ValueError):
            raise PluginError(f"the range of {name} is {bounds!r}; it must be two numbers") from None
        if not low < high:
            raise PluginError(f"the range of {name} is {low:g}..{high:g}, which holds no two scores")
        if not name.isidentifier() or keyword.iskeyword(name):
            raise PluginError(f"'{name}' can't be a field's name: it must be usable as a name in an expression")
