"""Each recipe of docs/search-team.md, followed from the lines of a catalogue to the products that are found."""

import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from elasticsearch import Elasticsearch

from es_mappings import product
from es_mappings.product import LAYOUT
from indexer.settings import Settings
from tests.recipes import ROOT, followed, recipes, run

DRIVER = ROOT / "tests" / "live" / "recipe_shop.py"
Ask = Callable[..., list[Any]]

LOOK = [f"{aspect}:0" for aspect in ("style", "color", "text", "attributes")]  # weights that leave the look alone


def _product(product_id: str, title: str, **fields: Any) -> dict[str, Any]:
    return {"id": product_id, "title": title, "version": 1, **fields}


def _ids(answer: dict[str, Any]) -> list[str]:
    return [product["id"] for product in answer["products"]]


@pytest.fixture
def ask(client: Elasticsearch, settings: Settings, tmp_path: Path) -> Ask:
    """Return a function that runs a shop with today's code or the code after a recipe, and returns its answers."""

    def answers(recipe: str | None, **shop: Any) -> list[Any]:
        folder = followed(recipe, tmp_path / recipe) if recipe else ROOT
        name = f"{settings.index_name}-recipes-{secrets.token_hex(4)}"
        received: list[Any] = run(folder, str(DRIVER), given=shop, environment={"INDEX_NAME": name})
        return received

    return answers


def test_a_keyword_boost(ask: Ask) -> None:
    lines = [
        _product("described", "Dress", description="A midi."),
        _product("titled", "Midi dress"),
        _product("filed", "Dress", category=["Midi"]),
    ]
    shop = {"lines": lines, "requests": [{"q": "midi dress"}]}
    [before], [after] = ask(None, **shop), ask("test_a_keyword_boost", **shop)
    assert set(_ids(before)) == {"described", "titled", "filed"}
    assert _ids(after) == ["titled", "filed"]


def test_synonyms(ask: Ask) -> None:
    shop = {"lines": [_product("one", "Television"), _product("two", "Radio")], "requests": [{"q": "tv"}]}
    [before], [after] = ask(None, **shop), ask("test_synonyms", **shop)
    assert (_ids(before), _ids(after)) == ([], ["one"])


def test_another_language(ask: Ask) -> None:
    shop = {
        "lines": [_product("one", "Rotes Kleid"), _product("two", "Hose")],
        "requests": [{"q": "rote Kleider", "verbatim": "true"}],
    }
    [before], [after] = ask(None, **shop), ask("test_another_language", **shop)
    assert (_ids(before), _ids(after)) == ([], ["one"])


def test_an_aspect_weight(ask: Ask) -> None:
    liked = {"look": [1], "color": [1], "attributes": [1]}
    vectors = {"liked": liked, "form": liked | {"color": [0, 1], "attributes": [0, 1]}, "hue": liked | {"look": [0, 1]}}
    lines = [_product(name, name) for name in vectors]
    shop = {"lines": lines, "vectors": vectors, "requests": [{"like": "liked"}]}
    [before], [after] = ask(None, **shop), ask("test_an_aspect_weight", **shop)
    assert (_ids(before), _ids(after)) == (["form", "hue"], ["hue", "form"])


def test_aspect_weights_of_one_category(ask: Ask) -> None:
    liked = {"look": [1], "color": [1]}
    vectors = {"liked": liked, "form": liked | {"color": [0, 1]}, "hue": liked | {"look": [0, 1]}}
    lines = [_product(name, name, category=["Laptops"]) for name in vectors]
    command = ["weights", "set", "Laptops", "look:0.1", "color:0.3"]
    shop = {"lines": lines, "vectors": vectors, "requests": [{"like": "liked"}, {"like": "liked", "weight": LOOK}]}
    before, _ = ask(None, **shop)
    after, requested = ask(None, commands=[command], **shop)
    assert (_ids(before), _ids(after), _ids(requested)) == (["form", "hue"], ["hue", "form"], ["form", "hue"])
    assert [a["plan"]["weights_of"] for a in (before, after, requested)] == ["default", "Laptops", "request"]


def test_dislikes_that_count_more(ask: Ask) -> None:
    looks = {"liked": [1], "disliked": [0, 1], "between": [0.8, 0.6], "apart": [0.6, 0, 0.8]}
    shop = {
        "lines": [_product(name, name) for name in looks],
        "vectors": {name: {"look": look} for name, look in looks.items()},
        "requests": [{"like": "liked", "dislike": "disliked", "mode": "blend", "weight": LOOK}],
    }
    [before], [after] = ask(None, **shop), ask("test_dislikes_that_count_more", **shop)
    assert (_ids(before), _ids(after)) == (["between", "apart"], ["apart", "between"])


