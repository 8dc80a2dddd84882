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
from indexer.spaces.reduction.trials import Parts, keeps_the_rest
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


def test_it_sees_through_what_varies_most_and_means_nothing() -> None:
    rows = activations_of(FIT)
    learned, pca = fit_learned(rows, FIT, 24), fit_pca(rows, 24)
    shown = activations_of(MEASURED)
    assert isinstance(learned, Learned)
    assert _ndcg(learned(shown), _kinds(MEASURED)) > _ndcg(pca(shown), _kinds(MEASURED)) + 0.2
    colors = [str(product.attributes["color"]) for product in MEASURED]
    assert _ndcg(learned(shown), colors) > _ndcg(pca(shown), colors) + 0.1


def test_it_learns_what_pictures_show_and_leaves_out_what_they_do_not() -> None:
    learned = fit_learned(activations_of(FIT), FIT, 24)
    assert isinstance(learned, Learned)
    assert [(head.name, head.classes) for head in learned.heads] == [("category.1", len(KINDS)), ("color", len(COLORS))]
    assert "NDCG@10 by cross-validation" in learned.why


def test_wrong_labels_in_twenty_five_take_little() -> None:
    draw = np.random.default_rng(1)
    wrong = [
        ProductFields(p.title, category=("all", str(draw.choice(KINDS))) if draw.random() < 0.04 else p.category)
        for p in FIT
    ]
    rows, shown = activations_of(FIT), activations_of(MEASURED)
    right = fit_learned(rows, [ProductFields(p.title, category=p.category) for p in FIT], 24)
    assert _ndcg(fit_learned(rows, wrong, 24)(shown), _kinds(MEASURED)) > _ndcg(right(shown), _kinds(MEASURED)) - 0.05


def test_the_order_within_a_category_is_the_pictures() -> None:
    catalogue = [ProductFields(p.title, category=p.category) for p in FIT]
    rows = activations_of(FIT)
    learned = unit_rows(fit_learned(rows, catalogue, 24)(rows))
    pca = unit_rows(fit_pca(unit_rows(rows), 18)(unit_rows(rows)))
    mugs = np.flatnonzero(np.array(_kinds(FIT)) == "mug")
    upper = np.triu_indices(len(mugs), 1)
    ours, theirs = ((v[mugs] @ v[mugs].T)[upper] for v in (learned, pca))
    assert np.corrcoef(ours, theirs)[0, 1] > 0.8


@pytest.mark.parametrize(
    ("catalogue", "why"),
    [
        ([ProductFields("nameless") for _ in FIT], "labels are too few: 600 products, 0 labels"),
        (FIT[:20], "labels are too few: 20 products"),
        ([ProductFields(p.title, attributes={"warehouse": p.attributes["warehouse"]}) for p in FIT], "tell nothing"),
    ],
)
def test_without_labels_to_learn_from_it_is_a_pca_and_says_why(catalogue: list[ProductFields], why: str) -> None:
    fitted = fit_learned(activations_of(FIT)[: len(catalogue)], catalogue, 24)
    assert isinstance(fitted, Linear)
    assert fitted.kind == "pca"
    assert fitted.why.startswith("PCA: ")
    assert why in fitted.why


def test_the_measure_given_chooses_the_mix() -> None:
    rows = activations_of(FIT)
    asked = []

    def measure(vectors: Vector) -> float:
        asked.append(vectors.shape)
        return float(len(asked))  # the last one asked for is the best

    fitted = fit_learned(rows, FIT, 24, measure=measure)
    assert isinstance(fitted, Learned)
    assert (fitted.linear, fitted.share) == (True, 0.9)
    assert {shape[0] for shape in asked} == {600}
    assert "golden set" in fitted.why


def test_noise_is_not_learned_by_heart() -> None:
    draw = np.random.default_rng(2)
    rows, column = draw.normal(size=(80, 200)).astype(np.float32), draw.choice(["a", "b"], 80)
    [fitted] = fit_discriminants(rows, {"label": column})
    assert fitted.classes == ["a", "b"]
    assert (fitted.held_out.argmax(axis=1) == (column == "b")).mean() < 0.7
    assert fitted.loss == pytest.approx(np.log(2), abs=0.1)  # no better than chance


def test_knowing_the_category_by_heart_is_no_knowledge() -> None:
    column, alone = np.array(["a", "b"] * 50), np.arange(100).astype(str)
    assert entropy(column, np.zeros(100, str)) == pytest.approx(np.log(2), abs=0.02)
    assert entropy(column, column) < 0.02
    assert entropy(column, alone) == pytest.approx(np.log(2))


def test_labels_are_levels_and_attributes_that_repeat() -> None:
    catalogue = []
    for place in range(10):
        told = {"color": "red" if place < 8 else "blue", "lined": True, "sku": place, "sizes": ["S"]}
        catalogue.append(ProductFields("x", category=("Shop", "A", "A1"), attributes=told))
    for _ in range(9):
        told = {"color": "blue", "lined": False}
        catalogue.append(ProductFields("x", category=("Shop", "B", "B1"), attributes=told))
    catalogue.append(ProductFields("rare", category=("Shop", "C"), attributes={"color": "puce"}))
    columns = label_columns(catalogue)
    assert list(columns) == ["category.1", "color"]  # the levels below, and what is lined, say the same again
    assert columns["category.1"].tolist() == ["Shop/A"] * 10 + ["Shop/B"] * 9 + [UNKNOWN]
    assert columns["color"].tolist() == ["red"] * 8 + ["blue"] * 11 + [UNKNOWN]


def test_agreement_of_labels_counts_those_that_are_known() -> None:
    columns = {"kind": np.array(["a", "a", "b"]), "color": np.array(["red", UNKNOWN, "red"])}
    assert shared_labels(columns, slice(None)).tolist() == [[0, 0.5, 0.5], [1, 0, 0], [0.5, 0, 0]]


def test_a_mix_that_costs_the_order_by_what_is_not_told_is_out() -> None:
    draw = np.random.default_rng(6)
    cut, kind = draw.integers(0, 4, 300), draw.integers(0, 2, 300)
    rest = np.asarray(np.eye(4)[cut] + draw.normal(size=(300, 4)) * 0.3, np.float32)  # shows the cut, and no more
    columns = {"category.0": kind.astype(str), "cut": cut.astype(str), "other": draw.integers(0, 4, 300).astype(str)}
    fitted = [_sure(name, column) for name, column in columns.items()]
    parts = Parts(rest, columns, fitted, unit_rows(rest), unit_rows(rest))
    assert keeps_the_rest(parts, linear=False, share=1.0)
    assert not keeps_the_rest(parts, linear=False, share=0.1)
    # The category isn't taken for one that isn't named: a catalogue with no more is free to choose.
    assert keeps_the_rest(replace(parts, fitted=fitted[:1]), linear=False, share=0.1)


def _sure(name: str, column: Column) -> Discriminant:
    classes = sorted(set(column))
    scores = np.asarray(8 * (column[:, None] == np.array(classes)), np.float32)
    return Discriminant(name, classes, np.zeros((4, len(classes)), np.float32), scores[0], scores, 0.01)
