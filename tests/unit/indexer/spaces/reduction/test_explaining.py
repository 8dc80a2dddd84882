from pathlib import Path

import numpy as np
import pytest

from indexer.spaces.reduction import Learned, fit_learned, fit_pca
from indexer.spaces.reduction.base import unit_rows
from indexer.spaces.reduction.explaining import MAX_LOSS, Point, curve, fewest, plot
from indexer.spaces.reduction.measuring import by_labels
from indexer.vectorizers.base import ProductFields
from tests.unit.indexer.catalogues import activations_of, products

CATALOGUE = products(500)
ROWS = activations_of(CATALOGUE)


def test_the_fewest_dimensions_lose_less_than_a_hundredth() -> None:
    points = [Point(8, 0.5, 0.7), Point(16, 0.6, 0.795), Point(32, 0.8, 0.80), Point(64, 0.9, 0.798)]
    assert fewest(points) == points[1]
    assert fewest([Point(8, 0.5, 0.5), Point(16, 0.6, 0.9)]) == Point(16, 0.6, 0.9)
    assert fewest([Point(8, 0.5, 0.0)]) == Point(8, 0.5, 0.0)


def test_a_curve_rises_in_kept_variance_and_ends_with_all_dimensions() -> None:
    measure = by_labels(CATALOGUE)
    assert measure is not None
    reduction = fit_pca(ROWS, 24)
    points = curve(reduction, ROWS, measure)
    assert [p.dims for p in points] == [4, 8, 12, 16, 24]
    assert [p.kept for p in points] == sorted(p.kept for p in points)
    assert points[-1].kept == pytest.approx(reduction.kept)
    chosen = fewest(points)
    assert chosen.quality > max(p.quality for p in points) * (1 - MAX_LOSS)
    assert chosen.quality > points[0].quality + 0.03  # the first dimensions are backdrop
    np.testing.assert_allclose(reduction.truncated(8)(ROWS), reduction(ROWS)[:, :8], atol=1e-4)


def test_a_learned_projection_is_truncated_to_the_requested_dimensions() -> None:
    learned, measure = fit_learned(ROWS, CATALOGUE, 24), by_labels(CATALOGUE)
    assert isinstance(learned, Learned)
    assert measure is not None
    points = curve(learned, ROWS, measure)
    assert [p.dims for p in points] == [4, 8, 12, 16, 24]
    cut = learned.truncated(8)
    assert (cut.dims, cut.learned_dims, cut(ROWS[:3]).shape) == (8, 4, (3, 8))
    assert points[1].quality > measure(unit_rows(fit_pca(ROWS, 8)(ROWS)))  # labels aren't cut away


def test_a_catalogue_without_labels_has_no_measure() -> None:
    assert by_labels([ProductFields("nameless")] * 50) is None


def test_the_plot_is_written(tmp_path: Path) -> None:
    points = [Point(8, 0.5, 0.7), Point(16, 0.6, 0.8)]
    plot(points, points[1], tmp_path / "plot.png", "look")
    assert (tmp_path / "plot.png").read_bytes().startswith(b"\x89PNG")
