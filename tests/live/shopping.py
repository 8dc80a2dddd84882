"""What a client of the API does, for the tests."""

from typing import Any

from flask.testing import FlaskClient


def get(web: FlaskClient, path: str, **arguments: Any) -> dict[str, Any]:
    """Ask, expecting an answer."""
    answer = web.get(path, query_string=arguments)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.get_json()
    return body


def search(web: FlaskClient, **arguments: Any) -> dict[str, Any]:
    """Ask for one page of a listing."""
    return get(web, "/api/search", **arguments)


def walk(web: FlaskClient, **arguments: Any) -> list[dict[str, Any]]:
    """Follow a listing's cursors to its end: all its products."""
    products, cursor = [], ""
    while True:
        page = search(web, **arguments, **({"cursor": cursor} if cursor else {}))
        products += page["products"]
        cursor = page["next_cursor"]
        if not cursor:
            return products
