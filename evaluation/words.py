"""``lookalike evaluate words``: whether words find the pictures that look like them, on products not learned from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import click
import numpy as np

from es_mappings.layout import Vector
from es_mappings.product import ASPECT_DIMS, TEXT_WEIGHTS
from evaluation import keyword_baseline, text_queries
from evaluation.activations import ActivationCache, cache_option
from evaluation.catalogues import primary_images, read_products, source_of
from indexer.catalog.products import Product
from indexer.digests import image_digest
from indexer.relevance.golden import Grades
from indexer.relevance.metrics import compare, interval, per_anchor
from indexer.settings import Settings
from indexer.spaces.reduction import fit_pca
from indexer.spaces.text_pairs import learn_from
from indexer.spaces.token_idf import fit_token_idf
from indexer.spaces.vector_space import TEXT, VectorSpace
from indexer.vectorizers import Vectorizers, load_vectorizers
from indexer.vectorizers.base import ProductFields

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_PICTURE = ("look", "style", "color")
_FIRST = 10

# What the products lack: nothing, their titles and descriptions, or all that is in no picture.
_WITHOUT = {
    "as they are": frozenset[str](),
    "titles removed": frozenset({TEXT}),
    "pictures alone": frozenset(ASPECT_DIMS) - set(_PICTURE),
}


@dataclass(frozen=True)
class Corpus:
    """Products with their activations; those of `held_out` were not learned from."""

    products: list[Product]
    fields: list[ProductFields]
    activations: list[dict[str, Vector]]
    held_out: list[int]
    space: VectorSpace
    vectorizers: Vectorizers

    def texts(self, words: Sequence[str]) -> list[Vector]:
        """Return the vectors of words."""
        sentences = self.vectorizers.products[TEXT]([ProductFields(text) for text in words])
        return [self.space.compose_text(sentence) for sentence in sentences]

    def vectors(self, *, without: frozenset[str] = frozenset()) -> Vector:
        """Return the compound vectors of the held-out products, some aspects left out."""
        kept = [{n: row for n, row in self.activations[i].items() if n not in without} for i in self.held_out]
        return np.stack([self.space.compose(activations) for activations in kept])


@click.command()
@click.argument("catalog", type=_FILE)
@click.option("--truth", type=_FILE, help="truth.jsonl of a rendered catalogue: judges the written queries, too.")
@click.option("--held-out", default=508, show_default=True, help="Products that aren't learned from.")
@cache_option
@click.option("--keywords/--no-keywords", default=True, help="Whether to judge keywords, too; needs Elasticsearch.")
def command(catalog: Path, truth: Path | None, held_out: int, cache: Path, *, keywords: bool) -> None:
    """Measure on CATALOG how well words find pictures that they describe."""
    settings = Settings.from_environment()
    corpus = read_corpus(catalog, held_out, cache, settings)
    click.echo(f"{len(corpus.products) - held_out:,} products learned from, {held_out:,} held out.")
    _echo_own_pictures(corpus)
    _echo_categories(corpus)
    if truth:
        _echo_queries(corpus, truth, settings if keywords else None)


def read_corpus(catalog: Path, held_out: int, cache: Path, settings: Settings) -> Corpus:
    """Read a catalogue, compute its activations, and fit a space on all products but those held out."""
    images, vectorizers = primary_images(catalog), load_vectorizers(settings)
    products = [product for product in read_products(catalog) if product.id in images]
    products.sort(key=lambda product: image_digest(product.id.encode()))
    fields = [ProductFields(p.title, p.description or "", p.brand, tuple(p.category), p.attributes) for p in products]
    stored = ActivationCache(cache, source_of(catalog))
    digests = [images[product.id].digest for product in products]
    rows = {aspect: stored.get(v, images.values()).of(digests) for aspect, v in vectorizers.images.items()}
    rows |= {aspect: vectorizer(fields) for aspect, vectorizer in vectorizers.products.items()}
    activations = [{aspect: of[i] for aspect, of in rows.items() if of[i].any()} for i in range(len(products))]
    learned = slice(0, len(products) - held_out)
    reductions = {
        aspect: fit_token_idf([of[learned]], ASPECT_DIMS[aspect])
        if aspect in vectorizers.products and not vectorizers.products[aspect].keeps
        else fit_pca(of[learned], ASPECT_DIMS[aspect])
        for aspect, of in rows.items()
    }
    space = VectorSpace(vectorizers.digests, reductions)
    projection = learn_from(fields[learned], activations[learned], vectorizers.products[TEXT], space)
    space = VectorSpace(vectorizers.digests, reductions, text_projection=projection)
    return Corpus(products, fields, activations, list(range(len(products)))[learned.stop :], space, vectorizers)


def _echo_own_pictures(corpus: Corpus) -> None:
    """Print how often a held-out product's own picture is among the first, by title and by title and description."""
    pictures, weights = corpus.vectors(), {name: TEXT_WEIGHTS[name] for name in _PICTURE}
    kinds = np.array([(corpus.products[i].category or ["?"])[0] for i in corpus.held_out])
    titles = [corpus.fields[i].title for i in corpus.held_out]
    whole = [corpus.space.compose_text(corpus.activations[i][TEXT]) for i in corpus.held_out]
    click.echo(f"\nOwn picture among the first {_FIRST} (chance {_FIRST / len(pictures):.2f})")
    for name, texts in (("title", corpus.texts(titles)), ("title, description", whole)):
        scores = np.stack([corpus.space.layout.weigh(text, weights) for text in texts]) @ pictures.T
        overall = f"{name:<20}{_hits(scores):>6.2f} of {len(pictures)}"
        own = "; ".join(f"{k} among {k}: {_hits(scores[np.ix_(kinds == k, kinds == k)]):.2f}" for k in np.unique(kinds))
        click.echo(f"{overall}; {own}")


