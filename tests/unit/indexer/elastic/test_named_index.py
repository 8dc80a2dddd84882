"""Which index a name leads to: only one of the shop's own."""

from typing import Any
from unittest.mock import MagicMock

import pytest

from indexer.elastic.named_index import check_serves, index_named
from indexer.errors import RelevanceError

LIVE, KEPT = "shop-20260101000000000000", "shop-20250101000000000000"
VERSIONS = {LIVE: {"shop", "both"}, KEPT: {"trial", "both"}}


def _index(**mappings: Any) -> Any:
    index = MagicMock(alias="shop")
    index.versions.return_value, index.live.return_value = VERSIONS, LIVE
    index.client.indices.get_mapping = lambda index: {index: {"mappings": mappings.get(index[:9], {})}}
    index.client.indices.get_settings = lambda index: {index: {"settings": {"index": {}}}}
    return index


@pytest.mark.parametrize(("name", "found"), [(KEPT, KEPT), ("trial", KEPT), ("shop", LIVE)])
def test_an_index_goes_by_its_name_and_its_aliases(name: str, found: str) -> None:
    assert index_named(_index(), name) == found


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("other-shop", rf"'other-shop' is no product index of this shop; there are: {LIVE} \(live\), {KEPT}"),
        ("both", "'both' leads to several indices"),
        ("shop-*", "is no product index"),
    ],
)
def test_what_is_no_index_of_the_shop_is_named(name: str, problem: str) -> None:
    with pytest.raises(RelevanceError, match=problem):
        index_named(_index(), name)


def test_only_what_is_mapped_alike_serves_shoppers() -> None:
    same = {"properties": {"title": {"type": "text"}}, "_meta": {"space": "one", "aspects": []}}
    other_space = {**same, "_meta": {"space": "two", "aspects": []}}
    check_serves(_index(**{LIVE[:9]: same, KEPT[:9]: other_space}), KEPT)
    check_serves(_index(**{LIVE[:9]: same, KEPT[:9]: {}}), LIVE)
    different = {**same, "properties": {"title": {"type": "keyword"}, "more": {"type": "long"}}}
    with pytest.raises(RelevanceError, match=r"another mapping .*\(field more, field title\).*not published"):
        check_serves(_index(**{LIVE[:9]: same, KEPT[:9]: different}), KEPT)
