"""A row of reasoning-gym: its task, its answer and what its scorer needs, read from a data set and checked once."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from assay.errors import nearest

__all__ = ["BadEntry", "Entry", "dataset", "oracle", "probe", "read_entry", "tasks"]

#: What rows of tasks without an answer of their own must hold.
_NEEDS = {
    "boxnet": ("initial_state",),
    "graph_color": ("puzzle",),
    "propositional_logic": ("premises", "variables"),
    "rubiks_cube": ("cube_size", "scramble_moves"),
    "rush_hour": ("board_config",),
}
#: Where those of them keep a solution.
_EXAMPLES = {
    "graph_color": "possible_answer",
    "propositional_logic": "example_answer",
    "rubiks_cube": "example_correct_answer",
}

_loading = threading.Lock()


class BadEntry(ValueError):
    """The row can't be used; the message is a phrase that says why."""


@dataclass(frozen=True)
class Entry:
    """One puzzle.

    Attributes:
        task: its task in reasoning-gym.
        answer: the generator's own answer, `None` where the task has none.
        metadata: what its scorer needs.
        key: the row as text, by which what is found out about it is remembered.
    """

    task: str
    answer: str | None
    metadata: Mapping[str, Any]
    key: str

    def raw(self) -> dict[str, Any]:
        """Return the row as reasoning-gym's scorers take it; they may write to it."""
        return {"question": "", "answer": self.answer, "metadata": dict(self.metadata)}


def tasks() -> Mapping[str, Any]:
    """Return reasoning-gym's tasks by name. The first call imports it, which takes a second or two."""
    with _loading:
        from reasoning_gym.factory import DATASETS
    found: Mapping[str, Any] = DATASETS
    return found


@lru_cache(maxsize=256)
def dataset(task: str) -> Any:
    """Return a data set of a task, whose scorer judges rows of any."""
    kind, config = tasks()[task]
    with _loading:
        return kind(config=config(size=1, seed=0))


def read_entry(reference: Any, metadata: Any, task: str | None) -> Entry:
    """Read a row: an entry as a mapping or as JSON, or an answer with the column `metadata` beside it.

    Raises:
        BadEntry: it is none, or of no task.
        ValueError: the option `task` names none.
    """
    if task is not None and task not in tasks():
        near = nearest(task, tasks())
        raise ValueError(f"reasoning-gym has no task '{task}'" + (f"; did you mean '{near}'?" if near else ""))
    if isinstance(reference, str) and metadata is None:
        return _read_text(reference, task)
    return _read(reference, metadata, task)


# Entries are shared by the completions of a prompt; the scorers get copies.
@lru_cache(maxsize=4096)
def _read_text(reference: str, task: str | None) -> Entry:
    return _read(reference, None, task)


def _read(reference: Any, metadata: Any, task: str | None) -> Entry:
    entry = _mapping(reference)
    if entry is not None and "metadata" in entry and "answer" in entry:
        answer, rest = entry["answer"], entry["metadata"]
    else:
        answer, rest = reference, metadata
    found = _mapping(rest) if rest is not None else {}
    if found is None:
        raise BadEntry(f"its metadata is a {type(rest).__name__}, not a mapping or the JSON of one")
    name = task if task is not None and task != "composite" else found.get("source_dataset", task)
    if name is None:
        raise BadEntry("it names no task: give one, as in puzzle.gym(task=row.task)")
    if not isinstance(name, str) or name not in tasks() or name == "composite":
        raise BadEntry(f"its task {str(name)[:40]!r} is none of reasoning-gym's")
    if isinstance(answer, (int, float)) and not isinstance(answer, bool) and answer == answer:
        answer = str(answer)
    if answer is not None and not isinstance(answer, str):
        raise BadEntry(f"its answer is a {type(answer).__name__}, not a text")
    if name in _NEEDS:
        answer = None
    elif answer is None:
        raise BadEntry("it has no answer")
    try:
        return _from_key(json.dumps([name, answer, found], sort_keys=True, default=str))
    except (TypeError, ValueError, RecursionError) as problem:
        if isinstance(problem, BadEntry):
            raise
        raise BadEntry(f"its metadata can't be read: {problem}") from None


@lru_cache(maxsize=4096)
def _from_key(key: str) -> Entry:
    """Make an entry of its text: lists for tuples and texts for keys, whatever way the row has come."""
    name, answer, metadata = json.loads(key)
    if missing := [needed for needed in _NEEDS.get(name, ()) if needed not in metadata]:
        raise BadEntry(f"its metadata has no '{missing[0]}', which '{name}' needs")
    if name in ("arc_agi", "rearc") and isinstance(metadata.get("output"), list):
        metadata["output"] = tuple(map(tuple, metadata["output"]))
    return Entry(name, answer, metadata, key)


def oracle(entry: Entry) -> str | None:
    """Return a solution that the row holds, `None` where it holds none."""
    if entry.answer is not None:
        # Where sympy could not integrate, the generator gives the question back.
        return None if entry.task == "intermediate_integration" and "Integral(" in entry.answer else entry.answer
    example = entry.metadata.get(_EXAMPLES.get(entry.task, ""))
    return example if example is None or isinstance(example, str) else json.dumps(example)


def probe(entry: Entry) -> None:
    """Read the board of a task whose rows hold no solution.

    Raises:
        Exception: it can't be read.
    """
    dataset(entry.task)
    if entry.task == "rush_hour":
        from reasoning_gym.games.rush_hour import Board

        Board(entry.metadata["board_config"])
    else:
        boxes = sum(item.startswith("box_") for items in entry.metadata["initial_state"].values() for item in items)
        if not boxes:
            raise BadEntry("there is no box")


def _mapping(value: Any) -> Mapping[str, Any] | None:
    if isinstance(value, str) and value.lstrip().startswith("{"):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return None
    return value if isinstance(value, Mapping) else None
