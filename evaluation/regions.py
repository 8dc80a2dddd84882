"""``lookalike evaluate regions``: whether the products on composed photographs are found, and searched for."""

from __future__ import annotations

import io
import secrets
import time
from functools import lru_cache
from pathlib import Path
from statistics import mean, median

import click
import numpy as np
from PIL import Image

from evaluation.catalogues import read_products, source_of
from evaluation.compositions import Composition, compose
from evaluation.report import Table
from indexer.cli.console import report_console
from indexer.elastic.product_index import ProductIndex
from indexer.embedding.photos import EmbeddedPart, embed_photo
from indexer.embedding.pipeline import Pipeline
from indexer.embedding.regions import load_finder
from indexer.embedding.saliency import overlap
from indexer.images.decoder import Decoder
from indexer.settings import Settings
from search.cursors import Cursors
from search.navigation import Navigation
from search.parameters import SearchParameters
from workers.interactive import EmbeddedQuery

_LEAST_OVERLAP = 0.5  # intersection over union with the product's box
_REGIONS, _PRODUCTS = 3, 10  # the first that count
_RIGHT_REGION = f"Right region among the first {_REGIONS}"
_PRODUCT_FOUND = f"Product among the first {_PRODUCTS} of its region"

console = report_console()


@click.command("regions")
@click.option(
    "--catalog",
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The shop's catalogue, its pictures taken before plain backdrops; the index of the settings has its vectors.",
)
@click.option("--photographs", default=100, show_default=True, type=click.IntRange(min=1), help="To compose.")
@click.option("--seed", default=3, show_default=True)
@click.option("--show", type=click.Path(file_okay=False, path_type=Path), help="Write the photographs here, too.")
def command(*, catalog: Path, photographs: int, seed: int, show: Path | None) -> None:
    """Compose photographs of two or three products, find their regions, and search with each."""
    draw, source, products = np.random.default_rng(seed), source_of(catalog), read_products(catalog)
    addresses = {product.id: product.images[0] for product in products if product.images}

    @lru_cache(256)
    def picture(product_id: str) -> Image.Image:
        return source.decoder.decode(source.fetch(addresses[product_id]))

    settings, rows = Settings.from_environment(), []
    shop = _Shop(settings)
    for number in range(photographs):
        composition = compose(draw, list(addresses), picture)
        if show:
            show.mkdir(parents=True, exist_ok=True)
            composition.image.save(show / f"{number}.png")
        rows += shop.look_at(composition)
    columns = ["", f"Of {len(rows)} products on {photographs} photographs"]
    console.print(Table("Regions of photographs", columns, [*_figures(rows), *shop.times()]).for_terminal())


class _Shop:
    """The shop that is asked, in this process."""

    def __init__(self, settings: Settings) -> None:
        self._pipeline, self._find = Pipeline.from_settings(settings), load_finder(settings)
        self._photos: dict[str, EmbeddedQuery] = {}
        index = ProductIndex.open(settings)
        self._navigation = Navigation(index, Cursors(secrets.token_urlsafe(32)), self._photos)
        self._seconds: list[float] = []
        self._decoder = Decoder(1)

    def look_at(self, composition: Composition) -> list[dict[str, bool]]:
        """Return what is true of each product of a photograph."""
        file = io.BytesIO()
        composition.image.save(file, "JPEG", quality=90)
        started = time.perf_counter()
        self._find(composition.image)
        self._seconds.append(time.perf_counter() - started)
        space, (_, *regions) = embed_photo(self._pipeline, self._decoder, file.getvalue(), find=self._find)
        found = [(region, self._first(region, space)) for region in regions[:_REGIONS]]
        return [_judged(product_id, composition, found) for product_id in composition.products]

    def times(self) -> list[list[str]]:
        """Return how long finding the regions took, as a row."""
        return [["Milliseconds to find the regions, median", f"{1_000 * median(self._seconds):.0f}"]]

    def _first(self, part: EmbeddedPart, space: str) -> list[str]:
        self._photos["x"] = EmbeddedQuery(part.vector, space, part.closeness)
        listing = self._navigation.listing(SearchParameters(photo="x", size=_PRODUCTS), with_facets=False)
        return [hit.product["id"] for hit in listing.result.hits]


def _judged(product_id: str, composition: Composition, found: list[tuple[EmbeddedPart, list[str]]]) -> dict[str, bool]:
    right = [
        products
        for region, products in found
        if region.box and overlap(region.box, composition.products[product_id]) >= _LEAST_OVERLAP
    ]
    return {
        _RIGHT_REGION: bool(right),
        f"Product among the first {_PRODUCTS} of any of these": any(product_id in products for _, products in found),
        _PRODUCT_FOUND: any(product_id in products for products in right),
    }


def _figures(rows: list[dict[str, bool]]) -> list[list[str]]:
    found = [row[_PRODUCT_FOUND] for row in rows if row[_RIGHT_REGION]]
    return [
        *([name, f"{mean(row[name] for row in rows):.2f}"] for name in rows[0]),
        *([["The same, of products whose region is right", f"{mean(found):.2f}"]] if found else []),
    ]
