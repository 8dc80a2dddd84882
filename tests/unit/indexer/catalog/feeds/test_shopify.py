from pathlib import Path

from indexer.catalog.events import Delete, Event, Upsert, parse_line
from indexer.catalog.feeds.feed import open_feed
from indexer.catalog.feeds.reading import read_feed
from indexer.errors import CatalogError

HEADER = (
    "Handle,Title,Body (HTML),Vendor,Product Category,Type,Tags,Published,Option1 Name,Option1 Value,Option2 Name,"
    "Option2 Value,Variant SKU,Variant Inventory Tracker,Variant Inventory Qty,Variant Inventory Policy,Variant Price,"
    "Image Src,Image Position,Variant Image,Status\n"
)
SHIRT = (
    'linen-shirt,Linen shirt,"<p>Light,\nairy</p>",Marlowe,Apparel > Shirts,Shirts,"summer, linen",true,Size,S,Color,'
    "Sage,LS-S,shopify,3,deny,39.00,https://cdn.example/b.jpg,2,,active\n"
    "linen-shirt,,,,,,,,,M,,Sage,LS-M,shopify,0,deny,41.00,https://cdn.example/a.jpg,1,https://cdn.example/m.jpg,\n"
    "linen-shirt,,,,,,,,,L,,White,,shopify,0,continue,41.00,,,,\n"
    "linen-shirt,,,,,,,,,,,,,,,,,https://cdn.example/c.jpg,3,,\n"
)
MUG = "mug,Mug,,Marlowe,,Kitchen,,true,Title,Default Title,,,'0012,,,,9.00,,,,active\n"
DRAFT = "draft,Draft,,,,,,false,Title,Default Title,,,D1,,,,9.00,,,,draft\n"


def _events(folder: Path, text: str) -> list[tuple[int, Event | CatalogError]]:
    file = folder / "products_export.csv"
    file.write_text(text)
    feed = open_feed(file)
    assert feed.format is not None
    assert feed.format.name == "shopify"
    return list(read_feed(feed, parse_line))


def test_variants_are_products_of_one_style_with_all_images(tmp_path: Path) -> None:
    events = _events(tmp_path, HEADER + SHIRT + MUG)
    products = [event.product for _, event in events if isinstance(event, Upsert)]
    assert [line for line, _ in events] == [2, 4, 5, 7]
    small, medium, large, mug = products
    assert [p.id for p in products] == ["LS-S", "LS-M", "linen-shirt-l-white", "0012"]
    assert {p.style_id for p in (small, medium, large)} == {"linen-shirt"}
    assert small.title == large.title == "Linen shirt"
    assert (small.brand, small.category) == ("Marlowe", ["Apparel", "Shirts"])
    assert [p.price for p in products] == [39, 41, 41, 9]
    assert small.attributes == {"tags": ["summer", "linen"], "Size": "S", "Color": "Sage"}
    assert [p.in_stock for p in products] == [True, False, True, True]
    assert small.images == [f"https://cdn.example/{name}.jpg" for name in "abc"]
    assert medium.images == [f"https://cdn.example/{name}.jpg" for name in "mabc"]
    assert (mug.category, mug.attributes) == (["Kitchen"], {})


def test_what_is_not_published_is_deleted(tmp_path: Path) -> None:
    ((_, event),) = _events(tmp_path, HEADER + DRAFT)
    assert isinstance(event, Delete)
    assert event.id == "D1"


def test_a_bad_row_does_not_take_the_group_along(tmp_path: Path) -> None:
    rows = SHIRT.splitlines(keepends=True)
    events = _events(tmp_path, HEADER + "".join(rows[:3]) + 'linen-shirt,"unclosed,,\n' + "".join(rows[3:]) + MUG)
    assert [line for line, event in events if isinstance(event, CatalogError)] == [5]
    assert [event.id for _, event in events if isinstance(event, Upsert)][-1] == "0012"
    assert len([event for _, event in events if isinstance(event, Upsert)]) == 4


def test_a_draft_copy_with_the_sku_of_a_product_leaves_the_product(tmp_path: Path) -> None:
    copy = MUG.replace("mug,Mug", "copy-of-mug,Mug").replace("true", "false").replace("active", "draft")
    for rows in (MUG + copy, copy + MUG):
        ((_, event),) = _events(tmp_path, HEADER + rows)
        assert isinstance(event, Upsert)
        assert (event.id, event.product.style_id) == ("0012", "mug")


def test_two_products_with_one_sku_are_both_kept(tmp_path: Path) -> None:
    other = MUG.replace("mug,Mug", "big-mug,Big mug")
    events = [event for _, event in _events(tmp_path, HEADER + MUG + other)]
    assert [event.id for event in events if isinstance(event, Upsert)] == ["0012", "big-mug"]


def test_options_that_differ_by_their_sign_are_different_products(tmp_path: Path) -> None:
    rows = "".join(f"rx,Lens,,,,,,true,Power,{power},,,,,,,9.00,,,,active\n" for power in ("+1.50", "-1.50", "1.50"))
    assert [event.id for _, event in _events(tmp_path, HEADER + rows) if isinstance(event, Upsert)] == [
        "rx-+1.50",
        "rx-minus1.50",
        "rx-1.50",
    ]


NEW = (  # the header of exports since 2025, shortened
    "Title,URL handle,Description,Vendor,Product category,Type,Tags,Published on online store,Status,SKU,Barcode,"
    "Option1 name,Option1 value,Option1 Linked To,Price,Compare-at price,Inventory tracker,Inventory quantity,"
    "Continue selling when out of stock,Product image URL,Image position,Image alt text,Variant image URL\n"
)


def test_exports_with_the_newer_header_are_read(tmp_path: Path) -> None:
    rows = (
        'Linen shirt,linen-shirt,<p>Airy</p>,Marlowe,Apparel > Shirts,Shirts,"summer, linen",TRUE,Active,LS-S,,Size,S,,'
        "39.00,49.00,shopify,0,DENY,https://cdn.example/b.jpg,2,,\n"
        ",linen-shirt,,,,,,,,LS-M,,,M,,41.00,,shopify,0,CONTINUE,https://cdn.example/a.jpg,1,,https://cdn.example/m.jpg\n"
        "Old shirt,old-shirt,,Marlowe,,,,FALSE,Active,OS,,Title,Default Title,,9.00,,,,,,,,\n"
    )
    small, medium, old = (event for _, event in _events(tmp_path, NEW + rows))
    assert isinstance(small, Upsert)
    assert isinstance(medium, Upsert)
    assert isinstance(old, Delete)
    product = small.product
    assert (product.id, product.style_id, product.title, product.description) == (
        "LS-S", "linen-shirt", "Linen shirt", "Airy",
    )  # fmt: skip
    assert (product.brand, product.category, product.price) == ("Marlowe", ["Apparel", "Shirts"], 39)
    assert product.attributes == {"tags": ["summer", "linen"], "Size": "S"}
    assert product.images == ["https://cdn.example/a.jpg", "https://cdn.example/b.jpg"]
    assert (product.in_stock, medium.product.in_stock) == (False, True)
    assert medium.product.images[0] == "https://cdn.example/m.jpg"
    assert old.id == "OS"
