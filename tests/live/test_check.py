"""The search team's check, against a real Elasticsearch: silent on what is right, precise on what isn't."""

import secrets
from collections.abc import Iterator
from typing import Any

import pytest
from click.testing import CliRunner
from elasticsearch import Elasticsearch

from es_mappings import product, queries, scripts
from indexer.checks.checking import Finding, check
from indexer.cli.main import main
from indexer.elastic import indices
from indexer.settings import Settings

BROKEN = "// how similar\ndouble nearness = 1;\nreturn nearness +;\n"
FAILING = "// how similar\ndef nothing = null;\nreturn nothing.length();\n"


@pytest.fixture
def alias(settings: Settings, client: Elasticsearch) -> Iterator[str]:
    """An alias of its own, so that the shop's index stays as it is; no check may leave an index behind.

    What a test makes itself goes with the run's other indices, when the client does.
    """
    name = f"{settings.index_name}-checked-{secrets.token_hex(4)}"
    yield name
    assert not _indices(client, f"{name}-check-*")


def _indices(client: Elasticsearch, pattern: str) -> list[str]:
    return list(client.indices.get(index=pattern).body)


def _live(client: Elasticsearch, alias: str, mapping: dict[str, Any], settings: dict[str, Any] | None = None) -> None:
    client.indices.create(
        index=f"{alias}-1",
        mappings=mapping,
        settings=settings or product.settings(),
        aliases={alias: {"is_write_index": True}},
    )


def _replace(monkeypatch: pytest.MonkeyPatch, name: str, text: str) -> None:
    own = scripts.source
    monkeypatch.setattr(scripts, "source", lambda asked: text if asked == name else own(asked))


def test_all_is_right_before_a_catalogue_is_loaded(client: Elasticsearch, alias: str) -> None:
    assert check(client, alias) == []


def test_all_is_right_beside_an_index_of_this_mapping(client: Elasticsearch, alias: str) -> None:
    indices.ensure_index(client, alias)
    indices.stamp_space(client, alias, "a space")
    assert check(client, alias) == []


def test_a_syntax_error_is_named_by_line_and_column(
    client: Elasticsearch, alias: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _replace(monkeypatch, "similarity", BROKEN)
    [finding] = check(client, alias)
    assert finding.place == "es_mappings/painless/similarity.painless:3:18"
    assert finding.problem == "compile error: invalid sequence of tokens near [';']."


def test_a_script_that_compiles_and_fails_is_named_too(
    client: Elasticsearch, alias: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _replace(monkeypatch, "distance", FAILING)
    [finding] = check(client, alias)
    file, line, _ = finding.place.rsplit(":", 2)
    assert (file, line) == ("es_mappings/painless/distance.painless", "3")
    assert finding.problem.startswith("runtime error: ")


def test_a_broken_script_of_the_documents_is_named(
    client: Elasticsearch, alias: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _replace(monkeypatch, "product_embed", "\nctx._source.embedding = params.embedding +;")
    assert {finding.place for finding in check(client, alias)} == {"es_mappings/painless/product_embed.painless:2:43"}


def test_a_keyword_field_that_is_not_there_is_told(
    client: Elasticsearch, alias: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "KEYWORD_FIELDS", [*queries.KEYWORD_FIELDS, "titel^2"])
    assert check(client, alias) == [
        Finding("es_mappings/queries.py, KEYWORD_FIELDS", "the mapping has no field titel"),
    ]


def test_scores_out_of_their_range_are_told(client: Elasticsearch, alias: str, monkeypatch: pytest.MonkeyPatch) -> None:
    _replace(monkeypatch, "similarity", "return 2.0;")
    problems = check(client, alias)
    assert any(f.place.startswith("sort_by_similar(") and "outside [0, 1.0]" in f.problem for f in problems)


def test_a_field_of_another_type_needs_a_new_index(client: Elasticsearch, alias: str) -> None:
    mapping = product.mapping(None)
    mapping["properties"]["price"] = {"type": "keyword"}
    _live(client, alias, mapping)
    [finding] = check(client, alias)
    assert finding.place == f"{alias}-1, field price"
    assert 'live {"type": "keyword"}, ours {"type": "double"}; needs a new index' in finding.problem
    assert "cannot be changed from type [keyword] to [double]" in finding.problem


def test_a_field_that_is_missing_can_be_added(client: Elasticsearch, alias: str) -> None:
    mapping = product.mapping(None)
    del mapping["properties"]["currency"]
    del mapping["properties"]["brand"]["fields"]
    _live(client, alias, mapping)
    found = {finding.place: finding.problem for finding in check(client, alias)}
    assert set(found) == {f"{alias}-1, field currency", f"{alias}-1, field brand.text"}
    assert all("additive: `PUT /" in problem for problem in found.values())


def test_other_analyzers_and_aspects_are_told(client: Elasticsearch, alias: str) -> None:
    settings, mapping = product.settings(), product.mapping(None)
    settings["analysis"]["filter"]["english_stem"]["language"] = "english"
    mapping["_meta"]["aspects"] = [{"name": "look", "start": 0, "dims": 288}]
    _live(client, alias, mapping, settings)
    places = {finding.place for finding in check(client, alias)}
    assert places == {f"{alias}-1, analysis.filter.english_stem.language", f"{alias}-1, _meta.aspects"}


def test_an_index_in_the_place_of_the_alias_is_told(client: Elasticsearch, alias: str) -> None:
    client.indices.create(index=alias)
    assert check(client, alias) == [
        Finding(alias, "is an index of its own, not an alias; take another INDEX_NAME"),
    ]


def test_a_mapping_that_is_refused_ends_the_check(
    client: Elasticsearch, alias: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = {"properties": {"price": {"type": "money"}}}
    monkeypatch.setattr(product, "mapping", lambda _: refused)
    [finding] = check(client, alias)
    assert finding.place == "es_mappings/product.py"
    assert "[money]" in finding.problem


def test_an_exception_leaves_no_index_behind(
    client: Elasticsearch, alias: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("indexer.checks.samples.write", fail)
    with pytest.raises(KeyboardInterrupt):
        check(client, alias)
    assert not _indices(client, f"{alias}*")


def test_exit_codes_for_ci(client: Elasticsearch, alias: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INDEX_NAME", alias)
    right = CliRunner().invoke(main, ["check"])
    assert right.exit_code == 0, right.output
    assert "similarity" in right.output
    assert "failed" not in right.output
    _replace(monkeypatch, "similarity", BROKEN)
    wrong = CliRunner().invoke(main, ["check"])
    assert wrong.exit_code == 1
    # Many queries use the script; its error is told once.
    assert wrong.output.count("es_mappings/painless/similarity.painless:3:18: compile error") == 1
