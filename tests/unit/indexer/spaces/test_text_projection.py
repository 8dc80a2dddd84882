"""A text projection learns where words lie from texts whose pictures are known."""

import numpy as np
import pytest
from safetensors.numpy import load

from es_mappings.layout import Layout, Vector
from indexer.spaces.reduction import fit_pca
from indexer.spaces.text_projection import TextProjection, fit_text_projection
from indexer.spaces.vector_space import VectorSpace

LAYOUT = Layout.of({"look": 8, "color": 3, "text": 4})
RNG = np.random.default_rng(5)
_TO_LOOK, _TO_COLOR = RNG.normal(size=(12, 8)), RNG.normal(size=(12, 3))


def _shop(products: int) -> tuple[Vector, Vector]:
    """Return texts, and vectors whose pictures follow from them."""
    texts = RNG.normal(size=(products, 12)).astype(np.float32)
    pictures = zip(texts @ _TO_LOOK, texts @ _TO_COLOR, strict=True)
    return texts, np.stack([LAYOUT.compose({"look": look, "color": color}) for look, color in pictures])


def _fitted() -> TextProjection:
    texts, vectors = _shop(400)
    return fit_text_projection(texts, np.arange(400), vectors, LAYOUT)


def test_the_words_of_an_unseen_product_lie_at_its_picture() -> None:
    fitted, (texts, vectors) = _fitted(), _shop(200)
    projected = fitted(texts)
    assert set(projected) == {"look", "color"}  # not the text's own part
    near = projected["look"] @ vectors[:, :8].T
    assert (near.argmax(axis=1) == np.arange(200)).mean() > 0.5
    assert "held out" in fitted.why


def test_what_words_project_to_survives_the_space_and_names_it() -> None:
    fitted, (texts, _) = _fitted(), _shop(2)
    reductions = {"text": fit_pca(_shop(50)[0], 4)}
    space = VectorSpace({}, reductions, LAYOUT, fitted)
    tensors = load(VectorSpace({}, {}, LAYOUT, fitted).to_bytes())
    loaded = TextProjection.load(fitted.manifest, {k.removeprefix("text_projection."): t for k, t in tensors.items()})
    assert space.digest == VectorSpace({}, reductions, LAYOUT, loaded).digest
    assert space.digest != VectorSpace({}, reductions, LAYOUT).digest
    vector = space.compose_text(texts[0])
    assert [round(float(np.linalg.norm(vector[a.part])), 4) for a in LAYOUT.aspects] == [1, 1, 1]
    np.testing.assert_allclose(vector, VectorSpace({}, reductions, LAYOUT, loaded).compose_text(texts[0]), atol=1e-4)


def test_words_that_no_model_knows_lie_nowhere() -> None:
    space = VectorSpace({}, {"text": fit_pca(_shop(50)[0], 4)}, LAYOUT, _fitted())
    assert not space.compose_text(np.zeros(12, np.float32)).any()


def test_one_product_teaches_nothing() -> None:
    texts, vectors = _shop(1)
    with pytest.raises(ValueError, match="too few"):
        fit_text_projection(texts, np.arange(1), vectors, LAYOUT)
