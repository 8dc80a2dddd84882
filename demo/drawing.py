"""The drawn catalogue, whose products go into the shop while the others are still being drawn."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

from demo.catalogue import is_complete
from demo.catalogue.design import design
from demo.catalogue.listing import catalogue_line, dump
from demo.catalogue.picture import SHOP_DETAIL
from demo.catalogue.render import CATALOGUE, TRUTH
from demo.processes import Child, start_child
from demo.services.service import Say
from indexer.catalog.currencies import Rates
from indexer.catalog.events import parse_line
from indexer.catalog.report import LoadReport
from indexer.elastic.load_reports import LoadReports
from indexer.elastic.loading import apply_events
from indexer.elastic.product_index import ProductIndex
from indexer.settings import Settings

SEED = 7
_MOST = 500  # products written at a time


class DrawnCatalogue:
    """The sandbox's own products. What is known of them is designed at once; each is there when its picture is.

    Parameters
    ----------
    folder : Path
        Where the catalogue is, or will be.
    products : int
        How many to draw.
    """

    def __init__(self, folder: Path, products: int, say: Say) -> None:
        self.folder, self.total = folder, products
        self._say = say
        self._drawing: Child | None = None
        self._lines = [catalogue_line(product, SEED) for product in design(products, SEED)]
        self._todo = {str(line["id"]): line for line in self._lines}
        self._report = LoadReport(CATALOGUE, f"{products:,} products, drawn")

    @property
    def truth(self) -> Path:
        """What the pictures show; written with the catalogue file."""
        return self.folder / TRUTH

    def content(self) -> bytes:
        """Return the content of the catalogue file, which is written when the last picture is."""
        return dump(self._lines).encode()

    def start(self, stack: ExitStack) -> None:
        """Start to draw what isn't drawn yet, in processes that leave the cores to whoever needs them more."""
        self.folder.mkdir(parents=True, exist_ok=True)
        if is_complete(self.folder, products=self.total, seed=SEED, detail=SHOP_DETAIL):
            self._say(f"Catalogue: {self.total:,} drawn products, from an earlier run")
            return
        log = self.folder.with_name("drawing.log")
        draw = [sys.executable, "-m", "demo.catalogue", str(self.folder), "--products", str(self.total)]
        self._drawing = start_child("drawing", [*draw, "--seed", str(SEED), "--nice", "10"], log)
        stack.callback(self._drawing.stop)
        self._say(f"Catalogue: drawing {self.total:,} products, pid {self._drawing.pid}, log in {log}")

    def write_new(self, settings: Settings) -> list[str]:
        """Write the products that were drawn since, and return their ids.

        Raises
        ------
        ProductSearchError
            The process that draws has failed.
        """
        if self._drawing and self._drawing.process.poll() not in (None, 0):
            self._drawing.check()
        lines = list(islice(filter(self._is_drawn, self._todo.values()), _MOST))
        if lines:
            self._write(settings, lines)
        return [str(line["id"]) for line in lines]

    def _is_drawn(self, line: dict[str, Any]) -> bool:
        return all((self.folder / image).exists() for image in line["images"])

    def _write(self, settings: Settings, lines: list[dict[str, Any]]) -> None:
        index, parse = ProductIndex.open(settings), partial(parse_line, rates=Rates.from_settings(settings))
        outcome = apply_events(index, [parse(line, self.folder) for line in lines])
        self._report.add(outcome)
        for line in lines:
            del self._todo[line["id"]]
        if not self._todo:
            LoadReports(index).add(self._report)

    @property
    def is_written(self) -> bool:
        """Whether all products are written, and nothing is left to draw or to note."""
        return not self._todo and (self._drawing is None or self._drawing.process.poll() == 0)
