"""``make demo``: the whole shop on this machine, from servers to storefront."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import signal
import sys
import time
from base64 import b64encode
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import click
import httpx
from rich.console import Console

from demo.fleet import start_workers
from demo.golden import read_truth
from demo.processes import Child, start_child
from demo.services import ServiceError, start_elasticsearch, start_redis
from demo.services.process import is_free
from demo.sources import catalogue
from demo.waiting import STALLED_S, wait_until, work_of
from es_mappings import product
from indexer import synonyms
from indexer.catalog.feeds.feed import Feed
from indexer.cli.console import errors_in_one_line, progress_bar
from indexer.cli.load import write_catalog
from indexer.elastic.product_index import ProductIndex
from indexer.errors import GoldenSetError, IndexStateError, ProductSearchError
from indexer.settings import Settings

if TYPE_CHECKING:
    from indexer.vectorizers import Vectorizers

console = Console(highlight=False)
_SYNONYMS = Path(__file__).with_name("synonyms.txt")


def say(line: str) -> None:
    """Print a line."""
    console.print(line, markup=False, soft_wrap=True)


@click.command()
@click.option("--catalog", type=click.Path(path_type=Path), help="A file, or abo; by default one is drawn.")
@click.option("--mapping", type=click.Path(exists=True, path_type=Path), help="What the columns of the file mean.")
@click.option("--products", default=2_400, show_default=True, help="Products of the rendered catalogue.")
@click.option("--number", default=5_000, show_default=True, help="Products taken from a public catalogue.")
@click.option("--folder", default=Path(".data"), show_default=True, type=click.Path(path_type=Path))
@click.option("--port", default=5000, show_default=True, help="Port of the storefront.")
@click.option("--once", is_flag=True, help="Stop as soon as the storefront answers.")
def main(
    *, catalog: Path | None, mapping: Path | None, products: int, number: int, folder: Path, port: int, once: bool
) -> None:
    """Bring up the sandbox shop and keep it up until Ctrl-C."""
    # Both must unwind the stack below, even if a shell started this in the background with SIGINT ignored.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    begun = time.monotonic()
    with errors_in_one_line(), ExitStack() as stack:
        try:
            if not is_free(port):
                raise ProductSearchError(f"Port {port} is taken; choose another: make demo PORT={port + 1}")
            feed = catalogue(catalog, mapping, folder.resolve(), drawn=products, taken=number, say=say)
            children = bring_up(stack, feed, folder.resolve(), port)
            say(f"The shop is open after {time.monotonic() - begun:.0f} s: http://localhost:{port}  (Ctrl-C stops it)")
            staff, _, password = os.environ["STAFF"].partition(":")
            say(f"Pages for staff: http://localhost:{port}/ops, name {staff}, password {password}")
            if not once:
                _watch(children)
        except ServiceError as error:
            raise click.ClickException(str(error)) from error
        except KeyboardInterrupt:
            say("Stopping what was started")
        finally:
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # a second Ctrl-C must not leave processes running


def bring_up(stack: ExitStack, feed: Feed, folder: Path, port: int) -> list[Child]:
    """Start servers, workers and the shop on a catalogue; the stack stops them.

    Returns
    -------
    list of Child
        The processes; ``os.environ`` has the settings that they were started with.
    """
    for start, name, url in (
        (start_elasticsearch, "elasticsearch", os.environ.get("ELASTICSEARCH_URL")),
        (start_redis, "redis", os.environ.get("REDIS_URL")),
    ):
        service = start(folder / name, url=url, say=say)
        stack.callback(service.stop)
        say(f"{name.capitalize()}: {service.how}")
        os.environ[f"{name.upper()}_URL"] = service.url
    os.environ.update(_environment(folder, feed))
    settings = Settings.from_environment()
    workers = []
    for worker in start_workers(folder):
        stack.callback(worker.stop)
        say(f"Worker: {worker.name}, pid {worker.pid}, log in {worker.log}")
        workers.append(worker)
    _load(settings, feed, workers[0])
    config = Path(__file__).resolve().parents[1] / "gunicorn.conf.py"
    shop = _start(stack, folder, "storefront", "gunicorn", "--config", str(config), "--bind", f"127.0.0.1:{port}")
    _wait_for_answer(port, shop)
    return [*workers, shop]


def _environment(folder: Path, feed: Feed) -> dict[str, str]:
    """Return the variables that the processes need and that the environment doesn't set."""
    # One index per content of catalogue and mapping: each file has a shop of its own, which later runs find again.
    columns = feed.mapping.model_dump() if feed.mapping else None
    mapping = json.dumps(
        [product.mapping(None), product.settings(), os.environ.get("SHOP_LANGUAGE"), columns], sort_keys=True
    )
    content = hashlib.sha256(feed.path.read_bytes() + mapping.encode()).hexdigest()[:10]
    ours = {"INDEX_NAME": f"shop-{content}", "IMAGE_ROOTS": str(feed.path.parent), **_secrets(folder / "secrets.json")}
    # The shop listens on this machine only; a foreign page must not reach it by DNS rebinding either.
    ours["TRUSTED_HOSTS"] = "localhost,127.0.0.1"
    return {name: value for name, value in ours.items() if name not in os.environ}


