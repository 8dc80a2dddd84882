"""Write shop.json.gz: the indices of a small shop as version 0.1 wrote them. Run it in a checkout of that version:

git worktree add /tmp/v0.1 d5b98fc && cd /tmp/v0.1
PYTHONPATH=. ELASTICSEARCH_URL=... python .../tests/live/version_0_1/write.py .../tests/live/version_0_1/shop.json.gz
"""

# mypy: ignore-errors
import gzip
import json
import sys
import tempfile
from pathlib import Path

from elasticsearch.helpers import scan
from indexer.fitting import fit_space

from indexer import indices
from indexer.elastic import connect
from indexer.settings import Settings
from tests.live.rolling import RollingShop

PRODUCTS = 16
COLORS = ("red", "blue", "green", "grey")


def main(path: Path) -> None:
    """Make the shop, write down its indices, and delete them."""
    settings = Settings(index_name="test-version-0-1")
    client = connect(settings)
    with tempfile.TemporaryDirectory() as folder:
        shop = RollingShop(client, settings, Path(folder))
        try:
            _fill(shop)
            text = json.dumps(_dump(client, shop.alias), sort_keys=True)
        finally:
            for name in client.indices.get(index=f"{shop.alias}*").body:
                client.indices.delete(index=name)
        text = text.replace(shop.alias, "ALIAS").replace(Path(folder).as_uri(), "FOLDER")
    with path.open("wb") as file, gzip.GzipFile(fileobj=file, mode="wb", mtime=0, filename="") as packed:
        packed.write(text.encode())


def _fill(shop: RollingShop) -> None:
    """Products of several categories, with several pictures, changed, deleted, and one that no worker has seen yet."""
    indices.ensure_index(shop.client, shop.alias)
    shop.write(*(_product(shop, n) for n in range(PRODUCTS)))
    shop.embed()
    fit_space(shop.client, shop.alias, shop.pipeline().vectorizers)
    shop.embed()
    shop.write(_product(shop, 3, 2, title="Renamed thing"), shop.delete(5, 2), _product(shop, PRODUCTS))
    shop.client.indices.refresh(index=shop.alias)


def _product(shop: RollingShop, number: int, version: int = 1, **fields: object):
    plain = shop.upsert(number, version).product
    images = [*plain.images, *shop.upsert(number + 100).product.images] if number % 4 == 0 else list(plain.images)
    values = {
        "description": f"A thing in {COLORS[number % 4]}",
        "category": ["Things", f"{COLORS[number % 4].capitalize()} things"],
        "brand": "Marlowe" if number % 2 else "Kestrel",
        "price": 10.0 + number,
        "attributes": {"color": COLORS[number % 4], "sizes": ["S", "M"]},
        "images": images,
    }
    return shop.upsert(number, version, **{**values, **fields})


def _dump(client, alias: str) -> dict:
    """Return each index with its mapping, analysis, aliases and documents."""
    dumped = {}
    for name, index in client.indices.get(index=f"{alias}*").body.items():
        hits = scan(client, index=name, query={"query": {"match_all": {}}, "_source": {"exclude_vectors": False}})
        dumped[name] = {
            "mappings": index["mappings"],
            "analysis": index["settings"]["index"].get("analysis", {}),
            "aliases": index["aliases"],
            "documents": {hit["_id"]: hit["_source"] for hit in hits},
        }
    return dumped


if __name__ == "__main__":
    main(Path(sys.argv[1]))