def _echo_categories(corpus: Corpus) -> None:
    """Print how many of the first products for a category's name are of that category."""
    pictures, weights = corpus.vectors(), {name: TEXT_WEIGHTS[name] for name in _PICTURE}
    names = np.array([(corpus.products[i].category or ["?"])[-1] for i in corpus.held_out])
    shares = {}
    for name, text in zip(np.unique(names), corpus.texts(list(np.unique(names))), strict=True):
        first = np.argsort(-(pictures @ corpus.space.layout.weigh(text, weights)), kind="stable")[:_FIRST]
        shares[name] = (names[first] == name).mean()
    mean = np.mean(list(shares.values()))
    click.echo(f"\nOf the first {_FIRST} for a category's name, in that category: mean {mean:.2f}")
    click.echo("; ".join(f"{name} {share:.1f}" for name, share in shares.items()))


def _echo_queries(corpus: Corpus, truth: Path, settings: Settings | None) -> None:
    """Print NDCG@10 of the written queries, by words and by keywords, with and without the products' own texts."""
    held_out = [corpus.products[i] for i in corpus.held_out]
    grades = text_queries.judge(truth, [product.id for product in held_out])
    click.echo(f"\nNDCG@10 of {len(grades)} written queries")
    for name, without in _WITHOUT.items():
        by_words = per_anchor(grades, run(corpus, grades, without=without), "ndcg@10")
        click.echo(f"{name:<16} words    {interval(by_words)}")
        if settings:
            found = keyword_baseline.run(settings, held_out, list(grades), without)
            by_keywords = per_anchor(grades, found, "ndcg@10")
            by = compare(by_keywords, by_words)
            difference = f"{by.difference:+.3f} ({by.low:+.3f} to {by.high:+.3f})"
            click.echo(f"{'':16} keywords {interval(by_keywords)}, difference {difference}")


def run(corpus: Corpus, grades: Grades, *, without: frozenset[str] = frozenset()) -> dict[str, list[str]]:
    """Rank the held-out products for the words of queries."""
    vectors, ids = corpus.vectors(without=without), [corpus.products[i].id for i in corpus.held_out]
    weights: Mapping[str, float] = TEXT_WEIGHTS
    ranked = {}
    for words, text in zip(grades, corpus.texts(list(grades)), strict=True):
        scores = vectors @ corpus.space.layout.weigh(text, weights)
        ranked[words] = [ids[place] for place in np.argsort(-scores, kind="stable")]
    return ranked


def _hits(scores: Vector) -> float:
    own = np.diag(scores)[:, None]
    return float(((scores > own).sum(axis=1) < _FIRST).mean())
