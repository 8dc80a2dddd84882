"""A shop whose catalogue, queues and staff pages hold markup wherever text can stand.

It is written past all validation, as an attached index or whoever writes to our servers might.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import redis
from elasticsearch import Elasticsearch
from elasticsearch.helpers import bulk, pack_dense_vector
from flask import Flask
from flask.testing import FlaskClient

from es_mappings import product
from es_mappings.configuration import Configuration
from es_mappings.experiment import Experiment
from es_mappings.product import LAYOUT
from es_mappings.rules import Rule, Then, When
from indexer import synonyms
from indexer.elastic.dead_letters import DeadLetter, DeadLetters
from indexer.elastic.product_index import ProductIndex
from indexer.experiments.log import Experiments
from indexer.relevance.golden import QueryJudgement
from indexer.relevance.interaction_log import InteractionLog
from indexer.relevance.judgements import JudgementStore
from indexer.relevance.publications import Publications
from indexer.relevance.query_judgements import QueryJudgementStore
from indexer.relevance.query_sets import QuerySet, of_words
from indexer.relevance.ubi import Acted, Shown
from indexer.settings import Settings
from tests.attacks.crawler import Form, Page, forms, read
from webapp import create_app
from webapp.services import Services
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


def short_payload(place: str) -> str:
    """Return markup for where little text can stand."""
    return f"\"'><script>{MARK}(`{place}`)</script><img src=x onerror={MARK}(`{place}`)>"


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
        self._publish()
        self._record(ids)
        self._judge_queries(ids)
        synonyms.change(
            self.index,
            [synonyms.Rule.parse(f"{short_payload('synonym')}, {short_payload('other')}")],
            author=payload("author"),
            note=payload("note"),
        )
        self._start_experiment()
        with redis.Redis.from_url(self.settings.redis_url) as server:
            Counters(server, alias).count("failures", payload("failure"), 3)
            Counters(server, alias).count("served", payload("strategy"), 3)

    def _publish(self) -> None:
        """Publish a configuration and a rule, and save a query set."""
        store, author, note = Publications(self.index), payload("author"), payload("note")
        configuration = Configuration(name="mine", keyword_boosts={"title": 2})
        rule = Rule(
            name="banner",
            when=When(),
            then=Then(banner=short_payload("banner")),
        )
        store.save(configuration, author, note)
        store.save(rule, author, note)
        store.save(QuerySet(name="asked", queries=tuple(of_words([short_payload("set.query"), "a"]))), author, note)
        store.publish(author, configuration=configuration, rules=[rule], note=note)

    def _record(self, ids: Sequence[str]) -> None:
        """Record a search, what was done after it, and the next one."""
        at = time.time()
        day = time.strftime("%Y%m%d", time.gmtime(at))
        session, first, second = (f"{day}-{name}" for name in ("session00", "query0000", "query0001"))
        common: dict[str, Any] = {"session_id": session, "at": at, "application": "shop"}
        words = [short_payload("words"), short_payload("refined")]
        acted = [("click", ids[1]), ("like", ids[0]), ("filter", f"color:{short_payload('filter')}")]
        InteractionLog(self.index).write(
            [
                Shown(**common, query_id=first, words=words[0], results=2, ids=tuple(ids[:2])),
                *(Acted(**common, query_id=first, action=action, object_id=name) for action, name in acted),
                Shown(**common, query_id=second, words=words[1], refines=first),
            ]
        )
        self.client.indices.refresh(index=f"{self.settings.index_name}*")

    def _judge_queries(self, ids: Sequence[str]) -> None:
        """Have two judges differ, and leave products to judge."""
        store, query = QueryJudgementStore(self.index), short_payload("judged.query")
        store.put_pools({query: ids[1:4]}, payload("judge"))
        store.put_guidelines(payload("guidelines"), payload("judge"), expected=0)
        for judge, grade in (("bob", 0), ("eve", 3)):
            note = payload("judge.note")
            store.put(QueryJudgement(query=query, candidate=ids[1], grade=grade, note=note, judge=judge))

    def _start_experiment(self) -> None:
        control, treatment = (Configuration(name=name, keyword_boosts={"title": n + 2}) for n, name in enumerate("ab"))
        experiment = Experiment(name="trial", control=control, treatment=treatment)
        Experiments(self.index).start(experiment, payload("author"), payload("note"))

    def hidden_pages(self, web: FlaskClient, pages: Sequence[Page]) -> Iterator[Page]:
        """Yield pages of staff that no link leads to: they answer a form, or are there at other times."""
        for form in forms(pages):
            if form.action == "/workbench/compare" and "text_b" in dict(form.fields):
                yield read(form.action, web.post(form.action, data=next(form.submissions()) | {"q": "a"}))
        if any(form.action == "/workbench/experiments/stop" for form in forms(pages)):
            Experiments(self.index).stop("trial", payload("author"), payload("reason"))
            yield read("/workbench/experiments", web.get("/workbench/experiments"))
            self._start_experiment()

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
        services: Services = self.app.extensions["services"]
        services.query_log.flush()  # what was searched before isn't to arrive between two digests
        stats = self.client.indices.stats(index=f"{self.settings.index_name}*", metric="indexing")["indices"]
        state: dict[str, object] = {
            name: (i["total"]["indexing"]["index_total"], i["total"]["indexing"]["delete_total"])
            for name, i in stats.items()
        }
        with redis.Redis.from_url(self.settings.redis_url) as server:
            own = [*server.scan_iter(f"{self.settings.index_name}:*"), *server.scan_iter(keys.visitor("*"))]
            own += server.scan_iter("staff-session:*")
            counters = keys.counters(self.settings.index_name).encode()  # counts of searches, which anybody may make
            kept = (key for key in own if key != counters and b":called" not in key)  # marks of tasks run out
            return state | {key.decode(): server.dump(key) for key in kept}

    def shopper(self) -> FlaskClient:
        """Return a visitor who has looked at products, bagged and ordered some, so that every form is there."""
        web = self.app.test_client()
        bag = _form(web, "/products/evil-1", "/bag")
        for product_id in ("evil-1", "evil-2", "evil-3"):
            web.get(f"/products/{product_id}")
            web.post(bag.action, data=dict(bag.fields) | {"product_id": product_id})
        web.post("/bag/order", data=dict(_form(web, "/bag", "/bag/order").fields))
        web.post(bag.action, data=dict(bag.fields) | {"product_id": "evil-4"})
        kept = _form(web, "/lists?like=evil-1&like=evil-2", "/lists")
        web.post(kept.action, data=dict(kept.fields) | {"name": payload("list")})
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
