"""`lookalike check` against a real Elasticsearch: it reports nothing if all is right, and each fault precisely."""

import secrets
from collections.abc import Iterator
from typing import Any

import pytest
from click.testing import CliRunner
from elasticsearch import Elasticsearch

from es_mappings import keywords, product, scripts, strategies
from indexer.checks.checking import Finding, check
from indexer.cli.main import main
from indexer.elastic.product_index import ProductIndex
from indexer.settings import Settings

BROKEN = "// how similar\ndouble nearness = 1;\nreturn nearness +;\n"
FAILING = "// how similar\ndef nothing = null;\nreturn nothing.length();\n"


@pytest.fixture
def index(settings: Settings, client: Elasticsearch) -> Iterator[ProductIndex]:
    """Use another alias than the shop's; no check may leave an index behind.

    Indices that a test creates are deleted with the run's others, by the client's fixture.
    """
    index = ProductIndex(client, f"{settings.index_name}-checked-{secrets.token_hex(4)}")
    yield index
    assert not _indices(client, index.store("check-*"))


def _indices(client: Elasticsearch, pattern: str) -> list[str]:
    return list(client.indices.get(index=pattern).body)


def _live(index: ProductIndex, mapping: dict[str, Any], settings: dict[str, Any] | None = None) -> None:
    index.client.indices.create(
        index=index.store("1"),
        mappings=mapping,
        settings=settings or product.settings(),
        aliases={index.alias: {"is_write_index": True}},
    )


def _replace(monkeypatch: pytest.MonkeyPatch, name: str, text: str) -> None:
    original = scripts.source
    monkeypatch.setattr(scripts, "source", lambda script: text if script == name else original(script))


def test_nothing_is_reported_before_a_catalogue_is_loaded(index: ProductIndex) -> None:
    assert check(index) == []


def test_nothing_is_reported_with_a_live_index_of_this_mapping(index: ProductIndex) -> None:
    index.ensure()
    index.stamp_space("a space")
    assert check(index) == []


def test_a_syntax_error_is_located_by_line_and_column(index: ProductIndex, monkeypatch: pytest.MonkeyPatch) -> None:
    _replace(monkeypatch, "similarity", BROKEN)
    [finding] = check(index)
    assert finding.place == "es_mappings/painless/similarity.painless:3:18"
    assert finding.problem == "compile error: invalid sequence of tokens near [';']."


def test_a_script_that_fails_when_it_runs_is_located(index: ProductIndex, monkeypatch: pytest.MonkeyPatch) -> None:
    _replace(monkeypatch, "distance", FAILING)
    [finding] = check(index)
    file, line, _ = finding.place.rsplit(":", 2)
    assert (file, line) == ("es_mappings/painless/distance.painless", "3")
    assert finding.problem.startswith("runtime error: ")


def test_a_broken_update_script_is_located(index: ProductIndex, monkeypatch: pytest.MonkeyPatch) -> None:
    _replace(monkeypatch, "product_embed", "\nctx._source.embedding = params.embedding +;")
    assert {finding.place for finding in check(index)} == {"es_mappings/painless/product_embed.painless:2:43"}


def test_an_unknown_keyword_field_is_reported(index: ProductIndex, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keywords, "KEYWORD_FIELDS", [*keywords.KEYWORD_FIELDS, "titel^2"])
    assert check(index) == [
        Finding("es_mappings/keywords.py, KEYWORD_FIELDS", "the mapping has no field titel"),
    ]


