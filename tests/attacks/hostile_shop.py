"""A shop whose catalogue, queues and staff pages hold markup wherever text can stand.

It is written past all validation, as an attached index or whoever writes to our servers might.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import redis
from elasticsearch import Elasticsearch
from elasticsearch.helpers import bulk, pack_dense_vector
from flask import Flask
from flask.testing import FlaskClient

from es_mappings import product
from es_mappings.product import LAYOUT
from indexer.elastic.dead_letters import DeadLetter, DeadLetters
from indexer.elastic.product_index import ProductIndex
from indexer.relevance.judgements import JudgementStore
from indexer.settings import Settings
from tests.attacks.crawler import Form, read
from webapp import create_app
from workers.queues import keys
from workers.queues.counters import Counters

MARK = "struck"  # the function that a payload calls where it runs
# Leaves a double- or single-quoted attribute, a text, a title, a script, a comment and a template.
_BREAKOUT = "\"'>-->]]></title></textarea></script></style>{{{{7*7}}}}${{7*7}}"
STAFF = "ada"


def payload(place: str) -> str:
    """Return markup that calls `struck(place)` by several ways if it isn't escaped."""
    call = f"{MARK}(`{place}`)"
    return (
        f"{_BREAKOUT.format()}<script>{call}</script><img src=x onerror={call}><svg/onload={call}>"
        f"<iframe srcdoc='<script>parent.{call}</script>'></iframe>"
        f'" onpointerenter="{call}" autofocus onfocus=\'{call}\''
    )


def address_payload(place: str) -> str:
    """Return an address that runs where it is followed or loaded."""
    return f'javascript:{MARK}(`{place}`)//"\' onerror={MARK}(`{place}`) x="'


def _product(number: int, vector: str) -> dict[str, Any]:
    product_id = f"evil-{number}" if number else f'evil"\'onfocus={MARK}(`id`)autofocus="><svg>'
    name = payload("attribute.name").replace(".", "")
    return {
        "id": product_id,
        "title": payload("title"),
        "description": payload("description"),
        "brand": payload("brand"),
        "category": [payload("category")],
        "category_path": [payload("category"), f"Kind {number % 2}"],
        "price": 5 + number,
        "currency": payload("currency"),
        "in_stock": True,
        "style": payload(f"style{number}"),
        "attributes": {name: payload("attribute.value"), "list": [payload("listed")], "color": payload("color")},
        "effective": {payload("effective.name").replace(".", ""): payload("effective.value")},
        "predicted": {
            payload("predicted.name"): {"value": payload("predicted.value"), "confidence": 0.9, "doubt": 0.1},
            "color": {"value": payload("predicted.color"), "confidence": 0.9, "doubt": 0.1},
        },
        "disputes": [payload("predicted.name")] if number == 1 else ["color"],
        "dispute": 0.9,
        "facets": [f"color:{payload('facet')}", f"{name}:{payload('facet.value')}"],
        "images": [address_payload("image"), f"https://{payload('image.host')}@127.0.0.1/", payload("image.path")],
        "embedding": {
            "status": "failed" if number == 2 else "done",
            "reason": payload("embedding.reason"),
            "image_digest": "a" * 64,  # shared, as a placeholder is
        },
        "url": address_payload("url"),
        "source": payload("source"),
        "vector": vector,
    }  # fmt: skip


def products() -> Iterator[dict[str, Any]]:
    """Yield the catalogue."""
    random = np.random.default_rng(5)
    for number in range(6):
        parts = {a.name: random.normal(size=a.dims).astype(np.float32) for a in LAYOUT.aspects}
        yield _product(number, pack_dense_vector(LAYOUT.compose(parts)))


