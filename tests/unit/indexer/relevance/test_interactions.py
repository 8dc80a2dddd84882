import datetime as dt
from dataclasses import fields

from indexer.relevance.interactions import Interaction, query_text


def test_queries_that_differ_in_case_or_spaces_alone_are_one() -> None:
    assert query_text("  Red   DRESS ") == query_text("red dress") == "red dress"
    assert query_text("") == ""


def test_an_interaction_without_counts_has_counted_nothing() -> None:
    shown = Interaction(dt.date(2026, 11, 28), "red dress", "d1", 1)
    assert [getattr(shown, f.name) for f in fields(shown)[4:]] == [0, 0, 0, 0, 0, ""]
