from indexer.catalog.feeds.profile import Profile
from indexer.errors import CatalogError


def test_columns_are_counted_and_rows_passed_on() -> None:
    rows = [
        (1, {"sku": "1", "name": {"en": "Mug", "de": ""}, "media": [{"url": "a.jpg"}, {"url": "b.jpg"}]}),
        (2, CatalogError("not JSON")),
        (3, {"sku": "2", "name": {"en": "Mug"}, "tags": [], "text": "long " * 100}),
    ]
    profile = Profile()
    assert list(profile.watch(iter(rows))) == rows
    assert profile.rows == 2
    filled = {name: column.filled for name, column in profile.columns.items()}
    assert filled == {"sku": 2, "name.en": 2, "name.de": 0, "media.url": 1, "tags": 0, "text": 1}
    assert profile.columns["sku"].examples == ["1", "2"]
    assert profile.columns["name.en"].examples == ["Mug"]
    assert len(profile.columns["text"].examples[0]) == 60
