from dataclasses import replace

import numpy as np
import pytest

from es_mappings.layout import Vector
from indexer.relevance.metrics import evaluate
from indexer.spaces.reduction import Learned, Linear, fit_learned, fit_pca
from indexer.spaces.reduction.base import unit_rows
from indexer.spaces.reduction.discriminants import UNKNOWN, Column, Discriminant, entropy, fit_discriminants
from indexer.spaces.reduction.labels import label_columns
from indexer.spaces.reduction.measuring import shared_labels
from indexer.spaces.reduction.trials import Parts, keeps_unlabelled_order
from indexer.vectorizers.base import ProductFields
from tests.unit.indexer.catalogues import COLORS, KINDS, activations_of, products

FIT, MEASURED = products(600), products(150, seed=11)


def _ndcg(vectors: Vector, labels: list[str]) -> float:
    cosines = unit_rows(vectors) @ unit_rows(vectors).T
    ids = [str(place) for place in range(len(labels))]
    run = {i: [ids[p] for p in np.argsort(-cosines[int(i)]) if ids[p] != i] for i in ids}
    judged = {i: {j: 3 * (labels[int(i)] == labels[int(j)]) for j in ids if j != i} for i in ids}
    return evaluate(judged, run, ["ndcg@10"])["ndcg@10"].mean


def _kinds(catalogue: list[ProductFields]) -> list[str]:
    return [product.category[1] for product in catalogue]


def test_it_ignores_strong_variation_that_labels_do_not_explain() -> None:
    rows = activations_of(FIT)
    learned, pca = fit_learned(rows, FIT, 24), fit_pca(rows, 24)
    measured = activations_of(MEASURED)
    assert isinstance(learned, Learned)
    assert _ndcg(learned(measured), _kinds(MEASURED)) > _ndcg(pca(measured), _kinds(MEASURED)) + 0.2
    colors = [str(product.attributes["color"]) for product in MEASURED]
    assert _ndcg(learned(measured), colors) > _ndcg(pca(measured), colors) + 0.1


def test_it_learns_the_labels_that_images_predict_and_no_others() -> None:
    learned = fit_learned(activations_of(FIT), FIT, 24)
    assert isinstance(learned, Learned)
    assert [(head.name, head.classes) for head in learned.heads] == [("category.1", len(KINDS)), ("color", len(COLORS))]
    assert "NDCG@10 by cross-validation" in learned.why


def test_four_percent_of_wrong_labels_cost_little() -> None:
    draw = np.random.default_rng(1)
    wrong = [
        ProductFields(p.title, category=("all", str(draw.choice(KINDS))) if draw.random() < 0.04 else p.category)
        for p in FIT
    ]
    rows, measured = activations_of(FIT), activations_of(MEASURED)
    right = fit_learned(rows, [ProductFields(p.title, category=p.category) for p in FIT], 24)
    assert (
        _ndcg(fit_learned(rows, wrong, 24)(measured), _kinds(MEASURED))
        > _ndcg(right(measured), _kinds(MEASURED)) - 0.05
    )


def test_the_order_within_a_category_is_that_of_the_images() -> None:
    catalogue = [ProductFields(p.title, category=p.category) for p in FIT]
    rows = activations_of(FIT)
    learned = unit_rows(fit_learned(rows, catalogue, 24)(rows))
    pca = unit_rows(fit_pca(unit_rows(rows), 18)(unit_rows(rows)))
    mugs = np.flatnonzero(np.array(_kinds(FIT)) == "mug")
    upper = np.triu_indices(len(mugs), 1)
    by_learned, by_pca = ((v[mugs] @ v[mugs].T)[upper] for v in (learned, pca))
    assert np.corrcoef(by_learned, by_pca)[0, 1] > 0.8


@pytest.mark.parametrize(
    ("catalogue", "why"),
    [
        ([ProductFields("nameless") for _ in FIT], "labels are too few: 600 products, 0 labels"),
        (FIT[:20], "labels are too few: 20 products"),
        ([ProductFields(p.title, attributes={"warehouse": p.attributes["warehouse"]}) for p in FIT], "predict none"),
    ],
)
def test_without_learnable_labels_it_is_a_pca_with_the_reason(catalogue: list[ProductFields], why: str) -> None:
    fitted = fit_learned(activations_of(FIT)[: len(catalogue)], catalogue, 24)
    assert isinstance(fitted, Linear)
    assert fitted.kind == "pca"
    assert fitted.why.startswith("PCA: ")
    assert why in fitted.why