def test_words_beside_likes(ask: Ask) -> None:
    looks = {"liked": [1], "close": [0.9, 0.436], "turned": [0.5, 0.866]}
    shop = {
        "lines": [_product(name, name) for name in looks],
        "vectors": {name: {"look": look} for name, look in looks.items()},
        "texts": {"longer": {"look": [0, 1]}},
        "requests": [{"like": "liked", "text": "longer", "weight": LOOK}],
    }
    [before], [after] = ask(None, **shop), ask("test_words_beside_likes", **shop)
    assert (_ids(before), _ids(after)) == (["turned", "close"], ["close", "turned"])


def test_the_score_script(ask: Ask) -> None:
    looks = {"liked": [1], "sold": [1, 0.1], "there": [0, 1]}
    shop = {
        "lines": [_product(name, name, in_stock=name != "sold") for name in looks],
        "vectors": {name: {"look": look} for name, look in looks.items()},
        "requests": [{"like": "liked", "weight": LOOK}],
    }
    [before], [after] = ask(None, **shop), ask("test_the_score_script", **shop)
    assert (_ids(before), _ids(after)) == (["sold", "there"], ["there", "sold"])


def test_a_new_field(ask: Ask) -> None:
    lines = [
        _product("spring", "Dress", season="spring"),
        _product("autumn", "Dress", season="autumn", attributes={"season": "spring"}),
        _product("changed", "Dress", season="autumn"),
    ]
    [answer, every, attribute] = ask(
        "test_a_new_field",
        lines=lines,
        events=[{"type": "update", "id": "changed", "version": 2, "fields": {"season": "spring"}}],
        requests=[{"filter": "season:spring"}, {}, {"filter": "attribute.season:spring"}],
    )
    assert set(_ids(answer)) == {"spring", "changed"}
    counts = {"spring": 2, "autumn": 1}
    for answered in (answer, every):
        assert {v["value"]: v["count"] for v in answered["facets"]["season"]} == counts
    assert _ids(attribute) == ["autumn"]


def test_an_attribute_that_is_a_number(ask: Ask) -> None:
    lines = [_product(f"{v}", "Dress", attributes={"sleeve_length_cm": v}) for v in (19, 20, "35", 36, "long")]
    shop = {"lines": lines, "requests": [{"filter": "sleeve_length_cm:20..35"}]}
    [before], [after] = ask(None, **shop), ask("test_an_attribute_that_is_a_number", **shop)
    assert _ids(before) == []
    assert set(_ids(after)) == {"20", "35"}
    assert after["facets"]["ranges"]["sleeve_length_cm"] == {"min": 19.0, "max": 36.0}


def test_a_planner_threshold(ask: Ask) -> None:
    lines = [_product(f"p{number:04}", "Dress") for number in range(3_001)]
    shop = {"lines": lines, "vectors": {"p0000": {"look": [1]}, "p3000": {"look": [1, 0.1]}}}
    shop["requests"] = [{"like": "p0000", "size": 1}]
    [before], [after] = ask(None, **shop), ask("test_a_planner_threshold", **shop)
    assert (before["plan"]["strategy"], after["plan"]["strategy"]) == ("exact", "knn")
    assert _ids(before) == _ids(after) == ["p3000"]
    assert before["total"] == after["total"] == {"value": 3_000, "relation": "eq"}


def test_a_query_of_your_own(client: Elasticsearch, settings: Settings) -> None:
    index, axes = f"{settings.index_name}-recipes-own", np.eye(LAYOUT.dims, dtype=np.float32)
    client.indices.create(index=index, mappings=product.mapping(None), settings=product.settings())
    vectors = {"Sage far": axes[1], "Sage near": axes[0] + 0.1 * axes[2], "Red near": axes[0]}
    for title, vector in vectors.items():
        client.index(index=index, id=title, document={"id": title, "title": title, "vector": vector.tolist()})
    client.indices.refresh(index=index)
    names: dict[str, Any] = {"vector": axes[0], "other": axes[1]}
    exec(recipes()["test_a_query_of_your_own"].block("python"), names)
    hits = client.search(index=index, body=names["request"])["hits"]["hits"]
    assert [hit["_source"]["title"] for hit in hits] == ["Sage near", "Sage far"]
