"""The chaos shop: a Redis, a proxy, workers, a storefront and an index of another owner, all of its own."""

from __future__ import annotations

import os
import secrets
import signal
from base64 import b64encode
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import psutil
from flask import Flask

from demo.fleet import catalogue_commands, start_workers
from demo.processes import Child
from indexer.catalog.events import parse_event
from indexer.elastic.client import connect
from indexer.elastic.loading import write_events
from indexer.elastic.product_index import ProductIndex
from indexer.embedding.pipeline import Pipeline
from indexer.images.fetching import ImageSource
from indexer.settings import Settings
from indexer.spaces.fitting import fit_space
from tests.faults.chaos import pictures
from tests.faults.chaos.history import History
from tests.faults.chaos.pictures import Pictures
from tests.faults.chaos.proxy import RecordingProxy
from tests.faults.servers import RedisServer

_FOREIGN_MAPPING = {
    "dynamic": "strict",
    "properties": {
        "sku": {"type": "keyword"},
        "name": {"type": "text"},
        "version": {"type": "long"},
        "photo": {"type": "keyword"},
    },
}


class ChaosShop:
    """A shop whose servers and processes may be disturbed.

    Attributes
    ----------
    index : ProductIndex
        By a client that goes straight to Elasticsearch, for what must not be disturbed: looking and judging.
    shop_index : ProductIndex
        By a client that goes through the proxy, as the shop's processes do.
    """

    def __init__(self, url: str, folder: Path, history: History, bugs: str = "") -> None:
        self.alias, self.folder, self.history = f"chaos-{secrets.token_hex(4)}", folder, history
        self.foreign, self._bugs = f"{self.alias}-foreign", bugs
        self.index = ProductIndex(connect(Settings(elasticsearch_url=url)), self.alias)
        self.pictures = Pictures(folder / "pictures", self.index)
        self.server = RedisServer(folder / "redis")
        self.proxy = RecordingProxy(url, self.alias, history, self.pictures.fits)
        self.workers: list[Child] = []
        for name, value in self._environment().items():
            os.environ[name] = value
        self.settings = Settings.from_environment()
        self.shop_index = ProductIndex.open(self.settings)
        self.pipeline = Pipeline(self.shop_index, ImageSource.from_settings(self.settings), pictures.vectorizers(), 32)

    def _environment(self) -> dict[str, str]:
        """Return the settings of this process and of those that it starts."""
        return {
            "ELASTICSEARCH_URL": self.proxy.url,
            "REDIS_URL": self.server.url,
            "INDEX_NAME": self.alias,
            "IMAGE_ROOTS": str(self.pictures.folder),
            "WEBHOOK_SECRET": "whsec_" + b64encode(secrets.token_bytes(24)).decode(),
            "SECRET_KEY": secrets.token_urlsafe(32),
            "RECONCILE_SECONDS": "4",
            "EMBEDDING_NICE": "0",
            "SWEEP_SECONDS": "5",
            "REQUEST_SECONDS": "5",
            "CHAOS_BUGS": self._bugs,
            **{f"RATE_LIMIT_{name}": "" for name in ("PAGES", "WRITES", "PHOTOS", "LOGINS")},
        }

    def open(self, events: list[dict[str, Any]]) -> Flask:
        """Write and embed the first products, create the foreign index, and start workers and storefront."""
        from webapp import create_app  # it reads the environment

        self.shop_index.ensure()
        assert not any(write_events(self.shop_index, [parse_event(self.addressed(event)) for event in events]))
        ids = [event["product"]["id"] for event in events]
        self.pipeline.vectorize(ids)
        fit_space(self.shop_index, self.pipeline.vectorizers)
        self.pipeline.vectorize(ids)
        self.index.client.indices.create(
            index=self.foreign, mappings=_FOREIGN_MAPPING, settings={"number_of_replicas": 0}
        )
        self.start_workers()
        return create_app(self.settings)

    def addressed(self, event: dict[str, Any]) -> dict[str, Any]:
        """Return an event whose images are addresses of pictures that exist, not their names alone."""
        part = "product" if event["type"] == "upsert" else "fields"
        names = event.get(part, {}).get("images")
        if not names:
            return event
        return {**event, part: {**event[part], "images": [self.pictures.address(name) for name in names]}}

    def start_workers(self) -> None:
        """Start the workers."""
        self.workers = list(start_workers(self.folder, catalogue_commands("tests.faults.chaos.worker")))

    def restart_dead_workers(self) -> None:
        """Start the workers again if one has ended, as a supervisor does."""
        if any(worker.process.poll() is not None for worker in self.workers):
            self.stop_workers()
            self.start_workers()

    def stop_workers(self, *, kill: bool = False) -> None:
        """Stop the workers, by SIGTERM or by SIGKILL."""
        for worker in self.workers:
            if kill:
                worker.process.kill()
            worker.stop()

    def signal_worker(self, number: int, sent: signal.Signals) -> None:
        """Send a signal to a worker and its children."""
        try:
            parent = psutil.Process(self.workers[number].pid)
            for process in (parent, *parent.children(recursive=True)):
                process.send_signal(sent)
        except psutil.NoSuchProcess:
            pass  # it ends by itself now and then, because its children were killed

    def signal_redis(self, sent: signal.Signals) -> None:
        """Send a signal to Redis."""
        self.server._process.send_signal(sent)

    def heal(self) -> None:
        """End every disturbance."""
        self.proxy.heal()
        if self.server._process.poll() is not None:
            self.server.start()
        self.signal_redis(signal.SIGCONT)
        for number in range(len(self.workers)):
            self.signal_worker(number, signal.SIGCONT)
        self.restart_dead_workers()

    def close(self) -> None:
        """Stop everything that was started, and delete its indices."""
        with ExitStack() as ending:  # each, whatever becomes of the others
            ending.callback(self._delete_indices)
            ending.callback(self.proxy.stop)
            ending.callback(self.server.kill)
            ending.callback(lambda: self.stop_workers(kill=True))
            ending.callback(self.proxy.heal)

    def _delete_indices(self) -> None:
        for name in self.index.client.indices.get(index=f"{self.alias}-*").body:
            self.index.client.indices.delete(index=name)
