import io
from pathlib import Path

import pytest

from indexer.catalog.feeds import xml
from indexer.catalog.feeds.feed import open_feed
from indexer.errors import CatalogError

LAUGHS = """<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">
<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]><rss><channel><item><id>1</id><title>&c;</title></item></channel></rss>"""
FILE = '<?xml version="1.0"?><!DOCTYPE rss SYSTEM "file:///etc/passwd"><rss><item><id>1</id><title>&x;</title></item></rss>'


def _read(text: str) -> list[tuple[int, object]]:
    return list(xml.rows(io.StringIO(text), text))


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
