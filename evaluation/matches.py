"""``lookalike evaluate matches``: which photographs are said to be of nothing that the shop has."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import click
import numpy as np
from more_itertools import chunked
from PIL import Image

from es_mappings.layout import Vector
from es_mappings.product import ASPECT_DIMS
from evaluation.catalogues import read_products, source_of
from evaluation.report import Table
from indexer.cli.console import errors_in_one_line, report_console
from indexer.errors import ImageError
from indexer.images.fetching import ImageSource
from indexer.images.phone import as_by_phone
from indexer.settings import Settings
from indexer.spaces.reduction.base import Reduction
from indexer.spaces.reduction.familiarity import RETAKEN, Retaken, closeness, with_familiar_limit
from indexer.spaces.reduction.linear import fit_pca
from indexer.vectorizers.base import ImageVectorizer
from indexer.vectorizers.cnn import load as load_cnn
from indexer.vectorizers.preprocessing import LEAST_SIDE

_BATCH = 32
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)

console = report_console()


@click.command("matches")
@click.option("--catalog", required=True, type=_FILE, help="The shop's catalogue.")
@click.option("--without", multiple=True, help="A category that the shop doesn't have: its pictures are others'.")
@click.option("--others", multiple=True, type=_FILE, help="Catalogue of what the shop doesn't have.")
@click.option("--products", default=1_500, show_default=True, type=click.IntRange(200), help="To fit the space on.")
@click.option("--photographs", default=200, show_default=True, type=click.IntRange(1), help="Of each kind.")
@click.option("--seed", default=3, show_default=True)
def command(
    *, catalog: Path, without: Sequence[str], others: Sequence[Path], products: int, photographs: int, seed: int
) -> None:
    """Count the photographs that get the message, of the shop's own products and of others'."""
    with errors_in_one_line():
        draw = np.random.default_rng(seed)
        own, apart = _split(catalog, without, draw)
        if without and not apart:
            raise click.BadParameter(f"No product of {catalog} is in {', '.join(without)}", param_hint="--without")
        look = load_cnn(Settings.from_environment())["look"]
        held_out, fitted = own[:photographs], own[photographs:][:products]
        source = source_of(catalog)
        catalogue = _activations(look, _pictures(source, fitted))
        again = fitted[:RETAKEN]
        retaken = _activations(look, (as_by_phone(p, draw) for p in _pictures(source, again)))
        pairs = Retaken(catalogue[: len(retaken)], retaken)
        reduction = with_familiar_limit(fit_pca(catalogue, ASPECT_DIMS["look"]), catalogue, pairs)
        rows = [
            _row("Own", reduction, look, _pictures(source, held_out)),
            _row("Own, as by phone", reduction, look, (as_by_phone(p, draw) for p in _pictures(source, held_out))),
        ]
        if apart:
            rows.append(_row(", ".join(without), reduction, look, _pictures(source, apart[:photographs])))
        for other in others:
            addresses, _ = _split(other, (), draw)
            rows.append(_row(other.parent.name, reduction, look, _pictures(source_of(other), addresses[:photographs])))
    title = f"Photographs that are said to be of nothing the shop has; {len(catalogue):,} products"
    console.print(Table(title, ("Photographs", "Number", "Get the message"), rows).for_terminal())


def _split(catalog: Path, without: Sequence[str], draw: np.random.Generator) -> tuple[list[str], list[str]]:
    """Return the addresses of a shop's pictures, and of those that it is taken not to have; in random order."""
    own: list[str] = []
    apart: list[str] = []
    for product in read_products(catalog):
        if product.images:
            (apart if set(product.category) & set(without) else own).append(product.images[0])
    for addresses in (own, apart):
        draw.shuffle(addresses)
    return own, apart


def _pictures(source: ImageSource, addresses: Sequence[str]) -> Iterator[Image.Image]:
    for address in addresses:
        try:
            yield source.decoder.decode(source.fetch(address), least_side=LEAST_SIDE)
        except ImageError as error:
            console.print(f"left out: {address}: {error}", markup=False)


def _row(name: str, reduction: Reduction, look: ImageVectorizer, pictures: Iterable[Image.Image]) -> list[str]:
    near = [closeness(reduction, activation) for activation in _activations(look, pictures)]
    return [name, f"{len(near):,}", f"{np.mean(np.array(near) < 1):.1%}"]


def _activations(look: ImageVectorizer, pictures: Iterable[Image.Image]) -> Vector:
    """Return the activations of pictures, shape ``(images, raw_dims)``."""
    return np.concatenate([look(batch) for batch in chunked(pictures, _BATCH)])
