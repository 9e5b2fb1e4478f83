"""What is read out of an answer or a reference: shapes of one kind, with what stands beside each."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

__all__ = ["MAX_SHAPES", "Kind", "Shapes"]

Kind = Literal["box", "point", "polygon", "mask", "span"]

#: An answer with more shapes than this is not read any further, and scores 0.
MAX_SHAPES = 10_000


@dataclass(slots=True)
class Shapes:
    """Shapes as they were written, in the coordinates in which they were written.

    Attributes:
        values: of a box 4 numbers; of a point 2; of a span 2, in seconds; of a polygon its rings, each a flat list
            of x and y, or 4 or 5 numbers of an upright or a rotated box; of a mask the mapping of COCO's RLE.
        labels: what each is said to be, `None` where nothing is said.
        confidences: 0..1, `None` where nothing is said.
        images: the number of the image that each is said to lie in, `None` where nothing is said.
        own: the scale that the notation itself implies, whatever the reward states; empty for most.
        none: it says in so many words that there is nothing.
        problem: why there are no shapes, if there are none and `none` is not meant.
    """

    values: list[Any] = field(default_factory=list)
    labels: list[str | None] = field(default_factory=list)
    confidences: list[float | None] = field(default_factory=list)
    images: list[int | None] = field(default_factory=list)
    own: Literal["", "0..1"] = ""
    none: bool = False
    problem: str = ""

    def __len__(self) -> int:
        return len(self.values)

    def add(
        self, value: Any, label: str | None = None, confidence: float | None = None, image: int | None = None
    ) -> None:
        """Append a shape."""
        self.values.append(value)
        self.labels.append(label)
        self.confidences.append(confidence)
        self.images.append(image)

    def take(self, positions: list[int]) -> Shapes:
        """Return some of the shapes."""
        return Shapes(
            [self.values[i] for i in positions],
            [self.labels[i] for i in positions],
            [self.confidences[i] for i in positions],
            [self.images[i] for i in positions],
            self.own,
            self.none,
            self.problem,
        )
