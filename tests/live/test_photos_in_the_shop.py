"""Searching with a photograph: results, what is stored, and what is refused."""

import io
import json
import re
from pathlib import Path
from typing import Any

import pytest
import redis
from flask.testing import FlaskClient
from PIL import Image, ImageDraw

from tests.conftest import Shop
from tests.forms import csrf_token
from tests.live.shopping import search
from webapp import create_app
from workers.interactive import EmbeddingServiceError
from workers.queues.handle import Queues

BOXES = ["1,2", "a,b,c,d", "0,0,0,1", "0,0,2,1", "nan,0,1,1", "-0.5,0,0.5,0.5", "0.5,0.5,0.6,0.1", ",,,", "1,2,3,4,5"]


def _picture(shop: Shop, web: FlaskClient, category: str = "Dresses") -> tuple[str, bytes]:
    """Return the picture of a product as a JPEG with markup in its EXIF data."""
    product_id = search(web, category=category, size=1)["products"][0]["id"]
    path = next(Path(shop.catalogue.parent).rglob(f"{product_id}*"))
    image, exif = Image.open(path).convert("RGB"), Image.Exif()
    exif[0x010E] = "<script>alert('description')</script>"  # ImageDescription
    file = io.BytesIO()
    image.save(file, "JPEG", quality=92, exif=exif)
    return product_id, file.getvalue()


def _upload(web: FlaskClient, data: bytes, name: str = "photo.jpg", **form: str) -> Any:
    token = csrf_token(web.get("/photo").text)
    return web.post("/photo", data={"csrf_token": token, "image": (io.BytesIO(data), name), **form})


def _ask(web: FlaskClient, data: bytes, query: str = "", **form: str) -> Any:
    return web.post(f"/api/similar-to-image{query}", data={"image": (io.BytesIO(data), "x"), **form})


def _stored(cache: redis.Redis, token: str) -> dict[str, Any]:
    value = cache.get(f"photo-vector:{token}")
    assert value
    stored: dict[str, Any] = json.loads(value)
    return stored


def test_a_photograph_of_a_product_finds_it_first(web: FlaskClient, shop: Shop) -> None:
    product_id, data = _picture(shop, web)
    answer = _upload(web, data, name="<img src=x onerror=alert(1)>.jpg", category="Dresses", like="unknown")
    assert answer.status_code == 303
    address = answer.headers["Location"]
    assert re.fullmatch(r"/search\?category=Dresses&like=unknown&photo=[\w-]{32}", address)
    page = web.get(address).text
    assert "onerror" not in page
    assert "alert(" not in page
    assert re.findall(r'data-product="(dress[^"]+)"', page)[0] == product_id
    stranger = create_app(shop.settings).test_client()
    assert stranger.get(address).status_code == 200


def test_the_api_answers_as_a_search_does(web: FlaskClient, shop: Shop) -> None:
    product_id, data = _picture(shop, web, "Toys")
    answer = _ask(web, data, "?in_stock=true&size=7").get_json()
    assert all(p["in_stock"] for p in answer["products"])
    assert len(answer["products"]) == 7
    whole = _ask(web, data, "?size=5").get_json()
    assert whole["products"][0]["id"] == product_id
    assert whole["products"][0]["similarity"] > 0.9
    again = search(web, photo=whole["photo"], size=5)
    assert again["products"] == whole["products"]
    after = search(web, photo=whole["photo"], size=5, cursor=whole["next_cursor"])["products"]
    assert not {p["id"] for p in after} & {p["id"] for p in whole["products"]}
    explained = search(web, photo=whole["photo"], size=1, explain="true")["products"][0]
    assert f"photo {whole['photo']}" in explained["why"]["anchors"]


def test_a_photograph_of_something_else_is_called_so(web: FlaskClient, shop: Shop) -> None:
    for category in ("Dresses", "Toys", "Laptops", "TVs"):
        _, data = _picture(shop, web, category)
        assert _ask(web, data, "?size=1").get_json()["warnings"] == []
    page = Image.new("RGB", (800, 1_000), "white")  # a page full of text
    draw = ImageDraw.Draw(page)
    for line in range(60):
        draw.text((40, 16 * line), "The quick brown fox jumps over the lazy dog, again and again. " * 2, fill="black")
    file = io.BytesIO()
    page.save(file, "JPEG")
    answer = _ask(web, file.getvalue(), "?size=1").get_json()
    assert "Nothing here is quite like your photograph" in answer["warnings"][0]
    assert answer["products"]


