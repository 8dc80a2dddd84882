import pytest

from indexer.synonyms import parse_rules
from search.synonyms import gather, wordings

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
