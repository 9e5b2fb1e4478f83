"""Pictures of samples: the worst, the best and the most disputed, drawn by the plugins of their verifiers."""

from __future__ import annotations

import heapq
import re
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click
import numpy as np

from assay._contract.sample import Sample
from assay._contract.scores import Scores
from assay._contract.verdict import Verdict
from assay._plugins.hooks import asking
from assay._plugins.registry import Registry
from assay.engine import Call
from assay.errors import ConfigError, PluginError

__all__ = ["Gallery"]

#: Samples of each kind that are drawn.
SHOWN = 6


@dataclass(frozen=True)
class _Judged:
    """One sample, and each call that can be drawn with what it gave."""

    total: float
    sample: Sample
    calls: list[tuple[Call, Verdict]] = field(default_factory=list)


class Gallery:
    """Keeps a few samples of scored batches, and draws them.

    The most disputed are those whose group's totals lie furthest apart; the lowest and the highest of each are drawn.

    Args:
        registry: where drawings are found.
    """

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._drawings: dict[str, Callable[..., Any] | None] = {}
        self._kept: dict[str, list[tuple[float, int, tuple[_Judged, ...]]]] = {"worst": [], "best": [], "disputed": []}
        self._seen = 0

    def add(self, scores: Scores) -> None:
        """Look at a batch, whose groups must be whole."""
        known = np.flatnonzero(~np.isnan(scores.total)).tolist()
        groups: dict[Hashable, list[int]] = {}
        for i in sorted(known, key=lambda i: float(scores.total[i])):
            groups.setdefault(scores.samples[i].group, []).append(i)
            self._offer("worst", -float(scores.total[i]), scores, (i,))
            self._offer("best", float(scores.total[i]), scores, (i,))
        for members in groups.values():
            spread = float(scores.total[members[-1]] - scores.total[members[0]])
            if spread > 0:
                self._offer("disputed", spread, scores, (members[0], members[-1]))

    def draw(self, folder: Path, data: Path) -> list[Path]:
        """Draw what was kept into a folder, and return the pictures' paths.

        Args:
            folder: is made; pictures of the same names are written over.
            data: the folder that paths of images in the data are relative to.

        Raises:
            ConfigError: no verifier that judged these samples can draw.
        """
        if self._seen and not any(self._drawings.values()):
            asked = ", ".join(self._drawings) or "none"
            raise ConfigError(f"--draw needs a verifier that draws; those of this reward ({asked}) don't")
        folder.mkdir(parents=True, exist_ok=True)
        paths = []
        for kind, kept in self._kept.items():
            for rank, (_, _, members) in enumerate(sorted(kept, key=lambda one: (-one[0], -one[1])), 1):
                for judged in members:
                    for number, (call, verdict) in enumerate(judged.calls, 1):
                        draw = self._drawings[call.verifier.name]
                        assert draw is not None
                        row = re.sub(r"[^\w.-]+", "-", str(judged.sample.id))[:60]
                        path = folder / f"{kind}-{rank}-row-{row}-{number}-{call.verifier.name}.png"
                        try:
                            with asking(f"the drawing of {call.verifier.name} for row {judged.sample.id}"):
                                draw(call, verdict, judged.sample, data).save(path)
                        except PluginError as problem:
                            click.echo(f"assay: left out {problem}", err=True)
                        else:
                            paths.append(path)
        return paths

    def _offer(self, kind: str, value: float, scores: Scores, positions: tuple[int, ...]) -> None:
        kept = self._kept[kind]
        self._seen += 1
        # The first to come stays where values are equal, so the second entry counts down.
        if len(kept) < SHOWN:
            heapq.heappush(kept, (value, -self._seen, tuple(self._judged(scores, i) for i in positions)))
        elif value > kept[0][0]:
            heapq.heapreplace(kept, (value, -self._seen, tuple(self._judged(scores, i) for i in positions)))

    def _judged(self, scores: Scores, i: int) -> _Judged:
        judged = _Judged(float(scores.total[i]), scores.samples[i])
        for label, verdicts in scores.verdicts.items():
            verdict, call = verdicts[i], scores.asked(label, i)
            if verdict is None or call is None:
                continue
            name = call.verifier.name
            if name not in self._drawings:
                plugin, _, leaf = name.partition(".")
                self._drawings[name] = self._registry.offers(plugin).drawings.get(leaf)
            if self._drawings[name] is not None:
                judged.calls.append((call, verdict))
        return judged
