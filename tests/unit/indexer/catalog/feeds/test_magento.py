from pathlib import Path

from indexer.catalog.events import Delete, Event, Upsert, parse_line
from indexer.catalog.feeds.feed import open_feed
from indexer.catalog.feeds.reading import read_feed
from indexer.errors import CatalogError

HEADER = (
    "sku,store_view_code,attribute_set_code,product_type,categories,name,description,product_online,visibility,price,"
    "base_image,additional_images,additional_attributes,is_in_stock,configurable_variations\n"
)
SMALL = (
    'MH01-S,,Top,simple,,Hoodie-S-Black,,1,Not Visible Individually,52.00,/m/h/s.jpg,,"color=Black,size=S",1,\n'
    "MH01-S,de,,,,Kapuzenpullover,,,,,,,,,\n"
)
HOODIE = (
    "MH01,,Top,configurable,"
    '"Default Category/Men,Default Category/Men/Tops",Hoodie,<p>Warm</p>,1,"Catalog, Search",52.00,'
    '/m/h/main.jpg,"/m/h/back.jpg,no_selection","material=Wool|Cotton,care=Cold, by hand,manufacturer=Marlowe",1,'
    '"sku=MH01-S,size=S,color=Black|sku=MH01-M,size=M,color=Black"\n'
)
MEDIUM = "MH01-M,,Top,simple,,Hoodie-M-Black,,1,Not Visible Individually,54.00,,,,0,\n"
OFF = "OLD,,Top,simple,,Old,,2,Catalog,5.00,,,,1,\n"


def _events(folder: Path, text: str) -> list[tuple[int, Event | CatalogError]]:
    file = folder / "catalog_product.csv"
    file.write_text(text)
    feed = open_feed(file)
    assert feed.format is not None
    assert feed.format.name == "magento"
    return list(read_feed(feed, parse_line))


def test_simple_products_become_variants_of_their_configurable_one(tmp_path: Path) -> None:
    rows = _events(tmp_path, HEADER + SMALL + HOODIE + MEDIUM)
    events = {event.id: event for _, event in rows if isinstance(event, Upsert)}
    assert [(line, event.id) for line, event in rows if isinstance(event, Upsert)] == [(2, "MH01-S"), (5, "MH01-M")]
    small, medium = events["MH01-S"].product, events["MH01-M"].product
    assert small.style_id == medium.style_id == "MH01"
    assert small.title == medium.title == "Hoodie"
    assert (small.description, small.category, small.brand) == ("Warm", ["Men", "Tops"], "Marlowe")
    assert small.attributes == {"material": ["Wool", "Cotton"], "care": "Cold, by hand", "color": "Black", "size": "S"}
    assert medium.attributes["size"] == "M"
    assert (medium.price, medium.in_stock) == (54, False)
    folder = tmp_path.as_uri()
    assert small.images == [f"{folder}/m/h/{name}.jpg" for name in ("s", "main", "back")]


def test_a_configurable_product_without_its_variants_is_a_product(tmp_path: Path) -> None:
    ((_, event),) = _events(tmp_path, HEADER + HOODIE)
    assert isinstance(event, Upsert)
    assert event.product.extra == {}


def test_what_is_switched_off_is_deleted(tmp_path: Path) -> None:
    ((_, event),) = _events(tmp_path, HEADER + OFF)
    assert isinstance(event, Delete)


def test_variants_that_are_visible_belong_to_their_product_whichever_comes_first(tmp_path: Path) -> None:
    visible = SMALL.replace("Not Visible Individually", '"Catalog, Search"')
    for rows in (visible + HOODIE, HOODIE + visible):
        ((_, event),) = [row for row in _events(tmp_path, HEADER + rows) if isinstance(row[1], Upsert)]
        assert isinstance(event, Upsert)
        assert (event.product.id, event.product.style_id, event.product.title) == ("MH01-S", "MH01", "Hoodie")


def test_a_product_that_is_hidden_and_no_variant_is_not_offered(tmp_path: Path) -> None:
    part = "PART,,Top,simple,,Spare part,,1,Not Visible Individually,5.00,,,,1,\n"
    alone = "SHOWN,,Top,simple,,Scarf,,1,Catalog,5.00,,,,1,\n"
    events = [event for _, event in _events(tmp_path, HEADER + part + alone)]
    assert [(type(event), event.id) for event in events if not isinstance(event, CatalogError)] == [
        (Delete, "PART"),
        (Upsert, "SHOWN"),
    ]


def test_a_special_price_counts_while_it_holds(tmp_path: Path) -> None:
    header = HEADER.replace("price,", "price,special_price,special_price_from_date,special_price_to_date,", 1)
    row = "S{},,Top,simple,,Scarf,,1,Catalog,59.00,{},,,,1,\n"
    cells = ["29.00,,", "29.00,,11/30/20", '29.00,"1/1/20, 12:00 AM",', "29.00,1/1/2999,", "29.00,soon,", "0.0000,,"]
    text = header + "".join(row.format(number, cell) for number, cell in enumerate(cells))
    prices = [event.product.price for _, event in _events(tmp_path, text) if isinstance(event, Upsert)]
    assert prices == [29, 59, 29, 59, 59, 59]
