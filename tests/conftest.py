"""Servers, a worker and a small shop that all live and browser tests of a run share.

They start with the first test that asks for them. A server that can't be had fails the test with the reason; nothing
is skipped.
"""

from __future__ import annotations

import os
import secrets
import sys
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import hypothesis
import pytest
from elasticsearch import Elasticsearch
from flask.testing import FlaskClient
from more_itertools import chunked
from playwright.sync_api import Browser

from demo import waiting
from demo.browser import open_browser
from demo.catalogue import is_complete, render_catalogue
from demo.fleet import all_commands, start_workers
from demo.processes import Child, start_child
from demo.services import start_elasticsearch, start_redis
from demo.services.cache import locked
from demo.services.process import free_port
from indexer import synonyms
from indexer.catalog.feeds.feed import open_feed
from indexer.catalog.report import Refusal
from indexer.elastic import loading
from indexer.elastic.client import connect
from indexer.elastic.product_index import ProductIndex
from indexer.relevance.publications import Publications
from indexer.settings import Settings
from indexer.spaces.fitting import fit_space
from indexer.vectorizers import load_vectorizers
from webapp import create_app
from workers.app import app as celery
from workers.enqueue import enqueue_embeddings

_FOLDER = Path(__file__).resolve().parents[1] / ".data" / "test"
DATA = _FOLDER / os.environ.get("TEST_RUN", "run")  # servers and logs: `make test` makes three runs at once
PRODUCTS, SEED = 240, 11

