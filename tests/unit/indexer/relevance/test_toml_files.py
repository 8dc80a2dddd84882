import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from es_mappings.configuration import Configuration
from es_mappings.rules import Boost, Pin, Rule, Then, When
from indexer.errors import RelevanceError
from indexer.relevance import toml_files

SCRIPT = "double a = dotProduct(params.query, params.field);\nname = 1;\nreturn a;\n"
FULL = Configuration(
    name="summer",
    keyword_boosts={"title": 6, "brand.text": 2.5},
    weights={"look": 0.5, "color": 1},
    mode="any",
    strategy="exact",
    relevance=0.25,
    thresholds={"exact_matches": 3_000},
    synonyms="none",
    similarity_script=SCRIPT,
)
RULE = Rule(
    name="sale",
    priority=3,
    when=When(words="midi dress", starts="2026-12-01"),
    then=Then(
        pin=(Pin(id="a", position=1), Pin(id='b"\\', position=3)),
        boost=(Boost(filter="brand:Marlowe", factor=2),),
        banner="50 % off “heute”",
    ),
)


def test_a_configuration_is_read_as_it_was_written() -> None:
    assert toml_files.read(toml_files.write(FULL), Configuration) == FULL


def test_a_rule_is_read_as_it_was_written() -> None:
    assert toml_files.read(toml_files.write(RULE), Rule) == RULE


def test_lines_may_end_as_forms_send_them() -> None:
    assert toml_files.read(toml_files.write(FULL).replace("\n", "\r\n"), Configuration) == FULL


@given(st.text(st.characters(codec="utf-8"), max_size=60).filter(lambda text: text == text.strip()))
def test_any_text_survives(text: str) -> None:
    rule = Rule(name="a", then=Then(banner=text, filter=("color:red",)))
    assert toml_files.read(toml_files.write(rule), Rule) == rule


@pytest.mark.parametrize(
    ("model", "text", "message"),
    [
        (Configuration, 'version = 1\nname = "a"\nboosts = 3\n', "line 3: boosts: there is no such field"),
        (
            Configuration,
            'version = 2\nname = "a"\n',
            "line 1: version: is of version 2; this Lookalike reads version 1",
        ),
        (Configuration, 'name = "a"\n\n[keyword_boosts]\n"brand.text" = 0.5\n', "line 4: keyword_boosts.brand.text: "),
        (Configuration, 'name = "a"\n[weights]\nshape = 1\n', "line 2: weights: there is no aspect 'shape'"),
        (
            Configuration,
            'name = "a"\n[thresholds]\nmatches = 1\n',
            "line 2: thresholds: there is no threshold 'matches'",
        ),
        (Configuration, 'name = "a"\nmode = \n', 'line 2: not TOML, such as name = "value": Invalid value'),
        (Configuration, 'name = "a"\nindex = "../_all"\n', "line 2: index: String should match pattern"),
        (Configuration, 'name = "a"\nindex = "a,b*"\n', "line 2: index: String should match pattern"),
        (Configuration, 'name = "a"\nsynonym_rules = ["tv"]\n', "line 2: synonym_rules: 'tv' is no rule: write"),
        (Configuration, "name = 'live'\n", "line 1: name: 'live' has a meaning of its own"),
        (Configuration, f"name = {'[' * 5_000}\n", "arrays or tables are nested too deeply"),
        (Configuration, f"version = {'9' * 5_000}\n", "limit (4300 digits)"),
        (Configuration, 'name = "Ä"\n', "line 1: name: must be small letters, digits and hyphens"),
        (
            Configuration,
            "name = 'a'\nsimilarity_script = '''\nname = params.query;\nmode = 3;\n'''\nsynonyms = 'mine'\n",
            "line 6: synonyms: ",
        ),
        (Rule, 'name = "a"\n[[then.pin]]\nid = "x"\nposition = 1\n[[then.pin]]\nid = "y"\nplace = 2\n', "line 7: "),
        (Rule, 'name = "a"\n[then]\nfilter = ["red"]\n', "line 3: then.filter.0: 'red' is not name:value"),
        (
            Rule,
            'name = "a"\n[then]\nredirect = "//evil.example"\n',
            "line 3: then.redirect: must be a path of the shop",
        ),
        (
            Rule,
            'name = "a"\n[when]\nstarts = 2026-02-01\nends = 2026-01-01\n[then]\nbanner = "x"\n',
            "line 2: when: ends",
        ),
    ],
)
def test_faults_are_named_with_their_line(model: type[Configuration], text: str, message: str) -> None:
    with pytest.raises(RelevanceError, match=re.escape(message)):
        toml_files.read(text, model)
