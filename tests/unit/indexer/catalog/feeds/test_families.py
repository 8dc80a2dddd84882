from indexer.catalog.feeds.families import Families
from indexer.catalog.feeds.rows import Row


def _join(parent: Row, variant: Row) -> Row:
    return {**variant, "of": parent["id"]}


def test_only_a_window_of_families_is_remembered() -> None:
    families = Families(_join, window=10)
    found = [row for number in range(100) for row in families.parent(number, {"id": str(number)}, [f"link-{number}"])]
    assert [number for number, _ in found] == list(range(90))
    assert not families.is_complete
    waiting = [
        row for number in range(100, 200) for row in families.variant(number, {"id": str(number)}, f"late-{number}")
    ]
    assert len(waiting) == 90
    assert [number for number, _ in families.rest()] == [*range(190, 200), *range(90, 100)]


def test_variants_meet_their_parent_before_and_after_it() -> None:
    families = Families(_join)
    assert not list(families.variant(1, {"id": "a"}, "p"))
    assert list(families.parent(2, {"id": "parent"}, ["p"])) == [(1, {"id": "a", "of": "parent"})]
    assert list(families.variant(3, {"id": "b"}, "p")) == [(3, {"id": "b", "of": "parent"})]
    assert not list(families.rest())
