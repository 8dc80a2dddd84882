"""Catalogue files as the measurements read them: their products, and the primary image of each."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from indexer.catalog.feeds.reading import read_catalog
from indexer.catalog.products import Product
from indexer.digests import image_digest
from indexer.errors import CatalogError, GoldenSetError, ImageError
from indexer.images.fetching import ImageSource
from indexer.settings import Settings


@dataclass(frozen=True)
class PrimaryImage:
    """Where a product's first image is, and the digest of its bytes."""

    address: str
    digest: str


def read_products(catalog: Path, images_below: str = "") -> list[Product]:
    """Read a catalogue file; its bad lines are left out.

    Parameters
    ----------
    images_below : str
        Keep only products whose first image's path, relative to the file, begins so.

    Raises
    ------
    CatalogError
        No product is left.
    """
    prefix = catalog.resolve().parent.as_uri() + "/" + images_below
    products = [p for _, p in read_catalog(catalog) if not isinstance(p, CatalogError)]
    kept = [p for p in products if not images_below or (p.images and p.images[0].startswith(prefix))]
    if not kept:
        raise CatalogError(f"{catalog.name} has no product{f' with images in {images_below}' if images_below else ''}")
    return kept


def source_of(catalog: Path) -> ImageSource:
    """Return where images of a catalogue may come from: its own folder, and what the settings allow."""
    settings = Settings.from_environment()
    roots = (*settings.image_roots, catalog.resolve().parent)
    return ImageSource.from_settings(settings.model_copy(update={"image_roots": roots}))


def primary_images(catalog: Path) -> dict[str, PrimaryImage]:
    """Fetch each product's first image and name it by its digest; products whose image can't be had are left out.

    Raises
    ------
    GoldenSetError
        None could be had.
    """
    source, found, why = source_of(catalog), {}, ""
    for product in read_products(catalog):
        if product.images:
            try:
                digest = image_digest(source.fetch(product.images[0]))
            except ImageError as error:
                why = str(error)
            else:
                found[product.id] = PrimaryImage(product.images[0], digest)
    if not found:
        raise GoldenSetError(f"No image of {catalog.name} can be had{': ' if why else ''}{why}")
    return found
