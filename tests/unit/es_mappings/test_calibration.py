import numpy as np
import pytest

from es_mappings.calibration import Calibration, JudgedCosines, MatchCurve
from es_mappings.product import meta

ALIKE = JudgedCosines(("look", "color"), np.array([0.6, 0.2]), np.array([0.2, 0.2]), np.diag([0.04, 0.04]))
STRICT = JudgedCosines(("look", "color"), np.array([0.9, 0.5]), np.array([0.7, 0.1]), np.diag([0.01, 0.04]))


def test_a_match_and_its_similarity_are_inverse_and_bounded() -> None:
    curve = MatchCurve(20, -12)
    for percent in (1, 25, 50, 75, 99):
        assert curve.percent(curve.similarity(percent)) == percent
    assert curve.similarity(0) == pytest.approx(0, abs=0.01)
    assert curve.similarity(100) == 1
    assert MatchCurve(1e6, 0).percent(-1e9) == 0


def test_half_way_between_matches_and_others_is_a_match_of_50_percent() -> None:
    curve = ALIKE.curve({"look": 1.0})
    assert curve
    assert curve.similarity(50) == pytest.approx((1 + 0.4) / 2)
    assert curve.percent((1 + 0.6) / 2) > 80


def test_other_weights_have_another_curve() -> None:
    look, both = STRICT.curve({"look": 1.0}), STRICT.curve({"look": 0.5, "color": 0.5})
    assert look
    assert both
    assert look.similarity(50) == pytest.approx(0.9)
    assert both.similarity(50) == pytest.approx((1 + 0.55) / 2)


def test_weights_that_tell_nothing_have_no_curve() -> None:
    assert ALIKE.curve({"color": 1.0}) is None


def test_a_category_has_its_own_curve_and_several_have_that_of_all() -> None:
    calibration, shares = Calibration(ALIKE, {"Dresses": STRICT}), {"look": 1.0}
    assert calibration.curve(["Dresses/Midi", "Dresses/Maxi"], shares) == STRICT.curve(shares)
    assert calibration.curve(["Dresses", "Toys"], shares) == ALIKE.curve(shares)
    assert calibration.curve([""], shares) == ALIKE.curve(shares)


def test_a_calibration_is_kept_in_the_meta() -> None:
    calibration = Calibration(ALIKE, {"Dresses": STRICT})
    read = Calibration.from_meta(meta("space", calibration.to_meta()))
    assert read
    assert read.to_meta() == calibration.to_meta()
    assert Calibration.from_meta(meta("space")) is None
    assert Calibration.from_meta(meta("space", {"slope": 20.0, "intercept": -12.0})) is None  # of version 0.1
