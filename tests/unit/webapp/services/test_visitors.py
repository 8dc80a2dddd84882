import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from es_mappings.behaviour import Event
from webapp.services.visitors import (
    MAX_BAG,
    MAX_EVENTS,
    MAX_LISTED,
    MAX_LISTS,
    MAX_ORDERS,
    MAX_QUANTITY,
    BagItem,
    Line,
    Order,
    Visitor,
)


def _order(number: str, *ids: str) -> Order:
    return Order(number, 9.0, tuple(Line(i, f"Product {i}", 1, 5.0, "EUR") for i in ids))


def _bag(visitor: Visitor) -> dict[str, int]:
    return {item.product_id: item.quantity for item in visitor.bag}


def test_into_the_bag_and_out_of_it() -> None:
    v = Visitor().with_event("view", "a", 1.0).with_quantity("a", 2, 2.0).with_quantity("b", 1, 3.0)
    assert _bag(v) == {"a": 2, "b": 1}
    assert [(e.kind, e.product_id) for e in v.events] == [("view", "a"), ("cart", "a"), ("cart", "b")]
    out = v.with_quantity("a", 0, 4.0)
    assert _bag(out) == {"b": 1}
    assert [(e.kind, e.product_id) for e in out.events] == [("view", "a"), ("cart", "b")]


def test_another_number_of_the_same_is_no_new_event() -> None:
    v = Visitor().with_quantity("a", 1, 1.0).with_quantity("a", 500, 2.0)
    assert _bag(v) == {"a": MAX_QUANTITY}
    assert len(v.events) == 1


def test_each_size_of_a_product_is_an_item_of_its_own() -> None:
    v = Visitor().with_more("a", 1, 1.0, "S").with_more("a", 2, 2.0, "M").with_more("a", 1, 3.0, "S")
    assert v.bag == (BagItem("a", 2, "S"), BagItem("a", 2, "M"))
    assert (v.in_bag, v.pieces("a"), v.pieces(), v.pieces("b")) == (["a"], 4, 4, 0)
    assert [e.kind for e in v.events] == ["cart"]
    without = v.with_quantity("a", 0, 4.0, "S")
    assert (without.bag, [e.kind for e in without.events]) == ((BagItem("a", 2, "M"),), ["cart"])
    assert without.with_quantity("a", 0, 5.0, "M").events == ()
    ordered = v.with_order(Order("1", 9.0, (Line("a", "Product a", 2, 5.0, "EUR", "S"),)))
    assert ordered.bag == (BagItem("a", 2, "M"),)


def test_a_bag_of_an_earlier_version_is_read() -> None:
    stored = {**Visitor().to_dict(), "bag": {"a": 2, "b": 1}}
    assert Visitor.from_dict(stored).bag == (BagItem("a", 2), BagItem("b", 1))


def test_a_wish_list_is_made_merged_and_removed() -> None:
    v = Visitor().with_listed("Summer", ["a", "b"]).with_listed("Summer", ["b", "c"]).with_listed("Toys", ["t"])
    assert v.lists == {"Summer": ("a", "b", "c"), "Toys": ("t",)}
    assert Visitor.from_dict(json.loads(json.dumps(v.to_dict()))) == v
    assert v.without_list("Summer").lists == {"Toys": ("t",)}


def test_wish_lists_are_bounded() -> None:
    v = Visitor()
    for n in range(MAX_LISTS + 5):
        v = v.with_listed(f"List {n}", [f"p-{n}-{m}" for m in range(MAX_LISTED + 5)])
    assert len(v.lists) == MAX_LISTS
    assert {len(ids) for ids in v.lists.values()} == {MAX_LISTED}


def test_what_is_ordered_leaves_the_bag_and_is_owned() -> None:
    v = Visitor().with_quantity("a", 1, 1.0).with_quantity("b", 1, 1.0).with_order(_order("1", "a"))
    assert _bag(v) == {"b": 1}
    assert v.owned == ["b", "a"]
    assert v.events[-1] == Event("order", "a", 9.0)


def test_everything_is_bounded() -> None:
    v = Visitor()
    for n in range(MAX_EVENTS + 60):
        v = (
            v.with_quantity(str(n), 1, float(n))
            .with_event("view", str(n), float(n))
            .with_order(_order(str(n), f"o{n}"))
        )
    assert (len(v.events), len(v.bag), len(v.orders)) == (MAX_EVENTS, MAX_BAG, MAX_ORDERS)
    assert v.events[-2].product_id == str(MAX_EVENTS + 59)


STEPS = st.lists(
    st.tuples(st.sampled_from(["view", "bag", "order", "forget"]), st.text(max_size=8), st.integers(0, 200)),
    max_size=40,
)


@given(STEPS)
def test_it_comes_back_from_redis_as_it_went(steps: list[tuple[str, str, int]]) -> None:
    v = Visitor()
    for what, product_id, number in steps:
        if what == "bag":
            v = v.with_quantity(product_id, number, float(number))
        elif what == "order":
            v = v.with_order(_order("n", product_id))
        else:
            v = v.with_event("view" if what == "view" else "forget", product_id, float(number))
    assert Visitor.from_dict(json.loads(json.dumps(v.to_dict()))) == v


@pytest.mark.parametrize(
    "stored", [{"bag": {"a": "x"}}, {"bag": ["a"]}, {"events": [{"kind": "pay"}]}, {"orders": [{"number": "1"}]}]
)
def test_what_no_shop_wrote_is_refused(stored: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="Visitor"):
        Visitor.from_dict(stored)
