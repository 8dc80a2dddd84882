"""Products of an index that can't be read are not taken for deleted ones."""

import secrets
from collections.abc import Iterator

import pytest
from elasticsearch import BadRequestError, Elasticsearch, NotFoundError

from indexer.elastic.product_index import ProductIndex
from indexer.embedding import stored_products


@pytest.fixture
def index(client: Elasticsearch) -> Iterator[ProductIndex]:
    name = f"multi-get-{secrets.token_hex(4)}"
    product = {"id": "a", "title": "A", "source": "s"}
    client.index(index=name, id="a", document=product, refresh=True)
    yield ProductIndex(client, name)
    client.indices.delete(index=name)


def test_products_are_distinguished_from_those_that_are_gone(index: ProductIndex) -> None:
    products, gone = stored_products.read(index, ["a", "b"], None)
    assert (list(products), gone) == (["a"], ["b"])


def test_a_closed_index_is_an_error(index: ProductIndex) -> None:
    index.client.indices.close(index=index.name)
    with pytest.raises(BadRequestError, match="index_closed"):
        stored_products.read(index, ["a"], None)


def test_a_missing_index_is_an_error(client: Elasticsearch) -> None:
    with pytest.raises(NotFoundError):
        stored_products.read(ProductIndex(client, "no-such-index"), ["a"], None)
