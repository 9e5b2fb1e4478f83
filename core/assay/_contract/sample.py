"""One thing to judge, and how it is read from a row of data."""

from __future__ import annotations

import json
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from assay.errors import DataError

__all__ = ["Sample", "follow", "read_samples", "text_of"]

Message = Mapping[str, Any]

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

    @classmethod
    def read(
        cls,
        completion: str | Sequence[Message],
        prompt: str | Sequence[Message] | None = None,
        **known: Any,
    ) -> Sample:
        """Make a sample from a prompt and a completion, each either a plain string or a list of chat messages.

        Raises:
            DataError: the completion is neither, or a message has no text content.
        """
        before = _messages(prompt, role="user")
        after = _messages(completion, role="assistant")
        if not after:
            raise DataError("the completion has no message; it must be a text or a list with an assistant's message")
        final = next((m for m in reversed(after) if m.get("role") == "assistant"), after[-1])
        return cls(
            completion=text_of(final),
            prompt=text_of(before[-1]) if before else "",
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
        elif isinstance(value, Sequence) and not isinstance(value, str) and part.lstrip("-").isdigit():
            index = int(part)
            value = value[index] if -len(value) <= index < len(value) else None
        else:
            return None
    return value


def read_samples(rows: Iterable[Mapping[str, Any]], columns: Mapping[str, str] | None = None) -> list[Sample]:
    """Read samples from rows of data.

    Args:
        rows: mappings from column to value: a list of dicts, a `datasets.Dataset`, the records of a frame.
        columns: where an input is found when the column isn't named like it, as dotted paths:
            `{"completion": "response.text", "reference": "gold"}`. The mapped value is put into the sample's row
            under the input's name.

    A row without a `group` belongs to the group of its prompt, and without a prompt it is a group of its own.

    Raises:
        DataError: a row has no completion, or is not a mapping. The message names the row.
    """
    samples = []
    for index, raw in enumerate(rows):
        if not isinstance(raw, Mapping):
            raise DataError(f"row {index} is a {type(raw).__name__}, not a mapping from column to value")
        row = dict(raw)
        for name, path in (columns or {}).items():
            row[name] = follow(raw, path)
        try:
            samples.append(_read(row, index))
        except DataError as problem:
            raise DataError(f"row {index}: {problem}") from None
    return samples


def _read(row: Mapping[str, Any], index: int) -> Sample:
    completion, prompt = row.get("completion"), row.get("prompt")
    if completion is None and row.get("messages"):
        conversation = _messages(row["messages"], role="user")
        completion, prompt = conversation[-1:], conversation[:-1]
    if completion is None:
        raise DataError(
            f"there is no completion; the columns are {', '.join(map(str, row)) or '(none)'}. "
            "Say which one holds it, as in columns={'completion': 'response'} or --map completion=response"
        )
    group = row.get("group")
    if group is None:
        group = index if prompt is None else ("prompt", prompt if isinstance(prompt, str) else _key(prompt))
    return Sample.read(
        completion,
        prompt,
        row=row,
        group=group if isinstance(group, Hashable) else _key(group),
        id=row["id"] if isinstance(row.get("id"), (str, int)) else index,
        **{name: row.get(name) for name in ("tokens", "truncated", "step", "progress")},
    )


def _key(value: Any) -> str:
    return json.dumps(value, sort_keys=True, default=str)
