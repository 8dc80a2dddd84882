"""Delete what a full export of the shop no longer has."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from more_itertools import chunked

from indexer.catalog.events import Delete
from indexer.catalog.file_products import FileProducts
from indexer.catalog.products import now_ms
from indexer.catalog.report import LoadReport
from indexer.elastic.loading import apply_events
from indexer.elastic.product_index import ProductIndex
from indexer.errors import CatalogError

_CHUNK = 500


@dataclass(frozen=True)
class FullExport:
    """The load of a file that has all products of the shop.

    Attributes
    ----------
    percent : float
        The most that are deleted, of the products that the shop had before.
    count : int
        How many those are.
    began, exported : int
        When the load began, and the file was written, in milliseconds. What an event has written since then, stays.
    """

    index: ProductIndex
    percent: float
    count: int
    began: int
    exported: int

    @classmethod
    def begin(cls, index: ProductIndex, file: Path, percent: float) -> FullExport:
        """Note what there is before the file is loaded."""
        return cls(index, percent, index.counts()["all"], now_ms(), file.stat().st_mtime_ns // 1_000_000)

    def delete_missing(self, report: LoadReport, products: FileProducts) -> None:
        """Delete the products that the file, which was loaded, doesn't have, and add them to its report.

        Raises
        ------
        CatalogError
            Nothing was deleted, with the reason: the file may not be complete, or more would go.
        """
        if doubt := _doubt(report, products, self.began):
            raise CatalogError(doubt)
        before = min(self.began, self.exported)
        self.index.refresh()
        missing = _missing(self.index, products, before)
        if len(missing) > self.count * self.percent / 100:
            raise CatalogError(
                f"{len(missing):,} of {self.count:,} products are not in the file, more than {self.percent:g}%. "
                f"If they are to go, load it again with --max-deleted {_percent(len(missing), self.count)}"
            )
        for ids in chunked(missing, _CHUNK):
            events = [Delete(type="delete", id=product_id, version=before) for product_id in ids]
            outcome = apply_events(self.index, events)
            outcome.read = 0  # no lines of the file
            report.add(outcome)


def _doubt(report: LoadReport, products: FileProducts, began: int) -> str:
    """Return why a file can't tell what the shop no longer has."""
    if report.refusals:
        return f"{report.refusals:,} lines were refused, whose products may be among those that seem to be missing"
    if products.earliest is None:
        return "the file has no products"
    if products.has_updates:
        return "the file has updates: it is a list of events, not an export of all products"
    if products.earliest < began:
        return "its lines have versions of their own, by which no deletion can be dated: send events of type delete"
    return ""


def _missing(index: ProductIndex, products: FileProducts, before: int) -> list[str]:
    hits = index.scan({"query": {"match_all": {}}, "_source": ["version"]}, size=1_000)
    return [hit["_id"] for hit in hits if hit["_source"]["version"] < before and hit["_id"] not in products]


def _percent(part: int, whole: int) -> int:
    return min(100, -(-100 * part // whole)) if whole else 100  # rounded up
