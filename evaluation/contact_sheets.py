"""Contact sheets: an anchor and what was found for it, framed by how alike a judge calls them."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PIL import Image, ImageDraw, ImageFont, ImageOps

_SIDE, _GAP, _FRAME, _TEXT = 132, 8, 4, 16  # pixels
_COLORS = {None: "#b8b8b8", 0: "#c4342d", 1: "#e0a030", 2: "#8ab44a", 3: "#2b8a3e"}
LEGEND = "The first picture of a row is the anchor. Frames: green 3, light green 2, yellow 1, red 0, grey not judged."


@dataclass(frozen=True)
class Row:
    """An anchor, its score, and the products found with their grades (None where nobody judged)."""

    anchor: str
    score: float
    found: Sequence[tuple[str, int | None]]


def draw(rows: Sequence[Row], picture: Callable[[str], Image.Image | None]) -> bytes:
    """Draw a sheet as JPEG.

    Parameters
    ----------
    picture : callable
        Product id -> its picture, or None where it can't be had.
    """
    columns = 1 + max(len(row.found) for row in rows)
    step = _SIDE + _GAP
    sheet = Image.new("RGB", (columns * step + 3 * _GAP, len(rows) * (step + _TEXT) + _GAP), "white")
    pen, font = ImageDraw.Draw(sheet), ImageFont.load_default(12)
    for number, row in enumerate(rows):
        top = _GAP + number * (step + _TEXT)
        pen.text((_GAP, top), f"{row.score:.2f}  {row.anchor}", "black", font)
        _paste(sheet, picture(row.anchor), (_GAP, top + _TEXT), None)
        for place, (product, grade) in enumerate(row.found, 1):
            _paste(sheet, picture(product), (3 * _GAP + place * step, top + _TEXT), _COLORS[grade])
    file = io.BytesIO()
    sheet.save(file, "JPEG", quality=82, optimize=True)
    return file.getvalue()


def _paste(sheet: Image.Image, picture: Image.Image | None, place: tuple[int, int], frame: str | None) -> None:
    inner = _SIDE - 2 * _FRAME
    tile = Image.new("RGB", (_SIDE, _SIDE), frame or "white")
    shown = (
        ImageOps.pad(picture, (inner, inner), color="white") if picture else Image.new("RGB", (inner, inner), "#ddd")
    )
    tile.paste(shown, (_FRAME, _FRAME))
    sheet.paste(tile, place)
