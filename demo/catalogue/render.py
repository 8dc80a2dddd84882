"""Writing a catalogue to a folder: pictures first, the catalogue file last."""

import json
import multiprocessing
import os
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from demo.catalogue.design import design
from demo.catalogue.listing import catalogue_line, dump, image_path, truth_line
from demo.catalogue.model import Product
from demo.catalogue.picture import photograph

DESIGN_VERSION = 1
"""Incremented whenever a seed would give other bytes, so that old catalogues aren't reused."""

JPEG_QUALITY = 88

CATALOGUE, TRUTH, MANIFEST = "catalog.jsonl", "truth.jsonl", "manifest.json"


def render_catalogue(
    folder: Path,
    *,
    products: int = 2400,
    seed: int = 7,
    detail: int = 1,
    processes: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Path:
    """Render a catalogue: pictures, the truth about them, and the catalogue file.

    The same seed and number give the same bytes, whatever the number of processes. Pictures that an interrupted run
    with the same seed left are kept; the catalogue file is written last and atomically.

    Parameters
    ----------
    folder : pathlib.Path
        Where to write; created if need be.
    products : int
        Number of products, at least 1.
    seed : int
        Random seed.
    detail : int
        Pixels of a unit (`picture.photograph`).
    processes : int, optional
        Number of processes, by default one per core. With 1, this process draws.
    progress : callable, optional
        Called with the number of pictures done and their total.

    Returns
    -------
    pathlib.Path
        The catalogue file.

    Raises
    ------
    ValueError
        `products` or `processes` is less than 1.
    OSError
        The folder can't be written.
    """
    if products < 1 or (processes is not None and processes < 1):
        raise ValueError("products and processes must be at least 1")
    manifest = _manifest(products, seed, detail)
    images = folder / "images"
    images.mkdir(parents=True, exist_ok=True)
    if _read(folder / MANIFEST) != manifest:
        _discard(folder, seed, detail)
    _write(folder / MANIFEST, json.dumps(manifest, indent=2) + "\n")
    designed = design(products, seed)
    todo = [product for product in designed if not (folder / image_path(product)).exists()]
    done = products - len(todo)
    if progress:
        progress(done, products)
    for _ in _draw(todo, partial(_render_one, folder, seed, detail), processes):
        done += 1
        if progress:
            progress(done, products)
    _write(folder / TRUTH, dump([truth_line(product, seed) for product in designed]))
    _write(folder / CATALOGUE, dump([catalogue_line(product, seed) for product in designed]))
    return folder / CATALOGUE


def is_complete(folder: Path, *, products: int = 2400, seed: int = 7, detail: int = 1) -> bool:
    """Return whether a folder has the complete catalogue for these parameters.

    Parameters
    ----------
    folder : pathlib.Path
        The folder.
    products : int
        Expected number of products.
    seed : int
        Expected seed.
    detail : int
        Expected detail.

    Returns
    -------
    bool
        True if nothing is missing.
    """
    if _read(folder / MANIFEST) != _manifest(products, seed, detail):
        return False
    if not (folder / CATALOGUE).is_file() or not (folder / TRUTH).is_file():
        return False
    return all((folder / image_path(product)).is_file() for product in design(products, seed))


def _manifest(products: int, seed: int, detail: int) -> dict[str, Any]:
    return {"design_version": DESIGN_VERSION, "products": products, "seed": seed, "detail": detail}


def _read(path: Path) -> dict[str, Any] | None:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return content if isinstance(content, dict) else None


def _discard(folder: Path, seed: int, detail: int) -> None:
    """Remove a catalogue of other parameters; pictures stay if only the number of products differs."""
    for name in (CATALOGUE, TRUTH):
        (folder / name).unlink(missing_ok=True)
    old = _read(folder / MANIFEST) or {}
    if (old.get("design_version"), old.get("seed"), old.get("detail", 1)) != (DESIGN_VERSION, seed, detail):
        for image in (folder / "images").glob("*.jpg"):
            image.unlink()


def _write(path: Path, text: str) -> None:
    """Write a file atomically."""
    part = path.with_name(path.name + ".part")
    part.write_text(text, encoding="utf-8")
    part.replace(path)


def _render_one(folder: Path, seed: int, detail: int, product: Product) -> str:
    target = folder / image_path(product)
    part = target.with_name(target.name + ".part")
    photograph(product, seed, detail).save(part, format="JPEG", quality=JPEG_QUALITY)
    part.replace(target)
    return product.id


def _draw(todo: list[Product], one: Callable[[Product], str], processes: int | None) -> Iterator[str]:
    workers = min(processes or os.cpu_count() or 1, max(len(todo), 1))
    if workers == 1:
        yield from map(one, todo)
        return
    # Spawned rather than forked, because the caller may have threads, such as one that draws a progress bar.
    with multiprocessing.get_context("spawn").Pool(workers) as pool:
        yield from pool.imap_unordered(one, todo, chunksize=4)
