"""``lookalike evaluate clicks``: aspect weights learned from a simulated population's clicks, against the true ones."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import click
import numpy as np
from numpy.typing import NDArray

from es_mappings.product import DEFAULT_WEIGHTS
from evaluation.population import LAYOUT, Population, Shoppers, name
from evaluation.report import Table
from indexer.cli.console import report_console
from indexer.clicks.grading import GRADE_RATIOS, Counts, Graded, Grading
from indexer.relevance.aspect_weights import Judged, fit, judge
from indexer.relevance.golden import Grades

TRUE_WEIGHTS = {"look": 0.15, "style": 0.1, "color": 0.45, "text": 0.1, "attributes": 0.2}
_ACTIONS = {"likes": 0.3, "carts": 0.2, "orders": 0.08}  # how likely each follows a click on what attracts most
_HELD_OUT = 100  # products whose order is measured, and whose pages nobody saw

console = report_console()


@click.command("clicks")
@click.option("--anchors", default=100, show_default=True, type=click.IntRange(20), help="Products that are liked.")
@click.option(
    "--visits", default=300, show_default=True, type=click.IntRange(1), help="Pages of what is similar to each."
)
@click.option("--seeds", default=5, show_default=True, type=click.IntRange(1), help="Populations to simulate.")
def command(anchors: int, visits: int, seeds: int) -> None:
    """Simulate shoppers with known preferences, who look at places unequally, and learn the preferences from clicks."""
    rows = [row for seed in range(1, seeds + 1) for row in _measure(seed, anchors, visits)]
    columns = ["Weights", "NDCG@10", "Of the true ones", *LAYOUT.names]
    note = f"On {_HELD_OUT} products that nobody was shown anything for; {anchors * visits:,} pages were shown."
    console.print(Table("Aspect weights learned from clicks", columns, rows, note).for_terminal())
    console.print(note)


def learned(population: Population, anchors: Iterable[int], visits: int) -> dict[str, dict[str, float]]:
    """Return aspect weights as fitted on the judgements of a click model, and on counts of clicks as they are."""
    counts = population.visits(list(anchors), DEFAULT_WEIGHTS, visits)
    vectors = {name(number): vector.astype(np.float32) for number, vector in enumerate(population.vectors)}
    judged = {"click model": of_graded(Grading().grade(counts)), "click counts": by_counts(counts)}
    return {kind: fit(judge(grades, vectors, LAYOUT), LAYOUT.names).weights for kind, grades in judged.items()}


def quality(population: Population, held_out: Judged, weights: Mapping[str, float]) -> float:
    """Return the mean NDCG@10 of the order by aspect weights."""
    total = sum(weights.values())
    return float(held_out.ndcg(np.array([weights.get(aspect, 0.0) / total for aspect in LAYOUT.names])).mean())


def held_out(population: Population, anchors: Iterable[int]) -> Judged:
    """Return all products as they are judged for anchors by those who know the truth."""
    vectors = {name(number): vector.astype(np.float32) for number, vector in enumerate(population.vectors)}
    return judge(population.truth(list(anchors)), vectors, LAYOUT)


def of_graded(graded: Graded) -> Grades:
    """Return the grades of a click model as those of a golden set."""
    return _grades(graded.topics, graded.products, graded.grades)


def by_counts(counts: Counts) -> Grades:
    """Grade products by how often they were clicked, wherever they stood and however often they were shown."""
    pairs, of_row = np.unique(np.column_stack([counts.topics, counts.products]), axis=0, return_inverse=True)
    clicks = np.bincount(of_row.ravel(), counts.actions["clicks"])
    topics = pairs[:, 0]
    mean = np.bincount(topics, clicks) / np.maximum(np.bincount(topics), 1)
    ratios = clicks / np.maximum(mean, 1e-12)[topics]
    return _grades(topics, pairs[:, 1], np.searchsorted(GRADE_RATIOS, ratios, side="right"))


def _grades(topics: NDArray[np.int64], products: NDArray[np.int64], grades: NDArray[np.int64]) -> Grades:
    by_topic: Grades = {}
    for topic, product, grade in zip(topics, products, grades, strict=True):
        by_topic.setdefault(name(int(topic)), {})[name(int(product))] = int(grade)
    return by_topic


def _measure(seed: int, anchors: int, visits: int) -> list[list[str]]:
    population = Population(Shoppers(TRUE_WEIGHTS, deeper=_ACTIONS), anchors + 10 * _HELD_OUT, seed)
    true = held_out(population, range(anchors, anchors + _HELD_OUT))
    weights = {"true": TRUE_WEIGHTS, **learned(population, range(anchors), visits), "default": DEFAULT_WEIGHTS}
    best = quality(population, true, TRUE_WEIGHTS)
    return [
        [f"{kind}, population {seed}", f"{found:.3f}", f"{found / best:.1%}", *(f"{own[a]:.2f}" for a in LAYOUT.names)]
        for kind, own in weights.items()
        for found in [quality(population, true, own)]
    ]
