"""Contact sheets of a catalogue."""

import json
from pathlib import Path

from PIL import Image

from demo.catalogue.studio import stream

_CELL = (240, 300)
_COLUMNS = 8


def contact_sheet(catalogue: Path, target: Path, *, count: int = 48, seed: int = 7) -> None:
    """Write a sheet of random products' pictures.

    Parameters
    ----------
    catalogue : pathlib.Path
        The catalogue file.
    target : pathlib.Path
        Picture file to write.
    count : int
        Number of products.
    seed : int
        Seed of their choice.

    Raises
    ------
    OSError
        A file can't be read or written.
    """
    with catalogue.open(encoding="utf-8") as lines:
        paths = [catalogue.parent / json.loads(line)["images"][0] for line in lines]
    chosen = stream(seed, "catalogue", "sheet").sample(paths, min(count, len(paths)))
    rows = -(-len(chosen) // _COLUMNS)
    sheet = Image.new("RGB", (_COLUMNS * _CELL[0], rows * _CELL[1]), "white")
    for i, path in enumerate(chosen):
        with Image.open(path) as picture:
            picture.thumbnail(_CELL, Image.Resampling.LANCZOS)
            x = i % _COLUMNS * _CELL[0] + (_CELL[0] - picture.width) // 2
            y = i // _COLUMNS * _CELL[1] + (_CELL[1] - picture.height) // 2
            sheet.paste(picture, (x, y))
    target.parent.mkdir(parents=True, exist_ok=True)
    sheet.save(target)
