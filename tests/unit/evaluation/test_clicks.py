import numpy as np
import pytest

from es_mappings.product import DEFAULT_WEIGHTS
from evaluation.clicks import TRUE_WEIGHTS, by_counts, held_out, learned, quality
from evaluation.population import PAGE, Population, Shoppers
from indexer.clicks.grading import Counts


@pytest.fixture(scope="module")
def population() -> Population:
    return Population(Shoppers(TRUE_WEIGHTS), products=700, seed=3)


def test_a_click_model_learns_what_counts_of_clicks_do_not(population: Population) -> None:
    true, weights = held_out(population, range(600, 700)), learned(population, range(80), visits=300)
    by_model, by_count, by_default, best = (
        quality(population, true, own)
        for own in (weights["click model"], weights["click counts"], DEFAULT_WEIGHTS, TRUE_WEIGHTS)
    )
    assert best == pytest.approx(1)
    assert by_model > 0.95
    assert by_default < by_count < by_model - 0.05


def test_the_front_of_a_page_is_clicked_more(population: Population) -> None:
    same = np.full(PAGE, 7)
    clicked = np.mean([population.clicked(3, same) for _ in range(4_000)], axis=0)
    attracts = population.attractiveness[3, 7]
    np.testing.assert_allclose(clicked / attracts, np.arange(1, PAGE + 1) ** -0.7, atol=0.4)
    assert clicked[0] > clicked[5] > clicked[20]


def test_the_same_seed_makes_the_same_visits() -> None:
    first, second = (Population(Shoppers(TRUE_WEIGHTS), 60, 5).visits([1, 2], DEFAULT_WEIGHTS, 3) for _ in range(2))
    np.testing.assert_array_equal(first.products, second.products)
    np.testing.assert_array_equal(first.actions["clicks"], second.actions["clicks"])


def test_counts_of_clicks_ignore_places() -> None:
    counts = Counts(
        topics=np.zeros(3, np.int64),
        products=np.array([0, 1, 2]),
        positions=np.array([1, 2, 24]),
        impressions=np.array([100.0, 100, 9]),
        actions={"clicks": np.array([30.0, 12, 3])},
    )
    assert by_counts(counts) == {"p0": {"p0": 3, "p1": 1, "p2": 0}}
