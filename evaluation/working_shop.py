"""A shop with servers and workers of its own, which benchmarks load with new products."""

from __future__ import annotations

import json
import os
import secrets
import tempfile
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import numpy as np
from PIL import Image

from demo.fleet import start_workers
from demo.services import start_elasticsearch, start_redis
from demo.waiting import wait_until, work_of_children
from indexer.catalog.feeds.feed import open_feed
from indexer.elastic import loading
from indexer.elastic.product_index import ProductIndex
from indexer.settings import Settings
from indexer.spaces.fitting import fit_space
from indexer.vectorizers import load_vectorizers
from workers.enqueue import enqueue_embeddings

_SIDE = 320  # pixels
_FITTED_ON = 300  # images that the vector space is fitted on
_PATIENCE = 1_800.0  # seconds


@dataclass(frozen=True)
class WorkingShop:
    """A shop whose workers embed what it loads. Its folder holds feeds, pictures and logs."""

    settings: Settings
    index: ProductIndex
    folder: Path

    def products(self, name: str, count: int) -> Iterator[dict[str, Any]]:
        """Yield products with new images, their ids ``name-0`` and on."""
        rng = np.random.default_rng()
        for n in range(count):
            file = self.folder / f"{name}-{n}.jpg"
            blocks(rng, (_SIDE, _SIDE)).save(file, quality=85)
            yield {
                "id": f"{name}-{n}",
                "title": f"Picture {n} of {name}",
                "images": [file.as_uri()],
                "category": [name],
            }

    def fit(self) -> None:
        """Fit a vector space, so that later products get vectors at once."""
        self.index.ensure()
        self.load("first", list(self.products("first", _FITTED_ON)))
        self.wait(lambda: self.index.unembedded() == 0)
        fit_space(self.index, load_vectorizers(self.settings))
        enqueue_embeddings(self.index.ids_without_vector(), self.settings)
        self.wait(lambda: self.index.counts()["pending"] == 0)

    def load(self, name: str, products: Sequence[dict[str, Any]]) -> None:
        """Write products, and queue them for embedding."""
        file = self.folder / f"{name}.jsonl"
        file.write_text("\n".join(map(json.dumps, products)))
        for outcome in loading.load_file(self.index, open_feed(file)):
            enqueue_embeddings(outcome.written, self.settings)

    def wait(self, ready: Callable[[], bool]) -> None:
        """Wait until something holds of the index."""

        def refreshed() -> bool:
            self.index.refresh()
            return ready()

        if not wait_until(refreshed, work_of_children, longest_s=_PATIENCE, poll_s=0.5):
            raise click.ClickException(f"The workers stand still, or were not done after {_PATIENCE:.0f} s")

    def done(self) -> int:
        """Return how many products have a vector."""
        return self.index.counts()["done"]


def blocks(rng: np.random.Generator, size: tuple[int, int]) -> Image.Image:
    """Draw 8 by 8 blocks of random colours."""
    return Image.fromarray(rng.integers(0, 255, (8, 8, 3), dtype=np.uint8)).resize(size, Image.Resampling.BICUBIC)


@contextmanager
def working_shop(name: str, workers: Mapping[str, Sequence[str]]) -> Iterator[WorkingShop]:
    """Bring up servers, unless the environment names some, workers and a shop with a fitted vector space.

    Parameters
    ----------
    name : str
        Of the benchmark: of its index, and of its servers' folder.
    workers : mapping of str to sequence of str
        The command of each, by its name.
    """
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix=f"{name}-")))
        data = Path(".data").resolve() / name
        search = start_elasticsearch(data / "elasticsearch", url=os.environ.get("ELASTICSEARCH_URL"), compose=False)
        stack.callback(search.stop)
        queue = start_redis(data / "redis", url=os.environ.get("REDIS_URL"), compose=False)
        stack.callback(queue.stop)
        os.environ.update(
            ELASTICSEARCH_URL=search.url,
            REDIS_URL=queue.url,
            INDEX_NAME=f"{name}-{secrets.token_hex(3)}",
            IMAGE_ROOTS=str(folder),
            WEBHOOK_SECRET="whsec_" + b64encode(secrets.token_bytes(24)).decode(),
        )
        settings = Settings.from_environment()
        index = ProductIndex.open(settings)
        indices = index.client.indices
        stack.callback(lambda: indices.delete(index=list(indices.get(index=index.store("*")).body)))
        for worker in start_workers(folder, workers):
            stack.callback(worker.stop)
        shop = WorkingShop(settings, index, folder)
        shop.fit()
        yield shop