def test_a_box_selects_a_part_of_the_photograph(web: FlaskClient, shop: Shop) -> None:
    (one, left), (two, right) = _picture(shop, web, "Laptops"), _picture(shop, web, "Dresses")
    both = Image.new("RGB", (1_600, 1_000), "white")
    for place, data in enumerate((left, right)):
        both.paste(Image.open(io.BytesIO(data)).resize((800, 1_000)), (800 * place, 0))
    file = io.BytesIO()
    both.save(file, "PNG")
    for box, expected in (("0,0,0.5,1", one), ("0.5,0,0.5,1", two)):
        assert _ask(web, file.getvalue(), box=box).get_json()["products"][0]["id"] == expected


def _composed(shop: Shop, web: FlaskClient) -> tuple[list[str], bytes]:
    """Return two products, and a photograph of both on a striped ground."""
    photo = Image.new("RGB", (1_200, 900), (96, 120, 88))
    draw, products = ImageDraw.Draw(photo), []
    for x in range(0, 1_200, 60):
        draw.rectangle((x, 0, x + 9, 900), fill=(84, 104, 92))
    for place, category in ((90, "Dresses"), (690, "Toys")):
        product_id, data = _picture(shop, web, category)
        picture = Image.open(io.BytesIO(data))
        picture.thumbnail((420, 420))
        photo.paste(picture, (place, 240))
        products.append(product_id)
    file = io.BytesIO()
    photo.save(file, "PNG")
    return products, file.getvalue()


def test_each_product_on_a_photograph_is_found_without_a_new_upload(web: FlaskClient, shop: Shop) -> None:
    products, data = _composed(shop, web)
    answer = _ask(web, data, "?size=10").get_json()
    whole, *regions = answer["parts"]
    assert whole["box"] is None
    assert 2 <= len(regions) <= 5
    found = [[p["id"] for p in search(web, photo=region["photo"], size=10)["products"]] for region in regions]
    left = [ids for region, ids in zip(regions, found, strict=True) if region["box"][0] < 0.4]
    right = [ids for region, ids in zip(regions, found, strict=True) if region["box"][0] >= 0.4]
    assert any(products[0] in ids for ids in left)
    assert any(products[1] in ids for ids in right)
    assert answer["photo"] != whole["photo"]  # a part of it resembles a product more than all of it does
    assert set(products) & {p["id"] for p in answer["products"]}


def test_the_parts_of_a_photograph_are_links_that_keep_the_filters(web: FlaskClient, shop: Shop) -> None:
    _, data = _composed(shop, web)
    page = web.get(_upload(web, data, in_stock="true").headers["Location"]).text
    links = re.findall(r'<a href="([^"]+)" rel="nofollow" aria-label="Part \d of \d"( aria-current="true")?', page)
    assert len(links) >= 2
    assert sum(bool(chosen) for _, chosen in links) == 1
    for address, _ in links:
        assert "in_stock=true" in address
        assert web.get(address.replace("&amp;", "&")).status_code == 200
    assert "The whole photograph" in page


def test_no_parts_are_sought_of_what_the_shopper_framed(web: FlaskClient, shop: Shop) -> None:
    _, data = _composed(shop, web)
    assert len(_ask(web, data, box="0,0,0.5,1").get_json()["parts"]) == 1


@pytest.mark.parametrize(
    "hostile", [{"parts": "x"}, {"parts": [{"token": "../x", "box": None}]}, {"parts": [7]}, {"ratio": "wide"}]
)
def test_parts_that_somebody_else_wrote_are_not_shown(web: FlaskClient, shop: Shop, hostile: dict[str, Any]) -> None:
    _, data = _composed(shop, web)
    token = _ask(web, data).get_json()["photo"]
    cache, key = redis.Redis.from_url(shop.settings.redis_url), f"photo-vector:{token}"
    cache.set(key, json.dumps(_stored(cache, token) | hostile), ex=60)
    page = web.get(f"/search?photo={token}")
    assert page.status_code == 200
    assert "data-photograph" not in page.text


