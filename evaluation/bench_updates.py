"""``make bench-updates``: throughput of single events against a bulk load, and the latency of one event.

Both embed equally many new images with real servers and workers. Single events arrive through the signed webhook, one
per request.
"""

from __future__ import annotations

import json
import secrets
import statistics
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import click
import numpy as np
from flask import Flask
from standardwebhooks import Webhook

from demo.fleet import catalogue_commands
from evaluation.working_shop import WorkingShop, working_shop
from indexer.settings import Settings
from webapp import create_app

_SENDERS = 8


@click.command()
@click.option(
    "--events", default=5_000, show_default=True, help="Products to load in bulk, and again by single events."
)
@click.option("--alone", default=40, show_default=True, help="Events sent one at a time.")
def main(*, events: int, alone: int) -> None:
    """Print products per second in bulk and by single events, and the latency of an event alone."""
    with working_shop("bench-updates", catalogue_commands("workers.app")) as shop:
        bulk = _bulk(shop, events)
        click.echo(f"In bulk:       {events:,} products in {bulk:.1f} s, {events / bulk:.1f}/s")
        app = create_app(shop.settings)
        single = _burst(shop, app, events)
        click.echo(f"Single events: {events:,} products in {single:.1f} s, {events / single:.1f}/s")
        click.echo(f"Ratio:         {bulk / single:.2f} of bulk (goal: at least 0.8)")
        times = sorted(_alone(shop, app, alone))
        p95 = times[min(len(times) - 1, round(0.95 * len(times)))]
        click.echo(
            f"One alone:     found by similarity after {statistics.median(times):.2f} s (p50), {p95:.2f} s (p95), "
            f"{times[-1]:.2f} s at most, of {alone} (goal: 2 s at p95)"
        )


def _bulk(shop: WorkingShop, count: int) -> float:
    products = list(shop.products("bulk", count))
    before, begun = shop.done(), time.monotonic()
    shop.load("bulk", products)
    shop.wait(lambda: shop.done() == before + count)
    return time.monotonic() - begun


def _burst(shop: WorkingShop, app: Flask, count: int) -> float:
    products = list(shop.products("single", count))
    before, begun = shop.done(), time.monotonic()
    with ThreadPoolExecutor(_SENDERS) as senders:
        list(senders.map(lambda product: _send(shop.settings, app, product), products))
    shop.wait(lambda: shop.done() == before + count)
    return time.monotonic() - begun


def _send(settings: Settings, app: Flask, product: dict[str, Any]) -> None:
    body, now, name = (
        json.dumps({"events": [{"type": "upsert", "product": product}]}),
        datetime.now(UTC),
        secrets.token_hex(),
    )
    assert settings.webhook_secret  # noqa: S101 - working_shop sets it
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


def _alone(shop: WorkingShop, app: Flask, count: int) -> Iterator[float]:
    web, rng = app.test_client(), np.random.default_rng()
    for product in shop.products("alone", count):
        time.sleep(rng.uniform(0.5, 1.5))  # arrive at a random moment between two refreshes of the index
        begun = time.monotonic()
        _send(shop.settings, app, product)
        query = {"like": "first-0", "category": "alone", "size": 100}
        while True:
            hits = web.get("/api/search", query_string=query).get_json()["products"]
            if any(p["id"] == product["id"] and p["similarity"] > 0 for p in hits):
                break
            time.sleep(0.02)
        yield time.monotonic() - begun


if __name__ == "__main__":
    main(prog_name="make bench-updates")
