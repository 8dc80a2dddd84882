"""The same products as the exports of different systems, for tests and for trying `make demo CATALOG=` on each."""

import csv
import gzip
import io
import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

Product = dict[str, Any]

MAPPING = """
[columns]
Nr = "id"
Modell = "style_id"
Bezeichnung = "title"
Text = "description"
Gruppe = "category"
Marke = "brand"
Preis = "price"
Bild = "images"
Farbe = "attributes.color"

[separators]
category = ">"

[constants]
currency = "EUR"
"""


def _table(header: str, rows: Iterable[Iterable[object]], delimiter: str = ",") -> str:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, lineterminator="\n")
    writer.writerow(header.split(","))
    writer.writerows(rows)
    return out.getvalue()


def _path(product: Product) -> str:
    return " > ".join(product["category"])


def _price(product: Product) -> str:
    return f"{product['price']:.2f}"


def _merchant(products: list[Product]) -> bytes:
    header = "id,title,description,image_link,availability,price,product_type,brand,item_group_id,color"
    rows = (
        [
            p["id"],
            p["title"],
            p["description"],
            p["images"][0],
            "in_stock",
            f"{_price(p)} EUR",
            _path(p),
            p["brand"],
            p["style_id"],
            p["color"],
        ]
        for p in products
    )
    return _table(header, rows, "\t").encode()


def _rss(products: list[Product]) -> bytes:
    fields: dict[str, Callable[[Product], str]] = {
        **{name: lambda p, name=name: p[name] for name in ("id", "title", "description", "brand", "color")},  # type: ignore[misc]
        "image_link": lambda p: p["images"][0],
        "availability": lambda _: "in stock",
        "price": lambda p: f"{_price(p)} EUR",
        "product_type": _path,
        "item_group_id": lambda p: p["style_id"],
    }
    items = "\n".join(
        "<item>" + "".join(f"<g:{name}>{escape(of(p))}</g:{name}>" for name, of in fields.items()) + "</item>"
        for p in products
    )
    head = (
        '<?xml version="1.0"?><rss version="2.0" xmlns:g="http://base.google.com/ns/1.0"><channel><title>Shop</title>'
    )
    return f"{head}\n{items}\n</channel></rss>".encode()


def _shopify(products: list[Product]) -> bytes:
    header = (
        "Handle,Title,Body (HTML),Vendor,Product Category,Published,Option1 Name,Option1 Value,Variant SKU,"
        "Variant Price,Image Src,Image Position,Variant Image,Status"
    )
    rows, seen = [], set()
    for p in products:
        first = p["style_id"] not in seen
        seen.add(p["style_id"])
        shared = (
            [p["title"], f"<p>{p['description']}</p>", p["brand"], _path(p), "true", "color"] if first else [""] * 6
        )
        rows.append([p["style_id"], *shared, p["color"], p["id"], _price(p), "", "", p["images"][0], "active"])
    return _table(header, rows).encode("utf-8-sig")


def _woocommerce(products: list[Product]) -> bytes:
    header = (
        "ID,Type,SKU,Name,Published,Description,In stock?,Regular price,Categories,Images,Parent,Brands,"
        "Attribute 1 name,Attribute 1 value(s)"
    )
    rows, seen = [], set()
    for number, p in enumerate(products):
        if p["style_id"] not in seen:
            seen.add(p["style_id"])
            rows.append(
                [
                    10000 + number,
                    "variable",
                    p["style_id"],
                    p["title"],
                    1,
                    p["description"],
                    1,
                    "",
                    _path(p),
                    "",
                    "",
                    p["brand"],
                    "color",
                    "",
                ]
            )
        rows.append(
            [
                number,
                "variation",
                p["id"],
                p["title"],
                1,
                "",
                1,
                _price(p),
                "",
                p["images"][0],
                p["style_id"],
                "",
                "color",
                p["color"],
            ]
        )
    return _table(header, rows).encode("utf-8-sig")


