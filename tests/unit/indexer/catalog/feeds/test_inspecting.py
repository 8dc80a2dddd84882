from pathlib import Path

from indexer.catalog.feeds.feed import recognise
from indexer.catalog.feeds.inspecting import Inspection


def _inspect(folder: Path, text: str) -> Inspection:
    file = folder / "export.csv"
    file.write_bytes(text.encode("cp1252"))
    inspection = Inspection.of(recognise(file))
    for _ in inspection.run():
        pass
    return inspection


def test_an_unknown_table_is_read_with_the_mapping_that_is_proposed(tmp_path: Path) -> None:
    inspection = _inspect(tmp_path, 'Nr;Name;Preis\n1;Röckchen;"19,99"\n2;;5\n3;Mug;teuer\n4;Hut;\n5;;7\n')
    assert '"Nr" = "id"' in inspection.proposal
    assert [product.title for product in inspection.products] == ["Röckchen", "Hut"]
    assert inspection.products[0].price == 19.99
    assert inspection.profile.columns["Preis"].filled == 4
    refused = {(refusals.count, refusals.line) for refusals in inspection.refused.values()}
    assert refused == {(2, 3), (1, 4)}
    assert (inspection.written, inspection.profile.rows) == (2, 5)
    assert sum(changed.count for changed in inspection.changed.values()) >= 1


def test_a_known_format_without_currency_is_completed(tmp_path: Path) -> None:
    inspection = _inspect(tmp_path, "Handle,Title,Variant SKU,Variant Price\nmug,Mug,M1,9.00\n")
    assert 'format = "shopify"' in inspection.proposal


def test_nothing_is_proposed_where_nothing_is_missing(tmp_path: Path) -> None:
    inspection = _inspect(tmp_path, "id,title,price\n1,Mug,9 EUR\n")
    assert not inspection.proposal


def test_a_table_without_names_shows_its_columns_only(tmp_path: Path) -> None:
    inspection = _inspect(tmp_path, "a;b\n1;2\n")
    assert list(inspection.profile.columns) == ["a", "b"]
    assert inspection.feed.mapping is None
    assert '# "a" = "attributes.a"' in inspection.proposal
