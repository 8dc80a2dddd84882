from collections import defaultdict

import numpy as np
import pytest

from es_mappings.layout import Layout, Vector
from indexer.errors import GoldenSetError
from indexer.relevance.calibration import LEAST, fit
from indexer.relevance.golden import Grades

LAYOUT = Layout.of({"look": 2})


def _golden(*judged: tuple[str, float, bool, int]) -> tuple[Grades, dict[str, Vector], dict[str, str]]:
    """Return judgements, vectors and categories: of a category, pairs about as alike as said, matches or not."""
    random = np.random.default_rng(5)
    grades: Grades = defaultdict(dict)
    vectors, categories = {}, {}
    for category, cosine, is_match, count in judged:
        vectors[category], categories[category] = np.array([1, 0], np.float32), category
        for around in random.normal(cosine, 0.1, count).clip(-1, 1):
            vectors[name := f"p{len(vectors)}"] = np.array([around, np.sqrt(1 - around**2)], np.float32)
            grades[category][name] = 3 if is_match else 0
    return dict(grades), vectors, categories


def test_each_category_learns_how_alike_its_matches_are() -> None:
    toys, tvs = (("Toys", 0.4, True, 300), ("Toys", 0, False, 300)), (("TVs", 0.8, True, 300), ("TVs", 0.4, False, 300))
    calibration = fit(*_golden(*toys, *tvs), LAYOUT).calibration
    of_toys, of_tvs = calibration.curve(["Toys"], {"look": 1}), calibration.curve(["TVs/Large"], {"look": 1})
    assert of_toys
    assert of_tvs
    assert of_toys.similarity(50) == pytest.approx((1 + 0.2) / 2, abs=0.01)
    assert of_tvs.similarity(50) == pytest.approx((1 + 0.6) / 2, abs=0.01)
    assert of_toys.percent((1 + 0.4) / 2) > 95
    assert of_tvs.percent((1 + 0.4) / 2) < 5


def test_a_category_of_few_judgements_has_the_curve_of_all() -> None:
    few = LEAST - 1
    golden = _golden(("Toys", 0.4, True, 90), ("Toys", 0, False, 90), ("TVs", 0.8, True, few), ("TVs", 0.4, False, few))
    assert list(fit(*golden, LAYOUT).calibration.by_category) == ["Toys"]


def test_too_few_or_contrary_judgements_are_refused() -> None:
    with pytest.raises(GoldenSetError, match="49 matches and 100 others"):
        fit(*_golden(("Toys", 0.5, True, 49), ("Toys", 0, False, 100)), LAYOUT)
    with pytest.raises(GoldenSetError, match="nothing to calibrate"):
        fit(*_golden(("Toys", 0.1, True, 60), ("Toys", 0.9, False, 60)), LAYOUT)
