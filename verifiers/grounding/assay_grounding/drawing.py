"""Draws a judged sample: the reference and the answer over the image."""

from __future__ import annotations

import io
import textwrap
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from assay import Verdict
from assay_grounding.convention import Convention, Own, Sizes, as_sizes, corners, extents
from assay_grounding.masks import BadMask, bitmap
from assay_grounding.reading import Where, read_answer, read_reference
from assay_grounding.regions import Unusable, corners_of
from assay_grounding.shapes import Kind, Shapes

if TYPE_CHECKING:
    from PIL import Image

    from assay import Sample
    from assay.engine import Call

__all__ = ["drawings"]

#: Colours that stay apart for colour-blind readers (Okabe and Ito, 2008), and on most photographs.
REFERENCE, ANSWER = (0, 158, 115), (213, 94, 0)
#: The longer side of a picture, in pixels; shapes of an answer beyond this many are not drawn.
SIDE, DRAWN = 800, 200
#: Columns in which an image, its bytes or its path is looked for.
IMAGES = ("image", "images", "image_path", "img", "file_name", "path")


def drawings() -> Mapping[str, Callable[..., Any]]:
    """Return what draws each verifier's samples, by leaf."""
    return {
        "iou": _drawing("box", "box"),
        "detection": _drawing("box", "box"),
        "polygon": _drawing("polygon", "polygon"),
        "mask": _drawing("mask", "mask"),
        "point": _drawing("point", "mask"),
        "select": _drawing("box", "box"),
        "temporal": _timeline,
    }


def _drawing(answer: Kind, reference: Kind) -> Callable[..., Any]:
    def draw(call: Call, verdict: Verdict, sample: Sample, folder: Path) -> Image.Image:
        convention = Convention.of(call.options) if "format" in call.options else Convention()
        wanted = read_reference(call.inputs["reference"], reference)
        if not wanted.values and reference != answer:
            wanted = read_reference(call.inputs["reference"], answer)
        given = read_answer(call.inputs["completion"], _where(call), answer)
        columns = ("width", "height", "resized_width", "resized_height")
        sizes = as_sizes(1, *([call.inputs.get(name)] for name in columns))
        picture = _image(sample.row, folder, call.options.get("image"))
        if picture is not None:  # the image itself knows its size better than a column does
            sizes[0, :2] = picture.size
        sides = [
            (
                _paths(wanted, Convention(convention.reference_format or convention.format, convention.stated), sizes),
                REFERENCE,
            ),
            (_paths(given, convention, sizes), ANSWER),
        ]
        if picture is None:
            picture = _blank(sides, sizes)
        return _caption(_outlined(picture, sides), verdict)

    return draw


@np.errstate(all="ignore")
def _paths(shapes: Shapes, convention: Convention, sizes: Sizes) -> list[tuple[Any, str]]:
    """Return each shape that can be drawn, in the image's pixels, with its label."""
    own: Own = shapes.own
    scale = own or convention.scale
    by = extents("pixels", sizes) / extents(scale, sizes) if scale else np.ones((1, 2))
    by = np.where(np.isnan(by), 1.0, by)[0]
    paths: list[tuple[Any, str]] = []
    for value, label in list(zip(shapes.values, shapes.labels, strict=True))[:DRAWN]:
        try:
            if isinstance(value, Mapping):
                paths.append((bitmap(value), label or ""))
                continue
            if len(value) == 2 and not isinstance(value[0], list):
                rings = [np.array([value], dtype=np.float64)]
            elif len(value) == 4 and not isinstance(value[0], list):
                x1, y1, x2, y2 = corners(np.array([value]), "xyxy" if own else convention.format)[0]
                rings = [np.array([[x1, y1], [x2, y1], [x2, y2], [x1, y2]])]
            else:
                rings = corners_of(value)
        except (Unusable, BadMask):
            continue
        paths += [(ring * by, label or "") for ring in rings if (np.abs(ring * by) < 1e5).all()]
    return paths


_Sides = list[tuple[list[tuple[Any, str]], tuple[int, int, int]]]


def _blank(sides: _Sides, sizes: Sizes) -> Image.Image:
    """Return an empty canvas as large as the image is said to be, or as the shapes need it."""
    from PIL import Image

    far = sizes[0, :2]
    if np.isnan(far).any():
        ends = [np.array(p.shape[::-1]) if p.dtype == bool else p.max(axis=0) for paths, _ in sides for p, _ in paths]
        far = np.max(np.stack([np.ones(2), *ends]), axis=0) * 1.1
    if far.max() <= 2:  # shares of an unknown image
        for k, (paths, colour) in enumerate(sides):
            sides[k] = ([(path * SIDE if path.dtype != bool else path, label) for path, label in paths], colour)
        far = far * SIDE
    width, height = (max(1, int(one)) for one in np.minimum(far, 1e4))
    return Image.new("RGB", (width, height), (245, 245, 245))


