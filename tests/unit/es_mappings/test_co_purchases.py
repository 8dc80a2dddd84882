import pytest
from hypothesis import given
from hypothesis import strategies as st

from es_mappings.co_purchases import CoPurchase, joined

COUNTS = st.integers(0, 10_000)


def test_what_is_always_ordered_together_goes_together_more_than_what_everybody_orders() -> None:
    belt = CoPurchase("dress", "belt", 20, 20, 20, 10_000)
    bag = CoPurchase("dress", "paper bag", 20, 20, 5_000, 10_000)
    assert belt.affinity > 5 * bag.affinity > 0


def test_what_is_ordered_together_by_chance_does_not_go_together() -> None:
    assert CoPurchase("a", "b", 9, 200, 500, 10_000).affinity == 0
    assert CoPurchase("a", "b", 40, 200, 500, 10_000).affinity > 0


def test_few_orders_say_less_than_many() -> None:
    few, many = CoPurchase("a", "b", 3, 3, 3, 10_000), CoPurchase("a", "c", 30, 40, 40, 10_000)
    assert few.affinity < many.affinity
    assert few.affinity == pytest.approx(3 / 8, rel=0.01)  # a cosine of 1, shrunk


def test_the_first_orders_of_a_shop_say_something() -> None:
    assert CoPurchase("a", "b", 3, 3, 3, 3).affinity > 0.3


@given(st.integers(1, 10_000), COUNTS, COUNTS, COUNTS)
def test_whatever_was_counted_an_affinity_is_between_0_and_1(together: int, one: int, other: int, all_: int) -> None:
    assert 0 <= CoPurchase("a", "b", together, one, other, all_).affinity < 1


def test_harmony_decides_between_what_is_ordered_as_often() -> None:
    assert joined(0.4, 0.9) > joined(0.4, 0.5) > joined(0.4, 0.1)
    assert joined(0.4, 0.5) == pytest.approx(0.4)
    assert joined(0.8, 0.1) > joined(0.4, 0.9)  # and not against much stronger evidence
