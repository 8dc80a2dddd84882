"""Configurations: saved, checked, published and undone, and what shoppers get of it."""

import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from elasticsearch import ApiError, Elasticsearch
from elasticsearch.helpers import bulk

from es_mappings import scripts
from es_mappings.configuration import Configuration
from es_mappings.product import LAYOUT
from indexer.checks.trying import try_configuration
from indexer.cli.main import main
from indexer.elastic.product_index import ProductIndex
from indexer.errors import EditConflictError, RelevanceError
from indexer.relevance.publications import Publications
from indexer.relevance.versions import Publication
from indexer.settings import Settings
from search.cursors import Cursors
from search.errors import is_script_fault
from search.navigation import Navigation
from search.parameters import SearchParameters
from tests.conftest import wait_until

PRODUCTS = 40
BY_STOCK = scripts.source("similarity").replace(
    "return Math.max(0.0, (1.0 + sign * best) / 2.0);",
    "return (doc['in_stock'].value ? 1.0 : 0.5) * Math.max(0.0, (1.0 + sign * best) / 2.0);",
)

BY_PRICE = scripts.source("similarity").replace("if (doc[", "double price = doc['price'].value;\nif (doc[", 1)


@pytest.fixture
def index(settings: Settings, client: Elasticsearch) -> Iterator[ProductIndex]:
    """Return an index whose even products are alike in their look, and whose odd ones in their colour."""
    index = ProductIndex(client, f"{settings.index_name}-configured-{secrets.token_hex(4)}")
    index.create(f"{index.alias}-1", "space", aliases={index.alias: {}})
    random = np.random.default_rng(5)
    first = {a.name: random.normal(size=a.dims) for a in LAYOUT.aspects}

    def actions() -> Iterator[dict[str, object]]:
        for number in range(PRODUCTS):
            kept = "look" if number % 2 == 0 else "color"
            parts = {a.name: random.normal(size=a.dims) for a in LAYOUT.aspects} | {kept: first[kept]}
            vector = LAYOUT.compose({n: p.astype(np.float32) for n, p in (parts if number else first).items()})
            title, said = ("Midi dress", "") if number % 4 else ("Coat", "Goes with a midi dress.")
            yield {
                "_index": f"{index.alias}-1", "_id": f"p{number}", "id": f"p{number}", "title": title,
                "description": said, "in_stock": number % 5 > 0, "vector": vector,
            }  # fmt: skip

    bulk(client, actions(), refresh=True)
    yield index
    client.indices.delete(index=list(client.indices.get(index=f"{index.alias}-*").body))


@pytest.fixture
def navigation(index: ProductIndex) -> Navigation:
    return Navigation(index, Cursors("a secret of this test, long enough"))


def _ids(navigation: Navigation, publication: Publication | None = None, **parameters: object) -> list[str]:
    listing = navigation.listing(SearchParameters.model_validate(parameters), publication=publication)
    return [hit.product["id"] for hit in listing.result.hits]


def _even(ids: list[str]) -> int:
    return sum(int(i.removeprefix("p")) % 2 == 0 for i in ids)


def test_what_is_published_reaches_shoppers_and_is_undone(index: ProductIndex, navigation: Navigation) -> None:
    store = Publications(index)
    like: dict[str, Any] = {"like": ("p0",), "size": 10}
    assert _even(_ids(navigation, **like)) == 10  # the look counts most
    store.publish("ada", configuration=Configuration(name="colourful", weights={"color": 1}), note="colours first")
    wait_until(lambda: _even(_ids(navigation, **like)) == 0, "the new configuration")
    listing = navigation.listing(SearchParameters.model_validate(like))
    assert listing.search.weights_of == "configuration"
    store.undo("bob")
    wait_until(lambda: _even(_ids(navigation, **like)) == 10, "the old configuration")
    assert [(p.number, p.author, p.configuration.name) for p in store.history()] == [
        (2, "bob", "default"),
        (1, "ada", "colourful"),
    ]


def test_a_request_comes_before_the_configuration(navigation: Navigation) -> None:
    colourful = Publication(configuration=Configuration(name="colourful", weights={"color": 1}))
    assert _even(_ids(navigation, colourful, like=("p0",), weight=("look:1", "color:0"), size=10)) == 10


