"""The handle of a product index, against a client that records its requests."""

import json
from typing import Any
from unittest.mock import MagicMock

import pytest

from es_mappings import product
from indexer.elastic.product_index import READ_ALIAS, ProductIndex
from indexer.errors import IndexStateError


@pytest.fixture
def client() -> MagicMock:
    return MagicMock()


def _with_mapping(client: MagicMock, **meta: Any) -> None:
    client.indices.get_mapping.return_value.body = {"shop-1": {"mappings": {"_meta": meta}}}


def test_a_handle_of_one_index_reads_that_one_but_has_the_shops_stores(client: MagicMock) -> None:
    shop = ProductIndex(client, "shop")
    one = shop.at("shop-20261128090000000000")
    assert (shop.name, one.name) == ("shop", "shop-20261128090000000000")
    assert one.store("spaces") == shop.store("spaces") == "shop-spaces"
    one.refresh()
    client.indices.refresh.assert_called_once_with(index="shop-20261128090000000000")


def test_versions_are_the_product_indices_only_oldest_first(client: MagicMock) -> None:
    old, new = "shop-20260101000000000000", "shop-20261128090000000000"
    client.indices.get_alias.return_value.body = {
        new: {"aliases": {"shop": {}, f"{new}-w2": {}}},
        "shop-spaces": {"aliases": {}},
        "shop-of-others-20261128090000000000": {"aliases": {}},
        old: {"aliases": {}},
    }
    assert list(ProductIndex(client, "shop").versions().items()) == [(old, set()), (new, {"shop", f"{new}-w2"})]


def test_a_new_name_is_one_of_the_versions_and_sorts_last(client: MagicMock) -> None:
    shop = ProductIndex(client, "shop")
    names = [shop.new_name(), shop.new_name()]
    client.indices.get_alias.return_value.body = {name: {"aliases": {}} for name in names}
    assert list(shop.versions()) == sorted(names)


def test_more_ids_than_a_request_takes_are_read_in_chunks(client: MagicMock) -> None:
    def answer(*_: object, body: dict[str, Any], **__: object) -> MagicMock:
        assert len(body["docs"]) <= 500
        docs = [{"_id": d["_id"], "found": True, "_source": {"vector": [1.0, 0.0]}} for d in body["docs"]]
        return MagicMock(body={"docs": docs})

    client.perform_request.side_effect = answer
    ids = [f"p{number}" for number in range(1_201)]
    assert list(ProductIndex(client, "shop").vectors(ids)) == ids
    assert client.perform_request.call_count == 3


def test_a_product_without_vector_is_left_out(client: MagicMock) -> None:
    docs = [{"found": True, "_source": {"title": "A"}}, {"found": False}]
    client.perform_request.return_value.body = {"docs": docs}
    shop = ProductIndex(client, "shop")
    assert shop.products(["a", "b"]) == {"a": {"title": "A"}}
    assert shop.vectors(["a", "b"]) == {}


def test_stamping_a_space_keeps_the_other_entries_of_the_mapping(client: MagicMock) -> None:
    aspects = product.LAYOUT.to_meta()
    _with_mapping(client, aspects=aspects, weights={"Toys": {"look": 1.0}})
    ProductIndex(client, "shop").stamp_space("one")
    [call] = client.indices.put_mapping.call_args_list
    assert call.kwargs["index"] == "shop"
    assert (call.kwargs["meta"]["space"], call.kwargs["meta"]["weights"]) == ("one", {"Toys": {"look": 1.0}})


@pytest.mark.parametrize(
    ("meta", "why"),
    [
        ({"space": "another", "aspects": product.LAYOUT.to_meta()}, "holds vectors of the space another"),
        ({"aspects": []}, "made for other aspects"),
    ],
)
def test_a_space_that_does_not_fit_the_index_is_refused(client: MagicMock, meta: dict[str, Any], why: str) -> None:
    _with_mapping(client, **meta)
    with pytest.raises(IndexStateError, match=f"{why}.*rebuild"):
        ProductIndex(client, "shop").stamp_space("one")
    client.indices.put_mapping.assert_not_called()


def test_an_index_with_the_name_of_the_alias_is_refused(client: MagicMock) -> None:
    client.indices.exists_alias.return_value, client.indices.exists.return_value = False, True
    with pytest.raises(IndexStateError, match="not an alias; take another INDEX_NAME"):
        ProductIndex(client, "shop").ensure()
    client.indices.create.assert_not_called()


def test_a_lost_alias_makes_no_empty_shop(client: MagicMock) -> None:
    old, new = "shop-20260101000000000000", "shop-20260201000000000000"
    client.indices.exists_alias.return_value = client.indices.exists.return_value = False
    client.indices.get_alias.return_value.body = {old: {"aliases": {}}, new: {"aliases": {f"{new}-w3": {}}}}
    with pytest.raises(IndexStateError, match="The alias shop is gone") as error:
        ProductIndex(client, "shop").ensure()
    client.indices.create.assert_not_called()
    actions = json.loads(str(error.value).partition("_aliases ")[2])["actions"]
    assert actions == [{"add": {"index": new, "alias": "shop", **READ_ALIAS}}]


def test_an_index_that_another_process_made_meanwhile_is_taken(client: MagicMock) -> None:
    client.indices.exists_alias.return_value = client.indices.exists.return_value = False
    client.indices.get_alias.return_value.body = {"shop-20260101000000000000": {"aliases": {"shop": {}}}}
    ProductIndex(client, "shop").ensure()
    client.indices.create.assert_not_called()
