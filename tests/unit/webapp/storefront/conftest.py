"""The storefront's addresses, without its pages."""

from collections.abc import Iterator

import pytest
from flask import Flask


@pytest.fixture(autouse=True)
def _addresses() -> Iterator[None]:
    app = Flask(__name__)
    app.add_url_rule("/search", "shop.listing")
    app.add_url_rule("/products/<product_id>", "shop.product")
    with app.test_request_context():
        yield
