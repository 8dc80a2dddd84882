import pytest

from indexer.relevance.arranging import Arrangement

PINS = {"a": 1, "b": 2, "c": 4}


@pytest.mark.parametrize(
    ("product", "position", "before", "expected"),
    [
        ("x", 3, 7, {"a": 1, "b": 2, "x": 3, "c": 4}),  # a free place
        ("x", 1, 7, {"x": 1, "a": 2, "b": 3, "c": 4}),  # the others make room towards where it stood
        ("x", 2, None, {"a": 1, "x": 2, "b": 3, "c": 4}),
        ("b", 1, 2, {"b": 1, "a": 2, "c": 4}),  # one up changes places
        ("a", 2, 1, {"b": 1, "a": 2, "c": 4}),  # one down, too
        ("a", 4, 1, {"b": 2, "c": 3, "a": 4}),
        ("a", 0, 1, {"a": 1, "b": 2, "c": 4}),  # nothing stands before the first place
    ],
)
def test_pins_make_room(product: str, position: int, before: int | None, expected: dict[str, int]) -> None:
    assert list(Arrangement(PINS).place(product, position, before).pins.items()) == list(expected.items())


def test_a_hidden_product_that_is_pinned_is_shown_and_the_other_way_round() -> None:
    hidden = Arrangement(PINS).hide("b")
    assert (dict(hidden.pins), hidden.hidden) == ({"a": 1, "c": 4}, ("b",))
    assert hidden.place("b", 9).hidden == ()
    assert hidden.hide("b") == hidden
    assert hidden.show("b").hidden == ()
    assert dict(Arrangement(PINS).unpin("a").pins) == {"b": 2, "c": 4}
