"""What of a page's address its links repeat."""

import pytest
from flask import Flask

from webapp.addresses import repeated_query


@pytest.mark.parametrize(
    ("address", "repeated"),
    [
        ("/search?q=a&utm_source=x&fbclid=y&_=1", "q=a"),
        ("/search?utm_source=x", ""),
        ("/search?like=a%5E2&like=b+c&_=1&min-price=5&weight-look=2", "like=a%5E2&like=b+c&min-price=5&weight-look=2"),
        ("/search?%71=%C3%A9", "%71=%C3%A9"),
        ("/search?q=%ff", "q=%ff"),
        ("/workbench/queries?days=30", "days=30"),
    ],
)  # fmt: skip
def test_only_what_pages_read_is_repeated(address: str, repeated: str) -> None:
    with Flask(__name__).test_request_context(address):
        assert repeated_query() == repeated
