"""What a configuration's editor begins with is what the code does, and its list of fields is complete."""

from es_mappings.configuration import DEFAULT, Configuration
from es_mappings.keywords import KEYWORD_FIELDS
from indexer.relevance import toml_files
from webapp.workbench import configuration_help


def test_a_new_configuration_searches_what_the_code_searches() -> None:
    begun = toml_files.read(configuration_help.beginning(), Configuration)
    assert [name.removesuffix("^1") for name in begun.keyword_fields] == KEYWORD_FIELDS


def test_a_configuration_that_says_nothing_is_changed_from_what_the_code_says() -> None:
    assert configuration_help.text_of(DEFAULT) == configuration_help.beginning()
    named = Configuration(name="own", relevance=0.2)
    assert toml_files.read(configuration_help.text_of(named), Configuration) == named


def test_every_field_is_listed_with_what_holds_without_it() -> None:
    listed = {field.name: field.default for field in configuration_help.fields()}
    assert {"version", "name", *listed} == set(Configuration.model_fields)
    assert listed["keyword_boosts"] == "title^4, category^2, brand.text^2, facets.text, description"
    assert (listed["rules"], listed["relevance"], listed["synonym_rules"]) == ("true", "0", "")
    assert all(field.text for field in configuration_help.fields())
