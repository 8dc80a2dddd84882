"""A shop of small pictures, with servers and workers of its own that a test may kill.

What is right is what a clean run gives: the same products, embedded in this process with nothing in the way.
`make test-faults` runs the full sizes, `make test` small ones.
"""

from __future__ import annotations

import os
import secrets
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
import redis
from celery import Celery
from elasticsearch import Elasticsearch, NotFoundError
from PIL import Image

from demo.fleet import start_workers
from demo.processes import Child
from es_mappings.layout import Vector
from indexer import indices
from indexer.dead_letters import DeadLetters
from indexer.elastic import connect, get_with_vectors, vector
from indexer.events import parse_event
from indexer.fitting import fit_space
from indexer.images import ImageSource
from indexer.loading import write_events
from indexer.pipeline import Pipeline
from indexer.settings import Settings
from indexer.spaces import save_space
from tests.faults import cheap
from tests.faults.servers import RedisServer, SpoilingProxy, wait_for
from workers.app import WRITE_EVENTS, WRITING
from workers.embedding_queue import EmbeddingQueue
from workers.event_queue import Entry, EventQueue

FULL = os.environ.get("FAULTS") == "full"
PRODUCTS = 2_000 if FULL else 120


@pytest.fixture(scope="session")
def count() -> Callable[[int, int], int]:
    """Choose between the number of a quick run and that of a full one."""
    return lambda quick, full: full if FULL else quick


@pytest.fixture
def figure(capsys: pytest.CaptureFixture[str]) -> Callable[[str], None]:
    """Print a figure past pytest's capture, so that each run shows what it measured."""

    def say(line: str) -> None:
        with capsys.disabled():
            print(f"\n  {line}", flush=True)  # noqa: T201

    return say


@dataclass
class Clean:
    """Products and the vectors that a clean run gives them."""

    events: list[dict[str, Any]]
    vectors: dict[str, Vector]
    folder: Path
    alias: str
    space: Any


@pytest.fixture(scope="session")
def clean(servers: dict[str, str]) -> Iterator[Clean]:
    """Run without faults, in this process."""
    folder, alias = Path(tempfile.mkdtemp(prefix="faults-")), f"test-clean-{secrets.token_hex(3)}"
    rng = np.random.default_rng(4)
    events: list[dict[str, Any]] = []
    for n in range(PRODUCTS):
        blocks = rng.integers(0, 255, (4, 4, 3), dtype=np.uint8)
        Image.fromarray(blocks).resize((48, 48), Image.Resampling.NEAREST).save(folder / f"{n}.png")
        product: dict[str, Any] = {
            "id": f"f{n}",
            "title": f"Picture {n}",
            "images": [(folder / f"{n}.png").as_uri()],
            "version": 1,
        }
        events.append({"type": "upsert", "product": product})
    client = connect(Settings(elasticsearch_url=servers["ELASTICSEARCH_URL"]))
    indices.ensure_index(client, alias)
    ids = [event["product"]["id"] for event in events]
    assert not any(write_events(client, alias, [parse_event(event) for event in events]))
    vectorizers = cheap.vectorizers(Settings())
    pipeline = Pipeline(client, alias, ImageSource((folder,)), vectorizers, 32)
    pipeline.vectorize(ids)
    client.indices.refresh(index=alias)
    space = fit_space(client, alias, vectorizers)
    pipeline.vectorize(ids)
    vectors = {i: vector(p["vector"]) for i, p in get_with_vectors(client, alias, ids).items()}
    assert len(vectors) == PRODUCTS
    yield Clean(events, vectors, folder, alias, space)
    client.indices.delete(index=[*client.indices.get(index=f"{alias}-*").body])