def test_scores_out_of_range_are_reported(index: ProductIndex, monkeypatch: pytest.MonkeyPatch) -> None:
    _replace(monkeypatch, "similarity", "return 2.0;")
    problems = check(index)
    assert any(f.place.startswith("sort_by_similar(") and "outside [0, 1.0]" in f.problem for f in problems)


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("(1.0 + sign * best) / 2.0", "(1.0 - sign * best) / 2.0"),  # turned upside down, still in [0, 1]
        ("sign * dotProduct(params.query, params.field)", "dotProduct(params.query, params.field)"),  # signs turned
        ("+ params.offset2", ""),  # points don't compete as they should
    ],
)
def test_a_script_that_orders_wrongly_is_reported(
    right: str, wrong: str, index: ProductIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    _replace(monkeypatch, "similarity", scripts.source("similarity").replace(right, wrong, 1))
    assert any(f.place.startswith("the order of ") and "more similar" in f.problem for f in check(index))


def test_a_distance_that_grows_with_likeness_is_reported(index: ProductIndex, monkeypatch: pytest.MonkeyPatch) -> None:
    turned = scripts.source("distance").replace("Math.abs(params.query[i] - vector[i])", "params.query[i] + vector[i]")
    _replace(monkeypatch, "distance", turned)
    assert any("by euclidean distance" in finding.place for finding in check(index))


def test_relevance_left_in_a_rescore_window_is_reported(index: ProductIndex, monkeypatch: pytest.MonkeyPatch) -> None:
    def mixed(*args: Any, **options: Any) -> dict[str, Any]:
        parts = rescore_window(*args, **options)
        parts["rescore"]["query"] |= {"query_weight": 0.1, "rescore_query_weight": 1}
        return parts

    rescore_window = strategies.rescore_window
    monkeypatch.setattr(strategies, "rescore_window", mixed)
    assert any("the rescore window" in finding.place for finding in check(index))


def test_turned_relevance_is_reported(index: ProductIndex, monkeypatch: pytest.MonkeyPatch) -> None:
    _replace(monkeypatch, "relevance", "return params.pivot / (_score + params.pivot);")
    assert any(finding.place == "the order of relevance alone" for finding in check(index))


def test_a_script_may_weigh_other_fields(index: ProductIndex, monkeypatch: pytest.MonkeyPatch) -> None:
    half = "double similarity = Math.max(0.0, (1.0 + sign * best) / 2.0);\n"
    half += "boolean sold = doc['in_stock'].size() > 0 && doc['in_stock'].value == false;\n"
    half += "return sold ? 0.5 * similarity : similarity;"
    script = scripts.source("similarity").replace("return Math.max(0.0, (1.0 + sign * best) / 2.0);", half)
    assert half in script
    _replace(monkeypatch, "similarity", script)
    assert check(index) == []


def test_a_field_of_another_type_needs_a_new_index(index: ProductIndex) -> None:
    mapping = product.mapping(None)
    mapping["properties"]["price"] = {"type": "keyword"}
    _live(index, mapping)
    [finding] = check(index)
    assert finding.place == f"{index.alias}-1, field price"
    assert 'live {"type": "keyword"}, ours {"type": "double"}; needs a new index' in finding.problem
    assert "cannot be changed from type [keyword] to [double]" in finding.problem
    assert finding.needs == "rebuild"


def test_a_missing_field_can_be_added(index: ProductIndex) -> None:
    mapping = product.mapping(None)
    del mapping["properties"]["currency"]
    del mapping["properties"]["brand"]["fields"]
    _live(index, mapping)
    problems = {finding.place: finding.problem for finding in check(index)}
    assert set(problems) == {f"{index.alias}-1, field currency", f"{index.alias}-1, field brand.text"}
    assert all("additive: `PUT /" in problem for problem in problems.values())
    assert {finding.needs for finding in check(index)} == {"reload"}


def test_another_search_analyzer_needs_no_reload(index: ProductIndex) -> None:
    mapping = product.mapping(None)
    mapping["properties"]["title"]["search_analyzer"] = "standard"
    _live(index, mapping)
    [finding] = check(index)
    assert (finding.place, finding.needs) == (f"{index.alias}-1, field title", "nothing")


def test_other_analyzers_and_aspects_are_reported(index: ProductIndex) -> None:
    settings, mapping = product.settings(), product.mapping(None)
    settings["analysis"]["filter"]["english_stem"]["language"] = "english"
    mapping["_meta"]["aspects"] = [{"name": "look", "start": 0, "dims": 288}]
    _live(index, mapping, settings)
    places = {finding.place for finding in check(index)}
    assert places == {f"{index.alias}-1, analysis.filter.english_stem.language", f"{index.alias}-1, _meta.aspects"}


def test_an_index_with_the_name_of_the_alias_is_reported(index: ProductIndex) -> None:
    index.client.indices.create(index=index.name)
    assert check(index) == [
        Finding(index.alias, "is an index of its own, not an alias; take another INDEX_NAME"),
    ]


def test_a_refused_mapping_ends_the_check(index: ProductIndex, monkeypatch: pytest.MonkeyPatch) -> None:
    refused = {"properties": {"price": {"type": "money"}}}
    monkeypatch.setattr(product, "mapping", lambda *_: refused)
    [finding] = check(index)
    assert finding.place == "es_mappings/product.py"
    assert "[money]" in finding.problem


def test_an_exception_leaves_no_index_behind(index: ProductIndex, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("indexer.checks.samples.write", fail)
    with pytest.raises(KeyboardInterrupt):
        check(index)
    assert not _indices(index.client, f"{index.alias}*")


def test_exit_codes_for_ci(index: ProductIndex, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INDEX_NAME", index.alias)
    right = CliRunner().invoke(main, ["check"])
    assert right.exit_code == 0, right.output
    assert "similarity" in right.output
    assert "What the live index needs: nothing" in right.output
    assert "failed" not in right.output
    _replace(monkeypatch, "similarity", BROKEN)
    wrong = CliRunner().invoke(main, ["check"])
    assert wrong.exit_code == 1
    # Many queries use the script; its error is printed once.
    assert wrong.output.count("es_mappings/painless/similarity.painless:3:18: compile error") == 1
