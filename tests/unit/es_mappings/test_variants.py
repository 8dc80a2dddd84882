from es_mappings.queries import CARD_FIELDS
from es_mappings.variants import variants


def test_the_products_of_a_style_are_read_by_id_without_counting() -> None:
    assert variants("STYLE-1") == {
        "query": {"bool": {"filter": [{"term": {"style": "STYLE-1"}}]}},
        "size": 100,
        "track_total_hits": False,
        "_source": CARD_FIELDS,
        "sort": [{"_score": "desc"}, {"id": "asc"}],
        "track_scores": True,
    }
