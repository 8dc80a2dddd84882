import numpy as np
import pytest

from evaluation.variants import CENTRED, METRICS, RAW, Reducers, judge, rank, variants
from indexer.vectorizers.base import ProductFields

RANDOM = np.random.default_rng(4)
FIT = (RANDOM.normal(size=(80, 12)) * np.linspace(3, 0.1, 12) + 5).astype(np.float32)
PRODUCTS = [ProductFields(f"t{i}", category=("all", f"kind {int(row[0] > 5)}")) for i, row in enumerate(FIT)]
POINTS = {"a": [0, 0], "near": [1, 1], "far": [9, 0], "side": [0, 1.9]}
VECTORS = {product: np.array(point, np.float32) for product, point in POINTS.items()}
GRADES = {"a": {"near": 3, "far": 0, "side": 1}, "gone": {"a": 3}}


def test_metrics_order_differently() -> None:
    assert rank(VECTORS, GRADES, "euclidean") == {"a": ["near", "side", "far"]}
    assert rank(VECTORS, GRADES, "manhattan") == {"a": ["side", "near", "far"]}
    turned = {product: vector + 1 for product, vector in VECTORS.items()}
    assert rank(turned, GRADES, "cosine")["a"][0] == "near"


@pytest.mark.parametrize("reduction", ["pca", "whitened", "random", "learned"])
def test_fewer_dimensions_are_the_first_of_more(reduction: str) -> None:
    reducers = Reducers(FIT, PRODUCTS, 8)
    few, many = (reducers.transform(reduction, dims)(FIT) for dims in (5, 8))
    assert (few.shape, many.shape) == ((80, 5), (80, 8))
    if reduction == "learned":  # rescaled for each number of dimensions
        assert np.allclose(many[:, :2], few[:, :2], atol=1e-4)
    else:
        assert np.allclose(many[:, :5], few, atol=1e-4)


def test_whitening_levels_the_spread_and_pca_keeps_it() -> None:
    reducers = Reducers(FIT, PRODUCTS, 8)
    assert np.allclose(reducers.transform("whitened", 8)(FIT).std(axis=0), 1, atol=0.02)
    spread = reducers.transform("pca", 8)(FIT).std(axis=0)
    assert spread[0] > 2 > spread[-1]


def test_centring_moves_the_mean_alone() -> None:
    reducers = Reducers(FIT, PRODUCTS, 8)
    assert np.allclose(reducers.transform(CENTRED, 12)(FIT).mean(axis=0), 0, atol=1e-4)
    assert reducers.transform(RAW, 12)(FIT) is FIT


def test_a_full_pca_orders_as_all_dimensions_do() -> None:
    reducers = Reducers(FIT, PRODUCTS, 12)
    activations = {f"p{i}": row for i, row in enumerate(RANDOM.normal(size=(30, 12)).astype(np.float32))}
    grades = {"p0": {f"p{i}": i % 4 for i in range(1, 30)}}
    [raw] = [v for v in variants("m", reducers, [], [], ["euclidean"]) if v.reduction == RAW]
    [full] = [v for v in variants("m", reducers, ["pca"], [12], ["euclidean"]) if v.reduction == "pca"]
    assert (
        judge(raw, reducers, activations, grades, "ndcg").run == judge(full, reducers, activations, grades, "ndcg").run
    )


def test_variants_leave_out_impossible_dimensions() -> None:
    listed = list(variants("m", Reducers(FIT, PRODUCTS, 512), ["pca"], [4, 8, 512], list(METRICS)))
    assert [(v.reduction, v.dims) for v in listed if v.metric == "cosine"] == [
        (RAW, 12), (CENTRED, 12), ("pca", 4), ("pca", 8)
    ]  # fmt: skip
    assert len(listed) == 12
