"""A shop of small pictures, with servers and workers of its own that a test may kill.

What is right is what a clean run gives: the same products, embedded in this process with nothing in the way.
`make test-faults` runs the full sizes, `make test` small ones.
"""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
import redis
from celery import Celery
from elasticsearch import NotFoundError
from PIL import Image

from demo.fleet import catalogue_commands, start_workers
from demo.processes import Child
from es_mappings.layout import Vector
from es_mappings.stores import dead_letter
from indexer.catalog.events import parse_event
from indexer.elastic.client import connect, make_index, vector
from indexer.elastic.dead_letters import DeadLetters
from indexer.elastic.loading import write_events
from indexer.elastic.product_index import ProductIndex
from indexer.embedding.pipeline import Pipeline
from indexer.images.fetching import ImageSource
from indexer.settings import Settings
from indexer.spaces.fitting import fit_space
from indexer.spaces.vector_space import save_space
from tests.conftest import wait_until
from tests.faults import cheap
from tests.faults.servers import RedisServer, SpoilingProxy
from workers.app import WRITE_EVENTS, WRITING
from workers.queues.embedding_queue import EmbeddingQueue
from workers.queues.event_queue import Entry, EventQueue

FULL = os.environ.get("FAULTS") == "full"
_FITTED_ON = 120  # pictures

Event = dict[str, Any]


