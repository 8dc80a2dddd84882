from itertools import pairwise

import numpy as np
import pytest

from es_mappings.layout import Vector
from indexer.spaces.reduction import Learned, Linear, fit_learned, fit_pca, fit_within
from indexer.spaces.reduction.base import unit_rows
from indexer.spaces.reduction.measuring import by_gains
from indexer.vectorizers.base import ProductFields
from tests.unit.indexer.catalogues import KINDS

DRAW = np.random.default_rng(5)
COUNT, DIMS = 600, 40
# Shoppers choose by a cut that no label names; it varies less than the backdrop, and so do the categories.
CUTS, CATEGORIES = DRAW.integers(0, 5, COUNT), DRAW.integers(0, len(KINDS), COUNT)
ROWS = np.asarray(
    DRAW.normal(size=(5, DIMS))[CUTS]
    + DRAW.normal(size=(len(KINDS), DIMS))[CATEGORIES]
    + DRAW.normal(size=(COUNT, 8)) @ (np.linalg.qr(DRAW.normal(size=(DIMS, 8)))[0].T * 4)
    + DRAW.normal(size=(COUNT, DIMS)) * 0.3,
    np.float32,
)
CATALOGUE = [ProductFields(f"product {place}", category=("all", KINDS[c])) for place, c in enumerate(CATEGORIES)]
UNLIKED = slice(300, None)


def _likes() -> np.ndarray[tuple[int, int], np.dtype[np.intp]]:
    """Pair products of one cut in the first half, whatever their category."""
    pairs = [pair for cut in range(5) for pair in pairwise(np.flatnonzero(CUTS[:300] == cut))]
    pairs += [(a, c) for (a, _), (_, c) in pairwise(pairs) if CUTS[a] == CUTS[c]]
    return np.array(pairs, np.intp)


def _by_cut(vectors: Vector) -> float:
    cuts = CUTS[UNLIKED]
    gains = np.asarray(cuts[:, None] == cuts[None], np.float32)
    np.fill_diagonal(gains, 0)
    return by_gains(gains)(unit_rows(vectors[UNLIKED]))


def test_likes_teach_what_labels_do_not_name() -> None:
    labels, likes = fit_learned(ROWS, CATALOGUE, 30), fit_learned(ROWS, CATALOGUE, 30, likes=_likes())
    assert isinstance(likes, Learned)
    assert "likes count" in likes.why
    assert "likes" not in labels.why
    assert _by_cut(likes(ROWS)) > max(_by_cut(labels(ROWS)), _by_cut(fit_pca(ROWS, 30)(ROWS))) + 0.1


def test_likes_teach_a_catalogue_without_labels() -> None:
    nameless = [ProductFields("nameless") for _ in CATALOGUE]
    fitted = fit_learned(ROWS, nameless, 30, likes=_likes())
    assert isinstance(fitted, Linear)
    assert fitted.kind == "within"
    assert "labels are too few" in fitted.why
    assert _by_cut(fitted(ROWS)) > _by_cut(fit_pca(ROWS, 30)(ROWS)) + 0.1


@pytest.mark.parametrize(
    ("likes", "why"),
    [
        (_likes()[:30], "likes are too few: 30 pairs"),
        (DRAW.permutation(COUNT)[:400].reshape(-1, 2), "200 likes add too little"),
    ],
)
def test_uninformative_likes_change_nothing(likes: np.ndarray[tuple[int, int], np.dtype[np.intp]], why: str) -> None:
    with_likes, without = (fit_within(ROWS, None, 30, pairs) for pairs in (likes, likes[:0]))
    assert why in with_likes.why
    np.testing.assert_allclose(with_likes.components, without.components, atol=1e-5)


def test_strong_directions_within_groups_count_less_and_noise_stays_small() -> None:
    groups = np.array([KINDS[c] for c in CATEGORIES])
    within, pca = fit_within(ROWS, groups, 20), fit_pca(ROWS, 20)
    assert within.dims == pca.dims == 20
    assert _by_cut(within(ROWS)) > _by_cut(pca(ROWS)) + 0.03  # the backdrop drowned the cut
    # So few products that most directions are noise: no direction is blown up.
    few = fit_within(ROWS[:12], groups[:12], 10)
    lengths = np.linalg.norm(few.components, axis=1)
    assert lengths.max() < 2 * lengths.min()


def test_fewer_dimensions_keep_less() -> None:
    within = fit_within(ROWS, np.array([KINDS[c] for c in CATEGORIES]), 20)
    kept = [within.truncated(size).kept for size in (5, 10, 20)]
    assert kept == sorted(kept)
    assert 0 < kept[0] < kept[-1] <= 1
    np.testing.assert_allclose(within.truncated(5)(ROWS), within(ROWS)[:, :5], atol=1e-4)
