import pytest

from es_mappings.sitemaps import PER_PAGE, pages_of, read_ids, sitemap_page


@pytest.mark.parametrize(("products", "pages"), [(0, 1), (1, 1), (PER_PAGE, 1), (PER_PAGE + 1, 2), (10 * PER_PAGE, 10)])
def test_products_are_spread_over_pages(products: int, pages: int) -> None:
    assert pages_of(products) == pages


def test_a_page_asks_for_its_share_of_the_ids() -> None:
    [terms] = [aggregation["terms"] for aggregation in sitemap_page(2, 7)["aggs"].values()]
    assert terms == {"field": "id", "size": 10_000, "include": {"partition": 2, "num_partitions": 7}}


def test_ids_have_a_fixed_order() -> None:
    assert read_ids({"aggregations": {"ids": {"buckets": [{"key": "b"}, {"key": "a"}]}}}) == ["a", "b"]
