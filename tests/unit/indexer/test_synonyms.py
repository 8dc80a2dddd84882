import pytest

from indexer.errors import CatalogError
from indexer.synonyms import Rule, parse_rules


@pytest.mark.parametrize(
    ("text", "words", "meant"),
    [
        ("TV,  television", ("tv", "television"), ("tv", "television")),
        ("stuffed  animal, plush, plush", ("stuffed animal", "plush"), ("stuffed animal", "plush")),
        ("notebook => laptop", ("notebook",), ("laptop",)),
        ("robe, kleid => dress", ("robe", "kleid"), ("dress",)),
    ],
)
def test_rules_are_read_and_written(text: str, words: tuple[str, ...], meant: tuple[str, ...]) -> None:
    rule = Rule.parse(text)
    assert (rule.words, rule.meant) == (words, meant)
    assert Rule.parse(str(rule)) == rule


@pytest.mark.parametrize("text", ["", "tv", "tv, TV", "=> laptop", "notebook =>", ",", "a" * 300 + "," + "b" * 300])
def test_what_is_no_rule_is_refused(text: str) -> None:
    with pytest.raises(CatalogError, match="is no rule"):
        Rule.parse(text)


def test_a_wrong_line_is_named() -> None:
    assert parse_rules(["# shop", "", "tv, television"]) == [Rule.parse("tv, television")]
    with pytest.raises(CatalogError, match=r"^line 3: 'dress' is no rule"):
        parse_rules(["# shop", "tv, television", "dress"])
