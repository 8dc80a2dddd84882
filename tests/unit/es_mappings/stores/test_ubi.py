import datetime as dt

import pytest

from es_mappings.stores import ubi

SATURDAY = dt.date(2026, 11, 28)


def test_an_index_holds_the_sessions_that_began_in_one_week() -> None:
    assert ubi.week(ubi.QUERIES, SATURDAY) == ubi.week(ubi.QUERIES, SATURDAY + dt.timedelta(days=1))
    assert ubi.week(ubi.QUERIES, SATURDAY) == "ubi-queries-2026-w48"
    assert ubi.week(ubi.EVENTS, dt.date(2027, 1, 3)) == "ubi-events-2026-w53"


@pytest.mark.parametrize(
    ("index", "day"),
    [
        ("shop-ubi-queries-2026-w48", dt.date(2026, 11, 23)),
        ("shop-ubi-events-2026-w53", dt.date(2026, 12, 28)),
        ("shop-ubi-events-2025-w53", None),  # that year has none
        ("shop-ubi-events", None),
        ("shop-20261128", None),
    ],
)
def test_the_first_day_of_an_index_is_read_from_its_name(index: str, day: dt.date | None) -> None:
    assert ubi.first_day(index) == day


def test_placements_are_counted_by_day_words_place_and_action() -> None:
    after = {"day": "2026-11-27", "query": None, "placement": "1 a", "like": None, "action": "click"}
    search = ubi.placements(SATURDAY - dt.timedelta(days=6), SATURDAY, ["click"], after)
    day = {"field": "timestamp", "calendar_interval": "day", "format": "yyyy-MM-dd"}
    assert search == {
        "size": 0,
        "track_total_hits": False,
        "query": {
            "bool": {
                "filter": [
                    {"range": {"timestamp": {"gte": "2026-11-22", "lt": "2026-11-29"}}},
                    {"terms": {"action_name": ["click"]}},
                ]
            }
        },
        "aggs": {
            "placements": {
                "composite": {
                    "size": 10_000,
                    "sources": [
                        {"day": {"date_histogram": day}},
                        {"query": {"terms": {"field": "user_query", "missing_bucket": True}}},
                        {"placement": {"terms": {"field": "event_attributes.placement"}}},
                        {"like": {"terms": {"field": "query_attributes.anchor", "missing_bucket": True}}},
                        {"action": {"terms": {"field": "action_name"}}},
                    ],
                    "after": after,
                }
            }
        },
    }


def test_an_outcome_is_data_of_one_script() -> None:
    assert ubi.outcome(["click"], "coat")["params"] == {"actions": ["click"], "refined_to": "coat"}
    assert ubi.outcome(["click"])["source"] == ubi.outcome(["like"])["source"]
