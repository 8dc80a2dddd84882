import numpy as np
import pytest

from es_mappings.calibration import Calibration
from es_mappings.product import meta
from indexer.errors import GoldenSetError
from indexer.relevance.calibration import fit

RANDOM = np.random.default_rng(2)


def test_a_known_curve_is_recovered() -> None:
    similarities = RANDOM.uniform(0, 1, 4_000)
    is_match = RANDOM.uniform(size=4_000) < 1 / (1 + np.exp(-(20 * similarities - 10)))
    found = fit(list(similarities), list(is_match)).calibration
    assert found.slope == pytest.approx(20, rel=0.2)
    assert found.percent(0.5) == pytest.approx(50, abs=4)
    assert found.percent(0.9) > 95
    assert found.percent(0.1) < 5


def test_a_match_and_its_similarity_are_inverse_and_bounded() -> None:
    curve = Calibration(20, -12)
    for percent in (1, 25, 50, 75, 99):
        assert curve.percent(curve.similarity(percent)) == percent
    assert curve.similarity(0) == pytest.approx(0, abs=0.01)
    assert curve.similarity(100) == 1
    assert Calibration(1e6, 0).percent(-1e9) == 0


def test_the_curve_is_written_to_the_meta() -> None:
    curve = Calibration(20, -12)
    assert Calibration.from_meta(meta("space", curve.to_meta())) == curve
    assert Calibration.from_meta(meta("space")) is None


def test_too_few_or_contrary_judgements_are_refused() -> None:
    with pytest.raises(GoldenSetError, match="49 matches and 100 others"):
        fit([0.5] * 149, [True] * 49 + [False] * 100)
    with pytest.raises(GoldenSetError, match="nothing to calibrate"):
        fit([0.1] * 60 + [0.9] * 60, [True] * 60 + [False] * 60)
