"""Products go into the shop while others are being drawn."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from demo import drawing
from demo.catalogue import render_catalogue
from demo.drawing import SEED, DrawnCatalogue
from indexer.catalog.events import Upsert
from indexer.catalog.report import LoadReport, Outcome
from indexer.elastic.product_index import ProductIndex
from indexer.settings import Settings


class Kept:
    """Stands in for Elasticsearch: what was written, and the reports of loads."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.written: list[str] = []
        self.reports: list[LoadReport] = []
        monkeypatch.setattr(drawing, "apply_events", self._apply)
        monkeypatch.setattr(drawing, "LoadReports", lambda _: self)

    def _apply(self, _: ProductIndex, events: Sequence[Upsert]) -> Outcome:
        ids = [event.id for event in events]
        self.written += ids
        return Outcome(read=len(ids), written=ids)

    def add(self, report: LoadReport) -> None:
        """Keep a report."""
        self.reports.append(report)


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> Kept:
    return Kept(monkeypatch)


def test_only_what_is_drawn_is_written_and_all_of_it_once(tmp_path: Path, kept: Kept) -> None:
    settings, images = Settings(), tmp_path / "images"
    images.mkdir()
    catalogue = DrawnCatalogue(tmp_path, 4, lambda _: None)
    assert catalogue.write_new(settings) == []
    ids = [json.loads(line)["id"] for line in catalogue.content().splitlines()]
    for product_id in ids[:2]:
        (images / f"{product_id}.jpg").touch()
    assert catalogue.write_new(settings) == ids[:2]
    assert not catalogue.is_written
    assert kept.reports == []
    (images / f"{ids[2]}.jpg.part").touch()  # being written
    assert catalogue.write_new(settings) == []
    for product_id in ids[2:]:
        (images / f"{product_id}.jpg").touch()
    assert catalogue.write_new(settings) == ids[2:]
    assert catalogue.is_written
    assert kept.written == ids
    assert [report.written for report in kept.reports] == [4]


def test_its_content_is_the_file_that_is_written_at_the_end(tmp_path: Path) -> None:
    before = DrawnCatalogue(tmp_path, 3, lambda _: None).content()
    assert render_catalogue(tmp_path, products=3, seed=SEED, processes=1).read_bytes() == before
