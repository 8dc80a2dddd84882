"""A small shop as version 0.1 wrote it, and what puts it into Elasticsearch."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

from elasticsearch import Elasticsearch
from elasticsearch.helpers import bulk

SHOP = Path(__file__).with_name("shop.json.gz")
PRODUCTS = [f"p-{number:05d}" for number in range(17) if number != 5]  # which was deleted
NEW = "p-00016"  # written, and not embedded yet


def restore(client: Elasticsearch, alias: str, folder: Path) -> None:
    """Write the shop's indices under an alias of its own; its pictures are, or will be, in a folder."""
    text = gzip.decompress(SHOP.read_bytes()).decode().replace("ALIAS", alias).replace("FOLDER", folder.as_uri())
    for name, index in json.loads(text).items():
        settings = {"number_of_shards": 1, "number_of_replicas": 0, "analysis": index["analysis"]}
        client.indices.create(index=name, mappings=index["mappings"], settings=settings, aliases=index["aliases"])
        documents = [{"_index": name, "_id": i, "_source": source} for i, source in index["documents"].items()]
        bulk(client, documents, refresh=True)
