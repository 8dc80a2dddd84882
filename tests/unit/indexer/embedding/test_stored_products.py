from dataclasses import replace
from typing import Any

import pytest

from indexer.activations.image_addresses import Known
from indexer.catalog import documents
from indexer.elastic.client import BulkFailure
from indexer.elastic.product_index import ProductIndex
from indexer.embedding import stored_products
from indexer.embedding.image_embedder import Embedded
from indexer.embedding.stored_products import StoredProduct
from indexer.errors import ImageError, PlaceholderError
from indexer.vectorizers.base import ProductFields
from tests.answers import answered

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


class _Client:
    """Has the products a, b and c, and a tombstone."""

    def perform_request(self, *_: Any, params: dict[str, str], body: dict[str, Any], **__: Any) -> Any:
        assert params == {"_source_excludes": "vector,pictures.vector"}
        docs = []
        for number, place in enumerate(body["docs"]):
            source = {"title": place["_id"], "source": "src", "price": 3.0}
            gone = {"deleted_at": "2026-01-01"} if place["_id"] == "tombstone" else {}
            docs.append({**place, "found": True, "_seq_no": number, "_primary_term": 1, "_source": {**source, **gone}})
        return answered({"docs": docs})


def test_products_that_others_wrote_meanwhile_are_left_to_the_script(monkeypatch: pytest.MonkeyPatch) -> None:
    client: Any = _Client()
    index = ProductIndex(client, "shop")
    products, gone = stored_products.read(index, ["a", "b", "c", "tombstone"], "s")
    assert (list(products), gone) == (["a", "b", "c"], ["tombstone"])
    sent: list[list[documents.Action]] = []
    missing, refused = BulkFailure("b", 404, "is missing"), BulkFailure("c", 400, "is refused")
    answers: list[list[BulkFailure | None]] = [[None, BulkFailure("b", 409, "is newer"), refused], [missing]]

    def write_to(_: ProductIndex, name: str, actions: list[documents.Action]) -> list[BulkFailure | None]:
        assert name == "shop-w1"
        sent.append(actions)
        return answers[len(sent) - 1]

    monkeypatch.setattr("indexer.elastic.write_targets.write_to", write_to)
    actions = [documents.embedded("shop", name, "src", None, space="s") for name in products]
    assert stored_products.write(index, "shop-w1", list(products.values()), actions) == [None, missing, refused]
    assert [(action["_op_type"], action["_id"], action.get("if_seq_no")) for action in sent[0]] == [
        ("index", "a", 0),
        ("index", "b", 1),
        ("index", "c", 2),
    ]
    assert sent[0][0]["_source"]["price"] == 3.0
    assert sent[1] == [actions[1]]