def test_only_the_vector_of_a_photograph_is_stored(web: FlaskClient, shop: Shop) -> None:
    cache = redis.Redis.from_url(shop.settings.redis_url)
    before = set(cache.scan_iter("*"))
    _, data = _picture(shop, web)
    answer = _ask(web, data).get_json()
    token, parts = answer["photo"], {f"photo-vector:{part['photo']}" for part in answer["parts"]}
    new = {key.decode() for key in set(cache.scan_iter("*")) - before}
    assert {key for key in new if "photo" in key} == parts
    assert 0 < cache.ttl(f"photo-vector:{token}") <= shop.settings.photo_minutes * 60
    assert set(_stored(cache, token)) == {"space", "vector", "closeness", "ratio", "parts"}
    assert not cache.llen("interactive")


def test_an_expired_photograph_is_reported(web: FlaskClient, shop: Shop) -> None:
    _, data = _picture(shop, web)
    token = _ask(web, data).get_json()["photo"]
    redis.Redis.from_url(shop.settings.redis_url).delete(f"photo-vector:{token}")
    for gone in (token, "x" * 32):
        answer = search(web, photo=gone)
        assert answer["plan"]["strategy"] == "keywords"
        assert "expired" in answer["warnings"][0]
    assert "Upload it again" in web.get(f"/search?photo={token}").text


@pytest.mark.parametrize("mode", ["auto", "any"])
def test_a_photograph_that_expires_between_two_pages_ends_the_list(web: FlaskClient, shop: Shop, mode: str) -> None:
    _, data = _picture(shop, web)
    toy = search(web, category="Toys", size=1)["products"][0]["id"]
    token = _ask(web, data).get_json()["photo"]
    lists = [{"photo": token, "mode": mode, "size": 5, **more} for more in ({}, {"like": toy})]
    cursors = [search(web, **asked)["next_cursor"] for asked in lists]
    for asked, cursor in zip(lists, cursors, strict=True):
        assert search(web, **asked, cursor=cursor)["products"]
    redis.Redis.from_url(shop.settings.redis_url).delete(f"photo-vector:{token}")
    for asked, cursor in zip(lists, cursors, strict=True):
        answer = web.get("/api/search", query_string={**asked, "cursor": cursor})
        assert (answer.status_code, answer.get_json()["parameter"]) == (400, "cursor")


def test_a_photograph_of_another_vector_space_is_not_used(web: FlaskClient, shop: Shop) -> None:
    _, data = _picture(shop, web)
    token = _ask(web, data).get_json()["photo"]
    cache, key = redis.Redis.from_url(shop.settings.redis_url), f"photo-vector:{token}"
    cache.set(key, json.dumps(_stored(cache, token) | {"space": "another"}), ex=60)
    assert "expired" in search(web, photo=token)["warnings"][0]


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (b"", "image"),
        (b"<script>alert(1)</script>", "not an image"),
        (b"\xff\xd8\xff" + b"x" * 500, "image"),
        (b"GIF89a" + b"\xff" * 60, "image"),
    ],
)
def test_an_invalid_image_is_refused(web: FlaskClient, data: bytes, word: str) -> None:
    answer = _ask(web, data)
    assert answer.status_code == 400
    assert word in answer.get_json(force=True)["detail"]
    page = _upload(web, data, name="<svg onload=alert(1)>")
    assert page.status_code == 400
    assert 'role="alert"' in page.text
    assert "onload" not in page.text


@pytest.mark.parametrize("box", BOXES)
def test_boxes_outside_the_image(web: FlaskClient, shop: Shop, box: str) -> None:
    _, data = _picture(shop, web)
    answer = _ask(web, data, box=box)
    assert (answer.status_code, answer.get_json(force=True)["parameter"]) == (400, "box")
    assert _upload(web, data, box=box).status_code == 400


def test_too_large(web: FlaskClient) -> None:
    assert _ask(web, b"\xff\xd8" * (11 * 2**20)).status_code == 413
    assert "20 MiB" in _ask(web, b"\xff\xd8" * (10 * 2**20 + 1)).get_json(force=True)["detail"]


def test_without_a_file(web: FlaskClient) -> None:
    assert web.post("/api/similar-to-image").status_code == 400
    assert _upload(web, b"", name="").status_code == 400


def test_no_worker(web: FlaskClient, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(queues: Queues, photo: bytes, box: Any) -> None:
        raise EmbeddingServiceError("nobody there")

    _, data = _picture(shop, web)
    monkeypatch.setattr("webapp.services.photos.embed_photo", away)
    for answer in (_ask(web, data), _upload(web, data)):
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
        assert "try again" in answer.get_data(as_text=True)
        assert "nobody there" not in answer.get_data(as_text=True)
