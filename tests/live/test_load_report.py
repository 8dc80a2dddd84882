"""The cases of a load: what its report says, and what a second run does."""

import json
from pathlib import Path
from typing import Any

import pytest
from click import Command
from click.testing import CliRunner
from elasticsearch import Elasticsearch

from indexer.catalog.feeds.feed import open_feed
from indexer.cli.load import load, write_catalog
from indexer.elastic.load_reports import LoadReports
from indexer.elastic.product_index import ProductIndex
from indexer.settings import Settings
from workers.enqueue import main as enqueue


@pytest.fixture
def own(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Return settings of an empty shop of its own, in the environment, too."""
    name = f"{settings.index_name}loads"
    monkeypatch.setenv("INDEX_NAME", name)
    return settings.model_copy(update={"index_name": name})


def _file(folder: Path, name: str, *lines: dict[str, Any] | str) -> Path:
    file = folder / name
    file.write_text("\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines), encoding="utf-8")
    return file


@pytest.mark.parametrize("command", [load, enqueue])
def test_a_file_without_products_is_no_success(own: Settings, tmp_path: Path, command: Command) -> None:
    (tmp_path / "empty.csv").write_text("id,title,price\n")
    answer = CliRunner().invoke(command, [str(tmp_path / "empty.csv")])
    assert answer.exit_code == 2
    assert "empty.csv has no products, so nothing was written." in answer.output


def test_a_load_reports_what_became_of_each_line(own: Settings, client: Elasticsearch, tmp_path: Path) -> None:
    sound = [{"id": f"r{number}", "title": "Reported", "price": "19,99 €"} for number in range(3)]
    bad = [
        '{"id": "r3", "title": "NaN", "weight": NaN}',
        '{"id": "r4"}',
        "not json",
        '{"id": "r5", "title": "big", "ean": 9' + "9" * 5_000 + "}",
    ]
    file, written = _file(tmp_path, "catalog.jsonl", *sound, *bad), tmp_path / "report.json"
    answer = CliRunner().invoke(load, [str(file), "--keywords-only", "--report", str(written)])
    assert answer.exit_code == 2, answer.output
    report = json.loads(written.read_text())
    assert {name: report[name] for name in ("read", "written", "unchanged", "ignored")} == {
        "read": 7, "written": 5, "unchanged": 0, "ignored": 0,
    }  # fmt: skip
    assert {kind["kind"]: kind["examples"][0]["line"] for kind in report["refused"]} == {
        "title: missing": 5,
        "not JSON": 6,
    }
    assert {kind["kind"]: kind["count"] for kind in report["changed"]}["a price's text"] == 3
    assert "7 read, 5 written" in answer.output
    index = ProductIndex(client, own.index_name)
    assert index.products(["r0"])["r0"]["price"] == 19.99

    # Again, with one line fixed: that one is written, the others are as they were.
    again = write_catalog(
        own, open_feed(_file(tmp_path, "catalog.jsonl", *sound, bad[0], {"id": "r4", "title": "Fixed"}))
    )
    assert (again.written, again.unchanged, again.refusals) == (1, 4, 0)
    assert [(r["file"], r["written"]) for r in LoadReports(index).latest(2)] == [
        ("catalog.jsonl", 1),
        ("catalog.jsonl", 5),
    ]


def test_an_ignored_version_is_not_written(own: Settings, tmp_path: Path) -> None:
    lines = [{"id": "dup", "title": title} for title in ("First", "Second", "Third")]
    first = write_catalog(own, open_feed(_file(tmp_path, "dups.jsonl", *lines, {"id": "DUP", "title": "Upper"})))
    assert (first.written, first.ignored, first.repeated.count) == (4, 0, 2)
    old = write_catalog(own, open_feed(_file(tmp_path, "old.jsonl", {"id": "dup", "title": "Old", "version": 7})))
    assert (old.read, old.written, old.ignored) == (1, 0, 1)


def test_an_update_between_two_loads_makes_the_second_write_again(own: Settings, tmp_path: Path) -> None:
    product = {"id": "u1", "title": "Updated", "price": 5}
    write_catalog(own, open_feed(_file(tmp_path, "a.jsonl", product)))
    update = {"type": "update", "id": "u1", "version": 2**52, "fields": {"price": 4}}
    write_catalog(own, open_feed(_file(tmp_path, "b.jsonl", update)))
    assert write_catalog(own, open_feed(_file(tmp_path, "a.jsonl", product))).written == 1


def test_a_full_export_deletes_what_it_no_longer_has(own: Settings, client: Elasticsearch, tmp_path: Path) -> None:
    index = ProductIndex(client, own.index_name)
    names = [f"full-{number}" for number in range(4)]
    write_catalog(own, open_feed(_file(tmp_path, "a.jsonl", *({"id": i, "title": "Full"} for i in names))))
    before = index.counts()["all"]
    export = str(_file(tmp_path, "b.jsonl", *({"id": i, "title": "Full"} for i in names[:3])))

    refused = CliRunner().invoke(load, [export, "--keywords-only", "--complete", "--max-deleted", "0"])
    assert refused.exit_code == 2, refused.output
    assert "Nothing was deleted that the file no longer has" in refused.output
    assert index.counts()["all"] == before

    done = CliRunner().invoke(load, [export, "--keywords-only", "--complete", "--max-deleted", "100"])
    assert done.exit_code == 0, done.output
    assert set(index.products(names)) == set(names[:3])
    assert index.counts()["all"] == 3