def _outlined(picture: Image.Image, sides: _Sides) -> Image.Image:
    from PIL import Image, ImageDraw

    ratio = SIDE / max(picture.size)
    width, height = (max(1, round(one * ratio)) for one in picture.size)
    canvas = picture.convert("RGB").resize((width, height))
    for paths, colour in sides:
        for path, label in paths:
            pen = ImageDraw.Draw(canvas)
            if path.dtype == bool:
                shade = Image.fromarray((path * 110).astype(np.uint8)).resize(canvas.size)
                canvas.paste(Image.new("RGB", canvas.size, colour), mask=shade)
                continue
            dots = [tuple(dot) for dot in (path * ratio).tolist()]
            if len(dots) == 1:
                (x, y), reach = dots[0], 6
                pen.ellipse((x - reach, y - reach, x + reach, y + reach), outline=colour, width=3)
            else:
                pen.line([*dots, dots[0]], fill=colour, width=3)
            if label:
                pen.text((dots[0][0] + 5, dots[0][1] + 3), label[:40], fill=colour, font_size=14)
    return canvas


def _caption(picture: Image.Image, verdict: Verdict) -> Image.Image:
    """Put under a picture what was said of it, and what the colours mean."""
    from PIL import Image, ImageDraw

    score = verdict.status.value if verdict.score is None else f"{verdict.score:.3f}"
    lines = textwrap.wrap(f"{score}: {verdict.reason}", max(20, picture.width // 8))[:4]
    whole = Image.new("RGB", (picture.width, picture.height + 18 * (len(lines) + 1) + 8), (255, 255, 255))
    whole.paste(picture)
    pen = ImageDraw.Draw(whole)
    place = picture.height + 4
    pen.text((6, place), "reference", fill=REFERENCE, font_size=14)
    pen.text((86, place), "answer", fill=ANSWER, font_size=14)
    for k, line in enumerate(lines, 1):
        pen.text((6, place + 18 * k), line, fill=(30, 30, 30), font_size=14)
    return whole


def _where(call: Call) -> Where:
    return Where(call.options["extract"], call.options["lenient"])


def _timeline(call: Call, verdict: Verdict, sample: Sample, folder: Path) -> Image.Image:
    """Draw spans of time as bars over one axis."""
    from PIL import Image, ImageDraw

    given = read_answer(call.inputs["completion"], _where(call), "span")
    wanted = read_reference(call.inputs["reference"], "span")
    canvas = Image.new("RGB", (SIDE, 110), (245, 245, 245))
    pen = ImageDraw.Draw(canvas)
    spans: npt.NDArray[np.float64] = np.array([*wanted.values, *given.values], dtype=np.float64).reshape(-1, 2)
    spans = spans[np.isfinite(spans).all(axis=1)]
    if len(spans):
        start, end = float(spans.min()), float(max(spans.max(), spans.min() + 1e-6))
        for row, (shapes, colour) in enumerate(((wanted, REFERENCE), (given, ANSWER))):
            for low, high in shapes.values[:DRAWN]:
                left, right = (40 + (SIDE - 80) * (one - start) / (end - start) for one in (low, high))
                if np.isfinite([left, right]).all() and left <= right:
                    pen.rectangle((left, 20 + 30 * row, right, 40 + 30 * row), fill=colour)
        pen.text((36, 86), f"{start:g} s", fill=(30, 30, 30), font_size=14)
        pen.text((SIDE - 90, 86), f"{end:g} s", fill=(30, 30, 30), font_size=14)
    return _caption(canvas, verdict)


def _image(row: Mapping[str, Any], folder: Path, number: int | None) -> Image.Image | None:
    """Return a sample's image from whichever column holds one, `None` where there is none that can be read."""
    for column in IMAGES:
        value = row.get(column)
        if isinstance(value, (list, tuple)) and value:
            value = value[number if number is not None and 0 <= number < len(value) else 0]
        if value is not None and (found := _opened(value, folder)) is not None:
            return found
    return None


def _opened(value: Any, folder: Path) -> Image.Image | None:
    from PIL import Image

    if isinstance(value, Mapping):  # as the library `datasets` stores images
        value = value.get("bytes") or value.get("path")
    try:
        if isinstance(value, Image.Image):
            return value
        if isinstance(value, (bytes, bytearray)):
            return Image.open(io.BytesIO(value)).convert("RGB")
        if isinstance(value, (str, Path)):
            return Image.open(folder / value).convert("RGB")
    except (OSError, ValueError, Image.DecompressionBombError):
        return None  # a picture without its image is better than no picture
    return None
