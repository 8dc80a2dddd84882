"""Keywords in the language of a shop."""

import secrets
from collections.abc import Iterator

import pytest
from elasticsearch import Elasticsearch

from es_mappings.facets import Filters
from es_mappings.keywords import Keywords
from es_mappings.queries import browse
from indexer.catalog.documents import product_document
from indexer.catalog.products import parse_product
from indexer.checks.checking import check
from indexer.elastic.product_index import ProductIndex

GERMAN = {"kleid": "Rotes Sommerkleid", "jacke": "Warme Winterjacken für Mädchen", "buch": "Schöne Bücher"}
FRENCH = {"robe": "Robes d'été rayées", "jupe": "Jupe plissée", "lit": "L'oreiller et les draps"}


@pytest.fixture(params=["german", "french"])
def shop(request: pytest.FixtureRequest, client: Elasticsearch) -> Iterator[ProductIndex]:
    index = ProductIndex(client, f"words-{secrets.token_hex(4)}", language=request.param)
    index.ensure()
    for name, title in (GERMAN if request.param == "german" else FRENCH).items():
        document = product_document(parse_product({"id": name, "title": title, "attributes": {"art": "alltag"}}))
        client.index(index=index.alias, id=name, document=document)
    index.refresh()
    yield index
    for name in index.versions():
        client.indices.delete(index=name)


WORDS: dict[str, dict[str, str]] = {
    "german": {
        "winterjacke": "jacke",
        "maedchen": "jacke",
        "buch": "buch",
        "bücher": "buch",
        "schönes": "buch",
        "rote": "kleid",
    },
    "french": {"robe été": "robe", "rayée": "robe", "jupes plissées": "jupe", "oreillers": "lit", "drap": "lit"},
}


def test_other_forms_of_a_word_are_found(shop: ProductIndex) -> None:
    for words, name in WORDS[shop.language].items():
        hits = shop.search(query=browse(Keywords(words), Filters()))["hits"]["hits"]
        assert [hit["_id"] for hit in hits] == ([name]), words


def test_the_mappings_and_queries_of_that_language_pass_the_check(shop: ProductIndex) -> None:
    assert check(shop) == []