def test_a_measure_chooses_the_mix() -> None:
    rows = activations_of(FIT)
    shapes = []

    def measure(vectors: Vector) -> float:
        shapes.append(vectors.shape)
        return float(len(shapes))  # the last mix is the best

    fitted = fit_learned(rows, FIT, 24, measure=measure)
    assert isinstance(fitted, Learned)
    assert (fitted.linear, fitted.share) == (True, 0.9)
    assert {shape[0] for shape in shapes} == {600}
    assert "golden set" in fitted.why


def test_noise_is_not_memorised() -> None:
    draw = np.random.default_rng(2)
    rows, column = draw.normal(size=(80, 200)).astype(np.float32), draw.choice(["a", "b"], 80)
    [fitted] = fit_discriminants(rows, {"label": column})
    assert fitted.classes == ["a", "b"]
    assert (fitted.held_out.argmax(axis=1) == (column == "b")).mean() < 0.7
    assert fitted.loss == pytest.approx(np.log(2), abs=0.1)  # no better than chance


def test_groups_of_one_product_do_not_predict_its_class() -> None:
    column, alone = np.array(["a", "b"] * 50), np.arange(100).astype(str)
    assert entropy(column, np.zeros(100, str)) == pytest.approx(np.log(2), abs=0.02)
    assert entropy(column, column) < 0.02
    assert entropy(column, alone) == pytest.approx(np.log(2))


def test_labels_are_category_levels_and_attributes_that_repeat() -> None:
    catalogue = []
    for place in range(10):
        attributes = {"color": "red" if place < 8 else "blue", "lined": True, "sku": place, "sizes": ["S"]}
        catalogue.append(ProductFields("x", category=("Shop", "A", "A1"), attributes=attributes))
    for _ in range(9):
        attributes = {"color": "blue", "lined": False}
        catalogue.append(ProductFields("x", category=("Shop", "B", "B1"), attributes=attributes))
    catalogue.append(ProductFields("rare", category=("Shop", "C"), attributes={"color": "puce"}))
    columns = label_columns(catalogue)
    assert list(columns) == ["category.1", "color"]  # the level below and "lined" are equivalent to the first
    assert columns["category.1"].tolist() == ["Shop/A"] * 10 + ["Shop/B"] * 9 + [UNKNOWN]
    assert columns["color"].tolist() == ["red"] * 8 + ["blue"] * 11 + [UNKNOWN]


def test_shared_labels_are_a_share_of_the_known_ones() -> None:
    columns = {"kind": np.array(["a", "a", "b"]), "color": np.array(["red", UNKNOWN, "red"])}
    assert shared_labels(columns, slice(None)).tolist() == [[0, 0.5, 0.5], [1, 0, 0], [0.5, 0, 0]]


def test_a_mix_that_worsens_the_unlabelled_order_is_rejected() -> None:
    draw = np.random.default_rng(6)
    cut, kind = draw.integers(0, 4, 300), draw.integers(0, 2, 300)
    rest = np.asarray(np.eye(4)[cut] + draw.normal(size=(300, 4)) * 0.3, np.float32)  # shows the cut, and no more
    columns = {"category.0": kind.astype(str), "cut": cut.astype(str), "other": draw.integers(0, 4, 300).astype(str)}
    fitted = [_sure(name, column) for name, column in columns.items()]
    parts = Parts(rest, columns, fitted, unit_rows(rest), unit_rows(rest))
    assert keeps_unlabelled_order(parts, linear=False, share=1.0)
    assert not keeps_unlabelled_order(parts, linear=False, share=0.1)
    # The category is never held out: a catalogue with no other label may use any mix.
    assert keeps_unlabelled_order(replace(parts, fitted=fitted[:1]), linear=False, share=0.1)


def _sure(name: str, column: Column) -> Discriminant:
    classes = sorted(set(column))
    scores = np.asarray(8 * (column[:, None] == np.array(classes)), np.float32)
    return Discriminant(name, classes, np.zeros((4, len(classes)), np.float32), scores[0], scores, 0.01)
