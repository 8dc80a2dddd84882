"""Reading catalogue files for measurements: their products, and the primary image of each."""

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
    """The address of a product's first image, and the digest of its bytes."""

    address: str
    digest: str


def read_products(catalog: Path, images_below: str = "") -> list[Product]:
    """Read a catalogue file, skipping bad lines.

    Parameters
    ----------
    images_below : str
        Keep only products whose first image's path, relative to the file, starts with this.

    Raises
    ------
    CatalogError
        No product is left.
    """
    prefix = catalog.resolve().parent.as_uri() + "/" + images_below
    products = [p for _, p in read_catalog(catalog) if not isinstance(p, CatalogError)]
    chosen = [p for p in products if not images_below or (p.images and p.images[0].startswith(prefix))]
    if not chosen:
        raise CatalogError(f"{catalog.name} has no product{f' with images in {images_below}' if images_below else ''}")
    return chosen


def source_of(catalog: Path) -> ImageSource:
    """Return an image source that allows the catalogue's own folder and what the settings allow."""
    settings = Settings.from_environment()
    roots = (*settings.image_roots, catalog.resolve().parent)
    return ImageSource.from_settings(settings.model_copy(update={"image_roots": roots}))


def primary_images(catalog: Path) -> dict[str, PrimaryImage]:
    """Fetch and digest each product's first image; products whose image can't be fetched are skipped.

    Raises
    ------
    GoldenSetError
        No image could be fetched.
    """
    source, images, why = source_of(catalog), {}, ""
    for product in read_products(catalog):
        if product.images:
            try:
                digest = image_digest(source.fetch(product.images[0]))
            except ImageError as error:
                why = str(error)
            else:
                images[product.id] = PrimaryImage(product.images[0], digest)
    if not images:
        raise GoldenSetError(f"No image of {catalog.name} can be fetched{': ' if why else ''}{why}")
    return images


def half_of(image: PrimaryImage) -> int:
    """Return 0 or 1 by an image's digest: products that share an image are in one half."""
    return int(image.digest[0], 16) % 2
