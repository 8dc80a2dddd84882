"""What goes with products, from counted orders and a fake Elasticsearch's answers."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from es_mappings.anchors import Anchor, query_points
from es_mappings.co_purchases import CoPurchase, Level
from es_mappings.layout import Layout, Vector
from es_mappings.queries import EXACT
from es_mappings.recommendations import goes_with_weights
from search.anchors import Anchors
from search.complements import Complemented, Evidence

LAYOUT = Layout.of({"look": 2, "style": 2, "color": 2})
DRESS = {"id": "dress", "title": "A dress", "category_path": ["Clothes", "Clothes/Dresses"], "style": "halter"}


def _vector(look: tuple[float, float], tone: tuple[float, float] = (1, 0)) -> Vector:
    parts = {"look": look, "style": tone, "color": tone}
    return LAYOUT.compose({name: np.array(part, np.float32) for name, part in parts.items()})


def _complemented() -> Complemented:
    anchors = [Anchor("dress", _vector((1, 0)))]
    points = query_points(anchors, "auto", goes_with_weights(LAYOUT), LAYOUT)
    return Complemented(Anchors(anchors, {"dress": DRESS}, []), points, LAYOUT, ["owned"])


class Counted:
    """Counts that a test decides."""

    def __init__(self, **pairs: list[CoPurchase]) -> None:
        self._pairs = pairs

    def read(self, level: Level, names: Sequence[str]) -> list[CoPurchase]:
        return [pair for pair in self._pairs.get(level, []) if pair.name in names]


def _hit(product_id: str, row: Vector, **fields: Any) -> dict[str, Any]:
    source = {"id": product_id, "title": product_id, "style": product_id, **fields}
    return {"_id": product_id, "_source": source, "_score": 1.0, "fields": {"vector": row.tolist()}}


def _answer(*hits: dict[str, Any]) -> dict[str, Any]:
    return {"took": 1, "hits": {"total": {"value": len(hits)}, "hits": list(hits)}}


def _pair(partner: str, together: int = 20, name: str = "dress") -> CoPurchase:
    return CoPurchase(name, partner, together, 40, 40, 1_000)


def test_what_was_ordered_most_with_it_comes_first_and_harmony_decides_between_equals() -> None:
    evidence = Evidence(Counted(product=[_pair("rare", 4), _pair("shoes"), _pair("clash")]), _complemented())
    [request] = evidence.requests(EXACT)
    assert {"ids": {"values": ["clash", "shoes", "rare"]}} in request["query"]["bool"]["filter"]
    answer = _answer(
        _hit("clash", _vector((0, 1), (-1, 0))), _hit("rare", _vector((0, -1))), _hit("shoes", _vector((-1, 0)))
    )
    items = evidence.ranked([answer])
    assert [item.product["id"] for item in items] == ["shoes", "clash", "rare"]
    assert [item.because for item in items] == ["dress"] * 3
    assert items[0].evidence == _pair("shoes")


def test_near_copies_and_variants_are_left_out() -> None:
    evidence = Evidence(Counted(product=[_pair(i) for i in ("copy", "one", "other color", "same")]), _complemented())
    answer = _answer(
        _hit("copy", _vector((1, 0.01))),  # of the dress itself
        _hit("one", _vector((0, 1)), style="sandal"),
        _hit("other color", _vector((0.5, 1)), style="sandal"),
        _hit("same", _vector((0.01, 1))),  # picture as the sandal
    )
    assert [item.product["id"] for item in evidence.ranked([answer])] == ["one"]


def test_its_own_category_style_and_what_is_owned_never_go_with_it() -> None:
    evidence = Evidence(
        Counted(
            product=[_pair("shoes")],
            category=[_pair("Shoes", name="Clothes/Dresses"), _pair("Clothes/Dresses", name="Clothes/Dresses")],
        ),
        _complemented(),
    )
    requests = evidence.requests(EXACT)
    assert len(requests) == 2  # what was ordered with it, and shoes; no dresses
    for request in requests:
        text = str(request["query"])
        assert "{'terms': {'category_path': ['Clothes/Dresses']}}" in text
        assert "{'terms': {'style': ['halter']}}" in text
        assert "'owned'" in text


def test_without_orders_of_its_own_those_of_its_category_count() -> None:
    bought = Counted(category=[_pair("Shoes", 30, "Clothes/Dresses")])
    evidence = Evidence(bought, _complemented())
    [item] = evidence.ranked([_answer(_hit("shoes", _vector((0, 1))))])
    assert (item.because, item.evidence) == ("dress", _pair("Shoes", 30, "Clothes/Dresses"))


def test_what_is_ordered_together_as_often_as_by_chance_does_not_go_together() -> None:
    bought = Counted(product=[CoPurchase("dress", "paper bag", 9, 20, 500, 1_000)])
    assert not Evidence(bought, _complemented()).requests(EXACT)


def test_nothing_is_known_where_nothing_was_ordered() -> None:
    assert not Evidence(Counted(), _complemented()).requests(EXACT)
