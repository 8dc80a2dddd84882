"""What a schedule's operations do to the shop, and what they record."""

from __future__ import annotations

import json
import secrets
import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import psutil
from celery import Celery
from elastic_transport import TransportError
from elasticsearch import ApiError
from flask import Flask
from itsdangerous import URLSafeSerializer
from kombu.exceptions import OperationalError
from standardwebhooks import Webhook

from indexer.attached.attachment import Attachment, Attachments, prepare
from indexer.attached.detaching import detach
from indexer.attached.fields import FieldNames
from indexer.errors import ProductSearchError
from tests.faults.chaos import catalogue, rollout
from tests.faults.chaos.history import Accepted, ForeignWritten, ProductRead, RolledOut, Walk
from tests.faults.chaos.shop import ChaosShop
from workers.app import EMBEDDING, SWEEP

NAMES = FieldNames("photo", "sku", "name")
_PAGES = 20  # at most, of one walk


class Operations:
    """The operations: a method each, named as in the schedule.

    Attributes
    ----------
    ending : Event
        Set when the run's time is over; pauses end early then.
    """

    def __init__(self, shop: ChaosShop, app: Flask) -> None:
        self._shop, self._app, self._history = shop, app, shop.history
        settings = shop.settings
        assert settings.webhook_secret
        assert settings.secret_key
        self._webhook = Webhook(settings.webhook_secret.get_secret_value())
        self._cursors = URLSafeSerializer(settings.secret_key.get_secret_value(), salt="cursor")
        self.ending = threading.Event()

    def send(self, events: list[dict[str, Any]]) -> None:
        """Send events to the webhook, again and again until it accepts them, as its senders do."""
        body = json.dumps({"events": [self._shop.addressed(event) for event in events]})
        name, began = f"msg_{secrets.token_hex(8)}", time.monotonic()
        while events:
            now = datetime.now(UTC)
            headers = {
                "webhook-id": name,
                "webhook-timestamp": str(int(now.timestamp())),
                "webhook-signature": self._webhook.sign(name, now, body),
            }
            answer = self._app.test_client().post(
                "/api/catalog/events", data=body, headers=headers, content_type="application/json"
            )
            if answer.status_code == 202:
                assert answer.get_json()["errors"] == []
                break
            assert answer.status_code == 503, answer.text
            time.sleep(0.2)
        ended = time.monotonic()
        for event in events:
            self._history.add(Accepted(began, ended, event))

    def search(self, **parameters: Any) -> None:
        """Walk through all pages of a listing."""
        client, began, cursor = self._app.test_client(), time.monotonic(), ""
        statuses, totals, hits, index, opened = list[int](), list[int](), [], "", ""
        while len(statuses) < _PAGES:
            query = {**parameters, **({"cursor": cursor} if cursor else {})}
            answer = client.get("/api/search", query_string=query)
            statuses.append(answer.status_code)
            page = answer.get_json(silent=True) if answer.status_code == 200 else None
            if page is None or page["stale_seconds"] is not None:  # marked as an earlier answer: not checked
                cursor = "unfinished"
                break
            totals.append(page["total"]["value"])
            hits += [(p["id"], catalogue.field_versions(p)) for p in page["products"]]
            cursor = page["next_cursor"]
            if not cursor:
                break
            _, _, index, opened, *_ = self._cursors.loads(cursor)
        complete = set(statuses) == {200} and not cursor
        ended = time.monotonic()
        self._history.add(Walk(began, ended, parameters, statuses, totals, hits, complete, index, opened))

    def read(self, product_id: str) -> None:
        """Read a product as a shopper's page does."""
        began = time.monotonic()
        answer = self._app.test_client().get(f"/api/products/{product_id}")
        ended, product = time.monotonic(), answer.get_json() if answer.status_code == 200 else {}
        fields, stale = catalogue.field_versions(product), product.get("stale_seconds") is not None
        self._history.add(ProductRead(began, ended, product_id, answer.status_code, fields, stale))

    def kill_child(self) -> None:
        """Kill the process that embeds."""
        with suppress(psutil.NoSuchProcess):
            for child in psutil.Process(self._shop.workers[0].pid).children():
                child.kill()

    def kill_workers(self) -> None:
        """Kill all workers, and start them again."""
        self._shop.stop_workers(kill=True)
        self._shop.start_workers()

    def pause_worker(self, worker: int, seconds: float) -> None:
        """Stop a worker's processes for a while; its lease may run out meanwhile."""
        self._shop.signal_worker(worker, signal.SIGSTOP)
        self.ending.wait(seconds)
        self._shop.signal_worker(worker, signal.SIGCONT)

    def kill_redis(self, seconds: float) -> None:
        """Kill Redis, and start it again."""
        self._shop.server.kill()
        self.ending.wait(seconds)
        self._shop.server.start()

    def pause_redis(self, seconds: float) -> None:
        """Make Redis hang."""
        self._shop.signal_redis(signal.SIGSTOP)
        self.ending.wait(seconds)
        self._shop.signal_redis(signal.SIGCONT)

    def spoil_elasticsearch(self, how: str, seconds: float) -> None:
        """Spoil what Elasticsearch answers."""
        self._shop.proxy.spoil = how
        self.ending.wait(seconds)
        self._shop.proxy.heal()

    def roll(self, kind: str, killed_before: str = "") -> str:
        """Run a rebuild, a rollback, a prune or an abandonment, and return what came of it."""
        began = time.monotonic()
        outcome, index = rollout.roll(kind, killed_before)
        index = index if kind in {"rebuild", "rollback"} else ""
        self._history.add(RolledOut(began, time.monotonic(), kind, outcome, index))
        return outcome

    def write_foreign(self, what: str, product_id: str, version: int) -> None:
        """Write to the foreign index as its owner does: straight to Elasticsearch."""
        client, index, began = self._shop.index.client, self._shop.foreign, time.monotonic()
        picture = f"{product_id}-v{version}.png"
        found = client.options(ignore_status=404).get(index=index, id=product_id)
        before = found["_source"] if found.get("found") else None
        if what == "delete":
            client.options(ignore_status=404).delete(index=index, id=product_id)
            self._wrote_foreign(began, product_id, None, "")
            return
        address = self._shop.pictures.address(picture)
        if what == "replace" or before is None:
            document = {"sku": product_id, "name": f"Thing v{version}", "version": version, "photo": address}
            client.index(index=index, id=product_id, document=document)
        else:
            changed = {"version": version, **({"photo": address} if what == "photo" else {})}
            client.update(index=index, id=product_id, doc=changed, retry_on_conflict=20)
            if what == "price":
                picture = before["photo"].rpartition("/")[2]
        self._wrote_foreign(began, product_id, version, picture)

    def _wrote_foreign(self, began: float, product_id: str, version: int | None, picture: str) -> None:
        self._history.add(ForeignWritten(began, time.monotonic(), product_id, version, picture))

    def attach(self) -> str:
        """Attach the foreign index, and leave its vectors to the workers."""
        attachment = Attachment(self._shop.foreign, "lookalike", NAMES)
        index = self._shop.shop_index

        def attach() -> None:
            prepare(index.client, attachment)
            Attachments(index).save(attachment)

        return _outcome(attach)

    def detach(self) -> str:
        """Detach it again."""
        return _outcome(lambda: detach(self._shop.shop_index, self._shop.foreign))

    def sweep(self) -> str:
        """Have a worker sweep at once."""

        def send() -> None:
            options = {"socket_timeout": 5, "socket_connect_timeout": 2}
            with Celery("chaos", broker=self._shop.server.url, broker_transport_options=options) as sender:
                sender.send_task(SWEEP, queue=EMBEDDING, retry=False)

        return _outcome(send)


def _outcome(do: Callable[[], object]) -> str:
    """Do what faults may prevent, and return whether they did."""
    try:
        do()
    except (ApiError, TransportError, OperationalError, ProductSearchError) as error:
        return f"{type(error).__name__}: {error}"[:200]
    return "done"
