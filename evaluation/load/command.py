"""``make load-test``: put a shop under load, and report what it served."""

from __future__ import annotations

import asyncio
import json
import os
import platform
from collections.abc import Callable
from contextlib import AsyncExitStack, ExitStack
from dataclasses import asdict
from pathlib import Path
from urllib.parse import urlsplit

import click
import httpx
import numpy as np
from rich.console import Console

from demo.sandbox import bring_up, say
from demo.services.process import free_port
from demo.sources import open_catalogue
from evaluation.load import tables
from evaluation.load.driver import Driver
from evaluation.load.goals import goals
from evaluation.load.mix import Mix
from evaluation.load.phases import MULTIPLES, LoadTest, Phase
from evaluation.load.queues import Watch
from evaluation.load.searches import authorization, read_searches
from evaluation.load.shelf import read_shelf, staff_cookie
from evaluation.report import Report, Table
from indexer.cli.console import errors_in_one_line
from indexer.elastic.product_index import ProductIndex
from indexer.settings import Settings
from workers.queues.connection import PAGE
from workers.queues.handle import Queues

_STEP_SECONDS = 10.0
_SEED = 17
_TOO_MANY = 429

console = Console(highlight=False)


@click.command()
@click.option("--url", default="", help="A running shop; by default one is brought up as `make demo` does.")
@click.option("--rate", type=float, help="Best rate in pages per second, if known; by default it is found by steps.")
@click.option("--seconds", default=30.0, show_default=True, help="Length of each phase.")
@click.option("--products", default=2_400, show_default=True, help="Products of the shop that is brought up.")
@click.option("--folder", default=Path(".data"), show_default=True, type=click.Path(path_type=Path))
@click.option("--out", default=Path(".data/reports"), show_default=True, type=click.Path(path_type=Path))
def command(*, url: str, rate: float | None, seconds: float, products: int, folder: Path, out: Path) -> None:
    """Offer a shop half of what it can serve, all of it and three times as much, in a shopper's mix.

    A running shop must trust X-Forwarded-For (PROXIES=1), because its rate limits count by address. If this process
    has its environment (ELASTICSEARCH_URL, REDIS_URL, INDEX_NAME, STAFF), its queues, staff pages and Elasticsearch
    are measured, too.
    """
    with errors_in_one_line(), ExitStack() as stack:
        if not url:
            os.environ["PROXIES"] = "1"
            port = free_port()
            source = open_catalogue(None, None, folder.resolve(), drawn=products, taken=0, say=say)
            bring_up(stack, source, folder.resolve(), port).complete()
            url = f"http://127.0.0.1:{port}"
        best, phases = asyncio.run(_measure(stack, url, rate, seconds))
        _report(url, best, phases, out)


async def _measure(stack: ExitStack, url: str, rate: float | None, seconds: float) -> tuple[float, list[Phase]]:
    settings, rng = Settings.from_environment(), np.random.default_rng(_SEED)
    has_elasticsearch = "ELASTICSEARCH_URL" in os.environ
    client = stack.enter_context(httpx.Client(base_url=url, timeout=60))
    shelf = read_shelf(client)
    mix = Mix(shelf, rng, staff_cookie(client, settings.staff.get_secret_value() if settings.staff else ""))
    index = ProductIndex.open(settings) if has_elasticsearch else None
    searches = read_searches(index, mix) if index else {}
    queues = Queues.open(settings, PAGE) if "REDIS_URL" in os.environ else None
    port = urlsplit(url).port if urlsplit(url).hostname in {"127.0.0.1", "localhost"} else None

    def watch(in_flight: Callable[[], int]) -> Watch:
        return Watch(in_flight, port, queues, index.client if index else None)

    async with AsyncExitStack() as drivers:
        shop = await drivers.enter_async_context(Driver(url, seen=mix.seen))
        alone = Driver(settings.elasticsearch_url, authorization(settings)) if has_elasticsearch else None
        if alone:
            await drivers.enter_async_context(alone)
        test = LoadTest(mix, shop, alone, searches, watch, rng)
        best = rate or await test.best_rate(min(seconds, _STEP_SECONDS), console.print)
        phases = []
        for multiple in MULTIPLES:
            console.print(f"Offering {multiple:g} x {best:.1f} pages/s for {seconds:g} s")
            phases.append(await test.phase(multiple, multiple * best, seconds))
    return max(best if not rate else 0.0, *(phase.pages.served for phase in phases)), phases


def _report(url: str, best: float, phases: list[Phase], out: Path) -> None:
    budget = Settings.from_environment().request_seconds
    judged = goals(phases, best, budget)
    facts = {
        "Shop": url,
        "Best": f"{best:.1f} pages/s",
        "Machine": f"{os.cpu_count()} cores, {platform.machine()}; the load generator and all servers share them",
    }
    report = Report("The shop under load", facts)
    report.parts += [
        tables.pages_table(phases),
        *(tables.kinds_table(phase) for phase in phases),
        tables.elasticsearch_table(phases),
        tables.queues_table(phases),
        tables.goals_table(judged),
    ]
    for part in report.parts:
        if isinstance(part, Table):
            console.print(part.for_terminal())
    if any(_TOO_MANY in kind.errors for phase in phases for kind in phase.kinds.values()):
        console.print("The shop's rate limits refused requests. It must trust X-Forwarded-For: PROXIES=1.")
    page = report.write(out, "load")
    figures = {"facts": facts, "phases": [asdict(p) for p in phases], "goals": [asdict(goal) for goal in judged]}
    page.with_suffix(".json").write_text(json.dumps(figures, indent=2), "utf-8")
    console.print(f"Report: {page}, {page.with_suffix('.md').name}, {page.with_suffix('.json').name}")
