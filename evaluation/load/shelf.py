"""Read what a running shop sells, and log in as staff, before the load begins."""

from __future__ import annotations

import re

import httpx

from evaluation.load.mix import Shelf, photo_form
from indexer.errors import ProductSearchError

_PRODUCTS, _PHOTOS, _VALUES = 100, 8, 4
_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


class LoadTestError(ProductSearchError):
    """The shop can't be put under load; the message says what to do."""


def read_shelf(client: httpx.Client) -> Shelf:
    """Read products, filters, words and pictures of a shop.

    Raises
    ------
    LoadTestError
        The shop doesn't answer, or has no products with pictures.
    """
    everything = _get(client, "/api/search", size="1").json()
    categories = [str(value["value"]) for value in everything["facets"].get("category", [])]
    products = [
        p
        for category in categories or [""]
        for p in _get(client, "/api/search", size=str(_PRODUCTS), category=category, sort="newest").json()["products"]
    ]
    pictures = [str(p["image"]) for p in products if p["image"]]
    if not pictures:
        raise LoadTestError(f"{client.base_url} has no products with pictures; the load is made of them")
    photos = [_get(client, address).content for address in pictures[:: -(-len(pictures) // _PHOTOS)]]
    return Shelf(
        products=[(str(p["id"]), str((p["category"] or [""])[0])) for p in products],
        categories=categories or [""],
        filters=_filters(everything["facets"]),
        words=sorted({str(p["title"]).split()[-1].lower() for p in products}),
        pictures=pictures,
        photos=[photo_form(photo) for photo in photos],
    )


def _filters(facets: dict[str, list[dict[str, str]]]) -> list[str]:
    attributes: dict[str, list[dict[str, str]]] = facets.get("attributes", {})  # type: ignore[assignment]
    named = {"brand": facets.get("brand", []), **attributes}
    return [f"{name}:{value['value']}" for name, values in named.items() for value in values[:_VALUES]]


def staff_cookie(client: httpx.Client, staff: str) -> str:
    """Log in as the first member of staff, and return the cookie; empty if ``STAFF`` names nobody.

    Raises
    ------
    LoadTestError
        The shop refuses the login.
    """
    name, _, password = staff.partition(",")[0].partition(":")
    if not name:
        return ""
    token = _TOKEN.search(_get(client, "/staff/login").text)
    form = {"csrf_token": token[1] if token else "", "name": name, "password": password}
    answer = client.post("/staff/login", data=form)
    if answer.status_code != httpx.codes.SEE_OTHER:
        raise LoadTestError(
            f"{client.base_url} refuses the login of {name}: {answer.status_code}. Is STAFF the shop's?"
        )
    return "; ".join(f"{name}={value}" for name, value in client.cookies.items())


def _get(client: httpx.Client, path: str, **parameters: str) -> httpx.Response:
    try:
        answer = client.get(path, params=parameters or None)
    except httpx.HTTPError as error:
        raise LoadTestError(f"{client.base_url} doesn't answer: {error or type(error).__name__}") from error
    if answer.status_code != httpx.codes.OK:
        raise LoadTestError(f"{client.base_url} answers {answer.status_code} at {path}; the load needs 200")
    return answer
