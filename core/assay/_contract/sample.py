"""One thing to judge, and how it is read from a row of data."""

from __future__ import annotations

import json
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from assay.errors import DataError, nearest

__all__ = ["RUN_FIELDS", "Frame", "Rows", "Sample", "follow", "known_fields", "read_samples", "text_of"]

Message = Mapping[str, Any]

#: What a run knows of a sample beside its data; a row's columns of these names are read as such.
RUN_FIELDS = ("tokens", "truncated", "step", "progress")

#: Names that a verifier's input or a reward may use and that come from the sample itself rather than from a column.
KNOWN = ("prompt", "completion", "messages", "row", "tokens", "truncated")


@dataclass(frozen=True, slots=True)
class Sample:
    """One completion with everything that a verifier may ask about it.

    Attributes:
        completion: the text of the model's final turn.
        prompt: the text of the last message before the completion (the whole text of a plain prompt).
        messages: the whole conversation, the model's turns included; plain strings become a user and an
            assistant message.
        row: the columns of the data set.
        group: samples of one prompt share it. `group.*` in a reward never crosses it.
        id: names the sample in logs, unique within a batch.
        tokens: the completion's length in tokens, where it is known.
        truncated: the completion was cut by the length limit, where that is known.
        step: the trainer's global step when the completion was generated.
        progress: the share of training that was done at that step, 0..1.
        missing: there is no completion, and `completion` is empty; no verifier is asked, and the reward abstains.
    """

    completion: str
    prompt: str = ""
    messages: Sequence[Message] = ()
    row: Mapping[str, Any] = field(default_factory=dict)
    group: Hashable = None
    id: Hashable = None
    tokens: int | None = None
    truncated: bool | None = None
    step: int | None = None
    progress: float | None = None
    missing: bool = False

    @classmethod
    def read(
        cls,
        completion: str | Sequence[Message] | None,
        prompt: str | Sequence[Message] | None = None,
        **known: Any,
    ) -> Sample:
        """Make a sample from a prompt and a completion, each either a plain string or a list of chat messages.

        Where the completion is `None` the sample is `missing`.

        Raises:
            DataError: the completion is neither, or a message has no text content.
        """
        before = _messages(prompt, role="user")
        asked = text_of(before[-1]) if before else ""
        if completion is None:
            return cls(completion="", prompt=asked, messages=before, missing=True, **known)
        after = _messages(completion, role="assistant")
        if not after:
            raise DataError("the completion has no message; it must be a text or a list with an assistant's message")
        final = next((m for m in reversed(after) if m.get("role") == "assistant"), after[-1])
        return cls(
            completion=text_of(final),
            prompt=asked,
            messages=(*before, *after),
            **known,
        )


def text_of(message: Message) -> str:
    """Return the text of a chat message; of a multimodal one, its text parts joined by newlines."""
    content = message.get("content")
    if content is None:
        return ""
    if isinstance(content, str):
        return content
    if isinstance(content, Sequence):
        parts = [p if isinstance(p, str) else p.get("text") for p in content if isinstance(p, (str, Mapping))]
        return "\n".join(p for p in parts if isinstance(p, str))
    raise DataError(f"a message's content must be a text or a list of parts, not {type(content).__name__}")


def _messages(value: Any, role: str) -> tuple[Message, ...]:
    if value is None:
        return ()
    if isinstance(value, str):
        return ({"role": role, "content": value},)
    if isinstance(value, Mapping):
        return (value,)
    if isinstance(value, Sequence) and all(isinstance(m, Mapping) for m in value):
        return tuple(value)
    raise DataError(f"expected a text or a list of chat messages, got {type(value).__name__}")


def follow(row: Mapping[str, Any], path: str) -> Any:
    """Return what a dotted path names in a row, `None` where it leads nowhere.

    A column whose name holds the dots itself wins; a number indexes a list.
    """
    if path in row:
        return row[path]
    value: Any = row
    for part in path.split("."):
        if isinstance(value, Mapping):
            value = value.get(part)
        elif isinstance(value, Sequence) and not isinstance(value, str) and part.removeprefix("-").isdecimal():
            index = int(part)
            value = value[index] if -len(value) <= index < len(value) else None
        else:
            return None
    return value


