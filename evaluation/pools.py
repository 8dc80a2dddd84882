"""``lookalike evaluate pool``: pool the candidates of several models for people to judge."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import get_args

import click
import numpy as np

from es_mappings.layout import Vector
from evaluation.activations import ActivationCache
from evaluation.catalogues import primary_images, source_of
from evaluation.variants import METRICS
from evaluation.vectorizing import MODELS, vectorizers, weights_of
from indexer.cli.console import progress_bar
from indexer.elastic.product_index import ProductIndex
from indexer.errors import GoldenSetError
from indexer.relevance.judgements import JudgementStore
from indexer.settings import Pooling, Settings

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
FOLDER = click.Path(file_okay=False, path_type=Path)


@click.command("pool")
@click.option("--catalog", required=True, type=FILE, help="Catalogue file that the shop was loaded from.")
@click.option("--model", "models", multiple=True, help="Model that finds candidates, by default all; repeatable.")
@click.option("--layer", "layers", multiple=True, help="Hidden layer, `pooled` the last; by default the preset's.")
@click.option(
    "--pooling", "poolings", multiple=True, type=click.Choice(get_args(Pooling)), help="By default the preset's."
)
@click.option("--anchors", default=30, show_default=True, type=click.IntRange(1, 1_000))
@click.option("--nearest", default=6, show_default=True, type=click.IntRange(1, 50), help="Candidates of each model.")
@click.option("--drawn", default=6, show_default=True, type=click.IntRange(0, 50), help="Candidates drawn at random.")
@click.option("--seed", default=7, show_default=True)
@click.option("--weights", multiple=True, metavar="MODEL=FILE", help="Weights from a file; repeatable.")
@click.option("--cache", default=Path(".data/activations"), show_default=True, type=FOLDER, help="Keeps activations.")
def command(
    *,
    catalog: Path,
    models: tuple[str, ...],
    layers: tuple[str, ...],
    poolings: tuple[Pooling, ...],
    anchors: int,
    nearest: int,
    drawn: int,
    seed: int,
    weights: tuple[str, ...],
    cache: Path,
) -> None:
    """Store candidates that several models find for the judges of the shop (page /lab)."""
    images = primary_images(catalog)
    activation_cache = ActivationCache(cache, source_of(catalog))
    draw = random.Random(seed)  # noqa: S311 - no secret
    chosen = draw.sample(sorted(images), min(anchors, len(images)))
    candidates = [
        {anchor: draw.sample(sorted(images.keys() - {anchor}), min(drawn, len(images) - 1)) for anchor in chosen}
    ]
    for name, vectorizer in vectorizers(models or MODELS, layers, poolings, weights_of(weights)):
        if isinstance(vectorizer, Exception):
            click.echo(f"{name}: left out: {vectorizer}")
            continue
        with progress_bar() as progress:
            task = progress.add_task(name, total=len({image.digest for image in images.values()}))
            step = partial(progress.advance, task)
            activations = activation_cache.get(vectorizer, images.values(), step)
        rows = activations.of(image.digest for image in images.values())
        candidates.append(nearest_to(chosen, dict(zip(images, rows - rows.mean(axis=0), strict=True)), nearest))
    if len(candidates) == 1:
        raise GoldenSetError("No model could be loaded")
    settings = Settings.from_environment()
    pools = mix(candidates)
    JudgementStore(ProductIndex.open(settings)).put_pools(pools)
    click.echo(f"{sum(map(len, pools.values())):,} pairs of {len(pools):,} anchors wait for judges at /lab")


def nearest_to(anchors: Sequence[str], vectors: Mapping[str, Vector], count: int) -> dict[str, list[str]]:
    """Return the products nearest to each anchor by cosine."""
    from scipy.spatial.distance import cdist

    ids, rows = list(vectors), np.stack(list(vectors.values()))
    distances = cdist(np.stack([vectors[a] for a in anchors]), rows, METRICS["cosine"])  # type: ignore[call-overload]
    return {
        anchor: [ids[place] for place in np.argsort(row)[: count + 1] if ids[place] != anchor][:count]
        for anchor, row in zip(anchors, distances, strict=True)
    }


def mix(rankings: Sequence[Mapping[str, Sequence[str]]]) -> dict[str, list[str]]:
    """Return, for each anchor, the candidates of all rankings, each once."""
    return {anchor: list(dict.fromkeys(c for r in rankings for c in r[anchor])) for anchor in rankings[0]}