@dataclass
class HostileShop:
    """The shop: its application, and the handles of its servers."""

    settings: Settings
    client: Elasticsearch
    app: Flask

    @property
    def index(self) -> ProductIndex:
        """Handle of its product index."""
        return ProductIndex(self.client, self.settings.index_name)

    def fill(self) -> None:
        """Write the catalogue, and what the pages of staff show."""
        alias = self.settings.index_name
        self.client.indices.create(
            index=f"{alias}-1", mappings=product.mapping("random"), settings=product.settings(), aliases={alias: {}}
        )
        documents = list(products())
        bulk(self.client, ({"_index": alias, "_id": d["id"], **d} for d in documents), refresh=True)
        ids = [d["id"] for d in documents]
        JudgementStore(self.index).put_pools({ids[1]: ids[2:4], ids[0]: ids[4:]})
        letters = [
            DeadLetter(payload(f"kind{n}"), payload("letter"), payload("reason"))  # type: ignore[arg-type]
            for n in range(2)
        ]
        DeadLetters(self.index).add(letters)
        with redis.Redis.from_url(self.settings.redis_url) as server:
            Counters(server, alias).count("failures", payload("failure"), 3)
            Counters(server, alias).count("served", payload("strategy"), 3)

    def remove(self) -> None:
        """Delete what was written."""
        for name in self.client.indices.get(index=f"{self.settings.index_name}*").body:
            self.client.indices.delete(index=name)
        with redis.Redis.from_url(self.settings.redis_url) as server:
            if left := [*server.scan_iter(f"{self.settings.index_name}:*")]:
                server.delete(*left)

    def refill(self) -> None:
        """Write everything anew, after what a test changed."""
        self.remove()
        self.fill()

    def state(self) -> dict[str, object]:
        """Return a digest of all that requests could change: this shop's indices and everything in Redis."""
        stats = self.client.indices.stats(index=f"{self.settings.index_name}*", metric="indexing")["indices"]
        state: dict[str, object] = {
            name: (i["total"]["indexing"]["index_total"], i["total"]["indexing"]["delete_total"])
            for name, i in stats.items()
        }
        with redis.Redis.from_url(self.settings.redis_url) as server:
            own = [*server.scan_iter(f"{self.settings.index_name}:*"), *server.scan_iter(keys.visitor("*"))]
            own += server.scan_iter("staff-session:*")
            counters = keys.counters(self.settings.index_name).encode()  # counts of searches, which anybody may make
            return state | {key.decode(): server.dump(key) for key in own if key != counters}

    def shopper(self) -> FlaskClient:
        """Return a visitor who has looked at products, bagged and ordered some, so that every form is there."""
        web = self.app.test_client()
        bag = _form(web, "/products/evil-1", "/bag")
        for product_id in ("evil-1", "evil-2", "evil-3"):
            web.get(f"/products/{product_id}")
            web.post(bag.action, data=dict(bag.fields) | {"product_id": product_id})
        web.post("/bag/order", data=dict(_form(web, "/bag", "/bag/order").fields))
        web.post(bag.action, data=dict(bag.fields) | {"product_id": "evil-4"})
        return web

    def member(self) -> FlaskClient:
        """Return a shopper who is also a member of staff."""
        web = self.shopper()
        form = _form(web, "/staff/login", "/staff/login")
        answer = web.post(form.action, data=dict(form.fields) | {"name": STAFF, "password": self.password})
        assert answer.status_code == 303, answer.text
        return web

    @property
    def password(self) -> str:
        """The password of a member of staff."""
        assert self.settings.staff
        return dict(pair.split(":", 1) for pair in self.settings.staff.get_secret_value().split(","))[STAFF]


def open_hostile_shop(settings: Settings, client: Elasticsearch) -> HostileShop:
    """Open the shop; it is empty."""
    settings = settings.model_copy(update={"index_name": f"{settings.index_name}-hostile"})
    return HostileShop(settings, client, create_app(settings))


def _form(web: FlaskClient, page: str, action: str) -> Form:
    return next(form for form in read(page, web.get(page)).forms if form.action == action)
