"""A shop is open while its products are still being loaded, and every page is answered."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from unittest.mock import patch

import httpx
import pytest

from demo import loading
from demo.loading import Loading
from demo.milestones import Milestones
from demo.sandbox import bring_up
from demo.services.process import free_port
from indexer.catalog.events import parse_line
from indexer.elastic.loading import apply_events
from indexer.elastic.product_index import ProductIndex
from indexer.settings import Settings
from tests.conftest import wait_until

PRODUCTS, FIRST, AT_ONCE = 48, 16, 12
PAGES = ("/", "/search", "/search?q=dress", "/search?like={}", "/products/{}", "/loading", "/api/search?like={}&size=3")


class Trickle:
    """A catalogue whose products come a few at a time; with each few, a shopper reads pages.

    Attributes
    ----------
    statuses : dict of str to set of int
        What the pages were answered with.
    words : list of str
        What shoppers read about the load.
    """

    truth = None
    total = PRODUCTS

    def __init__(self, file: Path) -> None:
        self.folder = file.parent
        self._left = [json.loads(line) for line in file.read_text().splitlines()[:PRODUCTS]]
        self._liked = self._left[0]["id"]
        self.port, self.statuses, self.words = 0, dict[str, set[int]](), list[str]()

    def content(self) -> bytes:
        return b"trickle"

    def start(self, stack: ExitStack) -> None:
        """Nothing has to be made."""

    def write_new(self, settings: Settings) -> list[str]:
        self.read_pages()
        index = ProductIndex.open(settings)
        if len(self._left) <= PRODUCTS // 2 and index.space() is None:
            return []  # the first vector space is fitted on the first half
        lines, self._left = self._left[:AT_ONCE], self._left[AT_ONCE:]
        if lines:
            apply_events(index, [parse_line(line, self.folder) for line in lines])
        return [line["id"] for line in lines]

    @property
    def is_written(self) -> bool:
        return not self._left

    def read_pages(self) -> None:
        for path in PAGES if self.port else ():
            answer = httpx.get(f"http://127.0.0.1:{self.port}{path.format(self._liked)}", timeout=60)
            self.statuses.setdefault(path, set()).add(answer.status_code)
            if path == "/loading" and answer.status_code == 200:
                self.words.append(answer.json()["words"])
            if path == "/" and "Still loading" in answer.text:
                assert "<progress" in answer.text


@pytest.fixture
def shop_folder(servers: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A data folder for a shop of its own on the servers of the run."""
    monkeypatch.setattr(loading, "FIRST", FIRST)
    monkeypatch.setattr(loading, "_OPENING", AT_ONCE)
    with patch.dict(os.environ):  # the demo adds to it
        for name in {field.upper() for field in Settings.model_fields} & os.environ.keys():
            del os.environ[name]
        os.environ.update({**servers, "REQUEST_SECONDS": "60", "RATE_LIMIT_PAGES": "", "EMBEDDING_NICE": "0"})
        yield tmp_path


def _run(folder: Path, catalogue: Trickle) -> None:
    with ExitStack() as stack:
        port = free_port()
        load = bring_up(stack, catalogue, folder, port)
        catalogue.port = port
        load.complete()
        address = f"http://127.0.0.1:{port}/loading"
        wait_until(lambda: httpx.get(address, timeout=60).status_code == 204, "a page that says nothing of a load")


def test_pages_are_served_from_the_first_products_on(shop_folder: Path, catalogue: Path) -> None:
    slow = Trickle(catalogue)
    try:
        _run(shop_folder, slow)
        assert slow.statuses == {path: {200} for path in PAGES}
        assert "none can be sorted by similarity yet" in slow.words[0]
        index = ProductIndex.open(Settings.from_environment())
        assert index.counts() == {"all": PRODUCTS, "done": PRODUCTS, "pending": 0, "failed": 0}
        assert len(index.versions()) == 1  # of the first vector space nothing is left
        reached = json.loads((shop_folder / "milestones.json").read_text())[index.alias]
        assert reached == {"fitted_on": None, "is_complete": True}

        again, said = Trickle(catalogue), list[str]()
        milestones = Milestones(shop_folder / "milestones.json", index.alias)
        load = Loading(Settings.from_environment(), again, [], milestones, said.append)
        load.begin()
        load.complete()
        assert not again.is_written  # all of it is known to be there
        assert said == [f"Index: {PRODUCTS} products with vectors, from an earlier run ({index.alias})"]
    finally:
        index = ProductIndex.open(Settings.from_environment())
        for name in index.client.indices.get(index=f"{os.environ['INDEX_NAME']}*").body:
            index.client.indices.delete(index=name)