def test_boosts_say_which_fields_are_searched(navigation: Navigation) -> None:
    titles = Publication(configuration=Configuration(name="titles", keyword_boosts={"title": 3}))
    assert len(_ids(navigation, q="midi dress", size=100)) == PRODUCTS
    assert len(_ids(navigation, titles, q="midi dress", size=100)) == 30


def test_thresholds_choose_the_strategy(navigation: Navigation) -> None:
    neighbours = Configuration(name="neighbours", thresholds={"exact_matches": 1})
    listing = navigation.listing(SearchParameters(like=("p0",)), publication=Publication(configuration=neighbours))
    assert listing.plan.strategy == "knn"


def test_a_script_decides_the_order(index: ProductIndex, navigation: Navigation) -> None:
    stock = Configuration(name="stock", similarity_script=BY_STOCK, thresholds={"exact_matches": 1})
    assert try_configuration(index, stock) == []
    listing = navigation.listing(SearchParameters(like=("p0",), size=39), publication=Publication(configuration=stock))
    in_stock = [hit.product["in_stock"] for hit in listing.result.hits]
    assert listing.plan.strategy == "exact"  # kNN doesn't know the script
    assert in_stock == sorted(in_stock, reverse=True)


@pytest.mark.parametrize(
    ("script", "problem"),
    [
        ("return dotProduct(params.query, params.field) +;", "compile error"),
        ("return 5.0 + dotProduct(params.query, params.field);", "scores outside [0, 1]"),
        ("return (1.0 - dotProduct(params.query, params.field)) / 2.0;", "which is more similar"),
        ("double a = 0; while (a < 1) { a += 0.0 * params.query[0]; } return a;", "statements"),
        ("return 0.0 / 0.0 + params.query[0] * 0;", "NaN"),
        ("return -1.0 - params.query[0] * 0;", "non-negative"),
        ("return doc['titel'].size() * params.query[0];", "titel"),
        # Right for all products but one that has no vector, or no price, yet.
        ("return Math.max(0.0, (1.0 + dotProduct(params.query, params.field)) / 2.0);", "a product without vector"),
        (BY_PRICE, "a product without vector, price, brand and stock"),
    ],
)
def test_a_wrong_script_is_refused(index: ProductIndex, script: str, problem: str) -> None:
    findings = try_configuration(index, Configuration(name="wrong", similarity_script=script))
    assert any(problem in str(finding) for finding in findings)
    assert not index.client.indices.get(index=f"{index.alias}-check-*").body


def test_shoppers_get_the_codes_own_order_where_the_published_script_fails(
    index: ProductIndex, navigation: Navigation
) -> None:
    # Published unchecked, as a script is that meets a product such as no check has.
    source = BY_PRICE.replace("return Math.max", "if (price > 5) { return 0.0 / 0.0; }\nreturn Math.max")
    broken = Configuration(name="broken", similarity_script=source, weights={"color": 1})
    like: dict[str, Any] = {"like": ("p0",), "size": 10}
    Publications(index).publish("ada", configuration=broken)
    wait_until(lambda: _even(_ids(navigation, **like)) == 0, "the weights of the broken configuration")
    first = navigation.listing(SearchParameters.model_validate(like))
    second = navigation.listing(SearchParameters.model_validate({**like, "cursor": first.next_cursor}))
    assert len({hit.product["id"] for page in (first, second) for hit in page.result.hits}) == 20
    with pytest.raises(ApiError):  # a preview shows what it is
        _ids(navigation, Publication(configuration=broken), **like)
    index.client.update_by_query(
        index=index.alias, script={"source": "ctx._source.price = 9.0"}, refresh=True, conflicts="proceed"
    )
    nan = Configuration(name="nan", similarity_script=source)
    with pytest.raises(ApiError) as refused:
        _ids(navigation, Publication(configuration=nan), **like)
    assert is_script_fault(refused.value)
    Publications(index).publish("ada", configuration=Configuration(name="mended"))
    wait_until(lambda: _even(_ids(navigation, **like)) == 10, "the mended configuration")


def test_fields_that_cannot_be_searched_are_refused(index: ProductIndex) -> None:
    boosts = {"title": 3, "titel": 2, "brand": 2}
    found = [str(f) for f in try_configuration(index, Configuration(name="wrong", keyword_boosts=boosts))]
    assert found == [
        "keyword_boosts.titel: the index has no such field",
        "keyword_boosts.brand: is of type keyword; keywords are searched in text fields",
    ]


