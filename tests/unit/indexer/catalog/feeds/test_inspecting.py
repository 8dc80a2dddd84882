from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexer.catalog.feeds.feed import recognise
from indexer.catalog.feeds.inspecting import Inspection
from indexer.errors import CatalogError
from tests.feeds import EXPORTS


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


def test_a_table_that_has_some_of_our_names_is_read_with_a_mapping(tmp_path: Path) -> None:
    inspection = _inspect(tmp_path, "id,title,price,image_url,stock\n1,Mug,9,https://a.example/1.jpg,0\n")
    assert '"image_url" = "images"' in inspection.proposal
    (product,) = inspection.products
    assert (product.images, product.in_stock) == (["https://a.example/1.jpg"], False)


def test_rows_that_replace_an_earlier_one_are_counted(tmp_path: Path) -> None:
    inspection = _inspect(tmp_path, "id,title,price\n1,Mug,9 EUR\n2,Cup,9 EUR\n1,Mug,8 EUR\n1,Mug,7 EUR\n")
    assert (inspection.written, inspection.repeated) == (4, 2)


def test_nothing_is_proposed_where_nothing_is_missing(tmp_path: Path) -> None:
    inspection = _inspect(tmp_path, "id,title,price\n1,Mug,9 EUR\n")
    assert not inspection.proposal


def test_a_table_without_names_shows_its_columns_only(tmp_path: Path) -> None:
    inspection = _inspect(tmp_path, "a;b\n1;2\n")
    assert list(inspection.profile.columns) == ["a", "b"]
    assert inspection.feed.mapping is None
    assert '# "a" = "attributes.a"' in inspection.proposal


_PRODUCT = {
    "id": "linen-red",
    "style_id": "linen",
    "title": "Röckchen",
    "description": 'Weich, "leicht"\nund; kühl',
    "category": ["Damen"],
    "brand": "Marlowe",
    "price": 19.5,
    "images": ["linen.png"],
    "color": "red",
}
_PIECES = st.one_of(
    st.binary(max_size=8),
    st.sampled_from([*b'",;|\t\n\r\x00\\{}[]&<>']).map(lambda byte: bytes([byte])),
    st.sampled_from([b"<item>", b"</item>", b"<![CDATA[", b"<!--", b"<!ENTITY", b"\xff\xfe", b'"values":', b"1e999"]),
)


@settings(max_examples=150, deadline=None)
@given(
    name=st.sampled_from([*EXPORTS]),
    suffix=st.sampled_from(["", ".csv", ".jsonl", ".json"]),
    changes=st.lists(st.tuples(st.integers(0, 2_000), st.integers(0, 40), _PIECES), min_size=1, max_size=6),
)
def test_a_damaged_file_is_read_or_refused_by_name(
    name: str, suffix: str, changes: list[tuple[int, int, bytes]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    content = bytearray(EXPORTS[name]([_PRODUCT, {**_PRODUCT, "id": "linen-blue", "color": "blue"}]))
    for at, removed, added in changes:
        content[at % len(content) : at % len(content) + removed] = added or b" "
    file = tmp_path_factory.getbasetemp() / f"{name}{suffix}"
    file.write_bytes(content)
    with suppress(CatalogError):  # the whole file is refused
        inspection = Inspection.of(recognise(file))
        for _ in inspection.run():
            pass
        assert all(refusals.why for refusals in inspection.refused.values())
