import logging

import pytest
from flask import Blueprint, Flask

from indexer.settings import Settings
from webapp import access_log
from webapp.access_log import AddressStyle, PrivacyFilter, shortened


@pytest.mark.parametrize(
    ("address", "how", "written"),
    [
        ("203.0.113.77", "short", "203.0.113.0"),
        ("2001:db8:1234:5678:9abc::1", "short", "2001:db8:1234::"),
        ("::ffff:203.0.113.77", "short", "203.0.113.0"),  # an IPv4 client of an IPv6 socket
        ("fe80::1%eth0", "short", "fe80::"),
        ("203.0.113.77", "full", "203.0.113.77"),
        ("203.0.113.77", "none", "-"),
        ("unix:", "short", "-"),
        ("<script>", "full", "-"),
        (None, "short", "-"),
    ],
)
def test_addresses_are_shortened_as_the_setting_says(address: str | None, how: AddressStyle, written: str) -> None:
    assert shortened(address, how) == written


@pytest.fixture
def app() -> Flask:
    app = Flask("test")
    bag = Blueprint("bag", "bag")
    bag.add_url_rule("/bag/orders/<number>", "ordered", lambda number: "done")
    app.register_blueprint(bag)
    app.add_url_rule("/products/<path:product_id>", "product", lambda product_id: "done")
    app.add_url_rule("/fails", "fails", lambda: str(1 // 0))
    access_log.register(app, Settings())
    return app


def _logged(app: Flask, path: str, caplog: pytest.LogCaptureFixture) -> logging.LogRecord:
    with caplog.at_level(logging.INFO, "webapp.access_log"):
        app.test_client().get(path, environ_base={"REMOTE_ADDR": "203.0.113.77"}, headers={"Referer": "/search?q=red"})
    [record] = [record for record in caplog.records if record.name == "webapp.access_log"]
    return record


@pytest.mark.parametrize(
    ("path", "written", "status"),
    [
        ("/products/dress-1?like=toy-2&photo=secret", "/products/dress-1", 200),
        ("/bag/orders/1A2B3C4D", "/bag/orders/<number>", 200),
        ("/products/a%0Aforged%20line", "/products/a%0Aforged%20line", 404),
        ("/nothing?q=red", "/nothing", 404),
        ("/fails?q=red", "/fails", 500),
        ("/products/" + "x" * 5_000, "/products/" + "x" * 190, 200),
    ],
)
def test_a_line_tells_what_was_asked_for_and_not_by_whom(
    app: Flask, caplog: pytest.LogCaptureFixture, path: str, written: str, status: int
) -> None:
    record = _logged(app, path, caplog)
    fields = vars(record)  # what JSON logs have
    assert (fields["method"], fields["path"], fields["status"], fields["address"]) == (
        "GET", written, status, "203.0.113.0",
    )  # fmt: skip
    assert record.getMessage().startswith(f"GET {written} {status}, ")
    for private in ("toy-2", "secret", "1A2B3C4D", "red", "113.77"):
        assert private not in record.getMessage()
    assert "\n" not in record.getMessage()


@pytest.mark.parametrize(
    ("said", "written"),
    [
        ("Error handling request GET /search?q=red&like=a", "Error handling request GET /search?..."),
        ("Invalid request from ip=203.0.113.77: 'GET /?q=red'", "Invalid request from ip=203.0.113.0: 'GET /?...'"),
        ("Invalid request from ip=2001:db8:1:2::3: bad", "Invalid request from ip=2001:db8:1::: bad"),
        ("Booting worker with pid: 7", "Booting worker with pid: 7"),
    ],
)  # fmt: skip
def test_what_gunicorn_says_about_a_request_has_no_query_and_no_address(said: str, written: str) -> None:
    record = logging.makeLogRecord({"msg": "%s", "args": (said,)})
    assert PrivacyFilter("short").filter(record)
    assert record.getMessage() == written


def test_an_answer_says_how_long_the_shop_took(app: Flask) -> None:
    name, _, duration = app.test_client().get("/products/a").headers["Server-Timing"].partition(";dur=")
    assert name == "app"
    assert float(duration) >= 0
