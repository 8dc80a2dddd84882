import datetime as dt

from es_mappings import query_reports
from es_mappings.query_reports import OUTCOMES, RANKINGS

START, END = dt.date(2026, 11, 22), dt.date(2026, 11, 28)
WITHIN = {"range": {"timestamp": {"gte": "2026-11-22", "lt": "2026-11-29"}}}


def test_a_ranking_counts_the_words_of_those_queries_alone_that_it_is_about() -> None:
    search = query_reports.rankings(START, END, 20)
    assert search["size"] == 0
    assert search["query"] == {"bool": {"filter": [WITHIN, {"exists": {"field": "user_query"}}]}}
    words = {"terms": {"field": "user_query", "size": 20, "shard_size": 200}}
    assert search["aggs"]["top"] == {"filter": {"match_all": {}}, "aggs": {"words": words}}
    assert search["aggs"]["refined"] == {"filter": {"term": {"actions": "refine"}}, "aggs": {"words": words}}
    assert search["aggs"].keys() == {"days", "all", *RANKINGS}
    assert search["aggs"]["days"]["date_histogram"]["extended_bounds"] == {"min": "2026-11-22", "max": "2026-11-28"}
    assert search["aggs"]["days"]["aggs"].keys() == OUTCOMES.keys()


def test_a_query_that_a_rule_leads_elsewhere_lacks_neither_results_nor_clicks() -> None:
    led = {"term": {"actions": "redirect"}}
    assert OUTCOMES["without_results"] == {"bool": {"filter": [{"term": {"results": 0}}], "must_not": [led]}}
    [used] = OUTCOMES["without_clicks"]["bool"]["must_not"]
    assert "redirect" in used["terms"]["actions"]


def test_details_are_asked_for_these_words_alone() -> None:
    search = query_reports.details(START, END, ["coat", "red dress"])
    assert search["query"] == {"bool": {"filter": [WITHIN, {"terms": {"user_query": ["coat", "red dress"]}}]}}
    terms = search["aggs"]["words"]["terms"]
    assert terms == {"field": "user_query", "size": 2, "include": ["coat", "red dress"]}


def test_what_was_used_is_read_from_events() -> None:
    search = query_reports.used(START, END, 5)
    objects = {"objects": {"terms": {"field": "event_attributes.object.object_id", "size": 5}}}
    assert search["aggs"]["like"] == {"filter": {"term": {"action_name": "like"}}, "aggs": objects}
