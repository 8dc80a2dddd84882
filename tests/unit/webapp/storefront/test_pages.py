"""What pages show, as their templates write it."""

from types import SimpleNamespace
from typing import Any

import pytest
from elastic_transport import ConnectionError as Unreachable
from flask import render_template_string
from flask.testing import FlaskClient

from es_mappings.results import Hit
from indexer.settings import Settings
from search.parameters import SearchParameters
from search.similarities import Match
from search.variants import Variants
from webapp import create_app
from webapp.services.resilience import ResilientNavigation
from webapp.storefront.links import Links

_CARD = '{% from "storefront/_card.html" import card with context %}{{ card(hit) }}'


@pytest.mark.parametrize(("images", "second"), [([], 0), (["a.jpg"], 0), (["a.jpg", "b.jpg", "c.jpg"], 1)])
def test_a_card_has_the_second_picture_if_there_is_one(images: list[str], second: int) -> None:
    app = create_app(Settings(redis_url="redis://127.0.0.1:1/0", elasticsearch_url="http://127.0.0.1:1"))
    product = {"id": "p", "title": "A dress", "price": 9.5, "currency": "EUR", "images": images}
    listing = SimpleNamespace(by_product={"p": Match()})
    with app.test_request_context():
        html = render_template_string(
            _CARD, hit=Hit(product, None, []), listing=listing, links=Links(SearchParameters()), reasons={}
        )
    assert html.count("second-picture") == second
    assert ("n=1" in html, "n=2" in html) == (bool(second), False)  # numbers of the others


def test_an_error_page_leads_on_with_the_likes_of_the_visit() -> None:
    app = create_app(Settings(redis_url="redis://127.0.0.1:1/0", elasticsearch_url="http://127.0.0.1:1"))
    web = app.test_client()
    with web.session_transaction() as session:
        session["likes"] = ["a^2"]
    page = web.get("/nothing-here").text
    assert '<input type="hidden" name="like" value="a^2">' in page  # of the search box
    for path in ("/", "/search", "/photo"):
        assert f'href="{path}?like=a^2"' in page or f'href="{path}?like=a%5E2"' in page


def test_likes_that_are_too_many_can_be_kept_by_who_opts_out_of_being_remembered() -> None:
    app = create_app(Settings(redis_url="redis://127.0.0.1:1/0", elasticsearch_url="http://127.0.0.1:1"))
    effects = SimpleNamespace(banners=[])
    listing = SimpleNamespace(search=SimpleNamespace(effects=effects), warnings=[])
    with app.test_request_context():
        html = app.jinja_env.get_template("storefront/_notices.html").render(
            listing=listing, links=Links(SearchParameters(like=("a", "b"))), is_full=True, most_likes=2
        )
    assert 'href="/lists?like=a&amp;like=b"' in html


def _product(product_id: str, *, in_stock: bool = True, **attributes: Any) -> dict[str, Any]:
    return {
        "id": product_id,
        "title": f"Shirt {product_id}",
        "price": 10.0,
        "currency": "EUR",
        "in_stock": in_stock,
        "images": [f"{product_id}-1.jpg", f"{product_id}-2.jpg"],
        "attributes": attributes,
    }


VARIANTS = [
    _product("red-s", color="red", Size="S", in_stock=False),
    _product("red-m", color="red", Size="M"),
    _product("blue-m", color="blue", Size="M"),
]
DRESS = _product("dress", color="red", sizes=["S", "M"])


@pytest.fixture
def web(monkeypatch: pytest.MonkeyPatch) -> FlaskClient:
    def unreachable(*_: object, **__: object) -> None:
        raise Unreachable("nobody there")

    products = {p["id"]: p for p in (*VARIANTS, DRESS)}
    monkeypatch.setattr(ResilientNavigation, "products", lambda _, ids: {i: products[i] for i in ids if i in products})
    monkeypatch.setattr(ResilientNavigation, "categories", lambda _: [])
    monkeypatch.setattr(ResilientNavigation, "goes_with", lambda *_: [])
    monkeypatch.setattr(ResilientNavigation, "listing", unreachable)
    monkeypatch.setattr(Variants, "of", lambda _, product: [product] if product["id"] == "dress" else VARIANTS)
    app = create_app(Settings(redis_url="redis://127.0.0.1:1/0", elasticsearch_url="http://127.0.0.1:1"))
    return app.test_client()


def test_sizes_of_one_product_are_radio_buttons_none_of_them_chosen(web: FlaskClient) -> None:
    page = web.get("/products/dress").text
    assert page.count('type="radio" name="size"') == 2
    assert 'value="S" required>' in page
    assert "checked" not in page
    assert "Choose a size first" not in page
    assert "Choose a size first" in web.get("/products/dress?missing=size").text


def test_sizes_that_are_products_lead_to_these_and_sold_out_ones_cannot_be_chosen(web: FlaskClient) -> None:
    page = web.get("/products/red-m").text
    assert 'type="radio" name="product_id" value="red-s" required disabled>' in page
    assert 'type="radio" name="product_id" value="red-m" required checked>' in page
    assert "blue-m" not in page.split('class="sizes"')[1].split("</fieldset>")[0]
    assert '<input type="hidden" name="product_id"' not in page.split('class="buy"')[1].split("</form>")[0]


def test_colours_are_links_with_pictures_the_present_one_marked(web: FlaskClient) -> None:
    row = web.get("/products/red-m?like=x").text.split('class="options"')[1].split("</ul>")[0]
    assert 'href="/products/blue-m?like=x"' in row
    assert row.count("<img") == 2
    assert row.split('aria-current="true"')[0].count("<a ") == 1


def test_each_picture_is_a_link_to_its_large_version(web: FlaskClient) -> None:
    page = web.get("/products/dress").text
    assert page.count("data-zoom>") == 2
    assert 'href="/pictures/dress/1440.webp?' in page
    assert 'id="picture-1"' in page


def test_a_quick_view_shows_the_product_alone_and_comes_back_to_itself(web: FlaskClient) -> None:
    page = web.get("/products/dress?part=quick").text
    assert 'id="quick-sizes"' in page
    assert 'name="back" value="/products/dress?part=quick"' in page
    assert 'href="/products/dress"' in page
    assert "Similar products" not in page


def test_the_tray_is_on_a_liked_products_page_too(web: FlaskClient) -> None:
    web.get("/compare/choose?back=/&add=dress")
    page = web.get("/products/red-m?like=red-m").text
    assert 'data-compared="dress"' in page
    assert "Shirt red-m, liked." in page
