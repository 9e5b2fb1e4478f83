"""Draws the rooms of the core as they stand: who stands on whom, from the imports, those for types too.

    python docs/house.py           # this checkout
    python docs/house.py FOLDER    # another, such as a worktree of an older commit

A room is a module of `core/assay`, or a folder with all that is in it. Each line's rooms import from lines below it
alone; rooms in brackets need each other in a circle, so that none of them can be read before the others.
"""

from __future__ import annotations

import sys
from collections import Counter
from functools import cache
from pathlib import Path

import grimp


def main() -> None:
    """Draw the checkout that the command names."""
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).resolve().parents[1])
    sys.path.insert(0, str(folder / "core"))
    graph = grimp.build_graph("assay", cache_dir=None)
    files = graph.modules - {"assay"}
    imports = {one: graph.find_modules_directly_imported_by(one) & files for one in files}
    rooms = Counter(map(room, files))
    stands_on = {one: {room(o) for f in files if room(f) == one for o in imports[f]} - {one} for one in rooms}
    drawn = drawing(stands_on, rooms)
    arrows, in_circles = sum(map(len, stands_on.values())), sum(len(one) for one in rings(imports) if len(one) > 1)
    print(f"{len(files)} files in {len(rooms)} rooms, {arrows} arrows between rooms, {in_circles} files in circles")
    print(f"\n{drawn}")


def room(module: str) -> str:
    """The module or folder of the core that a module is, or is in."""
    return module.split(".")[1]


def drawing(stands_on: dict[str, set[str]], sizes: Counter[str]) -> str:
    """The rooms in lines, each above all that it stands on."""
    ring_of = {one: ring for ring in rings(stands_on) for one in ring}

    @cache
    def height(ring: frozenset[str]) -> int:
        below = {ring_of[other] for one in ring for other in stands_on[one]} - {ring}
        return 1 + max(map(height, below), default=0)

    lines: dict[int, list[str]] = {}
    for ring in sorted(set(ring_of.values()), key=min):
        names = "  ".join(f"{one} {sizes[one]}" if sizes[one] > 1 else one for one in sorted(ring))
        lines.setdefault(height(ring), []).append(f"( {names} )" if len(ring) > 1 else names)
    return "\n".join("  ".join(lines[level]) for level in sorted(lines, reverse=True))


def rings(arrows: dict[str, set[str]]) -> set[frozenset[str]]:
    """The nodes in sets of which each node leads to every other; most are alone."""

    def reached(start: str) -> set[str]:
        seen, waiting = {start}, [start]
        while waiting:
            new = arrows[waiting.pop()] - seen
            seen |= new
            waiting += new
        return seen

    leads_to = {one: reached(one) for one in arrows}
    return {frozenset(other for other in leads_to[one] if one in leads_to[other]) for one in arrows}


if __name__ == "__main__":
    main()
