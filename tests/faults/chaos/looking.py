"""What is read straight from Elasticsearch, past every disturbance: the alias all the time, products at the end."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

from tests.faults.chaos.history import AliasRead, Final, FinalForeign, ForeignRead, IndexSpace
from tests.faults.chaos.shop import ChaosShop

_POLL = 0.05  # seconds


def watch_alias(shop: ChaosShop, ending: threading.Event) -> None:
    """Read the alias, and through it, until the run ends."""
    client = shop.index.client.options(ignore_status=404)
    known = set[str]()
    while not ending.wait(_POLL):
        began = time.monotonic()
        indices = client.indices.get_alias(name=shop.alias)
        answer = client.search(index=shop.alias, size=1_000, source_includes=["deleted_at"])
        status = max(indices.meta.status, answer.meta.status)
        names = sorted(indices.body) if status == 200 else []
        hits = answer["hits"]["hits"] if status == 200 else []
        deleted = sum("deleted_at" in hit.get("_source", {}) for hit in hits)
        hits_of = sorted({hit["_index"] for hit in hits})
        shop.history.add(AliasRead(began, time.monotonic(), status, names, hits_of, deleted))
        for name in set(names) - known:
            known.add(name)
            note_space(shop, name)


def note_space(shop: ChaosShop, name: str) -> None:
    """Record the vector space of an index."""
    began = time.monotonic()
    if space := shop.index.at(name).space():
        shop.history.add(IndexSpace(began, time.monotonic(), name, space))


def record_products(shop: ChaosShop, after: str) -> None:
    """Record what is in the live index at last."""
    began, live = time.monotonic(), shop.index.live()
    note_space(shop, live)
    index = shop.index.at(live)
    index.refresh()
    query = {"query": {"match_all": {}}, "_source": {"exclude_vectors": False}}
    for hit in index.scan(query, size=500):
        state = shop.proxy.state(hit["_source"])
        shop.history.add(Final(began, time.monotonic(), f"{live} ({after})", hit["_id"], state))


def read_foreign(shop: ChaosShop) -> Iterator[ForeignRead]:
    """Read all documents of the foreign index."""
    client, began = shop.index.client, time.monotonic()
    client.indices.refresh(index=shop.foreign)
    hits = client.search(index=shop.foreign, size=1_000, source={"exclude_vectors": False})["hits"]["hits"]
    ended = time.monotonic()
    for hit in hits:
        document = hit["_source"]
        ours = document.get("lookalike") or {}
        embedded = [image["image"].rpartition("/")[2] for image in ours.get("images") or ()]
        fits = None
        if ours.get("vector") is not None and embedded:
            fits = shop.pictures.fits(ours["vector"], ours.get("space") or "", embedded[0])
        picture, embedded_picture = document["photo"].rpartition("/")[2], embedded[0] if embedded else ""
        yield ForeignRead(began, ended, hit["_id"], document["version"], picture, embedded_picture, fits)


def watch_foreign(shop: ChaosShop, ending: threading.Event) -> None:
    """Read the foreign index until the run ends."""
    while not ending.wait(10 * _POLL):
        for read in read_foreign(shop):
            shop.history.add(read)


def record_foreign(shop: ChaosShop, *, attached: bool) -> None:
    """Record what is in the foreign index at last."""
    for read in read_foreign(shop):
        shop.history.add(FinalForeign(read.began, read.ended, attached, read))
