from __future__ import annotations

import numpy as np
import pytest
from safetensors.numpy import load, save

from indexer.attribution import store
from indexer.attribution.features import Example
from indexer.attribution.kernels import gaussian, leave_one_out
from indexer.attribution.model import CATEGORY, fit_category
from indexer.attribution.outcome import DISPUTE
from indexer.vectorizers.base import ProductFields
from tests.unit.indexer.attribution.shapes import products


def test_leave_one_out_agrees_with_fits_without_each_row() -> None:
    random = np.random.default_rng(0)
    points, targets = random.normal(size=(12, 3)).astype(np.float32), random.normal(size=(12, 2)).astype(np.float32)
    kernel = gaussian(points, points)
    predictions, _ = leave_one_out(kernel, targets)
    for row in range(12):
        others = [other for other in range(12) if other != row]
        _, coefficients = leave_one_out(kernel[np.ix_(others, others)], targets[others])
        assert predictions[row] == pytest.approx(kernel[row, others] @ coefficients, abs=2e-3)


def test_missing_values_are_filled_and_wrong_ones_doubted() -> None:
    examples, truth = products(wrong=8, without=10)
    model, findings = fit_category(examples)
    assert [f["color"].value for f in findings] == truth
    assert all(f["color"].confidence >= model.least for f in findings[:10])
    assert [number for number, f in enumerate(findings) if f["color"].doubt >= DISPUTE] == list(range(10, 18))


def test_an_attribute_that_nothing_shows_is_not_predicted() -> None:
    examples, _ = products()
    model, findings = fit_category(examples)
    assert {head.name: head.shown for head in model.heads} == {"color": True, "luck": False, "shape": True}
    assert set(findings[0]) == {"color", "shape"}


def test_a_decision_is_trusted() -> None:
    examples, truth = products(wrong=8)
    decided = {(number, "color"): truth[number] for number in range(8)}
    model, _ = fit_category(examples, decided)
    head = next(h for h in model.heads if h.name == "color")
    assert set(range(8)) <= set(head.rows.tolist())


def test_new_products_are_predicted_and_those_without_an_image_by_their_words() -> None:
    examples, _ = products()
    model, _ = fit_category(examples)
    others, truth = products(40, seed=9)
    assert [f["color"].value for f in model(others)] == truth
    [spoken] = model([Example({}, ProductFields("A red thing", category=("Things",)))])
    assert spoken["color"].value == "red"
    assert spoken["color"].doubt == 0.0


def test_the_category_below_the_first_is_an_attribute_too() -> None:
    examples, _ = products()
    deeper = [
        Example(e.activations, ProductFields(e.fields.title, category=("Things", str(e.fields.attributes["shape"]))))
        for e in examples
    ]
    model, findings = fit_category(deeper, sources=("picture", "color"))
    assert [h.name for h in model.used] == [CATEGORY]
    assert all(f[CATEGORY].value == e.fields.category[1] for f, e in zip(findings, deeper, strict=True))


def test_a_loaded_model_predicts_the_same() -> None:
    examples, _ = products()
    model, _ = fit_category(examples)
    again = store.from_parts(store.to_manifest(model), load(save(store.to_tensors(model))))
    others, _ = products(20, seed=9)
    assert again(others) == model(others)
