"""Small files that ended whole loads, or buried what was sound in them: tests/files."""

from pathlib import Path
from typing import Any

import pytest
from elasticsearch import Elasticsearch

from indexer.catalog.event_lists import parse_events
from indexer.catalog.events import parse_line
from indexer.catalog.feeds.feed import open_feed
from indexer.catalog.feeds.reading import read_feed
from indexer.catalog.values.json_values import loads
from indexer.cli.load import write_catalog
from indexer.elastic.product_index import ProductIndex
from indexer.errors import CatalogError
from indexer.settings import Settings

FILES = Path(__file__).parents[1] / "files"


def _numbered(prefix: str, *numbers: int) -> set[str]:
    return {f"{prefix}{number}" for number in numbers}


# What each file's products are, and the lines that are refused.
WRITTEN: dict[str, tuple[set[str], set[int]]] = {
    "array.json": ({"a1", "a2"}, set()),
    "attribute_keyword.jsonl": ({"kw-1"}, set()),
    "bigint.jsonl": ({"b1", "b2", "b3"}, set()),
    "brand_attribute.jsonl": ({"ba-1", "ba-2", "ba-3"}, set()),
    "caret_id.jsonl": ({"a^0", "A^2"}, set()),
    "code_e306.jsonl": ({"code-9", "code-8"}, set()),
    "cp1252.csv": ({"1", "2"}, set()),
    "csv_list.csv": ({"ca1"}, set()),
    "dups.jsonl": ({"dup", "DUP"}, set()),
    "headers.csv": ({"1"}, set()),
    "hook_longid.json": (_numbered("nb-", *range(5)), {1}),
    "ids.jsonl": ({"ok-1"}, {1}),
    "images.jsonl": (_numbered("i", *range(1, 9)), set()),
    "merchant.tsv": ({"5001"}, set()),
    "nan.jsonl": ({"good1", "nan1", "good2"}, set()),
    "nulls.jsonl": (_numbered("n", *range(1, 15)), set()),
    "oldversion.jsonl": ({"dup"}, set()),
    "quote.csv": (_numbered("q", 2, 3, 4, 5), {2}),
    "semicolon.csv": ({"1001"}, set()),
    "shopify.csv": ({"LS-S", "LS-M"}, set()),
    "types.jsonl": (
        {"12345", "ABC/123", "SKU 7", "A#1", *_numbered("t", *range(2, 9), *range(11, 22), 23, *range(25, 29))},
        {23, 25},  # a negative price, and a version beyond what a double holds
    ),
}

# Values as they should be read, by file and product.
VALUES: dict[tuple[str, str], dict[str, Any]] = {
    ("brand_attribute.jsonl", "ba-1"): {"brand": "Acme", "attributes": {"brand": "Sub A", "color": "red"}},
    ("code_e306.jsonl", "code-9"): {"attributes": {"code": "12e306"}},
    ("cp1252.csv", "2"): {"title": "Röckchen für Mädchen \u2013 20 €"},
    ("csv_list.csv", "ca1"): {"attributes": {"sizes": ["S", "M", "L"], "screen": "15.6", "belted": "true"}},
    ("dups.jsonl", "dup"): {"title": "Third", "price": 3.0},
    ("images.jsonl", "i1"): {"images": ["https://127.0.0.1:8081/a.jpg"]},
    ("merchant.tsv", "5001"): {"category": ["Home", "Women", "Dresses"], "brand": "Acme"},
    ("semicolon.csv", "1001"): {"price": 19.99, "currency": "EUR"},
    ("types.jsonl", "12345"): {"title": "number id"},
    ("types.jsonl", "t3"): {"attributes": {"sizes": ["36", "38", "40"]}},
    ("types.jsonl", "t14"): {"price": 19.99, "currency": "EUR"},
    ("types.jsonl", "t20"): {"category": ["Home", "Women", "Dresses"]},
}


def test_each_file_is_listed() -> None:
    assert {file.name for file in FILES.iterdir()} == set(WRITTEN)


@pytest.mark.parametrize("name", WRITTEN)
def test_what_is_sound_is_written_and_the_rest_refused(settings: Settings, client: Elasticsearch, name: str) -> None:
    own = settings.model_copy(update={"index_name": f"{settings.index_name}files"})
    index, (ids, lines) = ProductIndex(client, own.index_name), WRITTEN[name]
    report = write_catalog(own, open_feed(FILES / name))
    try:
        index.refresh()
        found = client.search(index=index.alias, size=100, source_includes=["title"])["hits"]["hits"]
        assert {hit["_id"] for hit in found} == ids
        refused = [example["line"] for kind in report.to_dict()["refused"] for example in kind["examples"]]
        assert set(refused) == lines
        for (file, product_id), values in VALUES.items():
            if file == name:
                product = index.products([product_id])[product_id]
                assert {key: product[key] for key in values} == values
    finally:
        for version in index.versions():
            client.indices.delete(index=version)


@pytest.mark.parametrize("name", [name for name in WRITTEN if name.endswith(".jsonl")])
def test_the_hook_takes_what_a_load_takes(name: str) -> None:
    lines = (FILES / name).read_bytes().decode("utf-8", "surrogatepass").splitlines()
    accepted, errors = parse_events([{"type": "upsert", "product": loads(line)} for line in lines if line], 1)
    by_file = [event for _, event in read_feed(open_feed(FILES / name), parse_line)]
    # A relative path leads to a picture next to a file, and from an event nowhere.
    relative = {"i4"} if name == "images.jsonl" else set()
    taken = {event.id for event in by_file if not isinstance(event, CatalogError)}
    assert {event.id for _, event in accepted} == taken - relative
    assert len(errors) == sum(isinstance(event, CatalogError) for event in by_file) + len(relative)
