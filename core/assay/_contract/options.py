"""The options of a verifier: each with a type, a default and what it means, alone or in groups that verifiers share."""

from __future__ import annotations

import dataclasses
import inspect
import re
import typing
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from assay.errors import PluginError

if TYPE_CHECKING:
    from pydantic import TypeAdapter

__all__ = ["REQUIRED", "Option", "OptionGroup", "documented", "is_group", "without_options"]

REQUIRED: Any = inspect.Parameter.empty

_SECTION = re.compile(r"^(?:Options|Attributes):[ \t]*\n((?:[ \t]+.*(?:\n|$)|[ \t]*\n)*)", re.MULTILINE)
_ENTRY = re.compile(r"^    (\w+): *(.*(?:\n {5,}.*)*)", re.MULTILINE)


@dataclass(frozen=True)
class Option:
    """A keyword-only parameter, or a field of a group: set in the reward, with a type and, mostly, a default.

    Attributes:
        name: as rewards spell it.
        annotation: its type.
        default: where a reward doesn't set it.
        doc: what the docstring says of it.
    """

    name: str
    annotation: Any
    default: Any = REQUIRED
    doc: str = field(default="", compare=False)

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
        try:
            return self._adapter.validate_python(value)
        except ValueError as problem:
            first = problem.errors()[0]["msg"]  # type: ignore[attr-defined]  # pydantic's ValidationError
            raise ValueError(f"must be {self.type_name}, got {value!r}: {first}") from None

    @cached_property
    def _adapter(self) -> TypeAdapter[Any]:
        # Imported here: a plugin author's `import assay` shouldn't pay for pydantic. Two threads that meet here build
        # one each, and either will do.
        from pydantic import ConfigDict, PydanticUserError, TypeAdapter

        try:
            return TypeAdapter(self.annotation, config=ConfigDict(strict=True, arbitrary_types_allowed=True))
        except PydanticUserError:  # a type with a configuration of its own
            return TypeAdapter(self.annotation)

    def __getstate__(self) -> dict[str, Any]:
        """Leave the adapter behind: it can't be pickled, and another process builds its own."""
        return {name: value for name, value in vars(self).items() if name != "_adapter"}


@dataclass(frozen=True)
class OptionGroup:
    """Options that several verifiers share: the fields of a frozen dataclass, which one parameter takes whole.

    Attributes:
        parameter: the verifier's keyword-only parameter.
        of: the dataclass.
        options: its fields by name, in order.
    """

    parameter: str
    of: type[Any]
    options: Mapping[str, Option]

    @classmethod
    def read(cls, parameter: str, of: type[Any], default: Any) -> OptionGroup:
        """Return the group for a parameter.

        Args:
            parameter: its name.
            of: the dataclass that it is annotated with.
            default: an object of that class whose values stand in for the fields' own defaults, or `REQUIRED`.

        Raises:
            PluginError: the class can't be shared between calls, or the default is none of it.
        """
        if not of.__dataclass_params__.frozen:
            raise PluginError(f"the options in {of.__name__} must be a frozen dataclass: @dataclass(frozen=True)")
        if default is not REQUIRED and type(default) is not of:
            raise PluginError(f"the default of '{parameter}' must be a {of.__name__}, not {default!r}")
        try:
            hints = typing.get_type_hints(of)
        except Exception as problem:
            raise PluginError(f"the annotations of {of.__name__} can't be resolved: {problem}") from problem
        docs: dict[str, str] = {}
        for base in reversed(of.__mro__):
            docs |= documented(inspect.cleandoc(base.__doc__ or ""))
        options = {}
        for one in dataclasses.fields(of):
            if one.init:
                value = _default(one) if default is REQUIRED else getattr(default, one.name)
                options[one.name] = Option(one.name, hints[one.name], value, docs.get(one.name, ""))
        return cls(parameter, of, options)

    def gather(self, values: Mapping[str, Any]) -> Any:
        """Return the group as one object, from its options among others; what is missing keeps its default.

        Raises:
            TypeError: a required one is missing.
        """
        given = {name: values.get(name, one.default) for name, one in self.options.items()}
        return self.of(**{name: value for name, value in given.items() if value is not REQUIRED})


def is_group(annotation: Any) -> bool:
    """Whether a parameter of this type takes a group of options."""
    return isinstance(annotation, type) and dataclasses.is_dataclass(annotation)


def documented(doc: str) -> dict[str, str]:
    """Return what a docstring says of each name in its section `Options:` (or, of a class, `Attributes:`)."""
    return dict(_entries(doc))


def without_options(doc: str) -> str:
    """Return a docstring without its section on options."""
    return _SECTION.sub("", doc).strip()


def _entries(doc: str) -> Iterator[tuple[str, str]]:
    for section in _SECTION.finditer(doc):
        for name, text in _ENTRY.findall(section[1]):
            yield name, " ".join(text.split())


def _default(one: dataclasses.Field[Any]) -> Any:
    if one.default_factory is not dataclasses.MISSING:
        return one.default_factory()
    return REQUIRED if one.default is dataclasses.MISSING else one.default
