"""The products of a page alone, for "Show more" and sliders that move."""

import re

import pytest
from flask.testing import FlaskClient

from tests.live.shopping import search


def _products(html: str) -> str:
    """Return the part of a page that shows products, without how long they took and the point in time to read on from.

    A page read a second after another may have a newer point in time.
    """
    found = re.search(r'(<(section|div)[^>]* id="results".*?)(?:</section>|</div>\s*</section>|\Z)', html, re.DOTALL)
    assert found
    return re.sub(r' in \d+ ms|(?<=cursor=)[^&"]+', "", found[1]).strip().removesuffix("</div>").strip()


@pytest.mark.parametrize("of", ["listing", "liked", "product", "nothing"])
def test_a_part_is_what_the_whole_page_has(web: FlaskClient, of: str) -> None:
    first = search(web, category="Dresses", size=1)["products"][0]["id"]
    address = {
        "listing": "/search?category=Dresses&size=12",
        "liked": f"/search?category=Dresses&like={first}&weight=look:1&weight=color:0.5",
        "product": f"/products/{first}?weight=look:1",
        "nothing": "/search?category=Dresses&price_min=1000000",
    }[of]
    web.get(address)  # begins a visit, whose query links name
    whole, part = (web.get(f"{address}{more}").text for more in ("", "&part=products"))
    assert _products(part) == _products(whole)
    assert 'data-product="' in part or of == "nothing"
    assert "<header" not in part
    assert "data-filters" not in part
    assert len(part) < 0.8 * len(whole)


def test_products_alone_are_no_visit(web: FlaskClient) -> None:
    liked, viewed = (product["id"] for product in search(web, category="Dresses", size=2)["products"])
    web.get(f"/search?like={liked}&part=products")
    web.get(f"/products/{viewed}?like={liked}&part=products")
    remembered = web.get("/your-data.json").get_json()
    assert remembered["likes"] == []
    assert remembered["events"] == []
