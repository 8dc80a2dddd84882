"""Each recipe of docs/search-team.md, followed: the requests and documents that the changed code makes."""

from pathlib import Path
from typing import Any

import numpy as np

from es_mappings import Anchor, Layout, scripts
from es_mappings.aspect_weights import CategoryWeights
from es_mappings.spellings import in_any_case
from tests.recipes import followed, recipes, run

SMALL = Layout.of({"look": 2, "color": 2})
LIKED = Anchor("dress-1", np.array([1, 0, 0, 1], np.float32))

PRELUDE = """
import json
import numpy as np
from es_mappings import Anchor, Filters, Keywords, Layout, browse, sort_by_similar
from es_mappings import facets, planner, product, search_page
from indexer.catalog import documents
from indexer.catalog.events import parse_event, parse_line

SMALL = Layout.of({"look": 2, "color": 2})
LIKED = Anchor("dress-1", np.array([1, 0, 0, 1], np.float32))
DISLIKED = Anchor("toy-1", np.array([0, 1, 0, 0], np.float32), weight=-1.0)
ALL = {"match_all": {}}


def show(*values):
    print(json.dumps(values))
"""


def _followed(recipe: str, folder: Path, code: str) -> Any:
    """Return what code shows that runs over the changed copy."""
    return run(followed(recipe, folder), "-c", PRELUDE + code)


def _script(source: str, **params: Any) -> dict[str, Any]:
    query = {"bool": {"must": [{"match_all": {}}], "must_not": [{"ids": {"values": ["dress-1"]}}]}}
    script = {"source": source, "params": {**params, "field": "vector"}}
    return {"query": {"script_score": {"query": query, "script": script}}}


def _matches(document: dict[str, Any], clauses: list[dict[str, Any]]) -> bool:
    """Say whether a document matches filters of terms and ranges, as Elasticsearch would."""

    def values(field: str) -> list[Any]:
        value: Any = document
        for part in field.split("."):
            value = (value or {}).get(part)
        return value if isinstance(value, list) else [value]

    def holds(clause: dict[str, Any]) -> bool:
        [(kind, [(field, wanted)])] = [(kind, list(body.items())) for kind, body in clause.items()]
        if kind == "terms":
            return bool(set(values(field)) & set(wanted))
        if kind == "term":
            return wanted["value"].lower() in [str(value).lower() for value in values(field)]
        numbers = [v for v in values(field) if v is not None]
        return any(wanted.get("gte", v) <= v <= wanted.get("lte", v) for v in numbers)

    return all(holds(clause) for clause in clauses)


def test_a_keyword_boost(tmp_path: Path) -> None:
    [query] = _followed("test_a_keyword_boost", tmp_path, "show(browse(Keywords('midi dress'), Filters()))")
    fields = ["title^6", "category^2", "brand.text^2", "facets.text"]
    words = {"query": "midi dress", "fields": fields, "operator": "and", "zero_terms_query": "all"}
    assert query == {"bool": {"filter": [], "must": [{"combined_fields": words}]}}


def test_synonyms(tmp_path: Path) -> None:
    mapping, settings = _followed("test_synonyms", tmp_path, "show(product.mapping(None), product.settings())")
    text = {"type": "text", "analyzer": "shop_text", "search_analyzer": "shop_search"}
    properties = mapping["properties"]
    copied = {"copy_to": "words"}
    assert [properties[name] for name in ("title", "description", "category")] == [text | copied] * 3
    assert properties["brand"] == {"type": "keyword", "ignore_above": 256, "fields": {"text": text}, **copied}
    assert properties["facets"] == {"type": "keyword", "ignore_above": 512, "fields": {"text": text}, **copied}
    analysis = settings["analysis"]
    assert analysis["analyzer"]["shop_search"] == {
        "type": "custom",
        "tokenizer": "standard",
        "char_filter": ["shop_flags", "shop_names", "shop_inches", "shop_units"],
        "filter": ["lowercase", "english_possessive", "asciifolding", "english_short", "english_stem", "shop_synonyms"],
    }
    assert analysis["filter"]["shop_synonyms"] == {"type": "synonym_graph", "synonyms": ["tv, television"]}


def test_another_language(tmp_path: Path) -> None:
    [settings] = _followed("test_another_language", tmp_path, "show(product.settings())")
    analysis = settings["analysis"]
    assert analysis["analyzer"]["shop_text"] == {
        "type": "custom",
        "tokenizer": "standard",
        "char_filter": ["shop_flags", "shop_names", "shop_inches", "shop_units"],
        "filter": ["lowercase", "german_normalization", "german_stem"],
    }
    assert analysis["filter"] == {"german_stem": {"type": "stemmer", "language": "light_german"}}


def test_an_aspect_weight(tmp_path: Path) -> None:
    [request] = _followed("test_an_aspect_weight", tmp_path, "show(sort_by_similar(ALL, [LIKED], layout=SMALL))")
    query = np.array(request["query"]["script_score"]["script"]["params"]["query"])
    np.testing.assert_allclose(query, [4 / 7, 0, 0, 3 / 7], atol=1e-6)


def test_aspect_weights_of_one_category() -> None:
    own = CategoryWeights().having("Laptops", {"look": 0.3, "color": 0.1})
    assert own.to_meta() == {"Laptops": {"look": 0.3, "color": 0.1}}
    category, weights = own.of("Laptops/Gaming laptops") or ("", {})
    assert (category, weights["look"], weights["color"]) == ("Laptops", 0.3, 0.1)
    assert own.having("Laptops", None).of("Laptops") is None