# How long an example takes says nothing about what it shows, and much about the machine.
hypothesis.settings.register_profile("house", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("house")


@dataclass(frozen=True)
class Shop:
    """A running shop: its settings, its catalogue, its client."""

    settings: Settings
    catalogue: Path
    client: Elasticsearch

    @property
    def index(self) -> ProductIndex:
        """Handle of its product index."""
        return ProductIndex(self.client, self.alias)

    @property
    def alias(self) -> str:
        """Alias of its product index."""
        return self.settings.index_name


def wait_until(ready: Callable[[], bool], what: str, left: Callable[[], object] = lambda: None) -> None:
    """Wait until something holds, or fail saying what didn't.

    It is given up where nothing moves: neither what is left, nor the processes that this one started.
    """
    full = os.environ.get("FAULTS") == "full"  # there servers stay away and pauses are long
    if not waiting.wait_until(
        ready,
        lambda: (left(), waiting.work_of_children()),
        stalled_s=600 if full else waiting.STALLED_S,
        longest_s=3_600 if full else 900,
        poll_s=0.1,
    ):
        pytest.fail(f"{what} did not come about, and nothing moves any more (left: {left()})")


@pytest.fixture(scope="session")
def servers() -> Iterator[dict[str, str]]:
    """Elasticsearch and Redis: those of the environment, else our own."""
    elasticsearch = start_elasticsearch(
        DATA / "elasticsearch", url=os.environ.get("ELASTICSEARCH_URL"), compose=False, say=_say
    )
    redis = start_redis(DATA / "redis", url=os.environ.get("REDIS_URL"), appendonly=False, compose=False, say=_say)
    yield {"ELASTICSEARCH_URL": elasticsearch.url, "REDIS_URL": redis.url}
    redis.stop()
    elasticsearch.stop()


@dataclass(frozen=True)
class RunningStorefront:
    """A storefront as gunicorn serves it, with one process."""

    url: str
    process: Child


@contextmanager
def running_storefront(name: str, *, app: str = "", **environment: str) -> Iterator[RunningStorefront]:
    """Run a storefront as in production, until the context ends.

    Parameters
    ----------
    name : str
        Of its log in `DATA`.
    app : str
        What gunicorn serves, if it isn't the shop.
    environment
        Variables in which it differs from this process.
    """
    address = f"127.0.0.1:{free_port()}"
    command = [sys.executable, "-m", "gunicorn", "--bind", address, "--workers", "1", *filter(None, [app])]
    DATA.mkdir(parents=True, exist_ok=True)
    with pytest.MonkeyPatch.context() as patch:
        for variable, value in environment.items():
            patch.setenv(variable, value)
        child = start_child("storefront", command, DATA / f"{name}.log")

    def answers() -> bool:
        child.check()
        try:
            return probe.get("/livez").status_code == 200
        except httpx.TransportError:
            return False

    try:
        with httpx.Client(base_url=f"http://{address}", timeout=60) as probe:  # one reads certificates once
            wait_until(answers, "the storefront")
        yield RunningStorefront(f"http://{address}", child)
    finally:
        child.stop()


def _say(line: str) -> None:
    print(line, file=sys.stderr)  # noqa: T201 - shown by pytest beside a failure


@pytest.fixture(scope="session")
def catalogue() -> Path:
    """A small rendered catalogue, kept between runs."""
    folder = _FOLDER / "catalogue"
    with locked(_FOLDER / "catalogue.lock"):
        if not is_complete(folder, products=PRODUCTS, seed=SEED):
            render_catalogue(folder, products=PRODUCTS, seed=SEED)
    return folder / "catalog.jsonl"


@pytest.fixture(scope="session")
def environment(servers: dict[str, str], catalogue: Path) -> dict[str, str]:
    """What the processes of the shop read from their environment."""
    return {
        **servers,
        "INDEX_NAME": f"test-{secrets.token_hex(4)}",
        "IMAGE_ROOTS": str(catalogue.parent),
        "WEBHOOK_SECRET": "whsec_" + b64encode(secrets.token_bytes(24)).decode(),
        "SECRET_KEY": secrets.token_urlsafe(16),
        "STAFF": ",".join(f"{name}:{secrets.token_urlsafe(16)}" for name in ("ada", "bob")),
        # However busy the machine is: what the limit does is tested with a limit of its own.
        "REQUEST_SECONDS": "60",
        "EMBEDDING_NICE": "0",  # tests wait for products to be embedded, next to other busy runs
        # Tests ask more often than shoppers do; what limits do is tested with limits of its own.
        **{f"RATE_LIMIT_{name}": "" for name in ("PAGES", "PICTURES", "WRITES", "PHOTOS", "LOGINS")},
    }


@pytest.fixture(scope="session")
def settings(environment: dict[str, str]) -> Iterator[Settings]:
    """Settings of the shop; the environment has them too, for what reads it."""
    before = {name: os.environ.get(name) for name in environment}
    os.environ.update(environment)
    celery.conf.update(broker_url=environment["REDIS_URL"])
    yield Settings.from_environment()
    for name, value in before.items():
        if value is None:
            del os.environ[name]
        else:
            os.environ[name] = value


@pytest.fixture(scope="session")
def client(settings: Settings) -> Iterator[Elasticsearch]:
    """A client; the indices of this run are deleted when it ends."""
    client = connect(settings)
    yield client
    names = client.indices.get(index=f"{settings.index_name}*").body
    for some in chunked(names, 40):  # all their names make an address too long
        client.indices.delete(index=some)


@pytest.fixture(scope="session")
def workers(settings: Settings) -> Iterator[dict[str, Child]]:
    """Real Celery workers, of all queues, by their names."""
    DATA.mkdir(parents=True, exist_ok=True)
    commands = all_commands("workers.app")
    children = dict(zip(commands, start_workers(DATA, commands), strict=True))
    yield children
    for child in children.values():
        child.stop()


def check_all(workers: dict[str, Child]) -> None:
    """Check that all workers run."""
    for worker in workers.values():
        worker.check()


@pytest.fixture(scope="session")
def shop(settings: Settings, client: Elasticsearch, workers: dict[str, Child], catalogue: Path) -> Shop:
    """A shop with every vector, made the way `make demo` makes it: by the worker."""
    index = ProductIndex(client, settings.index_name)
    index.ensure()
    refused: list[Refusal] = []
    for outcome in loading.load_file(index, open_feed(catalogue)):
        refused += outcome.refused
    assert not refused
    index.refresh()

    def wait_for_none(what: str, left: Callable[[], int]) -> None:
        def is_none_left() -> bool:
            check_all(workers)
            return left() == 0

        wait_until(is_none_left, what, left)

    enqueue_embeddings(index.ids_without_vector())
    wait_for_none("embedding the catalogue", index.unembedded)
    fit_space(index, load_vectorizers(settings))
    enqueue_embeddings(index.ids_without_vector())
    wait_for_none("writing the vectors", lambda: index.counts()["pending"])
    return Shop(settings, catalogue, client)


@pytest.fixture
def store(shop: Shop) -> Iterator[Publications]:
    """Return a store of configurations, rules and query sets in which nothing was saved or published."""
    store = Publications(shop.index)
    shop.client.options(ignore_status=404).indices.delete(index=store.index)
    yield store
    shop.client.options(ignore_status=404).indices.delete(index=store.index)


@pytest.fixture
def word(shop: Shop) -> Iterator[str]:
    """Return a word that no product has, whose synonyms are removed in the end."""
    word = f"frock{secrets.token_hex(3)}"
    yield word
    left = [rule for rule in synonyms.read(shop.index) if word in str(rule)]
    synonyms.change(shop.index, remove=left, author="test")


@pytest.fixture
def web(shop: Shop) -> FlaskClient:
    """The storefront, called in this process."""
    return create_app(shop.settings).test_client()


@pytest.fixture(scope="session")
def storefront(shop: Shop) -> Iterator[str]:
    """The storefront as it runs in production: its address."""
    with running_storefront("storefront") as running:
        yield running.url


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Start Chromium once for all tests."""
    with open_browser() as browser:
        yield browser
