"""JSON Lines: an object a line, read one line at a time, whatever stands in the others."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

__all__ = ["entries", "keep", "parsed", "written"]


def parsed(lines: Iterable[bytes]) -> Iterator[tuple[int, bytes, dict[str, Any] | str]]:
    """Yield of each line that isn't blank its number from 1, its bytes, and its object or a sentence why it has none.

    A byte order mark may come first. Lines end in a newline alone: a text within one may hold any other separator.
    """
    for number, raw in enumerate(lines, 1):
        if not raw.strip():
            continue
        try:
            entry = json.loads(raw.decode("utf-8-sig" if number == 1 else "utf-8"))
        except UnicodeDecodeError as problem:
            yield number, raw, f"it is not UTF-8: {problem.reason} at byte {problem.start}"
        except json.JSONDecodeError as problem:
            yield number, raw, f"it is not JSON: {problem.msg} at character {problem.pos + 1}"
        except (ValueError, RecursionError) as problem:
            yield number, raw, f"it is not JSON: {problem}"
        else:
            yield number, raw, entry if isinstance(entry, dict) else f"it holds a {type(entry).__name__}, not an object"


def entries(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield the objects of a file that assay writes, with their lines' numbers.

    A line that a process was stopped in the middle of writing is left out.
    """
    with path.open("rb") as file:
        for number, _, entry in parsed(file):
            if isinstance(entry, dict):
                yield number, entry


def keep(path: Path, wanted: Callable[[dict[str, Any]], bool]) -> None:
    """Write a file again with those of its objects alone that are wanted, byte for byte, so that it can be appended to.

    The file is the old one or the new one at any time.
    """
    new = path.with_name(f"{path.name}.new")
    with path.open("rb") as old, new.open("wb") as file:
        for _, raw, entry in parsed(old):
            if isinstance(entry, dict) and wanted(entry):
                file.write(raw.rstrip(b"\r\n") + b"\n")
    new.replace(path)


def written(entry: Mapping[str, Any], default: Callable[[Any], Any] = str) -> str:
    """Return an object as a line, its newline included; what JSON has no form for goes through `default`."""
    text = json.dumps(entry, ensure_ascii=False, default=default)
    try:
        text.encode()
    except UnicodeEncodeError:  # half of a surrogate pair, which UTF-8 can't hold
        text = json.dumps(entry, default=default)
    return text + "\n"
