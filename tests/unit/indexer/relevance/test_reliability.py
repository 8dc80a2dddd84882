import numpy as np
import pytest

from es_mappings.aspect_weights import CategoryWeights
from es_mappings.layout import Layout, Vector
from indexer.errors import GoldenSetError
from indexer.relevance.calibration import JudgedProducts
from indexer.relevance.golden import Grades
from indexer.relevance.reliability import Reliability, reliability
from indexer.relevance.splits import fraction

LAYOUT = Layout.of({"look": 2})


def _products(*, anchors: int = 40, spread: float = 0.15, turned: bool = False) -> JudgedProducts:
    """Return anchors with ten matches around a cosine of 0.6 and ten others around 0.2, or the other way round."""
    random = np.random.default_rng(3)
    grades: Grades = {}
    vectors: dict[str, Vector] = {}
    for anchor in (f"a{number}" for number in range(anchors)):
        vectors[anchor], grades[anchor] = np.array([1, 0], np.float32), {}
        for number in range(20):
            is_match = number < 10
            cosine = float(np.clip(random.normal(0.6 if is_match != turned else 0.2, spread), -1, 1))
            vectors[candidate := f"{anchor}-{number}"] = np.array([cosine, np.sqrt(1 - cosine**2)], np.float32)
            grades[anchor][candidate] = 3 if is_match else 0
    return JudgedProducts(grades, vectors, dict.fromkeys(vectors, "Toys"))


def _measure(products: JudgedProducts) -> list[Reliability]:
    return reliability(products, CategoryWeights(), LAYOUT)


def test_what_is_said_is_what_judges_call_a_match() -> None:
    ranges = _measure(_products())
    assert [(of.category, of.low, of.high) for of in ranges] == [
        ("Toys", low, low + 20) for low in (0, 20, 40, 60, 80)
    ]  # fmt: skip
    assert sum(of.pairs for of in ranges) == 800
    for of in ranges:
        assert of.low <= of.said <= of.high
        assert of.matched.low - 0.1 <= of.said / 100 <= of.matched.high + 0.1
        assert of.matched.low <= of.matched.mean <= of.matched.high


def test_percentages_that_dont_hold_on_other_anchors_are_found_out() -> None:
    right, turned = _products(), _products(turned=True)
    # Anchors of one half are judged by what was fitted on the other, which says the contrary.
    grades = {a: (right if fraction(a) < 0.5 else turned).grades[a] for a in right.grades}
    vectors = {**turned.vectors, **{p: v for p, v in right.vectors.items() if fraction(p.partition("-")[0]) < 0.5}}
    with pytest.raises(GoldenSetError, match="nothing to calibrate"):
        _measure(JudgedProducts(grades, vectors, right.categories))


def test_too_few_judgements_are_refused() -> None:
    with pytest.raises(GoldenSetError, match="a calibration needs 50"):
        _measure(_products(anchors=4))


def test_matches_and_others_count_equally_however_many_were_judged() -> None:
    products = _products()
    for judged in products.grades.values():
        for candidate in [c for c, grade in judged.items() if grade == 0][4:]:
            del judged[candidate]  # four of ten others are left
    for of in _measure(products):
        assert of.matched.low - 0.15 <= of.said / 100 <= of.matched.high + 0.15