def _secrets(path: Path) -> dict[str, str]:
    """Read the demo's secrets, generating missing ones."""
    stored: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
    fresh = {
        "SECRET_KEY": secrets.token_urlsafe(32),
        "WEBHOOK_SECRET": "whsec_" + b64encode(secrets.token_bytes(24)).decode(),
        "STAFF": f"staff:{secrets.token_urlsafe(12)}",
    }
    if fresh.keys() - stored.keys():
        path.touch(mode=0o600)
        path.write_text(json.dumps(fresh | stored))
    return fresh | stored


def _load(settings: Settings, feed: Feed, worker: Child) -> None:
    """Load the catalogue through the worker, unless an earlier run did."""
    from indexer.spaces.fitting import fit_space
    from indexer.vectorizers import load_vectorizers
    from workers.enqueue import enqueue_embeddings

    index = ProductIndex.open(settings)
    if _is_loaded(settings):
        say(f"Index: {index.counts()['done']:,} products with vectors, from an earlier run ({index.alias})")
        return
    vectorizers = load_vectorizers(settings)
    write_catalog(settings, feed)
    if index.space() is None:
        enqueue_embeddings(index.ids_without_vector())
        _follow("Embedding images", index.unembedded, worker)
        index.refresh()
        space = fit_space(index, vectorizers)
        dims = ", ".join(f"{name} {r.dims} dimensions" for name, r in space.reductions.items())
        say(f"Vector space: {space.digest} fitted on the catalogue ({dims})")
    enqueue_embeddings(index.ids_without_vector())
    _follow("Writing vectors", lambda: index.counts()["pending"], worker)
    if (feed.path.parent / "truth.jsonl").exists():  # of our own catalogue
        synonyms.add(index, synonyms.parse_rules(_SYNONYMS.read_text().splitlines()))
    _calibrate(settings, feed.path)
    _learn_attributes(index, vectorizers)
    counts = index.counts()
    say(f"Vectors: {counts['done']:,} written, {counts['failed']:,} failed (`lookalike status` says why)")


def _calibrate(settings: Settings, catalog: Path) -> None:
    """Calibrate the match percentage if the truth of the catalogue is known."""
    from indexer.relevance.calibration import calibrate
    from indexer.relevance.golden import write_golden_set
    from indexer.relevance.labels import judge

    truth, golden = catalog.parent / "truth.jsonl", catalog.parent / "golden.jsonl"
    if truth.exists():
        judgements = list(judge(read_truth(truth)))
        write_golden_set(golden, judgements)
        index = ProductIndex.open(settings)
        index.refresh()
        try:
            fitted = calibrate(index, judgements)
        except GoldenSetError as error:  # too small a catalogue: the shop opens without calibrated percentages
            say(f"Match: not calibrated. {error}")
        else:
            say(f"Match: calibrated on {fitted.matches + fitted.others:,} judgements of {golden}")


def _learn_attributes(index: ProductIndex, vectorizers: Vectorizers) -> None:
    """Learn attributes from the images, to fill gaps and flag values that contradict an image."""
    from indexer.attribution.training import fit_attribution

    categories = list(fit_attribution(index, vectorizers.all_images))
    written = sum(category.written for category in categories)
    say(f"Attributes: learnt in {len(categories)} categories, written for {written:,} products")


def _is_loaded(settings: Settings) -> bool:
    index = ProductIndex.open(settings)
    try:
        return index.space() is not None and index.counts()["pending"] == 0
    except IndexStateError:
        return False


def _follow(what: str, left: Callable[[], int], worker: Child) -> None:
    """Show the worker's progress until nothing is left."""
    total = remaining = left()
    with progress_bar() as progress:
        task = progress.add_task(what, total=total)

        def is_done() -> bool:
            nonlocal remaining
            worker.check()
            remaining = left()
            progress.update(task, completed=total - remaining)
            return remaining == 0

        if not wait_until(is_done, lambda: (remaining, work_of([worker.pid])), poll_s=0.5):
            raise ProductSearchError(f"The worker has done nothing for {STALLED_S:.0f} s; its log is {worker.log}")


def _start(stack: ExitStack, folder: Path, name: str, module: str, *arguments: str) -> Child:
    child = start_child(name, [sys.executable, "-m", module, *arguments], folder / f"{name}.log")
    stack.callback(child.stop)
    say(f"{name.capitalize()}: pid {child.pid}, log in {child.log}")
    return child


def _watch(children: list[Child]) -> None:
    while True:
        time.sleep(1)
        for child in children:
            child.check()


def _wait_for_answer(port: int, child: Child) -> None:
    def answers() -> bool:
        child.check()
        return _answers(port)

    if not wait_until(answers, lambda: (child.log.stat().st_size, work_of([child.pid]))):
        raise ProductSearchError(f"The {child.name} neither answers nor makes progress; its log is {child.log}")


def _answers(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/healthz", timeout=5).status_code == httpx.codes.OK
    except httpx.TransportError:
        return False


if __name__ == "__main__":
    main(prog_name="make demo")
