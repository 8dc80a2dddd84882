"""Relaxed keywords, against a shop of a few products that matches words as Elasticsearch does."""

from types import SimpleNamespace
from typing import Any

import pytest
from elastic_transport import ObjectApiResponse

from es_mappings.configuration import DEFAULT, Configuration
from es_mappings.facets import Filters
from es_mappings.keywords import Keywords
from indexer.relevance.versions import Publication
from search.relaxation import Relaxation
from tests.answers import answered

PRODUCTS = [{"blue", "dress"}, {"polka", "dot", "dress"}, {"laptop", "16", "gb"}, {"notebook", "sleeve"}]
CORRECTIONS = {"blu": ["blue"], "dres": ["dress", "dots"], "laptp": ["laptop"], "polkadt": []}


class Synonyms:
    def apply(self, keywords: Keywords, configuration: Configuration = DEFAULT) -> Keywords:
        return keywords

    def like(self, word: str) -> tuple[str, ...]:
        return ("laptop",) if word == "lapptopp" else ()


class Client:
    def msearch(self, *, index: str, searches: list[dict[str, Any]]) -> ObjectApiResponse[Any]:
        return answered({"responses": [self._answer(search) for search in searches[1::2]]})

    def _answer(self, search: dict[str, Any]) -> dict[str, Any]:
        if "suggest" in search:
            text = search["suggest"]["corrections"]["text"].split()
            entries = [{"text": w, "options": [{"text": o} for o in CORRECTIONS.get(w, [])]} for w in text]
            return {"suggest": {"corrections": entries}}
        return {"hits": {"total": {"value": sum(_matches(search["query"], product) for product in PRODUCTS)}}}


def _matches(query: dict[str, Any], product: set[str]) -> bool:
    [(kind, body)] = query.items()
    if kind == "bool":
        return all(_matches(clause, product) for clause in [*body.get("must", []), *body["filter"]])
    if kind == "dis_max":
        return any(_matches(clause, product) for clause in body["queries"])
    if kind in {"term", "terms"}:  # ids and filters, which none of them has but one
        return bool(body == {"category_path": ["Shop"]})
    words = body["query"].split()
    least = len(words) + int(body.get("minimum_should_match", "0"))
    return sum(word in product for word in words) >= least


def _relaxation() -> Relaxation:
    index: Any = SimpleNamespace(client=Client(), alias="shop")
    synonyms: Any = Synonyms()
    return Relaxation(index, synonyms)


def _relaxed(q: str, **filters: Any) -> Keywords | None:
    search: Any = SimpleNamespace(
        parameters=SimpleNamespace(q=q),
        keywords=Keywords(q),
        filters=Filters(**filters),
        publication=Publication(),
    )
    return _relaxation().relaxed(search)


@pytest.mark.parametrize(
    ("q", "text"),
    [
        ("laptp", "laptop"),
        ("blu dres", "blue dress"),
        ("polkadot dress", "polka dot dress"),
        ("polkadot dres", "polka dot dress"),
        ("note book", "notebook"),
        ("laptp 16gb", "laptop 16 gb"),
        ("lapptopp", "laptop"),
    ],
)
def test_words_are_spelled_as_the_shop_spells_them(q: str, text: str) -> None:
    assert _relaxed(q) == Keywords(text)


def test_as_few_words_as_possible_are_left_open() -> None:
    assert _relaxed("blue laptop 16gb") == Keywords("blue laptop 16 gb", minimum_should_match="-1")
    assert _relaxed("quantum dress") == Keywords("quantum dress", minimum_should_match="-1")
    # What can't be corrected keeps nothing else from being corrected.
    assert _relaxed("blu dres quantum") == Keywords("blue dress quantum", minimum_should_match="-1")


@pytest.mark.parametrize("q", ["", "quantum", "quantum flux", " ".join(["blu"] * 13)])
def test_what_finds_nothing_at_all_stays_as_it_is(q: str) -> None:
    assert _relaxed(q) is None


def test_words_that_only_filters_keep_out_stay_as_they_are() -> None:
    assert _relaxed("laptp", category="Toys") is None


def test_a_category_is_there_if_it_has_a_product() -> None:
    assert _relaxation().has_category("Shop")
    assert not _relaxation().has_category("Nope")
