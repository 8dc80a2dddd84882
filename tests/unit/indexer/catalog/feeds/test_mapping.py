from pathlib import Path

import pytest

from indexer.catalog.events import Delete, Update, Upsert, parse_event, parse_line
from indexer.catalog.feeds.feed import FeedOptions, open_feed
from indexer.catalog.feeds.mapping import Mapping, read_mapping
from indexer.catalog.feeds.reading import read_feed
from indexer.errors import CatalogError

TOML = """
encoding = "windows-1252"
image_base = "https://cdn.example/shop/"

[columns]
ArtNr = ["id", "style_id"]
Bezeichnung = "title"
Warengruppe = "category"
"Bild 1" = "images"
"Bild 2" = "images"
Farbe = "attributes.color"
Preis = "price"
Lager = "in_stock"

[separators]
category = "/"

[constants]
currency = "EUR"
brand = "Marlowe"

[values.in_stock]
lieferbar = true
ausverkauft = false

[values."attributes.color"]
rt = "red"
"""
CSV = (
    "ArtNr;Bezeichnung;Warengruppe;Bild 1;Bild 2;Farbe;Preis;Lager;Intern\n"
    "1001;Kleid für Damen;Damen/Kleider;a.jpg;https://other.example/b.jpg;rt;19,99;ausverkauft;x\n"
)


def _mapping(folder: Path, toml: str = TOML) -> Mapping:
    path = folder / "mapping.toml"
    path.write_text(toml)
    return read_mapping(path)


def test_columns_become_fields(tmp_path: Path) -> None:
    file = tmp_path / "export.csv"
    file.write_bytes(CSV.encode("cp1252"))
    feed = open_feed(file, FeedOptions(mapping=_mapping(tmp_path)))
    assert feed.description == "export.csv: read as CSV with mapping.toml, Windows-1252, separated by ;"
    ((_, event),) = read_feed(feed, parse_line)
    assert isinstance(event, Upsert)
    product = event.product
    assert (product.id, product.style_id, product.title, product.brand) == (
        "1001",
        "1001",
        "Kleid für Damen",
        "Marlowe",
    )
    assert (product.price, product.currency, product.in_stock) == (19.99, "EUR", False)
    assert product.category == ["Damen", "Kleider"]
    assert product.images == ["https://cdn.example/shop/a.jpg", "https://other.example/b.jpg"]
    assert product.attributes == {"color": "red"}
    assert product.extra == {}


@pytest.mark.parametrize(
    ("unmapped", "attributes", "extra"),
    [("ignore", {}, {}), ("keep", {}, {"Intern": "x"}), ("attributes", {"Intern": "x"}, {})],
)
def test_columns_that_lead_nowhere(tmp_path: Path, unmapped: str, attributes: object, extra: object) -> None:
    mapping = _mapping(tmp_path, f'unmapped = "{unmapped}"\n[columns]\nNr = "id"\nName = "title"\n')
    product = mapping.product({"Nr": "1", "Name": "Mug", "Intern": "x", "Leer": ""})
    assert product.pop("attributes", {}) == attributes
    assert {name: value for name, value in product.items() if name not in {"id", "title"}} == extra


def test_events_have_the_names_of_the_shop_too(tmp_path: Path) -> None:
    mapping = _mapping(tmp_path)
    upsert = {"type": "upsert", "product": {"ArtNr": 5, "Bezeichnung": "Rock", "version": 7, "Farbe": "rt"}}
    update = {"type": "update", "id": "5", "version": 8, "fields": {"Preis": "9,50", "Farbe": "rt", "Warengruppe": ""}}
    first, second, third = (
        parse_event(mapping.event_or_product(event))
        for event in (upsert, update, {"type": "delete", "id": "5", "version": 9})
    )
    assert isinstance(first, Upsert)
    assert (first.product.id, first.version, first.product.currency) == ("5", 7, "EUR")
    assert isinstance(second, Update)
    assert second.fields == {"price": 9.5, "attributes": {"color": "red"}, "category": []}
    assert isinstance(third, Delete)


