import pytest

from indexer.synonyms import parse_rules
from search.synonyms import DraftSynonyms, gather, wordings

RULES = gather(parse_rules(["tv, television, telly", "stuffed animal, plush toy", "notebook => laptop", "red, rouge"]))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("dress", []),
        ("Television", ["tv", "telly"]),
        ("big TVs", ["big television", "big telly"]),
        ("notebook", ["laptop"]),
        ("laptop", []),
        ("red stuffed animals", ["red plush toy", "rouge stuffed animals", "rouge plush toy"]),
    ],
)
def test_every_combination_of_synonyms_is_another_wording(text: str, expected: list[str]) -> None:
    assert sorted(wordings(text, RULES)) == sorted(expected)


def test_the_wordings_of_one_search_are_few() -> None:
    assert len(wordings("tv tv tv tv tv", RULES)) == 8


def test_a_digest_names_the_rules_and_nothing_else() -> None:
    shop, same, other = ([["tv, television"]] * 2) + [["tv => television"]]
    digests = [DraftSynonyms(parse_rules(rules)).digest() for rules in (shop, same, other, [])]
    assert digests[0] == digests[1]
    assert len(set(digests)) == 3
