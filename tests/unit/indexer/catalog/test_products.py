import pytest

from indexer.catalog.documents import product_document
from indexer.catalog.products import parse_product
from indexer.errors import CatalogError


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ({"title": "x"}, "id: Field required"),
        ({"id": "a"}, "title: Field required"),
        ({"id": "a", "title": " "}, "title: Field required"),
        ({"id": "a", "title": "<br>"}, "title: Field required"),
        ({"id": "..", "title": "x"}, "id: Value error, an address can't hold it"),
        ({"id": "a\nb", "title": "x"}, "id: String should match pattern"),
        ({"id": "\N{GRINNING FACE}" * 150, "title": "x"}, "id: Value error, longer than 512 bytes"),
        ({"id": "a", "title": "x", "price": "cheap"}, "price: 'cheap' is no price"),
        ({"id": "a", "title": "x", "price": -1}, "price: Input should be greater than or equal to 0"),
        ({"id": "a", "title": "x", "price": float("nan")}, "price: Input should be a finite number"),
        ({"id": "a", "title": "x", "images": 7}, "images: Input should be a valid list"),
        ({"id": "a", "title": "x", "attributes": "red"}, "attributes: Input should be a valid dictionary"),
        ({"id": "a", "title": "x", "version": -1}, "version: Input should be greater than or equal to 0"),
        ([], "product: Input should be a valid dictionary"),
        (None, "product: Input should be a valid dictionary"),
    ],
)
def test_the_error_of_an_invalid_product_names_the_field_and_the_fault(line: object, fault: str) -> None:
    with pytest.raises(CatalogError) as error:
        parse_product(line)
    assert fault in str(error.value)


def test_unknown_fields_are_stored_separately() -> None:
    product = parse_product({"id": "a", "title": "x", "vector": [1, 2], "season": "spring"})
    document = product_document(product)
    assert document["extra"] == {"vector": [1, 2], "season": "spring"}
    assert "vector" not in document
