import gzip
import re

import pytest
from flask.testing import FlaskClient
from pydantic import SecretStr

from indexer.settings import Settings
from webapp import create_app


@pytest.fixture
def web() -> FlaskClient:
    settings = Settings(redis_url="redis://127.0.0.1:1/0", elasticsearch_url="http://127.0.0.1:1")
    return create_app(settings.model_copy(update={"staff": SecretStr("ada:a long one")})).test_client()


def _style(web: FlaskClient) -> str:
    found = re.search(r'href="(/static/[0-9a-f]{12}/shop\.css)"', web.get("/staff/login").text)
    assert found
    return found[1]


def test_a_page_names_its_styles_by_their_content_and_browsers_keep_them(web: FlaskClient) -> None:
    answer = web.get(_style(web))
    assert (answer.status_code, answer.mimetype) == (200, "text/css")
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"


def test_a_page_of_another_version_gets_styles_that_are_not_kept(web: FlaskClient) -> None:
    answer = web.get("/static/0123456789ab/shop.css")
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "public, max-age=60")


@pytest.mark.parametrize("path", ["", "shop.css"])
def test_an_address_without_a_version_works(web: FlaskClient, path: str) -> None:
    assert web.get(f"/static/{path}").status_code == (200 if path else 404)


@pytest.mark.parametrize("path", ["nothing.css", "../assets.py", "%2e%2e/assets.py", ""])
def test_nothing_else_is_served(web: FlaskClient, path: str) -> None:
    assert web.get(f"/static/0123456789ab/{path}").status_code == 404


def test_styles_and_pages_are_compressed_as_the_browser_can_read_them(web: FlaskClient) -> None:
    style = _style(web)
    plain = web.get(style).data
    zipped = web.get(style, headers={"Accept-Encoding": "gzip"})
    assert gzip.decompress(zipped.data) == plain
    assert web.get(style, headers={"Accept-Encoding": "gzip, br"}).headers["Content-Encoding"] == "br"
    page = web.get("/staff/login", headers={"Accept-Encoding": "br"})
    assert page.headers["Content-Encoding"] == "br"
    assert "Accept-Encoding" in page.headers["Vary"]
