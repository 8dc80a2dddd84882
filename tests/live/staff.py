"""What members of staff do in the workbench, for the tests."""

from __future__ import annotations

from flask.testing import FlaskClient

from tests.conftest import Shop
from tests.forms import csrf_token
from webapp import create_app


def log_in(shop: Shop, name: str, levels: str = "") -> FlaskClient:
    """Return a browser in which somebody is logged in; ``levels`` as in STAFF_LEVELS."""
    web = create_app(shop.settings.model_copy(update={"staff_levels": levels})).test_client()
    assert shop.settings.staff
    passwords = dict(pair.split(":") for pair in shop.settings.staff.get_secret_value().split(","))
    token = csrf_token(web.get("/staff/login").text)
    web.post("/staff/login", data={"csrf_token": token, "name": name, "password": passwords[name]})
    return web


def post(web: FlaskClient, path: str, status: int = 303, **fields: object) -> str:
    """Send a form, and return the page that answers with a status."""
    token = csrf_token(web.get("/workbench/rules/new/file").text)
    answer = web.post(path, data={"csrf_token": token, **fields})
    assert answer.status_code == status, answer.text
    return answer.text
