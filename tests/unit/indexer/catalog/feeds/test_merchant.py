from pathlib import Path

import pytest

from indexer.catalog.feeds.feed import open_feed
from indexer.catalog.feeds.reading import read_catalog
from indexer.catalog.products import Product
from indexer.errors import CatalogError

TSV = (
    "id\ttitle\tdescription\timage_link\tadditional_image_link\tavailability\tprice\tproduct_type\t"
    "google_product_category\tbrand\titem_group_id\tcolor\tproduct_detail\tlink\n"
    "5001\tRed dress\tSoft\thttps://img.example/1.jpg\thttps://img.example/2.jpg,https://img.example/3,4.jpg\tin_stock\t"
    "19.99 EUR\tHome > Women > Dresses\t2271\tMarlowe\tG1\tRed\tGeneral:Lining:Silk\thttps://shop.example/5001\n"
)

RSS = """<?xml version="1.0" encoding="UTF-8"?>
<!-- <item><g:id>old</g:id></item> -->
<rss version="2.0" xmlns:g="http://base.google.com/ns/1.0"><channel><title>Shop</title>
<item>
  <title>Plain title</title><g:title>Black &amp; white dress</g:title>
  <g:id>6001</g:id><g:price>129.00 EUR</g:price><g:sale_price>99.00 EUR</g:sale_price>
  <g:image_link>https://img.example/6001.jpg</g:image_link>
  <g:additional_image_link>https://img.example/a.jpg</g:additional_image_link>
  <g:additional_image_link>https://img.example/b.jpg</g:additional_image_link>
  <g:availability>out_of_stock</g:availability><g:product_type>Women &gt; Dresses</g:product_type>
  <description><![CDATA[<p>Soft & light</p> </item>]]></description>
  <g:shipping><g:country>DE</g:country><g:price>4.90 EUR</g:price></g:shipping>
  <g:product_detail><g:attribute_name>Lining</g:attribute_name><g:attribute_value>Silk</g:attribute_value></g:product_detail>
</item>
<item><g:id>6002</g:id><g:title>Salt & pepper&nbsp;set</g:title></item>
<item><g:id>6003</g:id><g:title>broken</title></item>
<item><g:id>6004</g:id><g:title>Last</g:title></item>
</channel></rss>
"""

ATOM = """<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom" xmlns:g="http://base.google.com/ns/1.0">
<entry><id>tag:shop.example,7001</id><g:id>7001</g:id><title type="text">Mug</title><summary>Blue</summary>
<link href="https://shop.example/7001"/><g:image_link>//img.example/7001.jpg</g:image_link></entry></feed>
"""


def _products(path: Path, text: str) -> list[tuple[int, Product | CatalogError]]:
    path.write_text(text)
    assert open_feed(path).format.name == "merchant"  # type: ignore[union-attr]
    return list(read_catalog(path))


def test_a_tsv_becomes_products(tmp_path: Path) -> None:
    ((line, product),) = _products(tmp_path / "merchant.tsv", TSV)
    assert isinstance(product, Product)
    assert line == 2
    assert (product.id, product.style_id, product.brand) == ("5001", "G1", "Marlowe")
    assert (product.price, product.currency, product.in_stock) == (19.99, "EUR", True)
    assert product.category == ["Home", "Women", "Dresses"]
    assert product.images == [f"https://img.example/{name}.jpg" for name in ("1", "2", "3,4")]
    assert product.attributes == {"color": "Red", "Lining": "Silk"}
    assert product.extra == {"link": "https://shop.example/5001"}


def test_an_rss_feed_becomes_products_and_one_bad_item_harms_only_itself(tmp_path: Path) -> None:
    first, second, third, last = _products(tmp_path / "feed.xml", RSS)
    product = first[1]
    assert isinstance(product, Product)
    assert first[0] == 4
    assert product.title == "Black & white dress"
    assert product.description.startswith("Soft & light")
    assert (product.price, product.currency, product.in_stock) == (99.0, "EUR", False)
    assert product.images == [f"https://img.example/{name}.jpg" for name in ("6001", "a", "b")]
    assert product.attributes == {"Lining": "Silk"}
    assert isinstance(second[1], Product)
    assert second[1].title.split() == ["Salt", "&", "pepper", "set"]
    assert isinstance(third[1], CatalogError)
    assert "mismatched tag" in str(third[1])
    assert isinstance(last[1], Product)


def test_an_atom_feed_becomes_products(tmp_path: Path) -> None:
    ((_, product),) = _products(tmp_path / "atom.xml", ATOM)
    assert isinstance(product, Product)
    assert (product.id, product.title, product.description) == ("7001", "Mug", "Blue")
    assert product.images == ["https://img.example/7001.jpg"]


@pytest.mark.parametrize(
    "category", ["Home > Women", "Home &gt; Women", "Home &amp;gt; Women", "Home&nbsp;&gt;&nbsp;Women"]
)
def test_an_arrow_that_is_escaped_separates_levels(tmp_path: Path, category: str) -> None:
    text = f"id\ttitle\timage link\tproduct type\n1\tMug\thttps://img.example/1.jpg\t{category}\n"
    ((_, product),) = _products(tmp_path / "feed.txt", text)
    assert isinstance(product, Product)
    assert product.category == ["Home", "Women"]


@pytest.mark.parametrize(
    ("interval", "price"), [("2000-01-01T00:00Z/2999-01-01T00:00Z", 5), ("2000-01-01/2001-01-01", 9)]
)
def test_a_sale_price_counts_while_it_holds(tmp_path: Path, interval: str, price: float) -> None:
    text = (
        "id\ttitle\timage link\tprice\tsale price\tsale price effective date\n"
        f"1\tMug\thttps://img.example/1.jpg\t9 EUR\t5 EUR\t{interval}\n"
    )
    ((_, product),) = _products(tmp_path / "feed.txt", text)
    assert isinstance(product, Product)
    assert product.price == price


@pytest.mark.parametrize(
    ("price", "sale", "read"),
    [
        ("24.995 EUR", "", 24.995),
        ("59.00 EUR", "0.00 EUR", 59),
        ("1.299,00 EUR", "", 1299),
        ("1,299.50 USD", "", 1299.5),
    ],
)
def test_a_dot_is_a_decimal_point_and_a_sale_price_of_zero_is_none(
    tmp_path: Path, price: str, sale: str, read: float
) -> None:
    text = f"id\ttitle\timage link\tprice\tsale price\n1\tMug\thttps://img.example/1.jpg\t{price}\t{sale}\n"
    ((_, product),) = _products(tmp_path / "feed.txt", text)
    assert isinstance(product, Product)
    assert product.price == read
