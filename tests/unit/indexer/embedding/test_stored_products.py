from dataclasses import replace
from typing import Any

import pytest

from indexer.activations.image_addresses import Known
from indexer.embedding.image_embedder import Embedded
from indexer.embedding.stored_products import StoredProduct
from indexer.errors import ImageError, PlaceholderError
from indexer.vectorizers.base import ProductFields

IMAGE = "https://shop.example/1.jpg"


def _product(digest: str | None = "a", placeholders: tuple[str, ...] = ()) -> StoredProduct:
    digests = {IMAGE: digest} if digest else {}
    return StoredProduct((IMAGE,), digests, ProductFields("Dress"), "source", True, {}, frozenset(placeholders))


@pytest.mark.parametrize(
    ("product", "confirmed", "current"),
    [
        (_product(), set(), True),
        (_product(), {"b"}, True),
        (_product(), {"a"}, False),
        (_product(None, ("a",)), {"a"}, True),
        (_product(None, ("a",)), set(), False),
    ],
)
def test_a_decision_about_a_placeholder_makes_its_products_due(
    product: StoredProduct, confirmed: set[str], current: bool
) -> None:
    assert product.is_current({IMAGE: Known("a", due=False)}, confirmed) is current


@pytest.mark.parametrize(
    ("product", "image", "unchanged"),
    [
        (_product(), Embedded("a", {}), True),
        (_product(), Embedded("b", {}), False),
        (_product(), ImageError("gone"), True),
        (_product(), PlaceholderError("a"), False),
        (_product(None, ("a",)), PlaceholderError("a"), True),
        (_product(None, ("a",)), Embedded("a", {}), False),
    ],
)
def test_a_vector_is_made_again_if_an_image_became_a_placeholder_or_ceased_to_be_one(
    product: StoredProduct, image: Any, unchanged: bool
) -> None:
    assert product.is_unchanged({IMAGE: image}) is unchanged


def test_an_image_that_was_missing_is_looked_for_and_added() -> None:
    other = "https://shop.example/2.jpg"
    product = StoredProduct((IMAGE, other), {IMAGE: "a"}, ProductFields("Dress"), "source", True, {})
    known = {IMAGE: Known("a", due=False)}
    assert not product.is_current(known)
    assert product.is_unchanged({IMAGE: Embedded("a", {}), other: ImageError("gone")})
    assert not product.is_unchanged({IMAGE: Embedded("a", {}), other: Embedded("b", {})})
    whole = replace(product, digests={IMAGE: "a", other: "b"})
    assert whole.is_current(known | {other: Known("b", due=False)})
