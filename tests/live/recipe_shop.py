"""A shop of a few products, made and asked by the code that it runs over: `python recipe_shop.py < shop.json`.

Takes ``lines`` of a catalogue, ``vectors`` by product id and ``texts`` by words (aspect to its first numbers),
``events``, ``commands`` of the command line, and ``requests``; prints the answers to the requests.
"""

import json
import sys
from typing import Any
from unittest.mock import patch

import numpy as np
from click.testing import CliRunner
from elasticsearch.helpers import bulk

from es_mappings import product
from es_mappings.layout import Vector
from es_mappings.product import LAYOUT
from indexer.catalog import documents
from indexer.catalog.events import Upsert, parse_event, parse_line
from indexer.catalog.products import Product
from indexer.cli.main import main
from indexer.elastic.client import connect
from indexer.settings import Settings
from webapp import create_app
from webapp.services.text_queries import TextQueries
from workers.interactive import EmbeddedQuery

SPACE = "recipes"


def answers(shop: dict[str, Any]) -> list[Any]:
    """Create the index, fill it, and return its answers."""
    settings = Settings.from_environment()
    client, alias = connect(settings), settings.index_name
    aliases = {alias: {"is_write_index": True, "filter": product.ALIVE}}
    client.indices.create(
        index=f"{alias}-1", mappings=product.mapping(SPACE), settings=product.settings(), aliases=aliases
    )
    events = [parse_line(line) for line in shop["lines"]]
    bulk(client, [documents.write(alias, event) for event in events])
    products = {event.id: event.product for event in events if isinstance(event, Upsert)}
    bulk(client, [_embedded(alias, products[i], parts) for i, parts in shop.get("vectors", {}).items()])
    bulk(client, [documents.write(alias, parse_event(event)) for event in shop.get("events", [])])
    client.indices.refresh(index=alias)
    for command in shop.get("commands", []):
        done = CliRunner().invoke(main, command)
        if done.exit_code:
            raise SystemExit(done.output)
    texts = {words: EmbeddedQuery(_vector(parts), SPACE) for words, parts in shop.get("texts", {}).items()}
    web = create_app(settings).test_client()
    with patch.object(TextQueries, "embed", lambda _, words, __: texts.get(words)):
        return [web.get("/api/search", query_string=request).get_json(force=True) for request in shop["requests"]]


def _vector(parts: dict[str, list[float]]) -> Vector:
    dims = {aspect.name: aspect.dims for aspect in LAYOUT.aspects}
    padded = {name: np.pad(np.array(part, np.float32), (0, dims[name] - len(part))) for name, part in parts.items()}
    return LAYOUT.compose(padded)


def _embedded(alias: str, embedded: Product, parts: dict[str, list[float]]) -> documents.Action:
    source = documents.source_digest(embedded)
    return documents.embedded(alias, embedded.id, source, _vector(parts), space=SPACE)


if __name__ == "__main__":
    print(json.dumps(answers(json.load(sys.stdin))))  # noqa: T201 - its output
