"""Requests of an API client, for the tests."""

from typing import Any

from flask.testing import FlaskClient

from tests.conftest import Shop


def get(web: FlaskClient, path: str, **arguments: Any) -> dict[str, Any]:
    """Return the answer to a request, which must succeed."""
    answer = web.get(path, query_string=arguments)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.get_json()
    return body


def search(web: FlaskClient, **arguments: Any) -> dict[str, Any]:
    """Return one page of a listing."""
    return get(web, "/api/search", **arguments)


def bagged(shop: Shop, product_id: str, quantity: int = 1) -> dict[str, str]:
    """Return the fields of the form that puts a product into the bag, in the first of its sizes."""
    [size, *_] = shop.index.products([product_id])[product_id]["attributes"].get("sizes") or [""]
    return {"product_id": product_id, "quantity": str(quantity), "size": size}


def walk(web: FlaskClient, **arguments: Any) -> list[dict[str, Any]]:
    """Return all products of a listing, following its cursors."""
    products, cursor = [], ""
    while True:
        page = search(web, **arguments, **({"cursor": cursor} if cursor else {}))
        products += page["products"]
        cursor = page["next_cursor"]
        if not cursor:
            return products
