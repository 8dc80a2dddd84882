import pytest

from indexer.catalog.values.stock import read_stock
from indexer.errors import CatalogError

IN = [
    "in stock",
    "In_Stock",
    "instock",
    "yes",
    "TRUE",
    "1",
    1,
    12,
    "12",
    "3,0",
    "https://schema.org/InStock",
    "auf Lager",
]
OUT = [
    "out of stock",
    "OutOfStock",
    "sold out",
    "no",
    "0",
    0,
    -2,
    "0.0",
    "preorder",
    "backorder",
    "on-backorder",
    "nein",
]


@pytest.mark.parametrize("value", IN)
def test_is_in_stock(value: object) -> None:
    assert read_stock(value) is True


@pytest.mark.parametrize("value", OUT)
def test_is_not_in_stock(value: object) -> None:
    assert read_stock(value) is False


def test_other_words_are_named() -> None:
    with pytest.raises(CatalogError, match="in_stock: 'maybe' is neither yes, no nor a count"):
        read_stock("maybe")
    assert read_stock([]) == []