def test_dislikes_that_count_more(tmp_path: Path) -> None:
    code = "show(sort_by_similar(ALL, [LIKED, DISLIKED], weights={'look': 1}, layout=SMALL))"
    [request] = _followed("test_dislikes_that_count_more", tmp_path, code)
    assert request["query"]["script_score"]["script"]["params"] == {"query": [0.8, -0.6, 0.0, 0.0], "field": "vector"}


def test_words_beside_likes(tmp_path: Path) -> None:
    code = """
words = Anchor("words", np.array([0, 1, 0, 0], np.float32), is_text=True)
show(sort_by_similar(ALL, [LIKED, words], weights={'look': 1}, layout=SMALL))
"""
    [request] = _followed("test_words_beside_likes", tmp_path, code)
    query = request["query"]["script_score"]["script"]["params"]["query"]
    np.testing.assert_allclose(query, np.array([1, 0.5, 0, 0]) / np.hypot(1, 0.5), atol=1e-6)


def test_the_score_script(tmp_path: Path) -> None:
    code = "show(sort_by_similar(ALL, [LIKED], weights={'look': 1, 'color': 1}, layout=SMALL))"
    [request] = _followed("test_the_score_script", tmp_path, code)
    own = scripts.source("similarity")
    last = """double similarity = Math.max(0.0, (1.0 + sign * best) / 2.0);
boolean sold = doc['in_stock'].size() > 0 && doc['in_stock'].value == false;
return sold ? 0.5 * similarity : similarity;"""
    assert request == _script(
        own.replace("return Math.max(0.0, (1.0 + sign * best) / 2.0);", last), query=[0.5, 0.0, 0.0, 0.5]
    )


def test_a_new_field(tmp_path: Path) -> None:
    code = """
line = {"id": "1", "title": "Dress", "season": "spring", "attributes": {"season": "other"}}
document = documents.product_document(parse_line(line).product)
filters = facets.Filters.refined([facets.Refinement.parse("season:spring")])
update = documents.write("shop", parse_event({"type": "update", "id": "1", "fields": {"season": "autumn"}}))
show(product.mapping(None)["properties"], document, filters.clauses(), facets.aggregations(filters=filters),
     update["script"]["params"]["changes"], facets.Refinement.parse("attribute.season:x").facet)
"""
    mapping, document, clauses, counts, changes, attribute = _followed("test_a_new_field", tmp_path, code)
    assert mapping["season"] == {"type": "keyword", "ignore_above": 256}
    assert (document["season"], document["extra"]) == ("spring", {})
    assert clauses == [in_any_case("season", ["spring"])]
    assert _matches(document, clauses)
    assert counts["season"] == {"terms": {"field": "season", "size": 50}}
    assert counts["without:season"]["aggs"]["others"]["filter"] == {"bool": {"must": [], "filter": []}}
    assert changes == {"season": {"season": "autumn"}}
    assert not _matches({**document, **changes["season"]}, clauses)
    assert attribute == "attribute.season"


def test_an_attribute_that_is_a_number(tmp_path: Path) -> None:
    code = """
lines = [{"id": "1", "title": "Dress", "attributes": {"sleeve_length_cm": v}} for v in (20, "35", "long", 36)]
made = [documents.product_document(parse_line(line).product) for line in lines]
filters = facets.Filters.refined([facets.Refinement.parse("sleeve_length_cm:20..35")])
show(product.mapping(None)["properties"]["numbers"]["properties"], made, filters.clauses(), facets.aggregations())
"""
    mapping, made, clauses, counts = _followed("test_an_attribute_that_is_a_number", tmp_path, code)
    assert mapping["sleeve_length_cm"] == {"type": "double"}
    assert [_matches(document, clauses) for document in made] == [True, True, False, False]
    assert counts["range:sleeve_length_cm"] == {"stats": {"field": "numbers.sleeve_length_cm"}}


def test_a_planner_threshold(tmp_path: Path) -> None:
    code = "show(*(planner.plan(matched=m, indexed=10_000).to_dict() for m in (3_001, 3_000)))"
    above, at = _followed("test_a_planner_threshold", tmp_path, code)
    assert at["strategy"] == "exact"
    assert above == {
        "strategy": "knn",
        "reason": "more than 3,000 matches: the nearest 240 are found by kNN",
        "k": 240,
        "num_candidates": 240,
        "oversample": 1.5,
        "window": 0,
    }


def test_a_query_of_your_own() -> None:
    names: dict[str, Any] = {"vector": np.eye(384, dtype=np.float32)[0], "other": np.eye(384, dtype=np.float32)[1]}
    exec(recipes()["test_a_query_of_your_own"].block("python"), names)
    query = names["request"]["query"]["script_score"]["query"]
    mine = {"multi_match": {"query": "sage", "fields": ["title", "facets.text"]}}
    assert query == {"bool": {"must": [mine], "must_not": [{"ids": {"values": ["dress-1", "toy-1"]}}]}}
    assert names["request"]["track_total_hits"] is True


def test_every_recipe_has_its_tests() -> None:
    tests = Path(__file__).resolve().parents[3] / "tests"
    for file in (Path(__file__), tests / "live" / "test_recipes.py"):
        written = file.read_text(encoding="utf-8")
        missing = [name for name in recipes() if f"def {name}(" not in written]
        assert not missing, file
