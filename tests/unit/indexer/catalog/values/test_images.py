from pathlib import Path

import pytest

from indexer.catalog.values.changes import Changes
from indexer.catalog.values.images import read_address, read_images


@pytest.mark.parametrize(
    ("address", "read"),
    [
        (" https://a.example/b.jpg\n", "https://a.example/b.jpg"),
        ("//cdn.example/b.jpg", "https://cdn.example/b.jpg"),
        ("www.example.com/b.jpg", "https://www.example.com/b.jpg"),
        ("https://a.example/röd kjol.jpg?v=1&w=ö", "https://a.example/r%C3%B6d%20kjol.jpg?v=1&w=%C3%B6"),
        ("https://a.example/b%20c.jpg", "https://a.example/b%20c.jpg"),
        ("HTTP://a.example/b.jpg#top", "http://a.example/b.jpg"),
        ("img\\a b.jpg", "img/a b.jpg"),
        ("s3://bucket/a.jpg", "s3://bucket/a.jpg"),
        ("C:\\pics\\a.jpg", "C:\\pics\\a.jpg"),
        ("http://[::1/a.jpg", "http://[::1/a.jpg"),  # the fetch names what is wrong
        ("data:image/png;base64," + "A" * 10_000, "data:image/png;base64," + "A" * 177 + "…"),
    ],
)
def test_an_address_is_one_that_can_be_fetched(address: str, read: str) -> None:
    assert read_address(address) == read
    assert read_address(read) == read


@pytest.mark.parametrize(
    ("value", "images"),
    [
        ("a.jpg", ["file:///shop/a.jpg"]),
        ("a b.jpg|c.jpg", ["file:///shop/a%20b.jpg", "file:///shop/c.jpg"]),
        ("https://a/1.jpg,https://a/2,3.jpg , //b/4.jpg", ["https://a/1.jpg", "https://a/2,3.jpg", "https://b/4.jpg"]),
        ("https://a/1.jpg https://a/2.jpg", ["https://a/1.jpg", "https://a/2.jpg"]),
        ([{"src": "https://a/1.jpg", "position": 1}, {"url": "//a/2.jpg"}], ["https://a/1.jpg", "https://a/2.jpg"]),
        (["https://a/1.jpg", "", None], ["https://a/1.jpg"]),
        (["https://a/" + "x" * 3_000, "https://a/1.jpg"], ["https://a/1.jpg"]),
        ([f"https://a/{n}" for n in range(60)], [f"https://a/{n}" for n in range(50)]),
        (7, 7),  # the product's validation names it
        ([7], [7]),
    ],
)
def test_images_are_a_list_of_addresses(value: object, images: object) -> None:
    assert read_images(value, Path("/shop"), Changes()) == images


def test_an_address_that_cannot_be_fetched_is_named() -> None:
    read_images(["s3://bucket/a.jpg"], None, changes := Changes())
    assert [(change.rule, change.before) for change in changes] == [
        ("an image's address is neither http, https nor a file", "'s3://bucket/a.jpg'")
    ]