@dataclass
class Faulty:
    """A shop whose servers and workers a test may kill."""

    alias: str
    client: Elasticsearch
    server: RedisServer
    proxy: SpoilingProxy
    folder: Path
    clean: Clean
    workers: list[Child] = field(default_factory=list)

    def send(self, events: list[dict[str, Any]], seconds: float = 60) -> None:
        """Queue events as the hook does, and as a sender does: again until they are taken."""
        entries = [Entry(parse_event(e).model_dump(mode="json"), f"e{n}", time.time()) for n, e in enumerate(events)]

        def taken() -> bool:
            try:
                queue.add(entries)
            except Exception:  # noqa: BLE001 - a 503 to the sender, who sends again
                return False
            return True

        with redis.Redis.from_url(self.server.url, socket_timeout=5) as server:
            queue = EventQueue(server, self.alias, 1_000_000)
            assert wait_for(taken, seconds)
        with Celery("sender", broker=self.server.url) as sender:
            sender.send_task(WRITE_EVENTS, queue=WRITING)

    def start(self) -> None:
        """Start the workers."""
        self.workers = list(start_workers(self.folder, "tests.faults.cheap"))

    def stop(self) -> None:
        """Stop the workers."""
        for worker in self.workers:
            worker.stop()

    def embedder_children(self) -> list[psutil.Process]:
        """Give the processes that embed."""
        try:
            return psutil.Process(self.workers[0].pid).children()
        except psutil.NoSuchProcess:
            return []

    @property
    def letters(self) -> DeadLetters:
        """The dead letters."""
        return DeadLetters(self.client, self.alias)

    def states(self) -> dict[str, int]:
        """Count products by what became of their vector."""
        try:
            self.client.indices.refresh(index=self.alias)
            return indices.counts(self.client, self.alias)
        except NotFoundError:
            return {"all": 0, "done": 0, "pending": 0, "failed": 0}

    def all_done(self, count: int) -> bool:
        """Say whether all products have their vector."""
        states = self.states()
        return (states["all"], states["done"]) == (count, count)

    def finish(self, count: int, seconds: float = 240) -> int:
        """Wait until all is done, dead letters tried again as a person would; give how many letters there were."""
        letters = 0

        def settled() -> bool:
            states = self.states()
            return states["all"] == count and states["pending"] == 0

        assert wait_for(settled, seconds), self.states()
        if found := self.letters.latest(1_000):
            letters = len(found)
            with redis.Redis.from_url(self.server.url) as server:
                EmbeddingQueue(server, self.alias).add([letter.product for letter in found])
            self.letters.remove(found)
        assert wait_for(lambda: self.all_done(count), seconds), self.states()
        return letters

    def compare(self) -> float:
        """Hold the vectors against those of the clean run: the least cosine; nothing lost, nothing twice."""
        ids = list(self.clean.vectors)
        held = get_with_vectors(self.client, self.alias, ids)
        assert set(held) == set(ids)
        assert self.client.count(index=self.alias)["count"] == len(ids)
        cosines = [_cosine(vector(held[i]["vector"]), self.clean.vectors[i]) for i in ids]
        assert min(cosines) >= 0.9999
        return min(cosines)


def _cosine(a: Vector, b: Vector) -> float:
    return float(a @ b / np.linalg.norm(a) / np.linalg.norm(b))


@pytest.fixture
def faulty(servers: dict[str, str], clean: Clean, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Faulty]:
    """Bring up a shop of the test's own."""
    alias = f"test-faults-{secrets.token_hex(3)}"
    server, proxy = RedisServer(tmp_path / "redis"), SpoilingProxy(servers["ELASTICSEARCH_URL"])
    for name, value in {
        "REDIS_URL": server.url, "ELASTICSEARCH_URL": proxy.url, "INDEX_NAME": alias, "RECONCILE_SECONDS": "4",
        "IMAGE_ROOTS": str(clean.folder),
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    client = connect(Settings(elasticsearch_url=servers["ELASTICSEARCH_URL"]))
    indices.ensure_index(client, alias)
    save_space(client, alias, clean.space)
    indices.stamp_space(client, alias, clean.space.digest)
    shop = Faulty(alias, client, server, proxy, tmp_path, clean)
    try:
        shop.start()
        yield shop
    finally:
        shop.stop()
        server.kill()
        proxy.stop()
        client.indices.delete(index=[*client.indices.get(index=f"{alias}-*").body])
