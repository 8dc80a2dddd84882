"""Words as an anchor: their vectors come from a worker, and pictures that look like them come first."""

import json
from typing import Any

import numpy as np
import pytest
from flask.testing import FlaskClient

from indexer.errors import IndexStateError
from tests.conftest import Shop
from tests.live.shopping import search, walk
from webapp import create_app
from webapp.services.text_queries import TextQueries
from workers.queues.handle import Queues
from workers.text_queries import embed_text


def _truth(shop: Shop) -> dict[str, dict[str, Any]]:
    lines = (shop.catalogue.parent / "truth.jsonl").read_text().splitlines()
    return {product["id"]: product for product in map(json.loads, lines)}


def _share(products: list[dict[str, Any]], truth: dict[str, dict[str, Any]], **wanted: Any) -> float:
    """Return the share of products that have the wanted attributes, or are of the wanted kind."""
    values = [{**truth[p["id"]]["attributes"], "kind": truth[p["id"]]["kind"]} for p in products]
    return float(np.mean([all(v.get(name) == value for name, value in wanted.items()) for v in values]))


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("long evening gown", {"kind": "dress", "dress_length": "maxi"}),
        ("soft toy rabbit", {"toy_type": "bunny"}),
        ("laptop with a silver lid", {"kind": "laptop", "color": "silver"}),
        ("wall-mounted television", {"kind": "tv", "stand": "wall-mounted"}),
    ],
)
def test_words_bring_the_pictures_that_look_like_them(
    web: FlaskClient, shop: Shop, text: str, wanted: dict[str, Any]
) -> None:
    truth = _truth(shop)
    answer = search(web, text=text, size=10)
    everything = [{"id": product_id} for product_id in truth]
    assert answer["plan"]["strategy"] != "keywords"
    assert answer["total"]["value"] == len(truth)  # an order, not a filter
    assert _share(answer["products"], truth, **wanted) >= max(0.4, 3 * _share(everything, truth, **wanted))


def test_pictures_alone_answer_words(web: FlaskClient, shop: Shop) -> None:
    pictures = [f"{name}:0" for name in ("text", "attributes")]
    only_look = search(web, text="soft toy rabbit", weight=pictures, size=5)["products"]
    assert _share(only_look, _truth(shop), kind="toy") == 1


def test_beside_a_like_words_turn_the_order_and_the_like_stays_in_force(web: FlaskClient, shop: Shop) -> None:
    truth = _truth(shop)
    short = next(i for i, p in truth.items() if p["attributes"].get("dress_length") == "mini")
    alike, longer, little = (
        search(web, like=short, size=20, **more)["products"]
        for more in ({}, {"text": "long maxi dress"}, {"text": "long maxi dress^0.1"})
    )
    assert _share(longer, truth, kind="dress") == 1
    assert _share(longer, truth, dress_length="maxi") > _share(alike, truth, dress_length="maxi")

    def kept(products: list[dict[str, Any]]) -> int:
        return len({p["id"] for p in products} & {p["id"] for p in alike})

    assert kept(little) > kept(longer) > 0  # the like stays in force


def test_all_pages_of_a_text_query_are_one_list(web: FlaskClient, shop: Shop) -> None:
    pages = walk(web, text="striped dress", size=50)
    assert len({p["id"] for p in pages}) == len(pages) == len(_truth(shop))
    similarities = [p["similarity"] for p in pages]
    assert similarities == sorted(similarities, reverse=True)


def test_what_keywords_do_not_find_is_found_by_meaning_and_said(web: FlaskClient, shop: Shop) -> None:
    answer = search(web, q="ultrabook", size=5)
    assert answer["instead"] == "meaning"
    assert _share(answer["products"], _truth(shop), kind="laptop") == 1
    assert 0 < answer["total"]["value"] < len(_truth(shop))
    assert "come closest in meaning" in web.get("/search?q=ultrabook").text
    within = search(web, q="ultrabook", category="Dresses")
    assert all(p["category"][0] == "Dresses" for p in within["products"])  # filters stay
    found = walk(web, q="ultrabook", size=7)
    assert len(found) == len({p["id"] for p in found}) == answer["total"]["value"]
    assert search(web, q="ultrabook", verbatim="true")["total"]["value"] == 0


@pytest.mark.parametrize("nonsense", ["asdfgh", "hjkl xcvb", "quantum entanglement"])
def test_words_that_mean_nothing_here_find_nothing(web: FlaskClient, nonsense: str) -> None:
    answer = search(web, q=nonsense)
    assert (answer["total"]["value"], answer["instead"]) == (0, None)


def test_keywords_that_find_something_are_not_replaced(web: FlaskClient) -> None:
    answer = search(web, q="dress")
    assert (answer["instead"], answer["plan"]["strategy"]) == (None, "keywords")


def test_without_a_worker_words_are_keywords(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    web = create_app(shop.settings).test_client()
    monkeypatch.setattr(TextQueries, "embed", lambda *_: None)
    first = search(web, text="plush bunny", size=5)
    assert first["instead"] == "keywords"
    assert any("right now" in warning for warning in first["warnings"])
    assert "bunny" in first["products"][0]["title"].lower()
    following = search(web, text="plush bunny", size=5, cursor=first["next_cursor"])
    assert not {p["id"] for p in first["products"]} & {p["id"] for p in following["products"]}


def test_a_page_after_the_vector_of_the_words_is_lost_does_not_go_on_in_another_order(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    web = create_app(shop.settings).test_client()
    first = search(web, text="plush bunny", size=5)
    monkeypatch.setattr(TextQueries, "embed", lambda *_: None)
    answer = web.get("/api/search", query_string={"text": "plush bunny", "size": 5, "cursor": first["next_cursor"]})
    assert answer.status_code == 400
    assert "start from the first page" in answer.text


def test_a_worker_embeds_only_in_a_space_that_it_knows(shop: Shop) -> None:
    with Queues.open(shop.settings) as queues, pytest.raises(IndexStateError, match="not in"):
        embed_text(queues, "long dress", "0" * 16)
