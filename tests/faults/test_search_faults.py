"""Each way in which Elasticsearch fails: shoppers get answers, events wait and are written later, operators see why."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest

from indexer.elastic.product_index import READ_ALIAS
from tests.conftest import wait_until
from tests.faults.shop import FULL, FaultyShop
from tests.faults.visits import Storefront

pytestmark = pytest.mark.timeout(3_600 if FULL else 900)


@dataclass(frozen=True)
class Fault:
    """A fault of Elasticsearch.

    Attributes
    ----------
    seconds : float
        How long it lasts in a full run; in a quick one, as long as it takes to see it.
    reason : str
        How the metric of failures names it; empty if workers get their answers, only later.
    served : bool
        Whether pages are still served.
    shown : str
        What the operations page says.
    """

    seconds: float
    reason: str
    served: bool = False
    shown: str = "Not available right now"


_REFUSED = "ConnectionError"
FAULTS = {
    "hang": Fault(120, ""),
    "slow": Fault(30, "", shown=""),
    "refuse": Fault(30, _REFUSED),
    "429": Fault(30, "elasticsearch 429"),
    "401": Fault(180, "elasticsearch 401"),
    "403": Fault(30, "elasticsearch 403"),
    "502": Fault(30, "elasticsearch 502"),
    "truncate": Fault(30, _REFUSED),
    "breaker": Fault(30, "elasticsearch 429"),
    "contexts": Fault(30, "elasticsearch 429", served=True, shown=""),
    "closed": Fault(30, "elasticsearch 400"),
    "read-only": Fault(30, "elasticsearch 403", served=True, shown="blocked by"),
    "no alias": Fault(30, "IndexStateError", shown="Put it back"),
}


@contextmanager
def _fault(shop: FaultyShop, name: str) -> Iterator[None]:
    indices, live = shop.client.indices, shop.index.live()
    begin, end = {
        "closed": (
            lambda: indices.close(index=live),
            lambda: indices.open(index=live),
        ),
        "read-only": (
            lambda: indices.put_settings(index=live, settings={"blocks.write": True}),
            lambda: indices.put_settings(index=live, settings={"blocks.write": None}),
        ),
        "no alias": (
            lambda: indices.delete_alias(index=live, name=shop.alias),
            lambda: indices.put_alias(index=live, name=shop.alias, **READ_ALIAS),
        ),
    }.get(name, (lambda: setattr(shop.proxy, "spoil", name), lambda: setattr(shop.proxy, "spoil", "")))
    begin()
    try:
        yield
    finally:
        end()


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_of_elasticsearch(
    faulty: FaultyShop, faulty_storefront: Storefront, name: str, figure: Callable[[str], None]
) -> None:
    fault, (first, second) = FAULTS[name], faulty.parts(2)
    liked = first[0]["product"]["id"]
    faulty.send(first)
    written = {"all": len(first), "done": len(first), "pending": 0, "failed": 0}
    wait_until(lambda: faulty.states() == written, f"reaching {written}", faulty.states)
    wait_until(lambda: not faulty_storefront.visit(liked).refused, "closing the breaker of the last test")
    before = faulty_storefront.failures().get(fault.reason, 0)

    with _fault(faulty, name):
        begun = time.monotonic()
        faulty.send(second)
        visit = faulty_storefront.visit(liked)
        assert not fault.served or visit.refused == []
        if fault.reason:
            wait_until(lambda: faulty_storefront.failures().get(fault.reason, 0) > before, f"counting {fault.reason}")
        assert fault.shown in faulty_storefront.operations()
        if FULL:
            time.sleep(max(0.0, fault.seconds - (time.monotonic() - begun)))
        lasted = time.monotonic() - begun

    ended = time.monotonic()
    assert faulty.finish() == 0
    caught_up = time.monotonic() - ended
    wait_until(lambda: not faulty_storefront.visit(liked).refused, "serving all pages again")
    figure(f"Elasticsearch {name} for {lasted:.0f} s, {len(faulty.events)} events: 0 lost, 0 dead letters, caught up "
           f"in {caught_up:.0f} s, least cosine {faulty.compare():.6f}; {visit}")  # fmt: skip