class FaultyShop:
    """A shop whose servers and workers a test may kill.

    Attributes
    ----------
    events : list of dict
        Those of the products that the test at hand loads.
    vectors : dict of str to ndarray
        What a clean run gives these products.
    """

    def __init__(self, url: str, folder: Path) -> None:
        self.alias, self.folder = f"test-faults-{secrets.token_hex(3)}", folder
        self.client = connect(Settings(elasticsearch_url=url))
        self.index = ProductIndex(self.client, self.alias)
        self.server, self.proxy = RedisServer(folder / "redis"), SpoilingProxy(url)
        self.elasticsearch = self.proxy.url  # what its workers and its storefront are given
        self.images = SpoilingProxy("")  # a server of images: what it passes on is up to the test
        # See tests/faults/worker.py.
        self.gate, self.clock, self.breaks = folder / "gate", folder / "clock", folder / "breaks"
        self.workers: list[Child] = []
        self.events: list[Event] = []
        self.vectors: dict[str, Vector] = {}
        self._drawn, self._rng = 0, np.random.default_rng(4)
        self._fit()

    def _fit(self) -> None:
        """Fit a vector space in a clean run, and copy it to this shop."""
        self._clean = ProductIndex(self.client, f"{self.alias}-clean")
        self._clean.ensure()
        vectorizers = cheap.vectorizers(Settings())
        self._pipeline = Pipeline(self._clean, ImageSource((self.folder,)), vectorizers, 32)
        self._run_clean(self._draw(_FITTED_ON))
        space = fit_space(self._clean, vectorizers)
        self.index.ensure()
        save_space(self.index, space)
        self.index.stamp_space(space.digest)
        # A search for dead letters gets a 503 while their index is being created.
        make_index(self.client, self.letters.index, dead_letter.mapping())

    def _draw(self, count: int) -> list[Event]:
        """Draw products with new pictures."""
        return [self.upsert(self._picture()) for _ in range(count)]

    def _picture(self) -> Path:
        self._drawn += 1
        file = self.folder / f"f{self._drawn}.png"
        blocks = self._rng.integers(0, 255, (4, 4, 3), dtype=np.uint8)
        Image.fromarray(blocks).resize((48, 48), Image.Resampling.NEAREST).save(file)
        return file

    @staticmethod
    def upsert(picture: Path, product_id: str = "", version: int = 1) -> Event:
        """Make the event of a product that shows a picture, and is called after it unless it has an id."""
        name = product_id or picture.stem
        product = {"id": name, "title": f"Picture {name}", "images": [picture.as_uri()], "version": version}
        return {"type": "upsert", "product": product}

    def _run_clean(self, events: Sequence[Event]) -> list[str]:
        ids = [event["product"]["id"] for event in events]
        assert not any(write_events(self._clean, [parse_event(event) for event in events]))
        self._pipeline.vectorize(ids)
        self._clean.refresh()
        return ids

    def begin(self, count: int) -> None:
        """Prepare a test: an empty shop with servers and workers running, and products to load."""
        self.proxy.spoil, self.proxy.spoiled, self.images.spoil = "", 0, ""
        for file in (self.gate, self.clock, self.breaks):
            file.unlink(missing_ok=True)
        if not self.server.is_up():
            self.server.start()
        if not self.workers or any(worker.process.poll() is not None for worker in self.workers):
            self.stop()
            self.start()
        with redis.Redis.from_url(self.server.url) as server:
            if left := list(server.scan_iter(f"{self.alias}:*")):
                server.delete(*left)
        self.letters.remove(self.letters.latest(1_000))
        self.index.refresh()
        self.client.delete_by_query(index=self.alias, query={"match_all": {}}, conflicts="proceed", refresh=True)
        self.events = self._draw(count)
        ids = self._run_clean(self.events)
        self.vectors = self._clean.vectors(ids)
        assert len(self.vectors) == count

    def change_pictures(self) -> list[Event]:
        """Draw a new picture for each product, and return the events that say so."""
        self.events = [
            self.upsert(self._picture(), event["product"]["id"], event["product"]["version"] + 1)
            for event in self.events
        ]
        self.vectors = self._clean.vectors(self._run_clean(self.events))
        return self.events

    def parts(self, count: int) -> list[list[Event]]:
        """Split the events into parts."""
        return [self.events[start::count] for start in range(count)]

    def send(self, events: Sequence[Event]) -> None:
        """Queue events as the webhook does, retrying like a sender until they are accepted."""
        entries = [Entry(parse_event(e).model_dump(mode="json"), f"e{n}", time.time()) for n, e in enumerate(events)]

        def taken() -> bool:
            try:
                queue.add(entries)
            except Exception:  # noqa: BLE001 - a 503 to the sender, who sends again
                return False
            return True

        with redis.Redis.from_url(self.server.url, socket_timeout=5) as server:
            queue = EventQueue(server, self.alias, 1_000_000)
            wait_until(taken, "taking events")
        with Celery("sender", broker=self.server.url) as sender:
            sender.send_task(WRITE_EVENTS, queue=WRITING)

    def start(self) -> None:
        """Start the workers, and wait until the embedding worker is up.

        Celery ends a worker whose first child dies before that; a supervisor restarts it.
        """
        self.workers = self.start_more(self.folder, self.elasticsearch)

    def start_more(self, logs: Path, elasticsearch: str) -> list[Child]:
        """Start an embedding and a writing worker, and wait until the former is up; the caller stops them."""
        environment = {
            "REDIS_URL": self.server.url, "ELASTICSEARCH_URL": elasticsearch, "INDEX_NAME": self.alias,
            "RECONCILE_SECONDS": "4", "EMBEDDING_NICE": "0", "IMAGE_ROOTS": str(self.folder),
            "DEATHS": str(self.folder / "deaths"), "GATE": str(self.gate), "CLOCK": str(self.clock),
            "BREAKS": str(self.breaks),
            "IMAGE_HOSTS": f"127.0.0.1:{self.images.port}", "IMAGE_TIMEOUT": "10" if FULL else "0.5",
        }  # fmt: skip
        logs.mkdir(exist_ok=True)
        with pytest.MonkeyPatch.context() as patch:
            for name, value in environment.items():
                patch.setenv(name, value)
            workers = list(start_workers(logs, catalogue_commands("tests.faults.worker")))
        log = workers[0].log
        wait_until(lambda: " ready." in log.read_text(), f"the worker of {log}", log.read_text)
        return workers

    def stop(self) -> None:
        """Stop the workers."""
        for worker in self.workers:
            worker.stop()

    def kill(self) -> None:
        """Kill the workers and their child processes."""
        for worker in self.workers:
            worker.process.kill()
        self.stop()

    def end(self) -> None:
        """Stop everything that was started, and delete its indices."""
        self.kill()
        self.server.kill()
        self.proxy.stop()
        self.images.stop()
        self.client.indices.delete(index=[*self.client.indices.get(index=f"{self.alias}-*").body])

    def kill_a_child(self) -> bool:
        """Kill the process that embeds, and return whether there was one."""
        try:
            for child in psutil.Process(self.workers[0].pid).children():
                if child.status() != psutil.STATUS_ZOMBIE:
                    child.kill()
                    return True
        except psutil.NoSuchProcess:
            pass
        return False

    @property
    def letters(self) -> DeadLetters:
        """The dead letters."""
        return DeadLetters(self.index)

    def states(self) -> dict[str, int]:
        """Count products by the status of their vector."""
        try:
            self.index.refresh()
            return self.index.counts()
        except NotFoundError:
            return {"all": 0, "done": 0, "pending": 0, "failed": 0}

    def finish(self) -> int:
        """Wait until all work is done, retrying dead letters as a person would, and return their number."""
        count = len(self.events)

        with redis.Redis.from_url(self.server.url) as server:
            queue = EventQueue(server, self.alias, 1_000_000)

            def settled() -> bool:
                # Until its event is written, a product is done with its former picture.
                if queue.depth():
                    return False
                states = self.states()
                return states["all"] == count and states["pending"] == 0

            wait_until(settled, "settling all products", self.states)
            if found := self.letters.latest(1_000):
                EmbeddingQueue(server, self.alias).add([letter.product for letter in found])
                self.letters.remove(found)
        done = {"all": count, "done": count, "pending": 0, "failed": 0}
        wait_until(lambda: self.states() == done, f"reaching {done}", self.states)
        return len(found)

    def compare(self) -> float:
        """Check that no product is lost or doubled, and return the lowest cosine to the vectors of the clean run."""
        stored = self.index.products(list(self.vectors))
        assert set(stored) == set(self.vectors)
        assert self.client.count(index=self.alias)["count"] == len(self.vectors)
        lowest = min(_cosine(vector(stored[i]["vector"]), clean) for i, clean in self.vectors.items())
        assert lowest >= 0.9999
        return lowest


def _cosine(a: Vector, b: Vector) -> float:
    return float(a @ b / np.linalg.norm(a) / np.linalg.norm(b))
