import pytest

from es_mappings.synonym_rules import read_rule


def test_a_rule_works_both_ways_or_one_way() -> None:
    assert read_rule("TV,  flat  screen") == (("tv", "flat screen"), ("tv", "flat screen"))
    assert read_rule("notebook => laptop") == (("notebook",), ("laptop",))


@pytest.mark.parametrize("text", ["", "tv", "tv, TV", "tv =>", "=> tv", ", ,", "a, " + "b" * 500])
def test_what_is_no_rule_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no rule: write"):
        read_rule(text)