def test_pages_follow_what_was_live_on_the_first(index: ProductIndex, navigation: Navigation) -> None:
    store, like = Publications(index), SearchParameters(like=("p0",), size=10)
    first = navigation.listing(like)
    store.publish("ada", configuration=Configuration(name="colourful", weights={"color": 1}))
    wait_until(lambda: navigation.listing(like).search.publication.number == 1, "the new configuration")
    second = navigation.listing(like.model_copy(update={"cursor": first.next_cursor}))
    assert _even([hit.product["id"] for page in (first, second) for hit in page.result.hits]) == 19


def test_the_second_of_two_editors_sees_what_changed(index: ProductIndex) -> None:
    store = Publications(index)
    store.save(Configuration(name="mine", relevance=0.1), "ada", expected=0)
    with pytest.raises(EditConflictError, match=r"ada saved configuration 'mine' meanwhile \(version 1"):
        store.save(Configuration(name="mine", relevance=0.2), "bob", expected=0)
    store.save(Configuration(name="mine", relevance=0.2), "bob", expected=1)
    store.publish("ada", rules=(), note="first", expected=0)
    with pytest.raises(EditConflictError, match=r"ada published meanwhile \(number 1, .*: first\)"):
        store.publish("bob", rules=(), expected=0)


def test_every_version_is_kept(index: ProductIndex) -> None:
    store = Publications(index)
    for share in (0.1, 0.2):
        store.save(Configuration(name="mine", relevance=share), "ada", f"to {share}")
    assert [(v.number, v.note) for v in store.versions(Configuration, "mine")] == [(2, "to 0.2"), (1, "to 0.1")]
    assert store.get(Configuration, "mine", 1).relevance == 0.1
    assert store.save(Configuration(name="mine", relevance=0.2), "bob").number == 2  # nothing has changed
    store.delete(Configuration, "mine", "bob")
    assert store.all(Configuration) == []
    with pytest.raises(RelevanceError, match="there is no configuration 'mine'"):
        store.get(Configuration, "mine")
    assert store.get(Configuration, "mine", 2).relevance == 0.2


def test_the_command(index: ProductIndex, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INDEX_NAME", index.alias)
    file = tmp_path / "summer.toml"

    def run(*arguments: str, status: int = 0) -> str:
        result = CliRunner().invoke(main, ["configurations", *arguments])
        assert result.exit_code == status, result.output
        return result.output

    file.write_text('version = 1\nname = "summer"\nrelevances = 0.2\n')
    assert "summer.toml, line 3: relevances: there is no such field" in run("import", str(file), status=1)
    file.write_text('version = 1\nname = "summer"\nrelevance = 0.2\n')
    assert run("import", str(file), "--author", "ada", "--note", "more words") == "summer@1 saved\n"
    assert run("import", str(file)) == "summer@1 saved\n"  # again, as it is
    file.write_text('version = 1\nname = "summer"\nrelevance = 0.3\n')
    run("import", str(file), "--author", "bob")
    assert "+relevance = 0.3" in run("diff", "summer@1", "summer", status=1)
    assert "summer is live within five seconds" in run("publish", "summer", "--author", "ada")
    assert run("show", "live") == file.read_text()
    assert "* summer" in run("list")
    run("export", "--to", str(tmp_path / "review"))
    assert (tmp_path / "review" / "summer.toml").read_text() == file.read_text()
    assert "default is live again" in run("undo", "--author", "bob")
    assert [line.split()[2] for line in run("log").splitlines()] == ["bob", "ada"]


def test_what_another_version_of_the_code_wrote_keeps_nobody_out(index: ProductIndex) -> None:
    store = Publications(index)
    store.save(Configuration(name="mine"), "ada")
    store.save(Configuration(name="other"), "ada")
    store.publish("ada", configuration=Configuration(name="mine", relevance=0.1))
    store.publish("ada", configuration=Configuration(name="other"))
    later = {"version": 2, "name": "other"}
    index.client.update(index=store.index, id="publication@2", doc={"body": {"configuration": later}}, refresh=True)
    index.client.update(index=store.index, id="configuration:other@1", doc={"body": {"value": later}}, refresh=True)
    with pytest.raises(RelevanceError, match=r"publication 2 was written by another version of Lookalike: .*undoes it"):
        store.live()
    assert [(v.name, v.value is None) for v in store.all(Configuration)] == [("mine", False), ("other", True)]
    assert "another version" in store.history()[0].note
    assert store.undo("bob").number == 3
    assert store.live().configuration.relevance == 0.1
