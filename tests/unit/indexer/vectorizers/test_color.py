import numpy as np
import pytest
from PIL import Image, ImageDraw

from indexer.vectorizers.color import ColorVectorizer

embed = ColorVectorizer()


def _shirt(color: str, backdrop: str = "white", size: int = 120) -> Image.Image:
    image = Image.new("RGB", (size, size), backdrop)
    ImageDraw.Draw(image).rectangle((size // 4, size // 5, size * 3 // 4, size * 4 // 5), fill=color)
    return image


def _cosine(a: Image.Image, b: Image.Image) -> float:
    x, y = embed([a, b])
    return float(x @ y)


def test_rows_are_unit_vectors() -> None:
    rows = embed([_shirt("red"), _shirt("navy"), Image.new("RGB", (1, 1))])
    assert rows.shape == (3, embed.dims)
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)


@pytest.mark.parametrize(
    ("color", "near", "far"),
    [
        ("#c01818", "#d22b2b", "#1840c0"),
        ("#1840c0", "#2b52d2", "#18a040"),
        ("black", "#202020", "white"),
        ("#f5a", "#f6b", "#a52"),
    ],
)
def test_near_colours_are_nearer_than_far_ones(color: str, near: str, far: str) -> None:
    assert _cosine(_shirt(color), _shirt(near)) > _cosine(_shirt(color), _shirt(far)) + 0.1


def test_the_backdrop_does_not_count() -> None:
    same_shirt = _cosine(_shirt("red", "white"), _shirt("red", "#88a"))
    same_backdrop = _cosine(_shirt("red", "#88a"), _shirt("green", "#88a"))
    assert same_shirt > same_backdrop + 0.2


def test_an_images_vector_does_not_depend_on_its_batch() -> None:
    alone = embed([_shirt("red")])[0]
    np.testing.assert_allclose(embed([_shirt("blue"), _shirt("red")])[1], alone, atol=1e-5)
