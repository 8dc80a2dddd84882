import pytest
from hypothesis import given
from hypothesis import strategies as st

from es_mappings.behaviour import STRENGTHS, Event, Interest, interests

DAY = 86_400.0
NOW = 100 * DAY


def _ago(kind: str, product_id: str, days: float = 0.0) -> Event:
    return Event(kind, product_id, NOW - days * DAY)  # type: ignore[arg-type]


def test_orders_say_more_than_the_cart_and_that_more_than_views() -> None:
    events = [_ago("view", "a"), _ago("order", "b"), _ago("cart", "c"), _ago("like", "d")]
    assert list(interests(events, NOW, DAY)) == ["b", "c", "d", "a"]
    assert interests(events, NOW, DAY)["b"] == Interest("b", 5.0, "order")


def test_what_was_done_a_half_life_ago_counts_half() -> None:
    found = interests([_ago("view", "a", 7), _ago("cart", "b", 14)], NOW, 7 * DAY)
    assert found["a"].weight == pytest.approx(0.5)
    assert found["b"].weight == pytest.approx(0.75)


def test_ten_views_are_no_order() -> None:
    assert interests([_ago("view", "a")] * 10, NOW, DAY)["a"].weight == 1.0


def test_the_strongest_event_says_why() -> None:
    events = [_ago("cart", "a", 1), _ago("view", "a"), _ago("order", "b", 3), _ago("view", "b")]
    found = interests(events, NOW, DAY)
    assert found["a"].because == "cart"
    assert found["b"].because == "view"  # the order has decayed below it


@pytest.mark.parametrize("undo", ["forget", "dislike"])
def test_undone_until_it_is_done_again(undo: str) -> None:
    events = [_ago("order", "a", 2), _ago("view", "b", 2), _ago(undo, "a", 1)]
    assert list(interests(events, NOW, DAY)) == ["b"]
    assert interests([*events, _ago("view", "a")], NOW, DAY)["a"] == Interest("a", 1.0, "view")
    assert not interests([_ago("view", "a"), _ago(undo, "a")], NOW, DAY)


def test_what_is_long_past_moves_nothing() -> None:
    assert not interests([_ago("order", "a", 100)], NOW, DAY)


def test_a_clock_that_is_ahead_gives_no_extra_weight() -> None:
    assert interests([_ago("view", "a", -5)], NOW, DAY)["a"].weight == 1.0


def test_a_half_life_of_nothing() -> None:
    with pytest.raises(ValueError, match="half-life"):
        interests([], NOW, 0)


KINDS = [*STRENGTHS, "dislike", "forget"]
MANY = st.lists(
    st.builds(Event, st.sampled_from(KINDS), st.integers(0, 80).map(str), st.floats(0, NOW + DAY)),
    max_size=200,
)


@given(MANY)
def test_at_most_fifty_the_weightiest_whatever_the_order_of_events(events: list[Event]) -> None:
    found = interests(events, NOW, 7 * DAY)
    weights = [i.weight for i in found.values()]
    assert len(found) <= 50
    assert weights == sorted(weights, reverse=True)
    assert all(0 < w <= 5 for w in weights)
    assert {k: i.weight for k, i in interests(events[::-1], NOW, 7 * DAY).items()} == {
        k: i.weight for k, i in found.items()
    }
