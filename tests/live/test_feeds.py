"""The same products, whatever system exported them: through the command into the index."""

import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from elasticsearch import Elasticsearch

from indexer.cli.load import load
from indexer.settings import Settings
from tests.feeds import EXPORTS, Product, write_exports
from tests.images import picture

PRODUCTS: list[Product] = [
    {
        "id": f"{style}-{color}",
        "style_id": style,
        "title": f"Röckchen {style}",
        "description": "Leicht & weich",
        "category": ["Damen", "Röcke"],
        "brand": "Marlowe",
        "price": 19.5,
        "images": [f"pictures/{style}-{color}.png"],
        "color": color,
    }
    for style in ("linen", "wool")
    for color in ("red", "blue")
]


@pytest.fixture
def index(client: Elasticsearch, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    name = f"{settings.index_name}-feed-{secrets.token_hex(3)}"
    monkeypatch.setenv("INDEX_NAME", name)
    yield name
    for made in client.indices.get(index=f"{name}*").body:
        client.indices.delete(index=made)


@pytest.mark.parametrize("name", EXPORTS)
def test_an_export_becomes_products(index: str, client: Elasticsearch, tmp_path: Path, name: str) -> None:
    (tmp_path / "pictures").mkdir()
    for product in PRODUCTS:
        (tmp_path / product["images"][0]).write_bytes(picture())
    file = write_exports(tmp_path, PRODUCTS)[name]
    options = ["--mapping", str(tmp_path / "mapping.toml")] if name == "mapped.csv" else []
    done = CliRunner().invoke(load, [str(file), "--keywords-only", *options])
    assert done.exit_code == 0, done.output
    assert f"{name}: read as" in done.output
    found = {hit["_source"]["id"]: hit["_source"] for hit in client.search(index=index, size=100)["hits"]["hits"]}
    assert set(found) == {product["id"] for product in PRODUCTS}
    for product in PRODUCTS:
        assert _comparable(found[product["id"]], name) == _expected(product, name, tmp_path)


def _comparable(document: dict[str, Any], name: str) -> dict[str, Any]:
    fields = ["title", "description", "category", "brand", "price", "style", "images"]
    without = {"currency"} if name in _NO_CURRENCY else set()
    colors = {"color": document["attributes"]["color"]}
    return {field: document.get(field) for field in {*fields, "currency"} - without} | colors


_NO_CURRENCY = {"shopify.csv", "woocommerce.csv", "magento.csv"}  # their exports don't say it


def _expected(product: Product, name: str, folder: Path) -> dict[str, Any]:
    fields = {f: product[f] for f in ("title", "description", "category", "brand", "price", "color")}
    if name == "akeneo.json":
        fields["category"] = product["category"][:1]  # its categories are codes, without order
    fields |= {"style": product["style_id"], "images": [(folder / product["images"][0]).as_uri()], "currency": "EUR"}
    return {field: value for field, value in fields.items() if field != "currency" or name not in _NO_CURRENCY}
