"""Contact sheets: a row of images for an anchor and its hits, with frames coloured by grade."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PIL import Image, ImageDraw, ImageFont, ImageOps

_SIDE, _GAP, _FRAME, _TEXT = 132, 8, 4, 16  # pixels
_COLORS = {None: "#b8b8b8", 0: "#c4342d", 1: "#e0a030", 2: "#8ab44a", 3: "#2b8a3e"}
LEGEND = "The first image of a row is the anchor. Frames: green 3, light green 2, yellow 1, red 0, grey not judged."


@dataclass(frozen=True)
class Row:
    """An anchor, its score, and its hits with their grades (None if not judged)."""

    anchor: str
    score: float
    hits: Sequence[tuple[str, int | None]]


def draw(rows: Sequence[Row], image_of: Callable[[str], Image.Image | None]) -> bytes:
    """Draw a sheet as JPEG.

    Parameters
    ----------
    image_of : callable
        Product id -> its image, or None if it can't be read.
    """
    columns = 1 + max(len(row.hits) for row in rows)
    step = _SIDE + _GAP
    sheet = Image.new("RGB", (columns * step + 3 * _GAP, len(rows) * (step + _TEXT) + _GAP), "white")
    pen, font = ImageDraw.Draw(sheet), ImageFont.load_default(12)
    for number, row in enumerate(rows):
        top = _GAP + number * (step + _TEXT)
        pen.text((_GAP, top), f"{row.score:.2f}  {row.anchor}", "black", font)
        _paste(sheet, image_of(row.anchor), (_GAP, top + _TEXT), None)
        for place, (product, grade) in enumerate(row.hits, 1):
            _paste(sheet, image_of(product), (3 * _GAP + place * step, top + _TEXT), _COLORS[grade])
    file = io.BytesIO()
    sheet.save(file, "JPEG", quality=82, optimize=True)
    return file.getvalue()


def _paste(sheet: Image.Image, image: Image.Image | None, place: tuple[int, int], frame: str | None) -> None:
    inner = _SIDE - 2 * _FRAME
    tile = Image.new("RGB", (_SIDE, _SIDE), frame or "white")
    thumbnail = (
        ImageOps.pad(image, (inner, inner), color="white") if image else Image.new("RGB", (inner, inner), "#ddd")
    )
    tile.paste(thumbnail, (_FRAME, _FRAME))
    sheet.paste(tile, place)
