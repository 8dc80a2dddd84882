"""A picture that says "no image": proposed, confirmed, and then no image."""

from pathlib import Path
from typing import Any

import pytest
from elasticsearch import Elasticsearch
from PIL import Image

from indexer.activations.placeholders import Placeholders
from indexer.settings import Settings
from tests.live.rolling import RollingShop

NO_IMAGE = range(3)  # numbers of the products that have it


class Shop(RollingShop):
    """A shop in which products of two categories share one picture, and two of one category share another."""

    def __init__(self, client: Elasticsearch, settings: Settings, folder: Path) -> None:
        super().__init__(client, settings, folder)
        self.index.ensure()
        for number, name in enumerate(("no-image", "shared", "5", "6", "7")):
            Image.new("RGB", (32, 32), (230, 230, 20 * number)).save(folder / f"{name}.png")
        for number in range(8):
            name = "no-image" if number in NO_IMAGE else "shared" if number < 5 else f"{number}"
            category = ["Toys"] if number == 0 else ["Dresses", "Midi"]
            self.write(self.upsert(number, category=category, images=[(folder / f"{name}.png").as_uri()]))
        self.open(0)
        self.placeholder = str(self.embedded(0)["image_digest"])

    def embedded(self, number: int) -> dict[str, Any]:
        return self.products()[f"p-{number:05d}"]["embedding"]  # type: ignore[no-any-return]

    def decide(self, *, is_placeholder: bool) -> list[str]:
        ids = Placeholders(self.index).decide(self.placeholder, is_placeholder=is_placeholder, by="ada")
        self.pipeline().vectorize(ids)
        return sorted(ids)


@pytest.fixture
def shop(client: Elasticsearch, settings: Settings, tmp_path: Path) -> Shop:
    return Shop(client, settings, tmp_path)


def test_a_picture_of_unrelated_products_is_proposed(shop: Shop) -> None:
    [proposed] = Placeholders(shop.index).proposed()
    assert (proposed.digest, proposed.products) == (shop.placeholder, len(NO_IMAGE))
    assert set(proposed.categories) == {"Toys", "Dresses"}


def test_a_confirmed_placeholder_counts_as_no_image_until_it_is_a_picture_again(shop: Shop) -> None:
    before = {i: p["vector"] for i, p in shop.products().items()}
    assert shop.decide(is_placeholder=True) == [f"p-{number:05d}" for number in NO_IMAGE]
    for number in NO_IMAGE:
        assert "image_digest" not in shop.embedded(number)
        assert shop.embedded(number)["reason"].startswith("the image is a placeholder")
        assert shop.embedded(number)["placeholders"] == [shop.placeholder]
    assert Placeholders(shop.index).proposed() == []
    assert shop.decide(is_placeholder=False) == [f"p-{number:05d}" for number in NO_IMAGE]
    assert {i: p["vector"] for i, p in shop.products().items()} == before
    assert "reason" not in shop.embedded(0)


def test_a_decision_counts_at_once_for_a_worker_that_embedded_just_before(shop: Shop) -> None:
    pipeline = shop.pipeline()
    ids = [f"p-{number:05d}" for number in NO_IMAGE]
    pipeline.vectorize(ids, recheck=True)
    placeholders = Placeholders(shop.index)
    pipeline.vectorize(placeholders.decide(shop.placeholder, is_placeholder=True, by="ada"), recheck=True)
    assert "image_digest" not in shop.embedded(0)
    pipeline.vectorize(placeholders.undo(shop.placeholder), recheck=True)
    assert shop.embedded(0)["image_digest"] == shop.placeholder


def test_a_decision_can_be_seen_and_undone(shop: Shop) -> None:
    placeholders = Placeholders(shop.index)
    assert [picture.digest for picture in placeholders.proposed()] == [shop.placeholder]
    placeholders.decide(shop.placeholder, is_placeholder=True, by="ada")
    assert placeholders.proposed() == []
    [decision] = placeholders.decided(10)
    assert (decision.digest, decision.is_placeholder, decision.by) == (shop.placeholder, True, "ada")
    assert decision.example
    assert decision.example["id"] in {f"p-{number:05d}" for number in NO_IMAGE}
    assert len(placeholders.undo(shop.placeholder)) == len(NO_IMAGE)
    assert placeholders.decided(10) == []
    assert [picture.digest for picture in placeholders.proposed()] == [shop.placeholder]


def test_a_new_product_with_a_confirmed_placeholder_has_no_image(shop: Shop) -> None:
    shop.decide(is_placeholder=True)
    shop.write(shop.upsert(9, images=[(shop.folder / "no-image.png").as_uri()]))
    shop.embed()
    assert shop.embedded(9)["placeholders"] == [shop.placeholder]
