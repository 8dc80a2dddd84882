"""``make bench-updates``: throughput of single events against a bulk load, and the latency of one event.

Both embed equally many new images with real servers and workers. Single events arrive through the signed webhook, one
per request.
"""

from __future__ import annotations

import json
import os
import secrets
import statistics
import tempfile
import time
from base64 import b64encode
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
import numpy as np
from flask import Flask
from PIL import Image
from standardwebhooks import Webhook

from demo.fleet import start_workers
from demo.services import start_elasticsearch, start_redis
from indexer.catalog.feeds.feed import open_feed
from indexer.elastic import loading
from indexer.elastic.product_index import ProductIndex
from indexer.settings import Settings
from indexer.spaces.fitting import fit_space
from indexer.vectorizers import load_vectorizers
from webapp import create_app
from workers.enqueue import enqueue_embeddings

_SIDE = 320  # pixels
_SENDERS = 8
_FITTED_ON = 300  # images that the vector space is fitted on
_PATIENCE = 1_800.0  # seconds


@click.command()
@click.option(
    "--events", default=5_000, show_default=True, help="Products to load in bulk, and again by single events."
)
@click.option("--alone", default=40, show_default=True, help="Events sent one at a time.")
def main(*, events: int, alone: int) -> None:
    """Print products per second in bulk and by single events, and the latency of an event alone."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-updates-")))
        settings = _bring_up(stack, folder)
        index = ProductIndex.open(settings)
        _prepare(index, settings, folder)
        bulk = _bulk(index, settings, folder, events)
        click.echo(f"In bulk:       {events:,} products in {bulk:.1f} s, {events / bulk:.1f}/s")
        app = create_app(settings)
        single = _burst(index, settings, app, folder, events)
        click.echo(f"Single events: {events:,} products in {single:.1f} s, {events / single:.1f}/s")
        click.echo(f"Ratio:         {bulk / single:.2f} of bulk (goal: at least 0.8)")
        times = sorted(_alone(settings, app, folder, alone))
        p95 = times[min(len(times) - 1, round(0.95 * len(times)))]
        click.echo(
            f"One alone:     found by similarity after {statistics.median(times):.2f} s (p50), {p95:.2f} s (p95), "
            f"{times[-1]:.2f} s at most, of {alone} (goal: 2 s at p95)"
        )


def _bring_up(stack: ExitStack, folder: Path) -> Settings:
    data = Path(".data/bench-updates").resolve()
    search = start_elasticsearch(data / "elasticsearch", url=os.environ.get("ELASTICSEARCH_URL"), compose=False)
    stack.callback(search.stop)
    queue = start_redis(data / "redis", url=os.environ.get("REDIS_URL"), compose=False)
    stack.callback(queue.stop)
    os.environ.update(
        ELASTICSEARCH_URL=search.url,
        REDIS_URL=queue.url,
        INDEX_NAME=f"bench-updates-{secrets.token_hex(3)}",
        IMAGE_ROOTS=str(folder),
        WEBHOOK_SECRET="whsec_" + b64encode(secrets.token_bytes(24)).decode(),
    )
    settings = Settings.from_environment()
    index = ProductIndex.open(settings)
    indices = index.client.indices
    stack.callback(lambda: indices.delete(index=list(indices.get(index=index.store("*")).body)))
    for worker in start_workers(folder):
        stack.callback(worker.stop)
    return settings


def _products(folder: Path, name: str, count: int) -> Iterator[dict[str, Any]]:
    """Yield products with new images."""
    rng = np.random.default_rng()
    for n in range(count):
        blocks = rng.integers(0, 255, (8, 8, 3), dtype=np.uint8)
        file = folder / f"{name}-{n}.jpg"
        Image.fromarray(blocks).resize((_SIDE, _SIDE), Image.Resampling.BICUBIC).save(file, quality=85)
        yield {"id": f"{name}-{n}", "title": f"Picture {n} of {name}", "images": [file.as_uri()], "category": [name]}


def _prepare(index: ProductIndex, settings: Settings, folder: Path) -> None:
    """Fit a vector space, so that later products get vectors at once."""
    index.ensure()
    _load(index, settings, folder, "first", list(_products(folder, "first", _FITTED_ON)))
    _wait(index, lambda: index.unembedded() == 0)
    fit_space(index, load_vectorizers(settings))
    enqueue_embeddings(index.ids_without_vector(), settings)
    _wait(index, lambda: index.counts()["pending"] == 0)


def _load(index: ProductIndex, settings: Settings, folder: Path, name: str, products: list[dict[str, Any]]) -> None:
    file = folder / f"{name}.jsonl"
    file.write_text("\n".join(map(json.dumps, products)))
    for outcome in loading.load_file(index, open_feed(file)):
        enqueue_embeddings(outcome.written, settings)


def _wait(index: ProductIndex, ready: Any) -> None:
    end = time.monotonic() + _PATIENCE
    while True:
        index.refresh()
        if ready():
            return
        if time.monotonic() > end:
            raise click.ClickException(f"The workers were not done after {_PATIENCE:.0f} s")
        time.sleep(0.5)


def _bulk(index: ProductIndex, settings: Settings, folder: Path, count: int) -> float:
    products = list(_products(folder, "bulk", count))
    before, begun = index.counts()["done"], time.monotonic()
    _load(index, settings, folder, "bulk", products)
    _wait(index, lambda: index.counts()["done"] == before + count)
    return time.monotonic() - begun


def _burst(index: ProductIndex, settings: Settings, app: Flask, folder: Path, count: int) -> float:
    products = list(_products(folder, "single", count))
    before, begun = index.counts()["done"], time.monotonic()
    with ThreadPoolExecutor(_SENDERS) as senders:
        list(senders.map(lambda product: _send(settings, app, product), products))
    _wait(index, lambda: index.counts()["done"] == before + count)
    return time.monotonic() - begun


def _send(settings: Settings, app: Flask, product: dict[str, Any]) -> None:
    body, now, name = (
        json.dumps({"events": [{"type": "upsert", "product": product}]}),
        datetime.now(UTC),
        secrets.token_hex(),
    )
    assert settings.webhook_secret  # noqa: S101 - set above
    signature = Webhook(settings.webhook_secret.get_secret_value()).sign(name, now, body)
    headers = {"webhook-id": name, "webhook-timestamp": str(int(now.timestamp())), "webhook-signature": signature}
    while True:
        answer = app.test_client().post(
            "/api/catalog/events", data=body, headers=headers, content_type="application/json"
        )
        if answer.status_code != 503:
            break
        time.sleep(float(answer.headers["Retry-After"]))
    if answer.status_code != 202:
        raise click.ClickException(f"The webhook answered {answer.status_code}: {answer.text}")


def _alone(settings: Settings, app: Flask, folder: Path, count: int) -> Iterator[float]:
    web, rng = app.test_client(), np.random.default_rng()
    for product in _products(folder, "alone", count):
        time.sleep(rng.uniform(0.5, 1.5))  # arrive at a random moment between two refreshes of the index
        begun = time.monotonic()
        _send(settings, app, product)
        query = {"like": "first-0", "category": "alone", "size": 100}
        while True:
            hits = web.get("/api/search", query_string=query).get_json()["products"]
            if any(p["id"] == product["id"] and p["similarity"] > 0 for p in hits):
                break
            time.sleep(0.02)
        yield time.monotonic() - begun


if __name__ == "__main__":
    main(prog_name="make bench-updates")