def test_paths_lead_into_json(tmp_path: Path) -> None:
    mapping = _mapping(
        tmp_path,
        '[columns]\nsku = "id"\n"name.en" = "title"\n"media.url" = "images"\n"a.b" = "brand"\n'
        '"no.where" = "description"\n',
    )
    row = {"sku": "1", "name": {"en": "Mug"}, "media": [{"url": "a.jpg"}, {"url": "b.jpg"}, {}], "a.b": "Marlowe"}
    assert mapping.product(row) == {"id": "1", "title": "Mug", "images": ["a.jpg", "b.jpg"], "brand": "Marlowe"}


def test_a_known_format_can_be_completed(tmp_path: Path) -> None:
    file = tmp_path / "export.csv"
    file.write_text("sku,product_type,attribute_set_code,name,base_image\nA,simple,Top,Hoodie,/m/h/a.jpg\n")
    mapping = _mapping(
        tmp_path,
        'format = "magento"\nimage_base = "https://shop.example/media/"\n[constants]\n"attributes.season" = "winter"\n',
    )
    ((_, product),) = open_feed(file, FeedOptions(mapping=mapping)).products()
    assert product == {
        "id": "A",
        "title": "Hoodie",
        "images": ["https://shop.example/media/m/h/a.jpg"],
        "attributes": {"season": "winter"},
    }


@pytest.mark.parametrize(
    ("toml", "message"),
    [
        ("colums = 1", "colums: no such key; use format"),
        ('[columns]\na = "id"\nb = "titel"', "columns: 'titel' is no field; did you mean title"),
        ('[columns]\na = "id"', "columns: none leads to title"),
        ('format = "klingon"', "format: none of"),
        ('format = "shopify"\n[columns]\na = "id"', "leave out either columns or format"),
        ('format = "shopify"\n[separators]\nprice = ","', "separators: price is no list"),
        ('format = "shopify"\n[separators]\nimages = ""', "separators: images: empty"),
        ('format = "shopify"\ndelimiter = ", "', "delimiter: "),
        ('format = "shopify"\n[values]\nin_stock = 5', "values.in_stock: "),
        ("columns = [", "can't be read"),
    ],
)
def test_a_wrong_mapping_is_refused_by_file_and_key(tmp_path: Path, toml: str, message: str) -> None:
    with pytest.raises(CatalogError) as raised:
        _mapping(tmp_path, toml)
    assert str(raised.value).startswith(f"{tmp_path}/mapping.toml")
    assert message in str(raised.value)


def test_a_format_and_columns_contradict_each_other(tmp_path: Path) -> None:
    file = tmp_path / "export.csv"
    file.write_text(CSV)
    with pytest.raises(CatalogError, match="leave out --format shopify"):
        open_feed(file, FeedOptions(format="shopify", mapping=_mapping(tmp_path)))


def test_a_column_that_the_file_lacks_is_named(tmp_path: Path) -> None:
    file = tmp_path / "export.csv"
    file.write_text("Nr;Name\n1;Mug\n")
    with pytest.raises(CatalogError, match=r"mapping\.toml: columns: export\.csv has no column 'ArtNr'"):
        open_feed(file, FeedOptions(mapping=_mapping(tmp_path, '[columns]\nArtNr = "id"\nName = "title"\n')))


def test_a_cell_of_several_images_below_a_folder(tmp_path: Path) -> None:
    file = tmp_path / "catalog.csv"
    file.write_text("nr,name,main,more\nA,Hoodie,a.jpg,b.jpg|https://cdn.example/c.jpg\n")
    columns = '[columns]\nnr = "id"\nname = "title"\nmain = "images"\nmore = "images"\n'
    mapping = _mapping(tmp_path, f'image_base = "https://shop.example/catalog/product"\n{columns}')
    ((_, product),) = open_feed(file, FeedOptions(mapping=mapping)).products()
    base = "https://shop.example/catalog/product"
    assert isinstance(product, dict)
    assert product["images"] == [f"{base}/a.jpg", f"{base}/b.jpg", "https://cdn.example/c.jpg"]
