"""What a full export no longer has is deleted, and nothing where that is in doubt."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from indexer.catalog.events import Event, parse_event
from indexer.catalog.file_products import FileProducts
from indexer.catalog.products import now_ms
from indexer.catalog.report import LoadReport, Outcome, Refusal
from indexer.elastic import write_targets
from indexer.elastic.client import Answer, BulkFailure
from indexer.elastic.completing import FullExport
from indexer.errors import CatalogError


class _Shop:
    """A shop of products with versions, which notes the deletions that are sent."""

    alias = "shop"

    def __init__(self, versions: dict[str, int]) -> None:
        self.versions, self.deletions = versions, dict[str, int]()

    def refresh(self) -> None:
        """Nothing waits."""

    def counts(self) -> dict[str, int]:
        return {"all": len(self.versions)}

    def scan(self, *_: Any, **__: Any) -> list[dict[str, Any]]:
        return [{"_id": i, "_source": {"version": version}} for i, version in self.versions.items()]

    def write(
        self, _: Any, actions: Sequence[dict[str, Any]], answers: list[Answer] | None = None
    ) -> list[BulkFailure | None]:
        self.deletions |= {action["_id"]: action["script"]["params"]["version"] for action in actions}
        if answers is not None:
            answers.extend({"result": "updated"} for _ in actions)
        return [None] * len(actions)


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A shop of 20 products, which a load wrote an hour ago."""
    made = _Shop({f"p{number}": now_ms() - 3_600_000 for number in range(20)})
    monkeypatch.setattr(write_targets, "write", made.write)
    return made


def _upsert(product_id: str) -> Event:
    return parse_event({"type": "upsert", "product": {"id": product_id, "title": "A"}})


def _load(shop: Any, folder: Path, kept: int, report: LoadReport | None = None, *, percent: float = 10) -> LoadReport:
    """Delete what is missing as after the load of the first products, from a file of half an hour ago."""
    file = folder / "export.csv"
    file.touch()
    os.utime(file, (now_ms() / 1_000 - 1_800,) * 2)
    export, products = FullExport.begin(shop, file, percent), FileProducts()
    for number in range(kept):
        products.add(_upsert(f"p{number}"))
    report = report or LoadReport("export.csv")
    export.delete_missing(report, products)
    return report


def test_what_the_file_no_longer_has_is_deleted_as_of_the_export(shop: Any, tmp_path: Path) -> None:
    report = _load(shop, tmp_path, 18)
    assert set(shop.deletions) == {"p18", "p19"}
    assert (report.deleted, report.read) == (2, 0)
    hour = 3_600_000
    assert all(now_ms() - hour < version < now_ms() - hour / 3 for version in shop.deletions.values())


def test_what_an_event_wrote_after_the_export_stays(shop: Any, tmp_path: Path) -> None:
    shop.versions["p19"] = now_ms() - 60_000
    _load(shop, tmp_path, 18)
    assert set(shop.deletions) == {"p18"}


def test_more_than_the_limit_deletes_nothing_and_says_how_to_allow_it(shop: Any, tmp_path: Path) -> None:
    with pytest.raises(CatalogError, match=r"3 of 20 products .* more than 10%.*--max-deleted 15"):
        _load(shop, tmp_path, 17)
    assert not shop.deletions
    assert _load(shop, tmp_path, 17, percent=15).deleted == 3


def test_new_products_do_not_raise_the_limit(shop: Any, tmp_path: Path) -> None:
    """The shop is counted before the load: an export whose ids have all changed would else be half of it."""
    export = FullExport.begin(shop, tmp_path, 60)
    products = FileProducts()
    for number in range(20):
        products.add(_upsert(f"new{number}"))
        shop.versions[f"new{number}"] = now_ms()
    with pytest.raises(CatalogError, match="20 of 20"):
        export.delete_missing(LoadReport("export.csv"), products)


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        (None, "no products"),
        ({"type": "upsert", "product": {"id": "p1", "title": "A", "version": 7}}, "versions of their own"),
        ({"type": "update", "id": "p1", "version": 7, "fields": {"price": 1}}, "list of events"),
    ],
)
def test_a_file_that_is_no_export_of_all_products_deletes_nothing(
    shop: Any, tmp_path: Path, event: dict[str, Any] | None, reason: str
) -> None:
    export, products = FullExport.begin(shop, tmp_path, 100), FileProducts()
    if event:
        products.add(_upsert("p0"))
        products.add(parse_event(event))
    with pytest.raises(CatalogError, match=reason):
        export.delete_missing(LoadReport("export.csv"), products)
    assert not shop.deletions


def test_refused_lines_delete_nothing(shop: Any, tmp_path: Path) -> None:
    report = LoadReport("export.csv")
    report.add(Outcome(refused=[Refusal(3, "cut off", "the file ends in the middle of a row")]))
    with pytest.raises(CatalogError, match="1 lines were refused"):
        _load(shop, tmp_path, 19, report)
    assert not shop.deletions