def _magento(products: list[Product]) -> bytes:
    header = (
        "sku,store_view_code,attribute_set_code,product_type,categories,name,description,product_online,visibility,price,"
        "base_image,additional_attributes,is_in_stock,configurable_variations"
    )
    rows, styles = [], dict[str, list[Product]]()
    for p in products:
        attributes = f"color={p['color']},manufacturer={p['brand']}"
        rows.append(
            [
                p["id"],
                "",
                "Default",
                "simple",
                "",
                f"{p['title']}-{p['color']}",
                "",
                1,
                "Not Visible Individually",
                _price(p),
                f"/{p['images'][0]}",
                attributes,
                1,
                "",
            ]
        )
        styles.setdefault(p["style_id"], []).append(p)
    for style, (first, *others) in styles.items():
        categories = "/".join(["Default Category", *first["category"]])
        variations = "|".join(f"sku={p['id']},color={p['color']}" for p in (first, *others))
        rows.append(
            [
                style,
                "",
                "Default",
                "configurable",
                categories,
                first["title"],
                first["description"],
                1,
                "Catalog, Search",
                "",
                "",
                "",
                1,
                variations,
            ]
        )
    return _table(header, rows).encode()


def _akeneo(products: list[Product]) -> bytes:
    def values(p: Product) -> dict[str, Any]:
        data = {
            "name": p["title"],
            "description": p["description"],
            "brand": p["brand"],
            "color": p["color"],
            "picture": p["images"][0],
            "price": [{"amount": _price(p), "currency": "EUR"}],
        }
        return {name: [{"locale": None, "scope": None, "data": value}] for name, value in data.items()}

    items = [
        {
            "identifier": p["id"],
            "family": "all",
            "categories": p["category"],
            "parent": p["style_id"],
            "values": values(p),
        }
        for p in products
    ]
    return json.dumps({"current_page": 1, "_embedded": {"items": items}}, indent=1).encode()


def _mapped(products: list[Product]) -> bytes:
    header = "Nr,Modell,Bezeichnung,Text,Gruppe,Marke,Preis,Bild,Farbe"
    rows = (
        [
            p["id"],
            p["style_id"],
            p["title"],
            p["description"],
            _path(p),
            p["brand"],
            _price(p).replace(".", ","),
            p["images"][0],
            p["color"],
        ]
        for p in products
    )
    return _table(header, rows, ";").encode("cp1252")


def _own(products: list[Product]) -> list[Product]:
    return [
        {**{n: v for n, v in p.items() if n != "color"}, "currency": "EUR", "attributes": {"color": p["color"]}}
        for p in products
    ]


def _own_csv(products: list[Product]) -> bytes:
    header = "ID,Title,Description,Category,Brand,Price,Currency,Style_Id,Images,attributes.color"
    rows = (
        [
            p["id"],
            p["title"],
            p["description"],
            "|".join(p["category"]),
            p["brand"],
            _price(p),
            "EUR",
            p["style_id"],
            "|".join(p["images"]),
            p["color"],
        ]
        for p in products
    )
    return _table(header, rows, ";").encode("utf-16")


EXPORTS: dict[str, Callable[[list[Product]], bytes]] = {
    "merchant.tsv": _merchant,
    "merchant.xml": _rss,
    "shopify.csv": _shopify,
    "woocommerce.csv": _woocommerce,
    "magento.csv": _magento,
    "akeneo.json": _akeneo,
    "mapped.csv": _mapped,
    "utf16.csv": _own_csv,
    "array.json": lambda products: json.dumps(_own(products)).encode(),
    "lines.jsonl.gz": lambda products: gzip.compress("\n".join(map(json.dumps, _own(products))).encode()),
}


def write_exports(folder: Path, products: list[Product]) -> dict[str, Path]:
    """Write each export, and ``mapping.toml`` for the one without a known format; their images are below the folder.

    Products have id, style_id, title, description, category, brand, price, images and a color.
    """
    (folder / "mapping.toml").write_text(MAPPING)
    for name, export in EXPORTS.items():
        (folder / name).write_bytes(export(products))
    return {name: folder / name for name in EXPORTS}
