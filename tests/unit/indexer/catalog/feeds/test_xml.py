import io
from pathlib import Path

import pytest

from indexer.catalog.feeds import xml
from indexer.catalog.feeds.feed import open_feed, recognise
from indexer.catalog.feeds.inspecting import Inspection
from indexer.errors import CatalogError

LAUGHS = """<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">
<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]><rss><channel><item><id>1</id><title>&c;</title></item></channel></rss>"""
FILE = '<?xml version="1.0"?><!DOCTYPE rss SYSTEM "file:///etc/passwd"><rss><item><id>1</id><title>&x;</title></item></rss>'


def _read(text: str) -> list[tuple[int, object]]:
    return list(xml.rows(io.StringIO(text)))


def test_a_feed_that_declares_entities_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "feed.xml"
    file.write_text(LAUGHS)
    with pytest.raises(CatalogError, match="declares entities"):
        open_feed(file)


def test_entities_from_outside_stay_text() -> None:
    assert _read(FILE) == [(1, {"id": "1", "title": "&x;"})]


def test_an_overlong_item_ends_only_itself() -> None:
    long = f"<item><id>1</id><title>{'a' * 1_200_000}</title></item>"
    (_, first), (line, second) = _read(f"<rss>\n{long}\n<item><id>2</id></item></rss>")
    assert isinstance(first, CatalogError)
    assert "longer than" in str(first)
    assert (line, second) == (3, {"id": "2"})


def test_items_are_found_wherever_a_block_ends() -> None:
    items = "".join(
        f'<item n="{number}">\n<id>{number}</id><text>{"x" * (number % 97)}</text></item>\n' for number in range(5_000)
    )
    rows = _read(f"<rss>{items}</rss>")
    assert [row["id"] for _, row in rows] == [str(number) for number in range(5_000)]  # type: ignore[index]
    assert [line for line, _ in rows] == [1 + 2 * number for number in range(5_000)]


def test_a_page_that_is_no_feed_is_refused() -> None:
    with pytest.raises(CatalogError, match="not a feed"):
        _read("<html><body><p>404</p></body></html>")


YML = """<?xml version="1.0"?><yml_catalog><shop><categories>{categories}</categories><offers>
<offer id="12" available="true"><name>Dress</name><price>19.90</price><currencyId>EUR</currencyId>
<picture>https://img.example/1.jpg</picture><picture>https://img.example/2.jpg</picture>
<param name="Color">red</param><param name="Color">blue</param><param name="Weight" unit="kg">0.3</param></offer>
</offers></shop></yml_catalog>"""


def test_the_name_of_an_element_names_its_value() -> None:
    ((_, row),) = _read(YML.format(categories='<category id="1">Women</category>'))
    assert row == {
        "id": "12",
        "available": "true",
        "name": "Dress",
        "price": "19.90",
        "currencyId": "EUR",
        "picture": ["https://img.example/1.jpg", "https://img.example/2.jpg"],
        "param": {"Color": ["red", "blue"], "Weight": "0.3 kg"},
    }


def test_names_and_values_of_heureka_are_pairs() -> None:
    ((_, row),) = _read(
        "<SHOP><SHOPITEM><ITEM_ID>1</ITEM_ID><PARAM><PARAM_NAME>Color</PARAM_NAME><VAL>red</VAL></PARAM>"
        "<PARAM><PARAM_NAME>Size</PARAM_NAME><VAL>M</VAL></PARAM></SHOPITEM></SHOP>"
    )
    assert row == {"ITEM_ID": "1", "PARAM": {"Color": "red", "Size": "M"}}


def test_a_feed_may_begin_with_more_categories_than_are_read_at_once(tmp_path: Path) -> None:
    categories = "\n".join(f'<category id="{n}" parentId="1">Category {n}</category>' for n in range(4_000))
    file = tmp_path / "yml.xml"
    file.write_text(YML.format(categories=categories))
    feed = recognise(file)
    assert len(categories) > 2 * 65_536
    assert "param" in feed.columns
    ((line, row),) = feed.rows()
    assert line == 4_001
    assert isinstance(row, dict)
    assert row["name"] == "Dress"


def test_a_mapping_leads_from_a_named_value_to_an_attribute(tmp_path: Path) -> None:
    file = tmp_path / "yml.xml"
    file.write_text(YML.format(categories=""))
    inspection = Inspection.of(recognise(file))
    for _ in inspection.run():
        pass
    assert '"param.Color" = "attributes.color"' in inspection.proposal
    (product,) = inspection.products
    assert product.attributes == {"color": ["red", "blue"]}


@pytest.mark.parametrize(
    ("text", "is_cut"),
    [
        ("<rss><title>Shop</title><item><id>1</id></item>\n<item><id>2</id></item>\n", True),
        ("<rss><title>Shop</title><item><id>1</id></item>\n<item><id>2</id></item></rss>", False),
        ("<item><id>1</id></item><item><id>2</id></item>", False),
        ("<rss><item><id>1</id></item><item><id>2</id></item><!-- the end", True),
    ],
)
def test_a_file_that_ends_between_two_items_says_that_it_was_cut_off(text: str, is_cut: bool) -> None:
    rows = [row for _, row in _read(text)]
    assert rows[:2] == [{"id": "1"}, {"id": "2"}]
    assert ["cut off" in str(row) for row in rows[2:]] == ([True] if is_cut else [])
