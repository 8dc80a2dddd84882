from types import SimpleNamespace
from typing import Any, cast

from elastic_transport import ObjectApiResponse

from indexer.elastic.product_index import ProductIndex
from search.variants import Variants


def _variants(*ids: str) -> Variants:
    def search(*, index: str, body: dict[str, Any]) -> ObjectApiResponse[Any]:
        assert (index, body["query"]["bool"]["filter"]) == ("shop", [{"term": {"style": "STYLE-1"}}])
        hits = [{"_source": {"id": i, "title": "as the index has it"}, "sort": [0, i]} for i in ids]
        return ObjectApiResponse({"hits": {"hits": hits}, "took": 1}, cast("Any", None))

    return Variants(cast("ProductIndex", SimpleNamespace(alias="shop", client=SimpleNamespace(search=search))))


def test_a_product_is_among_its_variants_as_the_page_shows_it() -> None:
    product = {"id": "b", "title": "as it was read just now", "style": "STYLE-1"}
    found = _variants("a", "b", "c").of(product)
    assert [(p["id"], p["title"].endswith("just now")) for p in found] == [("a", False), ("b", True), ("c", False)]
    assert _variants("a").of(product)[-1] == product  # beyond those that are read


def test_a_product_of_no_known_style_has_no_others() -> None:
    assert _variants("a").of({"id": "b"}) == [{"id": "b"}]