class Frame(Protocol):
    """A table of another library: a frame of pandas or polars, a table of Arrow, a `datasets.Dataset`."""

    def __len__(self) -> int: ...

    @property
    def columns(self) -> Any: ...


Rows = Iterable[Mapping[str, Any] | Sample] | Frame


def read_samples(rows: Rows, columns: Mapping[str, str] | None = None) -> list[Sample]:
    """Read samples from rows of data.

    Args:
        rows: mappings from column to value, samples (which stay as they are), or a frame; a missing cell of a frame
            is `None`.
        columns: where an input is found when the column isn't named like it, as dotted paths:
            `{"completion": "response.text", "reference": "gold"}`. The mapped value is put into the sample's row
            under the input's name.

    A row without a `group` belongs to the group of its prompt, and without a prompt it is a group of its own. A row of
    which the completion is `None` gives a sample that is `missing`.

    Raises:
        DataError: a row has no completion, or is not a mapping, and the message names the row; or no row has a column
            that `columns` names.
    """
    raws = list(_records(rows))
    for index, raw in enumerate(raws):
        if not isinstance(raw, (Mapping, Sample)):
            raise DataError(f"row {index} is a {type(raw).__name__}, not a mapping from column to value")
    mappings = [raw for raw in raws if isinstance(raw, Mapping)]
    for name, path in (columns or {}).items():
        if mappings and not any(_leads(raw, path) for raw in mappings):
            raise DataError(_no_column(name, path, dict.fromkeys(str(column) for raw in mappings for column in raw)))
    samples = []
    for index, raw in enumerate(raws):
        if isinstance(raw, Sample):
            samples.append(raw)
            continue
        try:
            samples.append(_read(raw, columns or {}, index))
        except DataError as problem:
            raise DataError(f"row {index}: {problem}") from None
    return samples


def known_fields(samples: Sequence[Sample]) -> list[str]:
    """Return which of `RUN_FIELDS` are known of any of the samples; all of them where there is no sample."""
    return [name for name in RUN_FIELDS if not samples or any(getattr(sample, name) is not None for sample in samples)]


def _records(rows: Any) -> Iterable[Any]:
    """The rows of a frame, by the names that its library gives the conversion; anything else as it is."""
    if hasattr(rows, "iterrows"):  # pandas, where a missing cell is NaN, NaT or NA
        return rows.astype(object).where(rows.notna(), None).to_dict("records")  # type: ignore[no-any-return]
    for convert in ("to_dicts", "to_pylist"):  # polars; Arrow
        if hasattr(rows, convert):
            return getattr(rows, convert)()  # type: ignore[no-any-return]
    return rows  # type: ignore[no-any-return]


def _leads(row: Mapping[str, Any], path: str) -> bool:
    return path in row or follow(row, path) is not None


def _no_column(name: str, path: str, there: Iterable[str]) -> str:
    shown, near = list(there), nearest(path, there)
    hint = f"did you mean {near}?" if near else f"the columns are {', '.join(shown[:20]) or '(none)'}"
    return f"there is no column {path} to take '{name}' from; {hint}"


def _read(raw: Mapping[str, Any], columns: Mapping[str, str], index: int) -> Sample:
    row = dict(raw) | {name: follow(raw, path) for name, path in columns.items()}
    completion, prompt = row.get("completion"), row.get("prompt")
    if completion is None and row.get("messages"):
        conversation = _messages(row["messages"], role="user")
        completion, prompt = conversation[-1:], conversation[:-1]
    source = columns.get("completion", "completion")
    if completion is None and source not in raw and source.split(".")[0] not in raw:
        raise DataError(
            f"there is no completion; the columns are {', '.join(map(str, raw)) or '(none)'}. "
            "Say which one holds it, as in columns={'completion': 'response'} or --map completion=response"
        )
    group = row.get("group")
    if group is None:
        group = ("row", index) if prompt is None else ("prompt", prompt if isinstance(prompt, str) else _key(prompt))
    return Sample.read(
        completion,
        prompt,
        row=row,
        group=group if isinstance(group, Hashable) else _key(group),
        id=row["id"] if isinstance(row.get("id"), (str, int)) else index,
        **{name: row.get(name) for name in RUN_FIELDS},
    )


def _key(value: Any) -> str:
    return json.dumps(value, sort_keys=True, default=str)
